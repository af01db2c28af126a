"""Everything that waits for an agent, in order: what is alike waits together, so that whoever is free is matched with the heads alone."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import TypeVar

from msgspec.structs import replace

from inbox.core.conversation import Conversation
from inbox.core.ids import AgentId, ConversationId, Instant, QueueId, TeamId
from inbox.core.message import Reason
from inbox.core.overflowing import Path, is_deserted, onward
from inbox.core.queueing import Desk, lasting
from inbox.core.queues import Queue
from inbox.core.routing import Assign, Available, Needs, Wait, route
from inbox.flow.giving import fetched

Place = tuple[int, ConversationId]
"""Where somebody stands: ``core/queues.turn``, then the id."""
Name = tuple[QueueId | None, TeamId | None]
"""A queue, or a team's own."""
REMEMBERED = 50_000
K = TypeVar("K")
ANYBODY = ConversationId("")


@dataclass(frozen=True)
class Entry:
    """One that waits: where it stands, and what it asks for beside what the others of its kind do. ``why``: as it was last explained.
    ``path``: how it came into its queue; None: it goes on to no other."""

    place: Place
    name: Name
    needs: Needs
    why: Reason | None = None
    path: Path | None = None

    @cached_property
    def alike(self) -> Needs:
        """What all that wait for the same agents have in common."""
        return replace(self.needs, conversation=ANYBODY)

    @cached_property
    def way(self) -> tuple[Path, Needs] | None:
        """What all that go on to the same queue at the same time have in common."""
        return None if self.path is None else (replace(self.path, since=0), self.alike)


