"""Where a search looks for candidates, newest first: along its rarest term, or through the conversations it may show."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import prod
from typing import Any, Final, NamedTuple, Protocol

from inbox.core.conversation import FAR_FUTURE
from inbox.core.ids import Instant
from inbox.core.words import SearchQuery
from inbox.store.client import Database
from inbox.store.sheets import HOUR_MS, Term

Place = tuple[int, int]
"""Where a sheet stands: the hour of its newest message, and its conversation's number. The highest comes first."""

RECENT: Final = 2_000
"""So many of the newest sheets tell how common a term is."""
FRESH_S: Final = 60.0
OFTEN: Final = 50
"""From so many of them on, they tell how many all are."""
INSTEAD: Final = 10
"""So many places are read from an index in the time that one sheet takes."""
BATCH: Final = 10_000
_ORDER: Final = [("t", -1), ("n", -1)]
_SHOWN: Final = {"_id": 0, "t": 1, "n": 1}


class Look(NamedTuple):
    """Places in order, and behind which one to go on; None: there is nothing more."""

    places: Sequence[Place]
    end: Place | None


class Source(Protocol):
    """Something that yields places, newest first. All of them are read from an index alone."""

    async def look(self, db: Database, behind: Place | None, limit: int) -> Look:
        """At most ``limit`` places behind a place, or from the start."""


@dataclass(frozen=True)
class Span:
    """Hours a sheet's newest message may be of: from ``first``, before ``end``."""

    first: int
    end: int


@dataclass(frozen=True)
class Word:
    """The sheets that hold a word: they stand in the index in the right order."""

    word: str
    span: Span

    async def look(self, db: Database, behind: Place | None, limit: int) -> Look:
        """The next ones."""
        where = {"w": {"$eq": self.word}, **_between(behind, self.span.first, self.span.end)}
        return _look(await _read(db, where, "word", limit), limit)


