"""Database time: the local monotonic clock plus an offset measured against the server, so that all processes agree on now."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC

import structlog

from inbox.core.errors import TryLater
from inbox.core.ids import Instant
from inbox.store.client import Database, translated

MEASURE_EVERY = 30.0
SAMPLES = 5
JUMP = 0.25
"""Seconds by which wall and monotonic clock must part within a beat before the offset is measured at once."""
BEAT = 1.0

log = structlog.get_logger(__name__)


class DatabaseClock:
    """``ports.Clock`` by the database's clock. ``measure`` once before use; ``run`` keeps it right until cancelled."""

    def __init__(self, db: Database) -> None:
        self._admin = db.client.admin
        self._base = time.time() - time.monotonic()
        self._moved = asyncio.Event()

    def now(self) -> Instant:
        """Milliseconds UTC, to within the round trip of the last measurement."""
        return int((time.monotonic() + self._base) * 1000)

    def offset(self) -> int:
        """By how many milliseconds the database's time is ahead of this machine's wall clock."""
        return round((time.monotonic() + self._base - time.time()) * 1000)

    async def sleep_until(self, instant: Instant) -> None:
        """Returns at or after the instant, also when the clock is put right meanwhile."""
        while (left := instant - self.now()) > 0:
            moved = self._moved
            try:
                async with asyncio.timeout(left / 1000):
                    await moved.wait()
            except TimeoutError:
                continue

    @translated
    async def measure(self) -> None:
        """Ask the server for its time; of several answers the quickest is the most exact. Raises ``Unavailable``."""
        best: tuple[float, float] | None = None
        for _ in range(SAMPLES):
            asked = time.monotonic()
            hello = await self._admin.command("hello")
            took = time.monotonic() - asked
            base = hello["localTime"].replace(tzinfo=UTC).timestamp() + 0.0005 - (asked + took / 2)
            best = min(best or (took, base), (took, base))
        if best is not None:
            self._put_right(*best)

    async def run(self) -> None:
        """Measure every 30 s, and within a second after this machine slept or its clock was set."""
        due = time.monotonic() + MEASURE_EVERY
        apart = time.time() - time.monotonic()
        while True:
            await asyncio.sleep(BEAT)
            now_apart = time.time() - time.monotonic()
            if abs(now_apart - apart) < JUMP and time.monotonic() < due:
                continue
            apart = now_apart
            due = time.monotonic() + MEASURE_EVERY
            try:
                await self.measure()
            except TryLater as error:
                log.warning("clock_not_measured", error=error.code)

    def _put_right(self, took: float, base: float) -> None:
        """Differences that the measurement cannot tell from noise are left, so that time does not tremble."""
        change = base - self._base
        if abs(change) <= max(took / 2, 0.001):
            return
        self._base = base
        if abs(change) >= JUMP:
            log.info("clock_put_right", by_ms=round(change * 1000))
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
