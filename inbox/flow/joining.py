"""Parts of one message that are delivered apart, in any order: gathered until it is whole, or shown without what does not come.

The deliveries of the parts stay unsettled until then, so that a process that ends forgets nothing and every look at one of them is a
look at whether the message has waited long enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from inbox.connector import InboundMessage
from inbox.core import parts, revisions
from inbox.core.ids import ChannelId, DeliveryId, MessageId, digest
from inbox.core.items import Part
from inbox.core.message import Message
from inbox.core.parts import Parted, Piece
from inbox.flow import placing, revising
from inbox.flow.working import Layer
from inbox.records import MESSAGES, PARTED, THREAD_KEYS, Settled, ThreadKey


@dataclass(frozen=True)
class Waits:
    """Parts are missing; the delivery is to be looked at again."""


@dataclass(frozen=True)
class Known:
    """It was there before, or belongs to a message that is shown already and says more now."""


@dataclass(frozen=True)
class Whole:
    """The message to be placed, and what it was made of."""

    item: InboundMessage
    made_of: Parted


def gathered(layer: Layer, item: InboundMessage, part: Part, channel: ChannelId, delivery: DeliveryId) -> Waits | Known | Whole:
    """What becomes of this part."""
    id = digest("parts", channel, item.sender.kind, item.sender.value, part.of, str(part.total))
    own = placing.reference_key(channel, item.key)
    layer.need((PARTED, (id,)), (THREAD_KEYS, (own,)))
    led = layer.get(THREAD_KEYS, own)
    if led is not None and led.kind == "message":
        return Known()
    known = layer.get(PARTED, id)
    came = Parted(id, item.key, part.total, layer.now, (Piece(part.number, item.key, item.text, delivery),))
    there = parts.added(known, came, layer.now)
    if there is None:
        return Waits()
    if there.message is not None:
        return _said_later(layer, there, there.message, channel)
    if there.is_due(layer.now):
        return Whole(replace(item, key=there.key, external_id=there.key, text=there.text, part=None), there)
    if there != known:
        layer.put(PARTED, there)
    return Waits()


def _said_later(layer: Layer, there: Parted, shown: MessageId, channel: ChannelId) -> Known:
    """A part that came when the message was shown without it."""
    layer.need((MESSAGES, (shown,)))
    message = layer.get(MESSAGES, shown)
    if message is not None:
        keep(layer, there, message, channel)
        revising.store(layer, message, revisions.reworded(message, there.text, layer.now), message.author)
    return Known()


def keep(layer: Layer, there: Parted, message: Message, channel: ChannelId) -> None:
    """The message stands: its parts are known by their ids, their deliveries are dealt with, and what is missing may still come."""
    keys = {placing.reference_key(channel, piece.key) for piece in there.pieces}
    layer.need((THREAD_KEYS, keys))
    for id in keys:
        led = layer.get(THREAD_KEYS, id)
        if led is None or led.kind == "awaited":
            layer.put(THREAD_KEYS, ThreadKey(id, "message", message.conversation, message=message.id, at=layer.now))
    for piece in there.pieces:
        layer.settle(Settled(piece.delivery, "done"))
    if there.is_whole:
        layer.remove(PARTED, there.id)
    else:
        layer.put(PARTED, replace(there, message=message.id))
