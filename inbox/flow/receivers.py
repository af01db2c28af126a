"""Keeps the connections and listeners of pulling channels running; each fails and restarts alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

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
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connectors = connectors
        self._accept = accept
        self._report = report
        self._jitter = jitter
        self._pause = pause

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
                log.warning("receiver_ended", channel=channel)
            except Unsupported:
                return
            except InboxError as error:
                self._tell(channel, error)
            except ExceptionGroup as several:
                log.exception("receiver_failed", channel=channel)
                self._tell(channel, _first(several))
            except Exception as bug:
                log.exception("receiver_failed", channel=channel)
                self._tell(channel, bug)
            if asyncio.get_running_loop().time() - started > LONGEST_WAIT_S:
                wait = FIRST_WAIT_S
            await self._pause(wait * (1 + self._jitter() / 5))
            wait = min(wait * 2, LONGEST_WAIT_S)

    def _tell(self, channel: ChannelId, trouble: Exception) -> None:
        match trouble:
            case NeedsLogin(reason=reason):
                self._report(channel, Health(False, f"Login was refused: {reason}"[:300], "Check the user name and password."))
            case InboxError(code=code):
                log.warning("receiver_stopped", channel=channel, error=code)
            case bug:
                self._report(channel, Health(False, f"Receiving failed ({type(bug).__name__}).", "See the log; it is tried again."))


def _first(several: ExceptionGroup[Exception]) -> Exception:
    """What to tell of errors that came together."""
    one = several.exceptions[0]
    return _first(one) if isinstance(one, ExceptionGroup) else one
