"""Bodies about queues, for admins."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from inbox.api import kinds
from inbox.api.segment_structs import require_known
from inbox.api.structs import Count, Id, Input, Name, Ref
from inbox.core import queues
from inbox.core.conditions import ALWAYS, Condition, Field, values_of
from inbox.core.errors import Invalid, Prevented
from inbox.core.ids import AgentId, QueueId, TeamId
from inbox.core.message import Reason
from inbox.core.permissions import Action, Actor, require
from inbox.core.policies import Policy
from inbox.core.queues import GONE_MS, MAX_LIST, Millis, Queue, Strategy, Wanted
from inbox.core.surveys import Survey
from inbox.records import AGENTS, ALERTS, CALENDARS, POLICIES, QUEUES, SURVEYS, TEAMS

Ids = Annotated[tuple[Id, ...], Meta(max_length=MAX_LIST)]
Said = Annotated[str, Meta(max_length=2000)]
Skills = Annotated[tuple[Wanted, ...], Meta(max_length=20)]


class SaveQueue(Input, frozen=True):
    """A queue as it shall be. ``version`` is the one that was seen, 0 for a new queue; the other fields are as in a queue itself."""

    name: Name
    version: Count = 0
    order: Annotated[int, Meta(ge=0, le=10_000)] = 0
    conditions: Condition = ALWAYS
    teams: Ids = ()
    agents: Ids = ()
    skills: Skills = ()
    strategy: Strategy = Strategy.LEAST_LOADED
    ahead_ms: Millis = 0
    ageing_ms: Millis = 0
    sticky_ms: Millis = 0
    offer_ms: Millis = 0
    overflow: Id | None = None
    overflow_ms: Millis = 0
    overflow_empty: bool = False
    calendar: Ref = ""
    paused: bool = False
    closed_text: Said = ""
    limit: Annotated[int, Meta(ge=0, le=100_000)] = 0
    full_text: Said = ""
    gone_ms: Millis = GONE_MS
    ends_with_shift: bool = False


class AnswerOffer(Input, frozen=True):
    """Take what is offered, or let it pass: then it is offered to somebody else."""

    accept: bool


class QueuePlace(Struct, frozen=True):
    """Where a conversation stands among ``of`` that wait in its queue, about how long it will take, and why nobody has it yet.

    None where it does not wait; ``estimate_ms`` is None while too little was given out lately to tell.
    """

    queue: str | None
    position: int | None
    of: int | None
    estimate_ms: int | None
    reason: Reason | None


class Place(Struct, frozen=True):
    """``position`` 1 is next of all ``of`` that wait in its queue; ``estimate_ms``: about how long
    it will take, None where nobody can tell."""

    position: int
    of: int
    estimate_ms: int | None


class Places(Struct, frozen=True):
    """Places of what waits, by conversation, at the instant of the answer."""

    places: dict[str, Place]


def queue(body: SaveQueue, id: str, actor: Actor, before: Queue | None) -> Queue:
    """The queue to be stored; ``stands`` asks whether it is sound beside the others."""
    return Queue(
        id=QueueId(id),
        name=body.name,
        version=body.version,
        order=body.order,
        conditions=body.conditions,
        teams=tuple(TeamId(team) for team in body.teams),
        agents=tuple(AgentId(agent) for agent in body.agents),
        skills=body.skills,
        strategy=body.strategy,
        ahead_ms=body.ahead_ms,
        ageing_ms=body.ageing_ms,
        sticky_ms=body.sticky_ms,
        offer_ms=body.offer_ms,
        overflow=None if body.overflow is None else QueueId(body.overflow),
        overflow_ms=body.overflow_ms,
        overflow_empty=body.overflow_empty,
        calendar=body.calendar,
        paused=body.paused,
        closed_text=body.closed_text.strip(),
        limit=body.limit,
        full_text=body.full_text.strip(),
        gone_ms=body.gone_ms,
        ends_with_shift=body.ends_with_shift,
    )


def stands(layer: Any, actor: Actor, before: Queue | None, after: Queue | None) -> None:
    """Admins make queues whose teams, agents and overflow are there; supervisors may pause them and go on."""
    require(actor, Action.SUPERVISE if _only_paused(before, after) else Action.MANAGE_QUEUES)
    if after is None:
        return
    require_known(layer, after.conditions)
    others = (after.overflow,) if after.overflow is not None else ()
    layer.need((QUEUES, others), (TEAMS, after.teams), (AGENTS, after.agents))
    queues.checked(after, {id: found for id in others if (found := layer.get(QUEUES, id)) is not None})
    calendars = (after.calendar,) if after.calendar else ()
    layer.need((CALENDARS, calendars))
    for noun, field, ids in ((TEAMS, "teams", after.teams), (AGENTS, "agents", after.agents), (CALENDARS, "calendar", calendars)):
        for id in ids:
            if layer.get(noun, id) is None:
                raise Invalid(field, f"there is none with the id {id!r}")


def _only_paused(before: Queue | None, after: Queue | None) -> bool:
    return before is not None and after is not None and replace(after, paused=before.paused, version=before.version) == before


async def unneeded(parts: Any, actor: Actor, before: Queue | None, after: Queue | None) -> None:
    """A queue that something else names stays: another queue, a policy, a survey, an alert. Raises ``Conflict``, and ``Invalid`` for a
    kind of address that there is not."""
    await kinds.there_are(parts, actor, before, after)
    if after is not None or before is None:
        return
    require(actor, Action.MANAGE_QUEUES)  # the names below are not for everybody
    needing = [other.name for other in (await parts.directory.entries(QUEUES)).values() if other.overflow == before.id]
    if needing:
        raise Prevented("in_use", f"It takes over from {needing[0]!r}; change that queue first.", needing[0])
    watching = [alert.name for alert in (await parts.directory.entries(ALERTS)).values() if alert.queue == before.id]
    if watching:
        raise Prevented("in_use", f"The alert {watching[0]!r} watches this queue; change that first.", watching[0])
    for what, noun in (("policy", POLICIES), ("survey", SURVEYS)):
        naming = [other.name for other in (await parts.directory.entries(noun)).values() if _names(other, before.id)]
        if naming:
            raise Prevented("in_use", f"The {what} {naming[0]!r} names this queue; change that first.", naming[0])


def _names(other: Policy | Survey, queue: QueueId) -> bool:
    """Whether its conditions ask for a queue, or what it does moves something there."""
    actions = (*other.on_warning, *other.on_breach) if isinstance(other, Policy) else ()
    moves = any(action.kind == "queue" and action.value == queue for action in actions)
    return moves or queue in values_of(other.conditions, Field.QUEUE)
