"""A promise that is changed while very many conversations are open: when it holds for all of them, and what else waits meanwhile."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Final

from inbox.core.ids import ChannelId
from inbox.store.client import connect
from tests import clients
from tests.bench import hostile
from tests.bench.baseline import percentiles, report, say
from tests.bench.world import World, fresh

CONVERSATIONS: Final = int(os.environ.get("INBOX_BENCH_ROWS", "100000"))
SECONDS: Final = 3_600
ASK_EVERY_S: Final = 0.25


async def recount(world: World) -> None:
    """Fill, serve, change the promise twice: at first every conversation gets it, then every one gets another instant."""
    database = fresh()
    async with world.server(database) as (server, email, password):
        await _fill(world.uri, database)
        async with clients.agent(server.base, email, password) as admin:
            for hours in (4, 8):
                policy = {
                    "name": f"{hours} hours",
                    "targets": {"first_response": hours * 3_600_000, "resolution": hours * 36_000_000},
                    "order": 100 - hours,
                }
                said = f"{CONVERSATIONS:,} open conversations under another promise"
                async with asyncio.timeout(SECONDS):
                    report(said, await _change(admin, policy), "-")


async def _fill(uri: str, database: str) -> None:
    db = connect(uri, database)
    try:
        cases = hostile.conversations(CONVERSATIONS, int(time.time() * 1000), ChannelId("probe"))
        await hostile.store(db, list(cases))
    finally:
        await db.client.close()


async def _change(admin: clients.AgentClient, policy: clients.Frame) -> str:
    """Save it and look at the list until all are done, as the screen does."""
    began = time.perf_counter()
    await admin.call("POST", "/sla/policies", policy)
    lists: list[float] = []
    while True:
        asked = time.perf_counter()
        await admin.call("GET", "/conversations", view="all", limit="50")
        lists.append(time.perf_counter() - asked)
        far = await admin.call("GET", "/sla/recount")
        if far["done_at"] is not None and not far["running"]:
            break
        await asyncio.sleep(ASK_EVERY_S)
    took = time.perf_counter() - began
    p50, p99 = percentiles(lists)
    say(f"  {far['changed']:,} of {far['seen']:,} changed; load average {os.getloadavg()[0]:.2f}")
    return f"{took:.0f} s, {CONVERSATIONS / took:,.0f}/s; a list meanwhile p50 {p50:.0f} ms, p99 {p99:.0f} ms"
