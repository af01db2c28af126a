"""Brings back what agents hold who are gone: their chats after a grace, the rest at the end of their working hours.

Who is there is known by their sockets alone, so every server counts an absence from when it saw it itself, at the earliest from its
own start: after a crash everybody has time to connect anew. Two servers may come to the same end; the commit decides once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from inbox.core.agent import Agent
from inbox.core.conversation import Category, Conversation
from inbox.core.errors import InboxError, TryLater
from inbox.core.events import Event, EventType, Facets
from inbox.core.ids import AgentId, ConversationId, Instant
from inbox.core.permissions import Scope
from inbox.core.queues import Hours
from inbox.core.returning import Absence, due_at, reason
from inbox.core.views import View
from inbox.flow.committer import Committer, Rank
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.giving import Answer, given_back, takes_work
from inbox.flow.placing import SYSTEM
from inbox.flow.timers import either
from inbox.flow.working import Channels, Layer
from inbox.ports import RETRY_S, Clock, Queries
from inbox.records import AGENTS

PAGE = 100
LOOK_AGAIN_MS = 10 * 60 * 1000

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Return:
    """Take a conversation from an agent who is gone since ``since``, if it is time."""

    conversation: ConversationId
    agent: AgentId
    since: Instant
    rank: Rank = Rank.INGEST
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> bool:
        """Whether it came back; not, when somebody else has it by now."""
        layer.need((AGENTS, (self.agent,)))
        before, holder = layer.conversation(self.conversation), layer.get(AGENTS, self.agent)
        if before is None or holder is None or before.assignee != self.agent:
            return False
        hours = layer.desk.hours(holder.calendar) if holder.calendar else None
        absence, queue = Absence(self.agent, self.since, hours), layer.desk.queue(before.queue)
        due = due_at(before, queue, absence, layer.now, conversational=_chatty(before, layer.channels))
        if due is None or due > layer.now:
            return False
        why = reason(before, queue, absence, layer.now)
        layer.change(before, given_back(layer, before, why), SYSTEM, cause=f"{why.code}:{self.agent}")
        return True


class Returns:
    """Follows who is there, and sleeps until the next of what is held is due to come back."""

    def __init__(
        self,
        committer: Committer,
        queries: Queries,
        directory: Directory,
        desks: Desks,
        channels: Callable[[], Channels],
        clock: Clock,
        there: Callable[[], frozenset[AgentId]],
        moved: asyncio.Event,
        came: asyncio.Event,
    ) -> None:
        """``there`` are connected somewhere; ``moved`` is set when somebody came or went; ``came`` wakes the router."""
        self._committer = committer
        self._queries = queries
        self._directory = directory
        self._desks = desks
        self._channels = channels
        self._clock = clock
        self._there = there
        self._wake = moved
        self._came = came
        self._since: dict[AgentId, Instant] = {}
        self._next: dict[AgentId, Instant | None] = {}
        self._given: dict[ConversationId, Instant] = {}
        self._offers: dict[ConversationId, AgentId] = {}
        self._closed: tuple[frozenset[str], frozenset[str]] = frozenset(), frozenset()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        for change in changes:
            event = change.event
            if event.type is EventType.AGENT_CHANGED and event.agent is not None:
                self._ask(event.agent)
            elif event.type is EventType.CATALOG_CHANGED:
                self._next.clear()
                self._wake.set()
            if event.conversation is not None and event.after is not None:
                self._follow(event, event.conversation, event.after)

    def _follow(self, event: Event, id: ConversationId, after: Facets) -> None:
        self._follow_offer(id, after.offered)
        if after.assignee is None or after.assignee not in self._since:
            self._given.pop(id, None)
        elif after.category is Category.OPEN:
            if event.type is EventType.ASSIGNED:
                self._given[id] = event.at
            self._ask(after.assignee)

    def _ask(self, agent: AgentId) -> None:
        self._next.pop(agent, None)
        self._wake.set()

    def _follow_offer(self, id: ConversationId, offered: AgentId | None) -> None:
        if offered is None:
            self._offers.pop(id, None)
        else:
            self._offers[id] = offered
            self._wake.set()

    async def run(self) -> None:
        """Bring back until cancelled."""
        self._wake.set()
        until = self._clock.now()
        while True:
            await either(self._wake, self._clock, until)
            self._wake.clear()
            try:
                until = await self._settle()
            except TryLater:
                self._next.clear()
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _settle(self) -> Instant:
        """Do what is due; when to look again."""
        await self._desks.refresh()
        now, there = self._clock.now(), self._there()
        people = {a.id: a for a in (await self._directory.agents()).values() if takes_work(a)}
        self._since = {id: self._since.get(id, now) for id in people if id not in there}
        self._next = {id: at for id, at in self._next.items() if id in self._since}
        await self._withdraw()
        for id, since in self._since.items():
            at = self._next.get(id, now)
            if at is not None and at <= now and id not in self._there():
                self._next[id] = None
                found = await self._look(people[id], since)
                if id in self._next:  # else something was heard of him meanwhile: he is looked at again
                    self._next[id] = found
        ends = self._shifts(people.values(), now)
        return min([at for at in (*self._next.values(), *ends) if at is not None and at > now], default=now + LOOK_AGAIN_MS)

    def _shifts(self, people: Iterable[Agent], now: Instant) -> list[Instant | None]:
        """When hours of people or queues begin or end next; the router hears of those that have."""
        desk = self._desks.at(now)
        hours: dict[str, Hours] = {a.id: desk.hours(a.calendar) for a in people if a.calendar}
        resting = frozenset(id for id, one in hours.items() if not one.open)
        shut = frozenset(queue.id for queue in desk.queues.values() if not desk.open(queue).open)
        if (resting, shut) != self._closed:
            self._came.set()
        self._closed = resting, shut
        return [desk.changes_at, *(one.changes_at for one in hours.values())]

    async def _withdraw(self) -> None:
        """What is offered to somebody who is gone is offered to the next."""
        gone = [Answer(id, agent, "gone") for id, agent in self._offers.items() if agent in self._since]
        await self._submit(gone)

    async def _look(self, agent: Agent, since: Instant) -> Instant | None:
        """Bring back what is due of his; when the next is."""
        desk, now = self._desks.at(self._clock.now()), self._clock.now()
        hours = desk.hours(agent.calendar) if agent.calendar else None
        held, next_at = View("held", (Category.OPEN,), assignee=agent.id), None
        after: str | None = None
        due: list[Return] = []
        while True:
            page, after = await self._queries.page(held, Scope(all=True), agent.id, after, PAGE)
            for c in page:
                absence = Absence(agent.id, max(since, self._given.get(c.id, since)), hours)
                at = due_at(c, desk.queue(c.queue), absence, now, conversational=_chatty(c, self._channels()))
                if at is not None and at <= now:
                    due.append(Return(c.id, agent.id, absence.since))
                elif at is not None:
                    next_at = at if next_at is None else min(at, next_at)
            if after is None:
                break
        await self._submit(due)
        return next_at

    async def _submit(self, units: Sequence[Return | Answer]) -> None:
        results = await asyncio.gather(*(self._committer.submit(unit) for unit in units), return_exceptions=True)
        for unit, result in zip(units, results, strict=True):
            if isinstance(result, TryLater):
                raise result
            if isinstance(result, InboxError):
                log.warning("not_brought_back", conversation=unit.conversation, error=result.code)
            elif isinstance(result, BaseException):
                raise result


def _chatty(c: Conversation, channels: Channels) -> bool:
    facts = channels.get(c.channel)
    return facts is not None and facts.conversational
