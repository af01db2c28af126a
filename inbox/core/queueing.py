"""What happens to a conversation while it waits: it enters a queue, goes on to another, is offered, accepted or let pass.

Every function takes the conversation as it stands and returns a ``Changed``, as in ``core/lifecycle.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import lifecycle, queues
from inbox.core.conditions import Facts, Field, asks_of_the_customer, parts_of
from inbox.core.conversation import Conversation, Offer, Waiting
from inbox.core.errors import Conflict
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, Instant, QueueId, TeamId
from inbox.core.lifecycle import Changed, Happened
from inbox.core.message import Reason
from inbox.core.queues import ALWAYS_OPEN, Hours, Queue, Strategy
from inbox.core.routing import BY_ITSELF, Needs
from inbox.core.segments import Segment

MOVED = "moved"
"""Why a conversation goes on in another queue that somebody put it into; ids: who, from which, to which."""
ACCEPTED = "accepted"
"""Told by the reason of an assignment that was offered first: who has it took it himself."""


def _always(calendar: str) -> Hours:
    return ALWAYS_OPEN


class Desk(Struct, frozen=True):
    """The queues there are, and where their calendars stand at the instant of the decision. ``silent`` are the workspace's own roles
    that may not answer: nothing is given to who has one. ``readers``: the teams of the channels that name who reads them.
    ``segments``: those of customers that conditions may name."""

    queues: Mapping[QueueId, Queue] = {}
    hours: Callable[[str], Hours] = _always
    silent: frozenset[str] = frozenset()
    readers: Mapping[ChannelId, frozenset[TeamId]] = {}
    segments: tuple[Segment, ...] = ()

    def queue(self, id: QueueId | None) -> Queue | None:
        """One queue; None for a team's own, and for one that is gone."""
        return None if id is None else self.queues.get(id)

    def open(self, queue: Queue | None) -> Hours:
        """Its hours; none are kept without one."""
        return self.hours(queue.calendar) if queue is not None and queue.calendar else ALWAYS_OPEN

    def onward(self, queue: Queue) -> list[Queue]:
        """The queue, and those that take over from it one after the other, without the ones that are paused or, but itself, closed."""
        ways, last = [queue], queue
        while last.overflow_ms or last.overflow_empty:
            following = self.queue(last.overflow)
            if following is None or following in ways:
                break
            ways.append(last := following)
        return [way for way in ways if not way.paused and (way is queue or self.open(way).open)]

    @property
    def asks_of_customers(self) -> bool:
        """Whether any queue's conditions look at the customer."""
        return any(asks_of_the_customer(queue.conditions) for queue in self.queues.values())

    def entrance(self, facts: Facts) -> Queue | None:
        """The queue that somebody enters of whom this is known."""
        return queues.entered(self.queues.values(), facts)

    @property
    def changes_at(self) -> Instant | None:
        """The next instant at which some queue opens or closes, or a calendar that conditions look at; None: never."""
        asked = {queue.calendar for queue in self.queues.values() if queue.calendar} | self.calendars
        return min((at for calendar in asked if (at := self.hours(calendar).changes_at) is not None), default=None)

    @property
    def calendars(self) -> frozenset[str]:
        """The calendars that conditions look at."""
        tests = (test for queue in self.queues.values() for test in parts_of(queue.conditions) if test.field == Field.TIME)
        return frozenset(v for test in tests for v in ((test.value,) if isinstance(test.value, str) else test.value))

    def open_calendars(self) -> frozenset[str]:
        """Those of them that are open."""
        return frozenset(calendar for calendar in self.calendars if self.hours(calendar).open)


NO_QUEUES = Desk()


def is_to_be_placed(before: Conversation | None, after: Conversation) -> bool:
    """Whether a waiting conversation's queue is to be found (again): it has just queued, or what queues ask for has changed."""
    if after.queued_at is None:
        return False
    if before is None or before.queued_at is None:
        return True
    return any(getattr(before, name) != getattr(after, name) for name in ("team", "tags", "priority", "subject"))


def enter(c: Conversation, desk: Desk, facts: Facts, now: Instant, *, front: bool = False) -> Changed:
    """It waits in the queue whose conditions hold; one it has overflowed to it does not leave for a condition's sake."""
    found = queues.entered(desk.queues.values(), facts)
    id = None if found is None else found.id
    waiting = c.waiting
    if waiting is not None and waiting.been and c.queue in desk.queues:
        return Changed(c)
    if waiting is not None and id == c.queue:
        return Changed(c)
    if found is None:
        left = replace(c, queue=None, waiting=Waiting(now, front=True) if front else None)
        return Changed(left, () if c.queue is None else (_moved("conditions", c.queue, None),))
    begun = queues.begun(found, now, desk.open(found), front=front or (waiting is not None and waiting.front))
    return Changed(replace(c, queue=id, waiting=begun), () if c.queue == id else (_moved("conditions", c.queue, id),))


