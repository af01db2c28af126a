"""Which agent gets a conversation, and why, or why nobody does. The claim itself is made atomic by the commit."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct

from inbox.core.ids import AgentId, ConversationId, Instant, TeamId
from inbox.core.message import Reason


class Needs(Struct, frozen=True, omit_defaults=True):
    """What the conversation asks for. ``weight`` is the capacity it takes; ``preferred`` the agent who knows the customer.

    ``given_back_by``: the agent it was taken from last; he gets it again only if nobody else can take it.
    """

    conversation: ConversationId
    team: TeamId | None = None
    weight: int = 1
    preferred: AgentId | None = None
    given_back_by: AgentId | None = None


class Available(Struct, frozen=True, omit_defaults=True):
    """An agent who is connected and takes new conversations. ``last_assigned_at`` 0: never."""

    agent: AgentId
    load: int
    capacity: int
    teams: tuple[TeamId, ...] = ()
    last_assigned_at: Instant = 0


class Assign(Struct, frozen=True):
    """He gets it. Codes: ``preferred``, ``least_loaded``; numbers are his load and capacity before it, and out of how many."""

    agent: AgentId
    reason: Reason


class Wait(Struct, frozen=True):
    """Nobody can take it now. Codes: ``nobody_online`` (in the team, if one is asked for), ``all_at_capacity``."""

    reason: Reason


def route(needs: Needs, agents: Iterable[Available]) -> Assign | Wait:
    """The preferred agent if he has room, else the one with the smallest share of his capacity taken, then the longest unassigned.

    Before all that comes anybody but the one who gave it back.
    """
    online = [a for a in agents if needs.team is None or needs.team in a.teams]
    if not online:
        return Wait(Reason("nobody_online", ids=() if needs.team is None else (needs.team,)))
    free = [a for a in online if _has_room(a, needs.weight)]
    if not free:
        return Wait(Reason("all_at_capacity", numbers={"agents": len(online), "weight": needs.weight}))
    chosen = min(free, key=lambda a: _rank(a, needs))
    code = "preferred" if chosen.agent == needs.preferred else "least_loaded"
    numbers = {"load": chosen.load, "capacity": chosen.capacity, "agents": len(free)}
    return Assign(chosen.agent, Reason(code, ids=(chosen.agent,), numbers=numbers))


def _rank(a: Available, needs: Needs) -> tuple[object, ...]:
    return a.agent == needs.given_back_by, a.agent != needs.preferred, Fraction(a.load, a.capacity), a.last_assigned_at, a.agent


def _has_room(agent: Available, weight: int) -> bool:
    return agent.capacity > 0 and agent.load + weight <= agent.capacity
