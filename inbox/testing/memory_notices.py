"""Notices over dictionaries."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from inbox.core.ids import AgentId, ConversationId, Instant
from inbox.core.notifications import Notification
from inbox.records import NOTIFICATIONS
from inbox.store.keyset import pack, position_of_number
from inbox.testing.tables import Tables


class MemoryNotices:
    """``ports.Notices``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def page(self, agent: AgentId, after: str | None, limit: int) -> tuple[list[Notification], str | None]:
        """Newest first; the second value continues."""
        end = None if after is None else position_of_number(after)
        rows = [n for n in self._of(agent) if end is None or (n.at, n.id) < end]
        return rows[:limit], pack(rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else None

    async def unread(self, agent: AgentId, limit: int) -> list[Notification]:
        """The newest ones he has not seen."""
        return [n for n in self._of(agent) if n.read_at is None][:limit]

    async def mark(self, agent: AgentId, ids: Sequence[str], now: Instant) -> int:
        """He has seen these; how many of them were new."""
        return self._seen([n for n in self._of(agent) if n.id in ids], now)

    async def mark_of(self, agent: AgentId, conversations: Collection[ConversationId] | None, until: Instant, now: Instant) -> int:
        """He has seen all up to an instant, or those of these conversations; how many were new."""
        return self._seen([n for n in self._of(agent) if n.at <= until and (conversations is None or n.conversation in conversations)], now)

    def _of(self, agent: AgentId) -> list[Notification]:
        rows = [n for n in self._tables.of(NOTIFICATIONS).values() if n.agent == agent]
        return sorted(rows, key=lambda n: (n.at, n.id), reverse=True)

    def _seen(self, rows: list[Notification], now: Instant) -> int:
        new = [n for n in rows if n.read_at is None]
        for n in new:
            self._tables.of(NOTIFICATIONS)[n.id] = replace(n, read_at=now)
        return len(new)
