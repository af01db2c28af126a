"""Finding conversations by words: candidates from the index of words, newest first, each checked as it is now.

The projection holds no facets, so that nothing has to be rewritten when a conversation changes hands: the gate and the
conditions are asked of the conversations themselves, for as many candidates as one page needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from inbox.core.conversation import Category, Conversation
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId
from inbox.core.message import Message
from inbox.core.permissions import Scope
from inbox.core.views import ANYBODY, View
from inbox.core.words import SearchQuery, normalised, words
from inbox.store import sheets
from inbox.store.client import Database, translated
from inbox.store.documents import tag_key
from inbox.store.keyset import pack, position_of_numbers
from inbox.store.lists import Reading, reading
from inbox.store.search_index import Entry, SheetWriter
from inbox.store.search_walk import FEW, Few, Place, Walk, along_the_rarest, containing, holding
from inbox.store.sheets import Sheet, inside, match, sheet

Hit = tuple[ConversationId, MessageId | None]

FIRST_LOOK: Final = 60
LOOK: Final = 2_000
LOOKS_AT: Final = 8_000
"""Candidates one call looks at before it returns what it has, with a position to go on from."""
LOOKS_AT_TEXTS: Final = 1_000
"""The same where texts have to be read, for what was quoted."""


@dataclass(frozen=True)
class _Found:
    conversation: ConversationId
    message: MessageId
    place: Place
    newest: Instant


class MongoSearch:
    """``ports.Search``. A conversation is found by the messages of one calendar month (UTC) that together hold all words."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sheets = db["search"]
        self._conversations = db["conversations"]
        self._writer = SheetWriter(db)

    @translated
    async def index(self, entries: Sequence[tuple[Conversation, Message, frozenset[str]]]) -> None:
        """Make messages findable; repeating is harmless."""
        await self._writer.add([Entry(c.id, c.number, m.id, m.arrived_at, held) for c, m, held in entries])

    @translated
    async def moved(self, conversations: Sequence[Conversation]) -> None:
        """Messages that were moved out of these conversations are found where they are now. Facets need nothing: they are read live."""
        await self._writer.follow(conversations)

    @translated
    async def find(self, query: SearchQuery, scope: Scope, me: AgentId, after: str | None, limit: int) -> tuple[list[Hit], str | None]:
        """Conversations that hold all words, by the hour of their newest message there, each once, with the message to show.

        A page may be short, even empty, although the second value says that there is more. ``query`` holds ids where
        somebody typed names. Raises ``Invalid`` for a position nobody gave out.
        """
        asked = await self._asked(query, scope, me)
        if asked is None or limit < 1:
            return [], None
        if not query.words and not query.prefixes:
            return await self._listed(query, asked, after, limit)
        behind = None if after is None else position_of_numbers(after)
        source = await self._source(query, asked)
        if source is None:
            return [], None
        return await self._gathered(source, query, asked, behind, limit)

    async def _gathered(
        self, source: Walk | Few, query: SearchQuery, asked: Reading, behind: Place | None, limit: int
    ) -> tuple[list[Hit], str | None]:
        """Look further and further, until there is one hit more than a page needs, nothing is left, or enough was looked at."""
        found: list[_Found] = []
        looked, size = 0, max(FIRST_LOOK, 2 * limit)
        while True:
            seen, kept = await source.look(self._db, behind, size)
            visible = await self._visible(kept, asked) if isinstance(source, Walk) else kept
            while visible and len(found) <= limit:
                part, visible = visible[: limit + 1], visible[limit + 1 :]
                found += await self._checked(part, query)
            if len(found) > limit:
                return _hits(found[:limit]), pack(*found[limit - 1].place)
            if len(seen) < size:
                return _hits(found), None
            behind, looked, size = seen[-1], looked + len(seen), min(LOOK, 4 * size)
            if looked >= (LOOKS_AT_TEXTS if query.phrases else LOOKS_AT):
                return _hits(found), pack(*behind)

    async def _asked(self, query: SearchQuery, scope: Scope, me: AgentId) -> Reading | None:
        """How to read the conversations that the reader sees and that are of the status, tags, people and number asked for."""
        how = reading(_as_view(query), scope, me)
        if how is None:
            return None
        tags = await self._spellings(query.tags)
        if not all(tags):
            return None  # a tag that was never given
        more: list[Mapping[str, Any]] = [{"tags": {"$in": spellings}} for spellings in tags]
        if query.number is not None:
            how = Reading(how.filter, "number", how.order)
            more.append({"number": {"$eq": query.number}})
        return Reading({**how.filter, "$and": more}, how.index, how.order) if more else how

    async def _source(self, query: SearchQuery, asked: Reading) -> Walk | Few | None:
        """The conversations themselves where they are few, else the index of words."""
        if asked.index != "number":
            indexed = {name: test for name, test in asked.filter.items() if name.startswith("k_") or name == "category"}
            count = await self._conversations.count_documents(indexed, limit=FEW + 1, hint=asked.index)
            if count > FEW:
                return await along_the_rarest(self._db, query)
        docs = await self._conversations.find(dict(asked.filter), {"_id": 0, "number": 1}, hint=asked.index).to_list()
        places = await holding(self._db, {int(doc["number"]) for doc in docs}, containing(query))
        return Few(sorted(places, reverse=True))

    async def _visible(self, places: Sequence[Place], asked: Reading) -> list[Place]:
        """Those places whose conversation is as asked for."""
        if not places:
            return []
        where = {"$and": [{"number": {"$in": list({number for _, number in places})}}, asked.filter]}
        docs = await self._conversations.find(where, {"_id": 0, "number": 1}, hint="number").to_list()
        seen = {int(doc["number"]) for doc in docs}
        return [place for place in places if place[1] in seen]

    async def _checked(self, places: Sequence[Place], query: SearchQuery) -> list[_Found]:
        """Those of the places where all terms stand within the span of time, and which are the newest such of their conversation."""
        where = {"n": {"$in": list({number for _, number in places})}, **containing(query)}
        pages = [sheet(doc) for doc in await self._sheets.find(where, hint="number").to_list()]
        said = await self._said(pages, query)
        best: dict[ConversationId, _Found] = {}
        for page in pages:
            among = inside(page, query)
            if said is not None:
                among = {i for i in among if page.messages[i][0] in said}
            message = match(page, query, among)
            if message is not None:
                found = _Found(page.conversation, message, (page.hour, page.number), page.newest)
                best[page.conversation] = max(best.get(page.conversation, found), found, key=_place)
        here = set(places)
        return sorted((found for found in best.values() if found.place in here), key=_place, reverse=True)

    async def _said(self, pages: Sequence[Sheet], query: SearchQuery) -> set[str] | None:
        """The messages that hold all quoted texts in one piece; None when nothing was quoted."""
        if not query.phrases:
            return None
        quoted = {word for phrase in query.phrases for word in words(phrase)}
        ids = {id for page in pages for id in sheets.holding(page, quoted)}
        docs = await self._db["messages"].find({"_id": {"$in": list(ids)}}, {"subject": 1, "text": 1}).to_list()
        return await asyncio.to_thread(_saying, docs, query.phrases)

    async def _listed(self, query: SearchQuery, asked: Reading, after: str | None, limit: int) -> tuple[list[Hit], str | None]:
        """Without words: the conversations themselves, by their last activity."""
        bounds: list[Mapping[str, Any]] = []
        if query.after is not None:
            bounds.append({"updated_at": {"$gte": query.after}})
        if query.before is not None:
            bounds.append({"created_at": {"$lt": query.before}})
        where = {"$and": [asked.after(after), *bounds]}
        order = [(asked.order, 1), ("_id", 1)]
        cursor = self._conversations.find(where, {asked.order: 1}, sort=order, limit=limit + 1, hint=asked.index)
        docs = await cursor.to_list()
        more = pack(int(docs[limit - 1][asked.order]), docs[limit - 1]["_id"]) if len(docs) > limit else None
        return [(ConversationId(doc["_id"]), None) for doc in docs[:limit]], more

    async def _spellings(self, tags: Sequence[str]) -> list[list[str]]:
        """For each tag all the ways it was ever written."""
        stored = await self._db["tags"].find({"k_tag": {"$in": [tag_key(tag) for tag in tags]}}).to_list() if tags else []
        return [[doc["_id"] for doc in stored if doc["k_tag"] == tag_key(tag)] for tag in tags]

    @translated
    async def position(self) -> dict[int, int]:
        """Up to which entries the projection has come."""
        stored = await self._db["cursors"].find_one({"_id": "search"})
        return {int(o): int(n) for o, n in stored["cursor"]} if stored else {}

    @translated
    async def save_position(self, cursor: Mapping[int, int]) -> None:
        """Remember how far it is."""
        await self._db["cursors"].update_one({"_id": "search"}, {"$set": {"cursor": sorted(cursor.items())}}, upsert=True)


def _as_view(query: SearchQuery) -> View:
    view = View("search", query.categories or tuple(Category), assignee=query.assignee or ANYBODY)
    if query.channel:
        view = replace(view, channel=ChannelId(query.channel))
    return replace(view, customer=CustomerId(query.customer)) if query.customer else view


def _place(found: _Found) -> tuple[Place, Instant]:
    return found.place, found.newest  # a very long month has several sheets, which may end in the same hour


def _hits(found: Sequence[_Found]) -> list[Hit]:
    return [(f.conversation, f.message) for f in found]


def _saying(docs: Sequence[Mapping[str, Any]], phrases: Sequence[str]) -> set[str]:
    asked = [_in_one_line(phrase) for phrase in phrases]
    found: set[str] = set()
    for doc in docs:
        text = _in_one_line(normalised(f"{doc.get('subject', '')}\n{doc.get('text', '')}"))
        if all(phrase in text for phrase in asked):
            found.add(doc["_id"])
    return found


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
