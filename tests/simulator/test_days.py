"""Thousands of random days in which nobody is given too much, nobody absent or unskilled gets anything, no two get the same, nobody
starves, nobody waits beside somebody free, nor where nobody serves while elsewhere on his way somebody does; and the simulator sees it
when one of these rules is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from inbox.core import overflowing, routing
from inbox.core.message import Reason
from inbox.core.queues import Queue
from inbox.flow import line
from inbox.flow.line import Line
from tests.simulator.day import Broken, Day

DAYS = 1_000
BROKEN_WITHIN = 60


@pytest.mark.timeout(600)  # alone it takes a tenth of that
def test_every_invariant_holds_on_every_day() -> None:
    days = _live(DAYS)
    assert sum(day.assigned for day in days) > 10 * DAYS
    assert sum(day.offered for day in days) > DAYS
    assert sum(day.overflowed for day in days) > DAYS
    assert sum(day.lost_claims for day in days) > DAYS, "routers must get in each other's way for this to mean anything"


def _anybody(*args: Any) -> bool:
    return True


def _nobody(*args: Any) -> routing.Wait:
    return routing.Wait(Reason("nobody_online"))


def _somebody(needs: routing.Needs, agents: Iterable[routing.Available]) -> routing.Assign:
    return routing.Assign(next(iter(agents)).agent, Reason("least_loaded"))


def _nobody_at_all(*args: Any) -> Iterable[routing.Available]:
    return ()


def _whoever(queue: Queue, needs: routing.Needs, there: Iterable[routing.Available]) -> Iterable[routing.Available]:
    return there


def _deaf(*args: Any, **fields: Any) -> bool:
    return False


@pytest.mark.parametrize(
    ("place", "name", "broken"),
    [
        (routing, "has_room", _anybody),
        (line, "route", _nobody),
        (routing, "route", _somebody),
        (Line, "_put", _deaf),
        (overflowing, "is_deserted", _deaf),
        (overflowing, "_takers", _nobody_at_all),
        (overflowing, "_takers", _whoever),
    ],
)
def test_a_broken_rule_is_seen(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, broken: Callable[..., Any]) -> None:
    monkeypatch.setattr(place, name, broken)
    with pytest.raises(Broken):
        _live(BROKEN_WITHIN)


def _live(days: int) -> list[Day]:
    lived = [Day(seed) for seed in range(days)]
    for day in lived:
        day.run()
        day.conversations.clear()
    return lived
