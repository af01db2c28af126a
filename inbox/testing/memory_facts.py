"""Facts and sums of reports over dictionaries: what is asked is counted by looking at everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from inbox.core.errors import Conflict
from inbox.core.facts import ENTERED, LEFT, Dims, Fact, Folded, Known
from inbox.core.ids import ConversationId
from inbox.core.reports import Asked, Behind, added, fits, group_of
from inbox.core.sums import Sum
from inbox.testing.memory_queries import paged
from inbox.testing.tables import Tables


class MemoryFacts:
    """``ports.Facts``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._place: dict[int, int] = {}
        self._known: dict[ConversationId, Known] = {}
        self._facts: dict[str, Fact] = {}
        self._sums: list[tuple[str, Dims, Sum]] = []

    async def position(self) -> dict[int, int]:
        """Up to which entries the facts have come."""
        self._tables.reach()
        return dict(self._place)

    async def known(self, ids: Collection[ConversationId]) -> dict[ConversationId, Known]:
        """What was noted of conversations."""
        self._tables.reach()
        return {id: self._known[id] for id in ids if id in self._known}

    async def fold(self, folded: Folded, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Add all of it and move the place. Raises ``Conflict`` when the place is not ``before`` any more."""
        self._tables.reach()
        if self._place != before:
            raise Conflict("another server folds")
        self._place = dict(after)
        self._known |= folded.known
        self._facts |= {fact.id: fact for fact in folded.facts}
        self._sums += [(day, dims, one) for (day, dims), one in folded.sums.items()]

    async def sums(self, asked: Asked) -> dict[str, Sum]:
        """The sums of a report by the key of its row."""
        first, last = asked.period.first.isoformat(), asked.period.last.isoformat()
        found: dict[str, list[Sum]] = {}
        for day, dims, one in self._sums:
            if first <= day <= last and fits(asked, dims):
                found.setdefault(group_of(asked, day, dims), []).append(one)
        return {key: added(parts) for key, parts in found.items()}

    async def backlog(self, asked: Asked) -> int:
        """How many conversations were in the backlog when the report's first day began."""
        first = asked.period.first.isoformat()
        earlier = [one.counts for day, dims, one in self._sums if day < first and fits(asked, dims)]
        return sum(counts.get(ENTERED, 0) - counts.get(LEFT, 0) for counts in earlier)

    async def facts(self, behind: Behind, after: str | None, limit: int) -> tuple[list[Fact], str | None]:
        """The happenings behind a figure, newest first."""
        rows = [fact for fact in self._facts.values() if behind.holds(fact)]
        return paged(rows, lambda fact: (-fact.at, fact.id), after, limit)
