"""Questions about messages, the events of a conversation, and what is due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inbox.core.events import Event, EventType
from inbox.core.ids import ConversationId, Instant, MessageId
from inbox.core.message import Kind, Message
from inbox.records import Timer
from inbox.store.client import Database, translated
from inbox.store.documents import event, event_key, value


class MessageQueries:
    """Reads messages, journal entries and timers."""

    def __init__(self, db: Database) -> None:
        self._messages = db["messages"]
        self._events = db["events"]
        self._timers = db["timers"]

    @translated
    async def message(self, id: MessageId) -> Message | None:
        """One message."""
        doc = await self._messages.find_one({"_id": {"$eq": id}})
        return None if doc is None else value(doc, Message)

    @translated
    async def messages(self, ids: Sequence[MessageId]) -> dict[str, Message]:
        """Several by id."""
        if not ids:
            return {}
        cursor = self._messages.find({"_id": {"$in": list(ids)}}, batch_size=len(ids) + 1)
        return {doc["_id"]: value(doc, Message) for doc in await cursor.to_list()}

    @translated
    async def timeline(self, conversation: ConversationId, before: tuple[Instant, str] | None, limit: int) -> list[Message]:
        """Messages, newest first, older than (arrived_at, id)."""
        where: dict[str, Any] = {"conversation": {"$eq": conversation}}
        if before is not None:
            at, id = before
            where |= {"arrived_at": {"$lte": at}, "$or": [{"arrived_at": {"$lt": at}}, {"_id": {"$lt": id}}]}
        cursor = self._messages.find(where, sort=[("arrived_at", -1), ("_id", -1)], limit=limit, hint="timeline")
        return [value(doc, Message) for doc in await cursor.to_list()]

    @translated
    async def quiet_lines(
        self, conversation: ConversationId, types: frozenset[EventType], before: tuple[Instant, int, int] | None, limit: int
    ) -> list[Event]:
        """Entries of these types, newest first, older than (at, o, n)."""
        where: dict[str, Any] = {"conversation": {"$eq": conversation}, "type": {"$in": [t.value for t in types]}}
        if before is not None:
            at, o, n = before
            where |= {"at": {"$lte": at}, "$or": [{"at": {"$lt": at}}, {"_id": {"$lt": event_key(o, n)}}]}
        cursor = self._events.find(where, sort=[("at", -1), ("_id", -1)], limit=limit, hint="conversation")
        return [event(doc) for doc in await cursor.to_list()]

    @translated
    async def events_between(self, conversation: ConversationId, start: Instant, end: Instant, limit: int) -> list[Event]:
        """Entries of a conversation, oldest first, start inclusive, end exclusive."""
        where = {"conversation": {"$eq": conversation}, "at": {"$gte": start, "$lt": end}}
        cursor = self._events.find(where, sort=[("at", 1), ("_id", 1)], limit=limit, hint="conversation")
        return [event(doc) for doc in await cursor.to_list()]

    @translated
    async def replies_after(self, conversation: ConversationId, after: MessageId) -> list[Message]:
        """Replies written after that message, oldest first; all of the conversation's when it has no such message."""
        where: dict[str, Any] = {"conversation": {"$eq": conversation}, "kind": {"$eq": Kind.REPLY.value}}
        seen = await self._messages.find_one({"_id": {"$eq": after}, "conversation": {"$eq": conversation}}, {"arrived_at": 1})
        if seen is not None:
            at = seen["arrived_at"]
            where |= {"arrived_at": {"$gte": at}, "$or": [{"arrived_at": {"$gt": at}}, {"_id": {"$gt": after}}]}
        cursor = self._messages.find(where, sort=[("arrived_at", 1), ("_id", 1)], hint="timeline")
        return [value(doc, Message) for doc in await cursor.to_list()]

    @translated
    async def due_messages(self, now: Instant, limit: int) -> list[Message]:
        """Outbound messages that a worker may take (see ``core/delivery.claim``), oldest first."""
        cursor = self._messages.find({"k_due": {"$lte": now}}, sort=[("k_due", 1), ("_id", 1)], limit=limit, hint="due")
        return [value(doc, Message) for doc in await cursor.to_list()]

    @translated
    async def timers_due(self, before: Instant, limit: int) -> list[Timer]:
        """Timers due before an instant, soonest first."""
        cursor = self._timers.find({"due_at": {"$lt": before}}, sort=[("due_at", 1), ("_id", 1)], limit=limit, hint="due")
        return [value(doc, Timer) for doc in await cursor.to_list()]

    @translated
    async def inbound_up_to(self, conversation: ConversationId, arrived_at: Instant, message: MessageId) -> int:
        """How many of the customer's messages lie at or before (arrived_at, id), from that conversation's stretch of an index."""
        where = {
            "conversation": {"$eq": conversation},
            "arrived_at": {"$lte": arrived_at},
            "kind": {"$eq": Kind.CUSTOMER.value},
            "$or": [{"arrived_at": {"$lt": arrived_at}}, {"_id": {"$lte": message}}],
        }
        return await self._messages.count_documents(where, hint="timeline")
