"""The supervisors' board: what it shows, to whom, and that its frames always add up to what a fresh board would show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec.structs import replace

from inbox.core.agent import Availability, Role
from inbox.core.business_hours import Calendar, Interval
from inbox.core.conversation import Category, ClockState, Conversation, Offer, SlaClock, Waiting
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, QueueId
from inbox.core.message import Author
from inbox.core.permissions import Scope
from inbox.core.queues import Queue
from inbox.flow.feed import Change
from inbox.flow.floor import LiveFloor
from inbox.gateway import protocol as p
from inbox.gateway.board import EVERY_MS, Boards
from inbox.gateway.board_frames import Board, BoardAgent, QueueState, SubscribeBoard
from inbox.gateway.presence import Presence
from inbox.records import AGENTS, CALENDARS, QUEUES, Put
from inbox.testing.builders import an_agent
from inbox.testing.clock import settle
from inbox.testing.memory_queries import MemoryQueries
from inbox.testing.tables import Tables
from tests.gateway.live_tab import Tab, frames_of
from tests.gateway.live_world import ELSEWHERE, HERE, World

R = TypeVar("R")
BOARD = SubscribeBoard("b")


class Screen:
    """A board as the screen keeps it: what is whole replaces everything, what is not replaces what it names."""

    def __init__(self) -> None:
        self.queues: dict[str, QueueState] = {}
        self.agents: dict[str, BoardAgent] = {}

    def take(self, frame: Board) -> None:
        queues, agents = {one.id: one for one in frame.queues}, {one.id: one for one in frame.agents}
        self.queues = queues if frame.whole else self.queues | queues
        self.agents = agents if frame.whole else self.agents | agents
        for id in frame.gone:
            self.queues.pop(id, None)
            self.agents.pop(id, None)

    def read(self, frames: list[p.ServerFrame]) -> Screen:
        for frame in frames:
            if isinstance(frame, Board):
                self.take(frame)
        return self


class _Fresh:
    """A follower that has just come."""

    agent = AgentId("sue")
    scope = Scope(all=True)
    supervising = True

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    def ended(self, sub: str) -> None:
        raise AssertionError(sub)

    def account_changed(self, account: Any) -> None:
        raise AssertionError(account)


def presence_of(world: World) -> Presence:
    return world.live._presence


async def fresh(world: World) -> Screen:
    """What somebody sees who opens the board now, in a process that has just been started."""
    board = Boards(LiveFloor(world.queries), None, presence_of(world), world.directory, world.clock)
    follower = _Fresh()
    await board.open()
    board.join(follower, "b")
    return Screen().read(frames_of(follower.frames))


async def pass_on(world: World) -> None:
    await settle()
    await world.clock.advance(EVERY_MS * 2)
    await settle()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.start(an_agent("mia", teams=("red",)), an_agent("max"), an_agent("sue", role=Role.SUPERVISOR))
    yield world
    await world.stop()


async def a_queue(world: World, queue: Queue, expect: int | None = None) -> None:
    event = Event(EventType.CATALOG_CHANGED, world.clock.now(), Author("system"), data={"noun": QUEUES.name, "entry": queue.id})
    await world._store([Put(QUEUES, queue, expect)], event, HERE, True, (None, None, None))


async def test_shows_what_waits_who_serves_and_who_is_there(world: World) -> None:
    await a_queue(world, Queue(QueueId("q"), "Billing", agents=(AgentId("mia"),)))
    await world.conversation("c1", queue="q", queued_at=1_000)
    await world.conversation("c2", queue="q", queued_at=500)
    late = SlaClock("first", ClockState.BREACHED, 60_000, breached_at=7)
    await world.conversation("c3", queue="q", assignee="mia", sla=(late,))
    mia = await Tab(world, "mia").connect()
    await pass_on(world)
    tab = await Tab(world, "sue", BOARD).connect()
    screen = Screen().read(await tab.read())
    billing = screen.queues["queue:q"]
    assert (billing.waiting, billing.longest_since, billing.served, billing.late, billing.on_duty) == (2, 500, 1, 1, 1)
    assert screen.queues["all"].waiting == 2
    assert [(one.state, one.holds, [h.number for h in one.held]) for one in screen.agents.values() if one.id == "mia"] == [
        ("online", 1, [screen.agents["mia"].held[0].number])
    ]
    await world.change("c3", category=Category.WAITING)
    await world.change("c1", waiting=Waiting(0, offer=Offer(AgentId("mia"), 9)))
    await pass_on(world)
    mias = screen.read(await tab.read()).agents["mia"]
    assert ([one.weight for one in mias.held], [(one.id, one.weight) for one in mias.offered]) == ([0], [("c1", 1)])
    await world.change("c1", waiting=None)
    await world.change("c2", queued_at=None, assignee="mia")
    await pass_on(world)
    screen.read(await tab.read())
    assert (screen.queues["queue:q"].waiting, screen.queues["queue:q"].longest_since, screen.agents["mia"].holds) == (1, 1_000, 2)
    mia.cut()


async def test_who_is_on_duty_follows_working_hours_as_they_begin_and_end(world: World) -> None:
    now = world.clock.now()
    minute = now % 86_400_000 // 60_000
    hours = Calendar("early", "Early", "UTC", ((Interval(0, minute + 2),),) * 7)
    changed = Event(EventType.CATALOG_CHANGED, now, Author("system"), data={"noun": CALENDARS.name, "entry": "early"})
    await world._store([Put(CALENDARS, hours, None)], changed, HERE, True, (None, None, None))
    await a_queue(world, Queue(QueueId("q"), "Billing", agents=(AgentId("mia"),)))
    mia = replace((await world.directory.agents())[AgentId("mia")], calendar="early")
    known = Event(EventType.AGENT_CHANGED, now, Author("system"), agent=mia.id)
    await world._store([Put(AGENTS, replace(mia, version=mia.version + 1), mia.version)], known, HERE, True, (None, None, None))
    await Tab(world, "mia").connect()
    await pass_on(world)
    tab = await Tab(world, "sue", BOARD).connect()
    screen = Screen().read(await tab.read())
    assert screen.queues["queue:q"].on_duty == 1
    assert not screen.agents["mia"].off_duty
    await world.clock.advance(2 * 60_000)
    await pass_on(world)
    screen.read(await tab.read())
    assert screen.queues["queue:q"].on_duty == 0, "her hours are over, and nothing else has happened"
    hers, night = screen.agents["mia"], world.clock.now() // 86_400_000 * 86_400_000 + 86_400_000
    assert (hers.state, hers.off_duty, hers.duty_from) == ("online", True, night), "her row says so, and until when"
    assert not screen.agents["max"].off_duty, "he has no hours"


async def test_many_changes_of_a_moment_are_one_frame(world: World) -> None:
    tab = await Tab(world, "sue", BOARD).connect()
    await pass_on(world)
    await tab.read()
    tab.heard.clear()
    for n in range(20):
        await world.conversation(f"c{n}", queued_at=n + 1)
    await pass_on(world)
    await tab.read()
    assert len(tab.of(Board)) <= 2
    assert Screen().read(list(tab.heard)).queues["all"].waiting == 20


async def test_nothing_is_sent_when_nothing_changed(world: World) -> None:
    tab = await Tab(world, "sue", BOARD).connect()
    await pass_on(world)
    await tab.read()
    tab.heard.clear()
    await world.clock.advance(60_000)
    await tab.read()
    assert tab.of(Board) == []


async def test_agents_get_no_board(world: World) -> None:
    tab = await Tab(world, "mia", BOARD).connect()
    await tab.read()
    assert [(one.code, one.sub) for one in tab.of(p.Problem)] == [("denied", "b")]
    await world.conversation("c1", queued_at=1)
    await pass_on(world)
    await tab.read()
    assert tab.of(Board) == []


async def test_who_is_no_supervisor_any_more_gets_no_more_of_it(world: World) -> None:
    tab = await Tab(world, "sue", BOARD).connect()
    await tab.read()
    await world.account("sue", role=Role.AGENT)
    await pass_on(world)
    await tab.read()
    assert ("denied", "b") in [(one.code, one.sub) for one in tab.of(p.Problem)]
    tab.heard.clear()
    await world.conversation("c1", queued_at=1)
    await pass_on(world)
    await tab.read()
    assert tab.of(Board) == []


class Held(MemoryQueries):
    """Answers lists only while it is let."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self.free = asyncio.Event()

    async def page(self, *asked: Any) -> tuple[list[Conversation], str | None]:
        """As it is once it is let."""
        await self.free.wait()
        return await super().page(*asked)


