"""``python -m tests.journeys.soak [--minutes M] [--seed S]``: screens in Chromium treated badly, against pages opened anew.

Every round ends with three screens compared, field by field, to pages that were opened afresh; the first difference ends the run and
prints the seed and what was done. The heap of one of them is watched.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.journeys.service import Demo, demo

WEB = Path(__file__).parents[2] / "web"
SCRIPT = WEB / "soak" / "run.mjs"


async def run(here: Demo, seconds: float, seed: int) -> tuple[int, str]:
    """The exit code of one run against a demo, and what it said; it is printed as it comes, too."""
    child = await asyncio.create_subprocess_exec(
        shutil.which("node") or "node",
        str(SCRIPT),
        env={
            **os.environ,
            "INBOX_URL": here.base,
            "INBOX_MAIL_PORT": str(here.mail_port),
            "INBOX_SENT": str(here.sent),
            "INBOX_SOAK_SECONDS": str(seconds),
            "INBOX_SOAK_SEED": str(seed),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = []
    try:
        assert child.stdout is not None
        async for line in child.stdout:
            said.append(line.decode(errors="replace"))
            print(said[-1], end="", flush=True)  # noqa: T201  what this program is for
        return await child.wait(), "".join(said)
    finally:
        if child.returncode is None:  # out of time: its browser must not outlive it
            child.kill()


async def _main(minutes: float, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with demo(Path(folder)) as here:
            code, _ = await run(here, minutes * 60, seed)
            return code


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    given = parser.parse_args()
    sys.exit(asyncio.run(_main(given.minutes, given.seed)))
