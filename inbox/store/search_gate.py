"""Which conversations a search may show: what the reader sees of what was asked for, looked up as it is now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from inbox.core.ids import AgentId
from inbox.core.permissions import Scope
from inbox.core.triage import folded
from inbox.core.words import ALL_HISTORY, SearchQuery
from inbox.store.client import Database
from inbox.store.lists import Reading, reading

_NUMBER: Final = {"_id": 0, "number": 1}
FRESH_S: Final = 60.0
MOST_KNOWN: Final = 1_000
MEMORY: Final = 5_000
"""Conversations asked for earlier that still count."""


@dataclass(frozen=True)
class Gate:
    """``reading`` lists the conversations, ``test`` tells for a number whether it is one of them, by the index ``by_number``.

    ``everything``: all that are not merged pass.
    """

    reading: Reading
    test: Mapping[str, Any]
    by_number: str
    everything: bool

    async def passing(self, db: Database, numbers: Collection[int]) -> set[int]:
        """Those of these conversations. Where nothing but the reader counts, the index alone tells."""
        where = {"$and": [{"number": {"$in": list(numbers)}}, self.test]}
        docs = await db["conversations"].find(where, _NUMBER, hint=self.by_number, batch_size=len(numbers) + 1).to_list()
        return {int(doc["number"]) for doc in docs}

    async def all_if_few(self, db: Database, few: int) -> list[int] | None:
        """All of them, unless there may be more than so many."""
        index, where = self.reading.index, self.reading.filter
        if index == "who_activity":
            index, where = self.by_number, self.test  # there the number is in the index itself
        indexed = {name: test for name, test in where.items() if name.startswith("k_")}
        checked = index != "number" and indexed.keys() != where.keys()
        if checked and await db["conversations"].count_documents(indexed, limit=few + 1, hint=index) > few:
            return None
        pipeline: list[Mapping[str, Any]] = [{"$match": where}, {"$limit": few + 1}, {"$group": {"_id": None, "n": {"$push": "$number"}}}]
        found = await (await db["conversations"].aggregate(pipeline, hint=index)).to_list()
        numbers = [int(number) for number in found[0]["n"]] if found else []
        return None if len(numbers) > few else numbers


@dataclass
class _Seen:
    """Of so many conversations that were asked for so many passed."""

    asked: float = 0.0
    passed: float = 0.0
    until: float = 0.0


class Shares:
    """Which part of what was found a reader may see who sees too much for a list of it.

    Known for a minute for each way to read, because it only tells how far to look, and that counting all he sees is not worth it.
    """

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def of(self, passing: Gate, now: float) -> float | None:
        """The share, or None when it is not known that he sees much."""
        seen = self._seen.get(repr(passing.test))
        return None if seen is None or seen.until <= now else seen.passed / max(1.0, seen.asked)

    def learn(self, passing: Gate, asked: int, passed: int, now: float) -> None:
        """So many of so many passed; ``now`` in seconds. What was learned last counts for more."""
        key = repr(passing.test)
        seen = self._seen.pop(key, _Seen())
        past = min(1.0, MEMORY / seen.asked) if seen.asked else 0.0
        self._seen[key] = _Seen(seen.asked * past + asked, seen.passed * past + passed, now + FRESH_S)
        if len(self._seen) > MOST_KNOWN:
            del self._seen[next(iter(self._seen))]


async def gate(db: Database, query: SearchQuery, scope: Scope, me: AgentId) -> Gate | None:
    """The gate for a reader and the status, tags, people and number asked for; None when nothing can pass."""
    how = reading(replace(query.where, tags=()), scope, me)  # tags in every spelling, below
    if how is None:
        return None
    tags = await _spellings(db, query.where.tags)
    if not all(tags):
        return None  # a tag that was never given
    more: list[Mapping[str, Any]] = [{"tags": {"$in": spellings}} for spellings in tags]
    if query.number is not None:
        how = Reading(how.filter, "number", how.order)
        more.append({"number": {"$eq": query.number}})
    if more:
        how = Reading({**how.filter, "$and": [*how.filter.get("$and", ()), *more]}, how.index, how.order)
    test = {name: test for name, test in how.filter.items() if name != "category" or query.where.categories != ALL_HISTORY.categories}
    return Gate(how, test, "who_number" if "k_who" in test else "number", scope.all and test.keys() == {"k_who"})


async def _spellings(db: Database, tags: Collection[str]) -> list[list[str]]:
    """For each tag all the ways it was ever written."""
    stored = await db["tags"].find({"k_tag": {"$in": [folded(tag) for tag in tags]}}).to_list() if tags else []
    return [[doc["_id"] for doc in stored if doc["k_tag"] == folded(tag)] for tag in tags]
