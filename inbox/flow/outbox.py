"""Sends what is due: recorded before it is tried, reported afterwards, and looked up when nobody knows what became of it.

The outbox is the ``delivery`` field of a stored message. Messages of one conversation go one after the other, those that are
scheduled or put off block nobody.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import structlog
from msgspec import structs

from inbox import failpoints
from inbox.connector import Connector
from inbox.core import delivery, lifecycle
from inbox.core.errors import Conflict, InboxError, TryLater
from inbox.core.events import EventType
from inbox.core.ids import ChannelId, ConversationId, Instant, MessageId
from inbox.core.message import Delivery, DeliveryState, Message
from inbox.flow import consent, placing, scheduling
from inbox.flow.committer import Committer, Rank
from inbox.flow.composing import Composer
from inbox.flow.courier import Courier, Outcome
from inbox.flow.feed import Change
from inbox.flow.leases import Lease, LeaseLost
from inbox.flow.timers import either
from inbox.flow.traffic import Traffic
from inbox.flow.working import Layer
from inbox.ports import Clock, Queries
from inbox.records import MESSAGES

LEASE_MS = 120_000
"""For how long a message stays with a worker of which nothing is heard; a sending that takes longer renews it."""

GRACE_MS = 3_000
HORIZON_MS = 10 * 60 * 1000
AT_ONCE = 32
MOST = 10_000
"""So many are read at once; of a channel that has more waiting, the rest when half of what was read is gone."""
RETRY_MS = 1_000

_SENDING = frozenset({EventType.CONVERSATION_STARTED, EventType.MESSAGE_QUEUED, EventType.DELIVERY_CHANGED})
_UNSETTLED = frozenset({DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN})

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ClaimSend:
    """Take a due message under a lease and record that it is about to be sent."""

    message: MessageId
    conversation: ConversationId
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> tuple[Message, delivery.Claim] | delivery.NotDue:
        """The message as claimed, or when it is due."""
        layer.need((MESSAGES, (self.message,)))
        message = layer.get(MESSAGES, self.message)
        if message is None or message.delivery is None:
            return delivery.NotDue(None)
        claimed = delivery.claim(message.delivery, layer.now, LEASE_MS)
        if isinstance(claimed, delivery.NotDue):
            return claimed
        if claimed.purpose == "send" and consent.withdrawn(layer, message):
            self._give_up(layer, message, claimed.delivery)
            return delivery.NotDue(None)
        if delivery.waits(message.delivery):
            return scheduling.leave(layer, message, claimed)
        return layer.add_message(structs.replace(message, delivery=claimed.delivery)), claimed

    def _give_up(self, layer: Layer, message: Message, claimed: Delivery) -> None:
        stored = layer.add_message(structs.replace(message, delivery=delivery.failed(claimed, claimed.fence, consent.STOPPED)))
        before = layer.conversation(message.conversation)
        if before is not None:
            layer.change(before, lifecycle.delivery_changed(before, stored, layer.now), placing.SYSTEM, stored)


@dataclass(frozen=True)
class Report:
    """What came of a send."""

    message: MessageId
    conversation: ConversationId
    outcome: Outcome
    external_id: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> Delivery | None:
        """The delivery afterwards; None when another worker took it over."""
        layer.need((MESSAGES, (self.message,)))
        message = layer.get(MESSAGES, self.message)
        if message is None or message.delivery is None:
            return None
        try:
            after = self.outcome(message.delivery, layer.now)
        except Conflict:
            return None
        before = layer.conversation(message.conversation)
        told = structs.replace(message, delivery=after, external_id=self.external_id or message.external_id)
        if message.channel is not None:
            placing.remember_sent(layer, told, message.channel)
        stored = layer.add_message(told)
        if before is not None:
            layer.change(before, lifecycle.delivery_changed(before, stored, layer.now), placing.SYSTEM, stored)
        return after


@dataclass(frozen=True, order=True)
class _Entry:
    """A message to be looked at when its time has come."""

    due_at: Instant
    message: MessageId
    conversation: ConversationId
    channel: ChannelId


class Outbox:
    """Holds what is due soon in a heap, and lets one message of a conversation be sent at a time."""

    def __init__(
        self,
        committer: Committer,
        queries: Queries,
        clock: Clock,
        find: Callable[[ChannelId], Connector | None],
        composer: Composer,
        jitter: Callable[[], float],
        traffic: Traffic,
        observe: Callable[[str], None] = lambda outcome: None,
        paused: Callable[[ChannelId], bool] = lambda channel: False,
        hold: Callable[[Connector], AbstractContextManager[None]] = lambda connector: nullcontext(),
    ) -> None:
        """``paused`` channels send nothing until ``resumed`` is called; for ``hold`` see ``Courier``."""
        self._committer = committer
        self._queries = queries
        self._clock = clock
        self._traffic = traffic
        self._paused = paused
        self._courier = Courier(find, composer, clock, jitter, traffic, paused, hold)
        self._observe = observe
        self._heap: list[_Entry] = []
        self._held: set[_Entry] = set()
        self._parked: defaultdict[ChannelId, set[_Entry]] = defaultdict(set)
        self._lines: dict[ConversationId, deque[_Entry]] = {}
        self._horizon: Instant = 0
        self._waiting: Counter[ChannelId] = Counter()
        self._behind: dict[ChannelId, int] = {}
        self._nearer = asyncio.Event()
        self._places: defaultdict[ChannelId, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed: takes over every message that has to go out; another server's only if it stays behind."""
        for change in changes:
            message = change.message
            if change.event.type in _SENDING and message is not None:
                self._take(message, 0 if change.event.o == self._committer.writer else GRACE_MS)

    def _take(self, message: Message, grace: int) -> None:
        d = message.delivery
        if d is None or d.state not in _UNSETTLED or message.channel is None:
            return
        free_at = d.due_at if d.lease_until is None else d.lease_until
        if free_at is not None and free_at <= self._horizon:
            self._push(_Entry(free_at + grace, message.id, message.conversation, message.channel))

    def _push(self, entry: _Entry) -> None:
        if entry not in self._held:
            self._held.add(entry)
            self._waiting[entry.channel] += 1
            heapq.heappush(self._heap, entry)
            self._nearer.set()

    def resumed(self, channel: ChannelId) -> None:
        """The channel sends again: what waited for it is due."""
        for entry in self._parked.pop(channel, ()):
            self._push(entry)
        self._nearer.set()

    async def run(self) -> None:
        """Send until cancelled; at the start whatever an earlier process left."""
        self._heap, self._held, self._lines, self._horizon = [], set(), {}, 0
        self._parked.clear()
        self._waiting.clear()
        self._behind.clear()
        async with asyncio.TaskGroup() as tasks:
            while True:
                now = self._clock.now()
                if now >= self._horizon - HORIZON_MS // 2 or any(self._wants_more(channel) for channel in self._behind):
                    await self._refill(now)
                while self._heap and self._heap[0].due_at <= now and not self._stopping.is_set():
                    entry = heapq.heappop(self._heap)
                    self._held.discard(entry)
                    if self._paused(entry.channel):
                        self._waiting[entry.channel] -= 1
                        self._parked[entry.channel].add(entry)
                    else:
                        self._queue(tasks, entry)
                await self._sleep(now)

    async def _sleep(self, now: Instant) -> None:
        until = max(self._horizon - HORIZON_MS // 2, now + RETRY_MS)
        if self._heap and not self._stopping.is_set():
            until = min(until, self._heap[0].due_at)
        self._nearer.clear()
        await either(self._nearer, self._clock, until)

    async def stop(self) -> None:
        """Begin nothing new; returns when what is under way has been reported."""
        self._stopping.set()
        while self._lines:
            self._idle.clear()
            await self._idle.wait()

    async def _refill(self, now: Instant) -> None:
        before, self._horizon = self._horizon, now + HORIZON_MS  # what is written during the read must not be missed
        stays = {channel for channel in self._behind if not self._wants_more(channel)}
        stays |= {channel for channel in self._parked if self._paused(channel)}
        try:
            behind = await self._read(stays)
        except TryLater:
            self._horizon = before
            return
        kept = {channel: self._behind.get(channel, 0) for channel in stays}
        self._behind = kept | {channel: self._waiting[channel] // 2 for channel in behind}

    async def _read(self, without: set[ChannelId]) -> set[ChannelId]:
        """Take over what is due, also of channels that others have far more waiting than; those of which there may be more."""
        behind: set[ChannelId] = set()
        while True:
            due = await self._queries.due_messages(self._horizon, MOST, without=behind | without)
            for message in due:
                self._take(message, 0)
            most = _most(message.channel for message in due)
            if len(due) < MOST or not most:
                return behind
            behind |= most

    def _wants_more(self, channel: ChannelId) -> bool:
        return self._waiting[channel] <= self._behind[channel] and not self._paused(channel)

    def _queue(self, tasks: asyncio.TaskGroup, entry: _Entry) -> None:
        line = self._lines.get(entry.conversation)
        if line is None:
            self._lines[entry.conversation] = deque((entry,))
            tasks.create_task(self._send_line(entry.conversation))
        elif all(other.message != entry.message for other in line):
            line.append(entry)
        else:
            self._waiting[entry.channel] -= 1

    async def _send_line(self, conversation: ConversationId) -> None:
        """What is due of one conversation, one after the other."""
        line = self._lines[conversation]
        while line and await self._traffic.turn(line[0].channel, self._stopping):
            entry = line[0]
            async with self._places[entry.channel]:
                try:
                    again_at = await self._handle(entry)
                except InboxError as error:
                    log.warning("outbox_put_off", message=entry.message, error=error.code)
                    again_at = self._clock.now() + RETRY_MS
                except Exception:
                    log.exception("outbox_failed", message=entry.message)
                    again_at = self._clock.now() + LEASE_MS + 1
                finally:
                    self._traffic.ended(entry.channel)
            line.popleft()
            self._waiting[entry.channel] -= 1
            if again_at is not None and again_at <= self._horizon:
                self._push(replace(entry, due_at=again_at))
        del self._lines[conversation]
        self._idle.set()
        self._nearer.set()

    async def _handle(self, entry: _Entry) -> Instant | None:
        """Claim, try, report; when to look at the message again, None for never."""
        claimed = await self._committer.submit(ClaimSend(entry.message, entry.conversation))
        if isinstance(claimed, delivery.NotDue):
            return claimed.due_at
        message, claim = claimed
        failpoints.hit("outbox.claimed")
        lease = Lease(self._committer, self._clock, message, LEASE_MS)
        act = self._courier.send if claim.purpose == "send" else self._courier.look_up
        try:
            outcome, external_id = await lease.during(act(message, claim.delivery))
        except LeaseLost:
            log.warning("lease_lost", message=entry.message)
            return self._clock.now() + RETRY_MS
        failpoints.hit("outbox.sent")
        after = await self._report(Report(entry.message, entry.conversation, outcome, external_id), lease.until)
        failpoints.hit("outbox.reported")
        if after is None:
            return None
        self._observe(after.state)
        return after.due_at

    async def _report(self, report: Report, until: Instant) -> Delivery | None:
        """A result that is not stored makes a certain message an uncertain one: worth the whole lease to try."""
        while True:
            try:
                return await self._committer.submit(report)
            except (TryLater, Conflict):
                again_at = self._clock.now() + RETRY_MS
                if again_at >= until:
                    raise
                log.warning("outcome_not_stored", message=report.message)
                await self._clock.sleep_until(again_at)


def _most(channels: Iterable[ChannelId | None]) -> set[ChannelId]:
    """Those that are named at least as often as the average."""
    times = Counter(channel for channel in channels if channel is not None)
    return {channel for channel, n in times.items() if n * len(times) >= times.total()}
