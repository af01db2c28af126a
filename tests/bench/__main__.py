"""``python -m tests.bench [NAME ...]``: the usual benches, or those named. Nothing else should run on the machine.

``scale`` is not among the usual ones: it fills a database of 200,000 conversations first, once, in some ten minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import uvloop

from tests.bench import channels, fanout, memory, path, scale, stages
from tests.bench.world import World, world

OF_A_WORLD: Mapping[str, Callable[[World], Awaitable[None]]] = {
    "commit": stages.commit_stage,
    "path": path.whole_path,
    "channels": channels.channels,
    "latency": path.latency,
    "memory": memory.memory,
}
ALONE: Mapping[str, Callable[[], Awaitable[None]]] = {"fanout": fanout.main, "scale": scale.scale}
"""Those that need no database, or one of their own."""

USUAL = (*OF_A_WORLD, "fanout")


async def run_in_world(names: Sequence[str]) -> None:
    """One after the other, on one mongod."""
    with tempfile.TemporaryDirectory() as folder:
        async with world(Path(folder)) as here:
            for name in names:
                await OF_A_WORLD[name](here)


async def run_alone(name: str) -> None:
    """One of those that bring what they need."""
    await ALONE[name]()


def main() -> None:
    """Parse and run, each in an event loop such as it has in life."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join((*OF_A_WORLD, *ALONE))}; none means {', '.join(USUAL)}")
    names = parser.parse_args().names or list(USUAL)
    if unknown := set(names) - OF_A_WORLD.keys() - ALONE.keys():
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    if in_world := [name for name in names if name in OF_A_WORLD]:
        asyncio.run(run_in_world(in_world))
    for name in names:
        if name in ALONE:
            uvloop.run(run_alone(name))


if __name__ == "__main__":
    main()
