"""What is active is listed by its channel, for each reader."""

from __future__ import annotations

from inbox.store.client import Database


async def expand(db: Database) -> None:
    """Add the names of the lists; what they hold already stays."""
    where = {"k_live": {"$exists": True}, "k_lists": {"$exists": True}}
    listed = {"$map": {"input": "$k_live", "in": {"$concat": ["h:", "$channel", ":", "$$this"]}}}
    await db["conversations"].update_many(where, [{"$set": {"k_lists": {"$setUnion": ["$k_lists", listed]}}}])
