"""The whole path of the service as a process: signed HTTP delivery to committed, and on to an agent's socket."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp

from tests import clients
from tests.bench.baseline import BYTES, RUNS, TASKS, percentiles, report, spread
from tests.bench.world import World, fresh
from tests.faults.load import SECRET
from tests.faults.server import Server
from tests.ports import free_ports
from tests.probe.connector import sign

COUNT = 3_000
SENDERS = 300
TEXT = "x" * (BYTES - 60)
AGENTS = 20
LATENCY_RATE = 100
LATENCY_S = 20
HELD_S = float(os.environ.get("INBOX_BENCH_HELD_S", "20"))
RATES = (200, 300, 400, 500, 600, 700, 800)

_numbers = itertools.count()


def delivery(key: str, sender: str, text: str = TEXT) -> tuple[bytes, dict[str, str]]:
    """A signed body and its headers."""
    body = json.dumps({"key": key, "sender": sender, "text": text}).encode()
    return body, {"X-Signature": sign(SECRET, body), "Content-Type": "application/json"}


async def deliver(http: aiohttp.ClientSession, base: str, i: int, text: str = TEXT, key: str = "") -> None:
    """Post one and insist on a 200."""
    body, headers = delivery(key or f"k{i}", f"sender{i % SENDERS}", text)
    async with http.post(f"{base}/hooks/probe/probe", data=body, headers=headers) as answer:
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}")


async def settled(http: aiohttp.ClientSession, server: Server) -> None:
    """Returns when no delivery is open any more, by the service's own metrics."""
    text = server.settings.read_text(encoding="utf-8")
    found = re.search(r"\[metrics\]\nport = (\d+)", text)
    port = found[1] if found else ""
    while True:
        async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
            value = re.search(r"^inbox_deliveries_open (\S+)", await answer.text(), re.M)
        if value and float(value[1]) == 0:
            return
        await asyncio.sleep(0.025)


@asynccontextmanager
async def bare(world: World) -> AsyncIterator[str]:
    """The baseline server."""
    port = free_ports(1)[0]
    arguments = ("-m", "tests.bench.bare_server", world.uri, fresh(), str(port))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    base = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(f"{base}/health/ready"):
                        break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
        yield base
    finally:
        process.kill()
        await process.wait()


async def whole_path(world: World) -> None:
    """Signed delivery to committed beside HTTP and one insert, alone and with duplicates and agents at work."""
    connector = aiohttp.TCPConnector(limit=TASKS)
    async with (
        bare(world) as baseline,
        world.server(fresh()) as (server, email, password),
        aiohttp.ClientSession(connector=connector) as http,
    ):

        async def run(base: str, key: Callable[[int], str]) -> float:
            started, order = time.perf_counter(), iter(range(COUNT))

            async def worker() -> None:
                for _ in order:
                    i = next(_numbers)
                    await deliver(http, base, i, key=key(i))

            await asyncio.gather(*(worker() for _ in range(TASKS)))
            if base == server.base:
                await settled(http, server)
            return COUNT / (time.perf_counter() - started)

        once = lambda i: f"k{i}"  # noqa: E731  a name for a closure of one expression
        twice = lambda i: f"k{i - 1}" if i % 50 == 0 else f"k{i}"  # noqa: E731  2% were sent before
        plain, bares, busy = [], [], []
        for _ in range(RUNS):
            bares.append(await run(baseline, once))
            plain.append(await run(server.base, once))
            async with _commanding(server.base, email, password):
                busy.append(await run(server.base, twice))
        ratios = [p / b for p, b in zip(plain, bares, strict=True)]
        report("delivery committed / HTTP and one insert", f"{spread(ratios)}; {spread(plain)}/s", ">= 0.5")
        report("  with 2% repeated and 20 agents at work", spread([b / p for b, p in zip(busy, plain, strict=True)]), ">= 0.8 of that")


@asynccontextmanager
async def _commanding(base: str, email: str, password: str) -> AsyncIterator[None]:
    """Twenty agents who tag and note, ten commands a second in all from each two."""
    async with clients.agent(base, email, password) as agent, asyncio.TaskGroup() as tasks:
        rows = (await agent.call("GET", "/conversations", view="all", limit="100"))["rows"]

        async def work(n: int) -> None:
            while True:
                row = random.choice(rows)
                await agent.call("PATCH", f"/conversations/{row['id']}", {"add_tags": [f"t{random.randrange(20)}"]})
                await asyncio.sleep(0.5)

        working = [tasks.create_task(work(n)) for n in range(AGENTS)] if rows else []
        yield
        for one in working:
            one.cancel()


async def latency(world: World) -> None:
    """From the delivery to the frame on an agent's socket, at 100 a second; and the highest rate that is held."""
    async with world.server(fresh()) as (server, email, password), clients.agent(server.base, email, password) as agent:
        await _paced(server, agent, LATENCY_RATE, 3)
        seen = await _paced(server, agent, LATENCY_RATE, LATENCY_S)
        p50, p99 = percentiles(seen)
        report(f"delivery to socket at {LATENCY_RATE}/s", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", "p50 < 12, p99 < 40 ms")
        held = 0
        for rate in RATES:
            seen = await _paced(server, agent, rate, HELD_S)
            late = percentiles(seen)[1] if seen else float("inf")
            if len(seen) < rate * HELD_S * 0.99 or late > 1000:
                break
            held = rate
        report(f"highest rate held for {HELD_S:.0f} s", f"{held}/s", ">= 500/s")


async def _paced(server: Server, agent: clients.AgentClient, rate: int, seconds: float) -> list[float]:
    """Seconds from post to frame for every message of a paced run; those not seen in time are missing."""
    sent: dict[str, float] = {}
    seen: list[float] = []
    count = int(rate * seconds)
    async with agent.socket() as live, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)) as http:
        await live.follow("all")

        async def read() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds + 10):
                    while len(seen) < count:
                        frame = json.loads(await live.line.recv())
                        preview = (frame.get("row") or {}).get("last") or {}
                        started = sent.pop(preview.get("preview", ""), None)
                        if started is not None:
                            seen.append(time.perf_counter() - started)

        async def post(i: int) -> None:
            text = f"paced {i}"
            sent[text] = time.perf_counter()
            await deliver(http, server.base, i, text)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(read())
            began = time.perf_counter()
            for n in range(count):
                await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
                tasks.create_task(post(next(_numbers)))
    return seen
