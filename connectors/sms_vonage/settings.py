"""What an operator may set for a channel at Vonage. Unknown keys are refused; secrets are marked and kept sealed."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from inbox.core.labels import label

Secret = Annotated[str, Meta(extra={"secret": True})]
ApiKey = Annotated[
    str, Meta(pattern=r"^[0-9A-Za-z]{8}$", description="the API key in quotes: 8 letters and digits", extra={"secret": True})
]
Sender = Annotated[
    str,
    Meta(
        pattern=r"^(\+?[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})$",
        description='a number such as "+447700900000", a short code or a name of at most 11 letters and digits, in quotes',
    ),
]
BaseUrl = Annotated[str, Meta(pattern=r"^https?://[^/\s]+$", description="an address without a path, such as https://api.nexmo.com")]


class VonageSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``signature_secret`` proves that deliveries are Vonage's. ``api``: by which of the two interfaces messages are sent; the
    one that brings them in is chosen in Vonage's dashboard, and both are understood."""

    api_key: Annotated[ApiKey, label("API key")]
    api_secret: Annotated[Secret, label("API secret")]
    signature_secret: Annotated[Secret, label("Signature secret", "Proves that deliveries are from Vonage.")]
    sender: Annotated[Sender, label("Sender", "A number such as +447700900000, a short code or a name.")]
    api: Annotated[Literal["messages", "sms"], label("API", "By which of the two interfaces messages are sent.")] = "messages"
    messages_url: Annotated[BaseUrl, label("Address of the Messages API", advanced=True)] = "https://api.nexmo.com"
    rest_url: Annotated[BaseUrl, label("Address of the SMS API", advanced=True)] = "https://rest.nexmo.com"

    def __post_init__(self) -> None:
        if not self.signature_secret:
            raise ValueError("signature_secret: it must not be empty, or anybody could deliver")
