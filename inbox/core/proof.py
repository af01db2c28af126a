"""What a broken promise can show for itself: the times that counted, and those that did not."""

from __future__ import annotations

from inbox.core import business_hours
from inbox.core.business_hours import Calendars
from inbox.core.conversation import SlaClock
from inbox.core.ids import Instant

COUNTED = "counted"


def spans(clock: SlaClock, until: Instant, calendars: Calendars) -> tuple[tuple[str, Instant, Instant], ...]:
    """The times since counting began: ``counted``, and what a clock stood still for by its name, in order."""
    calendar = calendars.get(clock.calendar)
    pauses = [(p.why, p.start, min(until, until if p.end is None else p.end)) for p in clock.pauses if p.start < until]
    begins = [clock.base_at, *(end for _, _, end in pauses)]
    ends = [*(start for _, start, _ in pauses), until]
    ran = [(a, b) for a, b in zip(begins, ends, strict=True) if a < b]
    counted = ran if calendar is None else [span for a, b in ran for span in business_hours.counted(calendar, a, b)]
    return tuple(sorted([*((COUNTED, a, b) for a, b in counted), *pauses], key=lambda span: span[1]))
