"""Frames fanned out to 1,000 sockets against bare aiohttp sends to the same sockets, and what such a socket weighs.

The sockets' other ends are raw protocols in a process of their own that count bytes. Both sides send the same texts: bare
aiohttp has them ready, ours makes them from the committed changes: names, gate, view, row.
"""

from __future__ import annotations

import asyncio
import gc
import re
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop
from aiohttp import web
from msgspec.json import encode
from msgspec.structs import replace

from inbox.core.conversation import Conversation, LastMessage
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import MessageId
from inbox.core.message import Author, Kind
from inbox.core.permissions import Actor
from inbox.core.roles import actor_of
from inbox.flow.directory import Directory
from inbox.flow.feed import Change, Feed
from inbox.gateway.live import Live
from inbox.gateway.outbox import Outbox
from inbox.gateway.protocol import Identify, SubscribeView
from inbox.gateway.server import AgentSockets, Limits
from inbox.gateway.session import Login
from inbox.records import AGENTS, CUSTOMERS
from inbox.testing.builders import a_conversation, a_customer, an_agent
from inbox.testing.memory_store import MemoryStore
from tests.bench.baseline import RUNS, report, spread
from tests.gateway.live_world import Token

SOCKETS = 1_000
CHANGES = 100
BURST = 50
TEAM = "support"


class WallClock:
    """The machine's time."""

    def now(self) -> int:
        """Milliseconds UTC."""
        return time.time_ns() // 1_000_000

    async def sleep_until(self, instant: int) -> None:
        """Returns at or after the instant."""
        await asyncio.sleep(max(0.0, (instant - self.now()) / 1000))


