"""A chat's business hours: whoever is there, outside of them it is offline and says when somebody is back."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from inbox.core.agent import Agent, Availability
from inbox.core.business_hours import DAY_MINUTES, Calendar, Interval
from inbox.core.conditions import Condition
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, QueueId, TeamId
from inbox.core.message import Author
from inbox.core.permissions import Action
from inbox.core.queues import Queue
from inbox.core.roles import CustomRole
from inbox.core.visitor import VisitorId
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.router import Standing
from inbox.flow.working import ChannelFacts
from inbox.gateway.visitor_feed import JournalVisitorFeed, Whereabouts
from inbox.gateway.visitor_protocol import Online, PlaceInLine
from inbox.gateway.visitors import Outgoing, Visitors
from inbox.records import AGENTS, CALENDARS, QUEUES, ROLES, Batch, Put
from inbox.testing.builders import an_agent
from inbox.testing.clock import settle
from inbox.testing.memory_queries import MemoryQueries
from inbox.testing.memory_store import MemoryStore
from inbox.testing.tables import Tables
from tests.eventually import eventually

SHOP, VISITOR, CHATS = ChannelId("shop"), VisitorId("v1"), QueueId("chats")
FACTS = ChannelFacts(SHOP, "webchat", "shop", live=True)
MONDAY = 1_790_553_600_000
"""2026-09-28, 00:00 UTC."""
HOUR = 3_600_000
WEEKDAYS = Calendar("hours", "Weekdays", "UTC", ((Interval(540, 1020),),) * 5 + ((), ()))
ALWAYS = Calendar("hours", "Always", "UTC", ((Interval(0, DAY_MINUTES),),) * 7)
NEVER = Calendar("hours", "Never", "UTC", ((),) * 7)
LATE = Calendar("late", "Late", "UTC", ((Interval(600, 1020),),) * 7)
QUEUE = Queue(CHATS, "Chats", conditions=Condition(field="channel_kind", op="is", value="webchat"), calendar="late")
ANOTHER = Queue(QueueId("mail"), "Mail", conditions=Condition(field="channel_kind", op="is", value="email"), calendar="late")
THERE = Online(True)


class Holding(MemoryQueries):
    """Answers who has an account only while it is let."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self.free = asyncio.Event()
        self.free.set()

    async def agents(self) -> list[Agent]:
        """All accounts."""
        await self.free.wait()
        return await super().agents()


class Floor:
    """A chat where somebody is there, its clock, and one visitor's tab."""

    def __init__(self, now: Instant) -> None:
        self.now = now
        self.store = MemoryStore()
        self.visitors, self.whereabouts = Visitors(), Whereabouts()
        self.standing: Standing | None = None
        self.facts, self.there = FACTS, {AgentId("sam")}
        self.out = Outgoing()
        self.queries = Holding(self.store.tables)
        self.directory = Directory(self.queries)
        self.desks = Desks(self.directory)
        self.feed = JournalVisitorFeed(
            self.store.journal,
            self.queries,
            self.directory,
            self.desks,
            self.visitors,
            self.whereabouts,
            lambda: {SHOP: self.facts},
            lambda: frozenset(self.there),
            lambda conversation, customer, on: None,
            lambda conversation, customer, page: None,
            standing=lambda conversation: self.standing,
            hours=lambda channel: "hours",
            now=lambda: self.now,
        )

    def changed(self, message: object) -> None:
        """Nobody writes here."""

    @property
    def front(self) -> None:
        return None

    def agent_typing(self, name: str, on: bool) -> None:
        """Nor here."""

    async def begin(self, *queues: Queue, hours: Calendar = ALWAYS, **sam: Any) -> None:
        """The channel keeps these hours, and these queues are there, both of which are read, as is who Sam is."""
        agent = an_agent("sam", **sam)
        puts = [Put(CALENDARS, hours, None), Put(CALENDARS, LATE, None), Put(AGENTS, agent, None)]
        await self.store.journal.commit(Batch(puts=[*puts, *(Put(QUEUES, queue, None) for queue in queues)]))
        running = asyncio.create_task(self.feed.run())  # noqa: TID251  ended two lines below
        await settle()
        running.cancel()

    def hears(self, type: EventType, **data: int | str | None) -> None:
        """Something changed, which everybody is told in the order of the service."""
        changes = [Change(Event(type, self.now, Author("system"), data=data))]
        for listener in (self.directory, self.desks, self.feed):
            listener.heard(changes)

    def waits(self, queue: QueueId | None) -> None:
        """The visitor has written, and is next in a queue."""
        self.visitors.join(SHOP, VISITOR, self)
        self.whereabouts.remember(SHOP, VISITOR, ConversationId("c1"), CustomerId("k1"))
        self.standing = Standing(1, 2, None, queue)

    async def told(self) -> list[PlaceInLine | Online]:
        """What his tab was told since the last look."""
        self.feed.tell_places()
        return [msgspec.json.decode(await self.out.next() or b"", type=PlaceInLine | Online) for _ in range(len(self.out))]

    async def until_somebody(self) -> None:
        """Returns when his tab is told that somebody is there."""
        ask: Callable[[], Any] = self._somebody
        await eventually(ask, what="somebody is there")

    async def _somebody(self) -> bool:
        return THERE in await self.told()


