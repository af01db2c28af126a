"""Writes into the journal when an agent's state becomes another, and how long the one before it lasted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from inbox.core.errors import TryLater
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId
from inbox.core.message import Author
from inbox.core.spells import Spell
from inbox.flow.alerting import SETTLED_MS
from inbox.flow.committer import Committer, Rank
from inbox.flow.working import Layer
from inbox.ports import Clock
from inbox.records import SPELLS

AGAIN_MS = 1_000

log = structlog.get_logger(__name__)

State = tuple[str, str]
"""A state and the reason of a break."""


@dataclass(frozen=True)
class NoteState:
    """Take over how an agent is; of several servers that see it one writes it down."""

    agent: AgentId
    state: str
    reason: str = ""
    rank: Rank = Rank.INGEST
    size: int = 300

    @property
    def group(self) -> str:
        """One agent's states keep their order."""
        return self.agent

    def decide(self, layer: Layer) -> bool:
        """Whether it is news."""
        layer.need((SPELLS, (self.agent,)))
        before = layer.get(SPELLS, self.agent)
        if before is not None and (before.state, before.reason) == (self.state, self.reason):
            return False
        layer.put(SPELLS, Spell(self.agent, self.state, layer.now, self.reason))
        if before is not None:
            data: dict[str, int | str | None] = {"state": self.state, "reason": self.reason}
            data |= {"was": before.state, "was_reason": before.reason, "since": before.since}
            layer.event(Event(EventType.STATE_CHANGED, layer.now, Author("system", ""), agent=self.agent, data=data))
        return True


class Spells:
    """Hears who came, went, or set himself to something; once everybody had time to connect, also who did not come."""

    def __init__(self, committer: Committer, clock: Clock, everybody: Callable[[], Iterable[tuple[AgentId, State]]]) -> None:
        """``everybody`` with his state as this server sees it."""
        self._committer = committer
        self._clock = clock
        self._everybody = everybody
        self._noted: dict[AgentId, State] = {}
        self._wake = asyncio.Event()

    def came_or_went(self, agents: frozenset[AgentId]) -> None:
        """Somebody's state or load is another."""
        self._wake.set()

    async def run(self) -> None:
        """Note what changes, until cancelled. Right after the start nobody can tell who is gone, so only who is there is noted."""
        self._noted = {}
        began = self._clock.now()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._settle(began))
            while True:
                self._wake.clear()
                await self._note(settled=self._clock.now() >= began + SETTLED_MS)
                await self._wake.wait()

    async def _settle(self, began: int) -> None:
        await self._clock.sleep_until(began + SETTLED_MS)
        self._wake.set()

    async def _note(self, *, settled: bool) -> None:
        """A server that has just started knows of nobody who is gone that he was there."""
        for agent, state in self._everybody():
            if self._noted.get(agent) == state or (not settled and state[0] == "offline" and agent not in self._noted):
                continue
            try:
                await self._committer.submit(NoteState(agent, *state))
            except TryLater as away:
                log.warning("state_not_noted", agent=agent, error=away.code)
                await self._clock.sleep_until(self._clock.now() + AGAIN_MS)
                self._wake.set()
            else:
                self._noted[agent] = state
