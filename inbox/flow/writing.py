"""What agents and bots write: replies, notes, forwards and first messages, decided on the working set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from inbox.core import choices, lifecycle, matching, scheduling, tokens, triage
from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Conversation, Participant
from inbox.core.customer import Customer, Identity, identity_id
from inbox.core.errors import Invalid, NewerReply, NotFound
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId, command_message_id
from inbox.core.message import MAIL_ADDRESS, Address, Attachment, Author, Card, Delivery, DeliveryState, Kind, Message, Reason, Recipient
from inbox.core.permissions import ALLOWED, Action, Actor, may, require
from inbox.flow import consent, placing, templates
from inbox.flow import scheduling as timing
from inbox.flow.working import ChannelFacts, Layer
from inbox.records import CUSTOMERS, IDENTITIES, MESSAGES, THREAD_KEYS, ThreadKey

MAX_FORWARDED = 100_000


def author_of(actor: Actor) -> Author:
    """The author as messages and events name him."""
    return Author("bot" if actor.role is Role.BOT else "agent", actor.id)


def reply(
    layer: Layer, before: Conversation, actor: Actor, command: c.Reply, files: tuple[Attachment, ...], signing: bytes
) -> tuple[Conversation, Message]:
    """Answer on the channel where the customer wrote last. Raises ``NewerReply``, ``Invalid``."""
    _not_empty(command, files)
    if not command.anyway:
        _guard(layer, before, actor, command.seen)
    facts = _sending(layer, before.reply_channel or before.channel)
    due = scheduling.due(command.send_at, command.hold, layer.now)
    if facts.window is not None and command.template is None and due > (before.heard_at or 0) + facts.window:
        raise Invalid("channel", _closed(facts, facts.window))
    named, cc, bcc = _recipients(command)
    to = named or _participants(before, facts)
    if not to:
        raise Invalid("to", "nobody to write to: accept a participant or name an address")
    consent.require(layer, facts, (*to, *cc, *bcc))
    message = _said(layer, before, before.id, actor, command, facts, files)
    message = _addressed(message, to, cc, bcc, command.subject)
    message = timing.timed(message, command, due, before)
    known = with_addressed(before.participants, (*message.to, *message.cc), facts)
    changed = _queued(layer, replace(before, participants=known), message, command, facts)
    if command.send_at is None:
        changed = changed.then(lambda now: _taken(now, actor, layer.now))
    layer.add_message(message)
    remember_own(layer, message, facts, signing)
    return layer.change(before, changed, author_of(actor), message), message


def _queued(layer: Layer, widened: Conversation, message: Message, command: c.Reply, facts: ChannelFacts) -> lifecycle.Changed:
    """What follows for the conversation: of an answer for later, nothing yet."""
    if command.send_at is not None:
        return scheduling.planned(widened, message, layer.now)
    widened = replace(widened, mail_due=timing.mail_due(widened, facts, layer.now))
    changed = lifecycle.reply_queued(widened, message, layer.now)
    if command.then is None:
        return changed
    return changed.then(lambda x: lifecycle.set_category(x, command.then or x.category, layer.now))


def _taken(answered: Conversation, actor: Actor, now: Instant) -> lifecycle.Changed:
    """Who answers what nobody holds has it from now on, so that the customer's next line comes to him."""
    if answered.assignee is not None or actor.role is Role.BOT or may(actor, Action.ASSIGN, facets(answered)) != ALLOWED:
        return lifecycle.Changed(answered)
    return lifecycle.assign(answered, actor.id, UNSET, Reason("answered", (actor.id,)), now)


def _guard(layer: Layer, before: Conversation, actor: Actor, seen: MessageId | None) -> None:
    """Stops an answer over a colleague's that its author has not seen."""
    newest = before.last_reply
    if newest is None or newest.author == actor.id:
        return
    if seen is not None:
        layer.need((MESSAGES, (seen,)))
        known = layer.get(MESSAGES, seen)
        if known is not None and known.conversation in before.whole and (known.arrived_at, known.id) >= (newest.at, newest.id):
            return
    raise NewerReply((newest.id,))


