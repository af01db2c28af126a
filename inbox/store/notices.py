"""What agents were told personally, and what of it they have seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from inbox.core.ids import AgentId, ConversationId, Instant
from inbox.core.notifications import Notification
from inbox.store.client import Database, Document, translated
from inbox.store.documents import value
from inbox.store.keyset import pack, position_of_number

_NEWEST = [("at", -1), ("_id", -1)]


class MongoNotices:
    """``ports.Notices``. The values are stored by the journal, with the entry that they come from."""

    def __init__(self, db: Database) -> None:
        self._notices = db["notifications"]

    @translated
    async def page(self, agent: AgentId, after: str | None, limit: int) -> tuple[list[Notification], str | None]:
        """Newest first; the second value continues. Raises ``Invalid`` for a strange ``after``."""
        where: Document = {"agent": {"$eq": agent}}
        if after is not None:
            at, id = position_of_number(after)
            where["$or"] = [{"at": {"$lt": at}}, {"at": {"$eq": at}, "_id": {"$lt": id}}]
            where["at"] = {"$lte": at}
        docs = await self._notices.find(where, sort=_NEWEST, limit=limit + 1, hint="agent").to_list()
        found = [value(doc, Notification) for doc in docs[:limit]]
        return found, pack(found[-1].at, found[-1].id) if len(docs) > limit else None

    @translated
    async def unread(self, agent: AgentId, limit: int) -> list[Notification]:
        """The newest ones he has not seen."""
        docs = await self._notices.find({"k_new": {"$eq": agent}}, sort=_NEWEST, limit=limit, hint="new").to_list()
        return [value(doc, Notification) for doc in docs]

    async def mark(self, agent: AgentId, ids: Sequence[str], now: Instant) -> int:
        """He has seen these; how many of them were new."""
        return await self._seen({"_id": {"$in": list(ids)}, "k_new": {"$eq": agent}}, now)

    async def mark_of(self, agent: AgentId, conversations: Collection[ConversationId] | None, until: Instant, now: Instant) -> int:
        """He has seen all up to an instant, or those of these conversations; how many were new."""
        only: dict[str, Any] = {} if conversations is None else {"conversation": {"$in": list(conversations)}}
        return await self._seen({"k_new": {"$eq": agent}, "at": {"$lte": until}, **only}, now)

    @translated
    async def _seen(self, which: Document, now: Instant) -> int:
        done = await self._notices.update_many(which, {"$set": {"read_at": now}, "$unset": {"k_new": ""}})
        return done.modified_count
