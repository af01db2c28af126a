"""What the feed passed on, kept with its values for a projection that works through it later."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from inbox.flow.feed import Change

MOST = 8_000
"""Changes kept; beyond that the oldest have to be read from the journal."""


class Heard:
    """Changes in the order they were heard in. What was missed shows as a gap behind the cursor: the journal has it."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=MOST)

    def extend(self, changes: Sequence[Change]) -> None:
        """Keep these, too."""
        self._changes.extend(changes)

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._changes)

    def after(self, cursor: Mapping[int, int], limit: int = MOST) -> list[Change]:
        """Take what follows on the cursor without a gap, and let go of what is behind it."""
        taken: list[Change] = []
        reached = dict(cursor)
        while self._changes and len(taken) < limit:
            event = self._changes[0].event
            before = reached.get(event.o, 0)
            if event.n > before + 1:
                break
            change = self._changes.popleft()
            if event.n == before + 1:
                taken.append(change)
                reached[event.o] = event.n
        return taken