def note(layer: Layer, before: Conversation, actor: Actor, command: c.Note, files: tuple[Attachment, ...]) -> tuple[Conversation, Message]:
    """Write a private note. Raises ``Denied`` for a whisper by somebody who is no supervisor, ``Invalid`` where nobody would hear it."""
    if not command.text.strip() and not files:
        raise Invalid("text", "write something or attach a file")
    mid = command_message_id(actor.id, command.client_id)
    at = layer.moment(before)
    message = Message(
        id=mid,
        conversation=before.id,
        kind=Kind.NOTE,
        author=author_of(actor),
        at=at,
        arrived_at=at,
        text=command.text,
        attachments=files,
        client_id=command.client_id,
        mentions=command.mentions,
        whisper=_heard_by(before, actor) if command.whisper else None,
    )
    if command.whisper and command.mentions:
        raise Invalid("mentions", "a whisper is for the conversation's agent alone")
    layer.add_message(message)
    return layer.change(before, lifecycle.note_written(before, message, layer.now), message.author, message), message


def _heard_by(before: Conversation, actor: Actor) -> AgentId:
    require(actor, Action.SUPERVISE)
    if before.assignee is None or before.assignee == actor.id:
        raise Invalid("whisper", "somebody else must hold the conversation")
    return before.assignee


def forward(
    layer: Layer, before: Conversation, actor: Actor, command: c.Forward, files: tuple[Attachment, ...]
) -> tuple[Conversation, Message]:
    """Send a message of the conversation on to somebody outside; he does not become a participant."""
    layer.need((MESSAGES, (command.message,)))
    original = layer.get(MESSAGES, command.message)
    if original is None or original.conversation not in before.whole:
        raise NotFound
    if original.kind in (Kind.NOTE, Kind.CALL):
        raise Invalid("message", "a private note or a call cannot be forwarded")
    facts = _sending(layer, before.reply_channel or before.channel)
    if facts.conversational:
        raise Invalid("message", "this channel cannot forward")
    subject = command.subject or f"Fwd: {before.subject}"[:900]
    text = f"{command.text}\n\n{_forwarded_text(original)}".lstrip("\n")
    message = _outbound(layer, before, before.id, actor, command.client_id, facts, text, (*files, *original.attachments))
    message = _addressed(message, *_recipients(command), subject)
    message = timing.held(replace(message, forwards=original.id), command.hold, before)
    layer.add_message(message)
    return layer.change(before, lifecycle.forwarded(before, message, layer.now), message.author, message), message


def _forwarded_text(original: Message) -> str:
    sender = original.sender
    name = "" if sender is None else f"{sender.name} <{sender.value}>" if sender.name else sender.value
    head = [f"From: {name}"] if name else []
    to = ", ".join(a.value for a in original.to[:20])
    head += [f"To: {to}"] if to else []
    head += [f"Subject: {original.subject}"] if original.subject else []
    body = original.text[: original.fresh][:MAX_FORWARDED]
    return "\n".join(("---------- Forwarded message ----------", *head, "", body))


def start(
    layer: Layer, actor: Actor, command: c.StartConversation, files: tuple[Attachment, ...], signing: bytes
) -> tuple[Conversation, Message]:
    """Write first. The person is the named one, else whoever is known by the first address, else a new one."""
    _not_empty(command, files)
    facts = _sending(layer, command.channel)
    if facts.window is not None and command.template is None:
        raise Invalid(*_closed_at_first(facts))
    to, cc, bcc = _recipients(command)
    consent.require(layer, facts, (*to, *cc, *bcc))
    due = scheduling.due(command.send_at, command.hold, layer.now)
    customer = addressee(layer, actor, command, to[0], facts)
    id = ConversationId(layer.derive("conversation", actor.id, command.client_id))
    message = _said(layer, None, id, actor, command, facts, files)
    message = timing.timed(_addressed(message, to, cc, bcc, command.subject), command, due, None)
    first = Participant(to[0].kind, to[0].value, to[0].name, customer=customer.id)
    seed = Conversation(
        id=id,
        number=0,
        version=0,
        channel=facts.id,
        reply_channel=facts.id,
        customer=customer.id,
        created_at=layer.now,
        updated_at=layer.now,
        subject=command.subject[:500],
        team=facts.team,
        participants=with_addressed((first,), (*to, *cc), facts),
        assignee=actor.id,
        assign_reason=Reason("started_by", (actor.id,)),
    )
    token = placing.token_key(tokens.reply_token(signing, id))
    layer.insert(THREAD_KEYS, ThreadKey(token, "token", id, at=layer.now))
    layer.add_message(message)
    remember_own(layer, message, facts, signing)
    begin = lifecycle.started if command.send_at is None else scheduling.begun_later
    changed = begin(replace(seed, number=layer.number()), message, layer.now, facts.policy)
    return layer.change(None, changed, message.author, message), message


