"""Fires what is due at its instant: deadlines, warnings, the end of a snooze, a bot's turn, an answer nobody saw, a step of a queue,
a survey.

A timer follows from its conversation's state (``working.timers_of``) and is stored and removed with it, so firing one is
deciding on the conversation once more: whoever comes second finds it void. Sleeping is until the next one, never a poll.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from inbox import failpoints
from inbox.core import lifecycle, queueing
from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, InboxError, TryLater
from inbox.core.ids import Instant
from inbox.flow import surveying
from inbox.flow.committer import Committer, Rank
from inbox.flow.feed import Change
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer, timers_of
from inbox.ports import Clock, Queries
from inbox.records import TIMERS, Timer

HORIZON_MS = 10 * 60 * 1000
GRACE_MS = 2_000
GRACE_OF_ACTS_MS = 30_000
AT_ONCE = 200
RETRY_MS = 1_000
MOST = 100_000

log = structlog.get_logger(__name__)

Act = Callable[[Timer], Awaitable[None]]
"""What goes off other than by a decision alone; it may take long, so acts have places of their own."""


@dataclass(frozen=True)
class Fire:
    """Let a conversation's timer go off, if it still stands."""

    timer: Timer
    rank: Rank = Rank.INGEST
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.timer.conversation

    def decide(self, layer: Layer) -> bool:
        """Whether it went off; a void one is only removed. Raises ``TryLater`` when the clock was set back meanwhile."""
        before = standing(layer, self.timer)
        if before is None:
            return False
        if layer.now < self.timer.due_at:
            raise TryLater("early", self.timer.due_at - layer.now)
        kind, _, rest = self.timer.kind.partition(":")
        if kind == "survey":
            return surveying.ask(layer, before) is not None
        if kind == "snooze":
            changed = lifecycle.snooze_over(before, self.timer.epoch, layer.now)
        elif kind == "queue":
            changed = queueing.time_passed(before, layer.desk, layer.now)
        elif _under_other_terms(layer, before):
            return False
        else:
            metric, _, alarm = rest.partition(":")
            changed = lifecycle.sla_fired(before, metric, "warn" if alarm == "warn" else "breach", self.timer.epoch, layer.now)
        layer.change(before, changed, SYSTEM)
        return bool(changed.happened)


def _under_other_terms(layer: Layer, before: Conversation) -> bool:
    """Whether by now another policy or calendar holds, under which the conversation has just been brought instead."""
    same = lifecycle.Changed(before)
    if layer.promised(before, same).conversation == before:
        return False
    layer.change(before, same, SYSTEM)
    return True


def standing(layer: Layer, timer: Timer) -> Conversation | None:
    """The conversation if the timer still follows from its state; a void one is removed, should it be stored still."""
    layer.need((TIMERS, (timer.id,)))
    conversation = layer.conversation(timer.conversation)
    if conversation is not None and any(t.id == timer.id for t in timers_of(conversation, 0)):
        return conversation
    if layer.get(TIMERS, timer.id) is not None:
        layer.remove(TIMERS, timer.id)
    return None


class Timers:
    """Holds what is due in the next ten minutes in a heap; the rest waits in the database."""

    def __init__(
        self,
        committer: Committer,
        queries: Queries,
        clock: Clock,
        acts: Mapping[str, Act],
        observe: Callable[[int], None] = lambda late_by: None,
    ) -> None:
        self._committer = committer
        self._queries = queries
        self._clock = clock
        self._acts = acts
        self._observe = observe
        self._heap: list[tuple[Instant, str, Timer]] = []
        self._known: set[str] = set()
        self._horizon: Instant = 0
        self._nearer = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._places_of_acts = asyncio.Semaphore(AT_ONCE)

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed: takes over the timers of every changed conversation, whoever changed it."""
        for change in changes:
            if change.conversation is not None:
                for timer in timers_of(change.conversation, change.event.o):
                    self._take(timer)

    def _take(self, timer: Timer) -> None:
        if timer.id not in self._known and timer.due_at <= self._horizon:
            grace = GRACE_OF_ACTS_MS if _kind(timer) in self._acts else GRACE_MS
            ours = timer.armed_by == self._committer.writer
            self._push(timer.due_at if ours else timer.due_at + grace, timer)

    def _push(self, at: Instant, timer: Timer) -> None:
        self._known.add(timer.id)
        heapq.heappush(self._heap, (at, timer.id, timer))
        self._nearer.set()

    async def run(self) -> None:
        """Fire until cancelled."""
        self._heap, self._known, self._horizon = [], set(), 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                now = self._clock.now()
                if now >= self._horizon - HORIZON_MS // 2:
                    await self._refill(now)
                while self._heap and self._heap[0][0] <= now:
                    timer = heapq.heappop(self._heap)[2]
                    tasks.create_task(self._fire(timer))
                await self._sleep(now)

    async def _refill(self, now: Instant) -> None:
        """Read what is due until the new horizon; what an earlier process left overdue comes first."""
        before, self._horizon = self._horizon, now + HORIZON_MS  # what is armed during the read must not be missed
        try:
            due = await self._queries.timers_due(self._horizon, MOST)
        except TryLater:
            self._horizon = before
            return
        for timer in due:
            self._take(timer)

    async def _sleep(self, now: Instant) -> None:
        refill_at = max(self._horizon - HORIZON_MS // 2, now + RETRY_MS)
        self._nearer.clear()
        await either(self._nearer, self._clock, min(self._heap[0][0], refill_at) if self._heap else refill_at)

    async def _fire(self, timer: Timer) -> None:
        wait: int | None = None
        async with self._places_of_acts if _kind(timer) in self._acts else self._places:
            try:
                failpoints.hit("timer.before")
                await self._act(timer)
                failpoints.hit("timer.after")
            except (TryLater, Conflict) as later:
                log.warning("timer_put_off", timer=timer.id, error=later.code)
                wait = getattr(later, "after", None) or RETRY_MS
            except InboxError as error:
                log.warning("timer_failed", timer=timer.id, error=error.code)
            except Exception:
                log.exception("timer_failed", timer=timer.id)
        self._known.discard(timer.id)
        if wait is not None:
            self._push(self._clock.now() + wait, timer)

    async def _act(self, timer: Timer) -> None:
        act = self._acts.get(_kind(timer))
        if act is not None:
            await act(timer)
        elif await self._committer.submit(Fire(timer)):
            self._observe(self._clock.now() - timer.due_at)


def _kind(timer: Timer) -> str:
    return timer.kind.partition(":")[0]


async def either(event: asyncio.Event, clock: Clock, until: Instant | None) -> None:
    """Returns when the event is set or the instant has come; ``until`` None: only the event counts."""
    if until is None:
        await event.wait()
    else:
        await any_of((event,), clock, until)


async def any_of(events: Iterable[asyncio.Event], clock: Clock, until: Instant) -> None:
    """Returns when one of the events is set or the instant has come."""
    async with asyncio.TaskGroup() as tasks:
        waits = [tasks.create_task(_slept(clock, until)), *(tasks.create_task(event.wait()) for event in events)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()


async def _slept(clock: Clock, until: Instant) -> bool:
    await clock.sleep_until(until)
    return True
