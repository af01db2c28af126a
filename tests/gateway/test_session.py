"""Rule 5: whatever is committed, lost and resumed, a screen that follows frames shows what a fresh fetch would show."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from inbox.core.agent import Role
from inbox.core.conversation import Category, Priority
from inbox.core.events import EventType, facets
from inbox.core.permissions import sees
from inbox.gateway import protocol as p
from inbox.records import CONVERSATIONS
from inbox.testing.builders import an_agent
from tests.gateway.live_tab import Tab
from tests.gateway.live_world import ELSEWHERE, HERE, World

R = TypeVar("R")
IDS = ("c1", "c2", "c3")
AGENTS = ("mia", "max", "sue")

conversations = st.sampled_from(IDS)
writers = st.sampled_from((HERE, HERE, ELSEWHERE))
changes = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from((Category.OPEN, Category.OPEN, Category.RESOLVED)),
        "team": st.sampled_from((None, "red", "blue")),
        "assignee": st.sampled_from((None, *AGENTS)),
        "bot": st.sampled_from((None, None, "bot")),
        "priority": st.sampled_from(Priority),
        "merged_into": st.sampled_from((None, None, None, "c3")),
        "queued_at": st.sampled_from((None, 1)),
    },
)


class Screens(RuleBasedStateMachine):
    """Agents of two teams and a supervisor, some with two tabs; commits of two processes, told late or crossing each other."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = World()
        self.tabs: list[Tab] = []
        self.messages = 0

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
            an_agent("mia", teams=("red",)),
            an_agent("max", teams=("blue",)),
            an_agent("sue", role=Role.SUPERVISOR),
            an_agent("bot", role=Role.BOT),
        )
        for id, channel in zip(IDS, ("mail", "mail", "chat"), strict=True):
            await self.world.conversation(id, channel=channel)
        lists = (p.SubscribeView("mine", "mine"), p.SubscribeView("free", "unassigned"), p.SubscribeView("list", "all"))
        self.tabs = [
            Tab(self.world, "mia", *lists, p.SubscribeConversation("open", "c1")),
            Tab(self.world, "mia", lists[2], p.SubscribeConversation("open", "c2")),
            Tab(self.world, "max", *lists, p.SubscribeConversation("open", "c1")),
            Tab(self.world, "sue", lists[2], p.SubscribeConversation("open", "c1"), p.SubscribeView("queue", "queue")),
        ]
        for tab in self.tabs:
            await tab.connect()

    @rule(id=conversations, changes=changes, writer=writers, tell=st.booleans())
    def commit(self, id: str, changes: dict[str, Any], writer: int, tell: bool) -> None:
        self.run(self.world.change(id, writer=writer, tell=tell, **changes))

    @rule(id=conversations, writer=writers, tell=st.booleans(), again=st.booleans())
    def write(self, id: str, writer: int, tell: bool, again: bool) -> None:
        self.messages += not again
        name = f"m{id}{self.messages}"
        kind = EventType.DELIVERY_CHANGED if again else EventType.MESSAGE_RECEIVED
        self.run(self.world.message(id, name, event=kind, writer=writer, tell=tell, text=f"text {self.messages}"))

    @rule(writer=writers)
    def tell(self, writer: int) -> None:
        self.run(self.world.tell(writer))

    @rule()
    def catch_up(self) -> None:
        self.run(self.world.catch_up())

    @rule(agent=st.sampled_from(AGENTS), teams=st.sampled_from(((), ("red",), ("blue",), ("red", "blue"))), writer=writers)
    def move_agent(self, agent: str, teams: tuple[str, ...], writer: int) -> None:
        self.run(self.world.account(agent, teams=teams, writer=writer))

    @rule(channel=st.sampled_from(("mail", "chat")), readers=st.sampled_from(((), ("red",), ("red", "blue"), ("gone",))), writer=writers)
    def bar(self, channel: str, readers: tuple[str, ...], writer: int) -> None:
        self.run(self.world.channel(channel, *readers, writer=writer))

    @rule(agent=st.sampled_from(("mia", "max")), role=st.sampled_from((Role.AGENT, Role.SUPERVISOR)))
    def change_role(self, agent: str, role: Role) -> None:
        self.run(self.world.account(agent, role=role))

    @rule(name=st.sampled_from(("Anna", "Ann", "Anne")), writer=writers)
    def rename(self, name: str, writer: int) -> None:
        self.run(self.world.customer("anna", name=name, writer=writer))

    @rule(tab=st.integers(0, 3), count=st.integers(0, 12))
    def read(self, tab: int, count: int) -> None:
        self.run(self.tabs[tab].read(count))

    @rule(tab=st.integers(0, 3))
    def ask(self, tab: int) -> None:
        self.run(self.tabs[tab].ask())

    @rule(tab=st.integers(0, 3))
    def answer(self, tab: int) -> None:
        self.tabs[tab].answer()

    @rule(tab=st.integers(0, 3), count=st.integers(0, 20))
    def cut(self, tab: int, count: int) -> None:
        """The line breaks after a few frames more; the rest of the wire is lost."""
        self.run(self.tabs[tab].read(count))
        self.tabs[tab].cut()

    @rule(tab=st.integers(0, 3))
    def connect(self, tab: int) -> None:
        if self.tabs[tab].session is None:
            self.run(self.tabs[tab].connect())

    @rule(tab=st.integers(0, 3))
    def beat(self, tab: int) -> None:
        if self.tabs[tab].session is not None:
            self.run(self.tabs[tab].send(p.Beat()))

    @rule()
    def check(self) -> None:
        self.run(self._check())

    async def _check(self) -> None:
        """Once everything that is under way has arrived, every screen shows what a fresh fetch shows."""
        await self.world.tell()
        await self.world.catch_up()
        for tab in self.tabs:
            if tab.session is None:
                await tab.connect()
            await tab.calm()
            for sub, followed in tab.followed.items():
                wanted = tab.subs[sub]
                if isinstance(wanted, p.SubscribeConversation):
                    visible = sees(self.world.scope(tab.agent), facets(self.world.tables.of(CONVERSATIONS)[wanted.conversation]))
                    assert visible or followed.over, f"{tab.agent} still follows {wanted.conversation}"
                    if followed.over:
                        assert not tab.rows(sub)
                        continue
                fresh = {id: row for id, _, row in await tab.snapshot(sub)}
                assert tab.rows(sub) == fresh, (tab.agent, sub)
        await self._open_threads_again()

    async def _open_threads_again(self) -> None:
        for tab in self.tabs:
            for sub, followed in tab.followed.items():
                if followed.over:
                    await tab.send(tab.subs[sub])
                    await tab.calm()


TestScreens = Screens.TestCase
TestScreens.settings = settings(stateful_step_count=40, deadline=None)
