"""Tries the credentials of every channel now and then, so that a password that ran out is known before a customer waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from inbox.connector import Connector, Health
from inbox.core.errors import InboxError
from inbox.core.ids import ChannelId
from inbox.ports import Clock

EVERY_MS = 10 * 60 * 1000
SPREAD_MS = 30_000
PATIENCE_S = 30.0

log = structlog.get_logger(__name__)


class Probing:
    """One loop for all channels; each trial has its own time limit and troubles nobody else."""

    def __init__(
        self,
        connectors: Mapping[ChannelId, Connector],
        report: Callable[[ChannelId, Health], None],
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self._connectors = connectors
        self._report = report
        self._clock = clock
        self._jitter = jitter

    async def run(self) -> None:
        """Try until cancelled: at the start, then every ten minutes."""
        while True:
            async with asyncio.TaskGroup() as tasks:
                for channel, connector in self._connectors.items():
                    tasks.create_task(self._try(channel, connector))
            await self._clock.sleep_until(self._clock.now() + EVERY_MS + int(self._jitter() * SPREAD_MS))

    async def _try(self, channel: ChannelId, connector: Connector) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                health = await connector.probe()
        except TimeoutError:
            health = Health(False, "The provider did not answer.", "Wait, or look whether this server reaches it; nothing is lost.")
        except InboxError as error:
            health = Health(False, f"The provider refused: {error}"[:300], "Check the settings of this channel.")
        except Exception as bug:
            log.exception("probe_failed", channel=channel)
            health = Health(False, f"Trying the channel failed ({type(bug).__name__}).", "See the log.")
        self._report(channel, health)
