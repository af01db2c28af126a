"""What came and was done today, beside what is usual by this time of this weekday."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from inbox.core.facts import FactKind
from inbox.core.sums import Sum

WEEKS = 4
ARRIVED, ANSWERED, DONE = FactKind.STARTED.value, FactKind.SENT.value, FactKind.RESOLVED.value


class Day(Struct, frozen=True):
    """Numbers of today so far; ``usual``: the mean of the same weekday of the last weeks up to the same time, None without any."""

    arrivals: int = 0
    answers: int = 0
    done: int = 0
    usual_arrivals: int | None = None
    usual_answers: int | None = None


def day(now: Sum, weeks: Iterable[Sum], hour: int, passed: float) -> Day:
    """``weeks`` are whole days by the hour; ``hour`` is the present one of the week, of which the share ``passed`` is over."""
    counted = [week for week in weeks if week.counts]
    return Day(
        now.counts.get(ARRIVED, 0),
        now.counts.get(ANSWERED, 0),
        now.counts.get(DONE, 0),
        _mean([week.hours.get(ARRIVED, {}) for week in counted], hour, passed),
        _mean([week.hours.get(ANSWERED, {}) for week in counted], hour, passed),
    )


def _mean(days: list[Mapping[int, int]], hour: int, passed: float) -> int | None:
    if not days:
        return None
    return round(sum(_until(of, hour, passed) for of in days) / len(days))


def _until(of: Mapping[int, int], hour: int, passed: float) -> float:
    return sum(n for at, n in of.items() if at < hour) + of.get(hour, 0) * passed
