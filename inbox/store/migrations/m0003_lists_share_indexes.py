"""Lists of one order share an index: six indexes fewer to keep with every message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inbox.store.client import Database

OLD = ("mine_activity", "free_activity", "bot_activity", "customer_activity", "open_waiting", "queue_waiting")
_FIELDS = ["k_mine", "k_free", "k_bot", "k_customer", "k_open", "k_queue"]


async def expand(db: Database) -> None:
    """Name the lists anew, and drop the indexes that nobody reads any more."""
    lists = {"$concatArrays": [_one("c:", "$k_customer"), _one("m:", "$k_mine"), _each("b:", "$k_bot"), _each("f:", "$k_free")]}
    waiting = {"$concatArrays": [_each("o:", "$k_open"), _each("q:", "$k_queue")]}
    named = {"k_lists": lists, "k_waiting": {"$cond": [{"$eq": [waiting, []]}, "$$REMOVE", waiting]}}
    await db["conversations"].update_many({"k_customer": {"$exists": True}}, [{"$set": named}, {"$unset": _FIELDS}])
    for name in OLD:
        if name in await db["conversations"].index_information():
            await db["conversations"].drop_index(name)


def _one(mark: str, field: str) -> Mapping[str, Any]:
    return {"$cond": [{"$eq": [{"$type": field}, "missing"]}, [], [{"$concat": [mark, field]}]]}


def _each(mark: str, field: str) -> Mapping[str, Any]:
    return {"$map": {"input": {"$ifNull": [field, []]}, "in": {"$concat": [mark, "$$this"]}}}
