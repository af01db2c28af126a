"""Web push: messages that only one browser can read, handed to the push service it named (RFC 8030, 8188, 8291, 8292)."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from inbox.core.errors import Conflict, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.ids import Instant
from inbox.core.pushing import Device, PushMessage, SealedKey
from inbox.ports import Journal
from inbox.provider import HttpAnswer, retry_after
from inbox.records import SEALED_KEYS, Batch, Put
from inbox.store.secrets import Keyring

RECORD: Final = 4096
PADDED: Final = 512
"""Messages are filled up to a multiple of this, so that their length tells nothing."""
KEPT_S: Final = 3600
"""So long a push service keeps what it cannot deliver; later it is no news."""
TOKEN_S: Final = 12 * 3600
SECONDS: Final = 20.0
VAPID: Final = "vapid"
FIELD: Final = "key"
_GONE: Final = frozenset({404, 410})

log = structlog.get_logger(__name__)


class Post(Protocol):
    """POST to an address that a browser gave."""

    async def __call__(self, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> HttpAnswer:
        """Raises ``TryLater``, ``Unknown`` and ``Rejected``."""


class WebPush:
    """``flow.pushing.PushService``. ``subject`` is where push services reach who runs this: a mailto: or https: address."""

    def __init__(self, post: Post, key: ec.EllipticCurvePrivateKey, subject: str, now: Callable[[], Instant]) -> None:
        self._post = post
        self._key = key
        self._subject = subject
        self._now = now

    async def push(self, device: Device, message: PushMessage) -> None:
        """See ``PushService``. What may have arrived is not repeated."""
        try:
            body = encrypted(msgspec.json.encode(message), decoded(device.key), decoded(device.secret))
        except ValueError as wrong:
            raise Rejected("gone") from wrong
        headers = {
            "Authorization": authorization(self._key, device.endpoint, self._subject, self._now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_S),
            "Urgency": "high",
            "Topic": topic_of(message.tag),
        }
        try:
            answer = await self._post(device.endpoint, headers=headers, body=body, seconds=SECONDS)
        except Unknown as unknown:
            raise Rejected("unknown") from unknown
        if answer.ok:
            return
        if answer.status in _GONE:
            raise Rejected("gone")
        if answer.status == 429 or answer.status >= 500:
            raise TryLater(f"http_{answer.status}", retry_after(answer, self._now()) or 0)
        raise Rejected(f"http_{answer.status}")


def encrypted(
    plain: bytes, browser: bytes, secret: bytes, own: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b"", padded: int = PADDED
) -> bytes:
    """One record (RFC 8188, 2) for the browser with this public key (65 bytes) and secret (16). ``own`` and ``salt`` are new each time.

    Raises ``ValueError`` for a key that is none.
    """
    own, salt = own or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser)
    ours = public_bytes(own)
    info = b"WebPush: info\0" + browser + ours
    material = HKDF(SHA256(), 32, salt=secret, info=info).derive(own.exchange(ec.ECDH(), theirs))
    key = HKDF(SHA256(), 16, salt=salt, info=b"Content-Encoding: aes128gcm\0").derive(material)
    nonce = HKDF(SHA256(), 12, salt=salt, info=b"Content-Encoding: nonce\0").derive(material)
    filled = plain + b"\x02"
    filled += b"\0" * (-len(filled) % padded if padded else 0)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours + AESGCM(key).encrypt(nonce, filled, None)


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, subject: str, now: Instant) -> str:
    """Says who sends (RFC 8292, 3): signed for the push service's origin, for twelve hours."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now // 1000 + TOKEN_S, "sub": subject}
    token = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, ECKey.import_key(key), algorithms=["ES256"])
    return f"vapid t={token}, k={encoded(public_bytes(key))}"


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as an uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Of base64url with or without padding. Raises ``ValueError``."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as wrong:
        raise ValueError(str(wrong)) from None


def topic_of(tag: str) -> str:
    """What lets a push service put a newer message in the place of an older one (RFC 8030, 5.4), and tells it nothing."""
    return encoded(sha256(tag.encode()).digest())[:32]


def subject_of(public_url: str) -> str:
    """Where push services reach us: they take https: and mailto: only."""
    host = urlsplit(public_url).hostname or "localhost"
    return public_url if public_url.startswith("https://") else f"mailto:inbox@{host}"


async def own_key(journal: Journal, keyring: Keyring) -> ec.EllipticCurvePrivateKey:
    """The installation's key, made and sealed at the first start; of two servers that start at once one's counts. Where the key that
    sealed it is gone another one is made, and browsers have to be added again."""
    stored = await _stored(journal)
    if stored is not None:
        try:
            return _opened(stored, keyring)
        except NeedsLogin as lost:
            log.warning("push_key_made_anew", why=str(lost))
    fresh = f"{ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value:064x}"
    expect = None if stored is None else stored.version
    made = SealedKey(VAPID, keyring.seal(fresh, channel=VAPID, field=FIELD), version=(expect or 0) + 1)
    try:
        await journal.commit(Batch(puts=[Put(SEALED_KEYS, made, expect)]))
    except Conflict:
        made = await _stored(journal) or made
    return _opened(made, keyring)


def _opened(stored: SealedKey, keyring: Keyring) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(keyring.unseal(stored.sealed, channel=VAPID, field=FIELD), 16), ec.SECP256R1())


async def _stored(journal: Journal) -> SealedKey | None:
    found: SealedKey | None = (await journal.load({SEALED_KEYS: frozenset({VAPID})}))[SEALED_KEYS].get(VAPID)
    return found
