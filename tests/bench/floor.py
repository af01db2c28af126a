"""From an agent's request to the changed figure on a supervisor's screen: the demo on a real server, the board in Chromium.

The request, its commit and the board's pause between two frames are in the time. Node and Chromium are the machine's.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from tests.bench.baseline import report, say
from tests.journeys.service import demo

SCRIPT: Final = Path(__file__).parents[2] / "web" / "bench" / "board.mjs"
SECONDS: Final = 600


async def floor() -> None:
    """Serve, look."""
    with tempfile.TemporaryDirectory() as folder:
        async with demo(Path(folder)) as here:
            say(f"  load average {os.getloadavg()[0]:.2f}")
            async with asyncio.timeout(SECONDS):
                found = json.loads(await _look(here.base))
    report(
        "request to the board's painted figure", f"p50 {found['p50']} ms, p99 {found['p99']} ms, slowest {found['most']}", "p99 < 500 ms"
    )


async def _look(base: str) -> bytes:
    node = shutil.which("node")
    assert node is not None, "node runs the browser"
    child = await asyncio.create_subprocess_exec(node, str(SCRIPT), env={**os.environ, "INBOX_URL": base}, stdout=asyncio.subprocess.PIPE)
    try:
        said, _ = await child.communicate()
        assert child.returncode == 0, "the browser's script failed"
        return said
    finally:
        if child.returncode is None:
            child.kill()
