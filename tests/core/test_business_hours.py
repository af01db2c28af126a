"""Opening hours: days that are too short or too long, nights, closed days, and a slow walker that must always agree."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core import business_hours as hours
from inbox.core.business_hours import Calendar, Holiday, Interval, Special
from inbox.core.errors import Invalid
from tests.oracle.cases import ZONES, a_calendar, disagreements

HOUR = 3_600_000
OFFICE = (Interval(9 * 60, 17 * 60),)
WEEK = (OFFICE,) * 5 + ((), ())
ALWAYS = ((Interval(0, 1440),),) * 7
NIGHTS = ((Interval(22 * 60, 30 * 60),),) * 7
NEVER: tuple[tuple[Interval, ...], ...] = ((),) * 7


def calendar(zone: str = "Europe/Berlin", week: tuple[tuple[Interval, ...], ...] = WEEK, **more: object) -> Calendar:
    return Calendar("c", "Office", zone, week, **more)  # type: ignore[arg-type]  # fields by name, each of its own type


def at(zone: str, *wall: int, fold: int = 0) -> int:
    return int(datetime(*wall, tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)  # type: ignore[arg-type, misc]  # year to minute


def berlin(*wall: int, fold: int = 0) -> int:
    return at("Europe/Berlin", *wall, fold=fold)


# --- an ordinary week


def test_an_evening_and_a_weekend_do_not_count() -> None:
    friday = berlin(2026, 7, 10, 16)
    assert hours.add(calendar(), friday, 2 * HOUR) == berlin(2026, 7, 13, 10)
    assert hours.between(calendar(), friday, berlin(2026, 7, 13, 10)) == 2 * HOUR
    assert list(hours.counted(calendar(), friday, berlin(2026, 7, 13, 10))) == [
        (friday, berlin(2026, 7, 10, 17)),
        (berlin(2026, 7, 13, 9), berlin(2026, 7, 13, 10)),
    ]


def test_what_ends_with_the_day_is_due_at_its_end_and_not_the_next_morning() -> None:
    assert hours.add(calendar(), berlin(2026, 7, 10, 16), HOUR) == berlin(2026, 7, 10, 17)


def test_nothing_to_wait_for_is_due_at_once_even_at_night() -> None:
    night = berlin(2026, 7, 10, 23)
    assert hours.add(calendar(), night, 0) == night
    assert hours.between(calendar(), night, night - 1) == 0


def test_closing_time_is_closed_and_opening_time_is_open() -> None:
    assert hours.is_open(calendar(), berlin(2026, 7, 10, 9))
    assert not hours.is_open(calendar(), berlin(2026, 7, 10, 9) - 1)
    assert hours.is_open(calendar(), berlin(2026, 7, 10, 17) - 1)
    assert not hours.is_open(calendar(), berlin(2026, 7, 10, 17))


def test_it_says_when_it_opens_and_closes_next() -> None:
    noon, saturday = berlin(2026, 7, 10, 12), berlin(2026, 7, 11, 12)
    assert hours.next_open(calendar(), noon) == noon
    assert hours.next_close(calendar(), noon) == berlin(2026, 7, 10, 17)
    assert hours.next_open(calendar(), saturday) == berlin(2026, 7, 13, 9)
    assert hours.next_close(calendar(), saturday) == saturday


def test_a_lunch_break_is_no_open_time() -> None:
    split = calendar(week=((Interval(540, 720), Interval(780, 1020)),) * 7)
    assert hours.add(split, berlin(2026, 7, 10, 11), 2 * HOUR) == berlin(2026, 7, 10, 14)


def test_a_calendar_without_hours_never_opens_and_one_without_end_never_closes() -> None:
    assert hours.next_open(calendar(week=NEVER), 0) is None
    assert hours.next_close(calendar(week=NEVER), 0) == 0
    assert hours.add(calendar(week=NEVER), 0, 1) is None
    assert hours.between(calendar(week=NEVER), 0, 10 * HOUR) == 0
    assert hours.next_close(calendar(week=ALWAYS), berlin(2026, 1, 1)) is None


def test_round_the_clock_from_any_minute_never_closes_but_on_the_day_that_is_said() -> None:
    nights = calendar(week=((Interval(22 * 60, 46 * 60),),) * 7)
    assert hours.next_close(nights, berlin(2026, 1, 1)) is None
    assert len(hours._days(nights)._kept) < 40, "a few weeks are looked at, not ten years"
    leave = Special(date(2029, 3, 1), date(2029, 3, 1), ())
    assert hours.next_close(calendar(week=ALWAYS, specials=(leave,)), berlin(2026, 1, 1)) == berlin(2029, 3, 1)
    assert hours.next_close(calendar(week=ALWAYS, specials=(leave,)), berlin(2029, 3, 2)) is None


def test_a_target_beyond_ten_years_is_never_due_and_the_end_of_time_is_no_error() -> None:
    once = calendar(week=NEVER, specials=(Special(date(2026, 7, 10), date(2026, 7, 10), OFFICE),))
    assert hours.add(once, berlin(2026, 7, 1), 9 * HOUR) is None
    assert hours.next_close(once, berlin(2026, 7, 10, 10)) == berlin(2026, 7, 10, 17)
    assert hours.add(calendar(week=ALWAYS), at("UTC", 9999, 12, 30), 100 * HOUR) is None


# --- nights and midnights


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    friday_only = calendar(week=((),) * 4 + (NIGHTS[0],) + ((),) * 2)
    assert hours.is_open(friday_only, berlin(2026, 7, 11, 5))
    assert not hours.is_open(friday_only, berlin(2026, 7, 11, 6))
    assert not hours.is_open(friday_only, berlin(2026, 7, 11, 23))


def test_days_that_touch_at_midnight_are_one_span_and_overlapping_ones_count_once() -> None:
    assert hours.between(calendar(week=ALWAYS), berlin(2026, 7, 1), berlin(2026, 7, 8)) == 7 * 24 * HOUR
    doubled = calendar(week=((Interval(0, 2880 - 1440),),) * 6 + ((Interval(720, 2160),),))
    assert hours.between(doubled, berlin(2026, 7, 12, 12), berlin(2026, 7, 13, 18)) == 30 * HOUR


# --- days on which the clocks change


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Europe/Berlin", (2026, 3, 29), 23),
        ("Europe/Berlin", (2026, 10, 25), 25),
        ("Australia/Lord_Howe", (2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", (2026, 10, 4), 23.5),
        ("Africa/Cairo", (2026, 4, 24), 23),
        ("Asia/Beirut", (2026, 3, 29), 23),
        ("Pacific/Apia", (2011, 12, 30), 0),
    ],
)
def test_a_whole_day_is_as_long_as_it_is(zone: str, day: tuple[int, int, int], length: float) -> None:
    only = calendar(zone, NEVER, specials=(Special(date(*day), date(*day), (Interval(0, 1440),)),))
    noon = int(datetime(*day, 12, tzinfo=UTC).timestamp() * 1000)
    assert hours.between(only, noon - 60 * HOUR, noon + 60 * HOUR) == length * HOUR


def test_an_hour_that_is_skipped_opens_nothing_and_one_in_it_begins_with_the_leap() -> None:
    leap = berlin(2026, 3, 29, 1) + HOUR
    skipped = calendar(week=((Interval(135, 165),),) * 7)
    assert hours.between(skipped, berlin(2026, 3, 29), berlin(2026, 3, 30)) == 0
    into = calendar(week=((Interval(150, 300),),) * 7)
    assert hours.next_open(into, berlin(2026, 3, 29)) == leap
    until = calendar(week=((Interval(60, 150),),) * 7)
    assert hours.next_close(until, leap - 1) == leap


def test_an_hour_that_comes_twice_counts_twice_but_not_for_whoever_closes_when_it_begins() -> None:
    day, next_day = berlin(2026, 10, 25), berlin(2026, 10, 26)
    assert hours.between(calendar(week=((Interval(120, 180),),) * 7), day, next_day) == 2 * HOUR
    assert hours.between(calendar(week=((Interval(60, 120),),) * 7), day, next_day) == HOUR
    assert hours.next_open(calendar(week=((Interval(150, 300),),) * 7), day) == berlin(2026, 10, 25, 2, 30)
    assert hours.next_close(calendar(week=((Interval(60, 150),),) * 7), day + 2 * HOUR) == berlin(2026, 10, 25, 2, 30, fold=1)


# --- closed days and days with hours of their own


def test_a_holiday_is_closed_a_special_outranks_it_and_the_last_special_counts() -> None:
    christmas = calendar(week=(OFFICE,) * 7, holidays=(Holiday(date(2026, 12, 25)), Holiday(date(2026, 12, 26))))
    assert hours.next_open(christmas, berlin(2026, 12, 25)) == berlin(2026, 12, 27, 9)
    open_again = Special(date(2026, 12, 24), date(2026, 12, 25), (Interval(600, 720),))
    closed_again = Special(date(2026, 12, 24), date(2026, 12, 24))
    assert hours.next_open(calendar(specials=(open_again, closed_again), holidays=christmas.holidays), berlin(2026, 12, 24)) == berlin(
        2026, 12, 25, 10
    )


def test_a_holiday_is_one_where_the_calendar_is() -> None:
    tokyo = calendar("Asia/Tokyo", ALWAYS, holidays=(Holiday(date(2026, 1, 1)),))
    assert hours.is_open(tokyo, at("Asia/Tokyo", 2025, 12, 31, 23, 59))
    assert not hours.is_open(tokyo, at("UTC", 2026, 1, 1, 14, 59))
    assert hours.is_open(tokyo, at("UTC", 2026, 1, 1, 15))


# --- what is refused


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"week": WEEK[:6]}, "week"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "Europe"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"week": ((Interval(1440, 1500),), *WEEK[1:])}, "week.0"),
        ({"week": ((Interval(600, 600),), *WEEK[1:])}, "week.0"),
        ({"week": ((Interval(60, 1501),), *WEEK[1:])}, "week.0"),
        ({"week": (*WEEK[:6], (Interval(700, 800), Interval(600, 701)))}, "week.6"),
        ({"specials": (Special(date(2026, 1, 2), date(2026, 1, 1)),)}, "specials.0.last"),
        ({"specials": (Special(date(2026, 1, 1), date(2026, 1, 1), (Interval(9, 8),)),)}, "specials.0.hours"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_by_the_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        hours.check(calendar(**{"zone": "Europe/Berlin", "week": WEEK, **wrong}))  # type: ignore[arg-type]  # fields by name
    assert refused.value.field == field


def test_an_ordinary_calendar_is_accepted() -> None:
    hours.check(calendar(week=NIGHTS, specials=(Special(date(2026, 1, 1), date(2026, 1, 2)),)))


# --- laws


@given(seed=st.integers(0, 10_000), zone=st.sampled_from(ZONES), steps=st.lists(st.integers(0, 200 * HOUR), min_size=3, max_size=3))
def test_open_time_adds_up_and_adding_it_leads_back(seed: int, zone: str, steps: list[int]) -> None:
    some = a_calendar(random.Random(seed), zone, date(2026, 3, 27), 15)
    a = at("UTC", 2026, 3, 20) + steps[0]
    b, c = a + steps[1], a + steps[1] + steps[2]
    whole = hours.between(some, a, c)
    assert whole == hours.between(some, a, b) + hours.between(some, b, c)
    assert 0 <= whole <= c - a
    due = hours.add(some, a, whole)
    assert due is not None
    assert due <= c
    assert hours.between(some, a, due) == whole
    if whole:
        assert hours.between(some, a, due - 1) == whole - 1


def test_more_days_than_are_kept_in_memory_come_out_the_same() -> None:
    often = calendar(week=(OFFICE,) * 7)
    start = berlin(2000, 1, 1)
    assert hours.between(often, start, berlin(2008, 1, 1)) == (366 * 2 + 365 * 6) * 8 * HOUR
    assert hours.between(often, start, berlin(2000, 1, 2)) == 8 * HOUR


def test_a_slow_walker_agrees() -> None:
    assert disagreements(seed=1, count=1_000) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_slow_walker_agrees_on_twenty_thousand_cases_in_fifty_zones() -> None:
    assert len(set(ZONES)) == 50
    assert disagreements(seed=2026, count=20_000) == []


def test_the_walker_sees_a_wrong_turn_of_the_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    first = hours._shown
    monkeypatch.setattr(hours, "_shown", lambda zone, wall, *, fold: first(zone, wall, fold=0))
    hours._days.cache_clear()
    try:
        assert disagreements(seed=2026, count=1_000)
    finally:
        hours._days.cache_clear()
