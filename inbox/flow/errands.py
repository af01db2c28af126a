"""Outside effects that were stored before they are tried: each is taken up when it is due, by whichever server comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from inbox.core.errors import InboxError, TryLater
from inbox.core.ids import Instant
from inbox.flow.timers import either
from inbox.ports import Clock

LOOK_EVERY_MS = 60_000
"""What another server left behind is found by this."""
AT_ONCE = 16

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Errand(Generic[T]):
    """Something to be done, at the earliest at an instant."""

    id: str
    due_at: Instant
    what: T


class Errands(Generic[T]):
    """Does what is due, several at once; one that takes long holds up no other."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        due: Callable[[Instant], Awaitable[Sequence[Errand[T]]]],
        do: Callable[[T], Awaitable[None]],
    ) -> None:
        """``due`` finds those due up to an instant; ``do`` claims one, tries it and stores what came of it. ``name`` is for the log."""
        self._name = name
        self._clock = clock
        self._due = due
        self._do = do
        self._wake = asyncio.Event()
        self._under_way: set[str] = set()

    def wake(self) -> None:
        """Something was stored that may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; at the start whatever an earlier process left."""
        self._under_way.clear()
        places = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                now = self._clock.now()
                found = await self._found(now + LOOK_EVERY_MS)
                for errand in found:
                    if errand.due_at <= now and errand.id not in self._under_way:
                        await places.acquire()
                        self._under_way.add(errand.id)
                        tasks.create_task(self._run(errand, places))
                later = (errand.due_at for errand in found if errand.due_at > now)
                await either(self._wake, self._clock, min(later, default=now + LOOK_EVERY_MS))

    async def _found(self, until: Instant) -> Sequence[Errand[T]]:
        try:
            return await self._due(until)
        except TryLater:
            return ()

    async def _run(self, errand: Errand[T], places: asyncio.Semaphore) -> None:
        try:
            await self._do(errand.what)
        except InboxError as later:
            log.warning(f"{self._name}_put_off", id=errand.id, error=later.code)
        except Exception:
            log.exception(f"{self._name}_failed", id=errand.id)
        finally:
            self._under_way.discard(errand.id)
            places.release()
