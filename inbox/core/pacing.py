"""How fast a channel may send, and when it is left alone for a while because its provider does not take anything."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.ids import Instant

FAILURES = 5
"""In a row, after which a channel pauses."""
FIRST_PAUSE_MS = 15_000
LONGEST_PAUSE_MS = 10 * 60 * 1000
BURST_MS = 1_000


class Pace(Struct, frozen=True):
    """Where a channel stands. ``free_at``: when the next message may go at the provider's rate. ``failures`` in a row;
    ``paused_until``: nothing goes before; then one is tried, and only its success opens the way for all. ``trying``: it is under way."""

    free_at: Instant = 0
    failures: int = 0
    paused_until: Instant = 0
    trying: bool = False


class Go(Struct, frozen=True):
    """Send now."""

    pace: Pace


class Wait(Struct, frozen=True):
    """Ask again then."""

    until: Instant


def ask(pace: Pace, rate: float | None, now: Instant) -> Go | Wait:
    """Whether one may go. ``rate`` is in messages a second, with a burst of one second's worth."""
    if pace.failures >= FAILURES:
        if now < pace.paused_until:
            return Wait(pace.paused_until)
        if pace.trying:
            return Wait(now + 1_000)
        return Go(replace(pace, trying=True))
    free_at = max(pace.free_at, now - BURST_MS)
    if free_at > now:
        return Wait(free_at)
    return Go(pace if rate is None else replace(pace, free_at=free_at + max(1, round(1000 / rate))))


def ended(pace: Pace) -> Pace:
    """What was let go has come to an end, whatever became of it: another one may be tried."""
    return replace(pace, trying=False)


def went(pace: Pace) -> Pace:
    """The provider answered, whatever it said: it is there."""
    return replace(pace, failures=0, paused_until=0, trying=False)


def failed(pace: Pace, now: Instant, after: int | None = None) -> Pace:
    """The provider is away, or wants ``after`` milliseconds of peace. Every further failure doubles the pause."""
    failures = pace.failures + 1
    pause = min(FIRST_PAUSE_MS * 2 ** max(0, min(failures - FAILURES, 10)), LONGEST_PAUSE_MS) if failures >= FAILURES else 0
    rest = max(pace.free_at, now + (after or 0))
    return Pace(rest, failures, max(pace.paused_until, now + max(pause, after or 0)) if failures >= FAILURES else 0)
