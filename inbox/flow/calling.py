"""Logging phone calls, decided on the working set: into an open conversation, or as the beginning of one."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core import calls, lifecycle, policies, tokens
from inbox.core import commands as c
from inbox.core.conversation import Conversation, Participant, Priority
from inbox.core.customer import Identity, identity_id
from inbox.core.errors import Invalid
from inbox.core.events import Event, EventType
from inbox.core.ids import ConversationId, command_message_id
from inbox.core.message import Address, Kind, Message, Reason
from inbox.core.permissions import Actor
from inbox.flow import placing
from inbox.flow.working import Layer
from inbox.flow.writing import addressee, author_of, channel_of
from inbox.records import IDENTITIES, THREAD_KEYS, ThreadKey

PHONE = "phone"


def log(layer: Layer, before: Conversation, actor: Actor, command: c.LogCall) -> tuple[Conversation, Message]:
    """A call that belongs to this conversation; its number becomes an address of the customer if it is nobody's yet."""
    message = _message(layer, before, before.id, actor, command)
    number = message.call.number if message.call else ""
    id = identity_id(PHONE, "", number)
    layer.need((IDENTITIES, (id,)))
    if layer.get(IDENTITIES, id) is None:
        layer.put(IDENTITIES, Identity(id, PHONE, number, before.customer, how="entered", since=layer.now))
        layer.event(Event(EventType.CUSTOMER_CHANGED, layer.now, message.author, customer=before.customer))
    layer.add_message(message)
    changed = calls.logged(before, message, layer.now, settled=command.resolved)
    return layer.change(before, changed, message.author, message), message


def start(layer: Layer, actor: Actor, command: c.StartCall, signing: bytes) -> tuple[Conversation, Message]:
    """A conversation that begins with a call. The person is the named one, else whoever has the number, else a new one."""
    facts = channel_of(layer, command.channel)
    if facts.kind != PHONE:
        raise Invalid("channel", "a call begins a conversation on a channel of phone numbers only")
    id = ConversationId(layer.derive("conversation", actor.id, command.client_id))
    message = replace(_message(layer, None, id, actor, command), channel=facts.id)
    number = Address(PHONE, message.call.number if message.call else "")
    customer = addressee(layer, actor, command, number, facts)
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
        participants=(Participant(PHONE, number.value, customer=customer.id),),
        assignee=actor.id,
        assign_reason=Reason("started_by", (actor.id,)),
        sla=policies.start(facts.policy, Priority.NORMAL),
    )
    layer.insert(THREAD_KEYS, ThreadKey(placing.token_key(tokens.reply_token(signing, id)), "token", id, at=layer.now))
    layer.add_message(message)
    begun = lifecycle.Changed(replace(seed, number=layer.number()), (lifecycle.Happened(EventType.CONVERSATION_STARTED),))
    changed = begun.then(lambda x: calls.logged(x, message, layer.now, settled=command.resolved))
    return layer.change(None, changed, message.author, message), message


def _message(
    layer: Layer, before: Conversation | None, conversation: ConversationId, actor: Actor, command: c.LogCall | c.StartCall
) -> Message:
    call = calls.checked(command.call, layer.now)
    number = Address(PHONE, call.number)
    incoming = call.direction == "in"
    return Message(
        id=command_message_id(actor.id, command.client_id),
        conversation=conversation,
        kind=Kind.CALL,
        author=author_of(actor),
        at=call.started_at,
        arrived_at=layer.moment(before),
        sender=number if incoming else None,
        to=() if incoming else (number,),
        text=command.text,
        client_id=command.client_id,
        call=call,
    )
