"""The one committer of this process: every write that makes an event goes through it.

What waits shares the next transaction; commands go first, then what came in, bulk work last. Units of one group (a conversation,
a sender) are decided in the order of their arrival. What conflicts with another process is decided again, alone. While one batch
is being stored, the next is decided on top of it; should the one not get stored, the other is decided anew.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import structlog
from msgspec.structs import replace

from inbox import failpoints
from inbox.core.errors import Conflict, Fenced, InboxError, TryLater, Unavailable
from inbox.core.events import Event
from inbox.core.ids import Instant
from inbox.core.queueing import NO_QUEUES, Desk
from inbox.flow.deciding import Rank as Rank
from inbox.flow.deciding import Unit, Waiting, turn
from inbox.flow.feed import Change, Feed
from inbox.flow.promises import Promises
from inbox.flow.working import A_NUMBER, Channels, Key, Origin, WorkingSet
from inbox.ports import Clock, Journal
from inbox.records import AGENTS, CONVERSATIONS, CUSTOMERS, MESSAGES, Batch, Noun, Slot

MAX_UNITS = 64
MAX_BYTES = 4 * 1024 * 1024
SPARE_FOR_COMMANDS = 16
ALONE_TRIES = 24
PAUSES_MS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""At most, before one more try alone: together some seconds, as long as a disk that stalls holds up the other server's transaction."""
FIRST_BLOCK = 8
LARGEST_BLOCK = 512
RENEW_EVERY_MS = 5_000

