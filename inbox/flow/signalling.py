"""Shows customers that somebody types an answer and has read their message, where their provider can: never stored, never repeated,
and given up at the first difficulty."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import structlog

from inbox.connector import Connector, Signal, SignalKind
from inbox.core.errors import InboxError
from inbox.core.ids import ChannelId, ConversationId, Instant
from inbox.core.message import Kind
from inbox.flow.traffic import Traffic
from inbox.ports import Clock, Queries

AGAIN_MS = 5_000
"""Typing goes on being shown by a repetition; providers let it fade after 5 to 25 seconds."""

LOOK_BACK = 20
AT_ONCE = 32
KEPT = 10_000
PATIENCE_S = 10.0

log = structlog.get_logger(__name__)


class Signals:
    """What is to be shown, by conversation; the newest counts. Filled by the live side, emptied by ``Signalling``."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[ConversationId, SignalKind], None] = {}
        self.wake = asyncio.Event()

    def typing(self, conversation: ConversationId, on: bool) -> None:
        """Somebody types an answer; that he stops is not told, because it fades by itself."""
        if on:
            self._want(conversation, SignalKind.TYPING)

    def read(self, conversation: ConversationId) -> None:
        """Somebody has the conversation open and has read it."""
        self._want(conversation, SignalKind.READ)

    def _want(self, conversation: ConversationId, kind: SignalKind) -> None:
        if len(self._wanted) < KEPT:
            self._wanted[conversation, kind] = None
            self.wake.set()

    def take(self) -> list[tuple[ConversationId, SignalKind]]:
        """Everything since the last time, each once."""
        wanted, self._wanted = list(self._wanted), {}
        self.wake.clear()
        return wanted


class Signalling:
    """Sends signals to the customer who wrote last in a conversation."""

    def __init__(
        self,
        signals: Signals,
        queries: Queries,
        find: Callable[[ChannelId], Connector | None],
        traffic: Traffic,
        hold: Callable[[Connector], AbstractContextManager[None]],
        clock: Clock,
    ) -> None:
        """``find`` knows nothing of paused channels; within ``hold`` a connector is not closed."""
        self._signals = signals
        self._queries = queries
        self._find = find
        self._traffic = traffic
        self._hold = hold
        self._clock = clock
        self._shown: dict[tuple[ConversationId, SignalKind], tuple[str, Instant]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._signals.wake.wait()
                for conversation, kind in self._signals.take():
                    await self._places.acquire()
                    tasks.create_task(self._show(conversation, kind))

    async def _show(self, conversation: ConversationId, kind: SignalKind) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._send(conversation, kind)
        except (InboxError, TimeoutError) as error:
            log.debug("signal_not_shown", conversation=conversation, kind=kind, error=str(error)[:100])
        except Exception:
            log.exception("signal_failed", conversation=conversation, kind=kind)
        finally:
            self._places.release()

    async def _send(self, conversation: ConversationId, kind: SignalKind) -> None:
        now, (last, at) = self._clock.now(), self._shown.get((conversation, kind), ("", 0))
        if kind is SignalKind.TYPING and now - at < AGAIN_MS:
            return
        newest = await self._queries.timeline(conversation, None, LOOK_BACK)
        message = next((m for m in newest if m.kind is Kind.CUSTOMER and not m.late), None)
        if message is None or message.channel is None or message.sender is None:
            return
        if kind is SignalKind.READ and message.id == last:
            return
        connector = self._find(message.channel)
        if connector is None or kind not in connector.capabilities.signals or not self._traffic.easy(message.channel):
            return
        self._remember(conversation, kind, message.id, now)
        with self._hold(connector):
            await connector.signal(Signal(kind, message.sender.value, message.external_id))

    def _remember(self, conversation: ConversationId, kind: SignalKind, message: str, now: Instant) -> None:
        """Before it is tried: what fails is not tried again and again."""
        self._shown.pop((conversation, kind), None)
        self._shown[conversation, kind] = (message, now)
        if len(self._shown) > KEPT:
            del self._shown[next(iter(self._shown))]
