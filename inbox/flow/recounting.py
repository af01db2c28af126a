"""Brings open conversations under what has changed of policies, calendars, segments or customers: in the background, page by page, and on
after a crash.

The change itself stores that there is something to do. Whoever touches a conversation meanwhile brings it along, so the walk only has
to reach those that nobody touches, in whatever order they are then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from msgspec.structs import replace

from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, NotFound, TryLater
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId, CustomerId, Instant
from inbox.core.lifecycle import Changed
from inbox.core.permissions import Action, Actor, Scope, require
from inbox.core.views import ACTIVE, Sort, View
from inbox.flow.committer import Committer, Rank
from inbox.flow.feed import Change
from inbox.flow.placing import SYSTEM
from inbox.flow.promises import PromiseBook
from inbox.flow.recounts import AGAIN, ID, begin
from inbox.flow.timers import either
from inbox.flow.working import Layer
from inbox.ports import RETRY_S, Clock, Queries
from inbox.records import CALENDARS, POLICIES, RECOUNTS, SEGMENTS, Recount

PAGE = 64
LEASE_MS = 15_000
CEILING = 10_000_000
NOBODY = AgentId("")
OPEN = View("recount", ACTIVE, sort=Sort.PRIORITY)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Defaults:
    """This server starts with these promises of the settings file; other ones than last time begin the walk."""

    content: str
    rank: Rank = Rank.COMMAND
    group: str = ID
    size: int = 300

    def decide(self, layer: Layer) -> bool:
        """Whether they are others."""
        layer.need((RECOUNTS, (ID,)))
        known = layer.get(RECOUNTS, ID)
        if known is not None and known.defaults == self.content:
            return False
        begin(layer)
        begun = layer.get(RECOUNTS, ID)
        if begun is not None:
            layer.put(RECOUNTS, replace(begun, defaults=self.content))
        return True


@dataclass(frozen=True)
class Claim:
    """Take the walk over, if there is one and nobody is at it."""

    server: str
    id: str
    rank: Rank = Rank.COMMAND
    group: str = ID
    size: int = 300

    def decide(self, layer: Layer) -> Recount | None:
        """The walk as it stands; None when there is none or another server has it."""
        layer.need((RECOUNTS, (self.id,)))
        known = layer.get(RECOUNTS, self.id)
        if known is None or not known.is_running:
            return None
        if known.held_by not in ("", self.server) and known.held_until > layer.now:
            return None
        return layer.put(RECOUNTS, replace(known, held_by=self.server, held_until=layer.now + LEASE_MS))


@dataclass(frozen=True)
class Advance:
    """Store how far the walk is."""

    seen: Recount
    server: str
    rank: Rank = Rank.COMMAND
    group: str = ID
    size: int = 300

    def decide(self, layer: Layer) -> Recount | None:
        """As stored; None when it began anew or went to another server meanwhile."""
        layer.need((RECOUNTS, (self.seen.id,)))
        known = layer.get(RECOUNTS, self.seen.id)
        if known is None or known.wanted != self.seen.wanted or known.held_by != self.server:
            return None
        if known.customer is not None and self.seen.after is None:
            layer.remove(RECOUNTS, known.id)
            return None
        done_at = None if self.seen.after is not None else layer.now
        return layer.put(RECOUNTS, replace(self.seen, held_until=layer.now + LEASE_MS, done_at=done_at))


@dataclass(frozen=True)
class Bring:
    """Bring one conversation under what is promised now; with ``placed``, if it waits, also into the queue whose conditions hold."""

    id: ConversationId
    placed: bool = False
    rank: Rank = Rank.BULK
    size: int = 2_000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.id

    def decide(self, layer: Layer) -> bool:
        """Whether anything changed."""
        before = layer.conversation(self.id)
        if before is None:
            raise NotFound
        offered = before.waiting is not None and before.waiting.offer is not None
        moves = self.placed and before.queued_at is not None and not offered
        return layer.change(before, layer.placed(before) if moves else Changed(before), SYSTEM) is not before


def asked_for(layer: Any, actor: Actor) -> None:
    """Admins change what is promised, and with that begins the walk."""
    require(actor, Action.MANAGE_SLA)
    begin(layer)


class Recounting:
    """The loop that walks."""

    def __init__(self, committer: Committer, queries: Queries, book: PromiseBook, clock: Clock, server: str, defaults: str = "") -> None:
        """``defaults``: what the settings file promises, as a digest."""
        self._defaults = defaults
        self._committer = committer
        self._queries = queries
        self._book = book
        self._clock = clock
        self._server = server
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        nouns = {POLICIES.name, CALENDARS.name, SEGMENTS.name}
        about = any(c.event.type is EventType.CATALOG_CHANGED and c.event.data.get("noun") in nouns for c in changes)
        if about or any(c.event.type is EventType.CUSTOMER_CHANGED and c.event.data.get(AGAIN) for c in changes):
            self._wake.set()

    async def run(self) -> None:
        """Walk whenever there is reason to, until cancelled."""
        while True:
            self._wake.clear()
            try:
                if self._defaults:
                    await self._committer.submit(Defaults(self._defaults))
                    self._defaults = ""
                while await self._round():
                    pass
                wait = await self._others()
            except TryLater as away:
                log.warning("recount_waits", error=away.code)
                await asyncio.sleep(RETRY_S)
                continue
            await either(self._wake, self._clock, wait)

    async def _round(self) -> bool:
        """Whether there was something to walk."""
        walked = False
        of_customers = [walk.id for walk in await self._queries.entries(RECOUNTS) if walk.customer is not None]
        for id in (ID, *of_customers):
            if (walk := await self._committer.submit(Claim(self._server, id))) is not None:
                await self._walk(walk)
                walked = True
        return walked

    async def _of(self, customer: CustomerId) -> View:
        """What is open of a customer, and of all who were merged with him."""
        person = await self._queries.customer(customer)
        return replace(OPEN, customer=customer, absorbed=person.whole if person is not None else ())

    async def _walk(self, walk: Recount | None) -> None:
        view = OPEN if walk is None or walk.customer is None else await self._of(walk.customer)
        if view.customer is None:
            await self._book.refresh()
            if walk is not None and walk.after is None:
                walk = replace(walk, total=await self._queries.count(view, Scope(all=True), NOBODY, CEILING))
        while walk is not None and walk.is_running:
            page, after = await self._queries.page(view, Scope(all=True), NOBODY, walk.after, PAGE)
            changed = sum(await asyncio.gather(*(self._bring(c, placed=view.customer is not None) for c in page)))
            done = replace(walk, after=after, seen=walk.seen + len(page), changed=walk.changed + changed)
            walk = await self._committer.submit(Advance(done, self._server))

    async def _bring(self, c: Conversation, *, placed: bool) -> int:
        try:
            return int(await self._committer.submit(Bring(c.id, placed)))
        except (NotFound, Conflict):  # gone, or others keep changing it and bring it along
            return 0

    async def _others(self) -> Instant | None:
        """When the walk of a server that may be gone can be taken over."""
        walks = await self._queries.entries(RECOUNTS)
        return next((walk.held_until for walk in walks if walk.is_running), None)
