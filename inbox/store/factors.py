"""Second factors of accounts."""

from __future__ import annotations

from pymongo.errors import DuplicateKeyError

from inbox.admission import Factor
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, Instant
from inbox.store.client import Database, translated
from inbox.store.documents import document, value

_IN_FORCE = {"confirmed_at": {"$gt": 0}}


class MongoFactors:
    """``admission.Factors``."""

    def __init__(self, db: Database) -> None:
        self._factors = db["factors"]

    @translated
    async def factor(self, agent: AgentId) -> Factor | None:
        """The account's, confirmed or not."""
        doc = await self._factors.find_one({"_id": {"$eq": agent}})
        return None if doc is None else value(doc, Factor)

    @translated
    async def begin_factor(self, factor: Factor) -> None:
        """Store one to be confirmed. Raises ``Conflict`` when there is one in force."""
        doc = document(factor)
        pending = {"_id": doc["_id"], "confirmed_at": {"$exists": False}}
        try:
            await self._factors.replace_one(pending, doc, upsert=True)
        except DuplicateKeyError as there:  # one in force, or another beginning at once
            raise Conflict("There is a second factor already.") from there

    @translated
    async def confirm_factor(self, agent: AgentId, secret: str, now: Instant, step: int) -> bool:
        """Put it in force, its first code used; False when it is not there or in force already."""
        pending = {"_id": {"$eq": agent}, "secret": {"$eq": secret}, "confirmed_at": {"$exists": False}}
        done = await self._factors.update_one(pending, {"$set": {"confirmed_at": now, "used": step}})
        return done.modified_count == 1

    @translated
    async def use_step(self, agent: AgentId, step: int) -> bool:
        """Take the code of a time step: True exactly once, and never for a step before one that was taken."""
        done = await self._factors.update_one({"_id": {"$eq": agent}, **_IN_FORCE, "used": {"$lt": step}}, {"$set": {"used": step}})
        return done.modified_count == 1

    @translated
    async def use_recovery(self, agent: AgentId, hash: str) -> bool:
        """Use up a recovery code: True exactly once."""
        there = {"_id": {"$eq": agent}, **_IN_FORCE, "recovery": {"$eq": hash}}
        done = await self._factors.update_one(there, {"$pull": {"recovery": hash}})
        return done.modified_count == 1

    @translated
    async def renew_recovery(self, agent: AgentId, hashes: tuple[str, ...]) -> bool:
        """Replace the recovery codes; False without a factor in force."""
        done = await self._factors.update_one({"_id": {"$eq": agent}, **_IN_FORCE}, {"$set": {"recovery": list(hashes)}})
        return done.matched_count == 1

    @translated
    async def drop_factor(self, agent: AgentId) -> bool:
        """Remove it; whether there was one in force."""
        gone = await self._factors.find_one_and_delete({"_id": {"$eq": agent}})
        return gone is not None and gone.get("confirmed_at", 0) > 0

    @translated
    async def factors_since(self) -> dict[AgentId, Instant]:
        """Since when which accounts have one in force."""
        docs = await self._factors.find(_IN_FORCE, {"confirmed_at": 1}).to_list()
        return {AgentId(doc["_id"]): int(doc["confirmed_at"]) for doc in docs}

    @translated
    async def sealed_factors(self) -> dict[AgentId, str]:
        """The sealed secrets of all, confirmed or not."""
        docs = await self._factors.find({}, {"secret": 1}).to_list()
        return {AgentId(doc["_id"]): str(doc["secret"]) for doc in docs}

    @translated
    async def reseal_factor(self, agent: AgentId, before: str, secret: str) -> bool:
        """Store the same secret sealed otherwise; False when another stands there by now."""
        done = await self._factors.update_one({"_id": {"$eq": agent}, "secret": {"$eq": before}}, {"$set": {"secret": secret}})
        return done.matched_count == 1
