"""The steps by which waiting conversations are given to agents: each decides once more on what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import UnsetType
from msgspec.structs import replace

from inbox.core import lifecycle, queueing, routing
from inbox.core.agent import Agent, Availability, Role
from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, Invalid
from inbox.core.ids import AgentId, ConversationId, Instant, QueueId, TeamId
from inbox.core.lifecycle import Changed
from inbox.core.message import Reason
from inbox.core.overflowing import Path, gone_on
from inbox.core.queueing import NO_QUEUES, Desk
from inbox.core.queues import ALWAYS_OPEN
from inbox.flow.committer import Rank
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Channels, Layer
from inbox.records import AGENTS

Knows = tuple[AgentId, Instant]
"""Who knows a customer, and when he last wrote to him."""


def takes_work(agent: Agent, desk: Desk = NO_QUEUES) -> bool:
    """Whether the account is one that conversations are given to, as the desk has it."""
    return agent.active and agent.role is not Role.BOT and agent.custom_role not in desk.silent


def available(agent: Agent) -> routing.Available:
    """An agent as routing sees him."""
    return routing.Available(
        agent.id,
        agent.load,
        agent.capacity,
        agent.teams,
        agent.last_assigned_at,
        agent.freed_at,
        {skill.casefold(): level for skill, level in agent.skills.items()},
        agent.held,
        agent.limits,
    )


def needs(c: Conversation, desk: Desk, channels: Channels, now: Instant, knows: Knows | None = None) -> routing.Needs:
    """What a waiting conversation asks for."""
    facts = channels.get(c.channel)
    weight, kind = (facts.weight, facts.kind) if facts else (1, "")
    found = queueing.needs_of(c, desk.queue(c.queue), weight, kind, now, knows)
    return replace(found, readers=tuple(sorted(desk.readers.get(c.channel, ()))))


@dataclass(frozen=True)
class Route:
    """Give one waiting conversation to the best of these agents, if one can take it. ``fetched``: one of them asked for it."""

    conversation: ConversationId
    agents: tuple[AgentId, ...]
    knows: Knows | None = None
    fetched: bool = False
    rank: Rank = Rank.INGEST
    size: int = 1000

    @property
    def group(self) -> str:
        """Two decisions about one conversation keep their order; loads are claimed in the database."""
        return self.conversation

    def decide(self, layer: Layer) -> routing.Assign | routing.Wait | None:
        """The choice, or why it waits on; None when there is nothing to be given out any more."""
        layer.need((AGENTS, self.agents))
        before = layer.conversation(self.conversation)
        if before is None or before.queued_at is None or (before.waiting is not None and before.waiting.offer is not None):
            return None
        able = {id: agent for id in self.agents if (agent := layer.agent(id)) is not None and self._takes(agent, layer.desk)}
        wanted = needs(before, layer.desk, layer.channels, layer.now, self.knows)
        decision = routing.route(fetched(wanted) if self.fetched else wanted, map(available, able.values()))
        if isinstance(decision, routing.Assign):
            self._give(layer, before, able[decision.agent], decision.reason)
        return decision

    def _takes(self, agent: Agent, desk: Desk) -> bool:
        """By the account as it is stored now: what he has just set is known here first."""
        return takes_work(agent, desk) and (self.fetched or agent.availability is Availability.ONLINE)

    def _give(self, layer: Layer, before: Conversation, agent: Agent, reason: Reason) -> None:
        queue = layer.desk.queue(before.queue)
        if queue is not None and queue.offer_ms and not self.fetched:
            changed = queueing.offer(before, queue, agent.id, reason, layer.now)
        else:
            reason = replace(reason, code="fetched") if self.fetched else reason
            changed = lifecycle.assign(before, agent.id, before.team, reason, layer.now)
        layer.change(before, changed, SYSTEM, at_most=agent.capacity)


def fetched(wanted: routing.Needs) -> routing.Needs:
    """As somebody may take it who asks for the next one: also what he let pass, and from a queue that gives out nothing by itself, or is
    closed."""
    return replace(wanted, declined=(), held="" if wanted.held in ("manual", "closed") else wanted.held)


def on_duty(agent: Agent, desk: Desk) -> bool:
    """Whether conversations are given to him now, should he be there: he may hold some and wants to, and his working hours, if he has any,
    are now."""
    hours = not agent.calendar or desk.hours(agent.calendar).open
    return hours and agent.capacity > 0 and agent.availability is Availability.ONLINE and takes_work(agent, desk)


def off_duty(wanted: routing.Needs, agents: Iterable[Agent], desk: Desk) -> Reason | None:
    """Why nobody is there, if it is that everybody who could take it is outside his working hours: how many they are, and when the first
    of them is on duty again. None: it is not, or nobody ever will be."""
    could = [a for a in agents if a.capacity > 0 and takes_work(a, desk) and routing.serves(wanted, a.id, a.teams)]
    hours = [desk.hours(a.calendar) if a.calendar else ALWAYS_OPEN for a in could]
    back = min((each.changes_at for each in hours if each.changes_at is not None), default=None)
    if back is None or any(each.open for each in hours):
        return None
    return Reason("off_duty", numbers={"agents": len(could), "until": back})


def given_back(layer: Layer, before: Conversation, reason: Reason) -> Changed:
    """Taken from who holds it; if it is open it waits in front of what nobody has served yet."""
    changed = lifecycle.queue(before, layer.now, reason)
    if changed.conversation.queued_at is None:
        return changed
    changed = changed.then(lambda c: layer.placed(c, front=True))
    return Changed(queueing.to_front(changed.conversation), changed.happened)


def to_queue(layer: Layer, before: Conversation, by: AgentId, queue: QueueId | None, code: str = queueing.MOVED) -> Changed:
    """What waits goes on in another queue, by hand; None: where its conditions lead. ``code``: why. Raises ``Invalid`` and ``Conflict``."""
    if queue is None:
        return queueing.freed(before, by, code).then(layer.placed)
    target = layer.desk.queue(queue)
    if target is None:
        raise Invalid("queue", "there is no such queue")
    reason = Reason(code, ids=(by, before.queue or "", target.id))
    return queueing.put_into(before, target, layer.desk, reason, layer.now)


def require_readers(c: Conversation, team: TeamId | UnsetType | None, desk: Desk) -> None:
    """Nothing is given to a team whose people would not see it. Raises ``Invalid``."""
    readers = desk.readers.get(c.channel)
    if readers and isinstance(team, str) and team not in readers:
        raise Invalid("team", "its people do not see the conversations of this channel")


@dataclass(frozen=True)
class Explain:
    """Store why a waiting conversation was given to nobody."""

    conversation: ConversationId
    why: Reason
    rank: Rank = Rank.BULK
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> bool:
        """Whether it still waits, and is not offered to somebody."""
        before = layer.conversation(self.conversation)
        if before is None or before.queued_at is None or _offered_to(before) is not None:
            return False
        layer.change(before, queueing.explained(before, self.why), SYSTEM)
        return True


@dataclass(frozen=True)
class Place:
    """Find a waiting conversation's queue again, because queues have changed."""

    conversation: ConversationId
    rank: Rank = Rank.BULK
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> None:
        """What it was offered to somebody stays until he has answered. What changed of its queue counts from now on."""
        before = layer.conversation(self.conversation)
        if before is None or before.queued_at is None or (before.waiting is not None and before.waiting.offer is not None):
            return
        layer.change(before, layer.placed(before).then(lambda c: queueing.renewed(c, layer.desk, layer.now)), SYSTEM)


