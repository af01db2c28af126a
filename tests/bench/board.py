"""The live board with 200 agents and 50 supervisors who watch it: what it costs while little happens, and from a change to its frame."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from msgspec.json import encode
from msgspec.structs import replace

from inbox.core.agent import Role
from inbox.core.conversation import Conversation
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import AgentId, QueueId
from inbox.core.message import Author
from inbox.core.queues import Queue
from inbox.core.roles import actor_of
from inbox.flow.directory import Directory
from inbox.flow.feed import Change, Feed
from inbox.gateway.board_frames import SubscribeBoard
from inbox.gateway.live import Live
from inbox.gateway.outbox import Outbox
from inbox.gateway.protocol import Identify, SubscribeView
from inbox.records import AGENTS, CONVERSATIONS, CUSTOMERS, QUEUES
from inbox.testing.builders import a_conversation, a_customer, an_agent
from inbox.testing.memory_store import MemoryStore
from tests.bench.baseline import percentiles, report
from tests.bench.fanout import WallClock
from tests.eventually import eventually
from tests.gateway.live_world import Token

PEOPLE, WATCHERS, LINES = 200, 50, 10
HELD = 2_000
IDLE_S = 10.0
BEAT_S = 15.0
CHANGES = 200
GAP_S = 0.11


class Watcher:
    """One window: when it was last sent a frame of its board."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.frames: list[tuple[float, bytes]] = []

    async def run(self) -> None:
        """Read until cancelled."""
        while frames := await self.outbox.take():
            at = time.perf_counter()
            self.frames += [(at, frame) for frame in frames if frame.startswith(b'{"t":"board"')]


class Floor:
    """A server in this process with everybody connected, over a store in memory."""

    def __init__(self) -> None:
        store = self.store = MemoryStore()
        people = [an_agent(f"agent{n:03}", teams=("support",)) for n in range(PEOPLE)]
        bosses = [an_agent(f"boss{n:02}", role=Role.SUPERVISOR) for n in range(WATCHERS)]
        store.tables.of(AGENTS).update({a.id: a for a in (*people, *bosses)})
        store.tables.of(CUSTOMERS)["anna"] = a_customer("anna")
        store.tables.of(QUEUES).update({f"q{n}": Queue(QueueId(f"q{n}"), f"Queue {n}") for n in range(LINES)})
        self.clock = WallClock()
        self.dice = random.Random(4)
        self.held = [self._conversation(n) for n in range(HELD)]
        store.tables.of(CONVERSATIONS).update({c.id: c for c in self.held})
        self.feed = Feed(store.journal, store.queries)
        directory = Directory(store.queries)
        self.feed.listen(directory.heard)
        self.live = Live(self.feed, store.journal, store.queries, store.own, directory, store.presence, self.clock, "bench")
        self.agents = [self._open(a.id) for a in people]
        self.watchers: list[Watcher] = []
        self.bosses = [a.id for a in bosses]
        self._n = 0

    def _conversation(self, n: int) -> Conversation:
        c = a_conversation(f"c{n}", number=n + 1, version=1, customer="anna")
        who = AgentId(f"agent{n % PEOPLE:03}") if n % 4 else None
        return replace(c, queue=QueueId(f"q{n % LINES}"), assignee=who, queued_at=None if who else self.clock.now() - n)

    def _open(self, id: AgentId) -> tuple[Callable[[bytes], Awaitable[None]], Watcher]:
        watcher = Watcher()
        session = self.live.open(actor_of(self.store.tables.of(AGENTS)[id], {}, {}), Token(id), watcher.outbox)
        return session.receive, watcher

    async def connect(self) -> list[asyncio.Task[None]]:
        """Everybody is there; the supervisors follow the board."""
        await self.feed.start()
        self.live.start()
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(_run(run)) for run in self.live.loops.values()]
        for receive, _ in self.agents:
            await receive(encode(Identify("csrf", None, (SubscribeView("list", "mine"),))))
        for id in self.bosses:
            receive, watcher = self._open(id)
            await receive(encode(Identify("csrf", None, (SubscribeBoard("b"),))))
            self.watchers.append(watcher)
        every = [watcher for _, watcher in self.agents] + self.watchers
        return tasks + [loop.create_task(watcher.run()) for watcher in every] + [loop.create_task(self._beat())]

    async def _beat(self) -> None:
        """Windows say that a human is there, evenly spread."""
        while True:
            for receive, _ in self.agents:
                await receive(b'{"t":"beat","active":true}')
                await asyncio.sleep(BEAT_S / PEOPLE)

    def change(self) -> None:
        """What waits is given to somebody, or goes back."""
        at = self.dice.randrange(HELD)
        before = self.held[at]
        who = AgentId(f"agent{self.dice.randrange(PEOPLE):03}") if before.assignee is None else None
        after = self.held[at] = replace(
            before, version=before.version + 1, assignee=who, queued_at=None if who else self.clock.now(), subject=f"Order {self._n}"
        )
        self._n += 1
        kind = EventType.ASSIGNED if who else EventType.UNASSIGNED
        event = Event(kind, self.clock.now(), Author("system"), o=1, n=self._n, conversation=after.id, version=after.version)
        self.store.tables.of(CONVERSATIONS)[after.id] = after
        self.feed.committed([Change(replace(event, before=facets(before), after=facets(after), agent=who), after)])


async def _run(loop: Callable[[], Awaitable[None]]) -> None:
    await loop()


async def board() -> None:
    """Idle first, then one change after the other, each seen by every watcher."""
    floor = Floor()
    tasks = await floor.connect()
    await asyncio.sleep(3.0)
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.sleep(IDLE_S)
    share = 100 * (time.process_time() - cpu) / (time.perf_counter() - began)
    report(f"board, {PEOPLE} agents, {WATCHERS} watching, idle", f"{share:.1f}% of a core", "< 5%")
    seen: list[float] = []
    cpu, started = time.process_time(), time.perf_counter()
    for _ in range(CHANGES):
        counts = [len(w.frames) for w in floor.watchers]
        began = time.perf_counter()
        floor.change()
        await eventually(lambda: all(len(w.frames) > n for w, n in zip(floor.watchers, counts, strict=True)))  # noqa: B023  awaited here
        seen.append(max(w.frames[n][0] for w, n in zip(floor.watchers, counts, strict=True)) - began)
        await asyncio.sleep(GAP_S * floor.dice.random())
    busy = 100 * (time.process_time() - cpu) / (time.perf_counter() - started)
    p50, p99 = percentiles(seen)
    rate = CHANGES / (time.perf_counter() - started)
    report(f"change to every watcher's frame, {rate:.0f}/s", f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, {busy:.0f}% of a core", "p99 < 500 ms")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
