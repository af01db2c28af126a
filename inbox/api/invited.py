"""Who was invited and never got in: accounts with no password, passkey or sign-in, and the links that would let them set one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inbox.api import staff_structs as st
from inbox.api.parts import ApiParts
from inbox.core.agent import Agent
from inbox.core.ids import AgentId, Instant
from inbox.core.roles import role_of
from inbox.records import SIGN_INS


@dataclass(frozen=True)
class Doors:
    """``inside``: who has a way in. ``links``: until when whose link to set a password works."""

    inside: frozenset[AgentId]
    links: Mapping[AgentId, Instant]

    def invited(self, agent: Agent) -> bool:
        """Whether he never got in."""
        return agent.id not in self.inside

    def row(self, agent: Agent) -> st.AccountRow:
        """The account as admins see it."""
        return st.AccountRow(
            id=agent.id,
            email=agent.email,
            name=agent.name,
            role=role_of(agent),
            teams=agent.teams,
            capacity=agent.capacity,
            skills=agent.skills,
            limits=agent.limits,
            calendar=agent.calendar,
            active=agent.active,
            version=agent.version,
            created_at=agent.created_at,
            invited=self.invited(agent),
            link_until=self.links.get(agent.id, 0) if agent.active else 0,
        )


async def doors(parts: ApiParts) -> Doors:
    """As they are now, of all accounts."""
    accounts = parts.accounts
    by_passkey = {one.agent for one in await accounts.passkeys()}
    by_provider = {one.agent for one in (await parts.directory.entries(SIGN_INS)).values()}
    inside = frozenset(await accounts.with_password() | by_passkey | by_provider)
    return Doors(inside, await accounts.resets(parts.clock.now()))
