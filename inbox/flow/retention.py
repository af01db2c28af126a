"""Keeps the journal and the ledger from growing for ever: a sweep every hour, in small steps with pauses between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from inbox.core.errors import TryLater
from inbox.ports import Clock, Facts, Retention, Search

DAY_MS = 24 * 3600 * 1000
EVERY_MS = 3600 * 1000
STEP = 500
PAUSE_MS = 100

Step = Callable[[], Awaitable[tuple[int, bool]]]
log = structlog.get_logger(__name__)


class Trimmer:
    """Removes what is older than the operator wants it kept, and tells ``observe`` how much of what."""

    def __init__(
        self,
        retention: Retention,
        search: Search,
        facts: Facts,
        clock: Clock,
        journal_days: int,
        sources_days: int,
        observe: Callable[[str, int], None] = lambda what, count: None,
    ) -> None:
        """Days to keep entries of the journal, and deliveries as they came; 0: for ever."""
        self._retention = retention
        self._search = search
        self._facts = facts
        self._clock = clock
        self._journal_ms = journal_days * DAY_MS
        self._sources_ms = sources_days * DAY_MS
        self._observe = observe

    async def run(self) -> None:
        """Sweep every hour until cancelled; a database that is away ends the sweep, not this loop."""
        while True:
            try:
                if self._journal_ms:
                    await self._sweep("events", self._trim_journal)
                if self._sources_ms:
                    await self._sweep("deliveries", self._trim_ledger)
            except TryLater as away:
                log.warning("not_trimmed", error=away.code)
            await self._clock.sleep_until(self._clock.now() + EVERY_MS)

    async def _sweep(self, what: str, step: Step) -> None:
        more, total = True, 0
        while more:
            removed, more = await step()
            self._observe(what, removed)
            total += removed
            if more:
                await self._clock.sleep_until(self._clock.now() + PAUSE_MS)
        if total:
            log.info("trimmed", what=what, count=total)

    async def _trim_journal(self) -> tuple[int, bool]:
        """The search index and the facts of reports are made from the journal: what they have not read stays."""
        indexed, folded = await self._search.position(), await self._facts.position()
        read = {o: min(n, folded.get(o, 0)) for o, n in indexed.items()}
        return await self._retention.trim_journal(self._clock.now() - self._journal_ms, read, STEP)

    async def _trim_ledger(self) -> tuple[int, bool]:
        return await self._retention.trim_ledger(self._clock.now() - self._sources_ms, STEP)
