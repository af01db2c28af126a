"""Retention over dictionaries."""

from __future__ import annotations

from collections.abc import Mapping

from inbox.core.ids import Instant
from inbox.testing.tables import Tables

_SETTLED = ("done", "unsupported")


class MemoryRetention:
    """``ports.Retention``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._kept = 0

    async def trim_journal(self, before: Instant, read: Mapping[int, int], limit: int) -> tuple[int, bool]:
        """Remove entries written before an instant and up to ``read``, the oldest of each writer first; each writer's last one stays."""
        self._tables.reach()
        removed = 0
        for o in sorted({o for o, _ in self._tables.events}):
            numbers = sorted(n for writer, n in self._tables.events if writer == o)
            for n in numbers[:-1]:
                if n > read.get(o, 0) or self._tables.events[o, n].at >= before or removed == limit:
                    break
                del self._tables.events[o, n]
                removed += 1
        return removed, removed == limit

    async def trim_ledger(self, before: Instant, limit: int) -> tuple[int, bool]:
        """Look at the next deliveries and remove those that arrived before an instant and are settled."""
        self._tables.reach()
        looked_at = list(self._tables.deliveries.values())[self._kept : self._kept + limit]
        old = [row for row in looked_at if row.raw.arrived_at < before]
        done = [row for row in old if row.state in _SETTLED]
        for row in done:
            del self._tables.deliveries[row.id]
        more = len(looked_at) == limit and len(old) == limit
        self._kept = self._kept + len(old) - len(done) if more else 0
        return len(done), more
