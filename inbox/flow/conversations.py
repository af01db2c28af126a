"""Carries out one command: ask the gate, decide, commit, answer. The same for agents, bots and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct, UnsetType
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core import lifecycle
from inbox.core.agent import Agent, Role
from inbox.core.attributes import WANTED, attribute_id, entered, fits
from inbox.core.conversation import Conversation
from inbox.core.customer import MAX_ATTRIBUTES, Customer
from inbox.core.errors import Conflict, Invalid, NewerReply, NotFound
from inbox.core.events import EventType, facets
from inbox.core.ids import ConversationId, FileId, MessageId, command_message_id, digest
from inbox.core.message import Attachment, Kind, Message, Reason
from inbox.core.permissions import Actor, require, require_channel
from inbox.core.scheduling import Besides
from inbox.core.undoing import Left, LeftAgent
from inbox.flow import amending, calling, scheduling, splitting, tagging, writing
from inbox.flow.accounts import ChangeAgent
from inbox.flow.committer import Committer, Rank
from inbox.flow.giving import require_readers, to_queue
from inbox.flow.idempotency import call_id, earlier, remember
from inbox.flow.recounts import customer_changed
from inbox.flow.undoing import AsLeft
from inbox.flow.working import Layer
from inbox.ports import Files, Queries
from inbox.records import ATTRIBUTES, CUSTOMERS, IDEMPOTENCY, MESSAGES, StoredFile

TRIES = 3


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
    besides: Besides | None = None
    rank: Rank = Rank.COMMAND
    cause: str = ""

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
        if outcome.conversation is not None and outcome.message is not None:
            remember(layer, self.actor.id, self.key, self._body(), outcome.conversation.id, outcome.message.id)
        return outcome

    def _conversation(self, layer: Layer) -> Conversation | None:
        """The conversation as the actor may see it; None when one is to be started."""
        action = c.ACTIONS[type(self.command)]
        if not isinstance(self.command, c.InConversation):
            require(self.actor, action)
            if isinstance(self.command, c.StartConversation | c.StartCall):
                require_channel(self.actor, self.command.channel)
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
        layer.need((MESSAGES, [mid] if mid else []), (IDEMPOTENCY, [call_id(self.actor.id, self.key)] if self.key else []))
        known = earlier(layer, self.actor.id, self.key, self._body())
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
        same_kind = _writes(self.command) is message.kind
        return same_place and same_kind and message.text.startswith(text)

    def _body(self) -> str:
        return digest(msgspec.json.encode(self.command))

    def _carry_out(self, layer: Layer, before: Conversation | None) -> Outcome:
        match self.command:
            case c.StartConversation() as command:
                return Outcome(*writing.start(layer, self.actor, command, self.files, self.signing))
            case c.StartCall() as command:
                return Outcome(*calling.start(layer, self.actor, command, self.signing))
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
            case c.LogCall() as command:
                return Outcome(*calling.log(layer, before, self.actor, command))
            case c.Retry() | c.CancelSend() | c.SendNow() as command:
                return Outcome(*scheduling.redeliver(layer, before, writing.author_of(self.actor), command, self.besides))
            case c.Amend() as command:
                return Outcome(*amending.ask(layer, before, self.actor, command))
            case c.MarkSeen(message=id):
                return _see(layer, before, self.actor, id)
            case _:
                return None

    def _change(self, layer: Layer, before: Conversation) -> Conversation:
        decide = _CHANGES.get(type(self.command))
        if decide is None:
            raise Invalid("do", "unknown command")
        changed = decide(layer, before, self.actor, self.command)
        return layer.change(before, changed, writing.author_of(self.actor), cause=self.cause)


def _writes(command: c.Command) -> Kind:
    match command:
        case c.Note():
            return Kind.NOTE
        case c.LogCall() | c.StartCall():
            return Kind.CALL
        case _:
            return Kind.REPLY


Change = Callable[[Layer, Conversation, Actor, Any], lifecycle.Changed]


def _assign(layer: Layer, before: Conversation, actor: Actor, command: c.Assign) -> lifecycle.Changed:
    if not isinstance(command.agent, UnsetType) and command.agent is not None:
        agent = layer.agent(command.agent)
        if agent is None or not agent.active or agent.role == "bot":
            raise Invalid("assignee", "there is no such colleague")
    require_readers(before, command.team, layer.desk)
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


def _follow(layer: Layer, before: Conversation, actor: Actor, command: c.Follow) -> lifecycle.Changed:
    if actor.role is Role.BOT:
        raise Invalid("follow", "a bot is told of what it serves")
    one = (actor.id,)
    return lifecycle.set_followers(before, one) if command.follow else lifecycle.set_followers(before, remove=one)


_CHANGES: Mapping[type[c.Command], Change] = {
    c.Assign: _assign,
    c.MoveToQueue: lambda layer, before, actor, x: to_queue(layer, before, actor.id, x.queue),
    c.GiveToBot: _give_to_bot,
    c.HandOver: lambda layer, before, actor, x: lifecycle.bot_leaves(before, layer.now, Reason(x.code or "handed_over", (actor.id,))),
    c.SetStatus: lambda layer, before, actor, x: lifecycle.set_category(before, x.category, layer.now, x.until, x.status),
    c.SetPriority: lambda layer, before, actor, x: lifecycle.set_priority(before, x.priority),
    c.SetTags: tagging.set_tags,
    c.Follow: _follow,
    c.SetSubject: lambda layer, before, actor, x: lifecycle.set_subject(before, x.subject),
    c.AcceptParticipant: lambda layer, before, actor, x: lifecycle.accept_participant(before, x.kind, x.value),
}


def _see(layer: Layer, before: Conversation, actor: Actor, id: MessageId) -> Outcome:
    """Only the first look counts, and only where the customer is shown it."""
    layer.need((MESSAGES, (id,)))
    message = layer.get(MESSAGES, id)
    if message is None or message.conversation not in before.whole:
        raise NotFound
    facts = layer.channels.get(message.channel) if message.channel else None
    if message.kind is not Kind.CUSTOMER or message.seen_at is not None or facts is None or not facts.live:
        return Outcome(before, message)
    stored = layer.add_message(replace(message, seen_at=layer.now))
    seen = lifecycle.Changed(before, (lifecycle.Happened(EventType.MESSAGE_CHANGED),))
    return Outcome(layer.change(before, seen, writing.author_of(actor), stored), stored)


def _edit_customer(layer: Layer, actor: Actor, command: c.EditCustomer) -> Outcome:
    conversation = layer.conversation(command.conversation) if command.conversation else None
    require(actor, c.ACTIONS[c.EditCustomer], facets(conversation) if conversation else None)
    before = layer.person(command.customer)
    if before is None:
        raise NotFound
    if before.version != command.version:
        raise Conflict("Somebody else changed this person; load again.")
    given = {name: getattr(command, name) for name in ("name", "company", "language", "notes")}
    _check_kinds(layer, before, command)
    attributes = entered(before.attributes, command.attributes)
    if len(attributes) > MAX_ATTRIBUTES:
        raise Invalid("attributes", f"at most {MAX_ATTRIBUTES}")
    fields = {name: value for name, value in given.items() if not isinstance(value, UnsetType)}
    stored = layer.put(CUSTOMERS, replace(before, attributes=attributes, **fields))
    customer_changed(layer, before, stored, writing.author_of(actor))
    return Outcome(customer=stored)


def _check_kinds(layer: Layer, before: Customer, command: c.EditCustomer) -> None:
    """What is entered is of its attribute's kind; what was there before stays as it is. Raises ``Invalid``."""
    news = {key: value for key, value in command.attributes.items() if value is not None and before.attributes.get(key) != value}
    layer.need((ATTRIBUTES, map(attribute_id, news)))
    for key, value in news.items():
        known = layer.get(ATTRIBUTES, attribute_id(key))
        if known is not None and not fits(known, value):
            raise Invalid("attributes", f"{key}: {WANTED[known.kind]}")


