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
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Reason
from inbox.flow.committer import Committer, Rank
from inbox.flow.feed import Change
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer
from inbox.ports import AGENTS, Queries

PAGE = 200
RELIEVING = frozenset(
    {
        EventType.STATUS_CHANGED,
        EventType.UNASSIGNED,
        EventType.ASSIGNED,
        EventType.AGENT_CHANGED,
        EventType.MESSAGE_QUEUED,
    }
)

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
        needs = routing.Needs(before.id, before.team, weight)
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


class Router:
    """Wakes for what may change who gets what, and decides one waiting conversation after the other."""

    def __init__(self, committer: Committer, queries: Queries, available: Callable[[], frozenset[AgentId]], came: asyncio.Event) -> None:
        """``came`` is set by whoever knows that somebody has become available."""
        self._committer = committer
        self._queries = queries
        self._available = available
        self._queued: dict[ConversationId, None] = {}
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
            if event.type in RELIEVING:
                self.relieved()

    def relieved(self) -> None:
        """Somebody may be able to take a conversation that waits."""
        if not self._look_at_all:
            self._look_at_all = True
            self._wake.set()

    async def run(self) -> None:
        """Route until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._look_at_all = self._look_at_all or not self._queued
            try:
                await self._settle()
            except TryLater:
                self._look_at_all = True
                await asyncio.sleep(0.5)
                self._wake.set()

    async def _settle(self) -> None:
        while self._queued or self._look_at_all:
            agents = tuple(sorted(self._available()))
            if not agents:
                self._queued.clear()
                self._look_at_all = False
                return
            if self._look_at_all:
                self._look_at_all = False
                waiting = await self._queries.waiting(PAGE)
                self._queued = {c.id: None for c in waiting} | self._queued
            await self._route(agents)

    async def _route(self, agents: tuple[AgentId, ...]) -> None:
        ids, self._queued = list(self._queued), {}
        results = await asyncio.gather(*(self._committer.submit(Route(id, agents)) for id in ids), return_exceptions=True)
        for id, result in zip(ids, results, strict=True):
            if isinstance(result, TryLater):
                raise result
            if isinstance(result, InboxError):
                log.warning("routing_failed", conversation=id, error=result.code)
            elif isinstance(result, BaseException):
                raise result


def reason_to_wait(conversation: Conversation, agents: Sequence[Agent]) -> Reason | None:
    """Why a conversation waits, for its screen; None when it does not."""
    if conversation.queued_at is None:
        return None
    decision = routing.route(routing.Needs(conversation.id, conversation.team), [_available(a) for a in agents if _takes_work(a)])
    return decision.reason if isinstance(decision, routing.Wait) else None
