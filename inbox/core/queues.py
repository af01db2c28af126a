"""Queues: which conversations wait together, in which order, for whom, and what time alone changes while they wait.

The order is fixed when a conversation queues: a step of priority counts as so much waiting. So whoever waits long enough is next,
and nothing has to be sorted anew as time passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from inbox.core.conditions import ALWAYS, Condition, Facts, Field, check, holds, parts_of
from inbox.core.conversation import PRIORITY_RANK, Conversation, Waiting, Want
from inbox.core.errors import Invalid
from inbox.core.ids import AgentId, Instant, QueueId, TeamId
from inbox.core.order import tried

HOUR_MS = 60 * 60 * 1000
DECLINED_MS = 60_000
"""For so long somebody who let an offer pass is not offered the same conversation again."""
GONE_MS = 3 * 60_000
"""For so long what somebody holds on a live channel waits for him to come back, unless its queue says otherwise."""
FRONT_MS = 10 * 365 * 24 * HOUR_MS
"""What was served already and came back waits in front of all that was not."""
STRICT_MS = 365 * 24 * HOUR_MS
"""What a step of priority counts for without ageing."""
TOP_LEVEL = 5
MAX_LIST = 200
Skill = Annotated[str, Meta(max_length=50, pattern=r"^[^\u0000-\u001f\u007f\u0085\u2028\u2029.$]+(?![\s\S])")]
"""A skill's name; accounts are stored with it as a field's."""
Millis = Annotated[int, Meta(ge=0, le=30 * 24 * HOUR_MS)]


class Strategy(StrEnum):
    """Who of those who can take it gets it. ``MANUAL``: nobody by itself; agents ask for the next one."""

    LEAST_LOADED = "least_loaded"
    ROUND_ROBIN = "round_robin"
    LONGEST_IDLE = "longest_idle"
    MANUAL = "manual"


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A skill an agent should have at ``level`` 1 to 5. Each ``relax_ms`` of waiting asks for a level less; 0: never."""

    skill: Skill
    level: Annotated[int, Meta(ge=1, le=TOP_LEVEL)] = 1
    relax_ms: Millis = 0


class Queue(Struct, frozen=True):
    """One queue. Conversations enter the first queue, by ``order`` and name, whose ``conditions`` hold; without any they
    wait for their team.

    ``teams`` and ``agents`` serve it; without both it is the conversation's team. Waiting here counts as ``ahead_ms`` longer than
    elsewhere, and each step of priority as ``ageing_ms`` more (0: priority goes before everything). Who knows the customer gets it
    alone for ``sticky_ms`` if he is there. ``offer_ms``: it is offered for so long and assigned when accepted; 0: assigned at once.
    After ``overflow_ms`` (0: never), and with ``overflow_empty`` while nobody who serves it is there, it goes on to ``overflow``, or from
    there along the chain to the first queue where somebody on duty could take it (``core/overflowing.py``).
    Outside the hours of ``calendar``, and paused, it gives out nothing by itself. What was given out on a live channel comes back when
    its agent is gone for ``gone_ms`` (0: never), and with ``ends_with_shift`` everything when he is gone and his working hours are over.
    Who comes while it is closed is told ``closed_text``, who comes when ``limit`` (0: none) wait already ``full_text``, once, and waits on.
    """

    id: QueueId
    name: str
    version: int = 1
    order: int = 0
    conditions: Condition = ALWAYS
    teams: tuple[TeamId, ...] = ()
    agents: tuple[AgentId, ...] = ()
    skills: tuple[Wanted, ...] = ()
    strategy: Strategy = Strategy.LEAST_LOADED
    ahead_ms: Millis = 0
    ageing_ms: Millis = 0
    sticky_ms: Millis = 0
    offer_ms: Millis = 0
    overflow: QueueId | None = None
    overflow_ms: Millis = 0
    overflow_empty: bool = False
    calendar: str = ""
    paused: bool = False
    closed_text: str = ""
    limit: int = 0
    full_text: str = ""
    gone_ms: Millis = GONE_MS
    ends_with_shift: bool = False


class Hours(Struct, frozen=True, omit_defaults=True):
    """Where a queue's calendar stands: whether it is open, and when that changes; None: never."""

    open: bool = True
    changes_at: Instant | None = None


ALWAYS_OPEN = Hours()


