"""The inbound ledger: raw deliveries, majority-durable before anybody hears an acknowledgement."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from bson.raw_bson import RawBSONDocument
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError

from inbox.connector import RawDelivery
from inbox.core.errors import NotFound, Unavailable
from inbox.core.ids import DeliveryId, Instant
from inbox.records import LedgerRow
from inbox.store import blobs
from inbox.store.client import DUPLICATE_KEY, Database, Document, border, translated
from inbox.store.documents import document, raw, value

Rows = Sequence[tuple[DeliveryId, RawDelivery]]

INLINE_BYTES: Final = 256 * 1024
DEADLINE: Final = 4.0
"""Seconds after which the sender is told to come again; providers wait from 5 s on."""
GROUP_ROWS: Final = 1_000
GROUP_BYTES: Final = 8 * 1024 * 1024
READ_BYTES: Final = 64 * 1024 * 1024


@dataclass
class _Entry:
    """One caller's rows. ``turn`` resolves to True when it is his turn to write for all that wait, False when his rows are written."""

    rows: list[RawBSONDocument]
    size: int
    turn: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    new: list[bool] = field(default_factory=list)


class MongoLedger:
    """``ports.Ledger`` with group commit: while one caller's insert is under way, the others' rows gather for the next one."""

    def __init__(self, db: Database, deadline: float = DEADLINE) -> None:
        """``deadline``: seconds after which ``record`` gives up."""
        self._db = db
        self._deadline = deadline
        self._rows = db["deliveries"]
        self._waiting: list[_Entry] = []
        self._writing = False
        self._mark = secrets.token_bytes(8)
        self._rows_made = count()

    async def record(self, rows: Rows) -> list[bool]:
        """Majority-durable when it returns; False where the delivery was there before.

        Raises ``Unavailable`` when that is not certain in time; what is stored nevertheless is found as a duplicate next time.
        """
        if not rows:
            return []
        try:
            async with asyncio.timeout(self._deadline):
                with border():
                    docs = [await self._row(id, delivery) for id, delivery in rows]
                    return await self._queue(_Entry(docs, sum(len(doc.raw) for doc in docs)))
        except TimeoutError as error:
            raise Unavailable("the ledger did not answer in time") from error

    async def _row(self, id: DeliveryId, delivery: RawDelivery) -> RawBSONDocument:
        doc = document(delivery)
        doc["_id"] = id
        doc["state"] = "received"
        # tells our own row from one stored before, should the driver write it twice
        doc["by"] = self._mark + next(self._rows_made).to_bytes(6)
        if len(delivery.body) > INLINE_BYTES:
            doc["blob"], _ = await blobs.write(self._db, delivery.body)
            doc["body"] = b""
        return raw(doc)

    async def _queue(self, entry: _Entry) -> list[bool]:
        self._waiting.append(entry)
        if self._writing and not await self._turn(entry):
            return entry.new
        self._writing = True
        group: list[_Entry] = []
        try:
            group = self._take(entry)
            await self._write(group)
        finally:
            self._pass_on(group, entry)
        return entry.new

    async def _turn(self, entry: _Entry) -> bool:
        try:
            return await entry.turn
        except asyncio.CancelledError:
            if not entry.turn.cancelled() and entry.turn.result():
                self._pass_on((), entry)  # his turn came just as he gave up
            raise

    def _take(self, mine: _Entry) -> list[_Entry]:
        """Mine and what else waits, oldest first, up to the limits; who gave up waiting is left out."""
        group, size, count = [mine], mine.size, len(mine.rows)
        rest: list[_Entry] = []
        for entry in self._waiting:
            if entry is mine or entry.turn.done():
                continue
            if size + entry.size > GROUP_BYTES or count + len(entry.rows) > GROUP_ROWS:
                rest.append(entry)
                continue
            group.append(entry)
            size, count = size + entry.size, count + len(entry.rows)
        self._waiting = rest
        return group

    def _pass_on(self, group: Sequence[_Entry], mine: _Entry) -> None:
        """Wake those whose rows are written, put the others back in line, and let the next one write."""
        unwritten = [entry for entry in group if entry is not mine and not entry.new and not entry.turn.done()]
        for entry in group:
            if entry is not mine and entry.new and not entry.turn.done():
                entry.turn.set_result(False)
        self._waiting = unwritten + self._waiting
        for entry in self._waiting:
            if not entry.turn.done():
                entry.turn.set_result(True)
                return
        self._writing = False

    async def _write(self, group: Sequence[_Entry]) -> None:
        """Insert all rows at once and set each entry's answer; an entry whose rows are not all certain is failed alone."""
        rows = [row for entry in group for row in entry.rows]
        there = await self._insert(rows)
        durable = await self._durable(rows, there)
        at = 0
        for entry in group:
            mine = range(at, at + len(entry.rows))
            at += len(entry.rows)
            if all(i not in there or i in durable for i in mine):
                entry.new = [durable.get(i, True) for i in mine]
            elif not entry.turn.done():
                entry.turn.set_exception(Unavailable("an earlier copy is not durable yet"))
        if not group[0].new:
            raise Unavailable("an earlier copy is not durable yet")

    async def _insert(self, rows: Sequence[RawBSONDocument]) -> set[int]:
        """Insert; the positions of rows whose id was there."""
        try:
            await self._rows.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            details: Mapping[str, Any] = error.details or {}
            failed = details.get("writeErrors", [])
            if details.get("writeConcernErrors") or any(e["code"] != DUPLICATE_KEY for e in failed):
                raise
            return {int(e["index"]) for e in failed}
        return set()

    async def _durable(self, rows: Sequence[RawBSONDocument], there: set[int]) -> dict[int, bool]:
        """Those of the rows that a majority has, and whether this very call stored them.

        A duplicate key alone proves nothing: the first copy may still be rolled back. Only a majority read does.
        """
        if not there:
            return {}
        ids = [rows[i]["_id"] for i in there]
        found = {doc["_id"]: doc.get("by") async for doc in self._rows.find({"_id": {"$in": ids}}, {"by": 1})}
        return {i: found[rows[i]["_id"]] == rows[i]["by"] for i in there if rows[i]["_id"] in found}

    @translated
    async def get(self, id: DeliveryId) -> LedgerRow | None:
        """One delivery."""
        doc = await self._rows.find_one({"_id": {"$eq": id}})
        return None if doc is None else await self._read(doc)

    @translated
    async def unsettled(self, before: Instant, limit: int, after: LedgerRow | None = None) -> list[LedgerRow]:
        """Deliveries recorded before ``before`` and not settled, oldest first, those behind ``after``; at most 64 MB, but at least one."""
        rows: list[LedgerRow] = []
        size = 0
        where: dict[str, Any] = {"state": "received", "arrived_at": {"$lt": before}}
        if after is not None:
            at = after.raw.arrived_at
            where["arrived_at"]["$gte"] = at
            where["$or"] = [{"arrived_at": {"$gt": at}}, {"_id": {"$gt": after.id}}]
        cursor = self._rows.find(where, sort=[("arrived_at", 1), ("_id", 1)], limit=limit)
        async for doc in cursor:
            row = await self._read(doc)
            rows.append(row)
            size += len(row.raw.body)
            if size > READ_BYTES:
                break
        return rows

    @translated
    async def note_failure(self, id: DeliveryId, error: str) -> int:
        """Count one failed attempt; the number of attempts so far. Raises ``NotFound``."""
        counted = await self._rows.find_one_and_update(
            {"_id": {"$eq": id}},
            {"$inc": {"attempts": 1}, "$set": {"error": error}},
            {"attempts": 1},
            return_document=ReturnDocument.AFTER,
        )
        if counted is None:
            raise NotFound
        return int(counted["attempts"])

    async def _read(self, doc: Document) -> LedgerRow:
        if "blob" in doc:
            doc["body"] = await blobs.read_all(self._db, doc["blob"])
        delivery = value(doc, RawDelivery)
        return LedgerRow(doc["_id"], delivery, doc["state"], int(doc.get("attempts", 0)), str(doc.get("error", "")))
