"""What was in a backlog is listed by the days it was there."""

from __future__ import annotations

from pymongo import UpdateOne

from inbox.store.client import Database
from inbox.store.evenings import LASTING, blocks

NOT_YET = 2**53
AT_ONCE = 1_000
OLD = "stays"


async def expand(db: Database) -> None:
    """Add the days, and drop the index by the end, which nobody reads any more."""
    facts = db["facts"]
    changes: list[UpdateOne] = []
    missing = {"kind": "backlog", "k_until": {"$exists": True}, "k_days": {"$exists": False}}
    async for doc in facts.find(missing, {"k_at": 1, "k_until": 1}, batch_size=AT_ONCE):
        days = [LASTING] if doc["k_until"] == NOT_YET else blocks(-doc["k_at"], doc["k_until"])
        changes.append(UpdateOne({"_id": doc["_id"], "k_until": doc["k_until"]}, {"$set": {"k_days": days}}))
        if len(changes) == AT_ONCE:
            await facts.bulk_write(changes, ordered=False)
            changes.clear()
    if changes:
        await facts.bulk_write(changes, ordered=False)
    if OLD in await facts.index_information():
        await facts.drop_index(OLD)
