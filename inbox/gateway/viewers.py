"""Which agents look at which conversation, for the rows of lists; shown at most once a second, only to whom the gate lets see it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from inbox.core.events import Facets
from inbox.core.permissions import Scope, sees
from inbox.gateway.lists import Lists
from inbox.gateway.protocol import Viewers as Looking
from inbox.gateway.protocol import encode
from inbox.gateway.roster import Follower
from inbox.gateway.threads import Threads
from inbox.ports import Clock

COALESCE_MS = 1_000


class Viewers:
    """By conversation. Whoever looks at one follows it, so its facets are known there as they change."""

    def __init__(self, lists: Lists, threads: Threads, clock: Clock) -> None:
        self._lists = lists
        self._threads = threads
        self._clock = clock
        self._agents: dict[str, tuple[str, ...]] = {}
        self._facets: dict[str, Facets] = {}
        self._changed: set[str] = set()
        self._wake = asyncio.Event()

    def note(self, conversation: str, agents: tuple[str, ...]) -> None:
        """These agents look at it now, in order of their ids."""
        facets = self._threads.facets(conversation) or self._facets.get(conversation)
        if facets is None or agents == self._agents.get(conversation, ()):
            return
        self._agents[conversation], self._facets[conversation] = agents, facets
        self._changed.add(conversation)
        self._wake.set()

    def welcome(self, follower: Follower) -> None:
        """Tell somebody who begins to follow a list how things stand."""
        frame = self._frame([c for c, agents in self._agents.items() if agents], follower.scope)
        if frame is not None:
            follower.send(frame)

    async def run(self) -> None:
        """Show what changed, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self.flush()
            await self._clock.sleep_until(self._clock.now() + COALESCE_MS)

    def flush(self) -> None:
        """Send what changed since the last time; one frame for all who have the same scope."""
        changed, self._changed = self._changed, set()
        frames: dict[Scope, bytes | None] = {}
        for follower in self._lists.followers:
            if follower.scope not in frames:
                frames[follower.scope] = self._frame(changed, follower.scope)
            frame = frames[follower.scope]
            if frame is not None:
                follower.send(frame)
        for conversation in [c for c in changed if not self._agents[c]]:
            del self._agents[conversation], self._facets[conversation]

    def _frame(self, conversations: Iterable[str], scope: Scope) -> bytes | None:
        seen = {c: self._agents[c] for c in conversations if sees(scope, self._threads.facets(c) or self._facets[c])}
        return encode(Looking(seen)) if seen else None
