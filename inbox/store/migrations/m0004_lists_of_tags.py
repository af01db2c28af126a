"""Conversations are listed by tag, and by what is late or due soon, for views that people save."""

from __future__ import annotations

from typing import Any

from inbox.store.client import Database

_ACTIVE = ["open", "waiting"]
_CLOCKS = {"$ifNull": ["$sla", []]}


async def expand(db: Database) -> None:
    """Add the names of the lists; what they hold already stays."""
    active = {"$in": ["$category", _ACTIVE]}
    mark = {"$cond": [active, "g:", {"$concat": ["g.", "$category", ":"]}]}
    tags = {"$map": {"input": {"$ifNull": ["$tags", []]}, "in": {"$concat": [mark, "$$this"]}}}
    late = _some({"$and": [{"$gt": ["$$this.breached_at", None]}, {"$not": [{"$gt": ["$$this.met_at", None]}]}]})
    soon = _some({"$and": [{"$eq": ["$$this.state", "running"]}, {"$gt": ["$$this.warned_at", None]}]})
    stands = {"$cond": [active, {"$cond": [late, "late", {"$cond": [soon, "soon", "$$REMOVE"]}]}, "$$REMOVE"]}
    listed = {"$cond": [{"$eq": [{"$type": "$k_sla"}, "missing"]}, [], [{"$concat": ["s:", "$k_sla"]}]]}
    where = {"k_lists": {"$exists": True}, "$or": [{"tags.0": {"$exists": True}}, {"sla.0": {"$exists": True}}]}
    steps: list[dict[str, Any]] = [{"$set": {"k_sla": stands}}, {"$set": {"k_lists": {"$setUnion": ["$k_lists", tags, listed]}}}]
    await db["conversations"].update_many(where, steps)


def _some(condition: dict[str, Any]) -> dict[str, Any]:
    return {"$anyElementTrue": {"$map": {"input": _CLOCKS, "in": condition}}}
