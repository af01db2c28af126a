"""How long a wait takes is told from the last hour's assignments, and not before there are enough of them."""

from __future__ import annotations

from inbox.flow.pace import RECENT_MS, Pace

MINUTE = 60_000


def test_a_wait_is_estimated_by_how_often_something_was_given_out() -> None:
    pace = Pace()
    for n in range(2):
        pace.given("q", n * MINUTE)
    assert pace.estimate("q", 1, 3 * MINUTE) is None
    pace.given("q", 2 * MINUTE)
    assert pace.estimate("q", 1, 3 * MINUTE) == MINUTE
    assert pace.estimate("q", 4, 3 * MINUTE) == 4 * MINUTE
    assert pace.estimate("other", 1, 3 * MINUTE) is None


def test_a_queue_that_stands_still_slows_down_and_is_not_told_of_for_ever() -> None:
    pace = Pace()
    for n in range(30):
        pace.given("q", n * 1_000)
    soon, later = pace.estimate("q", 1, 30_000), pace.estimate("q", 1, 20 * MINUTE)
    assert soon is not None
    assert later is not None
    assert soon < later
    assert pace.estimate("q", 1, 30_000 + RECENT_MS) is None
