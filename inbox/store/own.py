"""What belongs to one agent alone: read marks and drafts."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from pymongo.errors import DuplicateKeyError

from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, ConversationId
from inbox.records import Draft, ReadState
from inbox.store.client import Database, Document, translated
from inbox.store.documents import document, value


class MongoOwn:
    """``ports.Own``."""

    def __init__(self, db: Database) -> None:
        self._reads = db["reads"]
        self._drafts = db["drafts"]

    @translated
    async def reads(self, agent: AgentId, conversations: Sequence[ConversationId]) -> dict[str, ReadState]:
        """Marks by conversation."""
        if not conversations:
            return {}
        keys = [_mark_key(agent, c) for c in conversations]
        docs = await self._reads.find({"_id": {"$in": keys}}, batch_size=len(keys) + 1).to_list()
        return {doc["conversation"]: value(doc, ReadState) for doc in docs}

    @translated
    async def mark(self, state: ReadState) -> None:
        """Set the mark."""
        key = _mark_key(state.agent, state.conversation)
        await self._reads.replace_one({"_id": key}, {**document(state), "_id": key}, upsert=True)

    @translated
    async def drafts(self, agent: AgentId, conversations: Sequence[ConversationId]) -> list[Draft]:
        """Drafts in these conversations."""
        if not conversations:
            return []
        where = {"agent": {"$eq": agent}, "conversation": {"$in": list(conversations)}}
        docs = await self._drafts.find(where, hint="agent").to_list()
        return sorted((value(doc, Draft) for doc in docs), key=lambda d: (d.conversation, d.mode))

    @translated
    async def save_draft(self, draft: Draft, base: int) -> Draft:
        """Store it as revision ``base`` + 1; ``Conflict`` when a newer revision than ``base`` is there, or none and ``base`` is not 0."""
        saved = replace(draft, revision=base + 1)
        key = _draft_key(draft.agent, draft.conversation, draft.mode)
        doc = {**document(saved), "_id": key}
        if base == 0:
            try:
                await self._drafts.insert_one(doc)
            except DuplicateKeyError:
                raise Conflict("there is a newer draft") from None
            return saved
        done = await self._drafts.replace_one({"_id": key, "revision": {"$eq": base}}, doc)
        if not done.matched_count:
            raise Conflict("there is a newer draft")
        return saved

    @translated
    async def delete_draft(self, agent: AgentId, conversation: ConversationId, mode: str) -> None:
        """Drop it."""
        await self._drafts.delete_one({"_id": _draft_key(agent, conversation, mode)})


def _mark_key(agent: AgentId, conversation: ConversationId) -> Document:
    return {"a": agent, "c": conversation}


def _draft_key(agent: AgentId, conversation: ConversationId, mode: str) -> Document:
    return {"a": agent, "c": conversation, "m": mode}