@dataclass(frozen=True)
class Leave:
    """A waiting conversation goes on to another queue as was decided; whom that one has on duty is known to who decides."""

    conversation: ConversationId
    path: Path
    why: Reason
    rank: Rank = Rank.INGEST
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> bool:
        """Whether it went on."""
        before = layer.conversation(self.conversation)
        changed = None if before is None else gone_on(before, self.path, self.why, layer.desk, layer.now)
        if before is None or changed is None or not changed.happened:
            return False
        layer.change(before, changed, SYSTEM)
        return True


@dataclass(frozen=True)
class Answer:
    """Who a conversation is offered to takes it, or lets it pass; ``gone``: he is not there any more."""

    conversation: ConversationId
    agent: AgentId
    how: str
    rank: Rank = Rank.COMMAND
    size: int = 1000

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    def decide(self, layer: Layer) -> Conversation:
        """The conversation afterwards. Raises ``Conflict`` when it is not offered to him, or no longer."""
        before = layer.conversation(self.conversation)
        if before is None:
            raise Conflict("This is no longer offered to you.")
        if self.how == "accept":
            changed = queueing.accept(before, self.agent, layer.now)
        elif self.how == "gone":
            changed = queueing.withdraw(before, layer.desk, layer.now) if _offered_to(before) == self.agent else Changed(before)
        else:
            changed = queueing.decline(before, self.agent, layer.desk, layer.now)
        return layer.change(before, changed, SYSTEM)


def _offered_to(c: Conversation) -> AgentId | None:
    return None if c.waiting is None or c.waiting.offer is None else c.waiting.offer.agent
