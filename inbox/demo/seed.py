"""Plays the demo workspace through the same steps as real life: ingest, commands, reports; only the clock is set back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import UNSET

from inbox.connector import InboundMessage, RawDelivery
from inbox.core import commands as c
from inbox.core import delivery
from inbox.core.agent import Role
from inbox.core.conversation import Category, Priority
from inbox.core.ids import AgentId, ChannelId, ConversationId, Instant, MessageId, TeamId, delivery_id, digest, message_id
from inbox.core.message import Address
from inbox.core.permissions import Actor
from inbox.demo.workspace import Step, Story, Workspace
from inbox.flow.committer import Committer
from inbox.flow.conversations import Conversations
from inbox.flow.ingest import Ingest
from inbox.flow.outbox import ClaimSend, Report
from inbox.ports import CUSTOMERS, Journal, Ledger, Queries

MINUTE = 60_000


class BackdatedClock:
    """Stands where it is set; the demo's past happens on it."""

    def __init__(self, now: Instant) -> None:
        self._now = now

    def now(self) -> Instant:
        """The instant it is set to."""
        return self._now

    def set(self, now: Instant) -> None:
        """Move on."""
        self._now = now

    async def sleep_until(self, instant: Instant) -> None:
        """Nothing waits in the past."""
        self._now = max(self._now, instant)


@dataclass
class Told:
    """What became of a story so far."""

    conversation: ConversationId | None = None
    last: MessageId | None = None
    count: int = 0


class Seeder:
    """Plays stories in the order of their instants, so that numbers and times look as if they had come in."""

    def __init__(
        self,
        committer: Committer,
        conversations: Conversations,
        queries: Queries,
        journal: Journal,
        ledger: Ledger,
        clock: BackdatedClock,
        signing: tuple[bytes, ...],
        kinds: Callable[[str], str],
    ) -> None:
        """``kinds`` gives a channel's address kind."""
        self._committer = committer
        self._conversations = conversations
        self._queries = queries
        self._journal = journal
        self._ledger = ledger
        self._clock = clock
        self._signing = signing
        self._kinds = kinds

    async def play(self, workspace: Workspace, now: Instant, progress: Callable[[int, int], None]) -> None:
        """Everything that happened before ``now``; ``progress`` hears how many of how many steps are done."""
        actors = {p.id: Actor(AgentId(p.id), Role(p.role), tuple(TeamId(t) for t in p.teams)) for p in workspace.people}
        told = {id(story): Told() for story in workspace.stories}
        steps = [(step, story) for story in workspace.stories for step in story.steps]
        steps.sort(key=lambda both: -both[0].ago)
        for done, (step, story) in enumerate(steps, 1):
            self._clock.set(now - int(step.ago * MINUTE))
            await self._step(story, step, told[id(story)], actors, now)
            progress(done, len(steps))

    async def _step(self, story: Story, step: Step, told: Told, actors: dict[str, Actor], now: Instant) -> None:
        told.count += 1
        if step.by == "customer":
            await self._customer(story, step, told)
            return
        if told.conversation is None:
            raise ValueError(f"{story.name}: the first step must be the customer's")
        actor = actors[step.by]
        for command in _commands(step, told.conversation, told.count, now):
            outcome = await self._conversations.execute(actor, command)
            if outcome.message is not None and outcome.message.delivery is not None:
                await self._sent(outcome.message.id, told.conversation, step.fail)

    async def _customer(self, story: Story, step: Step, told: Told) -> None:
        channel = ChannelId(story.channel)
        sender = step.sender or story.sender
        key = f"demo:{story.sender}:{story.subject}:{told.count}"
        previous = (f"<{_external(story, told.count - 1)}>",) if told.count > 1 else ()
        item = InboundMessage(
            key=key,
            sender=Address(self._kinds(story.channel), sender, step.name or story.name),
            at=self._clock.now(),
            external_id=f"<{_external(story, told.count)}>",
            cc=tuple(Address(self._kinds(story.channel), value) for value in step.cc),
            subject=story.subject if told.count == 1 or not story.subject else f"Re: {story.subject}",
            text=step.text,
            html=step.html,
            references=tuple(f"<{_external(story, n)}>" for n in range(told.count - 1, 0, -1)) if previous else (),
            authenticated=True,
            automatic=step.auto,
            language=story.language,
            attributes=story.attributes if told.count == 1 else {},
        )
        raw = RawDelivery(channel, key, _source(item), self._clock.now())
        id = delivery_id(channel, key)
        await self._ledger.record([(id, raw)])
        await self._committer.submit(Ingest(id, channel, self._clock.now(), [item], self._signing))
        message = (await self._queries.messages([message_id(channel, key)]))[message_id(channel, key)]
        told.conversation, told.last = message.conversation, message.id
        if told.count == 1 and story.company and message.customer:
            customer = (await self._journal.load({CUSTOMERS: frozenset({message.customer})}))[CUSTOMERS][message.customer]
            edit = c.EditCustomer(customer.id, customer.version, company=story.company)
            await self._conversations.execute(Actor(AgentId("seed"), Role.ADMIN), edit)

    async def _sent(self, id: MessageId, conversation: ConversationId, fail: str) -> None:
        """What agents wrote in the past has been sent long ago, or has failed."""
        claimed = await self._committer.submit(ClaimSend(id, conversation))
        if isinstance(claimed, delivery.NotDue):
            return
        fence = claimed[1].delivery.fence
        if fail:
            await self._committer.submit(Report(id, conversation, lambda d, _: delivery.failed(d, fence, fail)))
        else:
            await self._committer.submit(Report(id, conversation, lambda d, _: delivery.sent(d, fence, f"demo-{id}")))


def _external(story: Story, n: int) -> str:
    return f"{n}.{digest(story.sender, story.subject)[:12]}@example.org"


def _source(item: InboundMessage) -> bytes:
    """A raw source that looks like what came, for those who open it."""
    sender = f"{item.sender.name} <{item.sender.value}>"
    return f"From: {sender}\r\nSubject: {item.subject}\r\nMessage-ID: {item.external_id}\r\n\r\n{item.text}\r\n".encode()


def _commands(step: Step, conversation: ConversationId, n: int, now: Instant) -> list[c.Command]:
    out: list[c.Command] = []
    client_id = f"seed-{conversation[:16]}-{n}"
    if step.text and step.note:
        out.append(c.Note(conversation, client_id, step.text))
    elif step.text:
        out.append(c.Reply(conversation, client_id, step.text, anyway=True))
    if step.assign or step.team:
        agent = AgentId(step.assign) if step.assign else UNSET
        out.append(c.Assign(conversation, agent=agent, team=TeamId(step.team) if step.team else UNSET))
    if step.tags:
        out.append(c.SetTags(conversation, add=step.tags))
    if step.priority:
        out.append(c.SetPriority(conversation, Priority(step.priority)))
    if step.status:
        until = now + int(step.until * MINUTE) if step.until else None
        out.append(c.SetStatus(conversation, Category(step.status), until=until))
    return out
