"""Files: what is known of them in one collection, their bytes in GridFS, written before anything names them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from bson import ObjectId
from msgspec.structs import replace
from pymongo.errors import DuplicateKeyError

from inbox.core.errors import NotFound
from inbox.core.ids import ConversationId, Instant
from inbox.records import StoredFile
from inbox.store import blobs
from inbox.store.client import Database, translated
from inbox.store.documents import document, value

SWEEP_AT_ONCE: Final = 500
_UPLOAD: Final = {"owner": {"$not": {"$regex": "^(message|reply):"}}}


class MongoFiles:
    """``ports.Files``."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._files = db["files"]

    @translated
    async def store(self, file: StoredFile, content: AsyncIterator[bytes] | bytes) -> StoredFile:
        """Majority-durable when it returns, with the size that was counted. An id that is stored already stays as it is."""
        there = await self.find(file.id)
        if there is not None:
            return there
        blob, size = await blobs.write(self._db, content)
        stored = replace(file, size=size)
        try:
            await self._files.insert_one({**document(stored), "blob": blob, "k_loose": True})
        except DuplicateKeyError:
            await blobs.delete(self._db, blob)
            return await self.find(file.id) or stored
        return stored

    @translated
    async def find(self, id: str) -> StoredFile | None:
        """What is known of a file."""
        doc = await self._files.find_one({"_id": {"$eq": id}})
        return None if doc is None else value(doc, StoredFile)

    async def open(self, id: str, start: int = 0) -> AsyncIterator[bytes]:
        """Its bytes from ``start`` on; ``NotFound``."""
        async for piece in blobs.read(self._db, await self._blob(id), start):
            yield piece

    @translated
    async def _blob(self, id: str) -> ObjectId:
        doc = await self._files.find_one({"_id": {"$eq": id}}, {"blob": 1})
        if doc is None:
            raise NotFound
        blob: ObjectId = doc["blob"]
        return blob

    @translated
    async def adopt(self, ids: Sequence[str], owner: str, conversation: ConversationId) -> None:
        """A stored message names these files; those that a message named before keep that one as their owner."""
        where = {"_id": {"$in": list(ids)}, **_UPLOAD}
        await self._files.update_many(where, {"$set": {"owner": owner, "conversation": conversation}, "$unset": {"k_loose": ""}})

    @translated
    async def keep(self, ids: Sequence[str], owner: str) -> None:
        """A saved reply is about to name these uploads: until it does, and when it does no more, the sweep takes them."""
        await self._files.update_many({"_id": {"$in": list(ids)}, **_UPLOAD}, {"$set": {"owner": owner}})

    @translated
    async def copy(self, id: str, copy: StoredFile) -> StoredFile:
        """The same bytes under another id. Raises ``NotFound``, also when the original is swept meanwhile, and its bytes with it."""
        doc = await self._files.find_one({"_id": {"$eq": id}})
        if doc is None:
            raise NotFound
        original = value(doc, StoredFile)
        stored = replace(copy, name=original.name, type=original.type, size=original.size)
        try:
            await self._files.insert_one({**document(stored), "blob": doc["blob"], "k_loose": True})
        except DuplicateKeyError:
            return await self.find(copy.id) or stored
        if await self._files.find_one({"_id": {"$eq": id}}, {"_id": 1}) is None:
            await self._files.delete_one({"_id": copy.id})
            raise NotFound
        return stored

    async def _drop(self, id: str, blob: ObjectId) -> None:
        """Remove a file, and its bytes unless a copy has them."""
        await self._files.delete_one({"_id": id})
        if await self._files.find_one({"blob": {"$eq": blob}}, {"_id": 1}, hint="blob") is None:
            await blobs.delete(self._db, blob)

    @translated
    async def sweep(self, before: Instant) -> int:
        """Remove uploads no message named since ``before``; how many. A file that a message does name is never removed, adopted or not;
        one that a draft or a saved reply names counts as uploaded at ``before``, and is looked at again next time. Younger ones that a
        message names are given to it, where a crash came before that."""
        await self._adopt_younger(before)
        removed = 0
        where = {"k_loose": {"$eq": True}, "at": {"$lt": before}}
        while docs := await self._files.find(where, {"blob": 1}, sort=[("at", 1), ("_id", 1)], limit=SWEEP_AT_ONCE, hint="loose").to_list():
            ids = [doc["_id"] for doc in docs]
            named, drafted = await self._named(ids), await self._drafted(ids) | await self._saved(ids)
            await self._files.update_many({"_id": {"$in": list(named)}}, {"$unset": {"k_loose": ""}})
            await self._files.update_many({"_id": {"$in": list(drafted)}}, {"$set": {"at": before}})
            for doc in docs:
                if doc["_id"] not in named | drafted:
                    await self._drop(doc["_id"], doc["blob"])
                    removed += 1
        await self._sweep_blobs(before)
        return removed

    async def _adopt_younger(self, since: Instant) -> None:
        last: tuple[Instant, str] = (since, "")
        while True:
            younger = {"$or": [{"at": {"$gt": last[0]}}, {"at": last[0], "_id": {"$gt": last[1]}}]}
            where = {"k_loose": {"$eq": True}, "at": {"$gte": last[0]}, **younger, **_UPLOAD}
            docs = await self._files.find(where, {"at": 1}, sort=[("at", 1), ("_id", 1)], limit=SWEEP_AT_ONCE, hint="loose").to_list()
            if not docs:
                return
            await self._named([doc["_id"] for doc in docs])
            last = docs[-1]["at"], docs[-1]["_id"]

    async def _named(self, ids: Sequence[str]) -> set[str]:
        """Those of the files that some message has as an attachment; and tells the file so, where a crash came in between."""
        named: set[str] = set()
        where = {"attachments.file": {"$in": list(ids)}}
        async for message in self._db["messages"].find(where, {"conversation": 1, "attachments.file": 1}, hint="file"):
            files = {a["file"] for a in message["attachments"]} & set(ids)
            await self.adopt(list(files), f"message:{message['_id']}", message["conversation"])
            named |= files
        return named

    async def _drafted(self, ids: Sequence[str]) -> set[str]:
        """Those of the files that wait in somebody's draft."""
        where = {"files": {"$in": list(ids)}}
        drafts = await self._db["drafts"].find(where, {"files": 1}, hint="files").to_list()
        return {file for draft in drafts for file in draft["files"]} & set(ids)

    async def _saved(self, ids: Sequence[str]) -> set[str]:
        """Those of the files that go out with a saved reply."""
        where = {"files.file": {"$in": list(ids)}}
        replies = await self._db["saved_replies"].find(where, {"files.file": 1}).to_list()
        return {file["file"] for reply in replies for file in reply["files"]} & set(ids)

    async def _sweep_blobs(self, before: Instant) -> None:
        """Remove blobs that nothing names, each looked at once: what names a blob is written right after it or never."""
        cursors = self._db["cursors"]
        progress = await cursors.find_one({"_id": "swept_blobs"})
        last = progress["last"] if progress else blobs.first_of(0)
        while found := await blobs.after(self._db, last, before, SWEEP_AT_ONCE):
            files = await self._files.distinct("blob", {"blob": {"$in": found}})
            deliveries = await self._db["deliveries"].distinct("blob", {"blob": {"$in": found}})
            for blob in set(found) - set(files) - set(deliveries):
                await blobs.delete(self._db, blob)
            last = found[-1]
            await cursors.update_one({"_id": "swept_blobs"}, {"$max": {"last": last}}, upsert=True)
