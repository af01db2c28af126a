"""``python -m tests.bench [NAME ...]``: the usual benches, or those named. Nothing else should run on the machine.

``scale`` is not among the usual ones: it fills a database of 200,000 conversations first, once, in some ten minutes. Nor are
``browser`` and ``floor``, which need Node, Chromium and the built screen, nor ``timers``, ``reports`` and ``recount``, which
store very many things first.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import uvloop

from tests.bench import board, browser, channels, fanout, floor, memory, path, providers, recount, reports, routing, scale, stages, timers
from tests.bench.world import World, world

OF_A_WORLD: Mapping[str, Callable[[World], Awaitable[None]]] = {
    "commit": stages.commit_stage,
    "path": path.whole_path,
    "channels": channels.channels,
    "providers": providers.providers,
    "latency": path.latency,
    "memory": memory.memory,
    "routing": routing.routing,
    "timers": timers.timers,
    "reports": reports.reports,
    "recount": recount.recount,
    "browser": browser.browser,
}
ALONE: Mapping[str, Callable[[], Awaitable[None]]] = {
    "fanout": fanout.main,
    "board": board.board,
    "scale": scale.scale,
    "floor": floor.floor,
}
"""Those that need no database, or one of their own."""

USUAL = (*(name for name in OF_A_WORLD if name not in ("browser", "timers", "reports", "recount")), "fanout", "board")


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