R = TypeVar("R")
log = structlog.get_logger(__name__)


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
        desk: Callable[[Instant], Desk] = lambda now: NO_QUEUES,
        promises: Callable[[], Promises] = Promises,
    ) -> None:
        self._journal, self._feed, self._clock, self._owner = journal, feed, clock, owner
        self._derive, self._channels, self._promises = derive, channels, promises
        self._observe = observe
        self._desk = desk
        self._queues: tuple[deque[Waiting[Any]], ...] = tuple(deque() for _ in Rank)
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._under_way: list[Waiting[Any]] = []
        self._ended = False
        self._slot: Slot | None = None
        self._n: int | None = None
        self._numbers: deque[int] = deque()
        self._block = FIRST_BLOCK

    async def submit(self, unit: Unit[R]) -> R:
        """The unit's result once it is durable. Raises what ``decide`` raised, or ``Unavailable`` when nothing is known to be stored."""
        if self._ended:
            raise Unavailable("the service is stopping")
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queues[unit.rank].append(Waiting(unit, done))
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
                ahead: WorkingSet | None = None
                while self._take():
                    ahead = await self._process(ahead)
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

    def _take(self) -> bool:
        """Add what waits to what is under way, as much as fits; whether anything is. Commands find room even behind a full batch."""
        taken = self._under_way
        size = sum(waiting.unit.size for waiting in taken)
        for rank, queue in zip(Rank, self._queues, strict=True):
            most = MAX_UNITS + SPARE_FOR_COMMANDS if taken and rank is Rank.COMMAND else MAX_UNITS
            while queue and len(taken) < most and (not taken or size + queue[0].unit.size <= MAX_BYTES):
                waiting = queue.popleft()
                if not waiting.done.cancelled():
                    waiting.reset()
                    taken.append(waiting)
                    size += waiting.unit.size
        return bool(taken)

    async def _process(self, ahead: WorkingSet | None) -> WorkingSet | None:
        """Commit what is under way. Whatever spoils it for all (a change by others, something too large, a bug) makes each be tried
        alone. Then the next units are under way, decided ahead on the working set that is returned, or none."""
        batch = self._under_way
        try:
            return await self._attempt(batch, ahead, pipelined=True)
        except TryLater as away:
            self._under_way = []
            _fail_all(batch, away)
            return None
        except InboxError:
            pass
        except Exception:
            log.exception("commit_failed", units=len(batch))
        for position, waiting in enumerate(batch):
            try:
                await self._alone(waiting)
            except TryLater as away:
                _fail_all(batch[position:], away)
                break
        self._under_way = []
        return None

    async def _alone(self, waiting: Waiting[Any]) -> None:
        for attempt in range(ALONE_TRIES):
            try:
                await self._attempt([waiting])
                return None
            except Conflict:
                # Another server is at the same conversation: not both again at once, nor after equal times.
                await asyncio.sleep(random.uniform(0, PAUSES_MS[min(attempt, len(PAUSES_MS) - 1)]) / 1000)
            except TryLater:
                raise
            except InboxError as error:
                return _fail(waiting, error)
            except Exception as bug:
                log.exception("commit_failed", unit=type(waiting.unit).__name__)
                return _fail(waiting, InboxError(f"internal error: {type(bug).__name__}"))
        return _fail(waiting, Conflict("Others keep changing this; try again."))

    async def _attempt(self, batch: list[Waiting[Any]], ahead: WorkingSet | None = None, *, pipelined: bool = False) -> WorkingSet | None:
        """Commit a batch, some of it maybe decided ahead; returns the working set of the next when ``pipelined``."""
        slot, n = await self._ready()
        if ahead is None or ahead.origin.writer != slot.o:
            ahead = self._working_set(slot, {})
            for waiting in batch:
                waiting.reset()
        origin = ahead.origin  # what is past has been decided; who is still to decide does so now
        origin.now = self._clock.now()
        origin.desk = self._desk(origin.now)
        await self._decide(batch, ahead)
        ahead.events = [replace(e, o=slot.o, n=n + i) for i, e in enumerate(ahead.events, 1)]
        if not pipelined:
            await self._store(batch, ahead, n)
            return None
        self._under_way = []
        if not self._take():
            self._under_way = batch
            await self._store(batch, ahead, n)
            self._under_way = []
            return None
        return await self._store_and_go_on(batch, ahead, n, self._working_set(slot, ahead.outcome()))

    async def _store_and_go_on(self, batch: list[Waiting[Any]], ws: WorkingSet, n: int, following: WorkingSet) -> WorkingSet:
        """Store a batch while the next, already taken, is decided on top of it; when that fails the next goes back to its queues."""
        upcoming, self._under_way = self._under_way, [*batch, *self._under_way]
        failure: InboxError | None = None
        stored = False
        try:
            async with asyncio.TaskGroup() as tasks:
                deciding = tasks.create_task(self._decide_ahead(upcoming, following))
                try:
                    await self._store(batch, ws, n)
                    stored = True
                except InboxError as error:
                    failure = error
                    deciding.cancel()
        finally:
            if not stored:
                self._give_back(upcoming)
                self._under_way = batch
        if failure is not None:
            raise failure
        self._under_way = upcoming
        return following

    def _give_back(self, upcoming: Sequence[Waiting[Any]]) -> None:
        for waiting in reversed(upcoming):
            self._queues[waiting.unit.rank].appendleft(waiting)

    async def _store(self, batch: list[Waiting[Any]], ws: WorkingSet, n: int) -> None:
        out = ws.batch()
        if out.puts or out.events or out.removals or out.settled or out.loads:
            await self._commit(out, n)
        self._announce(batch, ws)

    def _working_set(self, slot: Slot, stored: dict[Key, Any]) -> WorkingSet:
        now = self._clock.now()
        desk, promises = self._desk(now), self._promises()
        return WorkingSet(Origin(now, slot.o, self._derive, self._numbers, self._channels(), desk, promises), stored)

    def _announce(self, batch: list[Waiting[Any]], ws: WorkingSet) -> None:
        failpoints.hit("announce.before")
        self._feed.committed([_change(ws, e) for e in ws.events])
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

    async def _decide(self, batch: Sequence[Waiting[Any]], ws: WorkingSet) -> None:
        """Let every unit that has not done so decide, loading what they ask for."""
        while True:
            wanted: set[Key] = set()
            blocked: set[str] = set()
            for waiting in batch:
                if not waiting.decided:
                    wanted |= turn(waiting, ws, blocked)
            if not blocked:
                return
            await self._load(wanted, ws)

    async def _decide_ahead(self, batch: Sequence[Waiting[Any]], ws: WorkingSet) -> None:
        """The same on top of what is being stored. Whoever asks for an agent decides afterwards, with all of his group that follow: an
        agent's load changes without his being written."""
        held: set[str] = set()
        while True:
            wanted: set[Key] = set()
            blocked = set(held)
            for waiting in batch:
                if not waiting.decided:
                    asked = turn(waiting, ws, blocked)
                    if any(noun is AGENTS for noun, _ in asked):
                        held.add(waiting.unit.group)
                    wanted |= asked
            wanted = {key for key in wanted if key[0] is not AGENTS}
            if not wanted:
                return
            try:
                await self._load(wanted, ws)
            except Exception:  # it must not end the commit beside it; what is missing is asked for again in its turn
                log.warning("not_decided_ahead", exc_info=True)
                return

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


def _fail_all(batch: Sequence[Waiting[Any]], error: InboxError) -> None:
    for waiting in batch:
        _fail(waiting, error)


def _fail(waiting: Waiting[Any], error: InboxError) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)


def _change(ws: WorkingSet, event: Event) -> Change:
    """An entry with what it is about, as the batch stores it."""

    def stored(noun: Noun[Any], id: str | None) -> Any:
        return ws.current.get((noun, id or ""))

    return Change(event, stored(CONVERSATIONS, event.conversation), stored(MESSAGES, event.message), stored(CUSTOMERS, event.customer))
