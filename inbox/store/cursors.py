"""Small durable values of channels, such as how far a mailbox was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inbox.core.ids import ChannelId
from inbox.store.client import Database, translated


class MongoCursors:
    """One document for every channel and name."""

    def __init__(self, db: Database) -> None:
        self._cursors = db["cursors"]

    @translated
    async def load(self, channel: ChannelId, name: str) -> dict[str, Any]:
        """The stored value, or an empty dict."""
        found = await self._cursors.find_one({"_id": {"$eq": _id(channel, name)}})
        return dict(found["value"]) if found else {}

    @translated
    async def save(self, channel: ChannelId, name: str, value: Mapping[str, Any]) -> None:
        """Majority-committed when it returns."""
        await self._cursors.replace_one({"_id": {"$eq": _id(channel, name)}}, {"value": dict(value)}, upsert=True)


def _id(channel: ChannelId, name: str) -> str:
    return f"channel:{channel}:{name}"
