"""What is active is listed by its channel."""

from __future__ import annotations

from inbox.store.client import Database


async def expand(db: Database) -> None:
    """Add the name of the list; what they hold already stays."""
    where = {"k_live": {"$exists": True}, "k_lists": {"$exists": True}}
    listed = [{"$concat": ["h:", "$channel"]}]
    await db["conversations"].update_many(where, [{"$set": {"k_lists": {"$setUnion": ["$k_lists", listed]}}}])
