"""Keeps a claimed message in this worker's hands while it is being sent, and ends the sending when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from msgspec import structs

from inbox.core import delivery
from inbox.core.errors import Conflict, TryLater
from inbox.core.ids import ConversationId, Instant, MessageId
from inbox.core.message import Message
from inbox.flow.committer import Committer, Rank
from inbox.flow.working import Layer
from inbox.ports import Clock
from inbox.records import MESSAGES

RETRY_MS = 1_000

T = TypeVar("T")

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another worker may have taken the message over: whatever is being done with it has to end."""


@dataclass(frozen=True)
class Renew:
    """Keep a claimed message for another ``lease`` milliseconds."""

    message: MessageId
    conversation: ConversationId
    fence: int
    lease: int
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> Instant:
        """Until when it is kept. Raises ``Conflict`` when it is not ours any more."""
        layer.need((MESSAGES, (self.message,)))
        message = layer.get(MESSAGES, self.message)
        if message is None or message.delivery is None:
            raise Conflict("The message is gone.")
        kept = delivery.keep(message.delivery, self.fence, layer.now, self.lease)
        layer.add_message(structs.replace(message, delivery=kept))
        return layer.now + self.lease


class Lease:
    """A claim that is renewed after every third of its length while something is done under it."""

    def __init__(self, committer: Committer, clock: Clock, claimed: Message, length: int) -> None:
        assert claimed.delivery is not None, "only what is claimed has a lease"
        self._committer = committer
        self._clock = clock
        self._renewal = Renew(claimed.id, claimed.conversation, claimed.delivery.fence, length)
        self.until: Instant = claimed.delivery.lease_until or 0
        """When another worker may take it over."""

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` returns. Raises ``LeaseLost``, and then ``work`` was cancelled before anybody else could act."""
        lost = False
        try:
            async with asyncio.TaskGroup() as tasks:
                keeping = (tasks.create_task(self._renew()), tasks.create_task(self._watch()))
                try:
                    return await work
                finally:
                    for task in keeping:
                        task.cancel()
        except* LeaseLost:
            lost = True
        assert lost, "the group ends without a result only then"
        raise LeaseLost

    async def _renew(self) -> None:
        while True:
            await self._clock.sleep_until(self.until - self._renewal.lease * 2 // 3)
            try:
                self.until = await self._committer.submit(self._renewal)
            except Conflict:
                raise LeaseLost from None
            except TryLater as away:
                log.warning("lease_not_renewed", message=self._renewal.message, error=away.code)
                await self._clock.sleep_until(self._clock.now() + RETRY_MS)

    async def _watch(self) -> None:
        while self._clock.now() < self.until:
            await self._clock.sleep_until(self.until)
        raise LeaseLost
