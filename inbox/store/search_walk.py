"""Which sheets a search looks at, in which order: those of its rarest term, or those of the few conversations it may be about."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from inbox.core.conversation import FAR_FUTURE
from inbox.core.ids import Instant
from inbox.core.words import SearchQuery
from inbox.store.client import Database
from inbox.store.sheets import HOUR_MS

Place = tuple[int, int]
"""Where a sheet stands: the hour of its newest message, and its conversation's number. The highest comes first."""

COMMON: Final = 5_000
"""Sheets from which on a term counts as common; how common is not counted any more."""
FEW: Final = 1_000
"""Conversations that are quicker looked through themselves than searched for along an index of words."""
_ORDER: Final = [("t", -1), ("n", -1)]
_SHOWN: Final = {"_id": 0, "t": 1, "n": 1}


@dataclass(frozen=True)
class Walk:
    """Sheets in the order of an index; ``rest`` is what they must hold besides, None for nothing."""

    where: Mapping[str, Any]
    index: str
    rest: Mapping[str, Any] | None

    async def look(self, db: Database, behind: Place | None, limit: int) -> tuple[list[Place], list[Place]]:
        """The next ``limit`` places, and those of them that hold the rest."""
        where = dict(self.where)
        if behind is not None:
            hour, number = behind
            where = {"$and": [where, {"t": {"$lte": hour}}, {"$or": [{"t": {"$lt": hour}}, {"n": {"$lt": number}}]}]}
        docs = await db["search"].find(where, _SHOWN, sort=_ORDER, limit=limit, hint=self.index, batch_size=limit + 1).to_list()
        places = [(int(doc["t"]), int(doc["n"])) for doc in docs]
        if self.rest is None or not places:
            return places, places
        kept = await holding(db, {number for _, number in places}, self.rest)
        return places, [place for place in places if place in kept]


@dataclass(frozen=True)
class Few:
    """All sheets that hold everything, of conversations few enough to be asked one by one."""

    places: Sequence[Place]

    async def look(self, db: Database, behind: Place | None, limit: int) -> tuple[list[Place], list[Place]]:
        """The next ``limit`` places."""
        ahead = [place for place in self.places if behind is None or place < behind][:limit]
        return ahead, ahead


async def holding(db: Database, numbers: Collection[int], terms: Mapping[str, Any]) -> set[Place]:
    """The sheets of these conversations that hold the terms."""
    docs = await db["search"].find({"n": {"$in": list(numbers)}, **terms}, _SHOWN, hint="number").to_list()
    return {(int(doc["t"]), int(doc["n"])) for doc in docs}


async def along_the_rarest(db: Database, query: SearchQuery) -> Walk | None:
    """A walk along the query's rarest term; None when one of its terms stands nowhere."""
    terms = [exactly(word) for word in query.words] + [beginning(prefix) for prefix in query.prefixes]
    counts = [COMMON] if len(terms) == 1 and query.words else await asyncio.gather(*(_count(db, term) for term in terms))
    rarest = min(range(len(terms)), key=lambda i: counts[i])
    if not counts[rarest]:
        return None
    span = _span(query)
    if rarest >= len(query.words) and counts[rarest] >= COMMON:
        return Walk({**span, **containing(query)}, "recent", None)  # so common that the newest sheets hold it
    rest = containing(query, without=rarest)
    return Walk({**span, **terms[rarest]}, "word", rest or None)


async def _count(db: Database, term: Mapping[str, Any]) -> int:
    return await db["search"].count_documents(dict(term), limit=COMMON, hint="word")


def exactly(word: str) -> dict[str, Any]:
    """Sheets with this word."""
    return {"w": {"$eq": word}}


def beginning(prefix: str) -> dict[str, Any]:
    """Sheets with a word that begins so. The server reads such a pattern from the index alone, unlike two bounds on an array."""
    return {"w": {"$regex": f"^{re.escape(prefix)}"}}


def containing(query: SearchQuery, without: int | None = None) -> dict[str, Any]:
    """The query's terms as a test of one sheet, all but one by its position among words and then prefixes."""
    terms = [exactly(word) for word in query.words] + [beginning(prefix) for prefix in query.prefixes]
    kept = [term for i, term in enumerate(terms) if i != without]
    return {"$and": kept} if kept else {}


def _span(query: SearchQuery) -> dict[str, Any]:
    """Bounds on the hour of a sheet's newest message, since it holds no more than one calendar month."""
    bounds: dict[str, int] = {}
    if query.after is not None:
        bounds["$gte"] = query.after // HOUR_MS
    if query.before is not None:
        bounds["$lt"] = _month_end(query.before - 1) // HOUR_MS
    return {"t": bounds} if bounds else {}


def _month_end(instant: Instant) -> Instant:
    """The end (UTC) of the month an instant is in."""
    first = datetime.fromtimestamp(min(max(instant, 0), FAR_FUTURE) / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if (first.year, first.month) == (9999, 12):
        return FAR_FUTURE + 1
    return int((first + timedelta(days=32)).replace(day=1).timestamp()) * 1000
