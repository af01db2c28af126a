"""Finds the agent for every conversation that waits: when one queues, when an agent comes or is relieved. Never on a sweep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from inbox.core import lifecycle, routing
from inbox.core.agent import Agent, Role
from inbox.core.conversation import Conversation
from inbox.core.errors import InboxError, TryLater
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, ConversationId, TeamId
from inbox.core.message import Reason
from inbox.flow.committer import Committer, Rank
from inbox.flow.feed import Change
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer
from inbox.ports import Queries
from inbox.records import AGENTS

PAGE = 200
RETRY_S = 0.5

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Route:
    """Give one waiting conversation to the best of these agents, if one can take it."""

    conversation: ConversationId
    agents: tuple[AgentId, ...]
    rank: Rank = Rank.INGEST
    size: int = 1000

    @property
    def group(self) -> str:
        """Two decisions about one conversation keep their order; loads are claimed in the database."""
        return self.conversation

    def decide(self, layer: Layer) -> Reason | None:
        """The reason for the choice or for waiting on; None when it no longer waits."""
        layer.need((AGENTS, self.agents))
        before = layer.conversation(self.conversation)
        if before is None or before.queued_at is None:
            return None
        facts = layer.channels.get(before.channel)
        weight = facts.weight if facts else 1
        able = [agent for id in self.agents if (agent := layer.agent(id)) is not None]
        needs = routing.Needs(before.id, before.team, weight, given_back_by=_given_back_by(before))
        match routing.route(needs, [_available(a) for a in able if _takes_work(a)]):
            case routing.Assign(agent=chosen, reason=reason):
                changed = lifecycle.assign(before, chosen, before.team, reason, layer.now)
                capacity = next(a.capacity for a in able if a.id == chosen)
                layer.change(before, changed, SYSTEM, at_most=capacity)
                return reason
            case routing.Wait(reason=reason):
                return reason


def _takes_work(agent: Agent) -> bool:
    return agent.active and agent.role is not Role.BOT


def _available(agent: Agent) -> routing.Available:
    return routing.Available(agent.id, agent.load, agent.capacity, agent.teams, agent.last_assigned_at)


def _given_back_by(c: Conversation) -> AgentId | None:
    """From whom it was taken last; the reason names who did it and who held it."""
    match c:
        case Conversation(assignee=None, assign_reason=Reason(code="by_hand", ids=(_, holder))):
            return AgentId(holder)
        case _:
            return None


def _relieves(event: Event) -> bool:
    """Whether somebody may have more room now than before."""
    if event.type is EventType.AGENT_CHANGED:
        return True
    before, after = event.before, event.after
    if before is None or after is None or before.assignee is None:
        return False
    return (before.assignee, before.category) != (after.assignee, after.category)


class Router:
    """Wakes for what may change who gets what, and decides one waiting conversation after the other."""

    def __init__(self, committer: Committer, queries: Queries, available: Callable[[], frozenset[AgentId]], came: asyncio.Event) -> None:
        """``came`` is set by whoever knows that somebody has become available."""
        self._committer = committer
        self._queries = queries
        self._available = available
        self._queued: dict[ConversationId, None] = {}
        self._there: frozenset[AgentId] = frozenset()
        self._look_at_all = True
        self._wake = came
        self._wake.set()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        for change in changes:
            event = change.event
            if event.after is not None and event.after.queued and event.conversation is not None:
                self._queued[event.conversation] = None
                self._wake.set()
            if _relieves(event):
                self._look_at_all = True
                self._wake.set()

    async def run(self) -> None:
        """Route until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._settle()
            except TryLater:
                self._look_at_all = True
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _settle(self) -> None:
        """Look at what was queued since the last time; at all that waits when somebody came or was relieved."""
        there = self._available()
        self._look_at_all = self._look_at_all or not there <= self._there
        self._there = there
        if not there:
            self._queued.clear()
            return
        if self._look_at_all:
            self._look_at_all = False
            await self._look_through(there)
        queued, self._queued = tuple(self._queued), {}
        await self._route(queued, there)

    async def _look_through(self, there: frozenset[AgentId]) -> None:
        """Everything that waits, in its order, as long as somebody has room."""
        last: Conversation | None = None
        while teams := await self._teams_with_room(there):
            page = await self._queries.waiting(PAGE, last)
            for c in page:
                self._queued.pop(c.id, None)
            await self._route([c.id for c in page if c.team in teams], there)
            if len(page) < PAGE:
                return
            last = page[-1]

    async def _teams_with_room(self, there: frozenset[AgentId]) -> frozenset[TeamId | None]:
        """The teams whose conversations somebody could take, None for those of no team; empty when nobody has room."""
        free = [a for a in await self._queries.agents() if a.id in there and _takes_work(a) and a.load < a.capacity]
        return frozenset({None, *(team for a in free for team in a.teams)}) if free else frozenset()

    async def _route(self, ids: Sequence[ConversationId], there: frozenset[AgentId]) -> None:
        agents = tuple(sorted(there))
        results = await asyncio.gather(*(self._committer.submit(Route(id, agents)) for id in ids), return_exceptions=True)
        for id, result in zip(ids, results, strict=True):
            if isinstance(result, TryLater):
                raise result
            if isinstance(result, InboxError):
                log.warning("routing_failed", conversation=id, error=result.code)
            elif isinstance(result, BaseException):
                raise result


def reason_to_wait(conversation: Conversation, agents: Sequence[Agent], weight: int = 1) -> Reason | None:
    """Why a conversation of this weight waits although these agents are available; None when it does not wait, or not for long."""
    if conversation.queued_at is None:
        return None
    needs = routing.Needs(conversation.id, conversation.team, weight)
    decision = routing.route(needs, [_available(a) for a in agents if _takes_work(a)])
    return decision.reason if isinstance(decision, routing.Wait) else None
