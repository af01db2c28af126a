"""How fast a queue is served, from the last times something was given out of it: what a wait is estimated by."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from inbox.core.ids import Instant

LAST = 20
FEWEST = 3
RECENT_MS = 60 * 60 * 1000


class Pace:
    """The last hour's assignments by queue, at most twenty of each."""

    def __init__(self) -> None:
        self._given: dict[Hashable, deque[Instant]] = {}

    def given(self, name: Hashable, at: Instant) -> None:
        """One was given out."""
        self._given.setdefault(name, deque(maxlen=LAST)).append(at)

    def estimate(self, name: Hashable, position: int, now: Instant) -> int | None:
        """About how many milliseconds the one at ``position`` still waits; None while too few were given out lately to tell."""
        recent = [at for at in self._given.get(name, ()) if now - at <= RECENT_MS]
        if len(recent) < FEWEST:
            return None
        return position * ((now - recent[0]) // len(recent))
