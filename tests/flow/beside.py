"""Steps of the service that a house does not run by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol


class Step(Protocol):
    """What runs until it is cancelled."""

    async def run(self) -> None: ...


@asynccontextmanager
async def running(*steps: Step) -> AsyncIterator[None]:
    """Beside the test, and ended in the middle of whatever they do."""
    async with asyncio.TaskGroup() as tasks:
        loops = [tasks.create_task(step.run()) for step in steps]
        yield
        for loop in loops:
            loop.cancel()
