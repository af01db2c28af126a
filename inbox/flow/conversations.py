"""Carries out one command: ask the gate, decide, commit, answer. The same for agents, bots and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct, UnsetType
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core import delivery, lifecycle
from inbox.core.agent import Agent
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer
from inbox.core.errors import Conflict, Invalid, KeyReused, NewerReply, NotFound
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import ConversationId, FileId, MessageId, command_message_id, digest
from inbox.core.message import Attachment, Delivery, Kind, Message, Reason
from inbox.core.permissions import Actor, require
from inbox.flow import splitting, writing
from inbox.flow.committer import Committer, Rank
from inbox.flow.working import Layer
from inbox.ports import Files, Queries
from inbox.records import AGENTS, CUSTOMERS, IDEMPOTENCY, MESSAGES, Remembered

MAX_ATTRIBUTES = 100
SPLIT_TRIES = 3


class Outcome(Struct, frozen=True):
    """What a command led to. ``duplicate``: the same command had been carried out before."""

    conversation: Conversation | None = None
    message: Message | None = None
    customer: Customer | None = None
    duplicate: bool = False


@dataclass(frozen=True)
class Execute:
    """One command of one actor on the working set."""

    actor: Actor
    command: c.Command
    key: str
    signing: bytes
    files: tuple[Attachment, ...] = ()
    moved: splitting.Moved | None = None
    rank: Rank = Rank.COMMAND

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return getattr(self.command, "conversation", None) or self.actor.id

    @property
    def size(self) -> int:
        """Bytes of text."""
        return 2000 + len(getattr(self.command, "text", ""))

    def decide(self, layer: Layer) -> Outcome:
        """Raises the errors of the gate and of the rules."""
        if isinstance(self.command, c.EditCustomer):
            return _edit_customer(layer, self.actor, self.command)
        before = self._conversation(layer)
        repeated = self._repeated(layer, before)
        if repeated is not None:
            return repeated
        outcome = self._carry_out(layer, before)
        if self.key and outcome.conversation is not None and outcome.message is not None:
            id, body = self._remembered_id(), self._body()
            layer.put(IDEMPOTENCY, Remembered(id, body, outcome.conversation.id, outcome.message.id, layer.now))
        return outcome

    def _conversation(self, layer: Layer) -> Conversation | None:
        """The conversation as the actor may see it; None when one is to be started."""
        action = c.ACTIONS[type(self.command)]
        if not isinstance(self.command, c.InConversation):
            require(self.actor, action)
            return None
        found = layer.conversation(self.command.conversation)
        if found is None:
            raise NotFound
        require(self.actor, action, facets(found))
        return found

    def _repeated(self, layer: Layer, before: Conversation | None) -> Outcome | None:
        """What the same command made before: known by the idempotency key, or by the author's id of the message.

        Raises ``KeyReused`` or ``Invalid`` when that was another command.
        """
        client_id = getattr(self.command, "client_id", None)
        mid = command_message_id(self.actor.id, client_id) if client_id else None
        layer.need((MESSAGES, [mid] if mid else []), (IDEMPOTENCY, [self._remembered_id()] if self.key else []))
        known = layer.get(IDEMPOTENCY, self._remembered_id()) if self.key else None
        if known is not None and known.body != self._body():
            raise KeyReused
        found = known.message if known is not None else mid
        if found is None:
            return None
        layer.need((MESSAGES, (found,)))
        message = layer.get(MESSAGES, found)
        if message is None:
            return None
        conversation = layer.conversation(message.conversation)
        if known is None and not self._made(message, conversation, before):
            raise Invalid("client_id", "this id was used for another message")
        return Outcome(conversation, message, duplicate=True)

    def _made(self, message: Message, conversation: Conversation | None, before: Conversation | None) -> bool:
        """Whether this command can have written the message: of its kind, in its conversation, with its text."""
        text = getattr(self.command, "text", "")
        same_place = before is None or (conversation is not None and conversation.id == before.id)
        same_kind = (message.kind is Kind.NOTE) == isinstance(self.command, c.Note)
        return same_place and same_kind and message.text.startswith(text)

    def _remembered_id(self) -> str:
        return digest("idempotency", self.actor.id, self.key)

    def _body(self) -> str:
        return digest(msgspec.json.encode(self.command))

    def _carry_out(self, layer: Layer, before: Conversation | None) -> Outcome:
        match self.command:
            case c.StartConversation() as command:
                return Outcome(*writing.start(layer, self.actor, command, self.files, self.signing))
            case c.SplitParticipant() as command if before is not None and self.moved is not None:
                return Outcome(splitting.split(layer, before, self.actor, command, self.moved, self.signing))
        if before is None:
            raise NotFound
        return self._write(layer, before) or Outcome(self._change(layer, before))

    def _write(self, layer: Layer, before: Conversation) -> Outcome | None:
        match self.command:
            case c.Reply() as command:
                return Outcome(*writing.reply(layer, before, self.actor, command, self.files, self.signing))
            case c.Note() as command:
                return Outcome(*writing.note(layer, before, self.actor, command, self.files))
            case c.Forward() as command:
                return Outcome(*writing.forward(layer, before, self.actor, command, self.files))
            case c.Retry(message=id):
                return _redeliver(layer, before, self.actor, id, lambda d: delivery.again(d, layer.now))
            case c.CancelSend(message=id):
                return _redeliver(layer, before, self.actor, id, delivery.cancel)
            case c.MarkSeen(message=id):
                return _see(layer, before, self.actor, id)
            case _:
                return None

    def _change(self, layer: Layer, before: Conversation) -> Conversation:
        decide = _CHANGES.get(type(self.command))
        if decide is None:
            raise Invalid("do", "unknown command")
        changed = decide(layer, before, self.actor, self.command)
        return layer.change(before, changed, writing.author_of(self.actor))


Change = Callable[[Layer, Conversation, Actor, Any], lifecycle.Changed]


def _assign(layer: Layer, before: Conversation, actor: Actor, command: c.Assign) -> lifecycle.Changed:
    if not isinstance(command.agent, UnsetType) and command.agent is not None:
        agent = layer.agent(command.agent)
        if agent is None or not agent.active or agent.role == "bot":
            raise Invalid("assignee", "there is no such colleague")
    taken = (before.assignee,) if command.agent is None and before.assignee is not None else ()
    return lifecycle.assign(before, command.agent, command.team, Reason("by_hand", (actor.id, *taken)), layer.now)


def _give_to_bot(layer: Layer, before: Conversation, actor: Actor, command: c.GiveToBot) -> lifecycle.Changed:
    if command.bot is None:
        return lifecycle.bot_leaves(before, layer.now, Reason("taken_over", (actor.id,)))
    bot = layer.agent(command.bot)
    if bot is None or not bot.active or bot.role != "bot":
        raise Invalid("bot", "there is no such bot")
    free = lifecycle.assign(before, None, msgspec.UNSET, Reason("given_to_bot", (actor.id, bot.id)), layer.now)
    served = free.then(lambda x: lifecycle.bot_enters(x, bot.id, layer.now))
    # Between the agent and the bot it belongs to nobody, but not for anybody to see.
    return lifecycle.Changed(served.conversation, tuple(h for h in served.happened if h.type is not EventType.QUEUED))


_CHANGES: Mapping[type[c.Command], Change] = {
    c.Assign: _assign,
    c.GiveToBot: _give_to_bot,
    c.HandOver: lambda layer, before, actor, x: lifecycle.bot_leaves(before, layer.now, Reason(x.code or "handed_over", (actor.id,))),
    c.SetStatus: lambda layer, before, actor, x: lifecycle.set_category(before, x.category, layer.now, x.until, x.status),
    c.SetPriority: lambda layer, before, actor, x: lifecycle.set_priority(before, x.priority),
    c.SetTags: lambda layer, before, actor, x: lifecycle.set_tags(before, x.add, x.remove),
    c.SetSubject: lambda layer, before, actor, x: lifecycle.set_subject(before, x.subject),
    c.AcceptParticipant: lambda layer, before, actor, x: lifecycle.accept_participant(before, x.kind, x.value),
}


def _redeliver(layer: Layer, before: Conversation, actor: Actor, id: MessageId, step: Callable[[Delivery], Delivery]) -> Outcome:
    layer.need((MESSAGES, (id,)))
    message = layer.get(MESSAGES, id)
    if message is None or message.conversation != before.id or message.delivery is None:
        raise NotFound
    stored = layer.add_message(replace(message, delivery=step(message.delivery)))
    changed = lifecycle.delivery_changed(before, stored, layer.now)
    return Outcome(layer.change(before, changed, writing.author_of(actor), stored), stored)


def _see(layer: Layer, before: Conversation, actor: Actor, id: MessageId) -> Outcome:
    """Only the first look counts, and only where the customer is shown it."""
    layer.need((MESSAGES, (id,)))
    message = layer.get(MESSAGES, id)
    if message is None or message.conversation != before.id:
        raise NotFound
    facts = layer.channels.get(message.channel) if message.channel else None
    if message.kind is not Kind.CUSTOMER or message.seen_at is not None or facts is None or not facts.live:
        return Outcome(before, message)
    stored = layer.add_message(replace(message, seen_at=layer.now))
    seen = lifecycle.Changed(before, (lifecycle.Happened(EventType.MESSAGE_CHANGED),))
    return Outcome(layer.change(before, seen, writing.author_of(actor), stored), stored)


def _edit_customer(layer: Layer, actor: Actor, command: c.EditCustomer) -> Outcome:
    layer.need((CUSTOMERS, (command.customer,)))
    conversation = layer.conversation(command.conversation) if command.conversation else None
    require(actor, c.ACTIONS[c.EditCustomer], facets(conversation) if conversation else None)
    before = layer.get(CUSTOMERS, command.customer)
    if before is None:
        raise NotFound
    if before.version != command.version:
        raise Conflict("Somebody else changed this person; load again.")
    given = {name: getattr(command, name) for name in ("name", "company", "language", "notes")}
    attributes = {k: v for k, v in {**before.attributes, **command.attributes}.items() if v is not None}
    if len(attributes) > MAX_ATTRIBUTES:
        raise Invalid("attributes", f"at most {MAX_ATTRIBUTES}")
    fields = {name: value for name, value in given.items() if not isinstance(value, UnsetType)}
    stored = layer.put(CUSTOMERS, replace(before, attributes=attributes, **fields))
    layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, writing.author_of(actor), customer=stored.id))
    return Outcome(customer=stored)


@dataclass(frozen=True)
class Together:
    """Several commands in one conversation, all of them or none; with ``inbound`` none when the customer has written since."""

    conversation: ConversationId
    steps: tuple[Execute, ...]
    inbound: int | None = None
    rank: Rank = Rank.COMMAND

    @property
    def group(self) -> str:
        """In order with everything else of the conversation."""
        return self.conversation

    @property
    def size(self) -> int:
        """Bytes of text."""
        return sum(step.size for step in self.steps)

    def decide(self, layer: Layer) -> Outcome | None:
        """What the last one led to; None when they were not carried out. Raises what the first refused one raises."""
        before = layer.conversation(self.conversation)
        if self.inbound is not None and (before is None or before.inbound != self.inbound):
            return None
        outcome = None
        for step in self.steps:
            outcome = step.decide(layer)
        return outcome


@dataclass(frozen=True)
class ChangeAgent:
    """Change fields of an account, such as its availability, name or teams; with the entry that tells everybody."""

    actor: Actor
    agent: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    rank: Rank = Rank.COMMAND
    size: int = 500

    @property
    def group(self) -> str:
        """One account's changes keep their order."""
        return self.agent

    def decide(self, layer: Layer) -> Agent:
        """The account afterwards."""
        layer.need((AGENTS, (self.agent,)))
        before = layer.get(AGENTS, self.agent)
        if before is None:
            raise NotFound
        stored = layer.put(AGENTS, replace(before, **self.fields))
        layer.event(Event(EventType.AGENT_CHANGED, layer.now, writing.author_of(self.actor), agent=stored.id))
        return stored


