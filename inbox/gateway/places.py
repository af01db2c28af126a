"""Tells screens that places in a queue are others now: each asks again for what it shows of that queue, at most once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from inbox.core.events import Event
from inbox.flow.feed import Change
from inbox.gateway.protocol import Reload
from inbox.gateway.roster import Roster
from inbox.ports import Clock

EVERY_MS = 1_000


class Places:
    """What waits moves when something in front of it goes, or comes there."""

    def __init__(self, roster: Roster, clock: Clock) -> None:
        self._roster = roster
        self._clock = clock
        self._moved: set[str] = set()
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        for change in changes:
            self._moved |= moved(change.event)
        if self._moved:
            self._wake.set()

    async def run(self) -> None:
        """Tell, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            names, self._moved = self._moved, set()
            for name in sorted(names):
                self._roster.tell_all(Reload("places", name))
            await self._clock.sleep_until(self._clock.now() + EVERY_MS)


def moved(event: Event) -> set[str]:
    """The queues, '' for what waits in none, in which others stand elsewhere after an entry."""
    before, after = event.before, event.after
    was = (before.queue or "", before.priority) if before is not None and before.queued else None
    now = (after.queue or "", after.priority) if after is not None and after.queued else None
    return set() if was == now else {place[0] for place in (was, now) if place is not None}
