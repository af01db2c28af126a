"""Troubles made from outside while the load runs: the database killed, frozen or stepped down, a server paused past its lease."""

from __future__ import annotations

import asyncio
import os
import random
import signal

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from inbox.store.embedded import EmbeddedMongo
from tests.eventually import PATIENCE_S
from tests.faults.rounds import LOAD_S, Round, Trouble
from tests.faults.serve import LEASE_MS

FROZEN_S = 4.0
PAUSED_S = 2.5 * LEASE_MS / 1000


def kill_database(mongo: EmbeddedMongo, dice: random.Random) -> Trouble:
    """``kill -9`` of mongod; whoever keeps it running starts it again."""

    async def trouble(one: Round) -> None:
        await asyncio.sleep(dice.uniform(0.5, LOAD_S - 1))
        if mongo.pid is not None:
            os.kill(mongo.pid, signal.SIGKILL)

    return trouble


def freeze_database(mongo: EmbeddedMongo, dice: random.Random) -> Trouble:
    """SIGSTOP for some seconds, as a disk or a virtual machine that hangs."""

    async def trouble(one: Round) -> None:
        await asyncio.sleep(dice.uniform(0.3, 1.0))
        pid = mongo.pid
        if pid is not None:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(FROZEN_S)
            os.kill(pid, signal.SIGCONT)

    return trouble


async def client_away(one: Round) -> None:
    """The client's line breaks while everybody writes, and it comes back when they have stopped."""
    await asyncio.sleep(LOAD_S - 1)
    if one.screen is not None:
        await one.screen.stay_away(1.5)


def step_down(mongo: EmbeddedMongo, dice: random.Random) -> Trouble:
    """The primary steps down and is elected again."""

    async def trouble(one: Round) -> None:
        await asyncio.sleep(dice.uniform(0.3, 1.5))
        client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(mongo.uri, serverSelectionTimeoutMS=5000)
        async with client:
            try:
                await client.admin.command({"replSetStepDown": 1, "force": True})
            except PyMongoError:
                return

    return trouble


def pause_past_lease() -> Trouble:
    """A server is stopped while its line to the witness is open, another one takes over, and the first wakes up and reports."""

    async def trouble(one: Round) -> None:
        assert one.server is not None, "the round runs"
        one.witness.whose = one.server.pid
        one.witness.hold.clear()
        one.witness.reached.clear()
        async with asyncio.timeout(PATIENCE_S):
            await one.witness.reached.wait()
        one.server.send_signal(signal.SIGSTOP)
        one.witness.refuse_held = True
        one.witness.hold.set()
        await asyncio.sleep(PAUSED_S + 4)
        one.witness.refuse_held = False
        one.server.send_signal(signal.SIGCONT)

    return trouble