class Conversations:
    """The door for commands: fetches what a command refers to outside the working set, then has it committed."""

    def __init__(self, committer: Committer, queries: Queries, files: Files, signing: tuple[bytes, ...]) -> None:
        self._committer = committer
        self._queries = queries
        self._files = files
        self._signing = signing

    async def execute(self, actor: Actor, command: c.Command, key: str = "") -> Outcome:
        """Carry out; durable when it returns. ``NewerReply`` names every answer the author has not seen."""
        attachments = await self._attachments(actor, command)
        try:
            match command:
                case c.SplitParticipant():
                    return await self._split(actor, command, key)
                case _:
                    await self._check_team(command)
                    outcome = await self._committer.submit(Execute(actor, command, key, self._signing[0], attachments))
        except NewerReply as newer:
            seen = getattr(command, "seen", None)
            if seen is None or not isinstance(command, c.Reply):
                raise
            later = await self._queries.replies_after(command.conversation, seen)
            raise NewerReply(tuple(m.id for m in later if m.author.id != actor.id) or newer.newer) from None
        if attachments and outcome.message is not None:
            await self._files.adopt([a.file for a in attachments], f"message:{outcome.message.id}", outcome.message.conversation)
        return outcome

    async def _check_team(self, command: c.Command) -> None:
        if not isinstance(command, c.Assign) or not isinstance(command.team, str):
            return
        if all(known.id != command.team for known in await self._queries.teams()):
            raise Invalid("team", "there is no such team")

    async def _split(self, actor: Actor, command: c.SplitParticipant, key: str) -> Outcome:
        """Which messages are his is read beforehand; should something come in meanwhile, it is read again."""
        for _ in range(SPLIT_TRIES - 1):
            moved = await splitting.find(self._queries, command)
            with suppress(splitting.Moving):
                return await self._committer.submit(Execute(actor, command, key, self._signing[0], moved=moved))
        moved = await splitting.find(self._queries, command)
        return await self._committer.submit(Execute(actor, command, key, self._signing[0], moved=moved))

    async def together(self, actor: Actor, commands: Sequence[c.InConversation], inbound: int) -> bool:
        """Carry out all of them in one commit, in this order, if the customer has written ``inbound`` messages and no more."""
        steps = tuple(Execute(actor, command, "", self._signing[0]) for command in commands)
        return await self._committer.submit(Together(commands[0].conversation, steps, inbound)) is not None

    async def change(self, actor: Actor, commands: Sequence[c.InConversation]) -> Outcome:
        """Carry out all of them in one commit, in this order, or none. Raises what the first refused one raises."""
        for command in commands:
            await self._check_team(command)
        steps = tuple(Execute(actor, command, "", self._signing[0]) for command in commands)
        return await self._committer.submit(Together(commands[0].conversation, steps)) or Outcome()

    async def change_agent(self, actor: Actor, agent: str, fields: Mapping[str, Any]) -> Agent:
        """Change an account's own fields; the caller has asked the gate."""
        return await self._committer.submit(ChangeAgent(actor, agent, fields))

    async def _attachments(self, actor: Actor, command: c.Command) -> tuple[Attachment, ...]:
        """The named uploads, which must be the author's own. They stay so until the message that names them is committed: a
        refused one may be written anew with them. Should a crash come in between, the sweep gives them to the message."""
        ids: tuple[FileId, ...] = getattr(command, "files", ())
        if not ids:
            return ()
        await self._ask_gate(actor, command)
        mid = command_message_id(actor.id, getattr(command, "client_id", ""))
        allowed = {f"agent:{actor.id}", f"message:{mid}"}
        out: list[Attachment] = []
        for id in dict.fromkeys(ids):
            stored = await self._files.find(id)
            if stored is None or stored.owner not in allowed:
                raise Invalid("files", "an attachment is gone; attach it again")
            out.append(Attachment(id, stored.name, stored.type, stored.size))
        return tuple(out)

    async def _ask_gate(self, actor: Actor, command: c.Command) -> None:
        found = None
        if isinstance(command, c.InConversation):
            found = await self._queries.conversation(command.conversation)
            if found is None:
                raise NotFound
        require(actor, c.ACTIONS[type(command)], facets(found) if found is not None else None)
