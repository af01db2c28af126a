"""Signed tokens around web chat: the host site's about its users, and our own for uploads and file addresses. Pure.

All are JWTs (RFC 7519) signed with HS256 and nothing else; the time is an argument and the comparison is joserfc's constant-time one.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Literal, TypeVar

import msgspec
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import OctKey
from msgspec import Struct

from inbox.core.errors import NotAuthentic
from inbox.core.ids import ChannelId, Instant
from inbox.core.visitor import VisitorFile, VisitorId

ALGORITHMS = ["HS256"]
DAY_S = 24 * 3600
LEEWAY_S = 60
"""How far a host site's clock may be off."""

UPLOAD_S = 300
LINK_S = 3600
REFERENCE_S = DAY_S

T = TypeVar("T", bound=Struct)


class Identity(Struct, frozen=True):
    """Who the host site says its user is. ``email`` only if it vouches for it (``email_verified``), else ``stated_email``."""

    subject: str
    expires_at: Instant
    name: str = ""
    email: str = ""
    stated_email: str = ""


class IdentityRefused(NotAuthentic):
    """The host site's token is not believed; ``reason`` is off, invalid, audience, lifetime or expired."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"identity refused: {reason}")
        self.reason = reason


def read_identity(token: str, secret: str, channel: ChannelId, now: Instant) -> Identity:
    """Believe the host site about its user, or raise ``IdentityRefused``.

    ``sub``, ``exp`` (at most 24 h ahead) and ``aud`` (the channel's id) are required; ``email``, ``email_verified`` and ``name``
    may be there. A channel without a secret believes nobody.
    """
    if not secret:
        raise IdentityRefused("off")
    claims = _verified(token, secret.encode())
    _check_claims(claims, channel, now)
    subject, email = claims["sub"], claims.get("email")
    if not 0 < len(subject) <= 200:
        raise IdentityRefused("invalid")
    email = email.strip() if isinstance(email, str) and "@" in email and len(email) <= 320 else ""
    name = claims.get("name")
    vouched = claims.get("email_verified") is True
    return Identity(
        subject=subject,
        expires_at=int(claims["exp"]) * 1000,
        name=name[:200] if isinstance(name, str) else "",
        email=email if vouched else "",
        stated_email="" if vouched else email,
    )


def _verified(token: str, key: bytes) -> dict[str, Any]:
    try:
        claims = jwt.decode(token, OctKey.import_key(key), algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise IdentityRefused("invalid") from None
    return claims


def _check_claims(claims: dict[str, Any], audience: str, now: Instant) -> None:
    seconds = now // 1000
    required = jwt.JWTClaimsRegistry(
        now=seconds,
        leeway=LEEWAY_S,
        sub={"essential": True},
        exp={"essential": True},
        aud={"essential": True, "value": audience},
    )
    try:
        required.validate(claims)
    except ExpiredTokenError:
        raise IdentityRefused("expired") from None
    except (InvalidClaimError, MissingClaimError) as wrong:
        raise IdentityRefused("audience" if wrong.claim == "aud" else "invalid") from None
    except ClaimError:
        raise IdentityRefused("invalid") from None
    if claims["exp"] > seconds + DAY_S + LEEWAY_S:
        raise IdentityRefused("lifetime")


class UploadTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """This visitor may store one file of exactly this size and type, under this id and no other."""

    channel: str
    visitor: str
    file: str
    name: str
    type: str
    size: int


class FileReference(Struct, frozen=True, forbid_unknown_fields=True):
    """This visitor has stored this file and may send it."""

    visitor: str
    file: VisitorFile


class FileLink(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever holds this may read one file."""

    channel: str
    file: str


class Tickets:
    """Issues and reads our own signed tokens; each kind has an audience of its own, so that none passes for another."""

    def __init__(self, key: bytes) -> None:
        """``key``: at least 32 secret bytes, the same on every server of the installation."""
        if len(key) < 32:
            raise ValueError("32 bytes at least")
        self._secret = key
        self._key = OctKey.import_key(key)

    def upload(self, ticket: UploadTicket, now: Instant) -> str:
        """Good for five minutes."""
        return self._issue("upload", ticket, now, UPLOAD_S)

    def reference(self, visitor: VisitorId, file: VisitorFile, now: Instant) -> str:
        """Good for a day, so that a line written offline can still be sent with its file."""
        return self._issue("reference", FileReference(visitor, file), now, REFERENCE_S)

    def link(self, channel: ChannelId, file: str, now: Instant) -> str:
        """Good for an hour, rounded up to the next one, so that a browser may keep what it has loaded."""
        hour = LINK_S * 1000
        return self._issue("link", FileLink(channel, file), now - now % hour + hour, LINK_S)

    def address(self, channel: ChannelId, file: str, now: Instant) -> str:
        """The path under which one file can be read with such a token."""
        return f"/chat/{channel}/files/{file}?token={self.link(channel, file, now)}"

    def blind(self, ip: str) -> str:
        """A keyed hash of a network address: equal for equal ones, and worth nothing to whoever reads the database."""
        return hmac.digest(self._secret, b"ip\0" + ip.encode(), "sha256")[:16].hex()

    def read_upload(self, token: str, now: Instant) -> UploadTicket:
        """Raises ``NotAuthentic``."""
        return self._read("upload", token, now, UploadTicket)

    def read_reference(self, token: str, now: Instant) -> FileReference:
        """Raises ``NotAuthentic``."""
        return self._read("reference", token, now, FileReference)

    def read_link(self, token: str, now: Instant) -> FileLink:
        """Raises ``NotAuthentic``."""
        return self._read("link", token, now, FileLink)

    def _issue(self, kind: Literal["upload", "reference", "link"], value: Struct, now: Instant, seconds: int) -> str:
        claims = {"aud": kind, "exp": now // 1000 + seconds, "it": msgspec.to_builtins(value)}
        return jwt.encode({"alg": "HS256"}, claims, self._key, default_type=None)

    def _read(self, kind: str, token: str, now: Instant, type: type[T]) -> T:
        rules = jwt.JWTClaimsRegistry(now=now // 1000, exp={"essential": True}, aud={"essential": True, "value": kind})
        try:
            claims = jwt.decode(token, self._key, algorithms=ALGORITHMS).claims
            rules.validate(claims)
            return msgspec.convert(claims.get("it"), type)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise NotAuthentic(f"not a valid {kind} token") from None


def secret_hash(token: str) -> str:
    """SHA-256 in hex, under which a visitor's random token is stored and found; 256 random bits need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
