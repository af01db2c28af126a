"""The order in which queues, service levels and surveys are tried, which is the one that an admin sees."""

from __future__ import annotations

from typing import Protocol


class Ordered(Protocol):
    """What stands in a list that people put in order."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def name(self) -> str:
        """What people read."""
        ...

    @property
    def order(self) -> int:
        """The smallest is tried first."""
        ...


def tried(entry: Ordered) -> tuple[int, str, str]:
    """What to sort by: of the same order, the one whose name comes first; the screen sorts alike (``web/src/lib/turns.ts``)."""
    return entry.order, entry.name.lower(), entry.id
