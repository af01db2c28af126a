"""Lists by priority show who waits longest first: an order that does not move with every message, and whose index need not either."""

from __future__ import annotations

from inbox.core.conversation import FAR_FUTURE, PRIORITY_RANK
from inbox.store.client import Database
from inbox.store.documents import RANK_STEP


async def expand(db: Database) -> None:
    """Compute the sort key anew, for what is in such a list."""
    branches = [{"case": {"$eq": ["$priority", p.value]}, "then": rank * RANK_STEP} for p, rank in PRIORITY_RANK.items()]
    turn = {"$ifNull": ["$waiting_since", {"$subtract": [2 * FAR_FUTURE, "$updated_at"]}]}
    rank = {"$subtract": [turn, {"$switch": {"branches": branches, "default": 0}}]}
    await db["conversations"].update_many({"k_live": {"$exists": True}}, [{"$set": {"k_rank": rank}}])
