"""Gives back what accounts hold that were switched off, and follows nothing for them: nobody's customer waits for somebody who is not
coming, and nobody is told who does not read it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from inbox.core import lifecycle
from inbox.core.agent import Agent, Role
from inbox.core.errors import InboxError, TryLater
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId
from inbox.core.lifecycle import Changed
from inbox.core.message import Reason
from inbox.core.permissions import Scope
from inbox.core.views import ACTIVE, UNFINISHED, View
from inbox.flow.committer import Committer, Rank
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.giving import given_back
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer
from inbox.ports import RETRY_S, Queries
from inbox.records import AGENTS

PAGE = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class TakeLeave:
    """Take a conversation from an account that is switched off, by hand or by its star; if it is open it waits for the next agent."""

    conversation: ConversationId
    agent: AgentId
    rank: Rank = Rank.BULK
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> bool:
        """Whether there was something to take; not, when somebody else has it by now or the account is on again."""
        layer.need((AGENTS, (self.agent,)))
        before, holder = layer.conversation(self.conversation), layer.get(AGENTS, self.agent)
        if before is None or holder is None or holder.active:
            return False
        holds = before.assignee == self.agent and before.category in ACTIVE
        changed = given_back(layer, before, Reason("agent_left", (self.agent,))) if holds else Changed(before)
        if self.agent in before.followers:
            changed = changed.then(lambda conversation: lifecycle.set_followers(conversation, remove=(self.agent,)))
        if not changed.happened:
            return False
        layer.change(before, changed, SYSTEM, cause=f"agent_left:{self.agent}")
        return True


class Departures:
    """Looks at an account when it is switched off, and at what comes back to it later: an old conversation that opens again."""

    def __init__(self, committer: Committer, queries: Queries, directory: Directory) -> None:
        self._committer = committer
        self._queries = queries
        self._directory = directory
        self._gone: frozenset[AgentId] = frozenset()
        self._asked: set[AgentId] = set()
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        for change in changes:
            event = change.event
            if event.type is EventType.AGENT_CHANGED and event.agent is not None:
                self._ask(event.agent)
            after = event.after
            if after is not None and after.assignee is not None and after.assignee in self._gone and after.category in ACTIVE:
                self._ask(after.assignee)
            for follower in () if after is None or after.category not in UNFINISHED else after.followers:
                if follower in self._gone:
                    self._ask(follower)

    def _ask(self, agent: AgentId) -> None:
        self._asked.add(agent)
        self._wake.set()

    async def run(self) -> None:
        """Give back until cancelled; at the start whatever an earlier process left."""
        begun = False
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if not begun:
                    self._asked |= await self._switched_off()
                    begun = True
                await self._settle()
            except TryLater:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _settle(self) -> None:
        self._gone = await self._switched_off()
        for agent in tuple(self._asked):
            if agent in self._gone:
                for view in (View("held", ACTIVE, assignee=agent), View("followed", UNFINISHED, followed=True)):
                    await self._take_all(agent, view)
            self._asked.discard(agent)

    async def _switched_off(self) -> frozenset[AgentId]:
        return frozenset(a.id for a in (await self._directory.agents()).values() if _is_gone(a))

    async def _take_all(self, agent: AgentId, view: View) -> None:
        """All that is in the view; what was taken from him is no longer on the first page."""
        while page := (await self._queries.page(view, Scope(all=True), agent, None, PAGE))[0]:
            units = [self._committer.submit(TakeLeave(c.id, agent)) for c in page]
            results = await asyncio.gather(*units, return_exceptions=True)
            for result in results:
                if isinstance(result, TryLater) or (isinstance(result, BaseException) and not isinstance(result, InboxError)):
                    raise result
            if not any(result is True for result in results):
                log.warning("not_given_back", agent=agent, conversations=len(page))
                return


def _is_gone(agent: Agent) -> bool:
    return not agent.active and agent.role is not Role.BOT
