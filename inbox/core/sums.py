"""Sums of what happened: counts, totals of durations, and the classes by which percentiles are told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import exp, log

STEP = 1.05
"""Durations fall into classes, each 5% wider than the one before: a percentile is right to within 2.5%."""
FEW = 10
"""So many durations are kept one by one beside their classes: percentiles of no more are exact."""

_NEARLY = 1e-9


@dataclass
class Sum:
    """What is added to one sum: numbers, durations' totals, their classes, and how much fell on which hour of the week.

    ``few``: at most ``FEW`` of the durations themselves.
    """

    counts: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    classes: dict[str, dict[int, int]] = field(default_factory=dict)
    hours: dict[str, dict[int, int]] = field(default_factory=dict)
    few: dict[str, list[int]] = field(default_factory=dict)

    def add(self, what: str, hour: int | None = None, value: int | None = None, times: int = 1) -> None:
        """Count once more, in an hour of the week (0: Monday, midnight), with a duration."""
        self.counts[what] = self.counts.get(what, 0) + times
        if hour is not None:
            by_hour = self.hours.setdefault(what, {})
            by_hour[hour] = by_hour.get(hour, 0) + times
        if value is not None:
            self.totals[what] = self.totals.get(what, 0) + value
            by_class = self.classes.setdefault(what, {})
            of = class_of(value)
            by_class[of] = by_class.get(of, 0) + 1
            self.few[what] = [*self.few.get(what, ()), value][:FEW]

    def percentile(self, what: str, share: float) -> int | None:
        """The duration under which this share (0 to 1) lies, the middle of two where it lies between them; None without any. Exact while
        all of them are known."""
        classes, known = self.classes.get(what, {}), sorted(self.few.get(what, ()))
        if len(known) == sum(classes.values()):
            return _between(len(known), share, known.__getitem__)
        return percentile(classes, share)


def class_of(value: int) -> int:
    """The class of a duration in milliseconds; 0 holds everything under a second."""
    return 0 if value < 1000 else 1 + int(log(value / 1000) / log(STEP))


def middle_of(number: int) -> int:
    """What a duration of this class is taken for, in milliseconds."""
    return 500 if number == 0 else round(1000 * exp((number - 0.5) * log(STEP)))


def percentile(classes: Mapping[int, int], share: float) -> int | None:
    """The same of durations that are known by their classes only."""
    ordered = sorted(classes)
    upto = list(accumulate(classes[number] for number in ordered))
    return _between(upto[-1], share, lambda n: middle_of(ordered[bisect_right(upto, n)])) if upto else None


def _between(count: int, share: float, at: Callable[[int], int]) -> int | None:
    """What is at the place of this share in an order, counted from 0; where that falls between two, the middle of them."""
    if not count:
        return None
    place = share * count
    upper = min(int(place + _NEARLY), count - 1)
    lower = upper - 1 if upper and abs(place - upper) < _NEARLY else upper
    return round((at(lower) + at(upper)) / 2)


def merged(all: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Classes of several sums as one."""
    out: dict[int, int] = {}
    for classes in all:
        for number, times in classes.items():
            out[number] = out.get(number, 0) + times
    return out
