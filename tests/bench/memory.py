"""Memory of our processes (proportional set size, mongod not counted): idle, and for each socket that follows a view."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from pathlib import Path

from tests import clients
from tests.bench.baseline import report
from tests.bench.world import World, fresh
from tests.faults.server import Server

SOCKETS = 500
SETTLE_S = 3.0


async def memory(world: World) -> None:
    """Idle, then with 500 sockets."""
    async with world.server(fresh()) as (server, email, password), clients.agent(server.base, email, password) as agent:
        await agent.call("GET", "/bootstrap")
        await asyncio.sleep(SETTLE_S)
        idle = _pss(server)
        report("memory idle, all our processes", f"{idle / 1024:.0f} MB", "< 180 MB")
        async with AsyncExitStack() as stack:
            for _ in range(SOCKETS):
                live = await stack.enter_async_context(agent.socket())
                await live.follow("all")
            await asyncio.sleep(SETTLE_S)
            held = _pss(server)
        report(f"memory for each of {SOCKETS} sockets following a view", f"{(held - idle) / SOCKETS:.1f} KB", "< 25 KB")


def _pss(server: Server) -> int:
    """KB of the server's process and of those it started, but for mongod."""
    pids, waiting = [], [server.pid]
    while waiting:
        pid = waiting.pop()
        pids.append(pid)
        for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting += [int(child) for child in tasks.read_text(encoding="ascii").split()]
    return sum(_one(pid) for pid in pids)


def _one(pid: int) -> int:
    try:
        if Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() == "mongod":
            return 0
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"), re.M)
    except OSError:
        return 0
    return int(found[1]) if found else 0
