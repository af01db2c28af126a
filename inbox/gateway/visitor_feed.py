"""What the visitors' sockets see of the rest: threads from the store, changes from the feed, who is there, who types, who is next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from inbox.core.agent import Agent
from inbox.core.business_hours import Calendar, OpenSpan, counted
from inbox.core.conditions import Facts
from inbox.core.conversation import Conversation
from inbox.core.customer import identity_id
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant
from inbox.core.message import Author, Message
from inbox.core.queueing import Desk
from inbox.core.queues import ALWAYS_OPEN, Hours, Queue
from inbox.core.routing import Needs, serves
from inbox.core.views import UNFINISHED
from inbox.core.visitor import VisitorId
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.giving import on_duty
from inbox.flow.placing import open_key
from inbox.flow.router import Standing
from inbox.flow.signalling import Signals
from inbox.flow.working import ChannelFacts
from inbox.gateway.visitor_protocol import Online, PlaceInLine
from inbox.gateway.visitor_reading import read
from inbox.gateway.visitor_rows import concerned, first_name
from inbox.gateway.visitors import Held, Session, Visitors
from inbox.ports import Journal, Queries
from inbox.records import CALENDARS, THREAD_KEYS

AHEAD = 60 * 24 * 3600 * 1000
"""Milliseconds that are looked ahead for business hours; that far away nobody is told when somebody is back."""
KEPT = 50_000
PLACES_S = 0.5
"""The least time between two looks at who stands where: a queue that moves fast is told in steps."""
MINUTE_MS = 60_000
LISTS = frozenset({EventType.AGENT_CHANGED, EventType.CATALOG_CHANGED})

K = TypeVar("K")
V = TypeVar("V")
Where = tuple[ConversationId, CustomerId]
Typing = Callable[[ConversationId, CustomerId, bool], None]
InFront = Callable[[ConversationId, CustomerId, str | None], None]
"""Told on which page a customer has the open chat before his eyes; None: not any more."""
Standings = Callable[[ConversationId], Standing | None]


NOWHERE = PlaceInLine()


class Whereabouts:
    """Which conversation a visitor's thread is, and whose thread a conversation is: as far as this process has seen."""

    def __init__(self) -> None:
        self._of: dict[tuple[ChannelId, str], tuple[ConversationId, CustomerId]] = {}
        self._who: dict[ConversationId, tuple[ChannelId, str]] = {}

    def remember(self, channel: ChannelId, visitor: str, conversation: ConversationId, customer: CustomerId) -> None:
        """The visitor's thread is this conversation now."""
        _keep(self._of, (channel, visitor), (conversation, customer))
        _keep(self._who, conversation, (channel, visitor))

    def of(self, channel: ChannelId, visitor: str) -> tuple[ConversationId, CustomerId] | None:
        """The visitor's conversation and customer."""
        return self._of.get((channel, visitor))

    def who(self, conversation: ConversationId) -> tuple[ChannelId, str] | None:
        """The visitor whose thread it is."""
        return self._who.get(conversation)


def _keep(known: dict[K, V], key: K, value: V) -> None:
    """As the newest of them; the oldest is forgotten where there are too many."""
    known.pop(key, None)
    known[key] = value
    if len(known) > KEPT:
        del known[next(iter(known))]


def tell_agent_types(
    visitors: Visitors, whereabouts: Whereabouts, directory: Directory, signals: Signals
) -> Callable[[ConversationId, AgentId, bool], None]:
    """Shows the visitor that an agent types to him, by his first name, and customers of other channels that somebody does."""

    def tell(conversation: ConversationId, agent: AgentId, on: bool) -> None:
        who = whereabouts.who(conversation)
        if who is not None:
            visitors.agent_typing(*who, first_name(directory.name_of(agent)), on)
        else:
            signals.typing(conversation, on)

    return tell


