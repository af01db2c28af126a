"""The floor in memory: read once when somebody first looks at it, then kept true by the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from inbox.core.board import Floor, Standing, Touched, standing
from inbox.core.conversation import Conversation
from inbox.core.ids import AgentId
from inbox.core.permissions import Scope
from inbox.core.views import ACTIVE, View
from inbox.flow.channel_facts import Channels
from inbox.flow.feed import Change
from inbox.ports import Queries

PAGE = 500
EVERYTHING = View("floor", ACTIVE)

Hearer = Callable[[Touched], None]


class LiveFloor:
    """Costs nothing until it is opened. What it tells is for supervisors, who see every conversation."""

    def __init__(self, queries: Queries, channels: Callable[[], Channels] = dict) -> None:
        """``channels`` tell what a conversation weighs; 1 on one that is not there."""
        self._queries = queries
        self._channels = channels
        self._opening = asyncio.Lock()
        self._hearers: list[Hearer] = []
        self._kept = False
        self._complete = False
        self.floor = Floor()

    def listen(self, hearer: Hearer) -> None:
        """Call ``hearer`` with what every change moved, once the floor is open."""
        self._hearers.append(hearer)

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        if not self._kept:
            return
        for change in changes:
            c = change.conversation
            if c is None or change.event.conversation is None:
                continue
            touched = self.floor.heard(c.id, c.version, self._standing(c))
            if self._complete and (touched.queues or touched.agents):
                for hearer in self._hearers:
                    hearer(touched)

    async def open(self) -> None:
        """Returns once the floor is complete; from then on it stays so. Raises ``TryLater``."""
        async with self._opening:
            if self._complete:
                return
            self._kept = True  # what changes while it is read is newer than what is read
            after: str | None = None
            while True:
                page, after = await self._queries.page(EVERYTHING, Scope(all=True), AgentId(""), after, PAGE)
                for c in page:
                    self.floor.heard(c.id, c.version, self._standing(c))
                if after is None:
                    break
            self._complete = True

    def _standing(self, c: Conversation) -> Standing | None:
        facts = self._channels().get(c.channel)
        return standing(c) if facts is None else standing(c, conversational=facts.conversational, weight=facts.weight)
