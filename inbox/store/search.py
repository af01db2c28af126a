"""Finding conversations by words: candidates from the index of words, newest first, each checked as it is now.

The projection holds no facets, so that nothing has to be rewritten when a conversation changes hands: the gate and the
conditions are asked of the conversations themselves, for as many candidates as one page needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Any, Final

from inbox.core import words
from inbox.core.conversation import Conversation
from inbox.core.ids import AgentId, ConversationId, Instant, MessageId
from inbox.core.message import Message
from inbox.core.permissions import Scope
from inbox.core.words import SearchQuery, normalised
from inbox.store.client import Database, translated
from inbox.store.keyset import pack, position_of_numbers
from inbox.store.search_gate import Gate, Shares, gate
from inbox.store.search_index import Entry, SheetWriter
from inbox.store.search_walk import Newest, Place, Source, holding, rarest, those
from inbox.store.sheets import Excerpt, Term, excerpt, excerpted, terms_of

Hit = tuple[ConversationId, MessageId | None]

LOOK: Final = 2_000
"""Candidates looked at in one go, at most."""
LEAST_SHARE: Final = 0.1
"""Words that are asked for together stand together more often than by chance: no smaller share is believed."""
LEAST_VISIBLE: Final = 0.01
LOOKS: Final = 6_000
"""Candidates one call looks at before it returns what it has, with a position to go on from, if it has anything."""
LOOKS_FOR_NOTHING: Final = 10_000
"""The same if it has not found anything yet."""
READS: Final = 150
"""Texts one call reads for what was quoted before it returns what it has, if it has anything."""
READS_FOR_NOTHING: Final = 2_000
"""The same if it has not found anything yet."""


@dataclass(frozen=True)
class _Found:
    conversation: ConversationId
    message: MessageId
    place: Place
    newest: Instant


@dataclass
class _Asked:
    """One call: what must hold, and what was done so far.

    ``share`` is how many candidates are thought to hold what must hold, ``visible`` how many of those to pass the gate;
    ``passed``: the candidates come from the gate. ``much``: the reader sees too much for that; ``tested`` is how many were asked of the
    gate, ``shown`` how many passed it.
    """

    query: SearchQuery
    gate: Gate
    terms: Sequence[Term]
    limit: int
    share: float = 1.0
    visible: float = 1.0
    passed: bool = False
    much: bool = False
    tested: int = 0
    shown: int = 0
    found: list[_Found] = field(default_factory=list)
    looked: int = 0
    read: int = 0

    @property
    def full(self) -> bool:
        """There is one hit more than the page needs."""
        return len(self.found) > self.limit

    @property
    def enough(self) -> bool:
        """So much was done that the next call goes on."""
        looks, reads = (LOOKS, READS) if self.found else (LOOKS_FOR_NOTHING, READS_FOR_NOTHING)
        return self.looked >= looks or self.read >= reads

    @property
    def next_look(self) -> int:
        """How many candidates should do, judging by those looked at."""
        if not self.looked:
            return min(int((self.limit + 1) * 1.5 / max(self.share, LEAST_SHARE) / max(self.visible, LEAST_VISIBLE)) + 1, LOOK)
        wanted = (self.limit + 1 - len(self.found)) * self.looked // max(1, len(self.found))
        growth = 2 if self.query.phrases else 4  # texts have to be read, which soon is enough
        return max(self.limit, min(wanted + wanted // 2, growth * self.looked, LOOK))


class MongoSearch:
    """``ports.Search``. A conversation is found by the messages of one calendar month (UTC) that together hold all words."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sheets = db["search"]
        self._conversations = db["conversations"]
        self._writer = SheetWriter(db)
        self._newest = Newest(db)
        self._shares = Shares()

    @translated
    async def index(self, entries: Sequence[tuple[Conversation, Message, frozenset[str]]]) -> None:
        """Make messages findable; repeating is harmless."""
        await self._writer.add([Entry(c.id, c.number, m.id, m.arrived_at, held) for c, m, held in entries])

    @translated
    async def moved(self, conversations: Sequence[Conversation]) -> None:
        """Messages that were moved out of these conversations are found where they are now. Facets need nothing: they are read live."""
        await self._writer.follow(conversations)

    @translated
    async def forget(self, gone: Mapping[MessageId, Conversation]) -> None:
        """These messages are found no more."""
        await self._writer.forget({c.number for c in gone.values()}, gone.keys())

    @translated
    async def find(self, query: SearchQuery, scope: Scope, me: AgentId, after: str | None, limit: int) -> tuple[list[Hit], str | None]:
        """Conversations that hold all words, by the hour of their newest message there, each once, with the message to show.

        A page may be short, even empty, although the second value says that there is more. ``query`` holds ids where
        somebody typed names. Raises ``Invalid`` for a position nobody gave out.
        """
        passing = await gate(self._db, query, scope, me)
        if passing is None or limit < 1:
            return [], None
        terms = terms_of(query)
        if not terms:
            return await self._listed(query, passing, after, limit)
        behind = None if after is None else position_of_numbers(after)
        asked = _Asked(query, passing, terms, limit)
        source, rest = await self._source(asked)
        page = await self._gathered(source, rest, asked, behind)
        if asked.much:
            self._shares.learn(passing, asked.tested, asked.shown, _seconds())
        return page

    async def _source(self, asked: _Asked) -> tuple[Source, Sequence[Term]]:
        """Where to look, and what must hold besides: along the rarest term, or through the conversations where they are fewer."""
        share = 1.0 if asked.gate.everything else self._shares.of(asked.gate, _seconds())
        if share is not None:
            asked.visible = share
            lead, numbers = await rarest(self._db, self._newest, asked.query, asked.terms), None
        else:
            most = few(asked.limit, await self._conversations.estimated_document_count())
            lead, numbers = await asyncio.gather(
                rarest(self._db, self._newest, asked.query, asked.terms), asked.gate.all_if_few(self._db, most)
            )
        asked.much = numbers is None and not asked.gate.everything
        if numbers is None or (numbers and await lead.in_fewer(self._db, len(numbers))):
            asked.share = lead.share
            return lead.source, [term for term in asked.terms if term != lead.term]
        asked.passed, asked.share = True, lead.share * lead.frequency
        return await those(self._db, numbers, asked.query), asked.terms

    async def _gathered(self, source: Source, rest: Sequence[Term], asked: _Asked, behind: Place | None) -> tuple[list[Hit], str | None]:
        """Look further and further, until the page is full, nothing is left, or enough was done."""
        while True:
            look = await source.look(self._db, behind, asked.next_look)
            asked.looked += len(look.places)
            left = await self._candidates(look.places, rest, asked)
            while left and not asked.full:
                part, left = left[: asked.limit + 1], left[asked.limit + 1 :]
                asked.found += await self._checked(part, asked)
                behind = part[-1]
                if left and asked.enough and not asked.full:
                    return _hits(asked.found), pack(*behind)
            if asked.full:
                return _hits(asked.found[: asked.limit]), pack(*asked.found[asked.limit - 1].place)
            if look.end is None:
                return _hits(asked.found), None
            behind = look.end
            if asked.enough:
                return _hits(asked.found), pack(*behind)

    async def _candidates(self, places: Sequence[Place], rest: Sequence[Term], asked: _Asked) -> list[Place]:
        """Those of the places that may be shown and hold the rest. What an index tells comes before what has to be read."""
        kept = await holding(self._db, places, [term for term in rest if not term.begun])
        if kept and not asked.passed:
            numbers = {number for _, number in kept}
            passing = await asked.gate.passing(self._db, numbers)
            asked.tested += len(numbers)
            asked.shown += len(passing)
            kept = [place for place in kept if place[1] in passing]
        begun = [term for term in rest if term.begun]
        return await holding(self._db, kept, begun) if len(kept) > 2 * (asked.limit + 1) else kept

    async def _checked(self, places: Sequence[Place], asked: _Asked) -> list[_Found]:
        """Those of the places where all terms stand within the span of time, and which are the newest such of their conversation."""
        here = set(places)
        where: dict[str, Any] = {"n": {"$in": list({number for _, number in here})}, "t": {"$gte": places[-1][0]}}
        where["$and"] = [term.test for term in asked.terms]
        docs = await self._sheets.find(where, excerpted(asked.terms), hint="place", batch_size=len(places) * 4).to_list()
        pages = [excerpt(doc, asked.terms) for doc in docs]
        said = await self._said(pages, asked)
        best: dict[ConversationId, _Found] = {}
        for page in pages:
            among = page.inside(asked.query)
            if said is not None:
                among = {place for place in among if page.messages[place][0] in said}
            message = page.match(among)
            if message is not None:
                found = _Found(page.conversation, message, (page.hour, page.number), page.newest)
                best[page.conversation] = max(best.get(page.conversation, found), found, key=_place)
        return sorted((found for found in best.values() if found.place in here), key=_place, reverse=True)

    async def _said(self, pages: Sequence[Excerpt], asked: _Asked) -> set[str] | None:
        """The messages that hold all quoted texts in one piece; None when nothing was quoted."""
        phrases = asked.query.phrases
        if not phrases:
            return None
        quoted = {word for phrase in phrases for word in words.query(f'"{phrase}"').words}
        needed = [i for i, term in enumerate(asked.terms) if not term.begun and term.text in quoted]
        ids = {page.messages[place][0] for page in pages for place in _in_all(page, needed)}
        asked.read += len(ids)
        docs = await self._db["messages"].find({"_id": {"$in": list(ids)}}, {"subject": 1, "text": 1}, batch_size=len(ids) + 1).to_list()
        return await asyncio.to_thread(_saying, docs, phrases)

    async def _listed(self, query: SearchQuery, passing: Gate, after: str | None, limit: int) -> tuple[list[Hit], str | None]:
        """Without words: the conversations themselves, by their last activity."""
        how = passing.reading
        bounds: list[Mapping[str, Any]] = []
        if query.after is not None:
            bounds.append({"updated_at": {"$gte": query.after}})
        if query.before is not None:
            bounds.append({"created_at": {"$lt": query.before}})
        where = {"$and": [how.after(after), *bounds]}
        order = [(how.order, 1), ("_id", 1)]
        cursor = self._conversations.find(where, {how.order: 1}, sort=order, limit=limit + 1, hint=how.index)
        docs = await cursor.to_list()
        more = pack(int(docs[limit - 1][how.order]), docs[limit - 1]["_id"]) if len(docs) > limit else None
        return [(ConversationId(doc["_id"]), None) for doc in docs[:limit]], more

    @translated
    async def position(self) -> dict[int, int]:
        """Up to which entries the projection has come."""
        stored = await self._db["cursors"].find_one({"_id": "search"})
        return {int(o): int(n) for o, n in stored["cursor"]} if stored else {}

    @translated
    async def save_position(self, cursor: Mapping[int, int]) -> None:
        """Remember how far it is."""
        await self._db["cursors"].update_one({"_id": "search"}, {"$set": {"cursor": sorted(cursor.items())}}, upsert=True)


