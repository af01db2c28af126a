"""Roles of the workspace's own: named sets of permissions beside the built-in ones, and who may give which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.agent import Agent, Role
from inbox.core.errors import Denied, Invalid
from inbox.core.ids import ChannelId, TeamId
from inbox.core.permissions import ADMINISTERING, NOTHING, Action, Actor, Grant, Sight, barred, granted

BUILTIN = (Role.AGENT, Role.SUPERVISOR, Role.ADMIN)
"""The roles there always are, the least first. Bots are no people."""

_SIGHTS = (Sight.OWN, Sight.TEAMS, Sight.ALL)
_WHOLE = ADMINISTERING | {Action.SUPERVISE, Action.AUDIT_READ}
"""What looks at everybody's work, or decides about it."""


class CustomRole(Struct, frozen=True, omit_defaults=True):
    """A role that admins made: ``permissions``, and what is seen. Reading is no choice: what somebody sees he may read."""

    id: str
    name: str
    version: int = 1
    permissions: tuple[Action, ...] = ()
    sight: Sight = Sight.TEAMS


def grant_of(role: CustomRole) -> Grant:
    """What the role gives."""
    return Grant(frozenset({Action.READ, *role.permissions}), role.sight)


def actor_of(agent: Agent, roles: Mapping[str, CustomRole], readers: Mapping[ChannelId, Iterable[TeamId]]) -> Actor:
    """The account as the gate sees it. A role that is not there any more gives nothing. ``readers``: the teams that channels name."""
    role = roles.get(agent.custom_role)
    custom = None if not agent.custom_role else NOTHING if role is None else grant_of(role)
    shut = barred(agent.teams, readers)
    return Actor(id=agent.id, role=agent.role, teams=agent.teams, active=agent.active, custom=custom, barred=shut)


def role_of(agent: Agent) -> str:
    """The id of the account's role."""
    return agent.custom_role or agent.role.value


def with_role(agent: Agent, id: str) -> Agent:
    """The account with a role, built-in or the workspace's own, by its id."""
    if id in BUILTIN:
        return replace(agent, role=Role(id), custom_role="")
    return replace(agent, role=Role.AGENT, custom_role=id)


def check(role: CustomRole) -> None:
    """Raises ``Invalid`` for a role that would show more than it says."""
    if role.sight is not Sight.ALL and (whole := _WHOLE.intersection(role.permissions)):
        raise Invalid("sight", f"must be all for {', '.join(sorted(whole))}")


def within(actor: Actor, grant: Grant) -> bool:
    """Whether the actor has all of this himself."""
    own = granted(actor)
    return grant.actions <= own.actions and _SIGHTS.index(grant.sight) <= _SIGHTS.index(own.sight)


def require_within(actor: Actor, *grants: Grant) -> None:
    """Nobody gives, takes or looks after what he does not have himself. Raises ``Denied``."""
    if not all(within(actor, grant) for grant in grants):
        raise Denied("more_than_own")
