"""Tells somebody who begins a conversation that it has come in: a message of the house's own in the thread, sent by the outbox."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core import acknowledgement, lifecycle
from inbox.core.acknowledgement import ACKNOWLEDGES
from inbox.core.conversation import Category, Conversation
from inbox.core.events import EventType
from inbox.core.ids import MessageId, digest
from inbox.core.message import Address, Delivery, DeliveryState, Kind, Message, Recipient
from inbox.flow import consent, placing
from inbox.flow.working import ChannelFacts, Layer
from inbox.records import IDENTITIES


def acknowledge(layer: Layer, begun: Conversation, message: Message, facts: ChannelFacts) -> Message | None:
    """Commits the acknowledgement with the beginning it belongs to, so that there is never a second one. None: nobody is told.

    A bot that takes the conversation answers by itself. What waits for an agent, whose turn it is and every clock stay as they are.
    """
    said = facts.acknowledgement
    if said is None or begun.bot is not None or begun.category is not Category.OPEN or message.sender is None:
        return None
    id = placing.sender_identity(facts, message.sender)
    layer.need((IDENTITIES, (id,)))
    identity = layer.get(IDENTITIES, id)
    own = {address for channel in layer.channels.values() for address in channel.own}
    last = identity.acknowledged_at if identity is not None else 0
    if identity is None or acknowledgement.why_not(message, own, last, said.again_hours, layer.now):
        return None
    told = _message(layer, begun, message, facts)
    if consent.withdrawn(layer, told):
        return None
    layer.put(IDENTITIES, replace(identity, acknowledged_at=layer.now))
    layer.add_message(told)
    layer.change(begun, lifecycle.Changed(begun, (lifecycle.Happened(EventType.MESSAGE_QUEUED),)), placing.SYSTEM, told)
    return told


def _message(layer: Layer, begun: Conversation, message: Message, facts: ChannelFacts) -> Message:
    assert facts.acknowledgement is not None, "asked by whoever calls"
    assert message.sender is not None, "asked by whoever calls"
    values = {
        "number": f"#{begun.number}",
        "name": message.sender.name,
        "subject": message.subject,
        "channel": facts.title or facts.name,
    }
    text = acknowledgement.worded(facts.acknowledgement, values, is_open=layer.is_open(facts.acknowledgement.calendar))
    return automatic_answer(layer, begun, message.sender, text, facts, MessageId(digest("acknowledgement", begun.id)))


def automatic_answer(layer: Layer, c: Conversation, to: Address, text: str, facts: ChannelFacts, id: MessageId) -> Message:
    """A message of the house's own to somebody, due at once."""
    at = layer.moment(c)
    return Message(
        id=id,
        conversation=c.id,
        kind=Kind.REPLY,
        author=placing.SYSTEM,
        at=at,
        arrived_at=at,
        channel=c.reply_channel or facts.id,
        to=(to,),
        text=text if facts.text_limit is None else text[: facts.text_limit],
        automatic=ACKNOWLEDGES,
        delivery=Delivery(DeliveryState.PENDING, due_at=at, recipients=(Recipient(to.value, DeliveryState.PENDING),)),
    )