async def test_who_loses_the_role_while_the_board_is_made_ready_gets_none_of_it() -> None:
    world = World(Held)
    await world.start(an_agent("sue", role=Role.SUPERVISOR))
    tab = await Tab(world, "sue").connect()
    tab.begin(BOARD)
    await settle()
    await world.account("sue", role=Role.AGENT)
    assert isinstance(world.queries, Held)
    world.queries.free.set()
    await pass_on(world)
    await world.conversation("c1", queued_at=1)
    await pass_on(world)
    await tab.read()
    assert [(one.code, one.sub) for one in tab.of(p.Problem)] == [("denied", "b")]
    assert tab.of(Board) == []
    await world.stop()


async def test_a_change_that_comes_late_moves_nothing(world: World) -> None:
    floor = LiveFloor(world.queries)
    old = await world.conversation("c1", queued_at=1)
    await world.change("c1", queued_at=None, assignee="mia")
    await floor.open()
    floor.heard([Change(Event(EventType.QUEUED, 0, Author("system"), conversation=old.id, version=old.version), old)])
    assert [tally.waiting for tally in floor.floor.tallies().values()] == [0]


async def test_tells_since_when_somebody_is_away(world: World) -> None:
    tab = await Tab(world, "sue", BOARD).connect()
    mia = await Tab(world, "mia").connect()
    await pass_on(world)
    came = Screen().read(await tab.read()).agents["mia"]
    await world.clock.advance(5_000)
    await world.account("mia", availability=Availability.AWAY)
    left_at = world.clock.now()
    await pass_on(world)
    away = Screen().read(await tab.read()).agents["mia"]
    assert (came.state, away.state) == ("online", "away")
    assert came.since is not None
    assert away.since is not None
    assert came.since < left_at <= away.since < left_at + 2_000
    mia.cut()


