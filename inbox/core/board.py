"""The floor as supervisors see it: what waits in each queue and what each agent holds, kept true one conversation at a time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from inbox.core.conversation import Conversation
from inbox.core.events import urgency
from inbox.core.ids import AgentId, ConversationId, Instant, QueueId, TeamId
from inbox.core.lifecycle import occupies
from inbox.core.views import ACTIVE, LATE, SOON

REMEMBERED = 50_000


class Name(Struct, frozen=True):
    """A queue; without one, what waits for a team, or for anybody."""

    queue: QueueId | None = None
    team: TeamId | None = None


class Standing(Struct, frozen=True):
    """How an open conversation counts. ``queued_at`` is since when it waits, None when it does not; ``weight`` what it takes now of the
    capacity of who holds it, or is asked to take it (``offered``)."""

    id: ConversationId
    number: int
    version: int
    name: Name
    assignee: AgentId | None = None
    queued_at: Instant | None = None
    offered: AgentId | None = None
    sla: str = ""
    weight: int = 0

    @property
    def holder(self) -> AgentId | None:
        """Whose it is; what is offered is that of who is asked."""
        return self.assignee if self.offered is None else self.offered


class Tally(Struct, frozen=True):
    """One queue: how many wait, since when the first of them, how many of those are offered to somebody; how many agents serve
    (``served``); of all of them, how many are near a deadline (``soon``) or past it (``late``)."""

    waiting: int = 0
    longest_since: Instant | None = None
    offered: int = 0
    served: int = 0
    soon: int = 0
    late: int = 0


def standing(c: Conversation, *, conversational: bool = False, weight: int = 1) -> Standing | None:
    """How a conversation counts; None: it does not, because it is over, put off, or merged. ``weight`` is that of its channel, and whether
    it is ``conversational``."""
    if c.category not in ACTIVE or c.merged_into is not None:
        return None
    offered = None if c.waiting is None or c.waiting.offer is None else c.waiting.offer.agent
    takes = weight if occupies(c, conversational=conversational) is not None else 0
    # a queue serves all teams; without one it waits for its own
    name = Name(c.queue) if c.queue is not None else Name(None, c.team)
    return Standing(c.id, c.number, c.version, name, c.assignee, c.queued_at, offered, urgency(c), takes)


@dataclass
class _Queue:
    since: list[tuple[Instant, ConversationId]] = field(default_factory=list)
    offered: int = 0
    served: int = 0
    soon: int = 0
    late: int = 0

    def count(self, one: Standing, by: int) -> None:
        """Add (1) or take away (-1)."""
        if one.queued_at is not None:
            place = one.queued_at, one.id
            if by > 0:
                insort(self.since, place)
            else:
                del self.since[bisect_left(self.since, place)]
            self.offered += by * (one.offered is not None)
        self.served += by * (one.assignee is not None)
        self.soon += by * (one.sla == SOON)
        self.late += by * (one.sla == LATE)

    def tally(self) -> Tally:
        return Tally(len(self.since), self.since[0][0] if self.since else None, self.offered, self.served, self.soon, self.late)


@dataclass
class Touched:
    """What a change moved."""

    queues: set[Name] = field(default_factory=set)
    agents: set[AgentId] = field(default_factory=set)


class Floor:
    """All open conversations. News may come twice and in any order: the newest version of each counts."""

    def __init__(self, remember: int = REMEMBERED) -> None:
        """``remember``: of so many that left lately, older news is known for what it is."""
        self._remembered = remember
        self._standing: dict[ConversationId, Standing] = {}
        self._queues: dict[Name, _Queue] = {}
        self._held: dict[AgentId, dict[ConversationId, Standing]] = {}
        self._gone: OrderedDict[ConversationId, int] = OrderedDict()

    def heard(self, id: ConversationId, version: int, now: Standing | None) -> Touched:
        """Take over how a conversation stands at a version; what that moved."""
        touched = Touched()
        before = self._standing.get(id)
        if version <= (before.version if before is not None else self._gone.get(id, 0)):
            return touched
        if before is not None:
            self._count(before, -1, touched)
            del self._standing[id]
        if now is not None:
            self._standing[id] = now
            self._gone.pop(id, None)
            self._count(now, 1, touched)
        else:
            self._remember(id, version)
        return touched

    def tallies(self) -> Mapping[Name, Tally]:
        """Every queue in which something is open."""
        return {name: queue.tally() for name, queue in self._queues.items()}

    def tally(self, name: Name) -> Tally:
        """One queue."""
        queue = self._queues.get(name)
        return queue.tally() if queue is not None else Tally()

    def held(self, agent: AgentId) -> list[Standing]:
        """What an agent holds or is asked to take, oldest first."""
        return sorted(self._held.get(agent, {}).values(), key=lambda one: one.number)

    def holders(self) -> Iterable[AgentId]:
        """Who holds anything, or is asked to."""
        return self._held.keys()

    def _count(self, one: Standing, by: int, touched: Touched) -> None:
        queue = self._queues.setdefault(one.name, _Queue())
        queue.count(one, by)
        touched.queues.add(one.name)
        if queue.tally() == Tally():
            del self._queues[one.name]
        if one.holder is None:
            return
        touched.agents.add(one.holder)
        held = self._held.setdefault(one.holder, {})
        if by > 0:
            held[one.id] = one
        else:
            del held[one.id]
        if not held:
            del self._held[one.holder]

    def _remember(self, id: ConversationId, version: int) -> None:
        self._gone[id] = version
        self._gone.move_to_end(id)
        if len(self._gone) > self._remembered:
            self._gone.popitem(last=False)
