"""Conversations that are late or due soon are listed together, by their deadlines."""

from __future__ import annotations

from inbox.store.client import Database


async def expand(db: Database) -> None:
    """Add the tokens of the list's readers; k_sla is there for active conversations only."""
    where = {"k_sla": {"$exists": True}, "k_who": {"$exists": True}, "k_pressing": {"$exists": False}}
    await db["conversations"].update_many(where, [{"$set": {"k_pressing": "$k_who"}}])
