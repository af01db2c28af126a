"""What the visitors' sockets see of the rest: threads from the store, changes from the feed, who is there, who types."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from inbox.core.agent import Agent
from inbox.core.customer import identity_id
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId
from inbox.core.message import Author, Message
from inbox.core.visitor import VisitorId
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.placing import open_key
from inbox.flow.working import ChannelFacts
from inbox.gateway.visitor_rows import Mine, concerned, first_name, visible
from inbox.gateway.visitors import Held, Visitors
from inbox.ports import Journal, Queries
from inbox.records import CONVERSATIONS, THREAD_KEYS

PAGE = 100
KEPT = 50_000

Typing = Callable[[ConversationId, CustomerId, bool], None]


class Whereabouts:
    """Which conversation a visitor's thread is, and whose thread a conversation is: as far as this process has seen."""

    def __init__(self) -> None:
        self._of: dict[tuple[ChannelId, str], tuple[ConversationId, CustomerId]] = {}
        self._who: dict[ConversationId, tuple[ChannelId, str]] = {}

    def remember(self, channel: ChannelId, visitor: str, conversation: ConversationId, customer: CustomerId) -> None:
        """The visitor's thread is this conversation now."""
        self._of[channel, visitor] = (conversation, customer)
        self._who[conversation] = (channel, visitor)
        while len(self._of) > KEPT:
            gone = self._of.pop(next(iter(self._of)))
            self._who.pop(gone[0], None)

    def of(self, channel: ChannelId, visitor: str) -> tuple[ConversationId, CustomerId] | None:
        """The visitor's conversation and customer."""
        return self._of.get((channel, visitor))

    def who(self, conversation: ConversationId) -> tuple[ChannelId, str] | None:
        """The visitor whose thread it is."""
        return self._who.get(conversation)


def tell_agent_types(visitors: Visitors, whereabouts: Whereabouts, directory: Directory) -> Callable[[ConversationId, AgentId, bool], None]:
    """Shows the visitor that an agent types to him, by his first name."""

    def tell(conversation: ConversationId, agent: AgentId, on: bool) -> None:
        who = whereabouts.who(conversation)
        if who is not None:
            visitors.agent_typing(*who, first_name(directory.name_of(agent)), on)

    return tell


class JournalVisitorFeed:
    """``visitors.VisitorFeed`` on the journal. ``facts`` are the running channels', ``available`` who takes new work."""

    def __init__(
        self,
        journal: Journal,
        queries: Queries,
        directory: Directory,
        visitors: Visitors,
        whereabouts: Whereabouts,
        facts: Callable[[], Mapping[ChannelId, ChannelFacts]],
        available: Callable[[], frozenset[AgentId]],
        typing: Typing,
    ) -> None:
        self._journal = journal
        self._queries = queries
        self._directory = directory
        self._visitors = visitors
        self._whereabouts = whereabouts
        self._facts = facts
        self._available = available
        self._typing = typing
        self._agents: Mapping[str, Agent] = {}
        self._online: dict[ChannelId, bool] = {}
        self._waiting: deque[Change] = deque()
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        self._waiting.extend(c for c in changes if c.message is not None or c.event.type is EventType.AGENT_CHANGED)
        self._wake.set()

    async def run(self) -> None:
        """Hand changes to the tabs they concern, until cancelled."""
        self._agents = await self._directory.agents()
        while True:
            await self._wake.wait()
            self._wake.clear()
            if any(c.event.type is EventType.AGENT_CHANGED for c in self._waiting):
                self._agents = await self._directory.agents()
            while self._waiting:
                self._show(self._waiting.popleft())
            self.presence_changed()

    def _show(self, change: Change) -> None:
        message = change.message
        facts = self._facts().get(message.channel) if message is not None and message.channel else None
        if message is not None and facts is not None and facts.live:
            if change.conversation is not None:
                for visitor in concerned(message, facts.kind):
                    self._whereabouts.remember(facts.id, visitor, change.conversation.id, change.conversation.customer)
            self._visitors.changed(message, facts.kind)
        elif message is not None and change.conversation is not None and (who := self._whereabouts.who(change.conversation.id)):
            for session in self._visitors.tabs(*who):
                session.changed(message)

    def presence_changed(self) -> None:
        """Tell the tabs when the first agent came, or the last one left."""
        for channel in self._facts():
            online = self.online(channel)
            if self._online.get(channel) is not online:
                self._online[channel] = online
                self._visitors.online_changed(channel, online)

    async def thread(self, channel: ChannelId, visitor: VisitorId, limit: int) -> Held:
        """What this visitor may see of his open conversation."""
        facts = self._facts().get(channel)
        if facts is None:
            return Held()
        key = open_key(channel, identity_id(facts.kind, facts.scope, visitor))
        led = (await self._journal.load({THREAD_KEYS: frozenset({key})}))[THREAD_KEYS].get(key)
        if led is None:
            return Held()
        conversation = (await self._journal.load({CONVERSATIONS: frozenset({led.conversation})}))[CONVERSATIONS].get(led.conversation)
        if conversation is None:
            return Held()
        self._whereabouts.remember(channel, visitor, conversation.id, conversation.customer)
        mine = await self._proved(conversation.customer, facts, visitor)

        def shows(message: Message) -> bool:
            return visible(message, channel, facts.kind, visitor, mine)

        return Held(await self._newest(conversation.id, shows, limit), mine)

    async def _proved(self, customer: CustomerId, facts: ChannelFacts, visitor: str) -> Mine:
        """The customer's proved addresses, if this visitor is that customer."""
        known = await self._queries.identities_of(customer)
        if not any((i.kind, i.scope, i.value) == (facts.kind, facts.scope, visitor) for i in known):
            return frozenset()
        return frozenset((i.kind, i.value) for i in known if i.verified and i.kind != facts.kind)

    async def _newest(self, conversation: ConversationId, shows: Callable[[Message], bool], limit: int) -> Sequence[Message]:
        shown: list[Message] = []
        before = None
        while len(shown) < limit:
            page = await self._queries.timeline(conversation, before, PAGE)
            shown += [m for m in page if shows(m)]
            if len(page) < PAGE:
                break
            before = (page[-1].arrived_at, page[-1].id)
        return shown[:limit][::-1]

    def name_of(self, author: Author) -> str:
        """An agent's or bot's name."""
        agent = self._agents.get(author.id)
        return agent.name if agent is not None else ""

    def online(self, channel: ChannelId) -> bool:
        """Whether an agent who serves this channel takes new conversations now."""
        facts = self._facts().get(channel)
        team = facts.team if facts else None
        there = (self._agents.get(id) for id in self._available())
        return any(team is None or not agent.teams or team in agent.teams for agent in there if agent is not None)

    def visitor_typing(self, channel: ChannelId, visitor: VisitorId, on: bool) -> None:
        """Shown to the agents who look at his conversation."""
        where = self._whereabouts.of(channel, visitor)
        if where is not None:
            self._typing(*where, on)

    def visitor_here(self, channel: ChannelId, visitor: VisitorId, here: bool) -> None:
        """Whoever has left does not type any more."""
        if not here:
            self.visitor_typing(channel, visitor, False)
