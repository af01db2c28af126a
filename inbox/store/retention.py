"""Removes what is older than it has to be kept: entries of the journal, and deliveries that are dealt with. A bounded piece at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bson.min_key import MinKey

from inbox.core.ids import Instant
from inbox.store import blobs
from inbox.store.client import Database, translated
from inbox.store.documents import event_key
from inbox.store.writers import highest, writers

_SETTLED: Final = ("done", "unsupported")


class MongoRetention:
    """``ports.Retention``. Several servers may trim at once; what one has removed another finds gone."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept = 0
        """Rows at the ledger's beginning that this sweep has passed and left."""

    @translated
    async def trim_journal(self, before: Instant, read: Mapping[int, int], limit: int) -> tuple[int, bool]:
        """Remove entries written before an instant and up to ``read``, the oldest of each writer first."""
        removed = 0
        for o in await writers(self._db):
            removed += await self._trim_writer(o, before, read.get(o, 0), limit - removed)
            if removed >= limit:
                return removed, True
        return removed, False

    async def _trim_writer(self, o: int, before: Instant, read: int, limit: int) -> int:
        """From the beginning without a gap, so that a cursor is either whole or behind the beginning. The writer's last entry
        stays: the next number follows from it."""
        until = min(read, await highest(self._db, o) - 1)
        within = {"$gt": event_key(o, MinKey()), "$lte": event_key(o, until)}
        docs = await self._db["events"].find({"_id": within}, {"at": 1}, sort=[("_id", 1)], limit=limit).to_list()
        old = 0
        while old < len(docs) and docs[old]["at"] < before:
            old += 1
        if old:
            span = {"$gte": event_key(o, docs[0]["_id"]["n"]), "$lte": event_key(o, docs[old - 1]["_id"]["n"])}
            await self._db["events"].delete_many({"_id": span})
        return old

    @translated
    async def trim_ledger(self, before: Instant, limit: int) -> tuple[int, bool]:
        """Look at the next deliveries in the order in which they were stored, and remove those that arrived before an instant and are
        settled. Unreadable ones stay: nothing else holds them."""
        # The order of the storage costs the path in no index; one that is not exact removes a row some sweeps later.
        order: list[tuple[str, Any]] = [("$natural", 1)]
        fields = {"state": 1, "arrived_at": 1, "blob": 1}
        docs = await self._db["deliveries"].find({}, fields, sort=order, skip=self._kept, limit=limit).to_list()
        old = [doc for doc in docs if doc["arrived_at"] < before]
        done = [doc for doc in old if doc["state"] in _SETTLED]
        for doc in done:
            if "blob" in doc:  # first the bytes: a row without them is removed next time, bytes without a row never
                await blobs.delete(self._db, doc["blob"])
        await self._db["deliveries"].delete_many({"_id": {"$in": [doc["_id"] for doc in done]}})
        more = len(docs) == limit and len(old) == limit
        self._kept = self._kept + len(old) - len(done) if more else 0
        return len(done), more
