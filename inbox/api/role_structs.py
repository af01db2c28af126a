"""Bodies and rules about roles, for who manages people."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from inbox.api.structs import Count, Input, Name, Ref
from inbox.core.errors import Invalid, Prevented
from inbox.core.permissions import ALLOWED, NOTHING, ROLES, Action, Actor, Sight, may, require
from inbox.core.roles import BUILTIN, CustomRole, check, grant_of, require_within

Permission = Annotated[str, Meta(max_length=40, pattern=r"^[a-z_]+(?![\s\S])")]


class SaveRole(Input, frozen=True):
    """A role as it shall be; ``version`` is 0 for a new one. Reading what is seen needs no permission of its own. Who supervises, reads
    the audit record or looks after the workspace sees all conversations."""

    version: Count
    name: Name
    permissions: Annotated[tuple[Permission, ...], Meta(max_length=100)]
    sight: Sight


class RoleRow(Struct, frozen=True):
    """A role. ``builtin`` ones are always there and never change; accounts name them by their id as the others."""

    id: str
    name: str
    version: int
    permissions: tuple[str, ...]
    sight: Sight
    builtin: bool


class ReplaceRole(Input, frozen=True):
    """Which role its holders get instead, by its id."""

    instead: Ref


def role(body: SaveRole, id: str, actor: Actor, before: CustomRole | None) -> CustomRole:
    """The role to be stored. Raises ``Invalid``."""
    if unknown := [one for one in body.permissions if one not in set(Action)]:
        raise Invalid("permissions", f"there is no permission {unknown[0]!r}")
    wanted = CustomRole(id, body.name, body.version, _listed(frozenset(map(Action, body.permissions))), body.sight)
    check(wanted)
    return wanted


def show(role: CustomRole) -> RoleRow:
    """As it is shown."""
    return RoleRow(role.id, role.name, role.version, role.permissions, role.sight, builtin=False)


def sees(actor: Actor, role: CustomRole) -> bool:
    """Whether roles are his business."""
    return may(actor, Action.MANAGE_AGENTS) == ALLOWED


def builtin(actor: Actor) -> tuple[RoleRow, ...]:
    """The roles there always are, the least first."""
    if may(actor, Action.MANAGE_AGENTS) != ALLOWED:
        return ()
    grants = [(one.value, ROLES[one]) for one in BUILTIN]
    return tuple(RoleRow(id, id, 0, _listed(grant.actions), grant.sight, builtin=True) for id, grant in grants)


def stands(layer: Any, actor: Actor, before: CustomRole | None, after: CustomRole | None) -> None:
    """Asked in the commit: nobody makes, changes or removes what he does not have himself."""
    require(actor, Action.MANAGE_AGENTS)
    require_within(actor, *(NOTHING if one is None else grant_of(one) for one in (before, after)))


async def unused(parts: Any, actor: Actor, before: CustomRole | None, after: CustomRole | None) -> None:
    """Raises ``Conflict`` for a role that is to go and that somebody has."""
    if before is None or after is not None:
        return
    require(actor, Action.MANAGE_AGENTS)
    holders = [agent for agent in (await parts.directory.agents()).values() if agent.custom_role == before.id]
    if holders:
        raise Prevented("held", f"{len(holders)} people have this role; say which one they get instead.", str(len(holders)))


def _listed(actions: frozenset[Action]) -> tuple[Action, ...]:
    return tuple(action for action in Action if action in actions and action is not Action.READ)
