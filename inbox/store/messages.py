"""Questions about messages, the events of a conversation, and what is due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from inbox.core.dispatching import Dispatch
from inbox.core.events import Event, EventType
from inbox.core.ids import ChannelId, ConversationId, Instant, MessageId
from inbox.core.message import Kind, Message
from inbox.records import Timer
from inbox.store.client import Database, Document, translated
from inbox.store.documents import event, event_key, value


class MessageQueries:
    """Reads messages, journal entries and timers."""

    def __init__(self, db: Database) -> None:
        self._conversations = db["conversations"]
        self._messages = db["messages"]
        self._events = db["events"]
        self._timers = db["timers"]
        self._dispatches = db["dispatches"]

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
    async def timeline(
        self, conversation: ConversationId, before: tuple[Instant, str] | None, limit: int, *, home: bool = False
    ) -> list[Message]:
        """Messages of it and of all that was merged into it, newest first, older than (arrived_at, id); ``home``: only its own."""
        where: dict[str, Any] = {"conversation": {"$eq": conversation} if home else await self._whole(conversation)}
        if before is not None:
            at, id = before
            where |= {"arrived_at": {"$lte": at}, "$or": [{"arrived_at": {"$lt": at}}, {"_id": {"$lt": id}}]}
        cursor = self._messages.find(where, sort=[("arrived_at", -1), ("_id", -1)], limit=limit, hint="timeline")
        return [value(doc, Message) for doc in await cursor.to_list()]

    async def _whole(self, conversation: ConversationId) -> Document:
        """A condition on where messages and entries of a conversation are kept."""
        found = await self._conversations.find_one({"_id": {"$eq": conversation}}, {"absorbed": 1})
        absorbed = found.get("absorbed", ()) if found is not None else ()
        return {"$in": [conversation, *absorbed]} if absorbed else {"$eq": conversation}

    @translated
    async def quiet_lines(
        self, conversation: ConversationId, types: frozenset[EventType], before: tuple[Instant, int, int] | None, limit: int
    ) -> list[Event]:
        """Entries of these types, newest first, older than (at, o, n)."""
        where: dict[str, Any] = {"conversation": await self._whole(conversation), "type": {"$in": [t.value for t in types]}}
        if before is not None:
            at, o, n = before
            where |= {"at": {"$lte": at}, "$or": [{"at": {"$lt": at}}, {"_id": {"$lt": event_key(o, n)}}]}
        cursor = self._events.find(where, sort=[("at", -1), ("_id", -1)], limit=limit, hint="conversation")
        return [event(doc) for doc in await cursor.to_list()]

    @translated
    async def timeline_after(self, conversation: ConversationId, after: tuple[Instant, str], limit: int) -> list[Message]:
        """Messages of it and of all that was merged into it, oldest first, newer than (arrived_at, id)."""
        at, id = after
        newer = {"arrived_at": {"$gte": at}, "$or": [{"arrived_at": {"$gt": at}}, {"_id": {"$gt": id}}]}
        where = {"conversation": await self._whole(conversation), **newer}
        cursor = self._messages.find(where, sort=[("arrived_at", 1), ("_id", 1)], limit=limit, hint="timeline")
        return [value(doc, Message) for doc in await cursor.to_list()]

    @translated
    async def quiet_lines_after(
        self, conversation: ConversationId, types: frozenset[EventType], after: tuple[Instant, int, int], limit: int
    ) -> list[Event]:
        """Entries of these types, oldest first, newer than (at, o, n)."""
        at, o, n = after
        newer = {"at": {"$gte": at}, "$or": [{"at": {"$gt": at}}, {"_id": {"$gt": event_key(o, n)}}]}
        where = {"conversation": await self._whole(conversation), "type": {"$in": [t.value for t in types]}, **newer}
        cursor = self._events.find(where, sort=[("at", 1), ("_id", 1)], limit=limit, hint="conversation")
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
        whole = await self._whole(conversation)
        where: dict[str, Any] = {"conversation": whole, "kind": {"$eq": Kind.REPLY.value}}
        seen = await self._messages.find_one({"_id": {"$eq": after}, "conversation": whole}, {"arrived_at": 1})
        if seen is not None:
            at = seen["arrived_at"]
            where |= {"arrived_at": {"$gte": at}, "$or": [{"arrived_at": {"$gt": at}}, {"_id": {"$gt": after}}]}
        cursor = self._messages.find(where, sort=[("arrived_at", 1), ("_id", 1)], hint="timeline")
        return [value(doc, Message) for doc in await cursor.to_list()]

    @translated
    async def due_messages(
        self, now: Instant, limit: int, *, only: ChannelId | None = None, without: Collection[ChannelId] = ()
    ) -> list[Message]:
        """Outbound messages that a worker may take (see ``core/delivery.claim``), oldest first."""
        where: dict[str, Any] = {"k_due": {"$lte": now}}
        if only is not None:
            where["channel"] = {"$eq": only}
        elif without:
            where["channel"] = {"$nin": sorted(without)}
        cursor = self._messages.find(where, sort=[("k_due", 1), ("_id", 1)], limit=limit, hint="due")
        return [value(doc, Message) for doc in await cursor.to_list()]

    @translated
    async def amendings(self, before: Instant, limit: int) -> list[Message]:
        """Messages of which something is wanted that may be tried before an instant, soonest first."""
        cursor = self._messages.find({"k_amend": {"$lt": before}}, sort=[("k_amend", 1)], limit=limit, hint="amend")
        return [value(doc, Message) for doc in await cursor.to_list()]

    @translated
    async def timers_due(self, before: Instant, limit: int) -> list[Timer]:
        """Timers due before an instant, soonest first."""
        cursor = self._timers.find({"due_at": {"$lt": before}}, sort=[("due_at", 1), ("_id", 1)], limit=limit, hint="due")
        return [value(doc, Timer) for doc in await cursor.to_list()]

    @translated
    async def dispatches_due(self, before: Instant, limit: int) -> list[Dispatch]:
        """Calls and mails that may be tried before an instant, soonest first."""
        cursor = self._dispatches.find({"due_at": {"$lt": before}}, sort=[("due_at", 1), ("_id", 1)], limit=limit, hint="due")
        return [value(doc, Dispatch) for doc in await cursor.to_list()]

    @translated
    async def dispatches(self, limit: int) -> list[Dispatch]:
        """The newest first."""
        cursor = self._dispatches.find({}, sort=[("at", -1), ("_id", -1)], limit=limit, hint="newest")
        return [value(doc, Dispatch) for doc in await cursor.to_list()]

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
