"""Where a waiting conversation goes on to when its time in a queue is over, or when nobody who serves the queue is on duty.

It goes only where somebody on duty could take it, and passes over queues where nobody could. Time leads it to queues it has not waited
in yet; back to one that it left it comes only while nobody on duty serves the queue it is in. So as long as the same people are on duty
nothing goes round in circles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import queueing, queues, routing
from inbox.core.conversation import Conversation
from inbox.core.ids import Instant, QueueId
from inbox.core.lifecycle import Changed
from inbox.core.message import Reason
from inbox.core.queueing import Desk
from inbox.core.queues import Queue
from inbox.core.routing import Available, Needs

BY_TIME, BY_DUTY = "overflow", "nobody_there"
_FOR_EVER = queues.STRICT_MS


class Path(Struct, frozen=True):
    """Where a conversation waits ``since`` when, and how it came there: ``been`` and ``origin`` as in ``Waiting``. ``overdue``: its time
    in this queue is over."""

    queue: QueueId
    since: Instant
    been: tuple[QueueId, ...] = ()
    origin: QueueId | None = None
    overdue: bool = False


def path_of(c: Conversation, desk: Desk, now: Instant) -> Path | None:
    """How it came where it waits; None: it waits in no queue, or is offered to somebody and goes nowhere meanwhile."""
    queue, waiting = desk.queue(c.queue), c.waiting
    if queue is None or waiting is None or waiting.offer is not None or c.queued_at is None:
        return None
    return Path(queue.id, waiting.since, waiting.been, waiting.origin, queues.overdue(queue, waiting, now))


def onward(path: Path, needs: Needs, desk: Desk, there: Sequence[Available]) -> Reason | None:
    """Why it goes on, ids: from which queue to which; None: it stays. ``there`` are on duty. Codes: ``overflow``, its time is over, and
    ``nobody_there``, nobody on duty serves the queue it is in. ``needs`` as it asks for them where it waits."""
    queue = desk.queue(path.queue)
    if queue is None:
        return None
    forward = [way for way in desk.onward(queue) if way.id not in path.been]
    found = _first(path, forward, needs, there) if path.overdue else None
    if found is not None:
        return Reason(BY_TIME, ids=(queue.id, found))
    if not is_deserted(queue, needs, there):
        return None
    origin = desk.queue(path.origin)
    back = [way for way in desk.onward(origin) if desk.open(way).open] if origin is not None else []
    found = _first(path, [*(forward if queue.overflow_empty else ()), *back], needs, there)
    return None if found is None else Reason(BY_DUTY, ids=(queue.id, found))


def is_deserted(queue: Queue, needs: Needs, there: Sequence[Available]) -> bool:
    """Whether nobody of these serves the queue, whoever sees the channel of what waits."""
    wanted = replace(_within(queue, needs), readers=())
    return not any(routing.serves(wanted, one.agent, one.teams) for one in there)


def gone_on(c: Conversation, path: Path, why: Reason, desk: Desk, now: Instant) -> Changed:
    """It goes on as was decided for this path; unchanged when it does not wait there any more, or that queue is gone."""
    stands, target = path_of(c, desk, now), desk.queue(QueueId(why.ids[1]))
    if stands is None or target is None or (stands.queue, stands.since) != (path.queue, path.since):
        return Changed(c)
    numbers = {"waited": now - path.since} if why.code == BY_TIME else {}
    changed = queueing.move(c, target, desk, replace(why, numbers=numbers), now)
    waiting = changed.conversation.waiting
    begun = None if waiting is None else replace(waiting, origin=path.origin or path.queue)
    return Changed(replace(changed.conversation, waiting=begun), changed.happened)


def _first(path: Path, ways: Sequence[Queue], needs: Needs, there: Sequence[Available]) -> QueueId | None:
    return next((way.id for way in ways if way.id != path.queue and any(_takers(way, needs, there))), None)


def _takers(queue: Queue, needs: Needs, there: Sequence[Available]) -> Iterator[Available]:
    """Who could take it from that queue once he has room, and once it asks for as little as it ever will."""
    wanted = replace(_within(queue, needs), skills=queues.wants(queue, _FOR_EVER), declined=())
    return (one for one in there if routing.can_take(wanted, replace(one, load=0, held={})))


def _within(queue: Queue, needs: Needs) -> Needs:
    return replace(needs, teams=queue.teams, agents=queue.agents)
