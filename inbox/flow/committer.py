"""The one committer of this process: every write that makes an event goes through it.

What waits shares the next transaction; commands go first, then what came in, bulk work last. Units of one group (a conversation,
a sender) are decided in the order of their arrival. What conflicts with another process is decided again, alone. While one batch
is being stored, what the next will ask for is loaded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain, islice
from typing import Any, Generic, Protocol, TypeVar

import structlog
from msgspec.structs import replace

from inbox import failpoints
from inbox.core.errors import Conflict, Fenced, InboxError, TryLater, Unavailable
from inbox.flow.feed import Change, Feed
from inbox.flow.working import A_NUMBER, Channels, Key, Layer, NotLoaded, Origin, WorkingSet, values
from inbox.ports import Clock, Journal
from inbox.records import AGENTS, Batch, Noun, Slot

MAX_UNITS = 64
MAX_BYTES = 4 * 1024 * 1024
MAX_ROUNDS = 40
REHEARSALS = 3
ROUNDS_AHEAD = 2
ALONE_TRIES = 8
FIRST_BLOCK = 8
LARGEST_BLOCK = 512
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
    """A unit in the queue. ``asked`` counts its attempts that ended in asking for values, ``numbers`` are kept over all attempts."""

    unit: Unit[R]
    done: asyncio.Future[R]
    value: R | None = None
    error: InboxError | None = None
    decided: bool = False
    asked: int = 0
    rehearsed: int = 0
    numbers: list[int] = field(default_factory=list)
    numbered: int = 0

    def reset(self) -> None:
        """Forget what an earlier attempt decided."""
        self.decided, self.error, self.asked, self.rehearsed, self.numbered = False, None, 0, 0, 0


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
        self._under_way: list[_Waiting[Any]] = []
        self._ended = False
        self._slot: Slot | None = None
        self._n: int | None = None
        self._numbers: deque[int] = deque()
        self._block = FIRST_BLOCK
        self._ahead: dict[Key, Any] = {}

    async def submit(self, unit: Unit[R]) -> R:
        """The unit's result once it is durable. Raises what ``decide`` raised, or ``Unavailable`` when nothing is known to be stored."""
        if self._ended:
            raise Unavailable("the service is stopping")
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
        self._ended = False
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while batch := self._take():
                    self._under_way = batch
                    await self._process(batch)
                    self._under_way = []
                self._ahead = {}
                self._idle.set()
        finally:
            self._end()

    def _end(self) -> None:
        """Nobody is left waiting for an answer that will not come."""
        self._ended = True
        for waiting in (*self._under_way, *(w for queue in self._queues for w in queue)):
            _fail(waiting, Unavailable("the service is stopping"))
        self._under_way = []
        for queue in self._queues:
            queue.clear()
        self._idle.set()

    async def drain(self) -> None:
        """Returns when nothing waits."""
        while self.backlog or self._under_way:
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
        """Commit a batch. Whatever spoils it for all (a change by others, something too large, a bug) makes each be tried alone."""
        try:
            return await self._attempt(batch, look_ahead=True)
        except TryLater as away:
            return _fail_all(batch, away)
        except InboxError:
            pass
        except Exception:
            log.exception("commit_failed", units=len(batch))
        for position, waiting in enumerate(batch):
            try:
                await self._alone(waiting)
            except TryLater as away:
                return _fail_all(batch[position:], away)
        return None

    async def _alone(self, waiting: _Waiting[Any]) -> None:
        for attempt in range(ALONE_TRIES):
            try:
                return await self._attempt([waiting])
            except Conflict:
                await asyncio.sleep(0.002 * attempt)
            except TryLater:
                raise
            except InboxError as error:
                return _fail(waiting, error)
            except Exception as bug:
                log.exception("commit_failed", unit=type(waiting.unit).__name__)
                return _fail(waiting, InboxError(f"internal error: {type(bug).__name__}"))
        return _fail(waiting, Conflict("Others keep changing this; try again."))

    async def _attempt(self, batch: list[_Waiting[Any]], *, look_ahead: bool = False) -> None:
        slot, n = await self._ready()
        ahead, self._ahead = self._ahead, {}
        ws = self._working_set(slot, ahead)
        await self._decide(batch, ws)
        ws.events = [replace(e, o=slot.o, n=n + i) for i, e in enumerate(ws.events, 1)]
        out = ws.batch()
        upcoming = list(islice(chain.from_iterable(self._queues), MAX_UNITS)) if look_ahead else []
        failure: InboxError | None = None
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._look_ahead(upcoming, self._working_set(slot, ws.outcome())))
            try:
                if out.puts or out.events or out.removals or out.settled or out.loads:
                    await self._commit(out, n)
                self._announce(batch, ws)
            except InboxError as error:
                failure = error
                looking.cancel()
        if failure is not None:
            raise failure
        self._ahead = looking.result()

    def _working_set(self, slot: Slot, stored: dict[Key, Any]) -> WorkingSet:
        return WorkingSet(Origin(self._clock.now(), slot.o, self._derive, self._numbers, self._channels()), stored)

    async def _look_ahead(self, upcoming: Sequence[_Waiting[Any]], ws: WorkingSet) -> dict[Key, Any]:
        """While a batch is being stored, load what the next one will ask for, on top of what this one writes.

        Agents are left out: their load changes without their being written.
        """
        for _ in range(ROUNDS_AHEAD):
            wanted = {key for waiting in upcoming for key in _rehearse(waiting, ws) if key[0] is not AGENTS}
            if not wanted:
                break
            try:
                await self._load(wanted, ws)
            except InboxError:
                return {}
        return ws.stored

    def _announce(self, batch: list[_Waiting[Any]], ws: WorkingSet) -> None:
        failpoints.hit("announce.before")
        self._feed.committed([Change(e, *values(ws, e)) for e in ws.events])
        for waiting in batch:
            self._numbers.extendleft(reversed(waiting.numbers[waiting.numbered :]))
            if waiting.error is not None:
                _fail(waiting, waiting.error)
            elif not waiting.done.done():
                waiting.done.set_result(waiting.value)

    async def _commit(self, out: Batch, n: int) -> None:
        failpoints.hit("commit.before")
        try:
            await self._journal.commit(out)
        except Fenced:
            self._slot = self._n = None
            raise Conflict("the writer number was lost") from None
        except TryLater:
            self._n = None
            raise
        failpoints.hit("commit.after")
        self._n = n + len(out.events)
        self._observe(len(out.events), 1)

    async def _ready(self) -> tuple[Slot, int]:
        """A writer number and its highest entry."""
        if self._slot is None:
            self._slot = await self._journal.lease_writer(self._owner, self._clock.now())
            self._n = self._slot.n
        if self._n is None:
            self._n = await self._journal.highest(self._slot.o)
        return self._slot, self._n

    async def _decide(self, batch: Sequence[_Waiting[Any]], ws: WorkingSet) -> None:
        """Let every unit decide, loading what they ask for."""
        for waiting in batch:
            waiting.reset()
        while True:
            wanted: set[Key] = set()
            blocked: set[str] = set()
            for waiting in batch:
                if not waiting.decided:
                    wanted |= _turn(waiting, ws, blocked)
            if not blocked:
                return
            await self._load(wanted, ws)

    async def _load(self, keys: set[Key], ws: WorkingSet) -> None:
        if A_NUMBER in keys:
            keys.discard(A_NUMBER)
            self._numbers.extend(await self._journal.lease_numbers(self._block))
            self._block = min(self._block * 2, LARGEST_BLOCK)
        if keys:
            by_noun: dict[Noun[Any], set[str]] = {}
            for noun, id in keys:
                by_noun.setdefault(noun, set()).add(id)
            ws.loaded(keys, await self._journal.load({noun: frozenset(ids) for noun, ids in by_noun.items()}))


