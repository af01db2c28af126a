"""One random day: who comes and goes, what is written, how long answers take, what breaks; and what must hold after every moment.

The rules are the real ones (``core/queues``, ``core/queueing``, ``core/lifecycle``, ``core/routing``) over the real line of those who
wait (``flow/line``). What the database does is played here: a claim is checked against what is held at that moment, so that two
routers with old pictures of the house may both try and only one succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any

from msgspec.structs import replace

from inbox.core import lifecycle, overflowing, queueing, routing
from inbox.core.agent import Agent, Role
from inbox.core.conditions import Condition, facts_of
from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, QueueId, TeamId
from inbox.core.lifecycle import Changed
from inbox.core.queueing import Desk
from inbox.core.queues import Queue, Strategy, Wanted, turn
from inbox.flow.giving import available
from inbox.flow.line import Entry, Line

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
WEIGHTS = {"chat": 2, "email": 1}
SKILLS = ("french", "billing")


class Broken(AssertionError):
    """An invariant does not hold; the seed and the moment are in the message."""


@dataclass
class Day:
    """``queues`` and ``agents`` are drawn from the seed. ``routers`` have lines of their own and hear of changes late."""

    seed: int
    now: int = 0
    conversations: dict[ConversationId, Conversation] = field(default_factory=dict)
    live: dict[ConversationId, Conversation] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    online: set[AgentId] = field(default_factory=set)
    assigned: int = 0
    offered: int = 0
    overflowed: int = 0
    lost_claims: int = 0
    longest: int = 0

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.desk = Desk({queue.id: queue for queue in self._queues()})
        for n in range(self.dice.randint(2, 9)):
            skills = {skill: self.dice.randint(1, 5) for skill in SKILLS if self.dice.random() < 0.5}
            teams = tuple(TeamId(t) for t in ("a", "b") if self.dice.random() < 0.6)
            limits = {"chat": self.dice.randint(0, 3)} if self.dice.random() < 0.3 else {}
            id = AgentId(f"agent{n}")
            capacity = self.dice.randint(1, 6)
            self.agents[id] = Agent(id, f"{n}@x", str(n), Role.AGENT, teams, capacity, skills=skills, limits=limits)
        self.lines = [Line() for _ in range(self.dice.choice((1, 1, 2)))]
        self.late: list[tuple[Line, Conversation]] = []
        self.todo: list[tuple[int, int, str, Any]] = []
        self.count = 0

    def _queues(self) -> list[Queue]:
        dice = self.dice
        everybody = Queue(
            QueueId("rest"),
            "Rest",
            order=9,
            ageing_ms=10 * MINUTE,
            strategy=dice.choice(list(Strategy)[:3]),
            **self._leads_to("chats", "french"),
        )
        chats = Queue(
            QueueId("chats"),
            "Chats",
            conditions=Condition(field="channel_kind", op="is", value="chat"),
            offer_ms=dice.choice((0, 20_000)),
            ageing_ms=MINUTE,
            ahead_ms=2 * MINUTE,
            strategy=dice.choice(list(Strategy)[:3]),
            **self._served_by(),
            **self._leads_to("rest", "french"),
        )
        french = Queue(
            QueueId("french"),
            "French",
            order=1,
            conditions=Condition(field="tag", op="has", value="french"),
            skills=(Wanted("french", dice.randint(1, 5), 4 * MINUTE),),
            ageing_ms=5 * MINUTE,
            **self._served_by(),
            **self._leads_to("rest", "chats"),
        )
        return [everybody, *(queue for queue in (chats, french) if dice.random() < 0.7)]

    def _served_by(self) -> dict[str, Any]:
        teams = self.dice.choice(((), ("a",), ("b",)))
        people = self.dice.sample(range(2), self.dice.choice((0, 0, 1, 2)))  # so many there are on every day
        return {"teams": tuple(map(TeamId, teams)), "agents": tuple(AgentId(f"agent{n}") for n in people)}

    def _leads_to(self, *others: str) -> dict[str, Any]:
        """Where it overflows to, if anywhere; also in circles."""
        to = self.dice.choice((None, *others))
        when = {"overflow_ms": self.dice.choice((0, MINUTE, 5 * MINUTE)), "overflow_empty": self.dice.random() < 0.5}
        return {} if to is None else {"overflow": QueueId(to), **when}

    # The day

    def run(self, moments: int = 80) -> None:
        """Live through so many moments, then let everybody finish: whoever still waits must be served."""
        for agent in self.agents:
            if self.dice.random() < 0.7:
                self.online.add(agent)
        for _ in range(moments):
            self._pass(self.dice.choice((0, 500, 5_000, 40_000, 2 * MINUTE)))
            self._happen()
            self._settle()
        self._finish()

    def _happen(self) -> None:
        match self.dice.random():
            case x if x < 0.45:
                self._write()
            case x if x < 0.62:
                self._answer()
            case x if x < 0.78:
                self._come_or_go()
            case x if x < 0.83:
                self._take_back()
            case x if x < 0.90:
                self._change()
            case x if x < 0.96:
                self._reply_to_offer(accept=self.dice.random() < 0.7)
            case _:
                self._restart()

    def _write(self) -> None:
        self.count += 1
        kind = self.dice.choice(("chat", "email", "email"))
        tags = ("french",) if self.dice.random() < 0.3 else ()
        team = self.dice.choice((None, TeamId("a"), TeamId("b")))
        fresh = Conversation(
            ConversationId(f"c{self.count:05}"), self.count, 0, ChannelId(kind), CustomerId("x"), self.now, self.now, team=team, tags=tags
        )
        waits = replace(fresh, queued_at=self.now, waiting_since=self.now, priority=self.dice.choice(list(Priority)))
        self._store(None, Changed(waits))

    def _answer(self) -> None:
        held = [c for c in self.live.values() if c.assignee is not None and c.category is Category.OPEN]
        if held:
            c = self.dice.choice(held)
            self._store(c, lifecycle.set_category(c, self.dice.choice((Category.RESOLVED, Category.WAITING)), self.now))

    def _come_or_go(self) -> None:
        agent = self.dice.choice(list(self.agents))
        self.online ^= {agent}

    def _take_back(self) -> None:
        """Somebody is gone for good: what he holds comes back to the front."""
        gone = [id for id in self.agents if id not in self.online]
        for c in list(self.live.values()):
            if c.assignee in gone[:1] and c.category is Category.OPEN:
                self._store(c, lifecycle.queue(c, self.now))
        for c in list(self.live.values()):
            if c.waiting is not None and c.waiting.offer is not None and c.waiting.offer.agent in gone[:1]:
                self._store(c, queueing.withdraw(c, self.desk, self.now))

    def _change(self) -> None:
        waiting = [c for c in self.live.values() if c.queued_at is not None]
        if waiting:
            c = self.dice.choice(waiting)
            self._store(c, lifecycle.set_priority(c, self.dice.choice(list(Priority))))
        agent = self.dice.choice(list(self.agents.values()))
        skills = {**agent.skills, self.dice.choice(SKILLS): self.dice.randint(1, 5)}
        self.agents[agent.id] = replace(agent, skills=skills)

    def _reply_to_offer(self, *, accept: bool) -> None:
        offers = [c for c in self.live.values() if c.waiting is not None and c.waiting.offer is not None]
        if offers:
            c = self.dice.choice(offers)
            assert c.waiting is not None
            assert c.waiting.offer is not None
            agent = c.waiting.offer.agent
            changed = queueing.accept(c, agent, self.now) if accept else queueing.decline(c, agent, self.desk, self.now)
            self._store(c, changed)

    def _restart(self) -> None:
        """A server dies; what it held in memory is read anew."""
        at = self.dice.randrange(len(self.lines))
        old, self.lines[at] = self.lines[at], Line()
        self.late = [(line, c) for line, c in self.late if line is not old]
        for c in self.live.values():
            self.lines[at].heard(c, self._entry)

    def _pass(self, span: int) -> None:
        """Time passes, and what falls due in it happens at its instant."""
        until = self.now + span
        while self.todo and self.todo[0][0] <= until:
            self.now, _, _, id = heappop(self.todo)
            c = self.conversations[id]
            if c.waiting is not None and c.waiting.next_at is not None and c.waiting.next_at <= self.now:
                self._store(c, queueing.time_passed(c, self.desk, self.now))
                self._settle()
        self.now = until

    # Storing and giving out

    def _store(self, before: Conversation | None, changed: Changed) -> None:
        c = changed.conversation
        if queueing.is_to_be_placed(before, c):
            changed = changed.then(lambda c: queueing.enter(c, self.desk, facts_of(c, c.channel), self.now))
        c = replace(changed.conversation, version=1 if before is None else before.version + 1)
        self._count(before, c)
        self.conversations[c.id] = c
        if c.category is Category.RESOLVED:
            self.live.pop(c.id, None)
        else:
            self.live[c.id] = c
        if c.waiting is not None and c.waiting.next_at is not None:
            self.count += 1
            heappush(self.todo, (c.waiting.next_at, self.count, "queue", c.id))
        for line in self.lines:
            if len(self.lines) > 1 and self.dice.random() < 0.3:
                self.late.append((line, c))
            else:
                line.heard(c, self._entry)

    def _count(self, before: Conversation | None, after: Conversation) -> None:
        was = None if before is None else lifecycle.occupies(before, conversational=before.channel == "chat")
        now = lifecycle.occupies(after, conversational=after.channel == "chat")
        if was == now:
            return
        for agent, sign in ((was, -1), (now, 1)):
            if agent is not None:
                self._hold(agent, after.channel, sign)

    def _hold(self, id: AgentId, kind: str, sign: int) -> None:
        agent = self.agents[id]
        held = {**agent.held, kind: agent.held.get(kind, 0) + sign}
        at = {"last_assigned_at": self.now} if sign > 0 else {"freed_at": self.now}
        self.agents[id] = replace(agent, load=agent.load + sign * WEIGHTS[kind], held=held, **at)

    def _entry(self, c: Conversation) -> Entry:
        queue = self.desk.queue(c.queue)
        needs = queueing.needs_of(c, queue, WEIGHTS[c.channel], c.channel, self.now)
        path = overflowing.path_of(c, self.desk, self.now)
        return Entry((turn(c, queue), c.id), (c.queue, None if queue else c.team), needs, path=path)

    def _free(self) -> list[routing.Available]:
        return [available(self.agents[id]) for id in sorted(self.online)]

    def _settle(self) -> None:
        """Routers take turns; the picture one has of the agents may be older than what another has done since."""
        pictures = [self._free() for _ in self.lines]
        for line, picture in zip(self.lines, pictures, strict=True):
            self._go_on(line, picture)
            self._give_out(line, picture)
        for step in (self._go_on, self._give_out):
            self._hear()
            for line in self.lines:
                step(line, self._free())
        self._hear()
        self._check()

    def _hear(self) -> None:
        """What routers had not heard yet."""
        for line, c in self.late:
            line.heard(c, self._entry)
        self.late = []

    def _give_out(self, line: Line, picture: list[routing.Available]) -> None:
        while plan := line.plan(picture, 5):
            self._claim_all(line, plan)
            picture = self._free()

    def _claim_all(self, line: Line, plan: list[tuple[ConversationId, routing.Assign]]) -> None:
        for id, decision in plan:
            self._claim(line, id, decision)

    def _go_on(self, line: Line, picture: list[routing.Available]) -> None:
        """What the router does with those whose time is over or whose colleagues are gone; what is stored decides."""
        for id, path, why in line.going_on(self.desk, picture, len(line.entries)):
            c = self.conversations[id]
            changed = overflowing.gone_on(c, path, why, self.desk, self.now)
            if changed.happened:
                self.overflowed += 1
                self._store(c, changed)
            else:
                line.heard(c, self._entry)

    def _claim(self, line: Line, id: ConversationId, decision: routing.Assign) -> None:
        """What the commit does: look again at what is stored, and refuse what does not hold any more."""
        c, agent = self.conversations[id], self.agents[decision.agent]
        queue = self.desk.queue(c.queue)
        needs = queueing.needs_of(c, queue, WEIGHTS[c.channel], c.channel, self.now)
        taken = c.queued_at is None or (c.waiting is not None and c.waiting.offer is not None)
        if taken or isinstance(routing.route(needs, [available(agent)]), routing.Wait):
            self.lost_claims += 1
            line.heard(c, self._entry)
            return
        self._must(agent.id in self.online, f"{id} to {agent.id}, who is not there")
        self._must(routing.can_take(needs, available(agent)), f"{id} to {agent.id}, who cannot take it")
        if queue is not None and queue.offer_ms:
            self.offered += 1
            self._store(c, queueing.offer(c, queue, agent.id, decision.reason, self.now))
        else:
            self.assigned += 1
            self.longest = max(self.longest, self.now - (c.queued_at or 0))
            self._store(c, lifecycle.assign(c, agent.id, c.team, decision.reason, self.now))

    # What must hold

    def _must(self, holds: bool, what: str) -> None:
        if not holds:
            raise Broken(f"seed {self.seed}, instant {self.now}: {what}")

    def _check(self) -> None:
        held = dict.fromkeys(self.agents, 0)
        for c in self.live.values():
            offer = None if c.waiting is None else c.waiting.offer
            self._must(c.assignee is None or offer is None, f"{c.id} is held by one and offered to another")
            who = lifecycle.occupies(c, conversational=c.channel == "chat")
            if who is not None:
                held[who] += WEIGHTS[c.channel]
        for id, agent in self.agents.items():
            self._must(held[id] == agent.load <= agent.capacity, f"{id} holds {held[id]}, counted {agent.load} of {agent.capacity}")
        free = self._free()
        for c in self.live.values():
            if c.queued_at is not None and (c.waiting is None or c.waiting.offer is None):
                able = [a.agent for a in free if routing.can_take(self._entry(c).needs, a)]
                self._must(not able, f"{c.id} waits although {able} could take it")
                self._must(self.lines[0].position(c.id) is not None, f"{c.id} waits and stands in no line")
                self._check_overflow(c, free)
        for line in self.lines:
            again = [(id, why.ids) for id, _, why in line.going_on(self.desk, free, 1)]
            self._must(not again, f"{again} go on once more although nothing has changed")

    def _check_overflow(self, c: Conversation, free: list[routing.Available]) -> None:
        """Nobody waits where nobody on duty serves while somebody on duty could take it from another queue of its way."""
        here = self.desk.queue(c.queue)
        if here is None or c.waiting is None or any(_serves(here, c, one) for one in free):
            return
        over = here.overflow_ms and self.now - c.waiting.since > here.overflow_ms  # at the very instant its timer may be about to go off
        ways = self._chain(c.waiting.origin)
        ways += self._chain(c.queue) if here.overflow_empty or over else []
        for way in ways:
            able = [one.agent for one in free if _serves(way, c, one) and _could(way, c, self.agents[one.agent])]
            self._must(not able or way is here, f"{c.id} waits in {here.id}, which nobody serves, although {able} are there for {way.id}")

    def _chain(self, id: QueueId | None) -> list[Queue]:
        found: list[Queue] = []
        queue = self.desk.queue(id)
        while queue is not None and queue not in found:
            found.append(queue)
            queue = self.desk.queue(queue.overflow) if queue.overflow_ms or queue.overflow_empty else None
        return found

    def _finish(self) -> None:
        """Everybody is there, has every skill and answers at once: nobody may be left waiting."""
        for id, agent in self.agents.items():
            self.agents[id] = replace(
                agent, skills=dict.fromkeys(SKILLS, 5), limits={}, capacity=agent.capacity + 2, teams=(TeamId("a"), TeamId("b"))
            )
        self.online = set(self.agents)
        for _ in range(20 * len(self.live) + 20):
            self._restart()
            self._settle()
            for c in list(self.live.values()):
                if c.waiting is not None and c.waiting.offer is not None:
                    self._store(c, queueing.accept(c, c.waiting.offer.agent, self.now))
            for c in list(self.live.values()):
                if c.assignee is not None and c.category in (Category.OPEN, Category.WAITING):
                    done = self.conversations[c.id]
                    self._store(done, lifecycle.set_category(done, Category.RESOLVED, self.now))
            if not any(c.queued_at is not None for c in self.live.values()):
                return
            self._pass(MINUTE)
        self._must(False, "somebody waits for ever")


def _serves(queue: Queue, c: Conversation, agent: routing.Available) -> bool:
    if queue.agents or queue.teams:
        return agent.agent in queue.agents or any(team in queue.teams for team in agent.teams)
    return c.team is None or c.team in agent.teams


def _could(queue: Queue, c: Conversation, agent: Agent) -> bool:
    """Whether he can take such a one at all, with nothing else in his hands and after any wait."""
    skilled = all(wanted.relax_ms or agent.skills.get(wanted.skill, 0) >= wanted.level for wanted in queue.skills)
    return skilled and WEIGHTS[c.channel] <= agent.capacity and agent.limits.get(c.channel, 1) > 0