def addressee(layer: Layer, actor: Actor, command: c.StartConversation | c.StartCall, to: Address, facts: ChannelFacts) -> Customer:
    """Whom the actor turns to first: the named person, else whoever is known by the address, else a new one. Raises ``Invalid``."""
    id = identity_id(to.kind, facts.scope, to.value)
    layer.need((IDENTITIES, (id,)))
    identity = layer.get(IDENTITIES, id)
    owner = identity.customer if identity is not None and identity.how != matching.STATED else None
    known = command.customer or owner
    if known is not None:
        customer = layer.person(known)
        if customer is None:
            raise Invalid("customer", "there is no such person")
        if owner is not None and owner in customer.absorbed:
            customer = layer.people(owner)[0]
    else:
        new = CustomerId(layer.derive("customer", actor.id, command.client_id))
        customer = layer.insert(CUSTOMERS, Customer(new, to.name, layer.now))
    if identity is None or (identity.how == matching.STATED and known is None):
        layer.put(IDENTITIES, Identity(id, to.kind, to.value, customer.id, facts.scope, to.name, how="entered", since=layer.now))
        layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, author_of(actor), customer=customer.id))
    return customer


def channel_of(layer: Layer, id: ChannelId) -> ChannelFacts:
    """A channel that runs. Raises ``Invalid``."""
    facts = layer.channels.get(id)
    if facts is None:
        raise Invalid("channel", "this channel is not set up here any more")
    return facts


def _sending(layer: Layer, id: ChannelId) -> ChannelFacts:
    facts = channel_of(layer, id)
    if not facts.sends:
        raise Invalid("channel", "nothing can be written by this channel, it only keeps calls; write a note, or begin a new conversation")
    return facts


def remember_own(layer: Layer, message: Message, facts: ChannelFacts, signing: bytes) -> None:
    """What is written to somebody on a chat-like channel is his open conversation from now on."""
    if not facts.conversational:
        return
    for address in message.to:
        identity = identity_id(address.kind, facts.scope, address.value)
        placing.hold_open(layer, message.conversation, placing.open_key(facts.id, identity))


def _recipients(command: c.Reply | c.Forward | c.StartConversation) -> tuple[tuple[Address, ...], tuple[Address, ...], tuple[Address, ...]]:
    """To, Cc and Bcc. Raises ``Invalid``."""
    return _addresses(command.to, "to"), _addresses(command.cc, "cc"), _addresses(command.bcc, "bcc")


def _addresses(addressees: Iterable[c.Addressee], field: str) -> tuple[Address, ...]:
    """Addresses without repetitions. Those with an @ are in lower case, as the channels write them: one person, one identity.
    Raises ``Invalid`` for a mail address that cannot be one: it would keep the whole message from leaving."""
    out: dict[tuple[str, str], Address] = {}
    for one in addressees:
        value = one.value.strip()
        value = value.lower() if "@" in value else value
        if one.kind == "email" and not re.fullmatch(MAIL_ADDRESS, value):
            raise Invalid(field, f"{value!r} is no mail address")
        out.setdefault((one.kind, value.casefold()), Address(one.kind, value, one.name.strip()))
    return tuple(out.values())


def with_addressed(present: tuple[Participant, ...], recipients: Sequence[Address], facts: ChannelFacts) -> tuple[Participant, ...]:
    """Whoever an agent writes to takes part, and is accepted by that."""
    wanted = {(a.kind, a.value): a for a in recipients if a.value.lower() not in facts.own}
    kept = tuple(replace(p, accepted=True) if (p.kind, p.value) in wanted else p for p in present)
    have = {(p.kind, p.value) for p in present}
    added = tuple(Participant(a.kind, a.value, a.name) for key, a in wanted.items() if key not in have)
    return (*kept, *added)[: lifecycle.MAX_PARTICIPANTS]


