"""Writer numbers and conversation numbers: what servers lease so that they never need to agree on each one."""

from __future__ import annotations

from typing import Final

from bson.max_key import MaxKey
from bson.min_key import MinKey
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from inbox.core.errors import Fenced, Unavailable
from inbox.core.ids import Instant
from inbox.records import Slot
from inbox.store.client import Database
from inbox.store.documents import event_key

WRITERS: Final = 64
LEASE_MS: Final = 15_000
NUMBERS: Final = "conversation_number"
FIRST_NUMBER: Final = 1001


async def lease(db: Database, owner: str, now: Instant) -> Slot:
    """The lowest writer number that nobody holds. Its fence rises, so that a former holder can neither renew nor give it back."""
    held = {int(doc["_id"]): int(doc["until"]) async for doc in db["writers"].find({})}
    for o in range(1, WRITERS + 1):
        if held.get(o, 0) <= now and (fence := await _take(db, o, owner, now)):
            return Slot(o, await highest(db, o), fence)
    raise Unavailable("all writer numbers are taken")


async def _take(db: Database, o: int, owner: str, now: Instant) -> int | None:
    try:
        taken = await db["writers"].find_one_and_update(
            {"_id": o, "until": {"$lte": now}},
            {"$set": {"owner": owner, "until": now + LEASE_MS}, "$inc": {"fence": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        return None
    return int(taken["fence"]) if taken else None


async def renew(db: Database, slot: Slot, now: Instant) -> None:
    """Keep it for another 15 s; raises ``Fenced`` when it was leased to somebody else."""
    done = await db["writers"].update_one({"_id": slot.o, "fence": slot.fence}, {"$max": {"until": now + LEASE_MS}})
    if not done.matched_count:
        raise Fenced


async def release(db: Database, slot: Slot) -> None:
    """Give it back."""
    await db["writers"].update_one({"_id": slot.o, "fence": slot.fence}, {"$set": {"until": 0}})


async def highest(db: Database, o: int) -> int:
    """The number of the writer's last entry, 0 for none."""
    within = {"$gte": event_key(o, MinKey()), "$lte": event_key(o, MaxKey())}
    last = await db["events"].find_one({"_id": within}, {"_id": 1}, sort=[("_id", -1)])
    return int(last["_id"]["n"]) if last else 0


async def writers(db: Database) -> list[int]:
    """Every writer number that was ever leased."""
    return [int(doc["_id"]) async for doc in db["writers"].find({}, {"_id": 1})]


async def numbers(db: Database, count: int) -> range:
    """The next ``count`` conversation numbers."""
    first: int = FIRST_NUMBER
    after = {"$add": [{"$ifNull": ["$next", FIRST_NUMBER]}, count]}
    before = await db["counters"].find_one_and_update({"_id": NUMBERS}, [{"$set": {"next": after}}], upsert=True)
    if before is not None:
        first = int(before["next"])
    return range(first, first + count)


async def give_back(db: Database, numbers: range) -> None:
    """Undo a lease, as far as nobody has leased after it."""
    await db["counters"].update_one({"_id": NUMBERS, "next": numbers.stop}, {"$set": {"next": numbers.start}})
