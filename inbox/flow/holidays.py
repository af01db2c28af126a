"""Public holidays: which countries there are, and a calendar's days as dates, which is all that the rules ever see; each year one more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import holidays
import structlog
from msgspec.structs import replace

from inbox.core.business_hours import Calendar, Holiday
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.flow.committer import Committer, Rank
from inbox.flow.directory import Directory
from inbox.flow.errands import Errand, Errands
from inbox.flow.placing import SYSTEM
from inbox.flow.recounts import begin
from inbox.flow.working import Layer
from inbox.ports import Clock
from inbox.records import CALENDARS

YEARS_BACK, YEARS_AHEAD = 1, 2

log = structlog.get_logger(__name__)


def countries() -> Mapping[str, tuple[str, ...]]:
    """Codes (ISO 3166) with those of their parts."""
    found = holidays.list_supported_countries(include_aliases=False)
    return {code: tuple(sorted(parts)) for code, parts in sorted(found.items())}


def years_around(now: Instant) -> range:
    """The years for which days are resolved."""
    year = datetime.fromtimestamp(now / 1000, UTC).year
    return range(year - YEARS_BACK, year + YEARS_AHEAD + 1)


async def resolved(calendar: Calendar, now: Instant) -> Calendar:
    """The calendar with its country's holidays of the years around ``now``; in another thread, as the first one takes a moment.

    Raises ``Invalid`` for a country or part that is not known.
    """
    if not calendar.country:
        if calendar.subdivision:
            raise Invalid("subdivision", "needs a country")
        return replace(calendar, holidays=(), holidays_to=0)
    return await asyncio.to_thread(_resolved, calendar, years_around(now))


def _resolved(calendar: Calendar, years: range) -> Calendar:
    known = countries()
    if calendar.country not in known:
        raise Invalid("country", "there are no holidays known of this code")
    if calendar.subdivision and calendar.subdivision not in known[calendar.country]:
        raise Invalid("subdivision", f"must be one of: {', '.join(known[calendar.country])}")
    days = holidays.country_holidays(calendar.country, subdiv=calendar.subdivision or None, years=years)
    found = tuple(Holiday(day, name[:200]) for day, name in sorted(days.items()) if day.year in years)
    return replace(calendar, holidays=found, holidays_to=years[-1])


def runs_short_at(calendar: Calendar) -> Instant | None:
    """When the days of another year are wanted: as it begins, ``YEARS_AHEAD`` before it; None without a country."""
    if not calendar.country:
        return None
    year = max(1970, calendar.holidays_to - YEARS_AHEAD + 1)
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True)
class Extend:
    """Store a calendar with the days of more years, over the version they were looked up for; open conversations follow."""

    calendar: Calendar
    rank: Rank = Rank.BULK
    size: int = 20_000

    @property
    def group(self) -> str:
        """One entry's changes keep their order."""
        return self.calendar.id

    def decide(self, layer: Layer) -> bool:
        """Whether it was extended; not when it is another by now, which another server's doing makes it."""
        layer.need((CALENDARS, (self.calendar.id,)))
        before = layer.get(CALENDARS, self.calendar.id)
        if before is None or before.version != self.calendar.version:
            return False
        layer.put(CALENDARS, self.calendar)
        layer.entry_changed(CALENDARS, self.calendar.id, SYSTEM)
        begin(layer)
        return True


class Holidays:
    """Looks the days of a new year up as the year begins. What is due follows from the calendars, so it survives any end."""

    def __init__(self, committer: Committer, directory: Directory, clock: Clock) -> None:
        self._committer = committer
        self._directory = directory
        self._clock = clock
        self.run = Errands("holidays", clock, self._due, self._extend).run

    async def _due(self, until: Instant) -> list[Errand[Calendar]]:
        calendars = (await self._directory.entries(CALENDARS)).values()
        return [Errand(one.id, at, one) for one in calendars if (at := runs_short_at(one)) is not None and at <= until]

    async def _extend(self, calendar: Calendar) -> None:
        now = self._clock.now()
        try:
            extended = await resolved(calendar, now)
        except Invalid:
            log.warning("holidays_unknown", calendar=calendar.id, country=calendar.country, subdivision=calendar.subdivision)
            extended = replace(calendar, holidays_to=years_around(now)[-1])
        await self._committer.submit(Extend(extended))
