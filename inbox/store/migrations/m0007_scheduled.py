"""Conversations are listed by whether an answer waits there for its time."""

from __future__ import annotations

from inbox.store.client import Database


async def expand(db: Database) -> None:
    """Add the name of the list; what they hold already stays."""
    where = {"k_lists": {"$exists": True}, "scheduled.0": {"$exists": True}, "category": {"$ne": "spam"}}
    lists = {"$map": {"input": "$k_who", "in": {"$concat": ["p:", "$$this"]}}}
    await db["conversations"].update_many(where, [{"$set": {"k_lists": {"$setUnion": ["$k_lists", lists]}}}])
