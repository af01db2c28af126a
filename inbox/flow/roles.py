"""Roles of the workspace's own that are given up: who had one gets another in the same commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inbox.core.agent import Role
from inbox.core.errors import Invalid, NotFound
from inbox.core.ids import AgentId
from inbox.core.permissions import ROLES as BUILTIN_ROLES
from inbox.core.permissions import Action, Actor, Grant, require
from inbox.core.roles import BUILTIN, grant_of, require_within, with_role
from inbox.flow.accounts import put_agent
from inbox.flow.committer import Rank
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import AGENTS, ROLES


@dataclass(frozen=True)
class ReplaceRole:
    """Remove a role; its ``holders`` get ``instead``, by its id. Removed before, only those who are left are moved."""

    actor: Actor
    role: str
    instead: str
    holders: Sequence[AgentId]
    rank: Rank = Rank.COMMAND

    @property
    def group(self) -> str:
        """One role's changes keep their order."""
        return self.role

    @property
    def size(self) -> int:
        """Each holder is written."""
        return 300 + 500 * len(self.holders)

    def decide(self, layer: Layer) -> None:
        """Raises ``Denied``, ``NotFound``, ``Invalid``."""
        require(self.actor, Action.MANAGE_AGENTS)
        layer.need((ROLES, (self.role, self.instead)), (AGENTS, self.holders))
        before = layer.get(ROLES, self.role)
        if before is None and not self.holders:
            raise NotFound
        require_within(self.actor, *([grant_of(before)] if before is not None else []), self._given(layer))
        for id in self.holders:
            holder = layer.get(AGENTS, id)
            if holder is not None and holder.custom_role == self.role:
                put_agent(layer, with_role(holder, self.instead), author_of(self.actor))
        if before is not None:
            layer.remove(ROLES, self.role)
            layer.entry_changed(ROLES, self.role, author_of(self.actor))

    def _given(self, layer: Layer) -> Grant:
        if self.instead in BUILTIN:
            return BUILTIN_ROLES[Role(self.instead)]
        found = layer.get(ROLES, self.instead)
        if found is None or self.instead == self.role:
            raise Invalid("instead", "there is no such role")
        return grant_of(found)
