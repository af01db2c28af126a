"""Tries the credentials of every channel now and then, so that a password that ran out is known before a customer waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from inbox.connector import Connector, Health
from inbox.core.errors import InboxError
from inbox.core.ids import ChannelId, Instant
from inbox.flow.timers import either
from inbox.ports import Clock

EVERY_MS = 10 * 60 * 1000
SPREAD_MS = 30_000
PATIENCE_S = 30.0

log = structlog.get_logger(__name__)


class Probing:
    """One loop for all channels; each trial has its own time limit and troubles nobody else."""

    def __init__(
        self,
        connectors: Callable[[], Mapping[ChannelId, Connector]],
        report: Callable[[ChannelId, Health], None],
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self._connectors = connectors
        self._report = report
        self._clock = clock
        self._jitter = jitter
        self._asked: set[ChannelId] = set()
        self._wake = asyncio.Event()

    def ask(self, channel: ChannelId) -> None:
        """Try a channel now, because it is another than it was."""
        self._asked.add(channel)
        self._wake.set()

    async def run(self) -> None:
        """Try until cancelled: at the start, then every ten minutes, and one that is asked for at once."""
        every: Instant = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                now = self._clock.now()
                whole, asked = now >= every, self._asked
                if whole:
                    every = now + EVERY_MS + int(self._jitter() * SPREAD_MS)
                self._asked = set()
                for channel, connector in self._connectors().items():
                    if whole or channel in asked:
                        tasks.create_task(self._try(channel, connector))
                self._wake.clear()
                await either(self._wake, self._clock, every)

    async def _try(self, channel: ChannelId, connector: Connector) -> None:
        health = await tried(connector)
        if self._connectors().get(channel) is connector:
            self._report(channel, health)


async def tried(connector: Connector, patience_s: float = PATIENCE_S) -> Health:
    """What ``probe`` says, in time and without raising."""
    try:
        async with asyncio.timeout(patience_s):
            return await connector.probe()
    except TimeoutError:
        return Health(False, "The provider did not answer.", "Wait, or look whether this server reaches it; nothing is lost.")
    except InboxError as error:
        return Health(False, f"The provider refused: {error}"[:300], "Check the settings of this channel.")
    except Exception as bug:
        log.exception("probe_failed", channel=connector.channel)
        return Health(False, f"Trying the channel failed ({type(bug).__name__}).", "See the log.")
