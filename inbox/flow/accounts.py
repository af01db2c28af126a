"""Accounts as the journal sees them: made and changed with the entry that tells everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from msgspec.structs import replace

from inbox.core.agent import Agent, Availability
from inbox.core.errors import InboxError, Invalid, NotFound
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId
from inbox.core.message import Author
from inbox.core.permissions import Actor
from inbox.core.undoing import LeftAgent, require_left_agent
from inbox.flow.committer import Committer, Rank
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import AGENTS, BREAK_REASONS

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
        return put_agent(layer, replace(self.agent, created_at=created_at), SYSTEM)


def put_agent(layer: Layer, agent: Agent, by: Author, data: Mapping[str, int | str | None] | None = None) -> Agent:
    """Store an account that was loaded before, with the entry that tells everybody; ``data`` goes into it."""
    stored = layer.put(AGENTS, agent)
    layer.event(Event(EventType.AGENT_CHANGED, layer.now, by, agent=stored.id, data=dict(data or {})))
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


@dataclass(frozen=True)
class ChangeAgent:
    """Change fields of an account, such as its availability, name or teams; with the entry that tells everybody."""

    actor: Actor
    agent: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    left: LeftAgent | None = None
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """One account's changes keep their order."""
        return self.agent

    def decide(self, layer: Layer) -> Agent:
        """The account afterwards. Raises ``NotFound``, ``Invalid`` for a reason of a break that is not there, and ``Conflict`` where it
        is not as it was ``left``."""
        layer.need((AGENTS, (self.agent,)))
        before = layer.get(AGENTS, self.agent)
        if before is None:
            raise NotFound
        if self.left is not None:
            require_left_agent(before, self.left)
        after = self._available(layer, replace(before, **self.fields))
        if (after.availability, after.break_reason) == (before.availability, before.break_reason):
            return put_agent(layer, after, author_of(self.actor))
        lasted = layer.now - before.availability_at if before.availability_at else None
        data = {"availability": after.availability.value, "was": before.availability.value, "lasted": lasted}
        data |= {"reason": after.break_reason} if after.break_reason else {}
        return put_agent(layer, replace(after, availability_at=layer.now), author_of(self.actor), data)

    def _available(self, layer: Layer, agent: Agent) -> Agent:
        """With the reason of a break that is one. Raises ``Invalid`` for one that is not on the list."""
        if agent.availability is not Availability.BREAK:
            return replace(agent, break_reason="")
        if "availability" in self.fields and agent.break_reason:
            layer.need((BREAK_REASONS, (agent.break_reason,)))
            if layer.get(BREAK_REASONS, agent.break_reason) is None:
                raise Invalid("break_reason", "there is no such reason")
        return agent
