"""Which agent gets a conversation, and why, or why nobody does. The claim itself is made atomic by the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from msgspec import Struct

from inbox.core.conversation import Want
from inbox.core.ids import AgentId, ConversationId, Instant, TeamId
from inbox.core.message import Reason
from inbox.core.queues import Strategy


class Needs(Struct, frozen=True, omit_defaults=True):
    """What the conversation asks for. ``weight`` is the capacity it takes; ``kind`` that of its channel.

    It is served by ``teams`` and ``agents``; without both, by ``team``, or anybody if it has none. ``preferred`` knows the customer
    since ``spoke_at``; with ``kept`` nobody else gets it yet. ``given_back_by``: the agent it was taken from last; he gets it again
    only if nobody else can take it. ``declined`` let it pass and are not asked. ``held``: why it is not given out at all, a code.
    ``readers``: the teams whose people see its channel, empty for everybody's.
    """

    conversation: ConversationId
    team: TeamId | None = None
    weight: int = 1
    preferred: AgentId | None = None
    given_back_by: AgentId | None = None
    kind: str = ""
    teams: tuple[TeamId, ...] = ()
    agents: tuple[AgentId, ...] = ()
    skills: tuple[Want, ...] = ()
    strategy: Strategy = Strategy.LEAST_LOADED
    kept: bool = False
    spoke_at: Instant | None = None
    declined: tuple[AgentId, ...] = ()
    held: str = ""
    readers: tuple[TeamId, ...] = ()


class Available(Struct, frozen=True, omit_defaults=True):
    """An agent who is connected and takes new conversations. ``last_assigned_at`` 0: never. ``skills`` by name in small letters.
    ``held`` and ``limits``: see ``Agent``."""

    agent: AgentId
    load: int
    capacity: int
    teams: tuple[TeamId, ...] = ()
    last_assigned_at: Instant = 0
    freed_at: Instant = 0
    skills: Mapping[str, int] = {}
    held: Mapping[str, int] = {}
    limits: Mapping[str, int] = {}


class Assign(Struct, frozen=True):
    """He gets it. Codes: ``preferred``, or the strategy's; numbers are his load and capacity before it, out of how many, his levels
    as ``skill:NAME``, and ``spoke_at``, the instant he last wrote to the customer."""

    agent: AgentId
    reason: Reason


class Wait(Struct, frozen=True):
    """Nobody can take it now. Codes: ``nobody_online`` (among those who serve it), ``nobody_skilled``, ``all_declined``,
    ``all_at_capacity``, ``declined_or_full`` (some the one, the others the other), ``kept_for`` who knows the customer, and what
    ``Needs.held`` says."""

    reason: Reason


def route(needs: Needs, agents: Iterable[Available]) -> Assign | Wait:
    """The preferred agent if he has room, else whom the strategy names. Before all that comes anybody but the one who gave it back."""
    if needs.held:
        return Wait(Reason(needs.held))
    serving = [a for a in agents if serves(needs, a.agent, a.teams)]
    if not serving:
        return Wait(Reason("nobody_online", ids=() if needs.team is None else (needs.team,)))
    able = [a for a in serving if _skilled(needs, a)]
    if not able:
        names, levels = tuple(w.skill for w in needs.skills), {f"skill:{w.skill}": w.level for w in needs.skills}
        return Wait(Reason("nobody_skilled", ids=names, numbers={"agents": len(serving), **levels}))
    willing = [a for a in able if a.agent not in needs.declined]
    if not willing:
        return Wait(Reason("all_declined", numbers={"agents": len(able)}))
    return _among(needs, willing, len(able) - len(willing))


def _among(needs: Needs, willing: list[Available], declined: int) -> Assign | Wait:
    if needs.kept and needs.preferred is not None:
        known = [a for a in willing if a.agent == needs.preferred]
        if known and not has_room(needs, known[0]):
            return Wait(Reason("kept_for", ids=(needs.preferred,)))
    free = [a for a in willing if has_room(needs, a)]
    if not free and declined:
        return Wait(Reason("declined_or_full", numbers={"agents": len(willing), "declined": declined}))
    if not free:
        return Wait(Reason("all_at_capacity", numbers={"agents": len(willing), "weight": needs.weight}))
    chosen = min(free, key=lambda a: rank(a, needs))
    return Assign(chosen.agent, _because(needs, chosen, len(free)))


def serves(needs: Needs, agent: AgentId, teams: Iterable[TeamId]) -> bool:
    """Whether an agent of these teams is among those it waits for. Nobody comes to see a channel by being given work."""
    if needs.readers and set(needs.readers).isdisjoint(teams):
        return False
    if needs.teams or needs.agents:
        return agent in needs.agents or not set(needs.teams).isdisjoint(teams)
    return needs.team is None or needs.team in teams


def has_room(needs: Needs, agent: Available) -> bool:
    """Whether he can take it beside what he holds."""
    limit = agent.limits.get(needs.kind)
    if limit is not None and agent.held.get(needs.kind, 0) >= limit:
        return False
    return agent.capacity > 0 and agent.load + needs.weight <= agent.capacity


def _skilled(needs: Needs, agent: Available) -> bool:
    return all(agent.skills.get(want.skill.casefold(), 0) >= want.level for want in needs.skills)


def _because(needs: Needs, chosen: Available, free: int) -> Reason:
    code = "preferred" if chosen.agent == needs.preferred else needs.strategy.value
    numbers = {"load": chosen.load, "capacity": chosen.capacity, "agents": free}
    numbers |= {f"skill:{want.skill}": chosen.skills[want.skill.casefold()] for want in needs.skills}
    if code == "preferred" and needs.spoke_at is not None:
        numbers["spoke_at"] = needs.spoke_at
    return Reason(code, ids=(chosen.agent,), numbers=numbers)


def can_take(needs: Needs, agent: Available) -> bool:
    """Whether it could be given to him, were it given out."""
    served = serves(needs, agent.agent, agent.teams) and _skilled(needs, agent) and agent.agent not in needs.declined
    return served and has_room(needs, agent)


def rank(a: Available, needs: Needs) -> tuple[Any, ...]:
    """The smaller, the sooner he gets it; only for those with room."""
    return a.agent == needs.given_back_by, a.agent != needs.preferred, *_ORDERS[needs.strategy](a), a.agent


_Order = Callable[[Available], tuple[Any, ...]]


def _share(a: Available) -> tuple[Any, ...]:
    return Fraction(a.load, a.capacity), a.last_assigned_at


BY_ITSELF = frozenset({"preferred", *Strategy})
"""Codes of the reasons for which somebody is given a conversation without anybody's doing."""
_ORDERS: Mapping[Strategy, _Order] = {
    Strategy.LEAST_LOADED: _share,
    Strategy.ROUND_ROBIN: lambda a: (a.last_assigned_at,),
    Strategy.LONGEST_IDLE: lambda a: (a.load > 0, max(a.last_assigned_at, a.freed_at)),
    Strategy.MANUAL: _share,
}
