"""Passwords, sessions, reset links, login attempts and the audit record."""

from __future__ import annotations

from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from inbox.admission import EVERYTHING, AuditEntry, AuditFilter, Credentials, Invitation, Session
from inbox.core.agent import Agent
from inbox.core.errors import NotFound
from inbox.core.ids import AgentId, Instant
from inbox.store.api_tokens import MongoTokens
from inbox.store.client import Database, Document, translated
from inbox.store.documents import date, document, email_key, value
from inbox.store.factors import MongoFactors
from inbox.store.passkeys import MongoPasskeys


class MongoAccounts(MongoFactors, MongoTokens, MongoPasskeys):
    """``admission.Accounts``."""

    def __init__(self, db: Database) -> None:
        MongoFactors.__init__(self, db)
        MongoTokens.__init__(self, db)
        MongoPasskeys.__init__(self, db)
        self._agents = db["agents"]
        self._hashes = db["credentials"]
        self._sessions = db["sessions"]
        self._resets = db["resets"]
        self._invitations = db["invitations"]
        self._attempts = db["attempts"]
        self._audit = db["audit"]

    @translated
    async def credentials(self, email: str) -> Credentials | None:
        """The account that logs in with this address, upper and lower case being the same."""
        return await self._with_hash(await self._agents.find_one({"k_email": {"$eq": email_key(email)}}))

    @translated
    async def credentials_of(self, agent: AgentId) -> Credentials | None:
        """The account of this agent."""
        return await self._with_hash(await self._agents.find_one({"_id": {"$eq": agent}}))

    async def _with_hash(self, agent: Document | None) -> Credentials | None:
        if agent is None:
            return None
        stored = await self._hashes.find_one({"_id": agent["_id"]})
        return Credentials(value(agent, Agent), stored["hash"] if stored else "")

    @translated
    async def with_password(self) -> set[AgentId]:
        """The accounts that have a password."""
        return {AgentId(doc["_id"]) for doc in await self._hashes.find({}, {"_id": 1}).to_list()}

    @translated
    async def set_password(self, agent: AgentId, password_hash: str) -> None:
        """Replace the hash. Raises ``NotFound`` for an unknown agent."""
        if await self._agents.find_one({"_id": {"$eq": agent}}, {"_id": 1}) is None:
            raise NotFound
        await self._hashes.update_one({"_id": {"$eq": agent}}, {"$set": {"hash": password_hash}}, upsert=True)

    @translated
    async def open_session(self, session: Session) -> None:
        """Store a new login; ``Conflict`` when the id exists."""
        await self._sessions.insert_one({**document(session), "k_gone": date(session.expires_at)})

    @translated
    async def session(self, id: str, now: Instant) -> Session | None:
        """The login under this id, None once it is ended or expired."""
        doc = await self._sessions.find_one({"_id": {"$eq": id}, "expires_at": {"$gt": now}})
        return None if doc is None else value(doc, Session)

    @translated
    async def touch_session(self, id: str, seen_at: Instant, expires_at: Instant) -> None:
        """The login was used; ended ones stay ended."""
        used = {"seen_at": seen_at, "expires_at": expires_at, "k_gone": date(expires_at)}
        await self._sessions.update_one({"_id": {"$eq": id}}, {"$set": used})

    @translated
    async def sessions(self, agent: AgentId, now: Instant) -> list[Session]:
        """The agent's logins that are alive, newest first."""
        docs = await self._sessions.find({"agent": {"$eq": agent}, "expires_at": {"$gt": now}}, hint="agent").to_list()
        return sorted((value(doc, Session) for doc in docs), key=lambda s: (-s.created_at, s.id))

    @translated
    async def end_session(self, id: str) -> None:
        """Log out; harmless when it is over."""
        await self._sessions.delete_one({"_id": {"$eq": id}})

    @translated
    async def end_sessions(self, agent: AgentId, keep: str | None = None) -> list[str]:
        """End all of the agent's logins but ``keep``; the ids that ended."""
        docs = await self._sessions.find({"agent": {"$eq": agent}, "_id": {"$ne": keep}}, {"_id": 1}, hint="agent").to_list()
        ids = sorted(doc["_id"] for doc in docs)
        await self._sessions.delete_many({"_id": {"$in": ids}})
        return ids

    @translated
    async def save_reset(self, token: str, agent: AgentId, expires_at: Instant) -> None:
        """Remember a reset link by the hash of its token; the agent's earlier ones are void."""
        await self._resets.delete_many({"agent": {"$eq": agent}, "_id": {"$ne": token}})
        link = {"agent": agent, "expires_at": expires_at, "k_gone": date(expires_at)}
        await self._resets.update_one({"_id": {"$eq": token}}, {"$set": link}, upsert=True)

    @translated
    async def end_resets(self, agent: AgentId) -> None:
        """No reset link of the agent's works any more."""
        await self._resets.delete_many({"agent": {"$eq": agent}})

    @translated
    async def resets(self, now: Instant) -> dict[AgentId, Instant]:
        """Until when which accounts have a reset link that works."""
        docs = await self._resets.find({"expires_at": {"$gt": now}}).to_list()
        return {AgentId(doc["agent"]): int(doc["expires_at"]) for doc in docs}

    @translated
    async def use_reset(self, token: str, now: Instant) -> AgentId | None:
        """Use up a reset link: the agent's id exactly once, None when it is unknown, used or expired."""
        used = await self._resets.find_one_and_delete({"_id": {"$eq": token}, "expires_at": {"$gt": now}})
        return None if used is None else AgentId(used["agent"])

    @translated
    async def invitation(self, id: str) -> Invitation | None:
        """What was remembered under this id."""
        doc = await self._invitations.find_one({"_id": {"$eq": id}})
        return None if doc is None else value(doc, Invitation)

    @translated
    async def save_invitation(self, made: Invitation) -> bool:
        """Remember it; False when there is one under its id, which stays as it is."""
        try:
            await self._invitations.insert_one({**document(made), "k_gone": date(made.expires_at)})
        except DuplicateKeyError:
            return False
        return True

    @translated
    async def invitation_mailed(self, id: str) -> None:
        """Its link went out by mail."""
        await self._invitations.update_one({"_id": {"$eq": id}}, {"$set": {"mailed": True}})

    @translated
    async def count_attempt(self, key: str, now: Instant, window: int) -> int:
        """Count one login attempt; how many fell into the present window, this one included."""
        over = {"$lte": [{"$ifNull": ["$ends", 0]}, now]}
        ends = {"$cond": [over, now + window, "$ends"]}
        counted: list[dict[str, Any]] = [
            {"$set": {"count": {"$cond": [over, 1, {"$add": ["$count", 1]}]}, "ends": ends}},
            {"$set": {"k_gone": {"$toDate": "$ends"}}},
        ]
        where = {"_id": {"$eq": key}}
        try:
            doc = await self._attempts.find_one_and_update(where, counted, upsert=True, return_document=ReturnDocument.AFTER)
        except DuplicateKeyError:  # two first attempts at once: the other one made the counter
            doc = await self._attempts.find_one_and_update(where, counted, upsert=True, return_document=ReturnDocument.AFTER)
        return int(doc["count"]) if doc else 1

    @translated
    async def attempts(self, key: str, now: Instant) -> tuple[int, Instant]:
        """How many fell into the present window so far, and when it ends; (0, now) when there is none."""
        doc = await self._attempts.find_one({"_id": {"$eq": key}, "ends": {"$gt": now}})
        return (int(doc["count"]), int(doc["ends"])) if doc else (0, now)

    @translated
    async def take_back_attempt(self, key: str) -> None:
        """Count one attempt less under ``key``: it was none."""
        await self._attempts.update_one({"_id": {"$eq": key}, "count": {"$gt": 0}}, {"$inc": {"count": -1}})

    @translated
    async def clear_attempts(self, key: str) -> None:
        """Forget the attempts under ``key``."""
        await self._attempts.delete_one({"_id": {"$eq": key}})

    @translated
    async def audit(self, entry: AuditEntry) -> None:
        """Append to the audit record; repeating is harmless."""
        try:
            await self._audit.insert_one(document(entry))
        except DuplicateKeyError:
            return

    @translated
    async def audited(self, before: tuple[Instant, str] | None, limit: int, which: AuditFilter = EVERYTHING) -> list[AuditEntry]:
        """Audit entries, newest first, older than (at, id)."""
        exact = {name: {"$eq": wanted} for name in ("actor", "action") if (wanted := getattr(which, name))}
        where: dict[str, Any] = {**exact, "at": {"$gte": which.since, **({"$lt": which.until} if which.until else {})}}
        if before is not None:
            at, id = before
            where["at"]["$lte"] = at
            where["$or"] = [{"at": {"$lt": at}}, {"_id": {"$lt": id}}]
        hint = "_".join((*exact, "at"))
        docs = await self._audit.find(where, sort=[("at", -1), ("_id", -1)], limit=limit, hint=hint).to_list()
        return [value(doc, AuditEntry) for doc in docs]

    @translated
    async def audited_actions(self) -> list[str]:
        """Every action there is an entry of, sorted."""
        return sorted(await self._audit.distinct("action"))
