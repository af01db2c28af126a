"""Serves with the tests' own connector beside the shipped ones: ``python -m tests.probe.serve SETTINGS.toml``. Prints ``ready``."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from inbox import logs
from inbox.app import service
from inbox.app.steps import Steps
from inbox.app.stores import Stores
from inbox.settings import load
from tests.probe.connector import ProbeConnector


async def serve(file: Path) -> None:
    """Serve until SIGTERM."""
    settings = load(file)
    logs.configure(settings.log.level, settings.log.format)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def ready(stores: Stores, built: Steps) -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    await service.serve(settings, stop, ready, more={ProbeConnector.name: ProbeConnector})


def main() -> None:
    """Run."""
    uvloop.run(serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
