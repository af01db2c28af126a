"""What agents and bots write: replies, notes, forwards and first messages, decided on the working set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core import lifecycle, matching, tokens, triage
from inbox.core.agent import Role
from inbox.core.conversation import Conversation, Participant
from inbox.core.customer import Customer, Identity, identity_id
from inbox.core.errors import Invalid, NewerReply, NotFound
from inbox.core.events import Event, EventType
from inbox.core.ids import ChannelId, ConversationId, CustomerId, MessageId, command_message_id
from inbox.core.message import Address, Attachment, Author, Delivery, DeliveryState, Kind, Message, Reason, Recipient
from inbox.core.permissions import Actor
from inbox.flow import placing
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
    if not command.text.strip() and not files:
        raise Invalid("text", "write something or attach a file")
    if not command.anyway:
        _guard(layer, before, actor, command.seen)
    facts = channel_of(layer, before.reply_channel or before.channel)
    _fits(facts, command.text)
    if facts.window is not None and layer.now > (before.heard_at or 0) + facts.window:
        hours = facts.window // 3_600_000
        raise Invalid("channel", f"here you may write within {hours} hours after the customer's last message; he has to write again first")
    to = addresses(command.to) or _participants(before, facts)
    if not to:
        raise Invalid("to", "nobody to write to: accept a participant or name an address")
    message = _outbound(layer, before, before.id, actor, command.client_id, facts, command.text, files)
    message = _addressed(message, to, addresses(command.cc), addresses(command.bcc), command.subject)
    known = with_addressed(before.participants, (*message.to, *message.cc), facts)
    mail_due = before.mail_due or layer.now + facts.unseen_ms if facts.live else before.mail_due
    widened = replace(before, participants=known, mail_due=mail_due)
    changed = lifecycle.reply_queued(widened, message, layer.now)
    if command.then is not None:
        changed = changed.then(lambda x: lifecycle.set_category(x, command.then or x.category, layer.now))
    layer.add_message(message)
    remember_own(layer, message, facts, signing)
    return layer.change(before, changed, author_of(actor), message), message


def _guard(layer: Layer, before: Conversation, actor: Actor, seen: MessageId | None) -> None:
    """Stops an answer over a colleague's that its author has not seen."""
    newest = before.last_reply
    if newest is None or newest.author == actor.id:
        return
    if seen is not None:
        layer.need((MESSAGES, (seen,)))
        known = layer.get(MESSAGES, seen)
        if known is not None and known.conversation == before.id and (known.arrived_at, known.id) >= (newest.at, newest.id):
            return
    raise NewerReply((newest.id,))


def note(layer: Layer, before: Conversation, actor: Actor, command: c.Note, files: tuple[Attachment, ...]) -> tuple[Conversation, Message]:
    """Write a private note."""
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
    )
    layer.add_message(message)
    return layer.change(before, lifecycle.note_written(before, message, layer.now), message.author, message), message


def forward(
    layer: Layer, before: Conversation, actor: Actor, command: c.Forward, files: tuple[Attachment, ...]
) -> tuple[Conversation, Message]:
    """Send a message of the conversation on to somebody outside; he does not become a participant."""
    layer.need((MESSAGES, (command.message,)))
    original = layer.get(MESSAGES, command.message)
    if original is None or original.conversation != before.id:
        raise NotFound
    if original.kind is Kind.NOTE:
        raise Invalid("message", "a private note cannot be forwarded")
    facts = channel_of(layer, before.reply_channel or before.channel)
    if facts.conversational:
        raise Invalid("message", "this channel cannot forward")
    subject = command.subject or f"Fwd: {before.subject}"[:900]
    text = f"{command.text}\n\n{_forwarded_text(original)}".lstrip("\n")
    message = _outbound(layer, before, before.id, actor, command.client_id, facts, text, (*files, *original.attachments))
    message = _addressed(message, addresses(command.to), addresses(command.cc), addresses(command.bcc), subject)
    message = replace(message, forwards=original.id)
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
    if not command.text.strip() and not files:
        raise Invalid("text", "write something or attach a file")
    facts = channel_of(layer, command.channel)
    _fits(facts, command.text)
    if facts.window is not None:
        raise Invalid("channel", "on this channel the customer has to write first")
    to, cc = addresses(command.to), addresses(command.cc)
    customer = _addressee(layer, actor, command, to[0], facts)
    id = ConversationId(layer.derive("conversation", actor.id, command.client_id))
    message = _outbound(layer, None, id, actor, command.client_id, facts, command.text, files)
    message = _addressed(message, to, cc, addresses(command.bcc), command.subject)
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
        team=facts.team,  # type: ignore[arg-type]  # a team id as configured
        participants=with_addressed((first,), (*to, *cc), facts),
        assignee=actor.id,
        assign_reason=Reason("started_by", (actor.id,)),
    )
    token = placing.token_key(tokens.reply_token(signing, id))
    layer.insert(THREAD_KEYS, ThreadKey(token, "token", id, at=layer.now))
    layer.add_message(message)
    remember_own(layer, message, facts, signing)
    changed = lifecycle.started(replace(seed, number=layer.number()), message, layer.now, facts.policy)
    return layer.change(None, changed, message.author, message), message


def _addressee(layer: Layer, actor: Actor, command: c.StartConversation, to: Address, facts: ChannelFacts) -> Customer:
    id = identity_id(to.kind, facts.scope, to.value)
    layer.need((IDENTITIES, (id,)), (CUSTOMERS, [command.customer] if command.customer else []))
    identity = layer.get(IDENTITIES, id)
    known = command.customer or (identity.customer if identity is not None and identity.how != matching.STATED else None)
    if known is not None:
        layer.need((CUSTOMERS, (known,)))
        customer = layer.get(CUSTOMERS, known)
        if customer is None:
            raise Invalid("customer", "there is no such person")
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


def remember_own(layer: Layer, message: Message, facts: ChannelFacts, signing: bytes) -> None:
    """What is written to somebody on a chat-like channel is his open conversation from now on."""
    if not facts.conversational:
        return
    for address in message.to:
        identity = identity_id(address.kind, facts.scope, address.value)
        placing.hold_open(layer, message.conversation, placing.open_key(facts.id, identity))


def addresses(addressees: Iterable[c.Addressee]) -> tuple[Address, ...]:
    """Addresses without repetitions. Those with an @ are in lower case, as the channels write them: one person, one identity."""
    out: dict[tuple[str, str], Address] = {}
    for one in addressees:
        value = one.value.strip()
        value = value.lower() if "@" in value else value
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
