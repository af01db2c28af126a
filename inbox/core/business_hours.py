"""Opening hours: when a calendar is open, and how much open time lies between two instants.

Theory of operation. An interval belongs to the local day on which it begins. It opens at the first instant at which the clock on
the wall shows its beginning or later, and closes after the last instant at which the wall shows less than its end. So an hour that
the wall skips opens nothing, an hour that it shows twice counts twice, and everything else is a sum of UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from inbox.core.errors import Invalid
from inbox.core.ids import Instant

DAY_MINUTES = 24 * 60
LONGEST_SEARCH_DAYS = 10 * 366
"""So far ahead is looked for open time; what would be due later is never due."""
KEPT_DAYS = 2_000

_EPOCH = date(1970, 1, 1).toordinal()
_DAY_MS = 24 * 60 * 60 * 1000

Minute = Annotated[int, Meta(ge=0, le=2 * DAY_MINUTES)]
OpenSpan = tuple[Instant, Instant]


class Interval(Struct, frozen=True, forbid_unknown_fields=True):
    """Minutes after the day's midnight. 1440 is 24:00; an end beyond that lies in the next day, as in 22:00 to 06:00 (1320 to 1800)."""

    start: Minute
    end: Minute


class Holiday(Struct, frozen=True, forbid_unknown_fields=True):
    """A closed day, by its name in the country's language."""

    day: date
    name: str = ""


class Special(Struct, frozen=True, forbid_unknown_fields=True):
    """Days, both inclusive, that have hours of their own, a holiday included; none: closed."""

    first: date
    last: date
    hours: tuple[Interval, ...] = ()
    name: Annotated[str, Meta(max_length=100, pattern=r"^[^\u0000-\u001f\u007f]*(?![\s\S])")] = ""


class Calendar(Struct, frozen=True):
    """When somebody is there. ``week`` has the hours of Monday to Sunday in the time of ``zone``, an IANA name.

    ``holidays`` are those of ``country`` (ISO 3166) and ``subdivision`` for the years around now, up to and with ``holidays_to``;
    ``specials`` outrank them, a later one an earlier one. ``reports``: durations of reports are counted in these hours, too.
    """

    id: str
    name: str
    zone: str
    week: tuple[tuple[Interval, ...], ...]
    version: int = 1
    country: str = ""
    subdivision: str = ""
    holidays: tuple[Holiday, ...] = ()
    specials: tuple[Special, ...] = ()
    holidays_to: int = 0
    reports: bool = False


Calendars = Mapping[str, Calendar]


