"""A provider's news that a message was changed, taken back or reacted to, brought to the message it is about."""

from __future__ import annotations

from inbox.connector import Deletion, Edit, Reaction
from inbox.core import revisions
from inbox.core.ids import ChannelId, MessageId, message_id
from inbox.core.message import Author, Kind, Message, Reason
from inbox.flow import placing
from inbox.flow.working import ChannelFacts, Layer
from inbox.records import IDENTITIES, MESSAGES, THREAD_KEYS

Revision = Edit | Deletion | Reaction


def revise(layer: Layer, item: Revision, facts: ChannelFacts) -> bool:
    """Whether the message is known. What changes nothing writes nothing."""
    message = _target(layer, item.target, facts.id)
    if message is None:
        return False
    at = min(item.at or layer.now, layer.now)
    match item:
        case Edit(text=text):
            actor, code, after = message.author, "edited", _by_customer(message, revisions.reworded(message, text, at))
        case Deletion():
            actor, code, after = message.author, "deleted", _by_customer(message, revisions.withdrawn(message, at))
        case Reaction(emoji=emoji):
            actor = _person(layer, item, facts)
            code, after = ("reacted" if emoji else "reaction_withdrawn"), revisions.reacted(message, actor, emoji, at)
    store(layer, message, after, actor, code)
    return True


def _by_customer(message: Message, after: Message) -> Message:
    """Only what a customer wrote is his to change."""
    return after if message.kind is Kind.CUSTOMER else message


def store(layer: Layer, message: Message, after: Message, actor: Author, code: str = "edited") -> None:
    """Store what became of a message, with its event; ``code`` says what was done. Nothing is written where nothing changed."""
    if after == message:
        return
    stored = layer.add_message(after)
    before = layer.conversation(after.conversation)
    if before is not None:
        changed = revisions.in_conversation(before, stored, Reason(code))
        layer.change(before, changed, actor, stored)


def _target(layer: Layer, target: str, channel: ChannelId) -> Message | None:
    """The message with this id at the provider, theirs or ours."""
    key = placing.reference_key(channel, target)
    ids = [message_id(channel, target), MessageId(target)]
    layer.need((THREAD_KEYS, (key,)), (MESSAGES, ids))
    led = layer.get(THREAD_KEYS, key)
    if led is not None and led.message is not None:
        ids.insert(0, led.message)
        layer.need((MESSAGES, ids))
    found = (layer.get(MESSAGES, id) for id in ids)
    return next((m for m in found if m is not None and m.channel == channel), None)


def _person(layer: Layer, item: Reaction, facts: ChannelFacts) -> Author:
    """Who reacted, by his address; somebody unknown is told apart by it."""
    own = placing.sender_identity(facts, item.sender)
    layer.need((IDENTITIES, (own,)))
    known = layer.get(IDENTITIES, own)
    return Author("customer", own if known is None else known.customer)
