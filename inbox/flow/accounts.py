"""Accounts as the journal sees them: made and changed with the entry that tells everybody."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from inbox.core.agent import Agent
from inbox.core.errors import InboxError
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId
from inbox.flow.committer import Committer, Rank
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer
from inbox.records import AGENTS

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SaveAgent:
    """Store an account as given, new or over what is there; its load is left alone."""

    agent: Agent
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """One account's changes keep their order."""
        return self.agent.id

    def decide(self, layer: Layer) -> Agent:
        """The account as stored."""
        layer.need((AGENTS, (self.agent.id,)))
        before = layer.get(AGENTS, self.agent.id)
        created_at = layer.now if before is None else before.created_at
        stored = layer.put(AGENTS, replace(self.agent, created_at=created_at))
        layer.event(Event(EventType.AGENT_CHANGED, layer.now, SYSTEM, agent=stored.id))
        return stored


@dataclass(frozen=True)
class LoginsEnded:
    """Some of an account's logins are over: every server looks at its sockets."""

    agent: AgentId
    rank: Rank = Rank.COMMAND
    size: int = 200

    @property
    def group(self) -> str:
        """In order with the account's changes."""
        return self.agent

    def decide(self, layer: Layer) -> None:
        """Only the entry: logins themselves are no state of the journal."""
        layer.event(Event(EventType.LOGINS_ENDED, layer.now, SYSTEM, agent=self.agent))


async def logins_ended(committer: Committer, agent: AgentId) -> None:
    """Tell all servers after logins were ended. Should nobody hear it, the sockets' regular check finds them."""
    try:
        await committer.submit(LoginsEnded(agent))
    except InboxError as error:
        log.warning("ended_logins_not_told", agent=agent, error=error.code)


async def save_agent(committer: Committer, agent: Agent) -> Agent:
    """Make or change an account; durable when it returns. Raises ``Conflict`` when its mail address is another's."""
    return await committer.submit(SaveAgent(agent))
