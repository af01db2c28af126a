"""Plays the demo workspace through the same steps as real life: intake, commands, sending; only the clock is set back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from inbox.app.steps import Steps
from inbox.app.stores import Stores
from inbox.connector import RawDelivery
from inbox.core import commands as c
from inbox.core import delivery
from inbox.core.agent import Role
from inbox.core.conversation import Conversation
from inbox.core.errors import CannotStart, InboxError
from inbox.core.ids import AgentId, ChannelId, ConversationId, FileId, Instant, TeamId, digest
from inbox.core.message import Message
from inbox.core.permissions import Actor
from inbox.core.visitor import VisitorFile
from inbox.demo import files, mails
from inbox.demo.workspace import File, Person, Step, Story, Workspace, milliseconds
from inbox.flow.catalog import Catalog
from inbox.flow.composing import Composer
from inbox.flow.courier import Courier
from inbox.flow.feed import Change
from inbox.flow.holidays import resolved
from inbox.flow.outbox import ClaimSend, Report
from inbox.flow.timers import Fire
from inbox.flow.traffic import Traffic
from inbox.flow.working import ChannelFacts, Layer
from inbox.records import ALERTS, CALENDARS, POLICIES, QUEUES, SAVED_REPLIES, SEGMENTS, SURVEYS, VIEWS, Noun, ReadState, StoredFile

READ_BY_ALL = 3 * 60 * 60 * 1000
"""What is older than this was read by everybody; younger messages are unread to those who did not answer them."""

BETWEEN_CLICKS = 1_000
DUE_AT_ONCE = 1_000


def _anything(layer: Layer, actor: Actor, before: Any, after: Any) -> None:
    """Whoever makes the demo may make all of it."""


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
        """Nothing in the past is waited for: what has to wait does so when the demo runs."""
        await asyncio.Event().wait()


@dataclass
class Told:
    """What became of a story so far. ``ids``: the Message-IDs of its thread, oldest first."""

    count: int = 0
    conversation: ConversationId | None = None
    ids: list[str] = field(default_factory=list)
    answer: Message | None = None


class Seeder:
    """Plays stories in the order of their instants, so that numbers and times look as if they had come in."""

    def __init__(self, steps: Steps, stores: Stores, clock: BackdatedClock, workspace: Workspace) -> None:
        self._steps = steps
        self._stores = stores
        self._clock = clock
        self._workspace = workspace
        composer = Composer(stores.queries, steps.directory, steps.signing, steps.surveys.address)
        traffic = Traffic(clock, steps.channels.find, steps.channels.lights.report)
        self._courier = Courier(steps.channels.find, composer, clock, lambda: 0.0, traffic)
        self._actors = {p.id: _actor(p) for p in workspace.people}
        self._heard: list[Change] = []
        self._reads: dict[tuple[str, ConversationId], ReadState] = {}
        steps.feed.listen(self._heard.extend)

    async def play(self, progress: Callable[[int, int], None]) -> None:
        """Everything that happened until now; ``progress`` hears how many of how many steps are done. Committer and intake must run.

        Stories of channels that these settings do not have are left out.
        """
        now = self._clock.now()
        await self._furnish(now)
        known = self._steps.channels.facts()
        told = {id(story): Told() for story in self._workspace.stories}
        plan = [(story, step) for story, step in self._workspace.steps() if story.channel in known]
        plan.sort(key=lambda both: -milliseconds(both[1].ago))
        for done, (story, step) in enumerate(plan, 1):
            self._clock.set(now - milliseconds(step.ago))
            self._heard.clear()
            try:
                await self._step(story, step, told[id(story)], now)
            except InboxError as error:
                raise CannotStart(
                    f"the demo workspace cannot be played: {story.name}, {story.subject!r}, {step.ago} ago: {error}"
                ) from error
            progress(done, len(plan))
        self._clock.set(now)
        for state in self._reads.values():  # one by one: hundreds at once wait for a connection longer than a slow machine allows
            await self._stores.own.mark(state)

    async def _furnish(self, now: Instant) -> None:
        """Business hours, saved replies, views, queues and the rest, as the admin would have made them."""
        catalog = Catalog(self._steps.committer)
        admin = next(actor for actor in self._actors.values() if actor.role is Role.ADMIN)
        hours = [(CALENDARS, await resolved(calendar, now)) for calendar in self._workspace.hours]
        made: list[tuple[Noun[Any], Any]] = [
            *hours,
            *((SAVED_REPLIES, reply) for reply in self._workspace.replies),
            *((VIEWS, view) for view in self._workspace.views),
            *((SURVEYS, survey) for survey in self._workspace.surveys),
            *((SEGMENTS, segment) for segment in self._workspace.segments),
            *((QUEUES, queue) for queue in self._workspace.queues),
            *((POLICIES, policy) for policy in self._workspace.policies),
            *((ALERTS, alert) for alert in self._workspace.alerts),
        ]
        for noun, entry in made:
            await catalog.save(admin, noun, entry, 0, _anything)
        await self._steps.promises.refresh()

    async def _step(self, story: Story, step: Step, told: Told, now: Instant) -> None:
        told.count += 1
        facts = self._steps.channels.facts()[ChannelId(story.channel)]
        if step.returns:
            await self._deliver(self._returned(facts, step, told))
        elif step.by == "customer":
            await self._customer(facts, story, step, told, now)
        else:
            await self._colleague(facts, story, step, told, now)

    async def _customer(self, facts: ChannelFacts, story: Story, step: Step, told: Told, now: Instant) -> None:
        place = mails.Place(self._clock.now(), told.count, tuple(told.ids))
        if step.garbled:
            raw = mails.garbled(facts.id, story, step, place.at)
        elif facts.conversational:
            raw = mails.line(facts.id, story, step, place, await self._uploads(story, step.files))
        else:
            raw = mails.mail(self._mailbox(facts), story, step, place)
            told.ids.append(mails.message_id(story, told.count))
        await self._deliver(raw)
        message, conversation = self._latest()
        if told.conversation is None:
            await self._enter_facts(story, message)
        told.conversation = conversation.id
        if now - self._clock.now() > READ_BY_ALL:
            for id in self._actors:
                self._read(id, conversation)

    async def _deliver(self, raw: RawDelivery) -> None:
        await self._steps.intake.accept(raw)
        await self._steps.intake.drain()

    def _latest(self) -> tuple[Message, Conversation]:
        """What the step left behind; raises ``InboxError`` when it was nothing."""
        for change in reversed(self._heard):
            if change.message is not None and change.conversation is not None:
                return change.message, change.conversation
        raise InboxError("a step of the demo workspace came to nothing")

    async def _uploads(self, story: Story, given: Sequence[File]) -> tuple[VisitorFile, ...]:
        """Files a visitor adds, stored before the line that names them."""
        owner, out = f"visitor:{mails.visitor_of(story)}", []
        for file in given:
            kind, content = files.content(file)
            id = digest("demo upload", owner, file.name)
            stored = await self._stores.files.store(StoredFile(id, file.name, kind, 0, owner, self._clock.now()), content)
            out.append(VisitorFile(FileId(stored.id), file.name, kind, stored.size))
        return tuple(out)

    async def _enter_facts(self, story: Story, message: Message) -> None:
        """What colleagues know of the person besides what he wrote."""
        if not (story.company or story.notes or story.attributes) or message.customer is None:
            return
        person = (await self._stores.queries.customers([message.customer]))[message.customer]
        edit = c.EditCustomer(
            person.id,
            person.version,
            company=story.company or UNSET,
            notes=story.notes or UNSET,
            attributes={**story.attributes},
        )
        await self._steps.conversations.execute(self._admin(), edit)

    def _admin(self) -> Actor:
        return next(actor for actor in self._actors.values() if actor.role is Role.ADMIN)

    def _mailbox(self, facts: ChannelFacts) -> mails.Mailbox:
        settings = self._steps.channels.running[facts.id].connector.settings
        return mails.Mailbox(facts.id, settings.address, settings.authserv_id)

    def _returned(self, facts: ChannelFacts, step: Step, told: Told) -> RawDelivery:
        assert told.answer is not None, "only an answer can come back"
        return mails.returned(self._mailbox(facts), step, told.answer.to[0].value, told.answer.external_id, self._clock.now())

    async def _colleague(self, facts: ChannelFacts, story: Story, step: Step, told: Told, now: Instant) -> None:
        actor = self._actors.get(step.by) or Actor(AgentId(step.by), Role.BOT)
        client_id = f"demo-{digest(story.sender, story.subject)[:12]}-{told.count}"
        uploads = await self._attached(actor, step.files)
        if told.conversation is None:
            to = (c.Addressee(facts.kind, story.sender, story.name),)
            await self._carry_out(
                actor, c.StartConversation(client_id, facts.id, to, step.text.strip(), files=uploads, subject=story.subject), told
            )
            step = replace(step, text="")
        assert told.conversation is not None, "it was started just now if not before"
        for command in _commands(step, told.conversation, client_id, uploads, now):
            answer = await self._carry_out(actor, command, told)
            if answer is not None and step.seen:
                await self._deliver(mails.seen(facts.id, story, answer.id, self._clock.now()))
            self._clock.set(self._clock.now() + BETWEEN_CLICKS)
        await self._rated(step, told)

    async def _rated(self, step: Step, told: Told) -> None:
        """The customer is asked how satisfied he is if somebody is, and answers what the step says."""
        c = None if told.conversation is None else await self._stores.queries.conversation(told.conversation)
        if c is None or c.asking is None:
            return
        due = await self._stores.queries.timers_due(c.asking.due_at + 1, DUE_AT_ONCE)
        for timer in due:
            if timer.conversation == c.id and timer.kind == "survey":
                await self._steps.committer.submit(Fire(timer))
        question, _ = self._latest()
        await self._send(question, told)
        if step.score is not None:
            question, _ = self._latest()
            await self._steps.surveys.answer(question, step.score, step.comment or None)

    async def _carry_out(self, actor: Actor, command: c.Command, told: Told) -> Message | None:
        """Returns the answer if one was sent."""
        outcome = await self._steps.conversations.execute(actor, command)
        assert outcome.conversation is not None, "every command of a step is about a conversation"
        told.conversation = outcome.conversation.id
        if actor.role is not Role.BOT:
            self._read(actor.id, outcome.conversation)
        if outcome.message is None or outcome.message.delivery is None:
            return None
        await self._send(outcome.message, told)
        return outcome.message

    async def _attached(self, actor: Actor, given: Sequence[File]) -> c.Files:
        """Files a colleague adds, as uploads of his own."""
        out = []
        for file in given:
            kind, content = files.content(file)
            id = digest("demo upload", actor.id, file.name)
            stored = await self._stores.files.store(StoredFile(id, file.name, kind, 0, f"agent:{actor.id}", self._clock.now()), content)
            out.append(FileId(stored.id))
        return tuple(out)

    async def _send(self, message: Message, told: Told) -> None:
        """What the outbox does with a message that is due, at the instant it was written."""
        claimed = await self._steps.committer.submit(ClaimSend(message.id, message.conversation))
        if isinstance(claimed, delivery.NotDue):
            raise InboxError("an answer of the demo workspace could not be sent")
        outcome, external_id = await self._courier.send(claimed[0], claimed[1].delivery)
        await self._steps.committer.submit(Report(message.id, message.conversation, outcome, external_id))
        told.answer, _ = self._latest()
        told.ids += [f"<{external_id.strip('<>')}>"] if external_id else []

    def _read(self, agent: str, conversation: Conversation) -> None:
        last = conversation.last
        mark = ReadState(AgentId(agent), conversation.id, conversation.inbound, last.id if last else None, last.at if last else 0)
        self._reads[agent, conversation.id] = mark


def _actor(person: Person) -> Actor:
    return Actor(AgentId(person.id), Role(person.role), tuple(TeamId(t) for t in person.teams))


def _commands(step: Step, conversation: ConversationId, client_id: str, uploads: c.Files, now: Instant) -> Iterator[c.Command]:
    """What a colleague's step asks for, in order: he takes it or passes it on, writes, and sorts it in."""
    if step.assign or step.team:
        agent = AgentId(step.assign) if step.assign else UNSET
        yield c.Assign(conversation, agent=agent, team=TeamId(step.team) if step.team else UNSET)
    if step.text and step.note:
        yield c.Note(conversation, client_id, step.text.strip(), uploads, tuple(AgentId(id) for id in step.mentions))
    elif step.text:
        yield c.Reply(conversation, client_id, step.text.strip(), files=uploads, anyway=True)
    yield from _changes(step, conversation, now)


def _changes(step: Step, conversation: ConversationId, now: Instant) -> Iterator[c.Command]:
    if step.bot:
        yield c.GiveToBot(conversation, AgentId(step.bot))
    if step.hand_over:
        yield c.HandOver(conversation, step.hand_over)
    if step.tags:
        yield c.SetTags(conversation, add=step.tags)
    if step.priority:
        yield c.SetPriority(conversation, step.priority)
    if step.status:
        yield c.SetStatus(conversation, step.status, until=now + milliseconds(step.until) if step.until else None)
