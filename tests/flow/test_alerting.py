"""Alerts on the floor: told once per crossing by whichever server, ended when it is over, still standing after the end of a process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from inbox.core import commands as c
from inbox.core.agent import Role, Team
from inbox.core.alerts import Alert, AlertState, Measure
from inbox.core.events import EventType
from inbox.core.ids import AgentId, QueueId
from inbox.flow.alerting import SETTLED_MS, Alerting
from inbox.flow.floor import LiveFloor
from inbox.records import ALERT_STATES, ALERTS
from tests.flow.beside import running
from tests.flow.house import MINUTE, TEAM, House
from tests.flow.test_queues import queue
from tests.flow.test_router import many


@asynccontextmanager
async def watched(house: House) -> AsyncIterator[Alerting]:
    """One more server's watch over the house, until it is killed."""
    floor = LiveFloor(house.store.queries)
    house.feed.listen(floor.heard)
    world = house.world
    alerting = Alerting(
        house.committer, house.store.queries, house.directory, house.desks, floor, lambda: frozenset(world.online), house.clock
    )
    house.feed.listen(alerting.heard)
    async with running(alerting):
        yield alerting


async def save(house: House, **fields: Any) -> Alert:
    boss = await house.hire("boss", role=Role.ADMIN, online=False)
    alert = Alert(fields.pop("id", "a"), "Many", **fields)
    return await house.catalog.save(boss, ALERTS, alert, 0, lambda *asked: None)


async def told(house: House) -> list[str]:
    await house.pass_time(1_000)
    events = await house.store.journal.events_after({}, 100_000)
    return [str(e.data["state"]) for e in events if e.type is EventType.ALERT_CHANGED]


async def standing(house: House) -> list[AlertState]:
    return [state for state in await house.store.queries.entries(ALERT_STATES) if state.raised_at is not None]


async def test_a_crossing_is_told_once_by_two_servers_and_survives_both(house: House) -> None:
    await save(house, measure=Measure.WAITING, above=1, for_ms=MINUTE)
    async with watched(house), watched(house):
        ids = await many(house, 2)
        assert await told(house) == ["over"]
    async with watched(house):  # the others are dead; since when it is over is stored
        await house.pass_time(MINUTE)
        assert await told(house) == ["over", "raised"]
        assert [(state.id, state.value) for state in await standing(house)] == [("a", 2)]
    async with watched(house), watched(house):
        assert await told(house) == ["over", "raised"], "nobody tells it again after a restart"
        actor = await house.hire("sue", role=Role.SUPERVISOR, online=False)
        await house.do(actor, c.Assign(ids[0], AgentId("sue")))
        assert await told(house) == ["over", "raised", "ended"]
        assert await standing(house) == []


async def test_a_teams_own_work_is_watched_and_what_a_queue_takes_is_not(house: House) -> None:
    await house.staff.create_team(await house.hire("ada", role=Role.ADMIN, online=False), Team(TEAM, "Support"))
    await save(house, measure=Measure.WAITING, above=0, team=TEAM)
    await save(house, id="b", measure=Measure.NOBODY, team=TEAM)

    async def over() -> list[str]:
        await house.pass_time(1_000)
        return sorted(state.id for state in await standing(house))

    async with watched(house) as alerting:
        (id,) = await many(house, 1)
        boss = await house.hire("sue", role=Role.SUPERVISOR, online=False)
        assert await over() == [], "it waits for anybody"
        await house.do(boss, c.Assign(id, team=TEAM))
        assert await over() == ["a"]
        await house.pass_time(SETTLED_MS)
        assert await over() == ["a", "b"], "nobody of the team is there"
        await house.hire("mia", teams=(TEAM,), capacity=1, limits={"email": 0})
        alerting.came_or_went(frozenset({AgentId("mia")}))
        assert await over() == ["a"]
        await queue(house, "first", agents=(AgentId("ben"),))
        assert await over() == [], "the queue took it"


async def test_the_longest_wait_crosses_by_time_alone(house: House) -> None:
    await save(house, measure=Measure.LONGEST_WAIT, above=10 * MINUTE)
    async with watched(house):
        await many(house, 1)
        assert await told(house) == []
        await house.pass_time(10 * MINUTE)
        assert await told(house) == ["raised"]


async def test_nobody_on_duty_is_not_said_before_everybody_had_time_to_connect(house: House) -> None:
    await queue(house, "first", agents=(AgentId("mia"),))
    await save(house, measure=Measure.NOBODY, queue=QueueId("first"))
    async with watched(house) as alerting:
        assert await told(house) == []
        await house.pass_time(SETTLED_MS)
        assert await told(house) == ["raised"]
        await house.hire("mia")
        alerting.came_or_went(frozenset({AgentId("mia")}))
        assert await told(house) == ["raised", "ended"]


async def test_an_alert_that_is_removed_stands_no_more(house: House) -> None:
    alert = await save(house, measure=Measure.WAITING)
    async with watched(house):
        await many(house, 1)
        assert await told(house) == ["raised"]
        boss = await house.hire("boss", role=Role.ADMIN, online=False)
        await house.catalog.delete(boss, ALERTS, alert.id, 1, lambda *asked: None)
        assert await told(house) == ["raised", "ended"]
        assert await standing(house) == []
