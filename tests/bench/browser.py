"""The agents' screen in Chromium on a workspace that is hard on it, beside a bare page that does the least for the same in the same run.

10,000 conversations in a view, one of them with 10,000 messages. Prints medians of several rounds, each with the bare page's. Node and
Chromium are the machine's; ``CHROMIUM`` names another one.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any, Final

from inbox.core.ids import ChannelId
from inbox.store.client import connect
from tests.bench import hostile
from tests.bench.baseline import report, say
from tests.bench.world import World, fresh

SCRIPT: Final = Path(__file__).parents[2] / "web" / "bench" / "screen.mjs"
CONVERSATIONS: Final = int(os.environ.get("INBOX_BENCH_ROWS", "10000"))
MESSAGES: Final = int(os.environ.get("INBOX_BENCH_THREAD", "10000"))
SECONDS: Final = 600
GOALS: Final = {
    "rows": "< 500 ms",
    "open": "< 100 ms",
    "burst": "< 150 ms",
    "typing": "< 8 ms",
}


async def browser(world: World) -> None:
    """Fill, serve, look."""
    database = fresh()
    async with world.server(database) as (server, email, password):
        number, middle = await _fill(world.uri, database)
        say(f"  load average {os.getloadavg()[0]:.2f}")
        given = {
            "INBOX_URL": server.base,
            "INBOX_EMAIL": email,
            "INBOX_PASSWORD": password,
            "INBOX_THREAD": str(number),
            "INBOX_MIDDLE": middle,
            "INBOX_MESSAGES": str(MESSAGES),
        }
        async with asyncio.timeout(SECONDS):
            await _look(given)
        say(f"  load average {os.getloadavg()[0]:.2f}")


async def _fill(uri: str, database: str) -> tuple[int, str]:
    """The number of the long conversation, and the id of a message in its middle."""
    db = connect(uri, database)
    now, channel = int(time.time() * 1000), ChannelId("probe")
    number = CONVERSATIONS + 1
    long = hostile.thread(number, MESSAGES, now, channel)
    cases = [*hostile.conversations(CONVERSATIONS, now, channel), long]
    try:
        await hostile.store(db, cases)
    finally:
        await db.client.close()
    return number, long.messages[MESSAGES // 2].id


async def _look(given: dict[str, str]) -> None:
    node = shutil.which("node")
    assert node is not None, "node runs the browser"
    child = await asyncio.create_subprocess_exec(node, str(SCRIPT), env={**os.environ, **given}, stdout=asyncio.subprocess.PIPE)
    try:
        assert child.stdout is not None
        async for line in child.stdout:
            _tell(json.loads(line))
        assert await child.wait() == 0, "the browser's script failed"
    finally:
        if child.returncode is None:
            child.kill()


def _tell(figure: dict[str, Any]) -> None:
    """One line: a figure with the bare page's, or plain words."""
    if "say" in figure:
        say(f"  {figure['say']}")
        return
    bare = "" if figure.get("bare") is None else f"; bare page {figure['bare']:.1f}, ratio {figure['value'] / max(figure['bare'], 0.1):.1f}"
    spread = f" ({figure['low']:.1f} to {figure['high']:.1f})" if "low" in figure else ""
    report(figure["what"], f"{figure['value']:.1f} ms{spread}{bare}", GOALS.get(figure["goal"], "-"))
