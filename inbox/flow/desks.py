"""The queues as decisions see them: read whole, kept in memory, read again when somebody changes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache

from inbox.core import business_hours
from inbox.core.business_hours import Calendar
from inbox.core.events import EventType
from inbox.core.ids import ChannelId, Instant, QueueId, TeamId
from inbox.core.permissions import Action
from inbox.core.queueing import Desk
from inbox.core.queues import ALWAYS_OPEN, Hours, Queue
from inbox.core.segments import Segment
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.records import CALENDARS, QUEUES, ROLES, SEGMENTS

_NOUNS = (QUEUES.name, CALENDARS.name, ROLES.name, SEGMENTS.name)


class Desks:
    """Hands out a ``Desk`` for an instant without waiting; what is being read again counts from when it has been read."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._queues: Mapping[QueueId, Queue] = {}
        self._calendars: Mapping[str, Calendar] = {}
        self._silent: frozenset[str] = frozenset()
        self._readers: Mapping[ChannelId, frozenset[TeamId]] = {}
        self._segments: tuple[Segment, ...] = ()
        self._stale = True
        self._edition = 0
        self._reading = asyncio.Lock()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed, behind the directory's."""
        for change in changes:
            event = change.event
            if event.type is EventType.CHANNEL_CHANGED or (event.type is EventType.CATALOG_CHANGED and event.data.get("noun") in _NOUNS):
                self._stale = True

    def at(self, now: Instant) -> Desk:
        """The queues, and their hours at an instant. A calendar that is gone is open: work is not held for ever by a mistake."""

        @cache
        def hours(id: str) -> Hours:
            calendar = self._calendars.get(id)
            if calendar is None:
                return ALWAYS_OPEN
            opened = business_hours.is_open(calendar, now)
            ask = business_hours.next_close if opened else business_hours.next_open
            return Hours(opened, ask(calendar, now))

        return Desk(self._queues, hours, self._silent, self._readers, self._segments)

    async def refresh(self) -> int:
        """Read what has changed. A number that is another whenever something had. Raises ``TryLater``."""
        async with self._reading:
            while self._stale:
                self._stale = False
                try:
                    self._calendars = await self._directory.entries(CALENDARS)
                    roles = (await self._directory.entries(ROLES)).values()
                    self._silent = frozenset(role.id for role in roles if Action.REPLY not in role.permissions)
                    self._segments = tuple((await self._directory.entries(SEGMENTS)).values())
                    self._readers = await self._directory.readers()
                    self._queues = {QueueId(id): queue for id, queue in (await self._directory.entries(QUEUES)).items()}
                except BaseException:
                    self._stale = True
                    raise
                self._edition += 1
            return self._edition
