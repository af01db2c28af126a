"""THE GATE: the one place that says who sees a conversation and who may do what. Whatever is not in the table is denied."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from inbox.core.agent import Agent, Role
from inbox.core.errors import Denied, NotFound
from inbox.core.events import Facets
from inbox.core.ids import AgentId, TeamId
from inbox.core.message import Reason


class Action(StrEnum):
    """Everything that can be asked for."""

    READ = "read"
    SEE_RAW = "see_raw"
    REPLY = "reply"
    NOTE = "note"
    ASSIGN = "assign"
    HAND_OVER = "hand_over"
    SET_STATUS = "set_status"
    SET_PRIORITY = "set_priority"
    SET_SUBJECT = "set_subject"
    TAG = "tag"
    ACCEPT_PARTICIPANT = "accept_participant"
    START_CONVERSATION = "start_conversation"
    SEARCH = "search"
    CUSTOMER_READ = "customer_read"
    CUSTOMER_EDIT = "customer_edit"
    SUPERVISE = "supervise"
    AUDIT_READ = "audit_read"
    REPROCESS = "reprocess"
    MANAGE_CHANNELS = "manage_channels"
    MANAGE_AGENTS = "manage_agents"
    MANAGE_TEAMS = "manage_teams"


IN_CONVERSATION = frozenset(
    {
        Action.READ,
        Action.SEE_RAW,
        Action.REPLY,
        Action.NOTE,
        Action.ASSIGN,
        Action.HAND_OVER,
        Action.SET_STATUS,
        Action.SET_PRIORITY,
        Action.SET_SUBJECT,
        Action.TAG,
        Action.ACCEPT_PARTICIPANT,
    }
)
"""Actions that make no sense without a conversation; asked without one they are denied."""

_BOT = frozenset(
    {Action.READ, Action.REPLY, Action.NOTE, Action.TAG, Action.HAND_OVER, Action.SET_STATUS, Action.CUSTOMER_READ, Action.CUSTOMER_EDIT}
)
_AGENT = IN_CONVERSATION | {Action.START_CONVERSATION, Action.SEARCH, Action.CUSTOMER_READ, Action.CUSTOMER_EDIT}
_SUPERVISOR = _AGENT | {Action.SUPERVISE, Action.AUDIT_READ}

ROLES: Mapping[Role, frozenset[Action]] = {
    Role.BOT: _BOT,
    Role.AGENT: _AGENT,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMIN: _SUPERVISOR | {Action.REPROCESS, Action.MANAGE_CHANNELS, Action.MANAGE_AGENTS, Action.MANAGE_TEAMS},
}


class Actor(Struct, frozen=True, omit_defaults=True):
    """Whoever asks: an account as the gate sees it."""

    id: AgentId
    role: Role
    teams: tuple[TeamId, ...] = ()
    active: bool = True


class Scope(Struct, frozen=True, omit_defaults=True):
    """Which conversations an actor sees, as conditions on stored fields joined by "or".

    ``all``: every one. ``agent``: those assigned to or served by him. ``teams``: those of these teams.
    ``teamless``: those of no team. Empty: none.
    """

    all: bool = False
    agent: AgentId | None = None
    teams: tuple[TeamId, ...] = ()
    teamless: bool = False


class Allowed(Struct, frozen=True):
    """Go ahead."""


class DeniedBecause(Struct, frozen=True):
    """No. Codes: ``inactive``, ``role``, ``no_conversation``, ``not_visible``."""

    reason: Reason


Decision = Allowed | DeniedBecause

ALLOWED = Allowed()


def actor_of(agent: Agent) -> Actor:
    """The account as the gate sees it."""
    return Actor(id=agent.id, role=agent.role, teams=agent.teams, active=agent.active)


def scope(actor: Actor) -> Scope:
    """What the actor sees. A bot sees only what is given to it, whatever its teams."""
    if not actor.active:
        return Scope()
    if actor.role in (Role.ADMIN, Role.SUPERVISOR):
        return Scope(all=True)
    if actor.role is Role.AGENT:
        return Scope(agent=actor.id, teams=actor.teams, teamless=True)
    return Scope(agent=actor.id)


def sees(scope: Scope, facets: Facets) -> bool:
    """Whether a conversation with these facets is inside the scope."""
    if scope.all:
        return True
    if scope.agent is not None and scope.agent in (facets.assignee, facets.bot):
        return True
    if facets.team is None:
        return scope.teamless
    return facets.team in scope.teams


def may(actor: Actor, action: Action, facets: Facets | None = None) -> Decision:
    """Whether the actor may do this, in the conversation with these facets if one is given.

    A bot acts only inside a conversation, so without one it may nothing.
    """
    if not actor.active:
        return _denied("inactive", action)
    if action not in ROLES.get(actor.role, frozenset()):
        return _denied("role", action)
    if facets is None:
        inside = action in IN_CONVERSATION or actor.role is Role.BOT
        return _denied("no_conversation", action) if inside else ALLOWED
    return ALLOWED if sees(scope(actor), facets) else _denied("not_visible", action)


def require(actor: Actor, action: Action, facets: Facets | None = None) -> None:
    """``may``, as an error: ``NotFound`` where even the existence must not show, else ``Denied`` with the reason's code."""
    if facets is not None and not sees(scope(actor), facets):
        raise NotFound
    decision = may(actor, action, facets)
    if isinstance(decision, DeniedBecause):
        raise Denied(decision.reason.code)


def _denied(code: str, action: Action) -> DeniedBecause:
    return DeniedBecause(Reason(code, ids=(action.value,)))
