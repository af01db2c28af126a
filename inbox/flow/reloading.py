"""Follows the channels' records: what an admin commits on any server, every server's channels become, one channel at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence, Set

import structlog

from inbox.connector import Health
from inbox.core.errors import TryLater
from inbox.core.events import EventType
from inbox.core.ids import ChannelId
from inbox.flow.channels import Broken, Channels, Entry, Running
from inbox.flow.feed import Change
from inbox.flow.receivers import Receivers
from inbox.ports import Queries
from inbox.records import WORKSPACE, ChannelRecord

AGAIN_AFTER_S = 1.0
BUILD = "build"
"""Who reports to the lights that a channel cannot be built."""

log = structlog.get_logger(__name__)


class Reloading:
    """Replaces a channel when its record changed: stop receiving, build anew, receive again, and close the old connector last."""

    def __init__(
        self,
        channels: Channels,
        queries: Queries,
        receivers: Receivers,
        build: Callable[[ChannelRecord], Entry],
        own: Set[ChannelId],
        followers: Sequence[Callable[[Entry], Awaitable[None]]],
    ) -> None:
        """``build`` never raises. ``own``: channels of this process's settings file, which no record changes.
        ``followers`` hear, in order, of every channel that is another now."""
        self._channels = channels
        self._queries = queries
        self._receivers = receivers
        self._build = build
        self._own = own
        self._followers = followers
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        if any(change.event.type is EventType.CHANNEL_CHANGED for change in changes):
            self._wake.set()

    async def run(self) -> None:
        """Follow until cancelled; at the start what changed since the channels were built."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    for record in await self._queries.channels():
                        if self._changed(record):
                            await self._replace(record, tasks)
                except TryLater as away:
                    log.warning("channels_not_read", error=away.code)
                    await asyncio.sleep(AGAIN_AFTER_S)
                    continue
                await self._wake.wait()
                self._wake.clear()

    def _changed(self, record: ChannelRecord) -> bool:
        """Read anew with every round, so that whoever hears of two changes at once ends with the last one."""
        known = self._channels.entries.get(record.id)
        return record.managed == WORKSPACE and record.id not in self._own and (known is None or known.record.version < record.version)

    async def _replace(self, record: ChannelRecord, tasks: asyncio.TaskGroup) -> None:
        id = record.id
        await self._receivers.stop(id)  # its port and its connection must be free for the next one
        entry = self._build(record)
        old = self._channels.put(entry)
        self._channels.lights.forget(id)
        if isinstance(entry, Broken):
            self._channels.lights.report(id, Health(False, entry.problem, entry.remedy), BUILD)
        if isinstance(entry, Running) and not record.paused:
            self._receivers.start(id, entry.connector)
        if old is not None:
            tasks.create_task(self._channels.retire(old))
        log.info("channel_replaced", channel=id, version=record.version, now=type(entry).__name__.lower(), paused=record.paused)
        for follower in self._followers:
            try:
                await follower(entry)
            except Exception:
                log.exception("channel_change_not_told", channel=id)