async def online(calendar: Calendar, now: Instant) -> Online:
    """What somebody hears who opens a chat of these hours."""
    floor = Floor(now)
    await floor.begin(hours=calendar)
    return floor.feed.online(SHOP)


async def test_within_hours_the_chat_is_online() -> None:
    assert await online(WEEKDAYS, MONDAY + 10 * HOUR) == THERE


async def test_before_and_after_hours_it_says_when_somebody_is_back() -> None:
    assert await online(WEEKDAYS, MONDAY + 8 * HOUR) == Online(False, MONDAY + 9 * HOUR)
    friday_evening = MONDAY + (4 * 24 + 18) * HOUR
    assert await online(WEEKDAYS, friday_evening) == Online(False, MONDAY + (7 * 24 + 9) * HOUR)


async def test_always_open_and_never_open_are_told_apart() -> None:
    assert await online(ALWAYS, MONDAY) == THERE
    assert await online(NEVER, MONDAY) == Online(False)


async def test_who_waits_in_a_closed_queue_has_no_place_until_it_opens() -> None:
    floor = Floor(MONDAY + 8 * HOUR)
    await floor.begin(QUEUE)
    floor.waits(CHATS)
    closed = Online(False, MONDAY + 10 * HOUR)
    assert await floor.told() == [closed]
    assert floor.feed.online(SHOP, VISITOR) == closed, "a tab that opens now is told the same"
    floor.now = MONDAY + 10 * HOUR
    assert await floor.told() == [PlaceInLine(1, None), THERE]
    floor.now = MONDAY + 17 * HOUR
    assert await floor.told() == [PlaceInLine(), Online(False, MONDAY + 34 * HOUR)]


async def test_who_has_it_open_hears_of_the_queue_that_he_would_wait_in() -> None:
    elsewhere, floor = Floor(MONDAY + 8 * HOUR), Floor(MONDAY + 8 * HOUR)
    await elsewhere.begin(ANOTHER)
    assert elsewhere.feed.online(SHOP) == THERE, "chats do not go there"
    await floor.begin(ANOTHER, QUEUE, hours=WEEKDAYS)
    assert floor.feed.online(SHOP) == Online(False, MONDAY + 10 * HOUR), "the channel opens at nine, its queue at ten"


async def test_who_is_served_or_waits_elsewhere_does_not_mind_that_a_queue_is_closed() -> None:
    floor = Floor(MONDAY + 8 * HOUR)
    await floor.begin(QUEUE)
    floor.waits(None)
    assert await floor.told() == [PlaceInLine(1, None), THERE]
    floor.standing = None
    assert await floor.told() == [PlaceInLine()]
    assert floor.feed.online(SHOP, VISITOR) == THERE