def _turn(waiting: _Waiting[Any], ws: WorkingSet, blocked: set[str]) -> frozenset[Key]:
    """One try of a unit; the result is what it asks for.

    A unit behind another one of its group that waits for values only rehearses, so that its values come with the same load.
    """
    group = waiting.unit.group
    if group in blocked:
        waiting.rehearsed += 1
        return _rehearse(waiting, ws) if waiting.rehearsed <= REHEARSALS else frozenset()
    missing = _try(waiting, ws)
    if missing is None:
        return frozenset()
    waiting.asked += 1
    if waiting.asked > MAX_ROUNDS:
        waiting.decided, waiting.error = True, InboxError("this asks for ever more values")
        return frozenset()
    blocked.add(group)
    return missing


def _try(waiting: _Waiting[Any], ws: WorkingSet) -> frozenset[Key] | None:
    """None when the unit has decided, else what it asks for."""
    layer = Layer(ws, waiting.numbers)
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
        waiting.numbered = layer.numbered
    waiting.decided = True
    return None


def _rehearse(waiting: _Waiting[Any], ws: WorkingSet) -> frozenset[Key]:
    """What the unit asks for; whatever else comes of it is not its last word."""
    with suppress(Exception):
        try:
            waiting.unit.decide(Layer(ws, waiting.numbers))
        except NotLoaded as missing:
            return missing.keys
    return frozenset()


def _fail_all(batch: Sequence[_Waiting[Any]], error: InboxError) -> None:
    for waiting in batch:
        _fail(waiting, error)


def _fail(waiting: _Waiting[Any], error: InboxError) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
