"""Tokens of programs, by their hashes."""

from __future__ import annotations

from inbox.admission import ApiToken
from inbox.core.ids import AgentId, Instant
from inbox.store.client import Database, Document, translated
from inbox.store.documents import document, value


class MongoTokens:
    """``admission.Tokens``."""

    def __init__(self, db: Database) -> None:
        self._tokens = db["api_tokens"]

    @translated
    async def save_token(self, token: ApiToken) -> None:
        """Store a new one; ``Conflict`` when the id exists, or one that the same call made."""
        await self._tokens.insert_one(document(token))

    @translated
    async def token(self, id: str, now: Instant) -> ApiToken | None:
        """The one under this id, None once it is revoked or expired."""
        doc = await self._tokens.find_one({"_id": {"$eq": id}})
        found = None if doc is None else value(doc, ApiToken)
        return None if found is None or 0 < found.expires_at <= now else found

    @translated
    async def tokens(self, agent: AgentId | None = None) -> list[ApiToken]:
        """An account's, or all; expired ones too, newest first."""
        where: Document = {} if agent is None else {"agent": {"$eq": agent}}
        docs = await self._tokens.find(where).to_list()
        return sorted((value(doc, ApiToken) for doc in docs), key=lambda one: (-one.created_at, one.id))

    @translated
    async def touch_token(self, id: str, used_at: Instant) -> None:
        """It was used; a revoked one stays revoked."""
        await self._tokens.update_one({"_id": {"$eq": id}}, {"$set": {"used_at": used_at}})

    @translated
    async def end_token(self, id: str) -> None:
        """Revoke it; harmless when it is gone."""
        await self._tokens.delete_one({"_id": {"$eq": id}})
