"""Mailboxes that take no password but a token a person consented to: Google, Microsoft 365, or any other login service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from inbox.core.oauth import OAuthClient

Token = Callable[[str], Awaitable[str]]
"""A token that is good now; the argument is one that was just refused, '' at first."""

Secret = Annotated[str, Meta(extra={"secret": True})]
Url = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=r"^(https://[^\s]+|http://(127\.0\.0\.1|localhost)[:/][^\s]*|)$",
        description='an address in quotes that begins with "https://"',
    ),
]
Word = Annotated[str, Meta(max_length=300, pattern=r"^[^\s\x00]*$", description="one word in quotes")]

GOOGLE: Final = "https://mail.google.com/"
MICROSOFT: Final = ("https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access")
_MICROSOFT_LOGIN: Final = "https://login.microsoftonline.com"
_GOOGLE_EXTRA: Final = {"access_type": "offline", "prompt": "consent"}  # without them Google gives no refresh token a second time


class OAuthSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """This installation as it is registered at the provider of the mailbox.

    ``tenant`` is Microsoft's: an organisation's id or domain, or one of its words for many. ``authorize_url``, ``token_url`` and
    ``scopes`` have to be set for a ``custom`` provider, and may be set for the others; ``name`` is how people call a custom one.
    """

    client_id: Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\s\x00]+$", description="the id of the registration")]
    client_secret: Secret = ""
    provider: Literal["google", "microsoft", "custom"] = "custom"
    tenant: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="a tenant's id or domain, in quotes")] = "common"
    authorize_url: Url = ""
    token_url: Url = ""
    scopes: Annotated[tuple[Word, ...], Meta(max_length=20)] = ()
    name: Annotated[str, Meta(max_length=60, pattern=r"^[^\r\n\x00]*$", description="a name in quotes")] = ""

    def __post_init__(self) -> None:
        if self.provider == "custom" and not (self.authorize_url and self.token_url and self.scopes):
            raise ValueError("a custom provider needs authorize_url, token_url and scopes")

    def client(self, user: str) -> OAuthClient:
        """What is asked of the provider for the mailbox of ``user``."""
        name, authorize, token, scopes, extra = self._usual()
        return OAuthClient(
            provider=self.name or name,
            authorize_url=self.authorize_url or authorize,
            token_url=self.token_url or token,
            client_id=self.client_id,
            client_secret=self.client_secret,
            scopes=self.scopes or scopes,
            user=user,
            extra=extra,
        )

    def _usual(self) -> tuple[str, str, str, tuple[str, ...], dict[str, str]]:
        if self.provider == "google":
            authorize, token = "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token"
            return "Google", authorize, token, (GOOGLE,), _GOOGLE_EXTRA
        if self.provider == "microsoft":
            base = f"{_MICROSOFT_LOGIN}/{self.tenant}/oauth2/v2.0"
            return "Microsoft", f"{base}/authorize", f"{base}/token", MICROSOFT, {}
        return "The login service", "", "", (), {}
