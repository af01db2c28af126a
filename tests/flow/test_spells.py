"""How long agents were online, busy, on a break, away and gone: from the journal to the report, by two servers, over a restart."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId
from inbox.core.reports import Asked, By, Period
from inbox.flow.alerting import SETTLED_MS
from inbox.flow.folding import Folder, Measure
from inbox.flow.spells import Spells, State
from inbox.records import SPELLS
from tests.flow.beside import running
from tests.flow.house import MINUTE, House

MIA, MAX = AgentId("mia"), AgentId("max")


class World:
    """What the servers see of who is there."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.seen: dict[AgentId, State] = {}
        self.servers: list[Spells] = []

    def server(self) -> Spells:
        self.servers.append(Spells(self.house.committer, self.house.clock, lambda: list(self.seen.items())))
        return self.servers[-1]

    async def become(self, agent: AgentId, state: str, reason: str = "") -> None:
        """Both servers see it, one after the other; returns when it is stored."""
        self.seen[agent] = (state, reason)
        for server in self.servers:
            server.came_or_went(frozenset({agent}))
        await self.stored(agent, state)

    async def stored(self, agent: AgentId, state: str) -> None:
        async def is_there() -> bool:
            return any(one.id == agent and one.state == state for one in await self.house.store.queries.entries(SPELLS))

        await self.house.until(is_there, f"{agent} {state}")
        await self.house.rest()

    async def written(self) -> list[Event]:
        events = await self.house.store.journal.events_after({}, 10_000)
        return [e for e in events if e.type is EventType.STATE_CHANGED]


@pytest.fixture
def world(unrouted: House) -> World:
    return World(unrouted)


async def test_each_change_is_written_once_by_two_servers_and_reaches_the_report(world: World) -> None:
    house = world.house
    world.seen = {MIA: ("online", ""), MAX: ("online", "")}
    async with running(world.server(), world.server()):
        await world.stored(MIA, "online")
        await house.pass_time(5 * MINUTE)
        await world.become(MIA, "break", "lunch")
        await house.pass_time(30 * MINUTE)
        await world.become(MIA, "offline")
    changes = await world.written()
    assert [(e.agent, e.data["was"], e.data["state"]) for e in changes] == [(MIA, "online", "break"), (MIA, "break", "offline")]

    async def measure() -> Measure:
        return Measure()

    folder = Folder(house.store.journal, house.store.facts, house.clock, measure, pause=lambda seconds: asyncio.sleep(0))
    day = datetime.fromtimestamp(house.clock.now() / 1000, UTC).date()
    asked = Asked(Period(day, day), By.STATE)
    async with asyncio.TaskGroup() as tasks:
        loop = tasks.create_task(folder.run())
        await house.until(lambda: _has(house, asked), "folded")
        loop.cancel()
    totals = (await house.store.facts.sums(asked))[MIA].totals
    assert totals == {"state_online": 5 * MINUTE, "state_break:lunch": 30 * MINUTE}
    assert await house.store.facts.sums(Asked(asked.period, By.TEAM)) == {}, "no other report knows of it"


async def _has(house: House, asked: Asked) -> bool:
    return "state_break:lunch" in (await house.store.facts.sums(asked)).get(MIA, _Empty).totals


class _Empty:
    totals: dict[str, int] = {}  # noqa: RUF012  never changed


async def test_who_left_while_no_server_ran_is_gone_once_everybody_had_time_to_connect(world: World) -> None:
    world.seen = {MIA: ("online", ""), MAX: ("online", "")}
    async with running(world.server()):
        await world.stored(MIA, "online")
        await world.stored(MAX, "online")
    world.servers.clear()
    world.seen = {MIA: ("offline", ""), MAX: ("offline", "")}  # as every server sees it right after its start
    async with running(world.server()):
        await world.become(MAX, "online")
        assert await world.written() == []
        await world.house.pass_time(SETTLED_MS)
        await world.stored(MIA, "offline")
    assert [(e.agent, e.data["state"]) for e in await world.written()] == [(MIA, "offline")]
