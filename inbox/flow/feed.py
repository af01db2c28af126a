"""Committed changes, in order, to whoever listens in this process: sockets, router, timers, outbox, search.

What this process commits is passed on at once with the values it wrote; what other processes wrote is read from the journal
after the cursor when the database says that something happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from inbox.core.conversation import Conversation
from inbox.core.customer import Customer
from inbox.core.errors import TryLater
from inbox.core.events import Event
from inbox.core.message import Message
from inbox.ports import RETRY_S, Journal, Queries

BATCH = 500
OWN_NEWS_S = 0.05

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Change:
    """One journal entry with what it is about as it stands now (or later: a state, never a difference).

    ``memo`` is for listeners that make the same thing for many receivers once, such as serialised frames.
    """

    event: Event
    conversation: Conversation | None = None
    message: Message | None = None
    customer: Customer | None = None
    memo: dict[Any, Any] = field(default_factory=dict, compare=False)


Listener = Callable[[Sequence[Change]], None]


class Feed:
    """The process's position in the journal and its listeners. Listeners must not block: they queue what takes time."""

    def __init__(self, journal: Journal, queries: Queries, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._pause = pause
        self._journal = journal
        self._queries = queries
        self._position: dict[int, int] = {}
        self._listeners: list[Listener] = []
        self._own = 0
        self._reading = asyncio.Lock()

    @property
    def position(self) -> Mapping[int, int]:
        """The highest entry per writer that was passed on."""
        return self._position

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with every batch of changes from now on; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def start(self) -> None:
        """Begin at the journal's present end."""
        self._position = dict(await self._journal.heads())

    def committed(self, changes: Sequence[Change]) -> None:
        """Pass on what this process has just committed; entries already passed on are left out.

        Behind a gap nothing is passed on: what is missing was written under the same number by another process, or by this
        one without learning of it, and ``follow`` reads it with everything after it.
        """
        fresh: list[Change] = []
        for change in changes:
            self._own = change.event.o
            if change.event.n == self._position.get(change.event.o, 0) + 1:
                self._position[change.event.o] = change.event.n
                fresh.append(change)
        self._pass_on(fresh)

    async def follow(self) -> None:
        """Pass on what other processes write; runs until cancelled. A lost change stream is opened anew."""
        while True:
            try:
                await self.catch_up()
                async for heads in self._journal.changes():
                    if not heads or await self._news(heads):
                        await self.catch_up()
            except TryLater:
                await asyncio.sleep(RETRY_S)

    async def _news(self, heads: Mapping[int, int]) -> bool:
        """Whether there is something to read. The database may report what this process wrote before it answers the commit: a moment
        later ``committed`` has passed that on, with values that need no reading."""
        behind = {o for o, n in heads.items() if n > self._position.get(o, 0)}
        if behind == {self._own}:
            await self._pause(OWN_NEWS_S)
            behind = {o for o in behind if heads[o] > self._position.get(o, 0)}
        return bool(behind)

    async def catch_up(self) -> None:
        """Read and pass on everything after the position."""
        async with self._reading:
            while True:
                events = await self._journal.events_after(self._position, BATCH)
                changes = await attach(events, self._queries)
                fresh = [c for c in changes if c.event.n > self._position.get(c.event.o, 0)]
                for change in fresh:
                    self._position[change.event.o] = change.event.n
                self._pass_on(fresh)
                if len(events) < BATCH:
                    return

    def _pass_on(self, changes: Sequence[Change]) -> None:
        """A listener's bug is its own: it must neither undo a commit nor keep the others from hearing of it."""
        if not changes:
            return
        for listener in tuple(self._listeners):
            try:
                listener(changes)
            except Exception:
                log.exception("listener_failed", listener=getattr(listener, "__qualname__", ""))


async def attach(events: Sequence[Event], queries: Queries) -> list[Change]:
    """The events with the conversations, messages and customers they name, as stored now."""
    conversations = await queries.conversations(list({e.conversation for e in events if e.conversation}))
    messages = await queries.messages(list({e.message for e in events if e.message}))
    customers = await queries.customers(list({e.customer for e in events if e.customer}))
    return [
        Change(
            event=e,
            conversation=conversations.get(e.conversation or ""),
            message=messages.get(e.message or ""),
            customer=customers.get(e.customer or ""),
        )
        for e in events
    ]
