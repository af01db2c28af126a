"""What waits because a channel's credentials were refused goes at once when these are good again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog
from msgspec import structs

from inbox.core import delivery, lifecycle
from inbox.core.errors import InboxError
from inbox.core.ids import ChannelId, ConversationId, MessageId
from inbox.flow import placing
from inbox.flow.committer import Rank
from inbox.flow.courier import AFTER_LOGIN_MS
from inbox.flow.deciding import Unit
from inbox.flow.working import Layer
from inbox.ports import Clock, Queries
from inbox.records import MESSAGES

MOST = 10_000
AT_ONCE = 64

log = structlog.get_logger(__name__)
R = TypeVar("R")


class Submit(Protocol):
    """How a unit gets committed: ``Committer.submit``, or that of a committer made for the moment."""

    async def __call__(self, unit: Unit[R], /) -> R:
        """The unit's result once it is durable."""


@dataclass(frozen=True)
class BringForward:
    """Try a message now that was put off because the login was refused."""

    message: MessageId
    conversation: ConversationId
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> bool:
        """Whether it waited for that."""
        layer.need((MESSAGES, (self.message,)))
        message = layer.get(MESSAGES, self.message)
        sooner = delivery.bring_forward(message.delivery, layer.now) if message is not None and message.delivery is not None else None
        if message is None or sooner is None:
            return False
        told = layer.add_message(structs.replace(message, delivery=sooner))
        before = layer.conversation(message.conversation)
        if before is not None:
            layer.change(before, lifecycle.delivery_changed(before, told, layer.now), placing.SYSTEM, told)
        return True


class Resume:
    """Brings forward what waits; should it be interrupted, the rest goes when its time comes anyway."""

    def __init__(self, submit: Submit, queries: Queries, clock: Clock) -> None:
        self._submit = submit
        self._queries = queries
        self._clock = clock
        self._asked: set[ChannelId] = set()
        self._wake = asyncio.Event()

    def ask(self, channel: ChannelId) -> None:
        """Soon, by ``run``."""
        self._asked.add(channel)
        self._wake.set()

    async def run(self) -> None:
        """Bring forward what was asked for, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._asked:
                channel = self._asked.pop()
                try:
                    count = await self(channel)
                except InboxError as error:
                    log.warning("not_brought_forward", channel=channel, error=error.code)
                    continue
                if count:
                    log.info("brought_forward", channel=channel, messages=count)

    async def __call__(self, channel: ChannelId) -> int:
        """How many messages of the channel go now."""
        waiting = await self._queries.due_messages(self._clock.now() + AFTER_LOGIN_MS, MOST, only=channel)
        count = 0
        for first in range(0, len(waiting), AT_ONCE):
            units = [self._submit(BringForward(m.id, m.conversation)) for m in waiting[first : first + AT_ONCE]]
            count += sum(await asyncio.gather(*units))
        return count
