"""Writing the search projection: words of messages into sheets, safely beside another server that does the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, Unavailable
from inbox.core.ids import ConversationId, Instant, MessageId
from inbox.store.client import DUPLICATE_KEY, Database, Document
from inbox.store.sheets import MAX_MESSAGES, Sheet, next_part, sheet, sheet_id

TRIES: Final = 8


class Entry(NamedTuple):
    """A message's words, and the conversation it is in."""

    conversation: ConversationId
    number: int
    message: MessageId
    at: Instant
    words: Iterable[str]


class SheetWriter:
    """Adds to sheets, and moves what they hold."""

    def __init__(self, db: Database) -> None:
        self._sheets = db["search"]
        self._messages = db["messages"]
        self._conversations = db["conversations"]

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
        docs = await self._sheets.find({"_id": {"$in": list(ids)}}).to_list()
        return {doc["_id"]: sheet(doc) for doc in docs}

    async def _write(self, sheets: Sequence[Sheet]) -> None:
        """Store sheets over the versions they were read at. Raises ``Conflict`` when one of them moved on."""
        if not sheets:
            return
        writes: list[InsertOne[Document] | ReplaceOne[Document] | DeleteOne] = []
        for page in sheets:
            read_at = {"_id": page.id, "v": page.version}
            if not page.messages:
                writes.append(DeleteOne(read_at))
            elif page.version == 0:
                writes.append(InsertOne({**page.document(), "v": 1}))
            else:
                writes.append(ReplaceOne(read_at, {**page.document(), "v": page.version + 1}))
        try:
            done = await self._sheets.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != DUPLICATE_KEY for e in (error.details or {}).get("writeErrors", ())):
                raise
            raise Conflict from None
        if done.matched_count + done.inserted_count + done.deleted_count != len(writes):
            raise Conflict

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
        moved: Mapping[str, str] = {doc["_id"]: doc["conversation"] for doc in stored if doc["conversation"] != home[doc["_id"]]}
        if not moved:
            return
        left = [doc["_id"] for doc in listed if any(id in moved for id, _ in doc["m"])]
        parted = [page.without(MessageId(id) for id in moved) for page in (await self._load(left)).values()]
        homes = await self._conversations.find({"_id": {"$in": list(set(moved.values()))}}, {"number": 1}).to_list()
        number_of = {doc["_id"]: int(doc["number"]) for doc in homes}
        await self.add(
            [
                Entry(ConversationId(moved[id]), number_of[moved[id]], id, at, words)
                for _, taken in parted
                for id, at, words in taken
                if moved[id] in number_of
            ]
        )
        await self._write([page for page, _ in parted])