class Bench:
    """A server in this process, a thousand clients in another one."""

    def __init__(self) -> None:
        store = MemoryStore()
        store.tables.of(AGENTS).update({a.id: a for a in (an_agent(f"agent-{n}", teams=(TEAM,)) for n in range(SOCKETS))})
        store.tables.of(CUSTOMERS)["anna"] = a_customer("anna")
        self.store = store
        self.clock = WallClock()
        self.feed = Feed(store.journal, store.queries)
        directory = Directory(store.queries)
        self.feed.listen(directory.heard)
        self.live = Live(self.feed, store.journal, store.queries, store.own, directory, store.presence, self.clock, "bench")
        silent = Limits(ping_every_s=24 * 3600)  # the counting clients answer no pings
        self.sockets = AgentSockets(self.live, self.feed, self.clock, self._authenticate, lambda request: None, "agent", silent)
        self.conversation = _row(a_conversation("c1", team=TEAM, customer="anna", version=1))
        self.sizes = Tap()
        self._n = 0

    async def _authenticate(self, token: str) -> tuple[Actor, Login]:
        return actor_of(self.store.tables.of(AGENTS)[token], {}, {}), Token(token)

    async def start(self) -> None:
        """Serve, and connect the clients."""
        await self.feed.start()
        self.live.start()
        loop = asyncio.get_running_loop()
        runs = [run for name, run in self.live.loops.items() if "presence" not in name]
        self._loops = [loop.create_task(_run(run)) for run in (*runs, self.sizes.run)]
        app = web.Application()
        app.router.add_get("/ws", self.sockets.handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # a TCP site has sockets
        before = _pss()
        self._client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.fanout_clients", str(port), str(SOCKETS)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        await self._said("ready")
        gc.collect()
        self.per_socket = (_pss() - before) / SOCKETS
        tap = self.live.open(actor_of(self.store.tables.of(AGENTS)["agent-0"], {}, {}), Token("tap"), self.sizes.outbox)
        await tap.receive(encode(Identify("csrf", None, (SubscribeView("list", "all"),))))
        self.responses = [found for found in gc.get_objects() if isinstance(found, web.WebSocketResponse)]

    async def stop(self) -> None:
        """End clients and server."""
        self._client.kill()
        await self._client.wait()
        await self._runner.cleanup()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    async def arrived(self, size: int) -> None:
        """Returns when each client has read ``size`` bytes more."""
        assert self._client.stdin is not None
        self._client.stdin.write(f"{size}\n".encode())
        await self._said("done")

    async def _said(self, word: str) -> None:
        assert self._client.stdout is not None
        line = await self._client.stdout.readline()
        if line.strip() != word.encode():
            raise RuntimeError(f"the clients said {line!r}, not {word!r}")

    def changes(self, count: int) -> list[Change]:
        """The next changes of the one conversation everybody sees."""
        made = []
        for _ in range(count):
            self._n += 1
            before = self.conversation
            self.conversation = replace(before, version=before.version + 1, subject=f"Order {self._n:06}")
            event = Event(
                *(EventType.STATUS_CHANGED, self.clock.now(), Author("system")),
                o=1,
                n=self._n,
                conversation=before.id,
                version=self.conversation.version,
                before=facets(before),
                after=facets(self.conversation),
            )
            made.append(Change(event, self.conversation))
        return made

    async def ours(self, burst: int) -> float:
        """Frames a second through the hub, ``burst`` changes committed together."""
        began, self.sizes.sent = time.perf_counter(), []
        for start in range(0, CHANGES, burst):
            self.feed.committed(self.changes(burst))
            await self.sizes.until(start + burst)
            await self.arrived(sum(self.sizes.sent[start:]))
        return CHANGES * SOCKETS / (time.perf_counter() - began)

    async def bare(self, texts: Sequence[str], burst: int) -> float:
        """Frames a second by ``send_str`` to one socket after the other."""
        began = time.perf_counter()
        for start in range(0, CHANGES, burst):
            for text in texts[start : start + burst]:
                for socket in self.responses:
                    await socket.send_str(text)
            await self.arrived(sum(_on_wire(len(text)) for text in texts[start : start + burst]))
        return CHANGES * SOCKETS / (time.perf_counter() - began)


class Tap:
    """One follower more, without a socket: what everybody is sent, and how many bytes that is on the wire."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.sent: list[int] = []
        self.texts: list[str] = []
        self._more = asyncio.Event()

    async def run(self) -> None:
        """Count until cancelled."""
        while frames := await self.outbox.take():
            puts = [frame for frame in frames if frame.startswith(b'{"t":"put"')]
            self.sent += [_on_wire(len(frame)) for frame in puts]
            self.texts += [frame.decode() for frame in puts]
            self._more.set()

    async def until(self, count: int) -> None:
        """Returns when so many frames were sent."""
        while len(self.sent) < count:
            self._more.clear()
            await self._more.wait()


def _on_wire(size: int) -> int:
    """With the header of an unmasked frame (RFC 6455, 5.2)."""
    return size + (2 if size < 126 else 4 if size < 65_536 else 10)


def _row(c: Conversation) -> Conversation:
    """As long as rows are in life."""
    last = LastMessage(MessageId("m" * 32), 0, Kind.CUSTOMER, "anna", "Where is my order? I have been waiting for two weeks now. " * 2)
    return replace(c, tags=("vip", "orders"), subject="Order", last=last)


def _pss() -> float:
    """KB of this process."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(encoding="ascii"), re.M)
    return float(found[1]) if found else 0.0


async def _run(loop: Callable[[], Awaitable[None]]) -> None:
    await loop()


async def main() -> None:
    """Five interleaved runs, each way in bursts and one by one."""
    bench = Bench()
    await bench.start()
    report(f"memory for each of {SOCKETS} sockets following a view", f"{bench.per_socket:.1f} KB", "< 25 KB")
    await bench.ours(BURST)
    texts = bench.sizes.texts[:CHANGES]
    for burst in (BURST, 1):
        ratios, rates = [], []
        for _ in range(RUNS):
            bare, ours = await bench.bare(texts, burst), await bench.ours(burst)
            ratios.append(ours / bare)
            rates.append(ours)
        name = f"fan-out to {SOCKETS} sockets, {burst} at once" if burst > 1 else f"fan-out to {SOCKETS} sockets, one by one"
        report(name, f"{spread(ratios)} of bare, {statistics.median(rates):,.0f} frames/s", ">= 0.7")
    await bench.stop()


if __name__ == "__main__":
    uvloop.run(main())
