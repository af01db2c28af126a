"""``python -m tests.faults --rounds N [--minutes M] [--seed S]``: rounds of every kind, each with a seed of its own."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from inbox.store.embedded import EmbeddedMongo
from tests.faults import troubles
from tests.faults.rounds import Round, random_round


def any_round(seed: int, mongo: EmbeddedMongo, folder: Path) -> tuple[str, Round]:
    """Seven of ten rounds kill the service, the others make trouble for the database or pause a server."""
    dice = random.Random(seed)
    kind = dice.choice(("kill",) * 7 + ("database killed", "database frozen", "stepped down"))
    match kind:
        case "kill":
            one = random_round(seed, mongo.uri, folder)
            return f"kill at {one.failpoint[0]}:{one.failpoint[1]}" if one.failpoint else "kill at any moment", one
        case "database killed":
            return kind, Round(seed, mongo.uri, folder, trouble=troubles.kill_database(mongo, dice))
        case "database frozen":
            return kind, Round(seed, mongo.uri, folder, trouble=troubles.freeze_database(mongo, dice))
        case _:
            return kind, Round(seed, mongo.uri, folder, trouble=troubles.step_down(mongo, dice))


async def rounds(count: int, seconds: float, seed: int) -> int:
    """How many went wrong; a line for each, and a sum at the end."""
    bad = done = acknowledged = replies = deaths = 0
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as place:
        mongo = EmbeddedMongo(Path(place) / "db", cache_gb=0.25)
        async with mongo, asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(mongo.keep_running())
            while done < count if not seconds else time.monotonic() < end:
                folder = Path(place) / str(done)
                folder.mkdir()
                kind, one = any_round(seed + done, mongo, folder)
                wrong = await one.run()
                done += 1
                bad += bool(wrong)
                acknowledged += len(one.record.delivered)
                replies += len(one.record.replied)
                deaths += one.restarts
                told = f"{len(one.record.delivered)} acknowledged, {len(one.record.replied)} answered"
                print(f"seed {seed + done - 1}: {kind}: {told}: {wrong[:5] or 'ok'}", flush=True)  # noqa: T201  what this program is for
            keeping.cancel()
    print(f"{done} rounds, {deaths} deaths, {acknowledged} deliveries, {replies} answers, {bad} wrong")  # noqa: T201  as above
    print(f"{done - bad} passed, {bad} failed")  # noqa: T201  as above
    return bad


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments = parser.parse_args()
    return min(1, asyncio.run(rounds(arguments.rounds, arguments.minutes * 60, arguments.seed)))


if __name__ == "__main__":
    sys.exit(main())
