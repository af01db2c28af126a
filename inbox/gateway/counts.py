"""Counters of views that somebody looks at: counted again at most once a second, and only where a change moved something."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from inbox.core.errors import TryLater
from inbox.core.events import Facets, named
from inbox.core.ids import AgentId
from inbox.core.permissions import Scope, sees
from inbox.core.views import ME, NOBODY, View, matches
from inbox.gateway.lists import NOBODY_SPECIAL
from inbox.gateway.moment import common
from inbox.gateway.protocol import Counts as Counted
from inbox.gateway.protocol import encode
from inbox.gateway.roster import Follower
from inbox.ports import Clock, Queries

CEILING = 1000
EVERY_MS = 1000
AT_ONCE = 4
"""Counts asked of the database at the same time."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Counter:
    """One number: everybody with an equal one shares it. ``me`` is '' where the view does not ask."""

    view: View
    scope: Scope
    me: AgentId

    @property
    def whose(self) -> AgentId:
        """The one agent it is about, '' when it is the same for all colleagues with these teams."""
        return self.me or self.scope.agent or NOBODY_SPECIAL

    def holds(self, facets: Facets | None) -> bool:
        """Whether a conversation with these facets is counted."""
        return facets is not None and sees(self.scope, facets) and matches(self.view, facets, self.me)


def counter(view: View, scope: Scope, me: AgentId) -> Counter:
    """The counter of a view, with all that cannot change its number left out so that more readers share it."""
    if view.assignee == ME:
        return Counter(view, Scope(agent=me) if scope.agent == me else scope, me)
    if view.mentioned or view.followed:
        return Counter(view, scope, me)
    if view.assignee == NOBODY and view.bot is False:
        scope = replace(scope, agent=None)
    return Counter(view, scope, NOBODY_SPECIAL)


class Counts:
    """The followers of counters, and the numbers while somebody follows them."""

    def __init__(self, queries: Queries, clock: Clock) -> None:
        self._queries = queries
        self._clock = clock
        self._numbers: dict[Counter, int | None] = {}
        self._alike: dict[tuple[View, Scope], dict[AgentId, Counter]] = {}
        self._followed: dict[tuple[Follower, str], tuple[Counter, ...]] = {}
        self._followers: dict[Counter, set[tuple[Follower, str]]] = {}
        self._stale: set[Counter] = set()
        self._wake = asyncio.Event()

    def follow(self, follower: Follower, sub: str, views: Sequence[View]) -> None:
        """Send the numbers of these views now and whenever one changes; replaces what ``sub`` was before."""
        self.unfollow(follower, sub)
        counters = tuple(counter(view, follower.scope, follower.agent) for view in views)
        self._followed[follower, sub] = counters
        for one in counters:
            self._followers.setdefault(one, set()).add((follower, sub))
            self._alike.setdefault((one.view, common(one.scope)), {})[one.whose] = one
            if self._numbers.setdefault(one, None) is None:
                self._touch(one)
        self._send({(follower, sub)})

    def unfollow(self, follower: Follower, sub: str) -> None:
        """No more; harmless when it does not follow."""
        for one in self._followed.pop((follower, sub), ()):
            self._followers[one].discard((follower, sub))
            if not self._followers[one]:
                self._forget(one)

    def changed(self, before: Facets | None, after: Facets | None) -> None:
        """A conversation went from ``before`` to ``after``: mark the counters it left or joined."""
        special = named(before) | named(after)
        for (view, scope), counters in self._alike.items():
            shared = Counter(view, scope, NOBODY_SPECIAL)
            if shared.holds(before) != shared.holds(after):
                for one in counters.values():
                    self._touch(one)
            for whose in special & counters.keys():
                one = counters[whose]
                if one.holds(before) != one.holds(after):
                    self._touch(one)

    async def run(self) -> None:
        """Count again until cancelled."""
        while True:
            while not self._stale:
                self._wake.clear()
                await self._wake.wait()
            began = self._clock.now()
            await self.recount()
            await self._clock.sleep_until(began + EVERY_MS)

    async def recount(self) -> None:
        """Count what is marked and send the numbers that differ."""
        stale, self._stale = self._stale, set()
        gate = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            counted = [tasks.create_task(self._count(one, gate)) for one in stale]
        moved = [one for task in counted if (one := task.result()) is not None]
        self._send({place for one in moved for place in self._followers.get(one, ())})

    async def _count(self, one: Counter, gate: asyncio.Semaphore) -> Counter | None:
        """Count one; the counter if its number is another now."""
        async with gate:
            if one not in self._numbers:
                return None
            try:
                number = await self._queries.count(one.view, one.scope, one.me, CEILING)
            except TryLater as away:
                log.warning("not_counted", view=one.view.id, error=away.code)
                self._touch(one)
                return None
        if one not in self._numbers or self._numbers[one] == number:
            return None
        self._numbers[one] = number
        return one

    def _send(self, places: set[tuple[Follower, str]]) -> None:
        for follower, sub in places:
            numbers = {one.view.id: self._numbers[one] for one in self._followed[follower, sub]}
            known = {view: number for view, number in numbers.items() if number is not None}
            if known:
                follower.send(encode(Counted(sub, known)))

    def _touch(self, one: Counter) -> None:
        self._stale.add(one)
        self._wake.set()

    def _forget(self, one: Counter) -> None:
        del self._followers[one], self._numbers[one]
        self._stale.discard(one)
        alike = self._alike[one.view, common(one.scope)]
        del alike[one.whose]
        if not alike:
            del self._alike[one.view, common(one.scope)]
