"""Single sign-on by OpenID Connect Core 1.0 with the authorization code flow: who a provider's answer says somebody is, or why it is
not believed. Nothing is asked or kept here; ``flow/sso`` does that."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from inbox.core.errors import NeedsLogin, Rejected
from inbox.core.ids import AgentId, Instant, digest
from inbox.core.oauth import OAuthClient

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by a key that only the provider has. None at all, and those by a shared secret, are not taken."""
SKEW_S = 60
LONGEST_SUBJECT = 255


class Provider(Struct, frozen=True):
    """This installation as it is registered at a provider. ``id`` is part of the address people come back to. ``create_accounts``: who
    is not known yet gets an account of ``default_role``."""

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    create_accounts: bool = False
    default_role: str = "agent"


class Metadata(Struct, frozen=True):
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Person(Struct, frozen=True):
    """Whom the provider vouches for. Only ``issuer`` and ``subject`` together say who it is; the rest is what it calls him."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""


class SignIn(Struct, frozen=True, omit_defaults=True):
    """That a person at a provider is an account here. ``id`` follows from issuer and subject; ``name`` is what the provider calls him."""

    id: str
    name: str
    agent: AgentId
    issuer: str
    provider: str
    at: Instant
    version: int = 1


class _Claims(Struct, frozen=True):
    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    iat: float
    nonce: str = ""
    azp: str = ""
    email: str = ""
    email_verified: bool | str = False
    name: str = ""


class _Answer(Struct, frozen=True):
    id_token: str = ""
    error: str = ""


def sign_in_id(issuer: str, subject: str) -> str:
    """The id under which it is kept whose account this person's is."""
    return digest("sso", issuer, subject)


def discovery_address(provider: Provider) -> str:
    """Where the provider describes itself (Discovery 1.0, section 4)."""
    return f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"


def read_metadata(provider: Provider, body: bytes) -> Metadata:
    """Raises ``NeedsLogin`` where it is no description, another issuer's, or leads to addresses without TLS."""
    try:
        said = msgspec.json.decode(body, type=Metadata)
    except msgspec.MsgspecError as broken:
        raise NeedsLogin("The provider's description of itself cannot be read.") from broken
    if said.issuer != provider.issuer:
        raise NeedsLogin(f"The provider says that its issuer is {said.issuer!r}; that is what the settings must say.")
    allowed = {"https", urlsplit(provider.issuer).scheme}
    if any(urlsplit(url).scheme not in allowed for url in (said.authorization_endpoint, said.token_endpoint, said.jwks_uri)):
        raise NeedsLogin("The provider names addresses without TLS.")
    return said


def client_of(provider: Provider, said: Metadata, nonce: str) -> OAuthClient:
    """The same as an OAuth client; ``nonce`` ties the provider's answer to this login."""
    urls = (said.authorization_endpoint, said.token_endpoint)
    return OAuthClient(provider.name, *urls, provider.client_id, provider.client_secret, provider.scopes, extra={"nonce": nonce})


def nonce_of(key: bytes, secret: str) -> str:
    """What the ID token has to repeat."""
    return hmac.digest(key, b"nonce\0" + secret.encode(), "sha256").hex()


def id_token_of(status: int, body: bytes) -> str:
    """The ID token of a token endpoint's answer. Raises ``Rejected``."""
    try:
        said = msgspec.json.decode(body, type=_Answer)
    except msgspec.MsgspecError:
        said = _Answer()
    if status != 200 or not said.id_token:
        raise Rejected(said.error[:100] or f"http_{status}")
    return said.id_token


class UnknownKey(Rejected):
    """It names a key that is not among those at hand: the provider may have new ones."""


def identify(provider: Provider, keys: KeySet, token: str, nonce: str, now: Instant) -> Person:
    """Whom the ID token names, after every check of OpenID Connect Core 1.0, section 3.1.3.7. Raises ``Rejected``."""
    try:
        decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = msgspec.convert(decoded.claims, _Claims)
    except InvalidKeyIdError as unknown:
        raise UnknownKey("unknown_key") from unknown
    except (JoseError, ValueError) as broken:
        raise Rejected("bad_token") from broken
    _believe(provider, claims, nonce, now)
    verified = claims.email_verified in (True, "true")
    return Person(claims.iss, claims.sub, claims.email.strip()[:254], verified, " ".join(claims.name.split())[:200])


def _believe(provider: Provider, claims: _Claims, nonce: str, now: Instant) -> None:
    """Raises ``Rejected`` for a token that was not made for this login, here, now."""
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    wrong = {
        "wrong_issuer": claims.iss != provider.issuer,
        "wrong_audience": provider.client_id not in audience,
        "wrong_party": (len(audience) > 1 or bool(claims.azp)) and claims.azp != provider.client_id,
        "expired": claims.exp + SKEW_S <= now / 1000,
        "from_the_future": claims.iat - SKEW_S > now / 1000,
        "wrong_nonce": not hmac.compare_digest(claims.nonce.encode(), nonce.encode()),
        "no_subject": not 0 < len(claims.sub) <= LONGEST_SUBJECT,
    }
    for reason, holds in wrong.items():
        if holds:
            raise Rejected(reason)