def checked(queue: Queue, known: Mapping[QueueId, Queue]) -> Queue:
    """The queue, if it is sound beside the others. Raises ``Invalid`` with the field."""
    check(queue.conditions)
    if any(test.field == Field.QUEUE for test in parts_of(queue.conditions)):
        raise Invalid("conditions", "which queue it enters cannot depend on its queue")
    if queue.overflow is None and (queue.overflow_ms or queue.overflow_empty):
        raise Invalid("overflow", "say which queue takes over")
    if queue.closed_text and not queue.calendar:
        raise Invalid("calendar", "say outside of which hours that is answered")
    if bool(queue.limit) != bool(queue.full_text):
        raise Invalid("full_text", "a limit and its answer go together")
    if queue.overflow is not None and (queue.overflow == queue.id or queue.overflow not in known):
        raise Invalid("overflow", "there is no such other queue")
    if len({wanted.skill.casefold() for wanted in queue.skills}) < len(queue.skills):
        raise Invalid("skills", "a skill is there twice")
    if queue.strategy is Strategy.MANUAL and queue.offer_ms:
        raise Invalid("offer_ms", "what agents fetch themselves is not offered")
    return queue


def entered(queues: Iterable[Queue], facts: Facts) -> Queue | None:
    """The queue a conversation enters; None: it waits for its team."""
    ordered = sorted(queues, key=tried)
    return next((queue for queue in ordered if holds(queue.conditions, facts)), None)


def serves(queue: Queue, agent: AgentId, teams: Iterable[TeamId]) -> bool:
    """Whether an agent of these teams serves it; who names nobody is served by everybody."""
    anybody = not queue.teams and not queue.agents
    return anybody or agent in queue.agents or not set(queue.teams).isdisjoint(teams)


def wants(queue: Queue, waited: int) -> tuple[Want, ...]:
    """What is still asked for after so much waiting."""
    left = ((wanted.skill, wanted.level - (waited // wanted.relax_ms if wanted.relax_ms else 0)) for wanted in queue.skills)
    return tuple(Want(skill, level) for skill, level in left if level > 0)


def begun(queue: Queue, now: Instant, hours: Hours, been: tuple[QueueId, ...] = (), *, front: bool = False) -> Waiting:
    """How waiting in a queue begins. ``been``: the queues it overflowed from."""
    waiting = Waiting(since=now, wants=wants(queue, 0), been=been, front=front, closed=not hours.open)
    return _timed(queue, waiting, now, hours)


def continued(queue: Queue, waiting: Waiting, now: Instant, hours: Hours) -> Waiting:
    """How it stands now by time alone: what is asked for, who may be asked again, whether the queue is open."""
    again = tuple(let for let in waiting.declined if let.until > now)
    wanted = wants(queue, now - waiting.since)
    return _timed(queue, replace(waiting, wants=wanted, declined=again, closed=not hours.open), now, hours)


def overdue(queue: Queue, waiting: Waiting, now: Instant) -> bool:
    """Whether its time in this queue is over, after which it goes on to another one."""
    return queue.overflow is not None and 0 < queue.overflow_ms <= now - waiting.since


def sticks(queue: Queue | None, waiting: Waiting | None, now: Instant) -> bool:
    """Whether it is kept for who knows the customer."""
    return queue is not None and waiting is not None and queue.sticky_ms > 0 and now < waiting.since + queue.sticky_ms


def turn(c: Conversation, queue: Queue | None) -> int:
    """Its place in line; the smallest is next. Comparable over all queues."""
    step = queue.ageing_ms if queue is not None and queue.ageing_ms else STRICT_MS
    ahead = (queue.ahead_ms if queue is not None else 0) + (FRONT_MS if c.waiting is not None and c.waiting.front else 0)
    return (c.queued_at or 0) - PRIORITY_RANK[c.priority] * step - ahead


def _timed(queue: Queue, waiting: Waiting, now: Instant, hours: Hours) -> Waiting:
    """With the next instant at which time alone changes something."""
    ahead = [at for at in _instants(queue, waiting, hours) if at > now]
    return replace(waiting, next_at=min(ahead, default=None))


def _instants(queue: Queue, waiting: Waiting, hours: Hours) -> Iterable[Instant]:
    for wanted in queue.skills:
        if wanted.relax_ms:
            yield from (waiting.since + step * wanted.relax_ms for step in range(1, wanted.level + 1))
    if queue.sticky_ms:
        yield waiting.since + queue.sticky_ms
    if queue.overflow is not None and queue.overflow_ms:
        yield waiting.since + queue.overflow_ms
    if waiting.offer is not None:
        yield waiting.offer.until
    yield from (let.until for let in waiting.declined)
    if hours.changes_at is not None:
        yield hours.changes_at
