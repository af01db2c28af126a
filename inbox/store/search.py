"""Finding conversations by words: a walk along the index of the rarest word, newest first, each candidate checked as it is now.

The projection holds no facets, so that nothing has to be rewritten when a conversation changes hands: the gate and the
conditions are asked of the conversation itself, for as many candidates as one page needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from inbox.core.conversation import Category, Conversation
from inbox.core.events import facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, MessageId
from inbox.core.message import Message
from inbox.core.permissions import Scope, sees
from inbox.core.views import ANYBODY, ME, NOBODY, View
from inbox.core.words import SearchQuery, normalised
from inbox.records import CONVERSATIONS
from inbox.store.client import Database, translated
from inbox.store.documents import tag_key, value
from inbox.store.keyset import pack, position_of_numbers
from inbox.store.lists import reader_tokens, reading
from inbox.store.search_index import Entry, SheetWriter
from inbox.store.sheets import Sheet, inside, match, sheet

Hit = tuple[ConversationId, MessageId | None]
Place = tuple[int, int]
"""Where a sheet stands in the order: minus the instant of its newest message, and its conversation's number."""

COUNTED: Final = 1_000
"""Words that occur more often are equally common."""
COMPLETIONS: Final = 100
"""Words a beginning may stand for; one that stands for more is so common that looking at the newest is quicker."""
FIRST_LOOK: Final = 60
LOOK: Final = 1_000
LOOKS_AT: Final = 20_000
"""Candidates one call looks at before it returns what it has, with a position to go on from."""


@dataclass(frozen=True)
class _Walk:
    """A walk along an index of sheets, newest first."""

    where: Mapping[str, Any]
    index: str


@dataclass(frozen=True)
class _Found:
    conversation: ConversationId
    message: MessageId
    place: Place


