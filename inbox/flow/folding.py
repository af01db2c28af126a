"""Folds the journal into the facts and sums that reports are read from: a projection behind the journal, each entry exactly once.

The place in the journal is stored with the sums, in one transaction that only succeeds from the place it began at: of several servers
that fold, one gets on and the others go on from where it came to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from inbox.core import business_hours
from inbox.core.business_hours import Calendar
from inbox.core.errors import Conflict, TryLater
from inbox.core.events import Event
from inbox.core.facts import Folded, Ruler, follow
from inbox.core.ids import ConversationId, Instant
from inbox.flow.feed import Change
from inbox.flow.heard import Heard
from inbox.ports import Clock, Facts, Journal

BATCH = 1_000
PAUSE_S = 2.0
"""Reports lag by this at most while the service keeps up; under load many entries share one write."""
AWAY_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Measure:
    """How reports tell time: the zone of their days by its IANA name, and the business hours they also count in, if any."""

    zone: str = "UTC"
    calendar: Calendar | None = None

    @property
    def opening_hours(self) -> str:
        """Their name, '' for none."""
        return "" if self.calendar is None else self.calendar.name

    @property
    def ruler(self) -> Ruler:
        """The same for the rules."""
        return Ruler(ZoneInfo(self.zone), None if self.calendar is None else partial(business_hours.between, self.calendar))

    def start_of(self, day: date) -> Instant:
        """When a day begins."""
        return int(datetime.combine(day, time(), ZoneInfo(self.zone)).timestamp() * 1000)


class Folder:
    """Reads the journal in batches and hands sums to the store."""

    def __init__(
        self,
        journal: Journal,
        facts: Facts,
        clock: Clock,
        measure: Callable[[], Awaitable[Measure]],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``measure`` tells in which zone the days are and when it is open."""
        self._journal = journal
        self._facts = facts
        self._clock = clock
        self.measure = measure
        self._pause = pause
        self._wake = asyncio.Event()
        self._wake.set()
        self._oldest: Instant | None = None
        self._heard = Heard()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        self._heard.extend(changes)
        if self._oldest is None and changes:
            self._oldest = changes[0].event.at
        self._wake.set()

    def lag(self) -> int:
        """By how many milliseconds reports are behind; 0 when they are not."""
        return 0 if self._oldest is None else max(0, self._clock.now() - self._oldest)

    async def run(self) -> None:
        """Fold until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                more = True
                while more:
                    more = await self._step()
            except Conflict:
                self._wake.set()  # another server folds; what is left after it is ours
                await self._pause(PAUSE_S)
            except TryLater as away:
                log.warning("facts_put_off", error=away.code)
                self._wake.set()
                await self._pause(AWAY_S)
            else:
                await self._pause(PAUSE_S)

    async def _step(self) -> bool:
        """Fold one batch; whether there may be more."""
        self._oldest = None
        before = await self._facts.position()
        events = [change.event for change in self._heard.after(before, BATCH)]
        if not events:
            events = await self._journal.events_after(before, BATCH)
        if not events:
            return False
        self._oldest = events[0].at
        after = dict(before)
        for event in events:
            after[event.o] = max(after.get(event.o, 0), event.n)
        await self._facts.fold(await self._folded(events), before, after)
        return len(events) == BATCH or len(self._heard) > 0

    async def _folded(self, events: Sequence[Event]) -> Folded:
        ids = {ConversationId(e.conversation) for e in events if e.conversation}
        out = Folded(known=dict(await self._facts.known(ids)))
        ruler = (await self.measure()).ruler
        for event in sorted(events, key=lambda e: (e.conversation or "", e.version, e.at, e.o, e.n)):
            try:
                follow(event, out.known.get(event.conversation) if event.conversation else None, ruler, out)
            except Exception:  # a figure may miss one entry; it must not stop at it for ever
                log.exception("entry_not_folded", o=event.o, n=event.n)
        return out