async def test_what_changes_while_a_change_is_read_counts_too() -> None:
    floor = Floor(MONDAY + 8 * HOUR)
    await floor.begin()
    running = asyncio.create_task(floor.feed.run())  # noqa: TID251  ended below
    await settle()
    floor.queries.free.clear()
    floor.hears(EventType.AGENT_CHANGED)
    await settle()
    await floor.store.journal.commit(Batch(puts=[Put(QUEUES, QUEUE, None)]))
    floor.hears(EventType.CATALOG_CHANGED, noun=QUEUES.name)
    floor.queries.free.set()
    await settle()
    running.cancel()
    assert floor.feed.online(SHOP) == Online(False, MONDAY + 10 * HOUR), "the queue is new, and opens at ten"


@pytest.mark.parametrize("sam", [{"capacity": 0}, {"calendar": "late"}, {"custom_role": "readers"}, {"availability": Availability.AWAY}])
async def test_who_is_given_nothing_now_is_not_there(sam: dict[str, Any]) -> None:
    floor = Floor(MONDAY + 8 * HOUR)
    await floor.store.journal.commit(Batch(puts=[Put(ROLES, CustomRole("readers", "Readers", permissions=(Action.NOTE,)), None)]))
    await floor.begin(**sam)
    assert floor.feed.online(SHOP) == Online(False)


async def test_a_teams_chat_is_online_while_somebody_is_there_whom_it_is_given_to() -> None:
    red = TeamId("red")
    nobodys, queue = Floor(MONDAY), replace(QUEUE, calendar="")
    nobodys.facts = dataclasses.replace(FACTS, team=red)
    await nobodys.begin()
    assert nobodys.feed.online(SHOP) == Online(False), "of no team, no team's work is given to him"
    theirs = Floor(MONDAY)
    theirs.facts = nobodys.facts
    await theirs.begin(teams=(red,))
    assert theirs.feed.online(SHOP) == THERE
    by_queue = Floor(MONDAY)
    by_queue.facts = nobodys.facts
    await by_queue.begin(replace(queue, agents=(AgentId("sam"),)))
    assert by_queue.feed.online(SHOP) == THERE, "he serves the queue that chats enter"
    elsewhere = Floor(MONDAY)
    elsewhere.facts = nobodys.facts
    await elsewhere.begin(replace(queue, teams=(TeamId("blue"),)), teams=(red,))
    assert elsewhere.feed.online(SHOP) == Online(False), "others serve it"
    onward = Floor(MONDAY)
    onward.facts = nobodys.facts
    blues = replace(queue, teams=(TeamId("blue"),), overflow=ANOTHER.id, overflow_empty=True)
    await onward.begin(blues, replace(ANOTHER, calendar="", agents=(AgentId("sam"),)))
    assert onward.feed.online(SHOP) == THERE, "he serves the queue that takes over"
    paused = Floor(MONDAY)
    await paused.begin(replace(queue, paused=True))
    assert paused.feed.online(SHOP) == Online(False), "nothing of a paused queue is given to anybody"


async def test_who_has_the_chat_open_is_told_when_working_hours_begin() -> None:
    floor = Floor(MONDAY + 10 * HOUR - 1)
    await floor.begin(calendar="late")
    floor.visitors.arrive(SHOP, floor)
    running = asyncio.create_task(floor.feed.run())  # noqa: TID251  ended below
    await settle()
    floor.now = MONDAY + 10 * HOUR
    await floor.until_somebody()
    running.cancel()


async def test_who_has_the_chat_open_is_told_when_somebody_comes() -> None:
    floor = Floor(MONDAY)
    floor.there.clear()
    await floor.begin()
    floor.visitors.arrive(SHOP, floor)
    running = asyncio.create_task(floor.feed.run())  # noqa: TID251  ended below
    await settle()
    floor.there.add(AgentId("sam"))
    floor.feed.came_or_went(frozenset({AgentId("sam")}))
    await floor.until_somebody()
    running.cancel()
