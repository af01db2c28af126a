"""From an agent's answer to its provider, while other providers are silent, refuse everything or fall over: what it costs the good one."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from inbox.app.accounts import create_admin
from inbox.core.standard_webhooks import key_of, signed
from inbox.settings import load
from inbox.store.secrets import make_key
from tests import clients
from tests.bench.baseline import RUNS, percentiles, report, say, spread
from tests.bench.channels import JSON, settings_of
from tests.bench.path import settled
from tests.bench.world import World, fresh
from tests.faults.rounds import EMAIL, PASSWORD, settings_file
from tests.faults.server import Server

CUSTOMERS = 20
ANSWERS = 240
RATE = 40.0
"""Answers a second to the good provider."""

WAITING = 100
"""Answers that wait for each of the others."""

BAD = ("silent", "failing", "cutting")
_numbers = itertools.count(1)


class Providers:
    """One that takes everything and notes when, and three that do not."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}
        self.asked = 0
        self.over, self.came = asyncio.Event(), asyncio.Event()

    async def good(self, request: web.Request) -> web.Response:
        """Takes it."""
        said = json.loads(await request.read())
        self.taken[said.get("text", "")] = time.perf_counter()
        self.came.set()
        return web.Response()

    async def silent(self, request: web.Request) -> web.Response:
        """Never answers."""
        self.asked += 1
        await self.over.wait()
        return web.Response()

    async def failing(self, request: web.Request) -> web.Response:
        """Refuses at length."""
        self.asked += 1
        return web.Response(status=500, text=f"<html>{'x' * 10_000}</html>", content_type="text/html")

    async def cutting(self, request: web.Request) -> web.Response:
        """Breaks the line."""
        self.asked += 1
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Their address."""
        app = web.Application()
        app.add_routes([web.post(f"/{name}", getattr(self, name)) for name in ("good", *BAD)])
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")
            self.over.set()


async def providers(world: World) -> None:
    """Two services on one database server, one of them with the trouble: measured by turns, so that both share the noise."""
    there = Providers()
    async with there.running() as outside, AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        calm, troubled = [await _service(stack, world, outside, name) for name in ("calm", "troubled")]
        quiet = await _asked(*calm, http, "good")
        beside = {name: await _asked(*troubled, http, name) for name in ("good", *BAD)}
        without, with_it = [], []
        for _ in range(RUNS):
            for name in BAD:
                for n in range(WAITING // RUNS):
                    await troubled[1].reply(beside[name][n % len(beside[name])], f"waits {next(_numbers)}")
            without.append(await _answered(calm[1], quiet, there))
            with_it.append(await _answered(troubled[1], beside["good"], there))
        _say(without, with_it, there)


def _say(without: list[list[float]], with_it: list[list[float]], there: Providers) -> None:
    """Of all answers together, as a single run's p99 is that of two or three answers; in brackets by run."""
    apart = [[percentiles(run) for run in runs] for runs in (without, with_it)]
    whole = [percentiles(list(itertools.chain(*runs))) for runs in (without, with_it)]
    for which, n in (("p50", 0), ("p99", 1)):
        runs = spread([t[n] / p[n] for p, t in zip(*apart, strict=True)])
        report(f"answer beside three providers in trouble, {which}", f"{whole[1][n] / whole[0][n]:.2f} of without; by run {runs}", "<= 1.2")
    p50, p99 = whole[0]
    say(f"  without: p50 {p50:.1f}, p99 {p99:.1f} ms; the others were asked {there.asked} times")


async def _service(stack: AsyncExitStack, world: World, outside: str, name: str) -> tuple[Server, clients.AgentClient]:
    """A service with a channel to each provider, and an agent."""
    file = settings_file(world.folder, name, world.uri, fresh(), make_key("bench"), witness_port=9)
    text = file.read_text(encoding="utf-8")
    for provider in ("good", *BAD):
        own = f'secret = "{settings_of("api")["secret"]}"\nurl = "{outside}/{provider}"\n'
        text += f'\n[[channels]]\nid = "{provider}"\nconnector = "api"\nname = "{provider}"\n[channels.settings]\n{own}'
    file.write_text(text, encoding="utf-8")
    await create_admin(load(file), EMAIL, "Bench", PASSWORD)
    server = Server(file, load(file).server.public_url)
    await server.start()
    stack.push_async_callback(server.stop)
    return server, await stack.enter_async_context(clients.agent(server.base, EMAIL, PASSWORD))


async def _asked(server: Server, agent: clients.AgentClient, http: aiohttp.ClientSession, name: str) -> list[str]:
    """Conversations of some customers with this provider."""
    for n in range(CUSTOMERS):
        body = json.dumps({"type": "message", "id": f"{name}-{n}", "customer": {"id": f"{name}-{n}"}, "text": "?"}).encode()
        headers = {**JSON, **signed([key_of(settings_of("api")["secret"])], f"{name}-{n}", int(time.time() * 1000), body)}
        async with http.post(f"{server.base}/hooks/api/{name}", data=body, headers=headers) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{name} answered {answer.status}")
    await settled(http, server)
    rows: list[dict[str, Any]] = (await agent.call("GET", "/conversations", view="all", limit="100"))["rows"]
    return [row["id"] for row in rows if row["channel"] == name]


async def _answered(agent: clients.AgentClient, where: list[str], there: Providers) -> list[float]:
    """How long answers at an even pace took, each from the call to the provider, in seconds."""
    begun: dict[str, float] = {}

    async def one(n: int) -> None:
        text = f"answer {n}"
        begun[text] = time.perf_counter()
        await agent.reply(where[n % len(where)], text)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(ANSWERS):
            tasks.create_task(one(next(_numbers)))
            await asyncio.sleep(1 / RATE)
    async with asyncio.timeout(30):
        while begun.keys() - there.taken.keys():
            there.came.clear()
            await there.came.wait()
    return [there.taken[text] - at for text, at in begun.items()]
