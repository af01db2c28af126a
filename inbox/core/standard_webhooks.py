"""Standard Webhooks 1.0: ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` with HMAC-SHA256 (``v1``).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Final

from inbox.core.errors import NotAuthentic
from inbox.core.ids import Instant

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE_MS: Final = 5 * 60 * 1000

_PREFIX: Final = "whsec_"
_LEAST, _MOST = 24, 64
_MOST_SIGNATURES: Final = 20


def key_of(secret: str) -> bytes:
    """The bytes of a secret as it is written down. Raises ``ValueError``."""
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not _LEAST <= len(key) <= _MOST:
        raise ValueError(f"write {_PREFIX} and the base64 of {_LEAST} to {_MOST} random bytes: openssl rand -base64 32")
    return key


def signed(keys: Sequence[bytes], id: str, now: Instant, body: bytes) -> dict[str, str]:
    """The headers of a call of ours, with a signature for every key."""
    seconds = str(now // 1000)
    marks = " ".join("v1," + _mark(key, id, seconds, body).decode() for key in keys)
    return {ID: id, TIMESTAMP: seconds, SIGNATURE: marks}


def verify(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: Instant) -> None:
    """Raises ``NotAuthentic`` unless one of the signatures is by one of the keys, and made within five minutes of now.

    A full stop in the id would leave open where it ends in what was signed.
    """
    id, seconds, marks = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not id or "." in id or not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12):
        raise NotAuthentic("no webhook-id or webhook-timestamp of the right form")
    if abs(now - int(seconds) * 1000) > TOLERANCE_MS:
        raise NotAuthentic("the timestamp is more than five minutes off")
    given = [mark.removeprefix("v1,").encode(errors="replace") for mark in marks.split(" ")[:_MOST_SIGNATURES] if mark.startswith("v1,")]
    right = [_mark(key, id, seconds, body) for key in keys]
    if not any([hmac.compare_digest(one, other) for one in given for other in right]):
        raise NotAuthentic("no signature fits")


def _mark(key: bytes, id: str, seconds: str, body: bytes) -> bytes:
    return b64encode(hmac.digest(key, f"{id}.{seconds}.".encode(errors="replace") + body, "sha256"))
