"""The agents' side without sockets and database: committed changes on one end, tabs that keep their rows by frames on the other."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from inbox.core.agent import Agent
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, TeamId
from inbox.core.message import Author, Message
from inbox.core.permissions import Action, Actor, Scope, Sight, scope
from inbox.core.roles import CustomRole, actor_of
from inbox.flow.directory import Directory
from inbox.flow.feed import Change, Feed
from inbox.gateway.live import Live
from inbox.gateway.outbox import Outbox
from inbox.gateway.session import Session
from inbox.records import AGENTS, CHANNELS, CONVERSATIONS, CUSTOMERS, MESSAGES, ROLES, Batch, ChannelRecord, Put
from inbox.testing.builders import a_conversation, a_customer, a_message, an_agent
from inbox.testing.clock import ManualClock, settle
from inbox.testing.memory_journal import MemoryJournal
from inbox.testing.memory_presence import MemoryPresence
from inbox.testing.memory_queries import MemoryQueries
from inbox.testing.memory_records import MemoryOwn
from inbox.testing.tables import Tables

SYSTEM = Author("system")
HERE, ELSEWHERE = 1, 2
"""Writers: this process, and another one whose entries are read from the journal."""


@dataclass(frozen=True)
class Token:
    """A login as the session needs it."""

    id: str
    csrf: str = "csrf"


class World:
    """One server over a store in memory. Call ``start`` inside the event loop and ``stop`` at the end."""

    def __init__(self, queries: Callable[[Tables], MemoryQueries] = MemoryQueries) -> None:
        self.tables = Tables()
        self.journal = MemoryJournal(self.tables)
        self.queries = queries(self.tables)
        self.own = MemoryOwn(self.tables)
        self.clock = ManualClock()
        self.board = MemoryPresence()
        self.feed = Feed(self.journal, self.queries)
        self.directory = Directory(self.queries)
        self.came: list[frozenset[AgentId]] = []
        self.typed: list[tuple[str, str, bool]] = []
        self.live = Live(
            self.feed,
            self.journal,
            self.queries,
            self.own,
            self.directory,
            self.board,
            self.clock,
            "server-1",
            came=lambda: self.came.append(self.live.available()),
            agent_typing=lambda conversation, agent, on: self.typed.append((conversation, agent, on)),
        )
        self.logins = itertools.count(1)
        self._n = {HERE: 0, ELSEWHERE: 0}
        self._told: dict[int, deque[Change]] = {HERE: deque(), ELSEWHERE: deque()}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, *agents: Agent) -> World:
        for agent in agents or (an_agent("mia"),):
            self.tables.of(AGENTS)[agent.id] = agent
        await self.feed.start()
        self.feed.listen(self.directory.heard)
        self.live.start()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(_until_cancelled(run)) for run in self.live.loops.values()]
        await settle()
        return self

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    # Changes

    async def conversation(self, id: str = "c1", *, writer: int = HERE, **changes: Any) -> Conversation:
        """Start a conversation."""
        customer = a_customer(changes.pop("customer", "anna"))
        if customer.id not in self.tables.of(CUSTOMERS):
            self.tables.of(CUSTOMERS)[customer.id] = customer
        made = a_conversation(id, version=1, customer=customer.id, **changes)
        return await self.commit(made, EventType.CONVERSATION_STARTED, writer=writer)

    async def change(
        self, id: str, *, event: EventType = EventType.STATUS_CHANGED, writer: int = HERE, tell: bool = True, **changes: Any
    ) -> Conversation:
        """Change fields of a conversation."""
        before = self.tables.of(CONVERSATIONS)[id]
        return await self.commit(replace(before, version=before.version + 1, **changes), event, writer=writer, tell=tell)

    async def message(
        self,
        conversation: str,
        id: str,
        *,
        event: EventType = EventType.MESSAGE_RECEIVED,
        writer: int = HERE,
        tell: bool = True,
        **changes: Any,
    ) -> Message:
        """A message comes into a conversation, or changes there."""
        before = self.tables.of(MESSAGES).get(id)
        author = Author("customer", self.tables.of(CONVERSATIONS)[conversation].customer)
        base = before or a_message(id, conversation=ConversationId(conversation), author=author, version=0)
        message = replace(base, version=base.version + 1, **changes)
        head = self.tables.of(CONVERSATIONS)[conversation]
        await self.commit(replace(head, version=head.version + 1), event, message, writer=writer, tell=tell)
        return message

    async def commit(
        self,
        after: Conversation,
        type: EventType,
        message: Message | None = None,
        *,
        writer: int = HERE,
        tell: bool = True,
        actor: Author = SYSTEM,
    ) -> Conversation:
        """Store one change with its entry; ``tell`` passes it on at once, as the committer does for its own."""
        before = self.tables.of(CONVERSATIONS).get(after.id)
        event = Event(
            type,
            self.clock.now(),
            actor,
            conversation=after.id,
            version=after.version,
            customer=after.customer,
            agent=after.assignee,
            message=message.id if message else None,
            before=facets(before) if before else None,
            after=facets(after),
        )
        puts = [Put(CONVERSATIONS, after, before.version if before else None)]
        if message is not None:
            puts.append(Put(MESSAGES, message, message.version - 1 or None))
        await self._store(puts, event, writer, tell, (after, message, None))
        return after

    async def account(self, id: str, *, writer: int = HERE, **changes: Any) -> Agent:
        """Change an account."""
        before = self.tables.of(AGENTS)[id]
        after = replace(before, version=before.version + 1, **changes)
        event = Event(EventType.AGENT_CHANGED, self.clock.now(), SYSTEM, agent=after.id)
        await self._store([Put(AGENTS, after, before.version)], event, writer, True, (None, None, None))
        return after

    async def customer(self, id: str, *, writer: int = HERE, **changes: Any) -> Customer:
        """Change a customer."""
        before = self.tables.of(CUSTOMERS)[id]
        after = replace(before, version=before.version + 1, **changes)
        event = Event(EventType.CUSTOMER_CHANGED, self.clock.now(), SYSTEM, customer=after.id)
        await self._store([Put(CUSTOMERS, after, before.version)], event, writer, True, (None, None, after))
        return after

    async def _store(self, puts: list[Put], event: Event, writer: int, tell: bool, about: tuple[Any, Any, Any]) -> None:
        self._n[writer] += 1
        stamped = replace(event, o=writer, n=self._n[writer])
        await self.journal.commit(Batch(puts=puts, events=[stamped]))
        self._told[writer].append(Change(stamped, *about))
        if writer == HERE and tell:
            await self.tell(HERE)

    async def tell(self, writer: int = HERE) -> None:
        """Pass on what ``writer`` committed and nobody told yet. Of the other process: as a read of the journal does that
        began before this process's newest entries were there."""
        told = list(self._told[writer])
        self._told[writer].clear()
        self.feed.committed(told)
        await settle()

    async def catch_up(self) -> None:
        """The database said that something happened."""
        await self.feed.catch_up()
        await settle()

    # Connections

    def session(self, agent: AgentId) -> Session:
        """A connection of somebody who is logged in."""
        return self.live.open(self.actor(agent), Token(f"login-{next(self.logins)}"), Outbox())

    def actor(self, agent: AgentId) -> Actor:
        """The account as the gate saw it at the login, so that a store that is away later does not matter."""
        readers = {ChannelId(id): one.readers for id, one in self.tables.nouns[CHANNELS.name].items() if one.readers}
        return actor_of(self.tables.nouns[AGENTS.name][agent], self.tables.nouns[ROLES.name], readers)

    async def role(self, id: str, *permissions: Action, sight: Sight, writer: int = HERE) -> None:
        """Make or change a role of the workspace's own."""
        before = self.tables.of(ROLES).get(id)
        after = CustomRole(id, id, 1 if before is None else before.version + 1, permissions, sight)
        event = Event(EventType.CATALOG_CHANGED, self.clock.now(), SYSTEM, data={"noun": ROLES.name, "entry": id})
        await self._store([Put(ROLES, after, None if before is None else before.version)], event, writer, True, (None, None, None))

    async def channel(self, id: str, *readers: str, writer: int = HERE) -> None:
        """Let these teams alone read a channel, or without any everybody."""
        before = self.tables.of(CHANNELS).get(id)
        version = 1 if before is None else before.version + 1
        after = ChannelRecord(ChannelId(id), "email", id, version=version, readers=tuple(TeamId(team) for team in readers))
        event = Event(EventType.CHANNEL_CHANGED, self.clock.now(), SYSTEM, data={"channel": id})
        await self._store([Put(CHANNELS, after, None if before is None else before.version)], event, writer, True, (None, None, None))

    def scope(self, agent: AgentId) -> Scope:
        """What the agent sees."""
        return scope(self.actor(agent))


async def _until_cancelled(run: Any) -> None:
    await run()