def move(c: Conversation, target: Queue, desk: Desk, reason: Reason, now: Instant) -> Changed:
    """It goes on to another queue, for a stated reason; an offer ends."""
    waiting = c.waiting or Waiting(now)
    been = tuple(dict.fromkeys((*waiting.been, *((c.queue,) if c.queue is not None else ()))))
    begun = replace(queues.begun(target, now, desk.open(target), been, front=waiting.front), told=waiting.told)
    return Changed(replace(c, queue=target.id, waiting=begun), (Happened(EventType.QUEUE_CHANGED, reason),))


def put_into(c: Conversation, target: Queue, desk: Desk, reason: Reason, now: Instant) -> Changed:
    """It goes on in another queue, which its conditions do not take it out of again. It has waited as long as it has.

    Raises ``Conflict`` when it does not wait.
    """
    if c.queued_at is None:
        raise Conflict("It does not wait any more.")
    if c.queue == target.id:
        return Changed(c)
    left = c.queue if c.queue is not None else QueueId("")
    changed = move(c, target, desk, reason, now)
    waiting = changed.conversation.waiting
    kept = replace(waiting, been=(left,)) if waiting is not None else None
    return Changed(replace(changed.conversation, waiting=kept, why_waiting=None), changed.happened)


def freed(c: Conversation, by: AgentId, code: str = MOVED) -> Changed:
    """It is in no queue any more and waits on: its conditions find it one anew. ``code``: why. Raises ``Conflict`` when it does not
    wait."""
    if c.queued_at is None:
        raise Conflict("It does not wait any more.")
    if c.queue is None:
        return Changed(c)
    left = Happened(EventType.QUEUE_CHANGED, Reason(code, ids=(by, c.queue, "")))
    return Changed(replace(c, queue=None, waiting=None, why_waiting=None), (left,))


def time_passed(c: Conversation, desk: Desk, now: Instant) -> Changed:
    """The instant ``waiting.next_at`` has come: an offer ends, its time in the queue is over, less is asked for, hours begin or end."""
    waiting, queue = c.waiting, desk.queue(c.queue)
    if waiting is None or c.queued_at is None or waiting.next_at is None or now < waiting.next_at:
        return Changed(c)
    if waiting.offer is not None and now >= waiting.offer.until:
        return _let_pass(c, waiting.offer, "no_answer", desk, now).then(lambda c: time_passed(c, desk, now))
    if queue is None:
        again = tuple(let for let in waiting.declined if let.until > now)
        following = min((let.until for let in again), default=None)
        return Changed(replace(c, waiting=replace(waiting, declined=again, next_at=following)), (_moved("time", None, None),))
    after = queues.continued(queue, waiting, now, desk.open(queue))
    return Changed(replace(c, waiting=after), (Happened(EventType.QUEUE_CHANGED, _why(queue, waiting, after)),))


def renewed(c: Conversation, desk: Desk, now: Instant) -> Changed:
    """Its queue is another than when it entered: what is asked for and what time will change follow the new one."""
    queue = desk.queue(c.queue)
    if queue is None or c.waiting is None:
        return Changed(c)
    after = queues.continued(queue, c.waiting, now, desk.open(queue))
    return Changed(c) if after == c.waiting else Changed(replace(c, waiting=after), (_moved("queue_edited", c.queue, c.queue),))


def offer(c: Conversation, queue: Queue, agent: AgentId, reason: Reason, now: Instant) -> Changed:
    """It is offered to an agent, who has ``queue.offer_ms`` to accept it; meanwhile it keeps its place and takes his capacity."""
    waiting = c.waiting or Waiting(now)
    offered = Offer(agent, now + queue.offer_ms, reason, now)
    until = offered.until if waiting.next_at is None else min(offered.until, waiting.next_at)
    after = replace(c, waiting=replace(waiting, offer=offered, next_at=until))
    return Changed(after, (Happened(EventType.OFFERED, reason),))


def accept(c: Conversation, agent: AgentId, now: Instant) -> Changed:
    """Who it is offered to takes it. Raises ``Conflict`` when it is not, or no longer."""
    made = _offer_to(c, agent)
    reason = None if made.reason is None else replace(made.reason, numbers=made.reason.numbers | {ACCEPTED: 1})
    return lifecycle.assign(c, agent, c.team, reason, now)


