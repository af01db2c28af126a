"""A journal in front of another one that fails where a test says so."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from inbox.core.events import Event
from inbox.core.ids import Instant
from inbox.ports import Journal
from inbox.records import Batch, Loaded, Slot, Wanted

Fault = Callable[[], Exception | None]


class FaultyJournal:
    """``ports.Journal``. ``commits`` are consumed one per commit: None passes, an error is raised instead of storing, and
    an error in ``after`` once it is stored. ``hangs`` holds commits up while it is cleared. ``batches`` are those that were stored."""

    def __init__(self, inner: Journal) -> None:
        self.inner = inner
        self.commits: deque[Exception | None] = deque()
        self.after: deque[Exception | None] = deque()
        self.check: Callable[[Batch], None] = lambda batch: None
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.batches: list[Batch] = []
        self.loads = 0
        self.leased = 0

    async def load(self, wanted: Wanted) -> Loaded:
        """Counted."""
        self.loads += 1
        return await self.inner.load(wanted)

    async def commit(self, batch: Batch) -> None:
        """As scripted."""
        await self.hangs.wait()
        before = self.commits.popleft() if self.commits else None
        after = self.after.popleft() if self.after else None
        if before is not None:
            raise before
        self.check(batch)
        await self.inner.commit(batch)
        self.batches.append(batch)
        if after is not None:
            raise after

    async def lease_writer(self, owner: str, now: Instant) -> Slot:
        """Passed on."""
        return await self.inner.lease_writer(owner, now)

    async def renew_writer(self, slot: Slot, now: Instant) -> None:
        """Passed on."""
        await self.inner.renew_writer(slot, now)

    async def release_writer(self, slot: Slot) -> None:
        """Passed on."""
        await self.inner.release_writer(slot)

    async def highest(self, o: int) -> int:
        """Passed on."""
        return await self.inner.highest(o)

    async def lease_numbers(self, count: int) -> range:
        """Counted."""
        self.leased += 1
        return await self.inner.lease_numbers(count)

    async def return_numbers(self, numbers: range) -> None:
        """Passed on."""
        await self.inner.return_numbers(numbers)

    async def heads(self) -> dict[int, int]:
        """Passed on."""
        return await self.inner.heads()

    async def events_after(self, cursor: Mapping[int, int], limit: int) -> list[Event]:
        """Passed on."""
        return await self.inner.events_after(cursor, limit)

    def changes(self) -> AsyncIterator[Mapping[int, int]]:
        """Passed on."""
        return self.inner.changes()


def texts(batch: Batch) -> list[Any]:
    """The texts of the messages a batch stores."""
    return [put.value.text for put in batch.puts if put.noun.name == "messages"]
