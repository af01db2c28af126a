"""Sums of durations give percentiles that are right to within their classes."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.sums import FEW, Sum, class_of, middle_of

DURATIONS = st.integers(0, 90 * 24 * 3600 * 1000)


def in_the_middle(values: list[int], share: float) -> float:
    """The textbook's percentile: the mean of two where it falls between them."""
    ordered, place = sorted(values), Fraction(str(share)) * len(values)
    upto = ordered[ceil(place) - 1]
    return (upto + ordered[int(place)]) / 2 if place.denominator == 1 else upto


def summed(values: list[int]) -> Sum:
    out = Sum()
    for value in values:
        out.add("closed", None, value)
    return out


@given(st.lists(DURATIONS, min_size=1), st.sampled_from([0.5, 0.9, 0.95]))
def test_a_percentile_is_right_to_within_its_class(values: list[int], share: float) -> None:
    told, exact = summed(values).percentile("closed", share), in_the_middle(values, share)
    assert told is not None
    assert abs(told - exact) <= max(0.026 * exact, 500)


@given(st.lists(DURATIONS, min_size=1, max_size=FEW), st.sampled_from([0.5, 0.9, 0.95]))
def test_of_few_it_is_exact(values: list[int], share: float) -> None:
    told = summed(values).percentile("closed", share)
    assert told is not None
    assert abs(told - in_the_middle(values, share)) <= 0.5


def test_the_middle_of_two_lies_between_them() -> None:
    found = summed([360_000, 190_080_000])
    assert [found.percentile("closed", share) for share in (0.5, 0.9)] == [95_220_000, 190_080_000]


def test_no_duration_has_no_percentile() -> None:
    assert Sum().percentile("closed", 0.5) is None


@pytest.mark.parametrize("value", [1000, 61_000, 3_600_000, 86_400_000])
def test_a_class_stands_for_its_middle(value: int) -> None:
    assert abs(middle_of(class_of(value)) - value) / value < 0.026
    assert middle_of(0) == 500


def test_sums_are_added_up() -> None:
    one = Sum()
    one.add("sent", 3, 2000)
    one.add("sent", 3, 2000, times=2)
    assert (one.counts, one.hours, one.totals) == ({"sent": 3}, {"sent": {3: 3}}, {"sent": 4000})
