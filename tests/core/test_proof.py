"""What a broken promise can show for itself."""

from __future__ import annotations

from datetime import UTC, datetime

from inbox.core import proof
from inbox.core.business_hours import Calendar, Interval
from inbox.core.conversation import ClockState, Pause, SlaClock

HOUR = 3_600_000
DAY = int(datetime(2026, 7, 10, tzinfo=UTC).timestamp() * 1000)
OFFICE = Calendar("office", "Office", "UTC", ((Interval(9 * 60, 17 * 60),),) * 7)


def at(hour: int) -> int:
    return DAY + hour * HOUR


def test_counted_time_lies_between_the_pauses_and_inside_the_hours() -> None:
    pauses = (Pause("waiting", at(10), at(11)), Pause("snoozed", at(16), at(34)))
    clock = SlaClock("resolution", ClockState.BREACHED, 8 * HOUR, base_at=at(8), calendar="office", pauses=pauses)
    assert proof.spans(clock, at(36), {"office": OFFICE}) == (
        ("counted", at(9), at(10)),
        ("waiting", at(10), at(11)),
        ("counted", at(11), at(16)),
        ("snoozed", at(16), at(34)),
        ("counted", at(34), at(36)),
    )


def test_without_a_calendar_every_hour_counts_and_what_came_later_is_no_proof() -> None:
    pauses = (Pause("bot", at(3), at(5)), Pause("waiting", at(6)), Pause("waiting", at(9), at(10)))
    clock = SlaClock("resolution", ClockState.BREACHED, 8 * HOUR, base_at=at(3), pauses=pauses)
    assert proof.spans(clock, at(8), {}) == (("bot", at(3), at(5)), ("counted", at(5), at(6)), ("waiting", at(6), at(8)))
