"""Every agent's connection of this process, by agent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from inbox.core.events import Facets
from inbox.core.ids import AgentId
from inbox.core.permissions import Actor, Scope, sees
from inbox.gateway.protocol import ServerFrame, encode


class Follower(Protocol):
    """A connection as those see it who send to it."""

    @property
    def agent(self) -> AgentId:
        """Whose it is."""

    @property
    def scope(self) -> Scope:
        """What it may see now."""

    @property
    def supervising(self) -> bool:
        """Whether it may see whispers between others, and the board."""

    def send(self, frame: bytes) -> None:
        """Hand over one frame; never waits."""

    def ended(self, sub: str) -> None:
        """The subscription is over; its last frame was sent."""

    def account_changed(self, actor: Actor | None) -> None:
        """What the agent may do from now on; None: he is gone."""


class Roster:
    """Identified connections only."""

    def __init__(self) -> None:
        self._by_agent: dict[AgentId, set[Follower]] = {}

    def join(self, follower: Follower) -> None:
        """It is identified."""
        self._by_agent.setdefault(follower.agent, set()).add(follower)

    def leave(self, follower: Follower) -> None:
        """It is gone; harmless when it was not there."""
        held = self._by_agent.get(follower.agent, set())
        held.discard(follower)
        if not held:
            self._by_agent.pop(follower.agent, None)

    def of(self, agent: AgentId | str) -> tuple[Follower, ...]:
        """The agent's connections."""
        return tuple(self._by_agent.get(AgentId(agent), ()))

    def __iter__(self) -> Iterator[Follower]:
        return iter([follower for held in self._by_agent.values() for follower in held])

    def agents(self) -> tuple[AgentId, ...]:
        """Who is connected here."""
        return tuple(self._by_agent)

    def tell(self, agent: AgentId, frame: ServerFrame, facets: Facets | None = None) -> None:
        """A frame for one agent, in all his tabs; with ``facets`` only if he may see that conversation."""
        data: bytes | None = None
        for follower in self.of(agent):
            if facets is None or sees(follower.scope, facets):
                data = data or encode(frame)
                follower.send(data)

    def tell_all(self, frame: ServerFrame) -> None:
        """A frame for everybody."""
        data = encode(frame)
        for follower in self:
            follower.send(data)

    def account_changed(self, agent: AgentId, actor: Actor | None) -> None:
        """Tell the agent's connections what he may do from now on."""
        for follower in self.of(agent):
            follower.account_changed(actor)
