"""Opaque 256-bit tokens: handed out once, stored only as their SHA-256."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_LENGTH = 43
"""Characters of 32 bytes in base64url without padding."""


def new_token() -> str:
    """A random token."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored instead of the token, in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
