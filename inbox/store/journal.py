"""State and events in MongoDB: loaded with majority, committed in one transaction, announced by a change stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from bson.max_key import MaxKey
from bson.min_key import MinKey
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure

from inbox.core.events import Event
from inbox.core.ids import Instant
from inbox.records import CONVERSATIONS, Batch, Loaded, Noun, Slot, Wanted
from inbox.store import orphans, writers
from inbox.store.client import Database, Document, border, cancellations, heed, translated
from inbox.store.directory import KnownTags
from inbox.store.documents import encoded, event, event_key, value
from inbox.store.transaction import last_of, run, steps

WAIT_MS: Final = 1_000
_REOPEN: Final = frozenset({43, 136, 237, 286, 280, 234, 222})
"""Cursor lost or killed, history lost, resume impossible, stream closed: since nothing is resumed, a new stream does."""


class MongoJournal:
    """``ports.Journal``. After ``Unavailable`` from ``commit`` the outcome is open: ask ``highest`` before stamping events anew."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._tags = KnownTags(db)
        self._o: int | None = None
        self._session: Any = None

    @translated
    async def load(self, wanted: Wanted) -> Loaded:
        """The stored values by noun and id, as of a majority of the database."""
        found = await asyncio.gather(*(self._find(noun, ids) for noun, ids in wanted.items()))
        return dict(zip(wanted, found, strict=True))

    async def _find(self, noun: Noun[Any], ids: Iterable[str]) -> Mapping[str, Any]:
        listed = list(ids)
        cursor = self._db[noun.name].find({"_id": {"$in": listed}}, batch_size=len(listed) + 1)
        return {doc["_id"]: value(doc, noun.type) for doc in await cursor.to_list()}

    @translated
    async def commit(self, batch: Batch) -> None:
        """All or nothing, majority-durable. A batch that is one new value and nothing else needs no transaction."""
        await self._tags.note(tag for put in batch.puts if put.noun is CONVERSATIONS for tag in put.value.tags)
        match batch:
            case Batch(puts=[put], removals=[], loads=[], settled=[], events=[]) if put.expect is None:
                await self._db[put.noun.name].insert_one(encoded(put.value))
            case _:
                if plan := steps(batch):
                    await run(self._db, plan, last_of(batch), self._note)

    async def _note(self, session: Any) -> None:
        """Whoever comes after us can end what we leave open."""
        if self._o is not None and session != self._session:
            await orphans.note(self._db, self._o, session)
            self._session = session

    @translated
    async def lease_writer(self, owner: str, now: Instant) -> Slot:
        """A free writer number for this process, for 15 s."""
        await orphans.end(self._db, now)
        slot = await writers.lease(self._db, owner, now)
        self._o, self._session = slot.o, None
        return slot

    @translated
    async def renew_writer(self, slot: Slot, now: Instant) -> None:
        """Keep the number; ``Fenced`` when another process holds it."""
        await writers.renew(self._db, slot, now)

    @translated
    async def release_writer(self, slot: Slot) -> None:
        """Give the number back."""
        await writers.release(self._db, slot)

    @translated
    async def highest(self, o: int) -> int:
        """The number of the writer's last entry, 0 for none."""
        return await writers.highest(self._db, o)

    @translated
    async def lease_numbers(self, count: int) -> range:
        """Conversation numbers nobody else gets."""
        return await writers.numbers(self._db, count)

    @translated
    async def return_numbers(self, numbers: range) -> None:
        """Give back numbers that were leased last and not used."""
        await writers.give_back(self._db, numbers)

    @translated
    async def heads(self) -> dict[int, int]:
        """The highest entry of every writer."""
        known = await writers.writers(self._db)
        heads = await asyncio.gather(*(writers.highest(self._db, o) for o in known))
        return {o: n for o, n in zip(known, heads, strict=True) if n}

    @translated
    async def events_after(self, cursor: Mapping[int, int], limit: int) -> list[Event]:
        """Entries after the cursor, in order per writer; a writer the cursor does not name is read from its beginning."""
        cursor_ = self._db["events"].find({"$or": unread(cursor)}, sort=[("_id", 1)], limit=limit, batch_size=limit + 1)
        return [event(doc) for doc in await cursor_.to_list()]

    async def changes(self) -> AsyncIterator[Mapping[int, int]]:
        """Yields an empty mapping at the start, and then the heads of every batch of entries the server reports.

        ``Unavailable`` when it is away.
        """
        while True:
            with border():
                try:
                    async with aclosing(self._stream()) as reports:
                        async for heads in reports:
                            yield heads
                except OperationFailure as error:
                    if error.code not in _REOPEN:
                        raise

    async def _stream(self) -> AsyncGenerator[Mapping[int, int], None]:
        # The driver's own change stream hands out single documents; reading the cursor by hand tells batches apart.
        watch = {"aggregate": "events", "pipeline": [{"$changeStream": {}}, {"$project": {"documentKey": 1}}], "cursor": {}}
        async with self._db.client.start_session() as session:
            answer = await self._ask(watch, session)
            yield {}
            while cursor := answer["cursor"]["id"]:
                answer = await self._ask({"getMore": cursor, "collection": "events", "maxTimeMS": WAIT_MS}, session)
                if reports := answer["cursor"]["nextBatch"]:
                    yield _heads(reports)

    async def _ask(self, command: Document, session: AsyncClientSession) -> Document:
        """Stops when its task was asked to meanwhile: the stream never leaves the border, which would see to that."""
        before = cancellations()
        answer = await self._db.command(command, session=session)
        heed(before)
        return answer


def _heads(reports: Sequence[Mapping[str, Any]]) -> Mapping[int, int]:
    """The highest number per writer; what is no entry of ours (a dropped collection) makes everything be looked at."""
    heads: dict[int, int] = {}
    for report in reports:
        key = report.get("documentKey", {}).get("_id")
        if not isinstance(key, Mapping):
            return {}
        heads[key["o"]] = max(heads.get(key["o"], 0), key["n"])
    return heads


def unread(cursor: Mapping[int, int]) -> list[dict[str, Any]]:
    """The stretches of ``_id`` after a cursor, in order: each writer's unread entries, up to where the next writer's read ones begin."""
    stretches: list[dict[str, Any]] = []
    start = event_key(-1, MinKey())
    for o, n in sorted(cursor.items()):
        stretches.append({"_id": {"$gt": start, "$lt": event_key(o, MinKey())}})
        start = event_key(o, n)
    stretches.append({"_id": {"$gt": start, "$lt": {"o": MaxKey()}}})
    return stretches
