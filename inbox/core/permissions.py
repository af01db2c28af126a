"""THE GATE: the one place that says who sees a conversation and who may do what. Whatever is not in the table is denied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from inbox.core.agent import Role
from inbox.core.errors import Denied, NotFound
from inbox.core.events import Facets
from inbox.core.ids import AgentId, ChannelId, TeamId
from inbox.core.message import Message, Reason


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
    MERGE = "merge"
    BLOCK_SENDERS = "block_senders"
    SAVE_REPLIES = "save_replies"
    MANAGE_REPLIES = "manage_replies"
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
    MANAGE_QUEUES = "manage_queues"
    MANAGE_SLA = "manage_sla"
    MANAGE_SURVEYS = "manage_surveys"
    MANAGE_TAGS = "manage_tags"
    MANAGE_ATTRIBUTES = "manage_attributes"
    MANAGE_SECURITY = "manage_security"


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
        Action.MERGE,
    }
)
"""Actions that make no sense without a conversation; asked without one they are denied."""

_BOT = frozenset(
    {Action.READ, Action.REPLY, Action.NOTE, Action.TAG, Action.HAND_OVER, Action.SET_STATUS, Action.CUSTOMER_READ, Action.CUSTOMER_EDIT}
)
_AGENT = IN_CONVERSATION | {
    Action.START_CONVERSATION,
    Action.BLOCK_SENDERS,
    Action.SAVE_REPLIES,
    Action.SEARCH,
    Action.CUSTOMER_READ,
    Action.CUSTOMER_EDIT,
}
_SUPERVISOR = _AGENT | {Action.MANAGE_REPLIES, Action.SUPERVISE, Action.AUDIT_READ}
_ADMIN = _SUPERVISOR | {
    Action.REPROCESS,
    Action.MANAGE_CHANNELS,
    Action.MANAGE_AGENTS,
    Action.MANAGE_TEAMS,
    Action.MANAGE_QUEUES,
    Action.MANAGE_SLA,
    Action.MANAGE_SURVEYS,
    Action.MANAGE_TAGS,
    Action.MANAGE_ATTRIBUTES,
    Action.MANAGE_SECURITY,
}

ADMINISTERING = _ADMIN - _SUPERVISOR
"""What makes somebody look after the workspace itself."""


class Sight(StrEnum):
    """Which conversations a role sees: those given to the account itself, those of its teams and of none as well, or all."""

    OWN = "own"
    TEAMS = "teams"
    ALL = "all"


class Grant(Struct, frozen=True):
    """What a role gives: what may be done, and with which conversations."""

    actions: frozenset[Action]
    sight: Sight


NOTHING = Grant(frozenset(), Sight.OWN)

ROLES: Mapping[Role, Grant] = {
    Role.BOT: Grant(_BOT, Sight.OWN),
    Role.AGENT: Grant(_AGENT, Sight.TEAMS),
    Role.SUPERVISOR: Grant(_SUPERVISOR, Sight.ALL),
    Role.ADMIN: Grant(_ADMIN, Sight.ALL),
}


class Reach(StrEnum):
    """How far a program's token goes at most, within what its account may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


_READING = frozenset({Action.READ, Action.SEE_RAW, Action.SEARCH, Action.CUSTOMER_READ, Action.AUDIT_READ})
REACHES: Mapping[Reach, frozenset[Action]] = {
    Reach.READ: _READING,
    Reach.WRITE: _AGENT | _READING | {Action.SUPERVISE},
    Reach.ADMIN: frozenset(Action),
}


class Actor(Struct, frozen=True, omit_defaults=True):
    """Whoever asks: an account as the gate sees it, within the ``reach`` of the token it came with.

    ``custom`` is what a role of the workspace's own gives; it counts in place of ``role``, which then only says that it is no bot.
    ``barred``: channels that name their readers, and not him.
    """

    id: AgentId
    role: Role
    teams: tuple[TeamId, ...] = ()
    active: bool = True
    reach: Reach = Reach.ADMIN
    custom: Grant | None = None
    barred: tuple[ChannelId, ...] = ()


