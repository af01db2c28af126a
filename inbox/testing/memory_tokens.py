"""Tokens of programs over a dictionary."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.admission import ApiToken
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, Instant
from inbox.testing.tables import Tables


class MemoryTokens:
    """``admission.Tokens``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._tokens: dict[str, ApiToken] = {}

    async def save_token(self, token: ApiToken) -> None:
        """Store a new one; ``Conflict`` when the id exists, or one that the same call made."""
        self._tables.reach()
        calls = {one.asked_by for one in self._tokens.values() if one.asked_by}
        if token.id in self._tokens or token.asked_by in calls:
            raise Conflict
        self._tokens[token.id] = token

    async def token(self, id: str, now: Instant) -> ApiToken | None:
        """The one under this id, None once it is revoked or expired."""
        self._tables.reach()
        found = self._tokens.get(id)
        return None if found is None or 0 < found.expires_at <= now else found

    async def tokens(self, agent: AgentId | None = None) -> list[ApiToken]:
        """An account's, or all; expired ones too, newest first."""
        self._tables.reach()
        found = [one for one in self._tokens.values() if agent is None or one.agent == agent]
        return sorted(found, key=lambda one: (-one.created_at, one.id))

    async def touch_token(self, id: str, used_at: Instant) -> None:
        """It was used; a revoked one stays revoked."""
        self._tables.reach()
        if id in self._tokens:
            self._tokens[id] = replace(self._tokens[id], used_at=used_at)

    async def end_token(self, id: str) -> None:
        """Revoke it; harmless when it is gone."""
        self._tables.reach()
        self._tokens.pop(id, None)
