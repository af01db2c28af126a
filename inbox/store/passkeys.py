"""Passkeys of accounts, and the challenges they answer."""

from __future__ import annotations

from inbox.admission import Passkey
from inbox.core.ids import AgentId, Instant
from inbox.store.client import Database, Document, translated
from inbox.store.documents import date, document, value


class MongoPasskeys:
    """``admission.Passkeys``."""

    def __init__(self, db: Database) -> None:
        self._challenges = db["challenges"]
        self._passkeys = db["passkeys"]

    @translated
    async def save_challenge(self, id: str, about: str, expires_at: Instant) -> None:
        """Remember a challenge by the hash of it; ``about`` says what it is good for."""
        await self._challenges.insert_one({"_id": id, "about": about, "expires_at": expires_at, "k_gone": date(expires_at)})

    @translated
    async def use_challenge(self, id: str, about: str, now: Instant) -> bool:
        """Use it up: True exactly once, and never when it is expired or good for something else."""
        there = {"_id": {"$eq": id}, "about": {"$eq": about}, "expires_at": {"$gt": now}}
        return await self._challenges.find_one_and_delete(there) is not None

    @translated
    async def add_passkey(self, passkey: Passkey) -> None:
        """Store a new one; ``Conflict`` when it is there, whosever it is."""
        await self._passkeys.insert_one(document(passkey))

    @translated
    async def passkey(self, id: str) -> Passkey | None:
        """The one under this id."""
        doc = await self._passkeys.find_one({"_id": {"$eq": id}})
        return None if doc is None else value(doc, Passkey)

    @translated
    async def passkeys(self, agent: AgentId | None = None) -> list[Passkey]:
        """An account's, or all; oldest first."""
        where: Document = {} if agent is None else {"agent": {"$eq": agent}}
        docs = await self._passkeys.find(where).to_list()
        return sorted((value(doc, Passkey) for doc in docs), key=lambda one: (one.created_at, one.id))

    @translated
    async def use_passkey(self, id: str, counter: int, now: Instant) -> bool:
        """It signed; False when it is gone, or has signed as often before. A counter that stays at 0 does not count."""
        there = {"_id": {"$eq": id}, "counter": {"$lt": counter} if counter else {"$eq": 0}}
        done = await self._passkeys.update_one(there, {"$set": {"counter": counter, "used_at": now}})
        return done.matched_count == 1

    @translated
    async def rename_passkey(self, id: str, name: str) -> None:
        """Give it another name; harmless when it is gone."""
        await self._passkeys.update_one({"_id": {"$eq": id}}, {"$set": {"name": name}})

    @translated
    async def drop_passkey(self, id: str) -> bool:
        """Remove it; whether it was there."""
        done = await self._passkeys.delete_one({"_id": {"$eq": id}})
        return done.deleted_count == 1
