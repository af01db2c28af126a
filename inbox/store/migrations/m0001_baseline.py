"""The first version: conversation numbers start at 1001."""

from __future__ import annotations

from inbox.store.client import Database
from inbox.store.writers import FIRST_NUMBER, NUMBERS


async def expand(db: Database) -> None:
    """Set the counter where there is none."""
    await db["counters"].update_one({"_id": NUMBERS}, {"$setOnInsert": {"next": FIRST_NUMBER}}, upsert=True)