class JournalVisitorFeed:
    """``visitors.VisitorFeed`` on the journal. ``facts`` are the running channels', ``available`` who takes new work, while on duty."""

    def __init__(
        self,
        journal: Journal,
        queries: Queries,
        directory: Directory,
        desks: Desks,
        visitors: Visitors,
        whereabouts: Whereabouts,
        facts: Callable[[], Mapping[ChannelId, ChannelFacts]],
        available: Callable[[], frozenset[AgentId]],
        typing: Typing,
        in_front: InFront,
        standing: Standings = lambda conversation: None,
        hours: Callable[[ChannelId], str] = lambda channel: "",
        now: Callable[[], Instant] = lambda: 0,
    ) -> None:
        """``standing`` tells where a conversation waits; ``hours``: the id of a channel's calendar, '' for none; ``now``: database time."""
        self._journal = journal
        self._queries = queries
        self._directory = directory
        self._desks = desks
        self._visitors = visitors
        self._whereabouts = whereabouts
        self._facts = facts
        self._available = available
        self._typing = typing
        self._tell_front = in_front
        self._fronts: dict[tuple[ChannelId, str], tuple[str, Where | None]] = {}
        self._standing = standing
        self._told: WeakKeyDictionary[Session, tuple[PlaceInLine, Online | None]] = WeakKeyDictionary()
        self._line_moved = False
        self._places = asyncio.Event()
        self._hours = hours
        self._now = now
        self._calendars: Mapping[str, Calendar] = {}
        self._agents: Mapping[str, Agent] = {}
        self._there: frozenset[AgentId] = frozenset()
        self._online: dict[ChannelId, tuple[Online, Online, str]] = {}
        self._waiting: deque[Change] = deque()
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        self._waiting.extend(c for c in changes if c.message is not None or c.event.type in LISTS)
        self._line_moved |= any(one is not None and one.queued for c in changes for one in (c.event.before, c.event.after))
        self._wake.set()

    def came_or_went(self, agents: frozenset[AgentId]) -> None:
        """Somebody's state is another."""
        self._wake.set()

    async def run(self) -> None:
        """Hand changes to the tabs they concern, until cancelled; started again after an error it goes on with those that were not."""
        await self._read()
        while True:
            if not self._waiting:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._until_hours_change()):
                        await self._wake.wait()
            self._wake.clear()
            while batch := list(self._waiting):
                if any(change.event.type in LISTS for change in batch):
                    await self._read()
                for change in batch:
                    self._waiting.popleft()
                    self._show(change)
            self.presence_changed()
            if self._line_moved:
                self._line_moved = False
                self._places.set()

    async def follow_places(self) -> None:
        """Tell visitors where they stand, and who is there for them, whenever that is another than they know, until cancelled."""
        while True:
            await self._places.wait()
            self._places.clear()
            self.tell_places()
            await asyncio.sleep(PLACES_S)

    def tell_places(self) -> None:
        """Once, to every tab that knows another."""
        desk = self._desks.at(self._now())
        for channel, visitor in self._visitors.here():
            place, there = now = self._stands(channel, visitor, desk)
            for tab in self._visitors.tabs(channel, visitor):
                before = self._told.get(tab, (NOWHERE, None))
                self._told[tab] = now
                if before[0] != place:
                    tab.out.put(place)
                if before[1] != there:
                    tab.out.put(there)

    def _stands(self, channel: ChannelId, visitor: VisitorId, desk: Desk) -> tuple[PlaceInLine, Online]:
        """His place, and whether somebody is there for him. While his queue is closed nothing is given out: then there is no place."""
        where = self._whereabouts.of(channel, visitor)
        if where is None:
            return NOWHERE, self._for_newcomers(channel, desk)
        standing = self._standing(where[0])
        if standing is None:
            return NOWHERE, self._within(channel, desk, self._entrance(channel, desk), ALWAYS_OPEN)
        queue = desk.queue(standing.queue)
        hours = desk.open(queue)
        there = self._within(channel, desk, queue, hours)
        return (_place(standing, there=there.online) if hours.open else NOWHERE), there

    def _for_newcomers(self, channel: ChannelId, desk: Desk) -> Online:
        """Whether somebody is there for who writes first; by the hours of the queue in which he would wait, too."""
        queue = self._entrance(channel, desk)
        return self._within(channel, desk, queue, desk.open(queue))

    def _entrance(self, channel: ChannelId, desk: Desk) -> Queue | None:
        """The queue in which somebody would wait who writes first."""
        facts = self._facts().get(channel)
        if facts is None:
            return None
        return desk.entrance(Facts(channel=channel, channel_kind=facts.kind, team=facts.team or "", open=desk.open_calendars()))

    async def _read(self) -> None:
        await self._desks.refresh()
        self._agents = await self._directory.agents()
        self._calendars = await self._directory.entries(CALENDARS)

    def _calendar(self, channel: ChannelId) -> Calendar | None:
        return self._calendars.get(self._hours(channel))

    def _next(self, calendar: Calendar) -> OpenSpan | None:
        """The open time that is now or comes next, as far as one looks ahead; a calendar that never opens costs no more than that."""
        now = self._now()
        return next(counted(calendar, now, now + AHEAD), None)

    def _until_hours_change(self) -> float | None:
        """Seconds until some channel or queue may open or close, or somebody's working hours; None where none has hours."""
        now, used = self._now(), [c for channel in self._facts() if (c := self._calendar(channel)) is not None]
        spans = [self._next(c) for c in used]
        changes = [now + AHEAD if span is None else span[0] if span[0] > now else span[1] for span in spans]
        desk = self._desks.at(now)
        shifts = {agent.calendar for agent in self._agents.values() if agent.calendar}
        changes += [at for at in (desk.changes_at, *(desk.hours(shift).changes_at for shift in shifts)) if at is not None]
        return (min(changes) - now) / 1000 if changes else None

    def _show(self, change: Change) -> None:
        message = change.message
        facts = self._facts().get(message.channel) if message is not None and message.channel else None
        if message is not None and facts is not None and facts.live:
            if change.conversation is not None:
                self._follow(facts, message, change.conversation)
            self._visitors.changed(message, facts.kind)
        elif message is not None and change.conversation is not None and (who := self._whereabouts.who(change.conversation.id)):
            for session in self._visitors.tabs(*who):
                session.changed(message)

    def _follow(self, facts: ChannelFacts, message: Message, conversation: Conversation) -> None:
        """Who the message is from or to is in this conversation, but for what still happens to one that is over, as a receipt."""
        for visitor in concerned(message, facts.kind):
            if conversation.category in UNFINISHED or self._whereabouts.of(facts.id, visitor) is None:
                self._found(facts.id, visitor, conversation.id, conversation.customer)

    def presence_changed(self) -> None:
        """Tell the tabs when the first agent came, or the last one left; with nobody there, no time is promised to who waits."""
        desk = self._desks.at(self._now())
        there = frozenset(agent.id for agent in self._on_duty(desk))
        if self._there != there:
            self._there = there
            self._places.set()
        for channel in self._facts():
            # The calendar belongs to it: who came after the channel got another one was told by that one.
            state = (self._for_newcomers(channel, desk), self._within(channel, desk, None, ALWAYS_OPEN), self._hours(channel))
            if self._online.get(channel) != state:
                self._online[channel] = state
                self._visitors.online_changed(channel, state[0])
                self._places.set()

    async def thread(self, channel: ChannelId, visitor: VisitorId, limit: int) -> Held:
        """What this visitor may see of his open conversation."""
        facts = self._facts().get(channel)
        if facts is None:
            return Held()
        key = open_key(channel, identity_id(facts.kind, facts.scope, visitor))
        led = (await self._journal.load({THREAD_KEYS: frozenset({key})}))[THREAD_KEYS].get(key)
        if led is None:
            return Held()
        conversation = await self._queries.conversation(led.conversation)
        if conversation is None:
            return Held()
        self._found(channel, visitor, conversation.id, conversation.customer)
        self._places.set()
        return await read(self._queries, conversation, facts, visitor, limit)

    def account_of(self, author: Author) -> Agent | None:
        """An agent's or bot's account."""
        return self._agents.get(author.id)

    def online(self, channel: ChannelId, visitor: VisitorId | None = None) -> Online:
        """Whether an agent who serves this channel takes new conversations now, within its hours and those of the queue he waits in."""
        desk = self._desks.at(self._now())
        return self._for_newcomers(channel, desk) if visitor is None else self._stands(channel, visitor, desk)[1]

    def _within(self, channel: ChannelId, desk: Desk, queue: Queue | None, hours: Hours) -> Online:
        """Whether somebody is there who would be given what waits in this queue (None: the team's own) or goes on from it, within the
        channel's hours and these; outside of them with the instant when the last of them begins again."""
        calendar = self._calendar(channel)
        span = None if calendar is None else self._next(calendar)
        opens = None if span is None else span[0]
        starts = [] if calendar is None or (opens is not None and opens <= self._now()) else [opens]
        starts += [] if hours.open else [hours.changes_at]
        if starts:
            known = [at for at in starts if at is not None]
            return Online(False, max(known) if len(known) == len(starts) else None)
        facts, readers = self._facts().get(channel), tuple(desk.readers.get(channel, ()))
        needs = Needs(ConversationId(""), facts.team if facts else None, readers=readers)
        ways = [needs] if queue is None else [replace(needs, teams=one.teams, agents=one.agents) for one in desk.onward(queue)]
        return Online(any(serves(way, agent.id, agent.teams) for agent in self._on_duty(desk) for way in ways))

    def _on_duty(self, desk: Desk) -> Iterator[Agent]:
        """Who is given conversations now."""
        there = (self._agents.get(id) for id in self._available())
        return (agent for agent in there if agent is not None and on_duty(agent, desk))

    def visitor_typing(self, channel: ChannelId, visitor: VisitorId, on: bool) -> None:
        """Shown to the agents who look at his conversation."""
        where = self._whereabouts.of(channel, visitor)
        if where is not None:
            self._typing(*where, on)

    def visitor_here(self, channel: ChannelId, visitor: VisitorId, page: str | None) -> None:
        """Shown to the agents who look at his conversation, also if it begins later. Whoever has left does not type any more."""
        _, told = self._fronts.pop((channel, visitor), (page, None))
        where = self._whereabouts.of(channel, visitor)  # None also for who came long ago
        if page is not None:
            where = where or told
            self._fronts[channel, visitor] = (page, where)
        else:
            where = told or where
            self.visitor_typing(channel, visitor, False)
        if where is not None:
            self._tell_front(*where, page)

    def _found(self, channel: ChannelId, visitor: str, conversation: ConversationId, customer: CustomerId) -> None:
        """His thread is this conversation now: there he is, and no longer at the one before."""
        where = (conversation, customer)
        self._whereabouts.remember(channel, visitor, conversation, customer)
        page, before = self._fronts.get((channel, visitor), (None, None))
        if page is None or before == where:
            return
        self._fronts[channel, visitor] = (page, where)
        if before is not None:
            self._tell_front(*before, None)
        self._tell_front(*where, page)


def _place(standing: Standing | None, *, there: bool) -> PlaceInLine:
    if standing is None:
        return NOWHERE
    estimate = standing.estimate_ms if there else None
    return PlaceInLine(standing.position, None if estimate is None else max(1, -(-estimate // MINUTE_MS)))
