"""Random calendars in fifty zones, near the days on which their clocks change, and what the product says against the walker."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from inbox.core import business_hours
from inbox.core.business_hours import DAY_MINUTES, Calendar, Holiday, Interval, Special
from tests.oracle.walker import MINUTE_MS, Walker

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Moscow",
    "Europe/Istanbul",
    "Europe/Athens",
    "Europe/Kyiv",
    "Atlantic/Azores",
    "Atlantic/Reykjavik",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Africa/El_Aaiun",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Karachi",
    "Asia/Amman",
    "Asia/Pyongyang",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Halifax",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Santiago",
    "America/Asuncion",
    "America/Mexico_City",
    "America/Caracas",
    "America/Nuuk",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Antarctica/Troll",
)
FIRST_YEAR, LAST_YEAR = 2012, 2035
"""Before that Gaza and St. John's changed their clocks at one minute past midnight, which is no quarter of an hour."""
QUERIES = 20
QUARTER = 15


@cache
def changes(zone: str) -> tuple[date, ...]:
    """The days around which a zone's offset changes."""
    tz = ZoneInfo(zone)
    noon = datetime(FIRST_YEAR, 1, 1, 12, tzinfo=UTC)
    found, before = [], noon.astimezone(tz).utcoffset()
    for n in range((LAST_YEAR - FIRST_YEAR) * 365):
        at = noon + timedelta(days=n)
        now = at.astimezone(tz).utcoffset()
        if now != before:
            found.append(at.date())
        before = now
    return tuple(found)


def a_calendar(dice: random.Random, zone: str, first: date, step: int) -> Calendar:
    """Several intervals a day, nights, 24:00, closed days and days with hours of their own."""
    week = tuple(_hours(dice, step) if dice.random() < 0.8 else () for _ in range(7))
    holidays = tuple(Holiday(first + timedelta(days=dice.randrange(-2, 14))) for _ in range(dice.randrange(3)))
    specials = []
    for _ in range(dice.randrange(3)):
        start = first + timedelta(days=dice.randrange(-2, 12))
        specials.append(Special(start, start + timedelta(days=dice.randrange(3)), _hours(dice, step) if dice.random() < 0.5 else ()))
    return Calendar("c", "Random", zone, week, holidays=holidays, specials=tuple(specials))


def _hours(dice: random.Random, step: int) -> tuple[Interval, ...]:
    if dice.random() < 0.1:
        return (Interval(0, DAY_MINUTES),)
    per_day = DAY_MINUTES // step
    cuts = sorted(dice.sample(range(per_day), 2 * dice.choice((1, 1, 2, 3))))
    found = [Interval(a * step, b * step) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    if dice.random() < 0.3:
        last = found.pop()
        found.append(Interval(last.start, last.start + step * dice.randrange(1, per_day + 1)))
    return tuple(found)


def disagreements(seed: int, count: int, progress: Callable[[int], None] = lambda done: None) -> list[str]:
    """Ask both ``count`` questions; what they answer differently, in words that make the case repeatable."""
    wrong: list[str] = []
    asked = number = 0
    while asked < count:
        dice = random.Random(f"{seed}:{number}")
        zone = ZONES[number % len(ZONES)]
        wrong += _of_one(dice, zone, f"{seed}:{number}")
        number += 1
        asked += QUERIES
        progress(asked)
    return wrong


def _of_one(dice: random.Random, zone: str, label: str) -> list[str]:
    step, days = (1, 4) if dice.random() < 0.1 else (QUARTER, 14)
    turns = changes(zone)
    if turns and dice.random() < 0.7:
        first = dice.choice(turns) - timedelta(days=dice.randrange(1, days))
    else:
        first = date(FIRST_YEAR, 1, 1) + timedelta(days=dice.randrange((LAST_YEAR - FIRST_YEAR) * 365))
    calendar = a_calendar(dice, zone, first, step)
    walker = Walker(calendar, first, days, step)
    zero = (first.toordinal() - date(1970, 1, 1).toordinal()) * DAY_MINUTES * MINUTE_MS
    end = zero + days * DAY_MINUTES * MINUTE_MS
    return [line for _ in range(QUERIES) for line in _ask(dice, calendar, walker, zero, end, label)]


def _ask(dice: random.Random, calendar: Calendar, walker: Walker, zero: int, end: int, label: str) -> list[str]:
    a, b = (_instant(dice, zero, end) for _ in range(2))
    found = []
    for what, ours, theirs in (
        ("between", business_hours.between(calendar, a, b), walker.between(a, b)),
        ("is_open", business_hours.is_open(calendar, a), walker.is_open(a)),
    ):
        if ours != theirs:
            found.append(f"{label} {what}({a}, {b}) in {calendar.zone}: {ours}, the walker says {theirs}")
    ms = dice.choice((1, walker.between(a, b), dice.randrange(1, 3 * 86_400_000)))
    due = walker.add(a, ms)
    if due is not None and due < end and business_hours.add(calendar, a, ms) != due:
        found.append(f"{label} add({a}, {ms}) in {calendar.zone}: {business_hours.add(calendar, a, ms)}, the walker says {due}")
    return found


def _instant(dice: random.Random, zero: int, end: int) -> int:
    at = dice.randrange(zero, end)
    return at - at % (QUARTER * MINUTE_MS) if dice.random() < 0.3 else at
