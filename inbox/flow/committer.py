"""The one committer of this process: every write that makes an event goes through it.

What waits shares the next transaction; commands go first, then what came in, bulk work last. Units of one group (a conversation,
a sender) are decided in the order of their arrival. What conflicts with another process is decided again, alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Generic, Protocol, TypeVar

import structlog
from msgspec.structs import replace

from inbox import failpoints
from inbox.core.errors import Conflict, Fenced, InboxError, TryLater, Unavailable
from inbox.core.ids import Instant
from inbox.flow.feed import Change, Feed
from inbox.flow.working import Channels, Layer, NotLoaded, Origin, WorkingSet, values
from inbox.ports import Clock, Journal, Noun, Slot

MAX_UNITS = 64
MAX_BYTES = 4 * 1024 * 1024
MAX_ROUNDS = 12
ALONE_TRIES = 8
NUMBER_BLOCK = 32
RENEW_EVERY_MS = 5_000

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")
log = structlog.get_logger(__name__)


class Rank(IntEnum):
    """Who goes first."""

    COMMAND = 0
    INGEST = 1
    BULK = 2


class Unit(Protocol[R_co]):
    """Something to be decided and committed. ``group``: units of equal group keep their order. ``size`` in bytes."""

    @property
    def rank(self) -> Rank:
        """Who goes first."""

    @property
    def group(self) -> str:
        """What must stay in order."""

    @property
    def size(self) -> int:
        """Roughly how many bytes it will write."""

    def decide(self, layer: Layer) -> R_co:
        """Read and write the layer; may run several times; raises ``InboxError`` to change nothing."""


@dataclass
class _Waiting(Generic[R]):
    unit: Unit[R]
    done: asyncio.Future[R]
    value: R | None = None
    error: InboxError | None = None
    decided: bool = False


class Committer:
    """Collects units and commits them in batches, one transaction at a time."""

    def __init__(
        self,
        journal: Journal,
        feed: Feed,
        clock: Clock,
        derive: Callable[..., str],
        channels: Callable[[], Channels],
        owner: str,
        observe: Callable[[int, int], None] = lambda units, tries: None,
    ) -> None:
        self._journal = journal
        self._feed = feed
        self._clock = clock
        self._derive = derive
        self._channels = channels
        self._owner = owner
        self._observe = observe
        self._queues: tuple[deque[_Waiting[Any]], ...] = tuple(deque() for _ in Rank)
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._busy = False
        self._slot: Slot | None = None
        self._n: int | None = None
        self._renewed: Instant = 0
        self._numbers: deque[int] = deque()

    async def submit(self, unit: Unit[R]) -> R:
        """The unit's result once it is durable. Raises what ``decide`` raised, or ``Unavailable`` when nothing is known to be stored."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queues[unit.rank].append(_Waiting(unit, done))
        self._wake.set()
        return await done

    @property
    def backlog(self) -> int:
        """How many units wait."""
        return sum(len(q) for q in self._queues)

    @property
    def writer(self) -> int:
        """The writer number this process holds, 0 before the first lease."""
        return self._slot.o if self._slot else 0

    async def run(self) -> None:
        """Commit what is submitted until cancelled; a database that is away fails the waiting units, never this loop."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._take():
                self._busy = True
                await self._process(batch)
                self._busy = False
            self._idle.set()

    async def drain(self) -> None:
        """Returns when nothing waits."""
        while self.backlog or self._busy:
            self._idle.clear()
            await self._idle.wait()

    async def close(self) -> None:
        """Give the writer number back."""
        if self._numbers:
            last = first = self._numbers.pop()
            while self._numbers and self._numbers[-1] == first - 1:
                first = self._numbers.pop()
            self._numbers.clear()
            await self._journal.return_numbers(range(first, last + 1))
        if self._slot is not None:
            slot, self._slot = self._slot, None
            await self._journal.release_writer(slot)

    async def keep_lease(self) -> None:
        """Renew the writer number while idle, until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + RENEW_EVERY_MS)
            if self._slot is not None:
                try:
                    await self._journal.renew_writer(self._slot, self._clock.now())
                except Fenced:
                    self._slot = self._n = None
                except TryLater as away:
                    log.warning("writer_lease_not_renewed", error=away.code)

    def _take(self) -> list[_Waiting[Any]]:
        taken: list[_Waiting[Any]] = []
        size = 0
        for queue in self._queues:
            while queue and len(taken) < MAX_UNITS and (not taken or size + queue[0].unit.size <= MAX_BYTES):
                waiting = queue.popleft()
                if not waiting.done.cancelled():
                    taken.append(waiting)
                    size += waiting.unit.size
        return taken

    async def _process(self, batch: list[_Waiting[Any]]) -> None:
        """Commit a batch. What others changed meanwhile, or a bug in one unit, makes each be tried alone."""
        try:
            await self._attempt(batch)
        except Conflict:
            for waiting in batch:
                await self._alone(waiting)
        except InboxError as error:
            for waiting in batch:
                _fail(waiting, error)
        except Exception:
            log.exception("commit_failed", units=len(batch))
            for waiting in batch:
                await self._alone(waiting)

    async def _alone(self, waiting: _Waiting[Any]) -> None:
        for attempt in range(ALONE_TRIES):
            waiting.decided, waiting.error = False, None
            try:
                await self._attempt([waiting])
            except Conflict:
                await asyncio.sleep(0.002 * attempt)
            except InboxError as error:
                return _fail(waiting, error)
            except Exception as bug:
                log.exception("commit_failed", unit=type(waiting.unit).__name__)
                return _fail(waiting, InboxError(f"internal error: {type(bug).__name__}"))
            else:
                return None
        return _fail(waiting, Conflict("Others keep changing this; try again."))

    async def _attempt(self, batch: list[_Waiting[Any]]) -> None:
        slot, n = await self._ready(len(batch))
        ws = WorkingSet(Origin(self._clock.now(), slot.o, self._derive, self._numbers.popleft, self._channels()))
        await self._decide(batch, ws)
        ws.events = [replace(e, o=slot.o, n=n + i) for i, e in enumerate(ws.events, 1)]
        out = ws.batch()
        if out.puts or out.events or out.removals or out.settled or out.loads:
            await self._commit(out, n)
        failpoints.hit("announce.before")
        self._feed.committed([Change(e, *values(ws, e)) for e in ws.events])
        for waiting in batch:
            if waiting.error is not None:
                _fail(waiting, waiting.error)
            elif not waiting.done.done():
                waiting.done.set_result(waiting.value)

    async def _commit(self, out: Any, n: int) -> None:
        failpoints.hit("commit.before")
        try:
            await self._journal.commit(out)
        except Fenced:
            self._slot = self._n = None
            raise Conflict("the writer number was lost") from None
        except (Unavailable, TryLater):
            self._n = None
            raise
        failpoints.hit("commit.after")
        self._n = n + len(out.events)
        self._observe(len(out.events), 1)

    async def _ready(self, units: int) -> tuple[Slot, int]:
        """A writer number, its highest entry, and enough conversation numbers for this batch."""
        if self._slot is None:
            self._slot = await self._journal.lease_writer(self._owner, self._clock.now())
            self._n = self._slot.n
        if self._n is None:
            self._n = await self._journal.highest(self._slot.o)
            await self._feed.catch_up()
        while len(self._numbers) < units:
            self._numbers.extend(await self._journal.lease_numbers(NUMBER_BLOCK))
        return self._slot, self._n

    async def _decide(self, batch: Sequence[_Waiting[Any]], ws: WorkingSet) -> None:
        """Let every unit decide, loading what they ask for; units of a group that waits for values wait too."""
        for waiting in batch:
            waiting.decided, waiting.error = False, None
        for _ in range(MAX_ROUNDS):
            wanted: set[tuple[Noun[Any], str]] = set()
            blocked: set[str] = set()
            for waiting in batch:
                if not waiting.decided and waiting.unit.group not in blocked:
                    keys = _try(waiting, ws)
                    if keys:
                        wanted |= keys
                        blocked.add(waiting.unit.group)
            if not wanted and not blocked:
                return
            await self._load(wanted, ws)
        raise InboxError("a unit asks for ever more values")

    async def _load(self, keys: set[tuple[Noun[Any], str]], ws: WorkingSet) -> None:
        by_noun: dict[Noun[Any], set[str]] = {}
        for noun, id in keys:
            by_noun.setdefault(noun, set()).add(id)
        ws.loaded(keys, await self._journal.load({noun: frozenset(ids) for noun, ids in by_noun.items()}))


def _try(waiting: _Waiting[Any], ws: WorkingSet) -> frozenset[tuple[Noun[Any], str]]:
    layer = Layer(ws)
    try:
        waiting.value = waiting.unit.decide(layer)
    except NotLoaded as missing:
        return missing.keys
    except InboxError as refused:
        waiting.error = refused
    except Exception as bug:
        log.exception("unit_failed", unit=type(waiting.unit).__name__)
        waiting.error = InboxError(f"internal error: {type(bug).__name__}")
    else:
        layer.merge()
    waiting.decided = True
    return frozenset()


def _fail(waiting: _Waiting[Any], error: InboxError) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
