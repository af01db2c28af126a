"""What an operator may set for a channel at Twilio. Unknown keys are refused; secrets are marked and kept sealed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from inbox.core.labels import label

Secret = Annotated[str, Meta(extra={"secret": True})]
AccountSid = Annotated[
    str,
    Meta(pattern=r"^AC[0-9a-fA-F]{32}$", description="the account SID in quotes: AC and 32 digits or letters from a to f"),
]
ServiceSid = Annotated[
    str,
    Meta(pattern=r"^(MG[0-9a-fA-F]{32})?$", description="a messaging service's SID in quotes: MG and 32 digits or letters from a to f"),
]
Sender = Annotated[
    str,
    Meta(
        pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 +_&-]{1,11})?$",
        description='a number such as "+15550100", a short code or a name of at most 11 characters, in quotes',
    ),
]
Minutes = Annotated[float, Meta(ge=0, le=24 * 60)]
BaseUrl = Annotated[str, Meta(pattern=r"^https?://[^/\s]+$", description="an address without a path, such as https://api.twilio.com")]


class TwilioSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``sender`` or ``messaging_service_sid`` must be set; with both the service sends from that sender of its pool.

    ``auth_token`` proves that deliveries are Twilio's. Calls use it, too, unless ``api_key`` and ``api_key_secret`` are set.
    ``reconcile_minutes``: how often messages are looked for that never reached us; 0: never.
    """

    account_sid: Annotated[AccountSid, label("Account SID")]
    auth_token: Annotated[Secret, label("Auth token", "Proves that deliveries are from Twilio.")]
    sender: Annotated[
        Sender, label("Sender", "A number such as +15550100, a short code or a name. Needed without a messaging service.")
    ] = ""
    messaging_service_sid: Annotated[ServiceSid, label("Messaging service SID")] = ""
    api_key: Annotated[Secret, label("API key SID", "Instead of the auth token for sending.", advanced=True)] = ""
    api_key_secret: Annotated[Secret, label("API key secret", advanced=True)] = ""
    reconcile_minutes: Annotated[Minutes, label("Minutes between looks for missed messages", "0: never.", advanced=True)] = 5.0
    base_url: Annotated[BaseUrl, label("Address of the API", advanced=True)] = "https://api.twilio.com"

    def __post_init__(self) -> None:
        if not self.auth_token:
            raise ValueError("auth_token: it must not be empty, or anybody could deliver")
        if not self.sender and not self.messaging_service_sid:
            raise ValueError("sender: set it or messaging_service_sid")
        if bool(self.api_key) != bool(self.api_key_secret):
            raise ValueError("api_key: it goes with api_key_secret")
