"""What an operator may set for the three channels that speak to Meta's Graph API. Unknown keys are refused; secrets are marked."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from inbox.core.labels import label

FACEBOOK: Final = "https://graph.facebook.com"
INSTAGRAM: Final = "https://graph.instagram.com"
VERSION: Final = "v23.0"

Secret = Annotated[str, Meta(min_length=8, max_length=1000, pattern=r"^[!-~]+$", extra={"secret": True})]
AccountId = Annotated[str, Meta(pattern=r"^[0-9]{5,25}$", description='digits in quotes, such as "106540352242922"')]
AccountIdOrNone = Annotated[str, Meta(pattern=r"^([0-9]{5,25})?$", description="digits in quotes, or nothing")]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+$", description='an address without a path, such as "https://graph.facebook.com"')]
UrlOrNone = Annotated[str, Meta(pattern=r"^(https?://[^\s/?#@]+)?$", description="an address without a path, or nothing for Meta's own")]
Version = Annotated[str, Meta(pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$", description='a version in quotes, such as "v23.0"')]


class GraphSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all three need.

    ``app_secret`` signs what Meta delivers; ``verify_token`` is a word of your own that Meta repeats when the webhook is set up;
    ``access_token`` is what we send with. ``quote_answers``: every answer quotes the message before it. ``prove_requests``: for
    apps that demand a proof of the app secret with every request.
    """

    access_token: Annotated[Secret, label("Access token", "What messages are sent with. Use one of a system user, which does not expire.")]
    app_secret: Annotated[Secret, label("App secret", "Proves that deliveries are from Meta; under App settings, Basic.")]
    verify_token: Annotated[
        Secret, label("Verify token", "A word of your own that you enter again where Meta asks for it with the webhook address.")
    ]
    quote_answers: Annotated[bool, label("Quote the message that is answered", advanced=True)] = False
    prove_requests: Annotated[bool, label("Prove the app secret with every request", "For apps that demand it.", advanced=True)] = False
    base_url: Annotated[Url, label("Address of the Graph API", advanced=True)] = FACEBOOK
    api_version: Annotated[Version, label("Version of the Graph API", advanced=True)] = VERSION

    @property
    def root(self) -> str:
        """Where the API is."""
        return self.base_url


class WhatsAppSettings(GraphSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One business phone number of the WhatsApp Cloud API; its id is not the number.

    ``account_id``: the WhatsApp business account that the number is part of; it has the templates.
    """

    phone_number_id: Annotated[AccountId, label("Phone number ID", "Under WhatsApp, API setup; it is not the number itself.")]
    account_id: Annotated[AccountIdOrNone, label("WhatsApp business account ID", "Needed for templates.")] = ""


class MessengerSettings(GraphSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Facebook page. ``human_agent``: the app may answer up to seven days after the customer's last message."""

    page_id: Annotated[AccountId, label("Page ID", "Of the Facebook page.")]
    human_agent: Annotated[bool, label("Answer up to seven days later", "For apps that Meta gave the human agent feature.")] = False

    @property
    def account(self) -> str:
        """As deliveries name it."""
        return self.page_id


class InstagramSettings(GraphSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One professional Instagram account. ``login``: by which of Meta's two ways the access token was made.

    ``keep_media``: pictures and videos customers send are stored; otherwise they are shown as links that end when the customer
    withdraws them.
    """

    account_id: Annotated[AccountId, label("Account ID", "Of the professional Instagram account.")]
    login: Annotated[Literal["facebook", "instagram"], label("Login", "By which of the two ways of Meta the access token was made.")] = (
        "facebook"
    )
    human_agent: Annotated[bool, label("Answer up to seven days later", "For apps that Meta gave the human agent feature.")] = False
    keep_media: Annotated[
        bool, label("Store pictures and videos", "Otherwise they are links that end when the customer withdraws them.")
    ] = True
    base_url: Annotated[UrlOrNone, label("Address of the Graph API", advanced=True)] = ""

    @property
    def account(self) -> str:
        """As deliveries name it."""
        return self.account_id

    @property
    def root(self) -> str:
        """Each login has an address of its own."""
        return self.base_url or (INSTAGRAM if self.login == "instagram" else FACEBOOK)