class MongoSearch:
    """``ports.Search``. A conversation is found by the messages of one calendar month (UTC) that together hold all words."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sheets = db["search"]
        self._writer = SheetWriter(db)

    @translated
    async def index(self, entries: Sequence[tuple[Conversation, Message, frozenset[str]]]) -> None:
        """Make messages findable; repeating is harmless."""
        await self._writer.add([Entry(c.id, c.number, m.id, m.arrived_at, words) for c, m, words in entries])

    @translated
    async def moved(self, conversations: Sequence[Conversation]) -> None:
        """Messages that were moved out of these conversations are found where they are now. Facets need nothing: they are read live."""
        await self._writer.follow(conversations)

    @translated
    async def find(self, query: SearchQuery, scope: Scope, me: AgentId, after: str | None, limit: int) -> tuple[list[Hit], str | None]:
        """Conversations that hold all words, newest first, each once, with the message to show.

        A page may be short although the second value says that there is more. ``query`` holds ids where somebody typed
        names. Raises ``Invalid`` for a position nobody gave out.
        """
        if not reader_tokens(scope) or limit < 1:
            return [], None
        if not query.words and not query.prefixes:
            return await self._listed(query, scope, me, after, limit)
        walk = await self._walk(query)
        if walk is None:
            return [], None
        looked_to = None if after is None else position_of_numbers(after)
        found: list[_Found] = []
        looked, size = 0, max(FIRST_LOOK, 2 * limit)
        while len(found) <= limit:
            places = await self._candidates(walk, query, looked_to, size)
            found += await self._checked(places, query, scope, me)
            looked += len(places)
            looked_to = places[-1] if places else looked_to
            if len(places) < size:
                return _page(found, limit, None)
            if looked >= LOOKS_AT:
                break
            size = LOOK
        return _page(found, limit, looked_to)

    async def _walk(self, query: SearchQuery) -> _Walk | None:
        """Along the rarest word, or the words that a beginning may stand for. None: one of them was never written."""
        if len(query.words) == 1:
            return _Walk({"w": {"$eq": query.words[0]}}, "word")
        if query.words:
            counts = await asyncio.gather(
                *(self._sheets.count_documents({"w": {"$eq": word}}, limit=COUNTED, hint="word") for word in query.words)
            )
            rarest = min(range(len(counts)), key=lambda i: counts[i])
            return _Walk({"w": {"$eq": query.words[rarest]}}, "word") if counts[rarest] else None
        longest = max(query.prefixes, key=len)
        begun = {"_id": {"$gte": longest, "$lt": longest + "\U0010ffff"}}
        words = [doc["_id"] for doc in await self._db["vocabulary"].find(begun, sort=[("_id", 1)], limit=COMPLETIONS + 1).to_list()]
        if len(words) > COMPLETIONS:
            return _Walk({}, "recent")
        return _Walk({"w": {"$in": words}}, "word") if words else None

    async def _candidates(self, walk: _Walk, query: SearchQuery, behind: Place | None, limit: int) -> list[Place]:
        """The next sheets of a walk, read from the index alone."""
        where = dict(walk.where)
        if query.after is not None:
            where["t"] = {"$gte": query.after}
        if behind is not None:
            at, number = -behind[0], behind[1]
            where["t"] = {**where.get("t", {}), "$lte": at}
            where["$or"] = [{"t": {"$lt": at}}, {"n": {"$gt": number}}]
        shown = {"_id": 0, "t": 1, "n": 1}
        order = [("t", -1), ("n", 1)]
        docs = await self._sheets.find(where, shown, sort=order, limit=limit, hint=walk.index, batch_size=limit + 1).to_list()
        return [(-int(doc["t"]), int(doc["n"])) for doc in docs]

    async def _checked(self, places: Sequence[Place], query: SearchQuery, scope: Scope, me: AgentId) -> list[_Found]:
        """Those of the candidates that hold all words, are visible and as asked for, and are the newest such of their conversation."""
        visible = await self._visible({number for _, number in places}, query, scope, me)
        if not visible:
            return []
        where: dict[str, Any] = {"c": {"$in": list(visible)}}
        if query.words:
            where["w"] = {"$all": list(query.words)}
        pages = [sheet(doc) for doc in await self._sheets.find(where, hint="conversation").to_list()]
        said = await self._said(pages, query)
        best: dict[ConversationId, _Found] = {}
        for page in pages:
            among = inside(page, query)
            if said is not None:
                among = {place for place in among if page.messages[place][0] in said}
            message = match(page, query, among)
            if message is not None:
                found = _Found(page.conversation, message, (-page.newest, page.number))
                best[page.conversation] = min(best.get(page.conversation, found), found, key=_place)
        here = set(places)
        return sorted((found for found in best.values() if found.place in here), key=_place)

    async def _visible(self, numbers: Iterable[int], query: SearchQuery, scope: Scope, me: AgentId) -> set[ConversationId]:
        docs = await self._db[CONVERSATIONS.name].find({"number": {"$in": list(numbers)}}, hint="number").to_list()
        return {c.id for doc in docs if sees(scope, facets(c := value(doc, Conversation))) and wanted(query, c, me)}

    async def _said(self, pages: Sequence[Sheet], query: SearchQuery) -> set[str] | None:
        """The messages that hold all quoted texts in one piece; None when nothing was quoted."""
        if not query.phrases:
            return None
        ids = [id for page in pages for id, _ in page.messages]
        docs = await self._db["messages"].find({"_id": {"$in": ids}}, {"subject": 1, "text": 1}).to_list()
        return await asyncio.to_thread(_saying, docs, query.phrases)

    async def _listed(self, query: SearchQuery, scope: Scope, me: AgentId, after: str | None, limit: int) -> tuple[list[Hit], str | None]:
        """Without words: the conversations themselves, by their last activity."""
        how = reading(_as_view(query), scope, me)
        if how is None:
            return [], None
        where, index = how.after(after), how.index
        where["$and"] = [{"tags": {"$in": spellings}} for spellings in await self._spellings(query.tags)]
        if query.number is not None:
            where["number"], index = {"$eq": query.number}, "number"
        if query.after is not None:
            where["updated_at"] = {"$gte": query.after}
        if query.before is not None:
            where["created_at"] = {"$lt": query.before}
        if not where["$and"]:
            del where["$and"]
        cursor = self._db[CONVERSATIONS.name].find(where, {how.order: 1}, sort=[(how.order, 1), ("_id", 1)], limit=limit + 1, hint=index)
        docs = await cursor.to_list()
        more = pack(int(docs[limit - 1][how.order]), docs[limit - 1]["_id"]) if len(docs) > limit else None
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


def wanted(query: SearchQuery, c: Conversation, me: AgentId) -> bool:
    """Whether a conversation is of the status, tags, people and number that were asked for."""
    return (
        c.merged_into is None
        and _holds(query.assignee, c.assignee, me)
        and (not query.categories or c.category in query.categories)
        and {tag_key(tag) for tag in query.tags} <= {tag_key(tag) for tag in c.tags}
        and query.channel in ("", c.channel)
        and query.customer in ("", c.customer)
        and query.number in (None, c.number)
    )


def _holds(asked: str, assignee: AgentId | None, me: AgentId) -> bool:
    named = {"": assignee, NOBODY: None, ME: me}
    return assignee == named.get(asked, asked)


def _as_view(query: SearchQuery) -> View:
    view = View("search", query.categories or tuple(Category), assignee=query.assignee or ANYBODY)
    if query.channel:
        view = replace(view, channel=ChannelId(query.channel))
    return replace(view, customer=CustomerId(query.customer)) if query.customer else view


def _place(found: _Found) -> Place:
    return found.place


def _page(found: Sequence[_Found], limit: int, looked_to: Place | None) -> tuple[list[Hit], str | None]:
    hits: list[Hit] = [(f.conversation, f.message) for f in found[:limit]]
    if len(found) > limit:
        return hits, pack(*found[limit - 1].place)
    return hits, None if looked_to is None else pack(*looked_to)


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