def check(calendar: Calendar) -> None:
    """Raise ``Invalid`` naming the first field that is wrong."""
    if len(calendar.week) != 7:
        raise Invalid("week", "it has seven days, Monday first")
    try:
        ZoneInfo(calendar.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:  # OSError: the name of a folder, such as Europe
        raise Invalid("zone", "use an IANA name such as Europe/Berlin") from unknown
    for number, hours in enumerate(calendar.week):
        _check_hours(f"week.{number}", hours)
    for number, special in enumerate(calendar.specials):
        if special.last < special.first:
            raise Invalid(f"specials.{number}.last", "it is before the first day")
        _check_hours(f"specials.{number}.hours", special.hours)


def _check_hours(field: str, hours: tuple[Interval, ...]) -> None:
    until = 0
    for interval in sorted(hours, key=lambda i: i.start):
        if interval.start >= DAY_MINUTES:
            raise Invalid(field, "an interval begins before 24:00")
        if not interval.start < interval.end <= interval.start + DAY_MINUTES:
            raise Invalid(field, "an interval ends after it begins, at most 24 hours later")
        if interval.start < until:
            raise Invalid(field, "two intervals overlap")
        until = interval.end


def is_open(calendar: Calendar, at: Instant) -> bool:
    """Whether it is open at an instant; the instant of closing is closed."""
    return next_open(calendar, at) == at


def next_open(calendar: Calendar, at: Instant) -> Instant | None:
    """The first open instant from ``at`` on; None if there is none in ten years."""
    return next((max(start, at) for start, _ in _spans(calendar, at)), None)


def next_close(calendar: Calendar, at: Instant) -> Instant | None:
    """The first closed instant from ``at`` on; None if there is none in ten years."""
    end, usual = at, (max(at // _DAY_MS + _EPOCH, _days(calendar).last_exception) - _EPOCH + 10) * _DAY_MS
    for start, until in _spans(calendar, at):
        if start > end:
            return end
        end = until
        if end > usual:  # a whole week behind the last exception was open, and so are all after it
            return None
    return end if end - at < (LONGEST_SEARCH_DAYS - 7) * _DAY_MS else None


def between(calendar: Calendar, a: Instant, b: Instant) -> int:
    """Open milliseconds from ``a`` to ``b``; 0 when ``b`` is not after ``a``."""
    return sum(end - start for start, end in counted(calendar, a, b))


def counted(calendar: Calendar, a: Instant, b: Instant) -> Iterator[OpenSpan]:
    """The open spans between two instants, cut to them, in order."""
    for start, end in _spans(calendar, a):
        if start >= b:
            return
        yield max(start, a), min(end, b)


def add(calendar: Calendar, start: Instant, ms: int) -> Instant | None:
    """The first instant by which ``ms`` open milliseconds have passed since ``start``; None if that takes more than ten years."""
    if ms <= 0:
        return start
    left = ms
    for opens, closes in _spans(calendar, start):
        begin = max(opens, start)
        if closes - begin >= left:
            return begin + left
        left -= closes - begin
    return None


def _spans(calendar: Calendar, since: Instant) -> Iterator[OpenSpan]:
    """The open spans that end after ``since``, in order and apart from each other as far as the same minute is not counted twice."""
    days = _days(calendar)
    if days.never:
        return
    first = since // _DAY_MS + _EPOCH - 2  # a night shift of the day before yesterday, east of Greenwich
    covered = since
    for ordinal in range(first, min(first + LONGEST_SEARCH_DAYS, date.max.toordinal() - 2)):
        for start, end in days.spans(ordinal):
            if end > covered:
                yield max(start, covered), end
                covered = end


@lru_cache(maxsize=256)
def _days(calendar: Calendar) -> _Days:
    return _Days(calendar)


class _Days:
    """The spans of a calendar's days as far as they were asked for."""

    def __init__(self, calendar: Calendar) -> None:
        self._zone = ZoneInfo(calendar.zone)
        self._week = tuple(tuple(sorted(hours, key=lambda i: i.start)) for hours in calendar.week)
        self._closed = {holiday.day.toordinal() for holiday in calendar.holidays}
        self._specials = tuple(
            (s.first.toordinal(), s.last.toordinal(), tuple(sorted(s.hours, key=lambda i: i.start))) for s in reversed(calendar.specials)
        )
        self.last_exception = max((*self._closed, *(last for _, last, _ in self._specials)), default=0)
        self.never = not any(self._week) and not any(hours for _, _, hours in self._specials)
        self._kept: dict[int, tuple[OpenSpan, ...]] = {}

    def spans(self, ordinal: int) -> tuple[OpenSpan, ...]:
        """What opens on a local day, by its proleptic ordinal."""
        found = self._kept.get(ordinal)
        if found is None:
            if len(self._kept) >= KEPT_DAYS:
                self._kept.clear()
            opened = ((self._opens(ordinal, i.start), self._closes(ordinal, i.end)) for i in self._hours(ordinal))
            found = self._kept[ordinal] = tuple((start, end) for start, end in opened if start < end)
        return found

    def _hours(self, ordinal: int) -> tuple[Interval, ...]:
        for first, last, hours in self._specials:
            if first <= ordinal <= last:
                return hours
        return () if ordinal in self._closed else self._week[(ordinal - 1) % 7]

    def _opens(self, ordinal: int, minute: int) -> Instant:
        return _shown(self._zone, datetime.fromordinal(ordinal) + timedelta(minutes=minute), fold=0)

    def _closes(self, ordinal: int, minute: int) -> Instant:
        last = datetime.fromordinal(ordinal) + timedelta(minutes=minute, milliseconds=-1)
        at = _shown(self._zone, last, fold=1)
        return at if _wall(self._zone, at) > last else at + 1


def _shown(zone: ZoneInfo, wall: datetime, *, fold: int) -> Instant:
    """When the wall shows this time, the first (``fold`` 0) or second time; when it skips the time, the instant of the leap."""
    early, late = (_utc(wall - _offset(zone, wall, f)) for f in (0, 1))
    if early <= late:
        return (early, late)[fold]
    before, after = late, early  # the leap is after the one and not after the other
    while after - before > 1:
        middle = (before + after) // 2
        if _wall(zone, middle) > wall:
            after = middle
        else:
            before = middle
    return after


def _offset(zone: ZoneInfo, wall: datetime, fold: int) -> timedelta:
    offset = zone.utcoffset(wall.replace(fold=fold))
    assert offset is not None, "a zone of the database knows its offset at any time"
    return offset


def _utc(naive: datetime) -> Instant:
    days = naive.toordinal() - _EPOCH
    return days * _DAY_MS + (naive - datetime.fromordinal(naive.toordinal())) // timedelta(milliseconds=1)


def _wall(zone: ZoneInfo, at: Instant) -> datetime:
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return utc.astimezone(zone).replace(tzinfo=None)
