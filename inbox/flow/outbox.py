"""Sends what is due: recorded before it is tried, reported afterwards, and looked up instead of repeated when nobody knows.

The outbox is the ``delivery`` field of a stored message. Messages of one conversation go one after the other, those that are
scheduled or put off block nobody.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from inbox import failpoints
from inbox.connector import Connector, OutboundMessage, Sent
from inbox.core import delivery, lifecycle
from inbox.core.conversation import FAR_FUTURE
from inbox.core.errors import Conflict, InboxError, NeedsLogin, Rejected, TryLater, Unknown, Unsupported
from inbox.core.events import EventType
from inbox.core.ids import ChannelId, ConversationId, Instant, MessageId
from inbox.core.message import Delivery, DeliveryState, Message
from inbox.flow import placing
from inbox.flow.committer import Committer, Rank
from inbox.flow.composing import Composer
from inbox.flow.feed import Change
from inbox.flow.timers import either
from inbox.flow.working import Layer
from inbox.ports import MESSAGES, Clock, Queries

LEASE_MS = 120_000
SEND_DEADLINE_S = 100
GRACE_MS = 3_000
HORIZON_MS = 10 * 60 * 1000
AT_ONCE = 32
AFTER_LOGIN_MS = 5 * 60 * 1000

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
        return layer.add_message(replace(message, delivery=claimed.delivery)), claimed


Outcome = Callable[[Delivery, Instant], Delivery]


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
        told = replace(message, delivery=after, external_id=self.external_id or message.external_id)
        if self.external_id and message.channel is not None and message.channel in layer.channels:
            placing.remember(layer, told, layer.channels[message.channel], ())
        stored = layer.add_message(told)
        if before is not None:
            layer.change(before, lifecycle.delivery_changed(before, stored, layer.now), placing.SYSTEM, stored)
        return after


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
        observe: Callable[[str], None] = lambda outcome: None,
    ) -> None:
        self._committer = committer
        self._queries = queries
        self._clock = clock
        self._find = find
        self._composer = composer
        self._jitter = jitter
        self._observe = observe
        self._heap: list[tuple[Instant, MessageId, ConversationId]] = []
        self._held: set[tuple[Instant, MessageId]] = set()
        self._lines: dict[ConversationId, deque[MessageId]] = {}
        self._horizon: Instant = 0
        self._nearer = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._stopping = False
        self._idle = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed: takes over every message that has to go out; another server's only if it stays behind."""
        for change in changes:
            message = change.message
            if change.event.type in _SENDING and message is not None and message.delivery is not None:
                self._take(message, 0 if change.event.o == self._committer.writer else GRACE_MS)

    def _take(self, message: Message, grace: int) -> None:
        d = message.delivery
        if d is None or d.state not in _UNSETTLED:
            return
        free_at = d.due_at if d.lease_until is None else d.lease_until
        if free_at is None or free_at > self._horizon:
            return
        self._push(free_at + grace, message.id, message.conversation)

    def _push(self, due_at: Instant, message: MessageId, conversation: ConversationId) -> None:
        if (due_at, message) not in self._held:
            self._held.add((due_at, message))
            heapq.heappush(self._heap, (due_at, message, conversation))
            self._nearer.set()

    async def run(self) -> None:
        """Send until cancelled; at the start whatever an earlier process left."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                now = self._clock.now()
                if now >= self._horizon - HORIZON_MS // 2:
                    await self._refill(now)
                while self._heap and self._heap[0][0] <= now and not self._stopping:
                    due_at, message, conversation = heapq.heappop(self._heap)
                    self._held.discard((due_at, message))
                    self._queue(tasks, message, conversation)
                until = min(self._heap[0][0] if self._heap else FAR_FUTURE, self._horizon - HORIZON_MS // 2)
                self._nearer.clear()
                await either(self._nearer, self._clock, max(until, now + 1))

    async def stop(self) -> None:
        """Begin nothing new; returns when what is under way has been reported."""
        self._stopping = True
        while self._lines:
            self._idle.clear()
            await self._idle.wait()

    async def _refill(self, now: Instant) -> None:
        horizon = now + HORIZON_MS
        try:
            due = await self._queries.due_messages(horizon, 10_000)
        except TryLater:
            await asyncio.sleep(0.5)
            return
        self._horizon = horizon
        for message in due:
            self._take(message, 0)

    def _queue(self, tasks: asyncio.TaskGroup, message: MessageId, conversation: ConversationId) -> None:
        line = self._lines.get(conversation)
        if line is not None:
            if message not in line:
                line.append(message)
            return
        self._lines[conversation] = deque((message,))
        tasks.create_task(self._send_line(conversation))

    async def _send_line(self, conversation: ConversationId) -> None:
        """What is due of one conversation, one after the other."""
        line = self._lines[conversation]
        while line and not self._stopping:
            async with self._places:
                try:
                    await self._handle(line[0], conversation)
                except InboxError as error:
                    log.warning("outbox_put_off", message=line[0], error=error.code)
                    self._push(self._clock.now() + 1000, line[0], conversation)
                except Exception:
                    log.exception("outbox_failed", message=line[0])
                    self._push(self._clock.now() + LEASE_MS + 1, line[0], conversation)
            line.popleft()
        del self._lines[conversation]
        self._idle.set()

    async def _handle(self, id: MessageId, conversation: ConversationId) -> None:
        claimed = await self._committer.submit(ClaimSend(id, conversation))
        if isinstance(claimed, delivery.NotDue):
            if claimed.due_at is not None and claimed.due_at <= self._horizon:
                self._push(claimed.due_at, id, conversation)
            return
        message, claim = claimed
        failpoints.hit("outbox.claimed")
        connector = self._find(message.channel) if message.channel else None
        outcome, external_id = await self._try(message, claim, connector)
        failpoints.hit("outbox.sent")
        after = await self._committer.submit(Report(id, conversation, outcome, external_id))
        failpoints.hit("outbox.reported")
        if after is not None:
            self._observe(after.state)
            if after.due_at is not None and after.due_at <= self._horizon:
                self._push(after.due_at, id, conversation)

    async def _try(self, message: Message, claim: delivery.Claim, connector: Connector | None) -> tuple[Outcome, str]:
        d = claim.delivery
        if connector is None:
            return _put_off(d, "channel_gone", self._clock.now() + AFTER_LOGIN_MS), ""
        try:
            outbound = await self._composer.compose(message, connector)
            async with asyncio.timeout(SEND_DEADLINE_S):
                if claim.purpose == "send":
                    return _accepted(d, await connector.send(outbound))
                return await self._look_up(d, outbound, connector)
        except Rejected as no:
            return _failed(d, no.reason, no.recipients), ""
        except NeedsLogin as login:
            return _put_off(d, f"needs_login: {login.reason}"[:300], self._clock.now() + AFTER_LOGIN_MS), ""
        except Unknown as unsure:
            return _unknown(d, unsure.reason or "unknown", self._clock.now()), ""
        except TimeoutError:
            return _unknown(d, "no_answer", self._clock.now()), ""
        except TryLater as later:
            return self._later(d, message, later), ""

    def _later(self, d: Delivery, message: Message, later: TryLater) -> Outcome:
        due = delivery.next_attempt(d.attempts, later.after, message.arrived_at, self._clock.now(), self._jitter())
        if isinstance(due, delivery.GiveUp):
            return _failed(d, later.reason or "tried_long_enough", {})
        return _put_off(d, later.reason or "try_later", due)

    async def _look_up(self, d: Delivery, outbound: OutboundMessage, connector: Connector) -> tuple[Outcome, str]:
        """Ask the provider what became of an uncertain send; where it cannot tell, a human has to decide."""
        try:
            found = await connector.lookup(outbound)
        except Unsupported:
            return _unknown(d, "uncertain", FAR_FUTURE), ""
        if found is None:
            return _put_off(d, "was_not_accepted", self._clock.now()), ""
        return _accepted(d, found)


def _accepted(d: Delivery, sent: Sent) -> tuple[Outcome, str]:
    return (lambda x, _: delivery.sent(x, d.fence, sent.provider_id, sent.refused, sent.state)), sent.external_id


def _failed(d: Delivery, reason: str, recipients: Mapping[str, str]) -> Outcome:
    return lambda x, _: delivery.failed(x, d.fence, reason, recipients)


def _unknown(d: Delivery, reason: str, look_up_at: Instant) -> Outcome:
    return lambda x, _: delivery.unknown(x, d.fence, reason, look_up_at)


def _put_off(d: Delivery, error: str, due_at: Instant) -> Outcome:
    return lambda x, _: delivery.put_off(x, d.fence, error, due_at)
