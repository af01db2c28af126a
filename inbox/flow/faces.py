"""Faces: set and taken away with the account they belong to, in one commit."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core.agent import Agent
from inbox.core.errors import NotFound
from inbox.core.faces import Face
from inbox.core.ids import AgentId
from inbox.core.permissions import Action, Actor, require
from inbox.flow.accounts import put_agent
from inbox.flow.committer import Committer, Rank
from inbox.flow.staff import may_look_after
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.ports import Journal
from inbox.records import AGENTS, FACES


@dataclass(frozen=True)
class SetFace:
    """Another face for an account, or none; the one before is gone."""

    actor: Actor
    agent: AgentId
    face: Face | None
    rank: Rank = Rank.COMMAND

    @property
    def group(self) -> str:
        """One account's changes keep their order."""
        return self.agent

    @property
    def size(self) -> int:
        """With the picture."""
        return 500 + (len(self.face.picture) if self.face is not None else 0)

    def decide(self, layer: Layer) -> Agent:
        """The account afterwards. Raises ``NotFound``, and ``Denied`` for another's account that the actor may not look after."""
        layer.need((AGENTS, (self.agent,)))
        before = layer.get(AGENTS, self.agent)
        if before is None:
            raise NotFound
        if self.agent != self.actor.id:
            require(self.actor, Action.MANAGE_AGENTS)
            may_look_after(layer, self.actor, before, before)
        after = replace(before, face="" if self.face is None else self.face.id)
        layer.need((FACES, tuple(filter(None, (before.face, after.face)))))
        if before.face:
            layer.remove(FACES, before.face)
        if self.face is not None:
            layer.put(FACES, self.face)
        return put_agent(layer, after, author_of(self.actor))


class Faces:
    """The door for faces; everything is durable when it returns."""

    def __init__(self, committer: Committer, journal: Journal) -> None:
        self._committer = committer
        self._journal = journal

    async def set(self, actor: Actor, agent: AgentId, face: Face | None) -> Agent:
        """Raises ``Denied``, ``NotFound``."""
        return await self._committer.submit(SetFace(actor, agent, face))

    async def find(self, id: str) -> Face | None:
        """The face under this id, which is all that it takes to see it."""
        return (await self._journal.load({FACES: frozenset({id})}))[FACES].get(id)
