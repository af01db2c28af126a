"""Keeps each channel to its provider's pace, and leaves a channel alone for a while whose provider takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from inbox.connector import Connector, Health
from inbox.core import pacing
from inbox.core.errors import InboxError, NeedsLogin, TryLater
from inbox.core.ids import ChannelId
from inbox.flow.timers import either
from inbox.ports import Clock

REMEDY = "Nothing is lost: what waits is sent as soon as the provider takes messages again."
LOGIN_REMEDY = "Enter the credentials of this channel anew; what waits is sent then."


class Traffic:
    """The paces of this process's channels. A slow or failing provider holds up its own channel only."""

    def __init__(self, clock: Clock, find: Callable[[ChannelId], Connector | None], report: Callable[[ChannelId, Health], None]) -> None:
        self._clock = clock
        self._find = find
        self._report = report
        self._paces: dict[ChannelId, pacing.Pace] = {}

    async def turn(self, channel: ChannelId, stopping: asyncio.Event) -> bool:
        """Returns when one message may go by this channel; False when ``stopping`` was set before."""
        while not stopping.is_set():
            connector = self._find(channel)
            rate = connector.capabilities.rate if connector is not None else None
            answer = pacing.ask(self._paces.get(channel, pacing.Pace()), rate, self._clock.now())
            if isinstance(answer, pacing.Go):
                self._paces[channel] = answer.pace
                return True
            await either(stopping, self._clock, answer.until)
        return False

    def ended(self, channel: ChannelId) -> None:
        """Whoever was let go is done."""
        if channel in self._paces:
            self._paces[channel] = pacing.ended(self._paces[channel])

    def went(self, channel: ChannelId) -> None:
        """The provider answered."""
        before = self._paces.get(channel, pacing.Pace())
        self._paces[channel] = pacing.went(before)
        if before.failures >= pacing.FAILURES:
            self._report(channel, Health(True))

    def failed(self, channel: ChannelId, error: InboxError) -> None:
        """The provider is away, refused the credentials, or asks for peace."""
        after = error.after if isinstance(error, TryLater) else None
        pace = pacing.failed(self._paces.get(channel, pacing.Pace()), self._clock.now(), after)
        self._paces[channel] = pace
        if pace.failures >= pacing.FAILURES:
            remedy = LOGIN_REMEDY if isinstance(error, NeedsLogin) else REMEDY
            self._report(channel, Health(False, f"Sending failed {pace.failures} times in a row: {str(error) or error.code}", remedy))
