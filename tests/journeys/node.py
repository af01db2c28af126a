"""A script of the web's in Node, which ends in time whatever its browser does."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
TOOLS = WEB / "node_modules" / "playwright-core"


async def node(*arguments: str, given: Mapping[str, str], seconds: float, say: Callable[[str], None] | None = None) -> tuple[int, str]:
    """Its exit code and what it said, line by line to ``say`` too, with ``given`` in its environment.

    After ``seconds`` it and all that it has started are killed: the code is then that of the signal, and what it had said until then says
    how far it came.
    """
    child = await asyncio.create_subprocess_exec(
        shutil.which("node") or "node",
        *arguments,
        cwd=WEB,
        env={**os.environ, **given},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=2**24,
    )
    said: list[str] = []
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                assert child.stdout is not None
                async for line in child.stdout:
                    said.append(line.decode(errors="replace"))
                    if say is not None:
                        say(said[-1])
                await child.wait()
    finally:
        with suppress(ProcessLookupError):  # its browser must not outlive it
            os.killpg(child.pid, signal.SIGKILL)
    code = await child.wait()
    if code == -signal.SIGKILL:
        said.append(f"not done after {seconds:.0f} s: killed\n")
    return code, "".join(said)
