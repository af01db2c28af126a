"""``python -m tests.journeys.soak [--minutes M] [--seed S]``: screens in Chromium treated badly, against pages opened anew.

Every round ends with three screens compared, field by field, to pages that were opened afresh; the first difference ends the run and
prints the seed and what was done. The heap of one of them is watched.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.journeys.node import WEB, node
from tests.journeys.service import Demo, demo

SCRIPT = WEB / "soak" / "run.mjs"
LAST_ROUND_S = 240
"""How long the round may take that was begun in time."""


async def run(here: Demo, seconds: float, seed: int) -> tuple[int, str]:
    """The exit code of one run against a demo, and what it said; it is printed as it comes, too."""
    given = {
        "INBOX_URL": here.base,
        "INBOX_MAIL_PORT": str(here.mail_port),
        "INBOX_SENT": str(here.sent),
        "INBOX_SOAK_SECONDS": str(seconds),
        "INBOX_SOAK_SEED": str(seed),
    }
    return await node(str(SCRIPT), given=given, seconds=seconds + LAST_ROUND_S, say=partial(print, end="", flush=True))


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