def _participants(before: Conversation, facts: ChannelFacts) -> tuple[Address, ...]:
    return tuple(Address(p.kind, p.value, p.name) for p in triage.answered(before.participants) if p.kind == facts.kind)


def _not_empty(command: c.Reply | c.StartConversation, files: tuple[Attachment, ...]) -> None:
    if command.template is not None:
        if isinstance(command, c.Reply) and (command.choices or command.sticker):
            raise Invalid("choices", "a template has its own buttons")
        if command.text:
            raise Invalid("text", "a template has its own words")
        return
    if isinstance(command, c.Reply) and command.sticker:
        if command.text or files or command.choices:
            raise Invalid("sticker", "a sticker goes alone")
    elif not command.text.strip() and not files:
        raise Invalid("text", "write something or attach a file")


def _closed_at_first(facts: ChannelFacts) -> tuple[str, str]:
    if facts.templates:
        return "template", "on this channel only a template can begin a conversation"
    return "channel", "on this channel the customer has to write first"


def _closed(facts: ChannelFacts, window: int) -> str:
    hours = window // 3_600_000
    instead = "send a template, or wait until he writes again" if facts.templates else "he has to write again first"
    return f"here you may write within {hours} hours after the customer's last message; {instead}"


def _said(
    layer: Layer,
    before: Conversation | None,
    conversation: ConversationId,
    actor: Actor,
    command: c.Reply | c.StartConversation,
    facts: ChannelFacts,
    files: tuple[Attachment, ...],
) -> Message:
    """The message with its author's words, or those of the template he chose."""
    if command.template is None:
        offered = choices.checked(command.choices, command.text) if isinstance(command, c.Reply) else ()
        _fits(facts, choices.numbered(command.text, offered))
        message = _outbound(layer, before, conversation, actor, command.client_id, facts, command.text, files)
        return replace(_sticking(message, command, facts), choices=offered)
    text, card, filled = templates.use(layer, facts, command.template, files)
    message = _outbound(layer, before, conversation, actor, command.client_id, facts, text, files)
    return replace(message, cards=(card,), template=filled)


def _sticking(message: Message, command: c.Reply | c.StartConversation, facts: ChannelFacts) -> Message:
    """With the sticker it is, if it is one. Raises ``Invalid``."""
    if not isinstance(command, c.Reply) or not command.sticker:
        return message
    found = next((one for one in facts.stickers if one.id == command.sticker), None)
    if found is None:
        raise Invalid("sticker", "this channel does not send this sticker")
    return replace(message, sticker=found.id, cards=(Card("sticker", found.sign),))


def _fits(facts: ChannelFacts, text: str) -> None:
    if facts.text_limit is not None and len(text) > facts.text_limit:
        raise Invalid("text", f"this channel takes at most {facts.text_limit} characters")


def _outbound(
    layer: Layer,
    before: Conversation | None,
    conversation: ConversationId,
    actor: Actor,
    client_id: str,
    facts: ChannelFacts,
    text: str,
    files: tuple[Attachment, ...],
) -> Message:
    at = layer.moment(before)
    return Message(
        id=command_message_id(actor.id, client_id),
        conversation=conversation,
        kind=Kind.REPLY,
        author=author_of(actor),
        at=at,
        arrived_at=at,
        channel=facts.id,
        text=text,
        attachments=files,
        client_id=client_id,
    )


def _addressed(message: Message, to: tuple[Address, ...], cc: tuple[Address, ...], bcc: tuple[Address, ...], subject: str) -> Message:
    known = {(a.kind, a.value) for a in to}
    cc = tuple(a for a in cc if (a.kind, a.value) not in known)
    known |= {(a.kind, a.value) for a in cc}
    bcc = tuple(a for a in bcc if (a.kind, a.value) not in known)
    recipients = tuple(Recipient(a.value, DeliveryState.PENDING) for a in (*to, *cc, *bcc))
    due = Delivery(DeliveryState.PENDING, due_at=message.at, recipients=recipients)
    return replace(message, to=to, cc=cc, bcc=bcc, subject=subject, delivery=due)