changes = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from((Category.OPEN, Category.WAITING, Category.RESOLVED, Category.SNOOZED)),
        "team": st.sampled_from((None, "red")),
        "queue": st.sampled_from((None, "q", "r")),
        "assignee": st.sampled_from((None, "mia", "max", "sue")),
        "merged_into": st.sampled_from((None, None, None, "c3")),
        "queued_at": st.sampled_from((None, 1, 2)),
    },
)


class BoardScreens(RuleBasedStateMachine):
    """Two supervisors; commits of two processes, told late; people who come, go and change; lines that break."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = World()
        self.screens: list[tuple[Tab, Screen]] = []
        self.queues: dict[str, Queue] = {}

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        return self.runner.run(work)

    def teardown(self) -> None:
        try:
            self.run(self._check())
            self.run(self.world.stop())
        finally:
            self.runner.close()

    @initialize()
    def begin(self) -> None:
        self.run(self._begin())

    async def _begin(self) -> None:
        await self.world.start(
            an_agent("mia", teams=("red",)), an_agent("max"), an_agent("sue", role=Role.SUPERVISOR), an_agent("pia", role=Role.ADMIN)
        )
        for id in ("c1", "c2", "c3"):
            await self.world.conversation(id)
        for agent in ("sue", "pia"):
            self.screens.append((await Tab(self.world, agent, BOARD).connect(), Screen()))

    @rule(id=st.sampled_from(("c1", "c2", "c3")), changes=changes, writer=st.sampled_from((HERE, HERE, ELSEWHERE)), tell=st.booleans())
    def commit(self, id: str, changes: dict[str, Any], writer: int, tell: bool) -> None:
        self.run(self.world.change(id, writer=writer, tell=tell, **changes))

    @rule(writer=st.sampled_from((HERE, ELSEWHERE)))
    def tell(self, writer: int) -> None:
        self.run(self.world.tell(writer))

    @rule(ms=st.sampled_from((10, EVERY_MS, 30_000)))
    def wait(self, ms: int) -> None:
        self.run(self.world.clock.advance(ms))

    @rule(id=st.sampled_from(("q", "r")), agents=st.sampled_from(((), ("mia",), ("mia", "sue"))), teams=st.sampled_from(((), ("red",))))
    def configure(self, id: str, agents: tuple[str, ...], teams: tuple[str, ...]) -> None:
        before = self.queues.get(id)
        version = before.version + 1 if before else 1
        self.queues[id] = Queue(QueueId(id), id, version, agents=agents, teams=teams)  # type: ignore[arg-type]  # plain ids
        self.run(a_queue(self.world, self.queues[id], before.version if before else None))

    @rule(agent=st.sampled_from(("mia", "max", "pia")), active=st.booleans(), load=st.integers(0, 2))
    def account(self, agent: str, active: bool, load: int) -> None:
        self.run(self.world.account(agent, active=active or agent == "pia", load=load, availability=Availability.ONLINE))

    @rule(which=st.integers(0, 1), count=st.integers(0, 5))
    def cut(self, which: int, count: int) -> None:
        """The line breaks; what is on the wire is lost, and he comes back with his cursor."""
        tab, screen = self.screens[which]
        screen.read(self.run(tab.read(count)))
        tab.cut()
        self.run(tab.connect())

    @rule()
    def check(self) -> None:
        self.run(self._check())

    async def _check(self) -> None:
        await self.world.tell()
        await self.world.catch_up()
        await self.world.clock.advance(2_000)
        await pass_on(self.world)
        expected = await fresh(self.world)
        for tab, screen in self.screens:
            screen.read(await tab.read())
            assert screen.queues == expected.queues
            assert screen.agents == expected.agents


TestBoardScreens = BoardScreens.TestCase
TestBoardScreens.settings = settings(stateful_step_count=20, max_examples=40, deadline=None)