def few(limit: int, stored: int) -> int:
    """So many conversations or less are quicker looked through than found along an index of words.

    Of those along the index, the share that may be shown fills a page after ``limit * stored / shown``.
    """
    return isqrt((limit + 1) * stored)


def _seconds() -> float:
    return asyncio.get_running_loop().time()


def _place(found: _Found) -> tuple[Place, Instant]:
    return found.place, found.newest  # a very long month has several sheets, which may end in the same hour


def _hits(found: Sequence[_Found]) -> list[Hit]:
    return [(f.conversation, f.message) for f in found]


def _in_all(page: Excerpt, terms: Sequence[int]) -> set[int]:
    """The messages of a sheet that each hold all of these terms."""
    return set(range(len(page.messages))).intersection(*(page.held[term] for term in terms))


def _saying(docs: Sequence[Mapping[str, Any]], phrases: Sequence[str]) -> set[str]:
    asked = [_in_one_line(phrase) for phrase in phrases]
    return {doc["_id"] for doc in docs if _says(f"{doc.get('subject', '')}\n{doc.get('text', '')}", asked)}


def _says(text: str, phrases: Sequence[str]) -> bool:
    lower = _in_one_line(text.lower())
    if all(phrase.isascii() and phrase in lower for phrase in phrases):
        return True  # what is ASCII stays as it is when the rest is normalised, which takes its time
    exact = _in_one_line(normalised(text))
    return all(phrase in exact for phrase in phrases)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
