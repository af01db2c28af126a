"""Serves with the tests' own connector beside the shipped ones: ``python -m tests.probe.serve SETTINGS.toml``. Prints ``ready``."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from inbox import logs
from inbox.app import service, steps
from inbox.app.steps import Steps
from inbox.app.stores import Stores
from inbox.connector import Connector
from inbox.flow.registry import discover
from inbox.settings import load
from tests.probe.connector import ProbeConnector


def with_probe(outside: tuple[str, ...] = ()) -> dict[str, type[Connector]]:
    """All shipped connectors and the probe."""
    return {**discover(outside), ProbeConnector.name: ProbeConnector}


async def serve(file: Path) -> None:
    """Serve until SIGTERM."""
    settings = load(file)
    logs.configure(settings.log.level, settings.log.format)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def ready(stores: Stores, built: Steps) -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    await service.serve(settings, stop, ready)


def main() -> None:
    """Run."""
    steps.discover = with_probe  # type: ignore[assignment]  # the one seam: which connectors there are
    uvloop.run(serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
