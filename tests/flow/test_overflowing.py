"""What waits goes on to where somebody is on duty, when its time is over or when people come and go, and comes to rest there."""

from __future__ import annotations

from functools import partial
from typing import Any

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.business_hours import Calendar, Interval
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId, QueueId
from inbox.core.permissions import Actor
from inbox.core.queues import Strategy
from inbox.flow.catalog import Catalog
from inbox.records import CALENDARS
from inbox.testing.clock import ManualClock
from tests.flow.house import House, World
from tests.flow.test_queues import MINUTE, anybody, in_queue, queue
from tests.flow.test_router import assigned, many
from tests.store.conftest import Store

WAY = {"overflow": QueueId("away"), "overflow_ms": MINUTE, "overflow_empty": True}
BACK = {"overflow": QueueId("home"), "overflow_empty": True}


async def circle(house: House, **home: Any) -> None:
    """Two queues that overflow into each other: mia's, from which people fetch, and ben's."""
    await queue(house, "home", agents=(AgentId("mia"),), strategy=Strategy.MANUAL)
    await queue(house, "away", order=1, agents=(AgentId("ben"),), **BACK)
    await queue(house, "home", agents=(AgentId("mia"),), strategy=Strategy.MANUAL, **WAY, **home)


async def is_in(house: House, id: ConversationId, name: str) -> bool:
    return await in_queue(house, id) == name


async def ben_has_one(house: House) -> bool:
    await house.rest()
    return (await house.agent("ben")).load == 1


async def moves(house: House, id: ConversationId) -> list[str]:
    """Why it went from queue to queue, but for where it began."""
    await house.rest()
    reasons = (x.event.reason for x in house.heard if x.event.type is EventType.QUEUE_CHANGED and x.event.conversation == id)
    return [reason.code for reason in reasons if reason is not None and reason.code in ("overflow", "nobody_there")]


async def test_it_stays_where_somebody_is_until_somebody_comes_on_its_way(house: House) -> None:
    await circle(house)
    await house.hire("mia")
    (id,) = await many(house, 1)
    await house.pass_time(10 * MINUTE)
    assert await in_queue(house, id) == "home", "nobody is there who could take it from the other one"
    await house.hire("ben")
    assert await assigned(house, id) == "ben"
    assert await moves(house, id) == ["overflow"]


async def test_what_overflowed_comes_back_when_nobody_serves_where_it_is_and_never_bounces(any_store: Store) -> None:
    async with House(any_store).running() as house:
        await circle(house)
        await house.hire("mia")
        await house.hire("ben", limits={"email": 5}, capacity=1)
        first, id = await many(house, 2)
        await house.pass_time(MINUTE)
        await house.until(partial(ben_has_one, house), "ben is full, but there")
        waits = id if await assigned(house, id) is None else first
        await house.until(partial(is_in, house, waits, "away"), "the other one waits behind it")
        house.goes("ben")
        house.came.set()
        await house.until(partial(is_in, house, waits, "home"), "it comes back")
        for _ in range(5):
            await house.pass_time(10 * MINUTE)
        house.goes("mia")
        house.came.set()
        await house.pass_time(10 * MINUTE)
        assert await in_queue(house, waits) == "home", "nobody is anywhere"
        assert await moves(house, waits) == ["overflow", "nobody_there"]


async def moved_away(house: House) -> ConversationId:
    """One that a supervisor moved to the queue nobody is there for, some time ago."""
    await house.hire("mia")
    boss = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    (id,) = await many(house, 1)
    await house.do(boss, c.MoveToQueue(id, QueueId("away")))
    await house.pass_time(10 * MINUTE)
    assert await in_queue(house, id) == "away"
    return id


async def test_what_a_supervisor_moved_does_not_go_back_though_nobody_is_there(house: House) -> None:
    await circle(house)
    id = await moved_away(house)
    await house.hire("kim")
    assert await in_queue(house, id) == "away"


async def test_what_a_supervisor_moved_goes_on_from_there(house: House) -> None:
    await circle(house)
    await queue(house, "third", order=2, agents=(AgentId("kim"),), strategy=Strategy.MANUAL)
    await queue(house, "away", order=1, agents=(AgentId("ben"),), overflow=QueueId("third"), overflow_empty=True)
    id = await moved_away(house)
    await house.hire("kim")
    await house.until(partial(is_in, house, id, "third"), "the next queue's turn")


async def test_it_goes_on_at_the_end_of_a_shift_and_when_a_queue_opens(house: House) -> None:
    minute = house.clock.now() // MINUTE % (24 * 60)
    boss = Actor(AgentId("boss"), Role.ADMIN)
    for id, hours in (("day", Interval(0, minute + 10)), ("evening", Interval(minute + 20, minute + 60))):
        await Catalog(house.committer).save(boss, CALENDARS, Calendar(id, id, "UTC", ((hours,),) * 7), 0, anybody)
    await queue(house, "away", order=1, agents=(AgentId("ben"),), calendar="evening")
    await queue(house, "home", agents=(AgentId("mia"),), strategy=Strategy.MANUAL, overflow=QueueId("away"), overflow_empty=True)
    await house.hire("mia", calendar="day")
    await house.hire("ben")
    (first,) = await many(house, 1)
    await house.pass_time(9 * MINUTE)
    assert await in_queue(house, first) == "home"
    await house.pass_time(2 * MINUTE)
    assert await in_queue(house, first) == "home", "the other one is closed"
    await house.pass_time(10 * MINUTE)
    assert await assigned(house, first) == "ben", "it is open now"


async def test_the_end_of_a_shift_is_seen_at_its_instant(house: House) -> None:
    minute = house.clock.now() // MINUTE % (24 * 60)
    day = Calendar("day", "day", "UTC", ((Interval(0, minute + 10),),) * 7)
    await Catalog(house.committer).save(Actor(AgentId("boss"), Role.ADMIN), CALENDARS, day, 0, anybody)
    await queue(house, "away", order=1, agents=(AgentId("ben"),))
    await queue(house, "home", agents=(AgentId("mia"),), strategy=Strategy.MANUAL, overflow=QueueId("away"), overflow_empty=True)
    await house.hire("mia", calendar="day")
    await house.hire("ben")
    (id,) = await many(house, 1)
    await house.pass_time(9 * MINUTE)
    assert await in_queue(house, id) == "home"
    await house.pass_time(2 * MINUTE)
    assert await assigned(house, id) == "ben"


async def test_a_server_whose_clock_is_behind_misses_no_time_that_is_over(any_store: Store) -> None:
    ahead, behind, world = ManualClock(), ManualClock(), World()
    async with (
        House(any_store, ahead, world).running(without=["router"]) as one,
        House(any_store, behind, world, "two").running(without=["timers"]) as two,
    ):
        await queue(one, "away", order=1, agents=(AgentId("ben"),))
        await queue(one, "home", agents=(AgentId("mia"),), overflow=QueueId("away"), overflow_ms=MINUTE)
        await one.hire("ben")
        two.came.set()
        (id,) = await many(one, 1)
        await two.rest()
        await behind.advance(MINUTE - 500)
        await one.pass_time(MINUTE)

        async def given() -> bool:
            await two.rest()
            return await assigned(one, id) == "ben"

        await two.until(given, "it went on")
