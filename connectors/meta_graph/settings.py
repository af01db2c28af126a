"""What an operator may set for the three channels that speak to Meta's Graph API. Unknown keys are refused; secrets are marked."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

FACEBOOK: Final = "https://graph.facebook.com"
INSTAGRAM: Final = "https://graph.instagram.com"
VERSION: Final = "v23.0"

Secret = Annotated[str, Meta(min_length=8, max_length=1000, pattern=r"^[!-~]+$", extra={"secret": True})]
AccountId = Annotated[str, Meta(pattern=r"^[0-9]{5,25}$", description='digits in quotes, such as "106540352242922"')]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+$", description='an address without a path, such as "https://graph.facebook.com"')]
UrlOrNone = Annotated[str, Meta(pattern=r"^(https?://[^\s/?#@]+)?$", description="an address without a path, or nothing for Meta's own")]
Version = Annotated[str, Meta(pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$", description='a version in quotes, such as "v23.0"')]


class GraphSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all three need.

    ``app_secret`` signs what Meta delivers; ``verify_token`` is a word of your own that Meta repeats when the webhook is set up;
    ``access_token`` is what we send with. ``quote_answers``: every answer quotes the message before it. ``prove_requests``: for
    apps that demand a proof of the app secret with every request.
    """

    access_token: Secret
    app_secret: Secret
    verify_token: Secret
    quote_answers: bool = False
    prove_requests: bool = False
    base_url: Url = FACEBOOK
    api_version: Version = VERSION

    @property
    def root(self) -> str:
        """Where the API is."""
        return self.base_url


class WhatsAppSettings(GraphSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One business phone number of the WhatsApp Cloud API; its id is not the number."""

    phone_number_id: AccountId


class MessengerSettings(GraphSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Facebook page. ``human_agent``: the app may answer up to seven days after the customer's last message."""

    page_id: AccountId
    human_agent: bool = False

    @property
    def account(self) -> str:
        """As deliveries name it."""
        return self.page_id


class InstagramSettings(GraphSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One professional Instagram account. ``login``: by which of Meta's two ways the access token was made.

    ``keep_media``: pictures and videos customers send are stored; otherwise they are shown as links that end when the customer
    withdraws them.
    """

    account_id: AccountId
    login: Literal["facebook", "instagram"] = "facebook"
    human_agent: bool = False
    keep_media: bool = True
    base_url: UrlOrNone = ""

    @property
    def account(self) -> str:
        """As deliveries name it."""
        return self.account_id

    @property
    def root(self) -> str:
        """Each login has an address of its own."""
        return self.base_url or (INSTAGRAM if self.login == "instagram" else FACEBOOK)