@dataclass(frozen=True)
class Together:
    """Several commands in one conversation, all of them or none; with ``inbound`` none when the customer has written since."""

    conversation: ConversationId
    steps: tuple[Execute | AsLeft, ...]
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
        return [step.decide(layer) for step in self.steps][-1]


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
                case c.CancelSend():
                    return await self._take_back(actor, command, key)
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
        for _ in range(TRIES - 1):
            moved = await splitting.find(self._queries, command)
            with suppress(splitting.Moving):
                return await self._committer.submit(Execute(actor, command, key, self._signing[0], moved=moved))
        moved = await splitting.find(self._queries, command)
        return await self._committer.submit(Execute(actor, command, key, self._signing[0], moved=moved))

    async def _take_back(self, actor: Actor, command: c.CancelSend, key: str) -> Outcome:
        """What is there besides it is read beforehand, and anew should something come in meanwhile; at last it is called back without."""
        for _ in range(TRIES):
            seen = await scheduling.besides(self._queries, command)
            with suppress(scheduling.Moving):
                return await self._committer.submit(Execute(actor, command, key, self._signing[0], besides=seen))
        return await self._committer.submit(Execute(actor, command, key, self._signing[0]))

    async def together(self, actor: Actor, commands: Sequence[c.InConversation], inbound: int) -> bool:
        """Carry out all of them in one commit, in this order, if the customer has written ``inbound`` messages and no more."""
        steps = tuple(Execute(actor, command, "", self._signing[0]) for command in commands)
        return await self._committer.submit(Together(commands[0].conversation, steps, inbound)) is not None

    async def change(self, actor: Actor, commands: Sequence[c.InConversation], left: Left | None = None) -> Outcome:
        """Carry out all of them in one commit, in this order, or none; ``left``: only if it is as an act left it, which they undo."""
        for command in commands:
            await self._check_team(command)
        steps = tuple(Execute(actor, command, "", self._signing[0]) for command in commands)
        first = (AsLeft(commands[0].conversation, left),) if left is not None else ()
        return await self._committer.submit(Together(commands[0].conversation, (*first, *steps))) or Outcome()

    async def change_agent(self, actor: Actor, agent: str, fields: Mapping[str, Any], left: LeftAgent | None = None) -> Agent:
        """Change an account's own fields, with ``left`` only if it is as an act left it; the caller has asked the gate."""
        return await self._committer.submit(ChangeAgent(actor, agent, fields, left))

    async def _attachments(self, actor: Actor, command: c.Command) -> tuple[Attachment, ...]:
        """The named uploads, which must be the author's own, or of an answer of this conversation that was taken back. They stay so
        until the message that names them is committed: a refused one may be written anew with them. Should a crash come in between,
        the sweep gives them to the message."""
        ids: tuple[FileId, ...] = getattr(command, "files", ())
        if not ids:
            return ()
        await self._ask_gate(actor, command)
        mid = command_message_id(actor.id, getattr(command, "client_id", ""))
        allowed = {f"agent:{actor.id}", f"message:{mid}"}
        out: list[Attachment] = []
        for id in dict.fromkeys(ids):
            stored = await self._files.find(id)
            if stored is None or (stored.owner not in allowed and not await self._taken_back(stored, command)):
                raise Invalid("files", "an attachment is gone; attach it again")
            out.append(Attachment(id, stored.name, stored.type, stored.size))
        return tuple(out)

    async def _taken_back(self, stored: StoredFile, command: c.Command) -> bool:
        kind, _, id = stored.owner.partition(":")
        if kind != "message" or not isinstance(command, c.InConversation):
            return False
        return scheduling.was_taken_back(await self._queries.message(MessageId(id)), command.conversation)

    async def _ask_gate(self, actor: Actor, command: c.Command) -> None:
        found = None
        if isinstance(command, c.InConversation):
            found = await self._queries.conversation(command.conversation)
            if found is None:
                raise NotFound
        require(actor, c.ACTIONS[type(command)], facets(found) if found is not None else None)
