"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio

from inbox.core.ids import Instant

START: Instant = 1_767_600_000_000
"""Monday, 5 January 2026, 08:00 UTC."""


class ManualClock:
    """``ports.Clock``. Sleepers wake in the order of their instants while ``advance`` passes them."""

    def __init__(self, now: Instant = START) -> None:
        self._now = now
        self._sleepers: list[tuple[Instant, asyncio.Future[None]]] = []

    def now(self) -> Instant:
        """Milliseconds UTC."""
        return self._now

    async def sleep_until(self, instant: Instant) -> None:
        """Returns once the clock was moved to the instant or past it."""
        if instant <= self._now:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (instant, woken)
        self._sleepers.append(entry)
        try:
            await woken
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)

    @property
    def next_wake(self) -> Instant | None:
        """The earliest instant somebody sleeps until."""
        return min((instant for instant, _ in self._sleepers), default=None)

    def set(self, now: Instant) -> None:
        """Jump, forwards or backwards, and wake who is due."""
        self._now = now
        due = sorted((entry for entry in self._sleepers if entry[0] <= now), key=lambda entry: entry[0])
        for _, woken in due:
            if not woken.done():
                woken.set_result(None)

    async def advance(self, milliseconds: int) -> None:
        """Move on, stopping at every instant somebody sleeps until, so that what he does next is done at that time."""
        end = self._now + milliseconds
        while (wake := self.next_wake) is not None and wake <= end:
            self.set(max(wake, self._now))
            await settle()
        self.set(end)
        await settle()


async def settle(rounds: int = 50) -> None:
    """Let every task that can run do so; for code on fakes, which never waits for the outside."""
    for _ in range(rounds):
        await asyncio.sleep(0)