def decline(c: Conversation, agent: AgentId, desk: Desk, now: Instant) -> Changed:
    """Who it is offered to lets it pass. Raises ``Conflict`` when it is not offered to him."""
    return _let_pass(c, _offer_to(c, agent), "declined", desk, now)


def withdraw(c: Conversation, desk: Desk, now: Instant) -> Changed:
    """Who it is offered to is gone."""
    if c.waiting is None or c.waiting.offer is None:
        return Changed(c)
    return _let_pass(c, c.waiting.offer, "gone", desk, now)


def given_by_itself(c: Conversation) -> bool:
    """Whether routing has given it to who holds it, and neither somebody else nor he himself by taking what he was offered."""
    why = c.assign_reason
    return why is not None and why.code in BY_ITSELF and ACCEPTED not in why.numbers


def explained(c: Conversation, why: Reason) -> Changed:
    """It was decided that nobody gets it for now; nothing happens when that was so before, or when it does not wait."""
    why = lasting(why)
    if c.queued_at is None or c.why_waiting == why:
        return Changed(c)
    return Changed(replace(c, why_waiting=why), (Happened(EventType.QUEUE_CHANGED, why),))


def lasting(why: Reason) -> Reason:
    """What of a reason is not another a moment later: its code and ids."""
    return Reason(why.code, ids=why.ids)


def to_front(c: Conversation) -> Conversation:
    """What was served already and comes back waits in front, since its customer began to wait."""
    if c.queued_at is None:
        return c
    since = min(c.queued_at, c.waiting_since or c.queued_at)
    return replace(c, queued_at=since, waiting=replace(c.waiting or Waiting(c.queued_at), front=True))


def needs_of(
    c: Conversation, queue: Queue | None, weight: int, kind: str, now: Instant, knows: tuple[AgentId, Instant] | None = None
) -> Needs:
    """What it asks for now. ``knows``: who knows the customer, and when he last wrote to him."""
    waiting = c.waiting
    needs = Needs(c.id, c.team, weight, kind=kind, given_back_by=_given_back_by(c))
    if knows is not None:
        needs = replace(needs, preferred=knows[0], spoke_at=knows[1], kept=queues.sticks(queue, waiting, now))
    if waiting is not None:
        needs = replace(needs, skills=waiting.wants, declined=tuple(sorted(let.agent for let in waiting.declined)))
    if queue is not None:
        needs = replace(needs, teams=queue.teams, agents=queue.agents, strategy=queue.strategy, held=_held(queue, waiting))
    return needs


def _held(queue: Queue, waiting: Waiting | None) -> str:
    if queue.paused:
        return "paused"
    if waiting is not None and waiting.closed:
        return "closed"
    return "manual" if queue.strategy is Strategy.MANUAL else ""


def _given_back_by(c: Conversation) -> AgentId | None:
    """From whom it was taken last; the reason names who did it and who held it."""
    match c:
        case Conversation(assignee=None, assign_reason=Reason(code="by_hand", ids=(_, holder))):
            return AgentId(holder)
        case _:
            return None


def _offer_to(c: Conversation, agent: AgentId) -> Offer:
    if c.waiting is None or c.waiting.offer is None or c.waiting.offer.agent != agent:
        raise Conflict("This is no longer offered to you.")
    return c.waiting.offer


def _let_pass(c: Conversation, made: Offer, code: str, desk: Desk, now: Instant) -> Changed:
    waiting, queue = c.waiting or Waiting(now), desk.queue(c.queue)
    declined = (*(let for let in waiting.declined if let.agent != made.agent), Offer(made.agent, now + queues.DECLINED_MS))
    after = replace(waiting, offer=None, declined=declined, passed=waiting.passed + 1)
    again = min(let.until for let in declined)
    after = replace(after, next_at=again) if queue is None else queues.continued(queue, after, now, desk.open(queue))
    reason = Reason(code, ids=(made.agent,), numbers={"passed": after.passed})
    return Changed(replace(c, waiting=after), (Happened(EventType.OFFER_ENDED, reason),))


def _moved(code: str, before: QueueId | None, after: QueueId | None) -> Happened:
    return Happened(EventType.QUEUE_CHANGED, Reason(code, ids=(before or "", after or "")))


def _why(queue: Queue, before: Waiting, after: Waiting) -> Reason:
    if before.closed != after.closed:
        return Reason("closed" if after.closed else "opened", ids=(queue.id,))
    if before.wants != after.wants:
        levels = {f"skill:{want.skill}": want.level for want in after.wants}
        return Reason("relaxed", ids=(queue.id,), numbers=levels)
    return Reason("time", ids=(queue.id,))
