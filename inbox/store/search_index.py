"""Writing the search projection: words of messages into sheets, safely beside another server that does the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, Unavailable
from inbox.core.ids import ConversationId, Instant, MessageId
from inbox.store.client import DUPLICATE_KEY, Database, Document
from inbox.store.conversations import MAX_HOPS
from inbox.store.sheets import MAX_MESSAGES, Sheet, next_part, sheet, sheet_id

TRIES: Final = 8
KEPT: Final = 100_000
"""Messages and words, in all, of the sheets kept in memory: some 15 MB."""


class Entry(NamedTuple):
    """A message's words, and the conversation it is in."""

    conversation: ConversationId
    number: int
    message: MessageId
    at: Instant
    words: Iterable[str]


class _Kept:
    """The sheets this process wrote last. Whether another server wrote them since, the next write over their version tells."""

    def __init__(self) -> None:
        self._sheets: dict[str, Sheet] = {}
        self._size = 0

    def take(self, id: str) -> Sheet | None:
        """The sheet, which is not kept from now on: who changes it gives it back once that is stored."""
        page = self._sheets.pop(id, None)
        self._size -= 0 if page is None else page.size
        return page

    def give(self, page: Sheet) -> None:
        """Keep a sheet, and those given longest ago no more where they are too many."""
        self.take(page.id)
        self._sheets[page.id] = page
        self._size += page.size
        while self._size > KEPT:
            self.take(next(iter(self._sheets)))


class SheetWriter:
    """Adds to sheets, and moves what they hold."""

    def __init__(self, db: Database) -> None:
        self._sheets = db["search"]
        self._messages = db["messages"]
        self._conversations = db["conversations"]
        self._kept = _Kept()

    async def add(self, entries: Sequence[Entry]) -> None:
        """Note messages' words, each in the sheet of its month. Doing it again changes nothing."""
        for _ in range(TRIES):
            try:
                return await self._write(await self._added(entries))
            except Conflict:
                continue
        raise Unavailable("others keep writing the same search sheets")

    async def _added(self, entries: Sequence[Entry]) -> list[Sheet]:
        """The sheets as they will be; a full one leads on to the next."""
        changed: dict[str, Sheet] = {}
        pending = [(sheet_id(entry.conversation, entry.at), entry) for entry in entries]
        loaded: dict[str, Sheet] = {}
        while pending:
            loaded |= await self._load({target for target, _ in pending} - loaded.keys())
            full: list[tuple[str, Entry]] = []
            for target, entry in pending:
                page = loaded.setdefault(target, Sheet(target, entry.conversation, entry.number))
                if len(page.messages) >= MAX_MESSAGES and all(known != entry.message for known, _ in page.messages):
                    full.append((next_part(target), entry))
                elif page.add(entry.message, entry.at, entry.words):
                    changed[target] = page
            pending = full
        return list(changed.values())

    async def _load(self, ids: Iterable[str]) -> dict[str, Sheet]:
        wanted = {id: self._kept.take(id) for id in ids}
        missing = [id for id, page in wanted.items() if page is None]
        docs = await self._sheets.find({"_id": {"$in": missing}}).to_list() if missing else ()
        return {id: page for id, page in wanted.items() if page is not None} | {doc["_id"]: sheet(doc) for doc in docs}

    async def _write(self, sheets: Sequence[Sheet]) -> None:
        """Store sheets over the versions they were read at. Raises ``Conflict`` when one of them moved on."""
        if not sheets:
            return
        writes = [_written(page) for page in sheets]
        try:
            done = await self._sheets.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != DUPLICATE_KEY for e in (error.details or {}).get("writeErrors", ())):
                raise
            raise Conflict from None
        if done.matched_count + done.inserted_count + done.deleted_count != len(writes):
            raise Conflict
        for page in sheets:
            if page.messages:
                page.version += 1
                self._kept.give(page)

    async def forget(self, numbers: Collection[int], messages: Collection[MessageId]) -> None:
        """Take messages out of the sheets of these conversations."""
        for _ in range(TRIES):
            listed = await self._sheets.find({"n": {"$in": list(numbers)}}, {"m": 1}, hint="place").to_list()
            holding = [doc["_id"] for doc in listed if any(id in messages for id, _ in doc["m"])]
            pages = await self._load(holding)
            try:
                return await self._write([page.without(messages)[0] for page in pages.values()])
            except Conflict:
                continue
        raise Unavailable("others keep writing the same search sheets")

    async def follow(self, conversations: Sequence[Conversation]) -> None:
        """Move what these conversations' sheets hold of messages that are in another conversation by now."""
        for _ in range(TRIES):
            try:
                return await self._follow([c.number for c in conversations])
            except Conflict:
                continue
        raise Unavailable("others keep writing the same search sheets")

    async def _follow(self, numbers: Sequence[int]) -> None:
        listed = await self._sheets.find({"n": {"$in": list(numbers)}}, {"m": 1, "c": 1}, hint="place").to_list()
        home = {id: doc["c"] for doc in listed for id, _ in doc["m"]}
        stored = await self._messages.find({"_id": {"$in": list(home)}}, {"conversation": 1}).to_list()
        shown = await self._shown_in({doc["conversation"] for doc in stored})
        places = {doc["_id"]: shown.get(doc["conversation"], (doc["conversation"], 0)) for doc in stored}
        moved: Mapping[str, tuple[str, int]] = {id: place for id, place in places.items() if place[0] != home[id] and place[1]}
        if not moved:
            return
        left = [doc["_id"] for doc in listed if any(id in moved for id, _ in doc["m"])]
        parted = [page.without(MessageId(id) for id in moved) for page in (await self._load(left)).values()]
        await self.add([Entry(ConversationId(moved[id][0]), moved[id][1], id, at, words) for _, taken in parted for id, at, words in taken])
        await self._write([page for page, _ in parted])

    async def _shown_in(self, homes: Iterable[str]) -> dict[str, tuple[str, int]]:
        """The conversation, and its number, in which the messages of each of these are shown: what was merged is followed."""
        known: dict[str, Document] = {}
        wanted = set(homes)
        for _ in range(MAX_HOPS):
            if not wanted:
                break
            docs = await self._conversations.find({"_id": {"$in": list(wanted)}}, {"number": 1, "merged_into": 1}).to_list()
            known |= {doc["_id"]: doc for doc in docs}
            wanted = {doc["merged_into"] for doc in docs if doc.get("merged_into")} - known.keys()

        def top(id: str) -> str:
            for _ in range(MAX_HOPS):
                if id not in known or not known[id].get("merged_into"):
                    break
                id = known[id]["merged_into"]
            return id

        return {id: (top(id), int(known[top(id)]["number"])) for id in homes if top(id) in known}


def _written(page: Sheet) -> InsertOne[Document] | ReplaceOne[Document] | DeleteOne:
    """How a sheet is stored over the version it was read at."""
    read_at = {"_id": page.id, "v": page.version}
    if not page.messages:
        return DeleteOne(read_at)
    if page.version == 0:
        return InsertOne({**page.document(), "v": 1})
    return ReplaceOne(read_at, {**page.document(), "v": page.version + 1})
