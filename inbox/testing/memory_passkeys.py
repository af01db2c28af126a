"""Passkeys and their challenges over dictionaries."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.admission import Passkey
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, Instant
from inbox.testing.tables import Tables


class MemoryPasskeys:
    """``admission.Passkeys``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._challenges: dict[str, tuple[str, Instant]] = {}
        self._passkeys: dict[str, Passkey] = {}

    async def save_challenge(self, id: str, about: str, expires_at: Instant) -> None:
        """Remember a challenge by the hash of it; ``about`` says what it is good for."""
        self._tables.reach()
        self._challenges[id] = (about, expires_at)

    async def use_challenge(self, id: str, about: str, now: Instant) -> bool:
        """Use it up: True exactly once, and never when it is expired or good for something else."""
        self._tables.reach()
        known, expires_at = self._challenges.get(id, ("", 0))
        if expires_at <= now or known != about:
            return False
        del self._challenges[id]
        return True

    async def add_passkey(self, passkey: Passkey) -> None:
        """Store a new one; ``Conflict`` when it is there, whosever it is."""
        self._tables.reach()
        if self._passkeys.setdefault(passkey.id, passkey) is not passkey:
            raise Conflict

    async def passkey(self, id: str) -> Passkey | None:
        """The one under this id."""
        self._tables.reach()
        return self._passkeys.get(id)

    async def passkeys(self, agent: AgentId | None = None) -> list[Passkey]:
        """An account's, or all; oldest first."""
        self._tables.reach()
        found = [one for one in self._passkeys.values() if agent is None or one.agent == agent]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    async def use_passkey(self, id: str, counter: int, now: Instant) -> bool:
        """It signed; False when it is gone, or has signed as often before. A counter that stays at 0 does not count."""
        self._tables.reach()
        found = self._passkeys.get(id)
        if found is None or ((counter or found.counter) and counter <= found.counter):
            return False
        self._passkeys[id] = replace(found, counter=counter, used_at=now)
        return True

    async def rename_passkey(self, id: str, name: str) -> None:
        """Give it another name; harmless when it is gone."""
        self._tables.reach()
        if id in self._passkeys:
            self._passkeys[id] = replace(self._passkeys[id], name=name)

    async def drop_passkey(self, id: str) -> bool:
        """Remove it; whether it was there."""
        self._tables.reach()
        return self._passkeys.pop(id, None) is not None
