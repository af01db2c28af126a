"""Keeps the connections and listeners of pulling channels running; each fails and restarts alone, and may be replaced alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from inbox.connector import Connector, Deliver, Health
from inbox.core.errors import InboxError, NeedsLogin, Unsupported
from inbox.core.ids import ChannelId

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
END_S = 20.0
"""How long a receiver may take to let go of its connection or port."""

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
        self._connectors = dict(connectors)
        self._kept: dict[ChannelId, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._accept = accept
        self._report = report
        self._jitter = jitter
        self._pause = pause

    async def run(self) -> None:
        """Receive until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for channel in self._connectors:
                    self._begin(channel)
                await asyncio.Event().wait()  # channels may come while none is there
        finally:
            self._tasks = None
            self._kept.clear()

    async def stop(self, channel: ChannelId) -> None:
        """Receive no more for a channel; its connection or port is free when this returns."""
        self._connectors.pop(channel, None)
        task = self._kept.pop(channel, None)
        if task is not None:
            task.cancel()
            _, late = await asyncio.wait([task], timeout=END_S)
            if late:
                log.error("receiver_does_not_end", channel=channel)

    def start(self, channel: ChannelId, connector: Connector) -> None:
        """Receive for a channel by this connector, from now on or when ``run`` begins."""
        self._connectors[channel] = connector
        self._begin(channel)

    def _begin(self, channel: ChannelId) -> None:
        if self._tasks is not None and channel not in self._kept:
            self._kept[channel] = self._tasks.create_task(self._keep(channel, self._connectors[channel]))

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
            case NeedsLogin(reason=reason, remedy=remedy):
                self._report(channel, Health(False, f"Login was refused: {reason}"[:300], remedy or "Check the user name and password."))
            case InboxError(code=code):
                log.warning("receiver_stopped", channel=channel, error=code)
            case bug:
                self._report(channel, Health(False, f"Receiving failed ({type(bug).__name__}).", "See the log; it is tried again."))


def _first(several: ExceptionGroup[Exception]) -> Exception:
    """What to tell of errors that came together."""
    one = several.exceptions[0]
    return _first(one) if isinstance(one, ExceptionGroup) else one
