"""Questions about conversations: pages and counts of views, single ones, and who waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pymongo.read_concern import ReadConcern

from inbox.core.bulk import RUNNING, Job
from inbox.core.conversation import Conversation
from inbox.core.ids import AgentId, ConversationId
from inbox.core.merging import Repair
from inbox.core.permissions import Scope
from inbox.core.views import View
from inbox.store.client import Database, Document, translated
from inbox.store.documents import turn_key, value
from inbox.store.keyset import pack
from inbox.store.lists import beyond_bars, reader_tokens, reading

MAX_HOPS: Final = 20
"""Merges followed from one id; a longer chain would be a loop."""


class ConversationQueries:
    """Reads conversations for screens and loops."""

    def __init__(self, db: Database) -> None:
        self._conversations = db["conversations"]
        self._jobs = db["jobs"]
        self._repairs = db["repairs"]

    @translated
    async def page(self, view: View, scope: Scope, me: AgentId, after: str | None, limit: int) -> tuple[list[Conversation], str | None]:
        """Conversations of a view in its order; the second value continues. Raises ``Invalid`` for a position nobody gave out."""
        how = reading(view, scope, me)
        if how is None or limit < 1:
            return [], None
        order = [(how.order, 1), ("_id", 1)]
        cursor = self._conversations.find(how.after(after), sort=order, limit=limit + 1, hint=how.index, batch_size=limit + 2)
        docs = await cursor.to_list()
        more = pack(int(docs[limit - 1][how.order]), docs[limit - 1]["_id"]) if len(docs) > limit else None
        return [value(doc, Conversation) for doc in docs[:limit]], more

    @translated
    async def count(self, view: View, scope: Scope, me: AgentId, ceiling: int = 1000) -> int:
        """How many, counted up to ``ceiling``."""
        how = reading(view, scope, me)
        if how is None:
            return 0
        return await self._conversations.count_documents(dict(how.filter), limit=ceiling, hint=how.index)

    @translated
    async def all_in(self, view: View, scope: Scope, me: AgentId, limit: int) -> list[ConversationId]:
        """The ids of a view's conversations as of one moment, in its order: rows that move while they are read are met once."""
        how = reading(view, scope, me)
        if how is None:
            return []
        frozen = self._conversations.with_options(read_concern=ReadConcern("snapshot"))
        order = [(how.order, 1), ("_id", 1)]
        cursor = frozen.find(how.filter, {"_id": 1}, sort=order, limit=limit, hint=how.index, batch_size=5_000)
        return [ConversationId(doc["_id"]) async for doc in cursor]

    @translated
    async def tag_counts(self, scope: Scope) -> dict[str, int]:
        """How many active conversations have which tag, by its spelling; tags without any are left out."""
        live = {"k_live": {"$in": reader_tokens(scope)}, "tags.0": {"$exists": True}, **beyond_bars(scope)}
        steps: list[Document] = [{"$match": live}, {"$unwind": "$tags"}, {"$group": {"_id": "$tags", "n": {"$sum": 1}}}]
        return {doc["_id"]: doc["n"] async for doc in await self._conversations.aggregate(steps)}

    @translated
    async def conversation(self, id: ConversationId) -> Conversation | None:
        """One by id, following ``merged_into``."""
        return await self._followed(await self._conversations.find_one({"_id": {"$eq": id}}))

    @translated
    async def numbered(self, number: int) -> Conversation | None:
        """One by number, following ``merged_into``."""
        if abs(number) >= 2**63:
            return None
        return await self._followed(await self._conversations.find_one({"number": {"$eq": number}}))

    async def _followed(self, doc: Document | None) -> Conversation | None:
        for _ in range(MAX_HOPS):
            if doc is None or doc.get("merged_into") is None:
                break
            doc = await self._conversations.find_one({"_id": {"$eq": doc["merged_into"]}})
        return None if doc is None else value(doc, Conversation)

    @translated
    async def conversations(self, ids: Sequence[ConversationId]) -> dict[str, Conversation]:
        """Several by id."""
        if not ids:
            return {}
        cursor = self._conversations.find({"_id": {"$in": list(ids)}}, batch_size=len(ids) + 1)
        return {doc["_id"]: value(doc, Conversation) for doc in await cursor.to_list()}

    @translated
    async def waiting(self, limit: int, after: Conversation | None = None) -> list[Conversation]:
        """Conversations in the queue, most urgent and longest waiting first, those behind ``after``."""
        where: dict[str, Any] = {"k_turn": {"$exists": True}}
        if after is not None:
            turn = turn_key(after)
            where = {"k_turn": {"$gte": turn}, "$or": [{"k_turn": {"$gt": turn}}, {"_id": {"$gt": after.id}}]}
        cursor = self._conversations.find(where, sort=[("k_turn", 1), ("_id", 1)], limit=limit, hint="turn")
        return [value(doc, Conversation) for doc in await cursor.to_list()]

    @translated
    async def repair(self, id: str) -> Repair | None:
        """What somebody put right."""
        doc = await self._repairs.find_one({"_id": {"$eq": id}})
        return None if doc is None else value(doc, Repair)

    @translated
    async def running_jobs(self, limit: int) -> list[Job]:
        """Jobs that are not through, those first whose server has held them longest."""
        cursor = self._jobs.find({"state": RUNNING}, sort=[("held_until", 1), ("_id", 1)], limit=limit, hint="running")
        return [value(doc, Job) for doc in await cursor.to_list()]

    @translated
    async def jobs_of(self, agent: AgentId, limit: int) -> list[Job]:
        """What an agent began, newest first."""
        cursor = self._jobs.find({"agent": {"$eq": agent}}, sort=[("agent", -1), ("created_at", -1)], limit=limit, hint="agent")
        return [value(doc, Job) for doc in await cursor.to_list()]
