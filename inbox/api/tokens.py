"""Opaque 256-bit tokens: handed out once, stored only as their SHA-256."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

TOKEN_LENGTH = 43
"""Characters of 32 bytes in base64url without padding."""


def new_token() -> str:
    """A random token."""
    return secrets.token_urlsafe(32)


def derived_token(key: bytes, id: str) -> str:
    """The same token for the same id every time, which only who has the key can tell."""
    return base64.urlsafe_b64encode(hmac.digest(key, id.encode(), "sha256")).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    """What is stored instead of the token, in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