@dataclass
class Line:
    """All entries by queue and by kind. ``offered`` ones keep their place and are nobody else's to take."""

    entries: dict[ConversationId, Entry] = field(default_factory=dict)
    _queues: dict[Name, list[Place]] = field(default_factory=dict)
    _alike: dict[Needs, list[Place]] = field(default_factory=dict)
    _ways: dict[tuple[Path, Needs], dict[ConversationId, Instant]] = field(default_factory=dict)
    _offered: dict[ConversationId, AgentId] = field(default_factory=dict)
    _told: dict[Needs, Reason] = field(default_factory=dict)
    _unexplained: dict[Needs, set[ConversationId]] = field(default_factory=dict)
    _versions: OrderedDict[ConversationId, int] = field(default_factory=OrderedDict)

    def heard(self, c: Conversation, entry: Callable[[Conversation], Entry]) -> bool:
        """Take over how a conversation stands; whether something is there to be given out now that was not before.

        News may come twice and out of order; the newest version counts.
        """
        if self._versions.get(c.id, 0) > c.version:
            return False
        self._versions[c.id] = c.version
        self._versions.move_to_end(c.id)
        if len(self._versions) > REMEMBERED:
            self._versions.popitem(last=False)
        if c.queued_at is None or c.merged_into is not None:
            self.remove(c.id)
            return False
        made = None if c.waiting is None else c.waiting.offer
        return self._put(entry(c), offered=None if made is None else made.agent)

    def _put(self, entry: Entry, *, offered: AgentId | None) -> bool:
        id = entry.place[1]
        before, was_offered = self.entries.get(id), self._offered.get(id)
        if before is not None and replaced(before, why=entry.why) == entry and was_offered == offered:
            self.entries[id] = entry
            self._explain(entry)
            return False
        self.remove(id)
        self.entries[id] = entry
        insort(self._queues.setdefault(entry.name, []), entry.place)
        if entry.path is not None and entry.way is not None:
            self._ways.setdefault(entry.way, {})[id] = entry.path.since
        if offered is not None:
            self._offered[id] = offered
            return False
        insort(self._alike.setdefault(entry.alike, []), entry.place)
        self._explain(entry)
        return True

    def _explain(self, entry: Entry) -> None:
        """Remember whether the entry is still to be told what its kind was told."""
        id, kind = entry.place[1], entry.alike
        if id in self._offered:
            return
        if entry.why is None or entry.why != self._told.get(kind):
            self._unexplained.setdefault(kind, set()).add(id)
        else:
            self._unexplained.get(kind, set()).discard(id)

    def unexplained(self, agents: Sequence[Available], most: int) -> list[tuple[ConversationId, Reason]]:
        """Whose stored reason is not why they wait now; at most so many. What somebody could take at once is left out.

        Looks at each kind once, and at its members only when the reason of the kind is another than before.
        """
        found: list[tuple[ConversationId, Reason]] = []
        for kind, places in self._alike.items():
            decision = route(kind, agents)
            if not isinstance(decision, Wait):
                continue
            why = lasting(decision.reason)
            if self._told.get(kind) != why:
                self._told[kind] = why
                self._unexplained[kind] = {id for _, id in places if self.entries[id].why != why}
            for id in self._unexplained.get(kind, ()):
                if len(found) == most:
                    return found
                found.append((id, why))
        return found

    def passed_over(self, id: ConversationId) -> None:
        """It is not explained after all, as by now it does not wait, or is offered to somebody; news of that is on its way."""
        for ids in self._unexplained.values():
            ids.discard(id)

    def remove(self, id: ConversationId) -> None:
        """It does not wait any more; harmless when it did not."""
        entry = self.entries.pop(id, None)
        if entry is None:
            return
        _take(self._queues, entry.name, entry.place)
        if entry.way is not None:
            self._ways[entry.way].pop(id, None)
            if not self._ways[entry.way]:
                del self._ways[entry.way]
        if id not in self._offered:
            kind = entry.alike
            _take(self._alike, kind, entry.place)
            self._unexplained.get(kind, set()).discard(id)
            if kind not in self._alike:
                self._told.pop(kind, None)
                self._unexplained.pop(kind, None)
        self._offered.pop(id, None)

    def forget(self) -> None:
        """Begin anew; what was heard last of each is kept, so that older news changes nothing."""
        self.entries.clear()
        self._queues.clear()
        self._alike.clear()
        self._ways.clear()
        self._offered.clear()
        self._told.clear()
        self._unexplained.clear()

    def position(self, id: ConversationId) -> int | None:
        """How many stand before it in its queue, and itself: 1 is next; None: it does not wait."""
        entry = self.entries.get(id)
        return None if entry is None else bisect_left(self._queues[entry.name], entry.place) + 1

    def waiting(self, name: Name) -> Sequence[Place]:
        """All that wait in a queue, in order."""
        return self._queues.get(name, ())

    def offered_to(self, agent: AgentId) -> list[ConversationId]:
        """What he is asked to take, in order."""
        return sorted((id for id, who in self._offered.items() if who == agent), key=lambda id: self.entries[id].place)

    def names(self) -> Iterable[Name]:
        """The queues in which somebody waits."""
        return tuple(self._queues)

    def going_on(self, desk: Desk, agents: Sequence[Available], most: int) -> list[tuple[ConversationId, Path, Reason]]:
        """Who goes on to another queue now, and why; at most so many. ``agents`` are on duty.

        Looks at one of each kind, of those whose time is over or who overflowed before, and in queues that are left while nobody is there.
        """
        left = {name for name in self._queues if self._is_left(desk.queue(name[0]), name, agents)}
        found: list[tuple[ConversationId, Path, Reason]] = []
        for (path, needs), ids in self._ways.items():
            asks = path.overdue or path.origin is not None or (path.queue, None) in left
            why = onward(path, needs, desk, agents) if asks and len(found) < most else None
            if why is not None:
                found += [(id, replace(path, since=since), why) for id, since in islice(ids.items(), most - len(found))]
        return found

    def _is_left(self, queue: Queue | None, name: Name, agents: Sequence[Available]) -> bool:
        if queue is None or not queue.overflow_empty:
            return False
        by_team = not queue.teams and not queue.agents  # then it depends on each one's own
        return by_team or is_deserted(queue, self.entries[self._queues[name][0][1]].needs, agents)

    def plan(self, agents: Sequence[Available], most: int, *, asked: bool = False) -> list[tuple[ConversationId, Assign]]:
        """Who would get what, in order, if nobody came between; at most so many. ``asked``: also what is given out only when asked for.

        Looks at one of each kind, and at one more for each that is given out.
        """
        everybody = {a.agent: a for a in agents}
        room = {a.agent: a for a in agents if a.load < a.capacity}
        heads = [(places[0], n, 0) for n, places in enumerate(self._alike.values())]
        kinds = tuple(self._alike)
        heapify(heads)
        found: list[tuple[ConversationId, Assign]] = []
        while heads and len(found) < most and room:
            place, n, at = heappop(heads)
            alike = kinds[n]
            among = everybody if alike.kept else room  # one who has no room may be waited for
            match route(fetched(alike) if asked else alike, among.values()):
                case Wait():
                    continue
                case Assign(agent=agent) as decision:
                    found.append((place[1], decision))
                    everybody[agent] = room[agent] = _with_one_more(everybody[agent], alike)
                    if room[agent].load >= room[agent].capacity:
                        del room[agent]
                    if at + 1 < len(self._alike[alike]):
                        heappush(heads, (self._alike[alike][at + 1], n, at + 1))
        return found


def _with_one_more(agent: Available, needs: Needs) -> Available:
    held = {**agent.held, needs.kind: agent.held.get(needs.kind, 0) + 1}
    return replace(agent, load=agent.load + needs.weight, held=held, last_assigned_at=agent.last_assigned_at + 1)


def _take(lists: dict[K, list[Place]], name: K, place: Place) -> None:
    places = lists[name]
    del places[bisect_left(places, place)]
    if not places:
        del lists[name]
