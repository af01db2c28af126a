"""The browsers of people who wrote by web chat."""

from __future__ import annotations

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from inbox.core.errors import Conflict
from inbox.core.ids import ChannelId, Instant
from inbox.core.visitor import Visitor, VisitorId
from inbox.store.client import Database, Document, translated
from inbox.store.documents import document, value


class MongoVisitors:
    """What the gateway asks of stored visitors; a user of the host site has one visitor per channel, whoever comes first."""

    def __init__(self, db: Database) -> None:
        self._visitors = db["visitors"]

    @translated
    async def by_secret(self, channel: ChannelId, secret: str) -> Visitor | None:
        """The visitor whose token hashes to ``secret``."""
        return _visitor(await self._visitors.find_one({"channel": {"$eq": channel}, "secret": {"$eq": secret}}))

    @translated
    async def by_subject(self, channel: ChannelId, subject: str) -> Visitor | None:
        """The visitor bound to this user of the host site."""
        return _visitor(await self._visitors.find_one({"channel": {"$eq": channel}, "subject": {"$eq": subject}})) if subject else None

    @translated
    async def create(self, visitor: Visitor) -> Visitor:
        """Store; when its id or its (channel, subject) is taken already, nothing is stored and that visitor is returned."""
        try:
            await self._visitors.insert_one(document(visitor))
        except DuplicateKeyError:
            there = await self._visitors.find_one({"_id": {"$eq": visitor.id}})
            taken = _visitor(there) or await self.by_subject(visitor.channel, visitor.subject)
            if taken is None:
                raise Conflict("another visitor has this token") from None
            return taken
        return visitor

    @translated
    async def bind(self, visitor: VisitorId, subject: str) -> Visitor | None:
        """He is that user from now on. None when he is bound already, or the user has another visitor."""
        free = {"_id": {"$eq": visitor}, "subject": {"$exists": False}}
        try:
            bound = await self._visitors.find_one_and_update(free, {"$set": {"subject": subject}}, return_document=ReturnDocument.AFTER)
        except DuplicateKeyError:
            return None
        return _visitor(bound)

    @translated
    async def count_from(self, channel: ChannelId, ip: str, since: Instant, limit: int) -> list[Instant]:
        """When visitors without a subject were created from ``ip`` after ``since``, oldest first, at most ``limit``."""
        where = {"channel": {"$eq": channel}, "ip": {"$eq": ip}, "created_at": {"$gt": since}, "subject": {"$exists": False}}
        docs = await self._visitors.find(where, {"created_at": 1}, sort=[("created_at", 1)], limit=limit).to_list()
        return [int(doc["created_at"]) for doc in docs]


def _visitor(doc: Document | None) -> Visitor | None:
    return None if doc is None else value(doc, Visitor)
