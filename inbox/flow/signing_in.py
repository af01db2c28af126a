"""What is committed about people who come by single sign-on: whose account they are, and accounts made at the first login."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core.agent import Agent
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.ids import AgentId
from inbox.core.message import Author
from inbox.core.sso import SignIn
from inbox.flow.accounts import put_agent
from inbox.flow.committer import Rank
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer
from inbox.records import AGENTS, ROLES, SIGN_INS


@dataclass(frozen=True)
class Link:
    """A person at a provider is this account from now on."""

    sign_in: SignIn
    rank: Rank = Rank.COMMAND
    size: int = 400

    @property
    def group(self) -> str:
        """One person's changes keep their order."""
        return self.sign_in.id

    def decide(self, layer: Layer) -> SignIn:
        """What is stored; the same again changes nothing. Raises ``Conflict`` when it is another account, ``NotFound`` without one."""
        layer.need((SIGN_INS, (self.sign_in.id,)), (AGENTS, (self.sign_in.agent,)))
        before: SignIn | None = layer.get(SIGN_INS, self.sign_in.id)
        if layer.get(AGENTS, self.sign_in.agent) is None:
            raise NotFound
        if before is not None and before.agent != self.sign_in.agent:
            raise Conflict("This person is another account here.")
        return before if before is not None else _put(layer, self.sign_in, Author("agent", self.sign_in.agent))


@dataclass(frozen=True)
class Enrol:
    """An account for somebody who was let in by his provider for the first time."""

    agent: Agent
    sign_in: SignIn
    rank: Rank = Rank.COMMAND
    size: int = 900

    @property
    def group(self) -> str:
        """One person's changes keep their order."""
        return self.sign_in.id

    def decide(self, layer: Layer) -> AgentId:
        """Whose account it is; made before, that one. Raises ``Invalid`` for a role that is not there."""
        role = self.agent.custom_role
        layer.need((SIGN_INS, (self.sign_in.id,)), (AGENTS, (self.agent.id,)), (ROLES, (role,) if role else ()))
        before: SignIn | None = layer.get(SIGN_INS, self.sign_in.id)
        if before is not None:
            return before.agent
        if layer.get(AGENTS, self.agent.id) is not None:
            raise Conflict("This person had an account here, from which the sign-in was taken.")
        if role and layer.get(ROLES, role) is None:
            raise Invalid("default_role", f"there is no role {role!r}")
        put_agent(layer, replace(self.agent, created_at=layer.now), SYSTEM)
        return _put(layer, self.sign_in, SYSTEM).agent


def _put(layer: Layer, sign_in: SignIn, by: Author) -> SignIn:
    stored: SignIn = layer.put(SIGN_INS, replace(sign_in, at=layer.now))
    layer.entry_changed(SIGN_INS, stored.id, by)
    return stored
