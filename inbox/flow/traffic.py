"""Keeps each channel to its provider's pace, and leaves a channel alone for a while whose provider takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from inbox.connector import Connector, Health
from inbox.core import pacing
from inbox.core.errors import InboxError, NeedsLogin, TryLater
from inbox.core.events import EventType
from inbox.core.ids import ChannelId
from inbox.flow.feed import Change
from inbox.flow.timers import any_of
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
        self._mended: dict[ChannelId, asyncio.Event] = {}

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed: a channel whose credentials are good again need not pause any more."""
        for change in changes:
            if change.event.type is EventType.CONSENT_CHANGED and change.event.data.get("what") == "given":
                channel = ChannelId(str(change.event.data.get("channel")))
                self.went(channel)
                self._look_again(channel)

    def _look_again(self, channel: ChannelId) -> None:
        """Whoever waits for the end of a pause need not any more."""
        self._mended.pop(channel, asyncio.Event()).set()

    async def turn(self, channel: ChannelId, stopping: asyncio.Event) -> bool:
        """Returns when one message may go by this channel; False when ``stopping`` was set before."""
        while not stopping.is_set():
            connector = self._find(channel)
            rate = connector.capabilities.rate if connector is not None else None
            answer = pacing.ask(self._paces.get(channel, pacing.Pace()), rate, self._clock.now())
            if isinstance(answer, pacing.Go):
                self._paces[channel] = answer.pace
                return True
            await any_of((stopping, self._mended.setdefault(channel, asyncio.Event())), self._clock, answer.until)
        return False

    def easy(self, channel: ChannelId) -> bool:
        """Whether something of no weight may be asked of the provider now: it answers, and nothing has to wait for its pace."""
        pace = self._paces.get(channel, pacing.Pace())
        return not pace.failures and pace.free_at <= self._clock.now()

    def forget(self, channel: ChannelId) -> None:
        """The channel has other settings now: its provider's pace is not known any more. Whoever is on the way still counts."""
        if channel in self._paces:
            self._paces[channel] = pacing.Pace()
        self._look_again(channel)

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
            remedy = (error.remedy or LOGIN_REMEDY) if isinstance(error, NeedsLogin) else REMEDY
            self._report(channel, Health(False, f"Sending failed {pace.failures} times in a row: {str(error) or error.code}", remedy))
