"""Keeps the connections and listeners of pulling channels running; each fails and restarts alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import structlog

from inbox.connector import Connector, Deliver, Health
from inbox.core.errors import InboxError, NeedsLogin, Unsupported
from inbox.core.ids import ChannelId

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0

log = structlog.get_logger(__name__)


class Receivers:
    """One task per channel that has something to receive by a connection of its own."""

    def __init__(
        self,
        connectors: Mapping[ChannelId, Connector],
        accept: Deliver,
        report: Callable[[ChannelId, Health], None],
        jitter: Callable[[], float],
    ) -> None:
        self._connectors = connectors
        self._accept = accept
        self._report = report
        self._jitter = jitter

    async def run(self) -> None:
        """Receive until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for channel, connector in self._connectors.items():
                tasks.create_task(self._keep(channel, connector))

    async def _keep(self, channel: ChannelId, connector: Connector) -> None:
        wait = FIRST_WAIT_S
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await connector.receive(self._accept)
                return
            except Unsupported:
                return
            except NeedsLogin as refused:
                self._report(channel, Health(False, f"Login was refused: {refused.reason}"[:300], "Check the user name and password."))
            except InboxError as error:
                log.warning("receiver_stopped", channel=channel, error=error.code)
            except Exception as bug:
                log.exception("receiver_failed", channel=channel)
                self._report(channel, Health(False, f"Receiving failed ({type(bug).__name__}).", "See the log; it is tried again."))
            long_ago = asyncio.get_running_loop().time() - started > LONGEST_WAIT_S
            wait = FIRST_WAIT_S if long_ago else min(wait * 2, LONGEST_WAIT_S)
            await asyncio.sleep(wait * (1 + self._jitter() / 5))
