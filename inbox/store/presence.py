"""Which agents are connected to which server, under leases."""

from __future__ import annotations

from collections.abc import Mapping

from pymongo import UpdateOne

from inbox.core.ids import AgentId, Instant
from inbox.store.client import Database, translated
from inbox.store.documents import date

KEPT_MS = 60 * 60 * 1000


class PresenceDocuments:
    """``ports.PresenceBoard``."""

    def __init__(self, db: Database) -> None:
        self._presence = db["presence"]

    @translated
    async def beat(self, server: str, agents: Mapping[AgentId, bool], until: Instant) -> None:
        """These agents are connected to ``server`` until then; the value tells whether a human was active lately.

        The last beat counts: one that ends now takes the agent off.
        """
        if not agents:
            return
        gone = date(until + KEPT_MS)
        beats = [
            UpdateOne(
                {"_id": {"server": server, "agent": agent}},
                {"$set": {"server": server, "agent": agent, "active": active, "until": until, "k_gone": gone}},
                upsert=True,
            )
            for agent, active in agents.items()
        ]
        await self._presence.bulk_write(beats, ordered=False)

    @translated
    async def online(self, now: Instant, besides: str = "") -> dict[AgentId, bool]:
        """Who is connected to any server but ``besides``, and whether he is active on one of them."""
        docs = await self._presence.find({"until": {"$gt": now}, "server": {"$ne": besides}}, hint="until").to_list()
        found: dict[AgentId, bool] = {}
        for doc in docs:
            agent = AgentId(doc["agent"])
            found[agent] = found.get(agent, False) or bool(doc["active"])
        return found
