"""OAuth 2.0 with a person's consent (RFC 6749, RFC 7636): what is asked, what the answers mean, when a token is renewed.

Nothing here is kept or sent; ``flow/consents`` does that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from inbox.core.errors import Denied, NeedsLogin, Rejected, TryLater
from inbox.core.ids import ChannelId, Instant, digest

AHEAD_MS: Final = 5 * 60 * 1000
"""A token is renewed so long before it ends: whoever was given one has that time to use it."""

STATE_MS: Final = 15 * 60 * 1000
"""For how long a person may look at the provider's page."""

LOGIN_SERVICE: Final = "login_service"
"""How reasons begin that are about the login service being away."""

_DEFAULT_LIFE_S: Final = 3600
_LONGEST_LIFE_S: Final = 24 * 3600
_CONSENT_OVER: Final = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied"})
_AWAY: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


class OAuthClient(Struct, frozen=True):
    """This installation as it is registered at a provider, and what it asks of whom.

    ``provider`` is how people call it; ``user`` the account that shall consent; ``extra`` goes along to the page of consent.
    """

    provider: str
    authorize_url: str
    token_url: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    user: str = ""
    extra: Mapping[str, str] = {}

    @property
    def id(self) -> str:
        """The same as long as a consent given to it is of use: another registration or account needs another consent."""
        return digest("oauth", self.token_url, self.client_id, self.user.lower(), *sorted(self.scopes))


class Tokens(Struct, frozen=True, omit_defaults=True):
    """What a provider gave: ``access`` is good until ``ends_at``, ``refresh`` gets the next one."""

    access: str
    ends_at: Instant
    refresh: str

    def fresh(self, now: Instant, refused: str = "") -> bool:
        """Whether it need not be renewed yet."""
        return self.usable(now + AHEAD_MS, refused)

    def usable(self, now: Instant, refused: str = "") -> bool:
        """Whether it may be shown; ``refused`` is one that was not taken although its time was not over."""
        return now < self.ends_at and self.access != refused


class _Answer(Struct, frozen=True):
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int | float | str | None = None
    error: str = ""
    error_description: str = ""


def verifier(key: bytes, nonce: str) -> str:
    """The secret that shows that who asked for consent and who redeems the code are the same (RFC 7636 section 4.1)."""
    return _letters(hmac.digest(key, b"verifier\0" + nonce.encode(), "sha256"))


def address_of_consent(client: OAuthClient, redirect: str, state: str, secret: str) -> str:
    """Where a person goes to consent; ``secret`` is the verifier, of which only the hash goes along."""
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect,
        "scope": " ".join(client.scopes),
        "state": state,
        "code_challenge": _letters(hashlib.sha256(secret.encode()).digest()),
        "code_challenge_method": "S256",
        **({"login_hint": client.user} if client.user else {}),
        **client.extra,
    }
    return f"{client.authorize_url}{'&' if '?' in client.authorize_url else '?'}{urlencode(asked)}"


def redemption(client: OAuthClient, code: str, redirect: str, secret: str) -> dict[str, str]:
    """The form that turns a code into tokens (RFC 6749 section 4.1.3)."""
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": secret, **_who(client)}


def renewal(client: OAuthClient, tokens: Tokens) -> dict[str, str]:
    """The form that turns a refresh token into new tokens (RFC 6749 section 6)."""
    return {"grant_type": "refresh_token", "refresh_token": tokens.refresh, **_who(client)}


def _who(client: OAuthClient) -> dict[str, str]:
    return {"client_id": client.client_id, **({"client_secret": client.client_secret} if client.client_secret else {})}


def granted(status: int, body: bytes, now: Instant, before: Tokens | None = None) -> Tokens:
    """What the provider's answer gives. A refresh token that is not sent anew stays as it was ``before``.

    Raises ``Rejected`` when the consent is over or was never given to this request, ``NeedsLogin`` when this installation is
    refused (its registration, its secret), ``TryLater`` when the provider is not able now.
    """
    try:
        said = msgspec.json.decode(body, type=_Answer, strict=False)
    except msgspec.MsgspecError:
        said = _Answer()
    if status == 200 and said.access_token:
        refresh = said.refresh_token or (before.refresh if before else "")
        if not refresh:
            raise Rejected("no_refresh_token")
        return Tokens(said.access_token, now + 1000 * _life(said.expires_in), refresh)
    why = said.error or f"http_{status}"
    if status == 429 or status >= 500 or said.error in _AWAY or not said.error:
        raise TryLater(f"{LOGIN_SERVICE}: {why}", away=True)
    if said.error in _CONSENT_OVER:
        raise Rejected(why)
    raise NeedsLogin(f"The login service refuses this installation: {why} {' '.join(said.error_description.split())}"[:300].rstrip())


def _life(told: object) -> int:
    try:
        life = int(float(str(told))) if told is not None else _DEFAULT_LIFE_S
    except (ValueError, OverflowError):
        life = _DEFAULT_LIFE_S
    return max(0, min(life, _LONGEST_LIFE_S))


def state_of(key: bytes, channel: ChannelId, session: str, nonce: str, now: Instant) -> str:
    """What the provider sends back with the person: which channel, until when, and only in the session that began it."""
    text = f"{channel}.{now + STATE_MS}.{nonce}"
    return f"{text}.{_signed(key, text, session)}"


def read_state(keys: tuple[bytes, ...], state: str, session: str, now: Instant) -> tuple[ChannelId, str, bytes]:
    """The channel, the nonce, and the key that signed. Raises ``Denied`` for what is not ours, too old, or another session's."""
    text, _, signature = state.rpartition(".")
    parts = text.split(".")
    for key in keys:
        if hmac.compare_digest(_signed(key, text, session).encode(), signature.encode("utf-8", "surrogatepass")) and len(parts) == 3:
            if int(parts[1]) < now:
                raise Denied("too_late")
            return ChannelId(parts[0]), parts[2], key
    raise Denied("not_begun_here")


def _signed(key: bytes, text: str, session: str) -> str:
    return _letters(hmac.digest(key, f"state\0{session}\0{text}".encode("utf-8", "surrogatepass"), "sha256"))


def _letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
