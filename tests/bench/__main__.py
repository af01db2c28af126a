"""``python -m tests.bench [NAME ...]``: all benches, or those named. Nothing else should run on the machine."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tests.bench import memory, path, stages
from tests.bench.world import World, world

Bench = Callable[[World], Awaitable[None]]

BENCHES: Mapping[str, Bench] = {
    "commit": stages.commit_stage,
    "path": path.whole_path,
    "latency": path.latency,
    "memory": memory.memory,
}


async def run(names: list[str]) -> None:
    """One after the other, on one mongod."""
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder)) as here:
            for name in names or list(BENCHES):
                await BENCHES[name](here)


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], help="which benches; none means all")
    asyncio.run(run(parser.parse_args().names))


if __name__ == "__main__":
    main()