class Scope(Struct, frozen=True, omit_defaults=True):
    """Which conversations an actor sees, as conditions on stored fields joined by "or".

    ``all``: every one. ``agent``: those assigned or offered to or served by him. ``teams``: those of these teams.
    ``teamless``: those of no team. ``barred``: of these channels only the agent's own. Empty: none.
    """

    all: bool = False
    agent: AgentId | None = None
    teams: tuple[TeamId, ...] = ()
    teamless: bool = False
    barred: tuple[ChannelId, ...] = ()


class Allowed(Struct, frozen=True):
    """Go ahead."""


class DeniedBecause(Struct, frozen=True):
    """No. Codes: ``inactive``, ``role``, ``reach``, ``no_conversation``, ``not_visible``."""

    reason: Reason


Decision = Allowed | DeniedBecause

ALLOWED = Allowed()


def granted(actor: Actor) -> Grant:
    """What the actor's role gives him, his own or a built-in one. An unknown role gives nothing."""
    return actor.custom if actor.custom is not None else ROLES.get(actor.role, NOTHING)


def barred(teams: Iterable[TeamId], readers: Mapping[ChannelId, Iterable[TeamId]]) -> tuple[ChannelId, ...]:
    """The channels, of those that name the teams of their ``readers``, that somebody in these teams does not read."""
    own = frozenset(teams)
    return tuple(sorted(channel for channel, named in readers.items() if own.isdisjoint(named)))


def scope(actor: Actor) -> Scope:
    """What the actor sees. A bot sees only what is given to it, whatever its teams; who sees all sees every channel."""
    grant = granted(actor)
    if not actor.active or Action.READ not in grant.actions:
        return Scope()
    if grant.sight is Sight.ALL:
        return Scope(all=True)
    if grant.sight is Sight.TEAMS:
        return Scope(agent=actor.id, teams=actor.teams, teamless=True, barred=actor.barred)
    return Scope(agent=actor.id)


def sees(scope: Scope, facets: Facets) -> bool:
    """Whether a conversation with these facets is inside the scope."""
    if scope.all:
        return True
    if scope.agent is not None and scope.agent in (facets.assignee, facets.bot, facets.offered):
        return True
    if facets.channel in scope.barred:
        return False
    if facets.team is None:
        return scope.teamless
    return facets.team in scope.teams


def may(actor: Actor, action: Action, facets: Facets | None = None) -> Decision:
    """Whether the actor may do this, in the conversation with these facets if one is given.

    A bot acts only inside a conversation, so without one it may nothing.
    """
    if not actor.active:
        return _denied("inactive", action)
    if action not in granted(actor).actions:
        return _denied("role", action)
    if action not in REACHES[actor.reach]:
        return _denied("reach", action)
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


def require_channel(actor: Actor, channel: ChannelId) -> None:
    """Nobody begins a conversation on a channel he does not read. Raises ``Denied``."""
    if channel in scope(actor).barred:
        raise Denied("not_visible")


def supervises(actor: Actor) -> bool:
    """Whether the actor looks after others' work."""
    return isinstance(may(actor, Action.SUPERVISE), Allowed)


def hears(message: Message, agent: AgentId, *, supervising: bool) -> bool:
    """Whether somebody who sees its conversation sees this message: a whisper is for whom it names, its author, and supervisors."""
    return message.whisper is None or supervising or agent in (message.whisper, message.author.id)


def require_hears(actor: Actor, message: Message) -> None:
    """The same as an error: ``NotFound``."""
    if not hears(message, actor.id, supervising=supervises(actor)):
        raise NotFound


def _denied(code: str, action: Action) -> DeniedBecause:
    return DeniedBecause(Reason(code, ids=(action.value,)))
