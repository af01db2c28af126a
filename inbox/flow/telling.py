"""Tells who waits that his queue is closed or very long: once, in the queue's words, as a message of the house's own by the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from inbox.core import acknowledgement, lifecycle
from inbox.core.conversation import Conversation
from inbox.core.errors import InboxError, TryLater
from inbox.core.events import EventType
from inbox.core.ids import ConversationId, MessageId, QueueId, digest
from inbox.core.message import Address, Kind
from inbox.core.queues import Queue
from inbox.flow import consent, placing
from inbox.flow.acknowledging import automatic_answer
from inbox.flow.committer import Committer, Rank
from inbox.flow.desks import Desks
from inbox.flow.feed import Change
from inbox.flow.working import ChannelFacts, Layer
from inbox.ports import RETRY_S, Clock, Queries
from inbox.records import IDENTITIES, MESSAGES

PAGE = 200
FRESH_MS = 10 * 60 * 1000
"""Who has waited longer knows by now that it takes long."""
AGAIN_HOURS = 24

log = structlog.get_logger(__name__)

Position = Callable[[ConversationId], int | None]


@dataclass(frozen=True)
class Tell:
    """Tell one who waits in this queue what is the matter, ``closed`` or ``full``, unless he was told anything there."""

    conversation: ConversationId
    queue: QueueId
    what: str
    rank: Rank = Rank.INGEST
    size: int = 2000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> bool:
        """Whether he is told now."""
        before = layer.conversation(self.conversation)
        queue = None if before is None or before.queued_at is None or before.queue != self.queue else layer.desk.queue(before.queue)
        if before is None or queue is None or before.waiting is None or before.waiting.told:
            return False
        facts = layer.channels.get(before.reply_channel or before.channel)
        text = self._text(layer, before, queue, facts)
        to = self._listener(layer, before, facts) if text else None
        if facts is None or to is None:
            return False
        wait = before.waiting_since or before.waiting.since  # his own, however often it is given out and back meanwhile
        id = MessageId(digest("queue", before.id, self.what, str(wait)))
        layer.need((MESSAGES, (id,)))
        told = automatic_answer(layer, before, to, text, facts, id)
        if layer.get(MESSAGES, id) is not None or consent.withdrawn(layer, told):
            return False
        layer.add_message(told)
        after = replace(before, waiting=replace(before.waiting, told=self.what))
        layer.change(before, lifecycle.Changed(after, (lifecycle.Happened(EventType.MESSAGE_QUEUED),)), placing.SYSTEM, told)
        return True

    def _text(self, layer: Layer, c: Conversation, queue: Queue, facts: ChannelFacts | None) -> str:
        """In a chat also when the queue closes while he waits; by mail only to who wrote when it was closed."""
        if c.waiting is None or facts is None:
            return ""
        if self.what == "full":
            return queue.full_text if queue.limit and layer.now - c.waiting.since < FRESH_MS else ""
        said = MessageId(digest("acknowledgement", c.id))
        layer.need((MESSAGES, (said,)))
        came_late = facts.live or not layer.is_open(queue.calendar, c.waiting.since)
        return queue.closed_text if c.waiting.closed and came_late and layer.get(MESSAGES, said) is None else ""

    def _listener(self, layer: Layer, c: Conversation, facts: ChannelFacts | None) -> Address | None:
        """Who wrote last, where a person reads it; elsewhere than in a chat nobody is told twice a day, and never a machine."""
        if facts is None or c.last is None or c.last.kind is not Kind.CUSTOMER:
            return None
        layer.need((MESSAGES, (c.last.id,)))
        message = layer.get(MESSAGES, c.last.id)
        if message is None or message.sender is None:
            return None
        id = placing.sender_identity(facts, message.sender)
        layer.need((IDENTITIES, (id,)))
        identity = layer.get(IDENTITIES, id)
        own = {address for channel in layer.channels.values() for address in channel.own}
        last = identity.acknowledged_at if identity is not None and not facts.live else 0
        if identity is None or acknowledgement.why_not(message, own, last, AGAIN_HOURS, layer.now):
            return None
        if not facts.live:
            layer.put(IDENTITIES, replace(identity, acknowledged_at=layer.now))
        return message.sender


class Telling:
    """Looks at what begins to wait, or whose queue closes; at the start at all that waits, in case an earlier process died over it."""

    def __init__(self, committer: Committer, queries: Queries, desks: Desks, clock: Clock, position: Position) -> None:
        """``position`` tells where a conversation stands in its queue."""
        self._committer = committer
        self._queries = queries
        self._desks = desks
        self._clock = clock
        self._position = position
        self._asked: dict[ConversationId, Conversation] = {}
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed, behind the router's."""
        for change in changes:
            c = change.conversation
            if c is not None and c.queue is not None and change.event.type in (EventType.QUEUED, EventType.QUEUE_CHANGED):
                self._asked[c.id] = c
                self._wake.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        begun = False
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._desks.refresh()
                if not begun:
                    await self._read_all()
                    begun = True
                await self._settle()
            except TryLater:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _read_all(self) -> None:
        if not any(queue.closed_text or queue.full_text for queue in self._desks.at(self._clock.now()).queues.values()):
            return
        last: Conversation | None = None
        while page := await self._queries.waiting(PAGE, last):
            self._asked |= {c.id: c for c in page}
            last = page[-1]
            if len(page) < PAGE:
                return

    async def _settle(self) -> None:
        while self._asked:
            id, c = self._asked.popitem()
            unit = self._unit(c)
            if unit is None:
                continue
            try:
                await self._committer.submit(unit)
            except TryLater:
                self._asked[id] = c
                raise
            except InboxError as error:
                log.warning("not_told", conversation=id, error=error.code)

    def _unit(self, c: Conversation) -> Tell | None:
        queue = self._desks.at(self._clock.now()).queue(c.queue)
        if queue is None or c.waiting is None or c.queued_at is None or c.waiting.told:
            return None
        if c.waiting.closed and queue.closed_text:
            return Tell(c.id, queue.id, "closed")
        long = queue.limit and queue.full_text and (self._position(c.id) or 0) > queue.limit
        return Tell(c.id, queue.id, "full") if long else None
