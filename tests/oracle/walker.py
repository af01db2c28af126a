"""Opening hours by looking at the wall: every slot of the time is visited, and the zone is only ever asked from UTC to local.

Shares no code and no method with the product: it never turns a local time into an instant, which is where the mistakes are.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from inbox.core.business_hours import Calendar, Interval

MINUTE_MS = 60_000
DAYS_AROUND = 3


@lru_cache(maxsize=512)
def wall(zone: str, first_minute: int, slots: int, step: int) -> tuple[datetime, ...]:
    """What the wall shows at the beginning of every slot of ``step`` minutes."""
    tz = ZoneInfo(zone)
    return tuple(
        datetime.fromtimestamp((first_minute + n * step) * 60, UTC).astimezone(tz).replace(tzinfo=None, fold=0) for n in range(slots)
    )


class Walker:
    """The open slots of a window. Its zone changes its offset, and its calendar opens and closes, on whole slots only."""

    def __init__(self, calendar: Calendar, first: date, days: int, step: int) -> None:
        begin = first - timedelta(days=DAYS_AROUND)
        self._zero = (begin.toordinal() - date(1970, 1, 1).toordinal()) * 1440
        self._step = step
        self._wall = wall(calendar.zone, self._zero, (days + 2 * DAYS_AROUND) * 1440 // step, step)
        self._open = bytearray(len(self._wall))
        for n in range(-DAYS_AROUND, days + DAYS_AROUND):
            day = first + timedelta(days=n)
            for interval in hours(calendar, day):
                self._paint(n, day, interval)
        self._sums = list(accumulate(self._open, initial=0))

    def _paint(self, n: int, day: date, interval: Interval) -> None:
        """Open from the first slot that shows the beginning or later to the last one that shows less than the end."""
        midnight = datetime.fromordinal(day.toordinal())
        opens, closes = midnight + timedelta(minutes=interval.start), midnight + timedelta(minutes=interval.end)
        perday = 1440 // self._step
        low = max(0, (n + DAYS_AROUND - 2) * perday)
        high = min(len(self._wall), (n + DAYS_AROUND + 5) * perday)
        around = self._wall[low:high]
        shown = [i for i, at in enumerate(around) if opens <= at]
        before = [i for i, at in enumerate(around) if at < closes]
        if shown and before:
            for i in range(shown[0], before[-1] + 1):
                self._open[low + i] = 1

    def is_open(self, at: int) -> bool:
        """Whether the slot of an instant is open."""
        return bool(self._open[self._slot(at)])

    def between(self, a: int, b: int) -> int:
        """Open milliseconds between two instants of the window."""
        return self._before(b) - self._before(a) if b > a else 0

    def add(self, start: int, ms: int) -> int | None:
        """When ``ms`` open milliseconds have passed, slot by slot; None if not within the window."""
        at, left = start, ms
        while left > 0:
            slot = self._slot(at)
            if slot >= len(self._open):
                return None
            rest = (self._zero + (slot + 1) * self._step) * MINUTE_MS - at
            if self._open[slot]:
                if left <= rest:
                    return at + left
                left -= rest
            at += rest
        return at

    def _slot(self, at: int) -> int:
        return (at // MINUTE_MS - self._zero) // self._step

    def _before(self, at: int) -> int:
        slot = self._slot(at)
        into = at - (self._zero + slot * self._step) * MINUTE_MS
        return self._sums[slot] * self._step * MINUTE_MS + (into if self._open[slot] else 0)


def hours(calendar: Calendar, day: date) -> tuple[Interval, ...]:
    """The hours that begin on a day: the last special that covers it, none on a holiday, else its weekday's."""
    found = calendar.week[day.weekday()]
    if any(holiday.day == day for holiday in calendar.holidays):
        found = ()
    for special in calendar.specials:
        if special.first <= day <= special.last:
            found = special.hours
    return found
