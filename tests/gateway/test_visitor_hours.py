"""A chat's business hours: whoever is there, outside of them it is offline and says when somebody is back."""

from __future__ import annotations

import asyncio

import msgspec

from inbox.core.agent import Agent, Role
from inbox.core.business_hours import DAY_MINUTES, Calendar, Interval
from inbox.core.conditions import Condition
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, QueueId
from inbox.core.message import Author
from inbox.core.queues import Queue
from inbox.core.visitor import VisitorId
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.router import Standing
from inbox.flow.working import ChannelFacts
from inbox.gateway.visitor_feed import JournalVisitorFeed, Whereabouts
from inbox.gateway.visitor_protocol import Online, PlaceInLine
from inbox.gateway.visitors import Outgoing, Visitors
from inbox.records import AGENTS, CALENDARS, QUEUES, Batch, Put
from inbox.testing.clock import settle
from inbox.testing.memory_queries import MemoryQueries
from inbox.testing.memory_store import MemoryStore
from inbox.testing.tables import Tables

SHOP, VISITOR, CHATS = ChannelId("shop"), VisitorId("v1"), QueueId("chats")
FACTS = {SHOP: ChannelFacts(SHOP, "webchat", "shop", live=True)}
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
            lambda: FACTS,
            lambda: frozenset({AgentId("sam")}),
            lambda conversation, customer, on: None,
            standing=lambda conversation: self.standing,
            hours=lambda channel: "hours",
            now=lambda: self.now,
        )

    def changed(self, message: object) -> None:
        """Nobody writes here."""

    def agent_typing(self, name: str, on: bool) -> None:
        """Nor here."""

    async def begin(self, *queues: Queue, calendar: Calendar = ALWAYS) -> None:
        """The channel keeps these hours, and these queues are there, both of which are read."""
        agent = Agent(AgentId("sam"), "Sam", "sam@shop.example", Role.AGENT)
        puts = [Put(CALENDARS, calendar, None), Put(CALENDARS, LATE, None), Put(AGENTS, agent, None)]
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


async def online(calendar: Calendar, now: Instant) -> Online:
    """What somebody hears who opens a chat of these hours."""
    floor = Floor(now)
    await floor.begin(calendar=calendar)
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
    await floor.begin(ANOTHER, QUEUE, calendar=WEEKDAYS)
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
