"""Today beside what is usual: only the part of earlier days up to this time counts, and only days on which there was anything."""

from __future__ import annotations

from inbox.core.sums import Sum
from inbox.core.today import ANSWERED, ARRIVED, DONE, day

MONDAY_10 = 10


def week(arrivals: dict[int, int], answers: dict[int, int] | None = None) -> Sum:
    hours = {ARRIVED: arrivals, ANSWERED: answers or {}}
    return Sum(counts={what: sum(of.values()) for what, of in hours.items()}, hours=hours)


def test_counts_whole_hours_and_the_share_of_the_present_one() -> None:
    now = Sum(counts={ARRIVED: 7, ANSWERED: 3, DONE: 2})
    found = day(now, [week({8: 4, 10: 8, 11: 100}, {9: 2}), week({8: 2}, {9: 4})], MONDAY_10, 0.5)
    assert (found.arrivals, found.answers, found.done) == (7, 3, 2)
    assert (found.usual_arrivals, found.usual_answers) == (5, 3)


def test_weeks_without_anything_say_nothing() -> None:
    assert day(Sum(), [Sum(), week({8: 4})], MONDAY_10, 0.0).usual_arrivals == 4
    assert day(Sum(), [Sum()], MONDAY_10, 0.0).usual_arrivals is None
