"""Seals channels' credentials, so that neither the database nor a backup of it shows them to anyone without the keys."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import secrets
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inbox.core.errors import CannotStart, NeedsLogin

KEY_BYTES = 32
KEY_PATTERN = r"^[A-Za-z0-9-]{1,32}:[A-Za-z0-9+/]{43}=$"
"""A key in the settings: its id, a colon, 32 bytes in base64."""

_FORMAT = "1"
_NONCE_BYTES = 12  # what GCM is defined for; random ones are safe for 2**32 values under one key (NIST SP 800-38D, 8.3)


def make_key(key_id: str) -> str:
    """Return a new random key in the form that the settings take."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


class Keyring:
    """The service's keys, newest first: the first one seals, every one opens.

    Raises `CannotStart` for no keys, for one that is not `id:base64`, and for two with one id; no message holds a key.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys: dict[str, bytes] = {}
        for place, text in enumerate(keys):
            if not re.fullmatch(KEY_PATTERN, text):
                raise CannotStart(
                    f"secrets.keys[{place}] is not a key", "a key is ID:BASE64 of 32 bytes; `inbox make-key` prints a new one"
                )
            key_id, _, encoded = text.partition(":")
            if key_id in self._keys:
                raise CannotStart(f"secrets.keys: two keys are named {key_id!r}", "give each key an id of its own")
            self._keys[key_id] = base64.b64decode(encoded)
        if not self._keys:
            raise CannotStart("secrets.keys is empty", "`inbox make-key` prints a key; keep it outside the database and its backups")
        self._newest = next(iter(self._keys))

    def seal(self, value: str, *, channel: str, field: str) -> str:
        """Return `value` encrypted and bound to its place: moved to another channel or field it does not open."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher(self._newest).encrypt(nonce, value.encode(), _place(channel, field))
        return f"{_FORMAT}.{self._newest}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, sealed: str, *, channel: str, field: str) -> str:
        """Return what was sealed. Raises `NeedsLogin` if its key is gone, or if it was changed or moved: somebody has to enter it anew."""
        form, key_id, data = _parts(sealed)
        if form != _FORMAT or key_id not in self._keys:
            raise NeedsLogin(f"{channel}: {field} was sealed with the key {key_id!r}, which secrets.keys does not have")
        try:
            return self._cipher(key_id).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _place(channel, field)).decode()
        except (InvalidTag, ValueError) as error:
            raise NeedsLogin(f"{channel}: {field} in the database is damaged or belongs to another channel") from error

    def needs_rotation(self, sealed: str) -> bool:
        """Tell whether it should be sealed anew because the first key is another one by now."""
        form, key_id, _ = _parts(sealed)
        return (form, key_id) != (_FORMAT, self._newest)

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """Return 32 bytes per key for another use (signing reply tokens, hashing addresses), newest first; unlike for each `purpose`."""
        return tuple(_derive(key, purpose) for key in self._keys.values())

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    def _cipher(self, key_id: str) -> AESGCM:
        return AESGCM(_derive(self._keys[key_id], "credentials"))


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"inbox {purpose}".encode()).derive(key)


def _place(channel: str, field: str) -> bytes:
    return json.dumps([channel, field]).encode()


def _parts(sealed: str) -> tuple[str, str, bytes]:
    form, _, rest = sealed.partition(".")
    key_id, _, encoded = rest.partition(".")
    try:
        return form, key_id, base64.b64decode(encoded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return form, key_id, b""
