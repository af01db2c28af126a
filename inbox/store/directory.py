"""What is configured: accounts, teams, channels; and how tags were ever written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from msgspec import Struct

from inbox.core.agent import Agent, Team
from inbox.core.errors import Conflict
from inbox.core.ids import ChannelId
from inbox.core.triage import folded
from inbox.records import ChannelRecord, ChannelTemplate, Noun
from inbox.store.client import Collection, Database, translated
from inbox.store.documents import document, raw, value

S = TypeVar("S", bound=Struct)

_COUNTED: Final = ("load", "last_assigned_at", "freed_at", "held")


class DirectoryQueries:
    """Reads what is configured."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @translated
    async def agents(self) -> list[Agent]:
        """All accounts, by id."""
        return [value(doc, Agent) for doc in await self._db["agents"].find({}, sort=[("_id", 1)]).to_list()]

    @translated
    async def teams(self) -> list[Team]:
        """All teams, by id."""
        return [value(doc, Team) for doc in await self._db["teams"].find({}, sort=[("_id", 1)]).to_list()]

    @translated
    async def channels(self) -> list[ChannelRecord]:
        """All channels, by id."""
        return [value(doc, ChannelRecord) for doc in await self._db["channels"].find({}, sort=[("_id", 1)]).to_list()]

    @translated
    async def entries(self, noun: Noun[S]) -> list[S]:
        """All values of a noun of the catalog, by id."""
        return [value(doc, noun.type) for doc in await self._db[noun.name].find({}, sort=[("_id", 1)]).to_list()]

    @translated
    async def templates(self, channel: ChannelId) -> list[ChannelTemplate]:
        """A channel's templates, by name and language."""
        order = [("template.name", 1), ("template.language", 1), ("_id", 1)]
        found = self._db["templates"].find({"channel": {"$eq": channel}}, sort=order)
        return [value(doc, ChannelTemplate) for doc in await found.to_list()]

    @translated
    async def spellings(self, tag: str) -> list[str]:
        """All the ways a tag was ever written."""
        return sorted(doc["_id"] for doc in await self._db["tags"].find({"k_tag": {"$eq": folded(tag)}}).to_list())


class MongoDirectory:
    """Stores what is configured; for the demo workspace, the commands that make accounts, and settings."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @translated
    async def save_agent(self, agent: Agent) -> None:
        """Store an account; its load stays as it is. Raises ``Conflict`` when another account has the mail address."""
        doc = {k: v for k, v in document(agent).items() if k not in _COUNTED}
        kept = {k: f"${k}" for k in _COUNTED}
        replaced = [{"$replaceWith": {"$mergeObjects": [{"$literal": raw(doc)}, kept]}}]
        await self._db["agents"].update_one({"_id": {"$eq": agent.id}}, replaced, upsert=True)

    @translated
    async def save_team(self, team: Team) -> None:
        """Store a team."""
        await _save(self._db["teams"], team.id, team)

    @translated
    async def save_channel(self, channel: ChannelRecord, expect: int | None = None) -> None:
        """Store a channel. With ``expect`` only over that version, else ``Conflict``; without it, over whatever is there."""
        if expect is None:
            await _save(self._db["channels"], channel.id, channel)
            return
        versions: list[Any] = [expect, None] if expect == 1 else [expect]
        where = {"_id": {"$eq": channel.id}, "version": {"$in": versions}}
        done = await self._db["channels"].replace_one(where, document(channel))
        if not done.matched_count:
            raise Conflict

    @translated
    async def remove_channel(self, id: ChannelId) -> None:
        """Remove a channel; its conversations stay."""
        await self._db["channels"].delete_one({"_id": {"$eq": id}})

    @translated
    async def has_agents(self) -> bool:
        """Whether there is any account; a fresh database has none."""
        return await self._db["agents"].find_one({}, {"_id": 1}) is not None


async def _save(collection: Collection, id: str, stored: Struct) -> None:
    await collection.replace_one({"_id": {"$eq": id}}, document(stored), upsert=True)


class KnownTags:
    """Writes each tag down the first time this process sees it, so that all its spellings are found without a walk over conversations."""

    LIMIT: Final = 10_000

    def __init__(self, db: Database) -> None:
        self._tags = db["tags"]
        self._seen: set[str] = set()

    async def note(self, tags: Iterable[str]) -> None:
        """Durable when it returns."""
        fresh = set(tags) - self._seen
        for tag in fresh:
            await self._tags.update_one({"_id": {"$eq": tag}}, {"$setOnInsert": {"k_tag": folded(tag)}}, upsert=True)
        if len(self._seen) > self.LIMIT:
            self._seen.clear()
        self._seen |= fresh
