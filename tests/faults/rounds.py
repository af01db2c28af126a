"""One round: a fresh database, load, a death, a restart, quiet, and the question what is lost or doubled."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from inbox import failpoints
from inbox.app.accounts import create_admin
from inbox.settings import load
from inbox.store.secrets import make_key
from tests import clients
from tests.eventually import PATIENCE_S
from tests.faults.load import AWAY, SECRET, Answering, Customers, Screen
from tests.faults.record import Final, Record, Seen, faults
from tests.faults.server import Server
from tests.faults.witness import Witness
from tests.ports import free_ports

EMAIL, PASSWORD = "agent@faults.test", "a long enough password"
LOAD_S = 3.0
SETTLE_S = PATIENCE_S
WRITERS = 4
VIEWS = ("all", "snoozed", "resolved", "spam")

Trouble = Callable[["Round"], Coroutine[Any, Any, None]]
Death = tuple[str, int]


@dataclass
class Round:
    """What happens: ``failpoint`` is (name, count), or the trouble is made from outside by ``trouble`` while the load runs."""

    seed: int
    uri: str
    folder: Path
    failpoint: Death | None = None
    plant: str = ""
    trouble: Trouble | None = None
    settle: float = SETTLE_S
    two: bool = False
    record: Record = field(default_factory=Record)
    server: Server | None = None
    screen: Screen | None = None
    other: Server | None = None
    witness: Witness = field(default_factory=Witness)
    died: bool = False
    restarts: int = 0

    async def run(self) -> list[str]:
        """Everything that went wrong; empty when nothing did."""
        dice = random.Random(self.seed)
        async with self.witness:
            settings = self._settings()
            await create_admin(load(settings), EMAIL, "Agent", PASSWORD)
            self.server = Server(settings, self._base)
            try:
                return await self._live(self.server, dice)
            finally:
                await self.server.stop()
                if self.other is not None:
                    await self.other.stop()

    def _settings(self, name: str = "one") -> Path:
        file = settings_file(self.folder, name, self.uri, self._database, self._key, self.witness.port)
        self._base = load(file).server.public_url
        return file

    def __post_init__(self) -> None:
        """Both servers of a round share the key."""
        self._key = make_key("faults")
        self._database = f"faults_{secrets.token_hex(6)}"
        self._base = ""

    async def _second(self) -> None:
        """Another server on the same database."""
        self.other = Server(self._settings("two"), self._base)
        await self.other.start(self.environment(deadly=False))

    def environment(self, *, deadly: bool) -> Mapping[str, str]:
        """What the server process is told."""
        told = {"INBOX_PLANT": self.plant}
        if deadly and self.failpoint is not None:
            told["INBOX_FAILPOINT"] = "{}:{}".format(*self.failpoint)
        return told

    async def _live(self, server: Server, dice: random.Random) -> list[str]:
        await server.start(self.environment(deadly=False))
        if self.two:
            await self._second()
        async with clients.agent(server.base, EMAIL, PASSWORD) as agent:
            screen = self.screen = Screen(agent)
            following = asyncio.ensure_future(screen.follow())  # noqa: TID251  it outlives the groups of this round and is cancelled below
            try:
                if self.failpoint is not None:
                    server.kill()
                    await server.dead(PATIENCE_S)
                    await server.start(self.environment(deadly=True))
                async with asyncio.TaskGroup() as both:
                    reaping = both.create_task(self._reaper(server, dice))
                    await self._load(server, agent, dice)
                    final = await self._final(agent, screen)
                    reaping.cancel()
            finally:
                following.cancel()
                with suppress(asyncio.CancelledError):
                    await following
        return faults(self.record, final, self.witness.received)

    async def _load(self, server: Server, agent: clients.AgentClient, dice: random.Random) -> None:
        end = time.monotonic() + LOAD_S
        over = lambda: time.monotonic() > end  # noqa: E731  a name for a closure of one expression
        customers = Customers(server.base, self.record, dice)
        answering = Answering(agent, self.record, dice)
        async with asyncio.TaskGroup() as work:
            for n in range(WRITERS):
                work.create_task(customers.keep_writing(f"w{n}", over))
            work.create_task(self._once(customers))
            work.create_task(answering.work(over, lambda: int(time.time() * 1000)))
            if self.trouble is not None:
                work.create_task(self.trouble(self))

    async def _once(self, customers: Customers) -> None:
        async with aiohttp.ClientSession() as http:
            for n in range(4):
                await customers.write(http, f"once{n}", f"once-{n}")

    async def _reaper(self, server: Server, dice: random.Random) -> None:
        """Start again whoever died; without a failpoint or other trouble, kill at a random moment."""
        moment = None if self.failpoint or self.trouble else dice.uniform(0.2, LOAD_S - 0.5)
        started = time.monotonic()
        while True:
            if moment is not None and time.monotonic() - started > moment:
                server.kill()
                moment = None
            if not server.alive:
                self.died = True
                self.restarts += 1
                await server.start(self.environment(deadly=False))
            await asyncio.sleep(0.02)

    async def _final(self, agent: clients.AgentClient, screen: Screen) -> Final:
        """The state once nothing moves any more, or as it is after the patience is spent."""
        end = time.monotonic() + self.settle
        while True:
            try:
                final = await self._read(agent, screen)
            except AWAY:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.2)
                continue
            if not faults(self.record, final, self.witness.received) or time.monotonic() > end:
                return final
            await asyncio.sleep(0.5)

    async def _read(self, agent: clients.AgentClient, screen: Screen) -> Final:
        messages: dict[str, Seen] = {}
        wakes: dict[str, int] = {}
        rows: dict[str, int] = {}
        for view in VIEWS:
            for row in await _pages(agent, view):
                if view == screen.view:
                    rows[row["id"]] = row["version"]
                wakes[row["id"]] = 0
                for item in await _timeline(agent, row["id"]):
                    if item["t"] == "message":
                        messages[f"{item['id']}"] = Seen(item["id"], item["text"], item["kind"], item["state"])
                    elif (item["reason"] or {}).get("code") == "snooze_over":
                        wakes[row["id"]] += 1
        return Final(tuple(messages.values()), wakes, rows, dict(screen.rows))


async def _pages(agent: clients.AgentClient, view: str) -> list[clients.Frame]:
    rows: list[clients.Frame] = []
    after: dict[str, str] = {}
    while True:
        page = await agent.call("GET", "/conversations", view=view, limit="100", **after)
        rows += page["rows"]
        if page["next"] is None:
            return rows
        after = {"after": page["next"]}


async def _timeline(agent: clients.AgentClient, conversation: str) -> list[clients.Frame]:
    items: list[clients.Frame] = []
    before: dict[str, str] = {}
    while True:
        page = await agent.call("GET", f"/conversations/{conversation}/timeline", limit="100", **before)
        items += page["items"]
        if page["before"] is None:
            return items
        before = {"before": page["before"]}


def settings_file(folder: Path, name: str, uri: str, database: str, key: str, witness_port: int) -> Path:
    """Settings of a service with the probe channel, on free ports."""
    port, metrics = free_ports(2)
    file = folder / f"{name}.toml"
    file.write_text(
        f"""
[server]
port = {port}
public_url = "http://127.0.0.1:{port}"
drain_seconds = 5
[metrics]
port = {metrics}
[mongodb]
uri = "{uri}"
database = "{database}"
[log]
level = "warning"
format = "json"
[secrets]
keys = ["{key}"]
[limits]
sockets_per_agent = 1000
[[channels]]
id = "probe"
connector = "probe"
name = "Probe"
[channels.settings]
secret = "{SECRET}"
port = {witness_port}
""",
        encoding="utf-8",
    )
    return file


def random_round(seed: int, uri: str, folder: Path) -> Round:
    """Two of three rounds die at a named place, the others at any moment."""
    dice = random.Random(seed)
    if dice.random() < 0.34:
        return Round(seed, uri, folder)
    return Round(seed, uri, folder, failpoint=(dice.choice(failpoints.NAMES), dice.randint(1, 15)))