@dataclass
class Beginning:
    """The sheets that hold a word of such a beginning. The index has them word by word, so stretches of time are put in order.

    ``hours`` is how long a stretch is thought to have ``expected`` of them.
    """

    prefix: str
    span: Span
    newest: int
    hours: int
    expected: int

    async def look(self, db: Database, behind: Place | None, limit: int) -> Look:
        """The next ones, from as long a stretch as it takes."""
        top = self.newest if behind is None else behind[0]
        while True:
            first = max(self.span.first, top - self._long_enough_for(limit))
            where = {**Term(self.prefix, True).test, **_between(behind, first, self.span.end)}
            places = await _read(db, where, "word", limit)
            if len(places) == limit or first <= self.span.first:
                return _look(places, limit)
            self.hours, self.expected = top - first, len(places)

    def _long_enough_for(self, limit: int) -> int:
        return self.hours * (limit + limit // 2) // max(1, self.expected) + 1


@dataclass(frozen=True)
class Those:
    """The sheets of some conversations."""

    places: Sequence[Place]

    async def look(self, db: Database, behind: Place | None, limit: int) -> Look:
        """The next ones."""
        start = 0 if behind is None else bisect_right(self.places, (-behind[0], -behind[1]), key=lambda place: (-place[0], -place[1]))
        return _look(self.places[start : start + limit], limit)


def _look(places: Sequence[Place], limit: int) -> Look:
    return Look(places, places[-1] if len(places) == limit else None)


async def _read(db: Database, where: Mapping[str, Any], index: str, limit: int) -> list[Place]:
    cursor = db["search"].find(where, _SHOWN, sort=_ORDER, limit=limit, hint=index, batch_size=limit + 1)
    return [(doc["t"], doc["n"]) for doc in await cursor.to_list()]


async def _read_all(db: Database, where: Mapping[str, Any], index: str, limit: int = 0) -> list[Place]:
    cursor = db["search"].find(where, _SHOWN, limit=limit, hint=index, batch_size=BATCH)
    return [(doc["t"], doc["n"]) for doc in await cursor.to_list()]


def _between(behind: Place | None, first: int, end: int) -> dict[str, Any]:
    if behind is None:
        return {"t": {"$gte": first, "$lt": end}}
    hour, number = behind
    return {"t": {"$gte": first, "$lte": min(hour, end - 1)}, "$or": [{"t": {"$lt": hour}}, {"n": {"$lt": number}}]}


async def those(db: Database, numbers: Collection[int], query: SearchQuery) -> Those:
    """All sheets of these conversations in the query's span of time."""
    span = _span(query)
    where = {"n": {"$in": list(numbers)}, "t": {"$gte": span.first, "$lt": span.end}}
    return Those(sorted(await _read_all(db, where, "place"), reverse=True))


@dataclass(frozen=True)
class Lead:
    """The term to walk along: the one that the fewest of the newest sheets hold. ``share`` of those hold the others, as it seems."""

    term: Term
    source: Source
    held: int
    share: float

    @property
    def frequency(self) -> float:
        """Which part of the newest sheets holds the term, as far as is known."""
        return self.held / RECENT if self.held else 1.0

    async def in_fewer(self, db: Database, limit: int) -> bool:
        """Whether fewer sheets than that hold the term; judged by the newest where they hold it often."""
        if self.held > OFTEN:
            return self.held * await db["search"].estimated_document_count() < limit * RECENT
        return await _count(db, self.term, 0, limit) < limit


class Newest:
    """The hours the newest sheets are of; known for a minute, because they only tell where to look first."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: tuple[int, int] | None = None
        self._until = 0.0

    async def hours(self) -> tuple[int, int]:
        """That of the newest, and that of the last of the ``RECENT`` newest."""
        now = asyncio.get_running_loop().time()
        if self._known is None or now > self._until:
            self._known = await self._hour(0), await self._hour(RECENT)
            self._until = now + FRESH_S
        return self._known

    async def _hour(self, place: int) -> int:
        docs = await self._db["search"].find({}, _SHOWN, sort=_ORDER, skip=place, limit=1, hint="recent").to_list()
        return int(docs[0]["t"]) if docs else 0


async def rarest(db: Database, sheets: Newest, query: SearchQuery, terms: Sequence[Term]) -> Lead:
    """What to walk along."""
    span = _span(query)
    if len(terms) == 1 and not terms[0].begun:
        return Lead(terms[0], Word(terms[0].text, span), 0, 1.0)
    newest, recent = await sheets.hours()
    held = await asyncio.gather(*(_count(db, term, recent, RECENT) for term in terms))
    count, lead = min(zip(held, terms, strict=True), key=lambda counted: (counted[0], counted[1].begun))
    share = prod(max(1, other) / RECENT for other, term in zip(held, terms, strict=True) if term != lead)
    if not lead.begun:
        return Lead(lead, Word(lead.text, span), count, share)
    return Lead(lead, Beginning(lead.text, span, min(newest, span.end), max(1, newest - recent), count), count, share)


async def _count(db: Database, term: Term, first: int, limit: int) -> int:
    return await db["search"].count_documents({**term.test, "t": {"$gte": first}}, limit=limit, hint="word")


async def holding(db: Database, places: Sequence[Place], terms: Sequence[Term]) -> list[Place]:
    """Those of the places where all the terms stand."""
    for term in sorted(terms, key=lambda term: term.begun):
        if not places:
            break
        held = await (_where_begun if term.begun else _where_word)(db, places, term)
        places = [place for place in places if place in held]
    return list(places)


async def _where_word(db: Database, places: Sequence[Place], term: Term) -> set[Place]:
    """Among others, those of the places where the word stands: looked up one by one in the index alone."""
    return set(await _read_all(db, {**_at(places), **term.test}, "word"))


async def _where_begun(db: Database, places: Sequence[Place], term: Term) -> set[Place]:
    """The same for a beginning: all of that time from the index alone, unless they are so many that it is quicker to read the sheets."""
    hours = {"$gte": min(hour for hour, _ in places), "$lte": max(hour for hour, _ in places)}
    most = INSTEAD * len(places)
    found = await _read_all(db, {**term.test, "t": hours}, "word", most)
    return set(found if len(found) < most else await _read_all(db, {**_at(places), **term.test}, "place"))


def _at(places: Sequence[Place]) -> dict[str, Any]:
    return {"t": {"$in": list({hour for hour, _ in places})}, "n": {"$in": list({number for _, number in places})}}


def _span(query: SearchQuery) -> Span:
    """A sheet holds no more than one calendar month."""
    first = 0 if query.after is None else query.after // HOUR_MS
    return Span(first, (FAR_FUTURE if query.before is None else _month_end(query.before - 1)) // HOUR_MS + 1)


def _month_end(instant: Instant) -> Instant:
    """The last millisecond (UTC) of the month an instant is in."""
    first = datetime.fromtimestamp(min(max(instant, 0), FAR_FUTURE) / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if (first.year, first.month) == (9999, 12):
        return FAR_FUTURE
    return int((first + timedelta(days=32)).replace(day=1).timestamp()) * 1000 - 1
