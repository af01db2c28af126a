"""Tags have a list of their own, with colours and descriptions: whatever was given until now is in it."""

from __future__ import annotations

from pymongo import UpdateOne

from inbox.core.tags import tag_id
from inbox.store.client import Database

_AT_ONCE = 1_000


async def expand(db: Database) -> None:
    """An entry for every tag, under the spelling that is met first."""
    waiting: list[UpdateOne] = []
    async for doc in db["tags"].find({}, {"_id": 1}, sort=[("_id", 1)]):
        waiting.append(UpdateOne({"_id": tag_id(doc["_id"])}, {"$setOnInsert": {"name": doc["_id"]}}, upsert=True))
        if len(waiting) == _AT_ONCE:
            await db["tag_entries"].bulk_write(waiting)
            waiting.clear()
    if waiting:
        await db["tag_entries"].bulk_write(waiting)
