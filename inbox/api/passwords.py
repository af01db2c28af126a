"""Password hashes: Argon2id outside the event loop, a few at a time, because each takes 64 MiB and a tenth of a second."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inbox.core.errors import TooMany

AT_ONCE = 2
WAITING = 32
BUSY_MS = 2_000

T = TypeVar("T")


class Passwords:
    """Hashes and checks passwords. Raises ``TooMany`` when more than ``WAITING`` checks stand in line."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        """The encoded hash to store."""
        return await self._outside(lambda: self._hasher.hash(password))

    async def fits(self, password: str, encoded: str) -> bool:
        """Whether this is the password behind ``encoded``; '' fits none and takes as long as a wrong password."""
        return await self._outside(lambda: self._check(password, encoded))

    def outdated(self, encoded: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def _check(self, password: str, encoded: str) -> bool:
        try:
            self._hasher.verify(encoded or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(encoded)

    async def _outside(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING:
            raise TooMany(BUSY_MS)
        self._waiting += 1
        try:
            async with self._places:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
