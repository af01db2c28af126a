"""``python -m tests.faults.floor --rounds N [--seed S] [--kind K]``: three servers give out work and fire deadlines while one of them is
killed in the middle of it, loses its lease, or has its wall clock set. What is checked is read from the database itself; ``--planted``
tells whether the checker sees what is broken on purpose."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from pymongo import AsyncMongoClient

from inbox.app.accounts import create_admin
from inbox.settings import load
from inbox.store.embedded import EmbeddedMongo
from inbox.store.secrets import make_key
from inbox.store.writers import LEASE_MS
from tests import clients
from tests.eventually import PATIENCE_S
from tests.faults.load import Customers, Screen
from tests.faults.record import Record
from tests.faults.rounds import settings_file
from tests.faults.server import Server
from tests.faults.witness import Witness

PASSWORD: Final = "a long enough password"
AGENTS, CONVERSATIONS, CAPACITY = 3, 34, 10
"""A few more than all agents can hold."""
TARGET_MS: Final = 8_000
"""A warning after half of it and the deadline lie so far apart that a machine which stands still for a while does not make them one."""
SETTLE_S: Final = PATIENCE_S
LATEST_MS: Final = int(PATIENCE_S * 1000)
"""So much later than promised may a breach be told while a server is dead or paused, on a busy machine; far less than any clock is set."""
FAKETIME: Final = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
KILLED: Final = {
    "claim": (("claim.before", 4), ("claim.after", 4), ("commit.inside", 30)),
    "fire": (("timer.before", 24), ("timer.after", 24), ("commit.inside", 60)),
}
JUMPS: Final = {"hour": ("+1h", "-1h"), "day": ("+1d", "-1d")}
KINDS: Final = (*KILLED, "pause", *JUMPS)
PLANTED: Final = {
    "claim_not_atomic": ("claim", r"assigned, warned, breached \[([2-9]|\d\d)"),
    "capacity_ignored": ("claim", r"load (1[1-9]|[2-9]\d)"),
    "fired_and_forgotten": ("fire", r"assigned, warned, breached \[\d+, (([2-9]|\d\d)|\d, ([2-9]|\d\d))"),
    "own_clock": ("hour", r"conversation.assigned at|sla.\w+ at|breach told \d{7}"),
}
"""What is broken on purpose, in which kind of round it shows, and how it is told: never by what is merely not finished yet."""
TRIES: Final = 8


@dataclass
class FloorRound:
    """One round of a ``kind``; the same seed kills at the same place."""

    seed: int
    kind: str
    uri: str
    folder: Path
    plant: str = ""
    settle: float = SETTLE_S
    sign: str = ""
    """What is waited for instead of nothing being wrong."""
    record: Record = field(default_factory=Record)
    deaths: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._key = make_key("floor")
        self._database = f"floor_{secrets.token_hex(6)}"
        self._clock = self.folder / "clock"

    async def run(self) -> list[str]:
        """Everything that went wrong; empty when nothing did."""
        async with AsyncExitStack() as stack:
            witness = await stack.enter_async_context(Witness())
            files = [settings_file(self.folder, f"s{n}", self.uri, self._database, self._key, witness.port) for n in range(3)]
            people = [f"agent{n}@floor.test" for n in range(AGENTS)]
            for email in people:
                await create_admin(load(files[0]), email, email, PASSWORD)
            servers = [Server(file, load(file).server.public_url) for file in files]
            for server in servers:
                stack.push_async_callback(server.stop)
            self._clock.write_text("+0", encoding="utf-8")
            await servers[0].start(self._environment())
            await asyncio.gather(*(server.start({"INBOX_PLANT": self.plant}) for server in servers[1:]))
            await stack.enter_async_context(self._at_work(servers, people))
            return await self._play(servers)

    def _environment(self) -> Mapping[str, str]:
        told = {"INBOX_PLANT": self.plant}
        if self.kind in KILLED:
            name, most = self._dice.choice(KILLED[self.kind])
            told["INBOX_FAILPOINT"] = f"{name}:{self._dice.randint(1, most)}"
        if self.kind in JUMPS:
            assert FAKETIME is not None, "apt-get install libfaketime"
            told |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self._clock), "FAKETIME_NO_CACHE": "1"}
            told |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return told

    @asynccontextmanager
    async def _at_work(self, servers: list[Server], people: list[str]) -> AsyncIterator[None]:
        """Everybody has a window open at every server, so that nobody is gone because a server is."""
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            screens: list[asyncio.Task[None]] = []
            for email in people:
                agent = await stack.enter_async_context(clients.agent(servers[1].base, email, PASSWORD))
                if email == people[0]:
                    targets = {"first_response": TARGET_MS}
                    await agent.call("POST", "/sla/policies", {"name": "Soon", "targets": targets, "warn_shares": [50], "version": 0})
                at = [clients.AgentClient(server.base, agent.http, agent.me) for server in servers]
                screens += [tasks.create_task(Screen(one).follow()) for one in at]
            yield
            for screen in screens:
                screen.cancel()

    async def _play(self, servers: list[Server]) -> list[str]:
        began = time.time() * 1000
        async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as http:
            trouble = tasks.create_task(self._trouble(servers[0]))
            writing: list[asyncio.Task[None]] = []
            customers = [Customers(server.base, self.record, self._dice) for server in servers]
            for n in range(CONVERSATIONS):
                writing.append(tasks.create_task(customers[n % 3].write(http, f"c{n}", f"c{n}-1")))
                await asyncio.sleep(self._dice.random() * 0.06)
            wrong = await self._settled(began)
            for task in (trouble, *writing):
                task.cancel()
        return wrong

    async def _trouble(self, server: Server) -> None:
        if self.kind in JUMPS:
            await asyncio.sleep(self._dice.uniform(0.1, 2.0))
            self._clock.write_text(self._dice.choice(JUMPS[self.kind]), encoding="utf-8")
        if self.kind == "pause":
            await asyncio.sleep(self._dice.uniform(0.1, 2.0))
            server.send_signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(LEASE_MS / 1000 + 2)
            finally:
                server.send_signal(signal.SIGCONT)
        while True:
            if not server.alive:
                self.deaths += 1
                await server.start({"INBOX_PLANT": self.plant})
            await asyncio.sleep(0.02)

    async def _settled(self, began: float) -> list[str]:
        """What is wrong once nothing is, or when the patience is spent; a while later again, in case something comes twice."""
        end = time.monotonic() + self.settle
        async with AsyncMongoClient[dict[str, Any]](self.uri) as client:
            while True:
                wrong = await self._wrong(client, began)
                if not wrong or _tells(self.sign, wrong) or time.monotonic() > end:
                    break
                await asyncio.sleep(0.3)
            if wrong:
                return wrong
            await asyncio.sleep(LEASE_MS / 1000 + 4 if self.kind == "pause" else 3)
            return await self._wrong(client, began)

    async def _wrong(self, client: AsyncMongoClient[dict[str, Any]], began: float) -> list[str]:
        db = client[self._database]
        kinds = ("conversation.assigned", "sla.warned", "sla.breached")
        events = await db["events"].find({"type": {"$in": kinds}}).to_list()
        times: Counter[tuple[str, str]] = Counter((e["type"], e["conversation"]) for e in events)
        found = await db["conversations"].find({}).to_list()
        wrong = [f"{len(found)} conversations"] if len(found) != CONVERSATIONS else []
        held = Counter(c["assignee"] for c in found if c.get("assignee"))
        for c in found:
            counts = [times[kind, c["_id"]] for kind in kinds]
            if counts != [int(bool(c.get("assignee"))), 1, 1]:
                wrong.append(f"assigned, warned, breached {counts}: {c['_id']}")
        if sum(held.values()) != min(CONVERSATIONS, AGENTS * CAPACITY):
            wrong.append(f"given out: {dict(held)}")
        loads = {agent["_id"]: agent.get("load", 0) for agent in await db["agents"].find({}).to_list()}
        wrong += [f"load {load}, holds {held[id]}" for id, load in loads.items() if load != held[id] or held[id] > CAPACITY]
        return wrong + [line for e in events if (line := _at_a_wrong_time(e, began))]


def _tells(sign: str, wrong: list[str]) -> bool:
    return bool(sign) and any(re.match(sign, line) for line in wrong)


def _at_a_wrong_time(event: Mapping[str, Any], began: float) -> str:
    """Database and test share a machine, whose own clock nobody sets."""
    now = time.time() * 1000
    if not began - 1_000 <= event["at"] <= now + 1_000:
        return f"{event['type']} at {event['at'] - now:.0f} ms from now"
    due = event["reason"]["numbers"].get("due_at") if event["type"] == "sla.breached" else None
    late = 0 if due is None else event["at"] - due
    return "" if 0 <= late <= LATEST_MS else f"breach told {late} ms after it was due"


async def is_seen(plant: str, uri: str, place: Path) -> tuple[int, list[str]]:
    """In which try the checker saw what is broken, 0 for in none, and what it said last. A race is not lost in every round."""
    kind, sign = PLANTED[plant]
    wrong: list[str] = []
    for attempt in range(1, TRIES + 1):
        folder = place / f"{plant}{attempt}"
        folder.mkdir()
        wrong = await FloorRound(attempt, kind, uri, folder, plant, 20, sign).run()
        if _tells(sign, wrong):
            return attempt, wrong
    return 0, wrong


async def planted() -> int:
    """How many planted faults went unseen; a line for each."""
    unseen = 0
    with tempfile.TemporaryDirectory() as place:
        async with EmbeddedMongo(Path(place) / "db", cache_gb=0.25) as uri:
            for plant in PLANTED:
                attempt, wrong = await is_seen(plant, uri, Path(place))
                unseen += not attempt
                told = [line for line in wrong if _tells(PLANTED[plant][1], [line])]
                seen = {"planted": plant, "seen in try": attempt, "wrong": told[:2]}
                print(json.dumps(seen), flush=True)  # noqa: T201  what this program is for
    return unseen


async def rounds(count: int, seed: int, kinds: tuple[str, ...]) -> int:
    """How many went wrong; a line for each, and a sum at the end."""
    bad = deaths = 0
    with tempfile.TemporaryDirectory() as place:
        async with EmbeddedMongo(Path(place) / "db", cache_gb=0.25) as uri:
            for n in range(count):
                folder = Path(place) / str(n)
                folder.mkdir()
                one = FloorRound(seed + n, kinds[n % len(kinds)], uri, folder)
                wrong = await one.run()
                bad += bool(wrong)
                deaths += one.deaths
                print(json.dumps({"seed": one.seed, "kind": one.kind, "deaths": one.deaths, "wrong": wrong[:5]}), flush=True)  # noqa: T201  what this program is for
    print(f"{count} rounds, {deaths} deaths, {bad} wrong")  # noqa: T201  as above
    return bad


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--planted", action="store_true", help="whether the checker sees what is broken on purpose")
    arguments = parser.parse_args()
    if arguments.planted:
        return min(1, asyncio.run(planted()))
    return min(1, asyncio.run(rounds(arguments.rounds, arguments.seed, tuple(arguments.kind or KINDS))))


if __name__ == "__main__":
    sys.exit(main())
