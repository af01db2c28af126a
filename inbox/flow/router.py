"""Finds the agent for every conversation that waits: when one queues, when an agent comes or is relieved, when time has changed
what is asked for. Never on a sweep.

All that waits stands in a ``Line`` in memory, read once and kept true by the feed; the claim itself is decided on what is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import nsmallest

import structlog
from msgspec.structs import replace

from inbox import failpoints
from inbox.core import queues, routing
from inbox.core.agent import Agent
from inbox.core.conversation import Category, Conversation
from inbox.core.errors import Conflict, InboxError, NotFound, TryLater
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, ConversationId, CustomerId, Instant, QueueId
from inbox.core.message import Kind, Reason
from inbox.core.overflowing import path_of
from inbox.core.permissions import Scope
from inbox.core.views import View
from inbox.flow.committer import Committer
from inbox.flow.desks import Desks
from inbox.flow.feed import Change
from inbox.flow.giving import Answer, Explain, Knows, Leave, Place, Route, available, needs, off_duty, on_duty, takes_work
from inbox.flow.line import Entry, Line, Name
from inbox.flow.pace import Pace
from inbox.flow.working import Channels
from inbox.ports import RETRY_S, Clock, Queries

PAGE = 200
AT_ONCE = 200
CANDIDATES = 16
"""So many of the agents who could take one are asked for in the commit: who is best may have changed by then, but not by much."""
KNOWN = 20

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Standing:
    """``position`` 1 is next of all ``of``; ``estimate_ms`` is None while nobody can tell. ``queue`` None: a team's own, or everybody's."""

    position: int
    of: int
    estimate_ms: int | None
    queue: QueueId | None = None


Who = Callable[[], frozenset[AgentId]]


def _relieves(event: Event) -> bool:
    """Whether somebody may have more room now than before."""
    if event.type is EventType.AGENT_CHANGED:
        return True
    before, after = event.before, event.after
    if before is None or after is None or (before.assignee is None and before.offered is None):
        return False
    return (before.assignee, before.offered, before.category) != (after.assignee, after.offered, after.category)


class Router:
    """Wakes for what may change who gets what, and matches those who are free with those who are next."""

    def __init__(
        self,
        committer: Committer,
        queries: Queries,
        available: Who,
        came: asyncio.Event,
        clock: Clock,
        channels: Callable[[], Channels],
        desks: Desks,
    ) -> None:
        """``came`` is set by whoever knows that somebody has become ``available``, which means online and free to choose, or is no more."""
        self._committer = committer
        self._queries = queries
        self._available = available
        self._clock = clock
        self._channels = channels
        self._desks = desks
        self.line = Line()
        self._pace = Pace()
        self._deserted: frozenset[Name] = frozenset()
        self._knows: dict[CustomerId, Knows | None] = {}
        self._strangers: dict[ConversationId, Conversation] = {}
        self._read = False
        self._edition = 0
        self._latest: Instant = 0
        self._wake = came
        self._wake.set()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        for change in changes:
            self._count(change.event)
            self._latest = max(self._latest, change.event.at)
            if change.event.type is EventType.CUSTOMER_CHANGED and change.event.reason is not None:
                self._knows.pop(change.event.customer or CustomerId(""), None)  # he may have been merged
            if change.conversation is not None and self._take(change.conversation):
                self._wake.set()
            if _relieves(change.event) or change.event.type in (EventType.CATALOG_CHANGED, EventType.CHANNEL_CHANGED):
                self._wake.set()

    def _count(self, event: Event) -> None:
        before, after = event.before, event.after
        if before is not None and after is not None and before.queued and not after.queued and after.assignee is not None:
            known = self._desks.at(event.at).queue(before.queue) is not None
            self._pace.given((before.queue, None) if known else (None, before.team), event.at)

    def _take(self, c: Conversation) -> bool:
        """Into the line; one that may be kept for somebody who knows the customer when it is known who that is."""
        if c.queued_at is not None and self._keeps(c) and c.customer not in self._knows:
            self._strangers[c.id] = c
            return True
        self._strangers.pop(c.id, None)
        return self.line.heard(c, self._entry)

    def position(self, id: ConversationId) -> int | None:
        """How many stand before it, and itself; of one whose customer is still looked up, as if it came last."""
        stranger = self._strangers.get(id)
        if stranger is None:
            return self.line.position(id)
        return len(self.line.waiting(self._entry(stranger).name)) + 1

    def _keeps(self, c: Conversation) -> bool:
        return queues.sticks(self._desks.at(self._clock.now()).queue(c.queue), c.waiting, self._clock.now())

    def _entry(self, c: Conversation) -> Entry:
        now = self._clock.now()
        desk = self._desks.at(now)
        queue = desk.queue(c.queue)
        name = (c.queue, None) if queue is not None else (None, c.team)
        knows = self._knows.get(c.customer) if self._keeps(c) else None
        path = path_of(c, desk, max(now, self._latest))  # a timer that went off elsewhere is not to be missed for a clock that is behind
        return Entry((queues.turn(c, queue), c.id), name, needs(c, desk, self._channels(), now, knows), c.why_waiting, path)

    async def run(self) -> None:
        """Route until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._settle()
            except TryLater:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _settle(self) -> None:
        """Give out what can be given out now."""
        await self._look_up()
        free = await self._free()
        await self._go_on(free)
        while plan := self.line.plan(free, AT_ONCE):
            if not await self._give(plan, free):
                break
            free = await self._free()
        await self._explain()

    async def _explain(self) -> None:
        """Store why those wait who wait on; what comes meanwhile goes first."""
        found = self.line.unexplained(await self._free(), AT_ONCE)
        units = [Explain(id, why) for id, why in found]
        for (id, _), waits in zip(found, await self._submit(units), strict=True):
            if waits is False:
                self.line.passed_over(id)
        if len(found) == AT_ONCE:
            self._wake.set()

    async def _look_up(self) -> None:
        """Read what is not known: the queues if they changed, at the start all that waits, and who knows whom."""
        edition = await self._desks.refresh()
        changed = self._read and edition != self._edition
        if not self._read or changed:
            await self._read_all()
            if changed or self._desks.at(self._clock.now()).queues:  # an earlier process may have died over a change
                await self._submit([Place(id) for id in (*self.line.entries, *self._strangers)])
            self._read, self._edition = True, edition  # only now: whoever failed on the way does all of it again
        while self._strangers:
            _, c = self._strangers.popitem()
            self._knows[c.customer] = await self._who_knows(c.customer)
            if len(self._knows) > queues.MAX_LIST * 100:
                self._knows.pop(next(iter(self._knows)))
            self._take(c)

    async def _read_all(self) -> None:
        last: Conversation | None = None
        self.line.forget()
        while page := await self._queries.waiting(PAGE, last):
            for c in page:
                self._take(c)
            last = page[-1]
            if len(page) < PAGE:
                return

    async def _who_knows(self, customer: CustomerId) -> Knows | None:
        """The person who wrote to the customer last."""
        person = await self._queries.customer(customer)
        view = View("known", tuple(Category), customer=customer, absorbed=person.whole if person is not None else ())
        page, _ = await self._queries.page(view, Scope(all=True), AgentId(""), None, KNOWN)
        answers = [c.last_reply for c in page if c.last_reply is not None and c.last_reply.kind is Kind.REPLY]
        people = {a.id for a in await self._queries.agents() if takes_work(a)}
        newest = max((a for a in answers if a.author in people), key=lambda a: a.at, default=None)
        return None if newest is None else (AgentId(newest.author), newest.at)

    async def _free(self) -> list[routing.Available]:
        """Who takes new work: available, and on duty."""
        there, desk = self._available(), self._desks.at(self._clock.now())
        found = await self._queries.agents() if there else []
        return [available(a) for a in found if a.id in there and on_duty(a, desk)]

    async def _go_on(self, free: Sequence[routing.Available]) -> None:
        """What has waited its time, or waits where nobody is on duty, goes on to a queue where somebody is who could take it."""
        self._deserted = frozenset(name for name in self.line.names() if not self._served(name, free))
        going = self.line.going_on(self._desks.at(self._clock.now()), free, AT_ONCE)
        gone = await self._submit([Leave(*one) for one in going])
        if len(going) == AT_ONCE and any(gone):
            self._wake.set()

    def _served(self, name: Name, free: Sequence[routing.Available]) -> bool:
        head = replace(self.line.entries[self.line.waiting(name)[0][1]].needs, readers=())  # who serves the queue, not this channel
        return any(routing.serves(head, one.agent, one.teams) for one in free)

    async def _give(self, plan: Sequence[tuple[ConversationId, routing.Assign]], free: Sequence[routing.Available]) -> bool:
        """Whether anything was given out. What turns out not to wait is looked at again, in case the line has it wrong."""
        units = [Route(id, self._candidates(id, decision.agent, free), self._known(id)) for id, decision in plan]
        failpoints.hit("claim.before")
        results = await self._submit(units)
        failpoints.hit("claim.after")
        void = [id for (id, _), result in zip(plan, results, strict=True) if result is None]
        found = await self._queries.conversations(void) if void else {}
        for id in void:
            if id in found:
                self.line.heard(found[id], self._entry)
            else:
                self.line.remove(id)
        return bool(void) or any(isinstance(result, routing.Assign) for result in results)

    def _known(self, id: ConversationId) -> Knows | None:
        entry = self.line.entries.get(id)
        if entry is None or entry.needs.preferred is None or entry.needs.spoke_at is None:
            return None
        return entry.needs.preferred, entry.needs.spoke_at

    def _candidates(self, id: ConversationId, first: AgentId, free: Sequence[routing.Available]) -> tuple[AgentId, ...]:
        """Who is asked for in the commit: the planned one and the next best."""
        entry = self.line.entries.get(id)
        if entry is None:
            return (first,)
        able = [a for a in free if routing.can_take(entry.needs, a)]
        best = nsmallest(CANDIDATES, able, key=lambda a: routing.rank(a, entry.needs))
        kept = (entry.needs.preferred,) if entry.needs.kept and entry.needs.preferred in {a.agent for a in free} else ()
        return tuple(dict.fromkeys(id for id in (first, *(a.agent for a in best), *kept) if id is not None))

    async def _submit(self, units: Sequence[Route | Place | Leave | Explain]) -> Sequence[object]:
        results = await asyncio.gather(*(self._committer.submit(unit) for unit in units), return_exceptions=True)
        for unit, result in zip(units, results, strict=True):
            if isinstance(result, TryLater):
                raise result
            if isinstance(result, InboxError):
                log.warning("routing_failed", conversation=unit.conversation, error=result.code)
            elif isinstance(result, BaseException):
                raise result
        return results

    # What people ask

    async def fetch(self, agent: AgentId) -> ConversationId | None:
        """The next conversation for somebody who asks for one, before all what is offered to him; None: nothing waits that he could
        take. He needs not be available."""
        for id in self.line.offered_to(agent):
            with suppress(Conflict):  # it has run out
                return (await self.answer(id, agent, accept=True)).id
        for _ in range(KNOWN):
            desk = self._desks.at(self._clock.now())
            me = [available(a) for a in await self._queries.agents() if a.id == agent and takes_work(a, desk)]
            if not me:
                raise NotFound
            plan = self.line.plan(me, 1, asked=True)
            if not plan:
                return None
            id = plan[0][0]
            decision = await self._committer.submit(Route(id, (agent,), self._known(id), fetched=True))
            if isinstance(decision, routing.Assign):
                return id
            if decision is None:
                self.line.remove(id)
        return None

    async def answer(self, id: ConversationId, agent: AgentId, *, accept: bool) -> Conversation:
        """Who it is offered to takes it or lets it pass. Raises ``Conflict`` when it is not offered to him."""
        return await self._committer.submit(Answer(id, agent, "accept" if accept else "decline"))

    def place(self, c: Conversation) -> Standing | None:
        """Where it stands in its queue; None: it does not wait."""
        return self.standing(c.id)

    def standing(self, id: ConversationId) -> Standing | None:
        """The same by its id alone."""
        entry, position = self.line.entries.get(id), self.line.position(id)
        if entry is None or position is None:
            return None
        still = entry.name in self._deserted or entry.needs.held == "paused"  # by the pace of what was given out nobody can tell
        estimate = None if still else self._pace.estimate(entry.name, position, self._clock.now())
        return Standing(position, len(self.line.waiting(entry.name)), estimate, entry.name[0])

    def why(self, c: Conversation, agents: Iterable[Agent]) -> Reason | None:
        """Why a conversation waits: as routing says, or ``off_duty`` where all who could take it are outside their working hours. None
        when it does not, or not for long. ``agents`` are all accounts."""
        if c.queued_at is None:
            return None
        if c.waiting is not None and c.waiting.offer is not None:
            return Reason("offered", ids=(c.waiting.offer.agent,), numbers={"until": c.waiting.offer.until})
        there = self._available()
        desk = self._desks.at(self._clock.now())
        accounts, wanted = list(agents), self._entry(c).needs
        decision = routing.route(wanted, [available(a) for a in accounts if a.id in there and on_duty(a, desk)])
        if not isinstance(decision, routing.Wait):
            return None
        resting = off_duty(wanted, accounts, desk) if decision.reason.code == "nobody_online" else None
        return resting or decision.reason
