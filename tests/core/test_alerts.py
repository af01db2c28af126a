"""Thresholds on queues: crossed for long enough they are told once, and once more when that is over."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core.alerts import Alert, AlertState, Measure, Reading, checked, follow, read
from inbox.core.board import Tally
from inbox.core.errors import Invalid

NOW = 1_000_000
STATE = AlertState("a")


def alert(measure: Measure, above: int = 0, for_ms: int = 0) -> Alert:
    return Alert("a", "A", measure, above=above, for_ms=for_ms)


@pytest.mark.parametrize(
    ("measure", "above", "tally", "on_duty", "wanted"),
    [
        (Measure.WAITING, 2, Tally(waiting=2), None, Reading(False, 2)),
        (Measure.WAITING, 2, Tally(waiting=3), None, Reading(True, 3)),
        (Measure.LATE, 0, Tally(late=1), None, Reading(True, 1)),
        (Measure.NOBODY, 0, Tally(), 0, Reading(True, 0)),
        (Measure.NOBODY, 0, Tally(), 1, Reading(False, 0)),
        (Measure.NOBODY, 0, Tally(), None, Reading(False, 0)),
        (Measure.LONGEST_WAIT, 500, Tally(), None, Reading(False, 0)),
        (Measure.LONGEST_WAIT, 500, Tally(longest_since=NOW - 500), None, Reading(False, 500, NOW + 1)),
        (Measure.LONGEST_WAIT, 500, Tally(longest_since=NOW - 501), None, Reading(True, 501)),
    ],
)
def test_what_is_measured(measure: Measure, above: int, tally: Tally, on_duty: int | None, wanted: Reading) -> None:
    assert read(alert(measure, above), tally, on_duty, NOW) == wanted


def test_a_crossing_is_told_once_after_its_time_and_ends_once() -> None:
    slow = alert(Measure.WAITING, for_ms=100)
    over, calm = Reading(True, 7), Reading(False, 0, NOW + 5)
    assert follow(slow, STATE, calm, NOW) == (STATE, NOW + 5)
    begun, look_at = follow(slow, STATE, over, NOW)
    assert (begun, look_at) == (AlertState("a", since=NOW), NOW + 100)
    assert follow(slow, begun, over, NOW + 99) == (begun, NOW + 100)
    raised, look_at = follow(slow, begun, over, NOW + 100)
    assert (raised, look_at) == (AlertState("a", NOW, NOW + 100, 7), None)
    assert follow(slow, raised, Reading(True, 9), NOW + 500) == (raised, None)
    assert follow(slow, raised, calm, NOW + 600) == (STATE, NOW + 5)
    assert follow(slow, begun, calm, NOW + 50) == (STATE, NOW + 5), "too short a time is no crossing"


def test_without_a_time_it_is_told_at_once() -> None:
    assert follow(alert(Measure.LATE), STATE, Reading(True, 1), NOW)[0].raised_at == NOW


def test_nobody_needs_no_number() -> None:
    assert checked(alert(Measure.NOBODY)) == alert(Measure.NOBODY)
    with pytest.raises(Invalid):
        checked(alert(Measure.NOBODY, above=1))


def test_one_watches_a_queue_or_a_team() -> None:
    team = replace(alert(Measure.WAITING), team="red")
    assert checked(team) == team
    with pytest.raises(Invalid):
        checked(replace(team, queue="billing"))
