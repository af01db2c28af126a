"""Where messages are kept while conversations are merged: each in the one it was written in, which goes on as if it stood alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core import merging, triage
from inbox.core.conversation import Conversation, LastMessage
from inbox.core.customer import identity_id
from inbox.core.ids import ConversationId, MessageId
from inbox.core.lifecycle import Changed
from inbox.core.message import Message
from inbox.flow import placing
from inbox.flow.working import Layer
from inbox.ports import Queries
from inbox.records import CONVERSATIONS, THREAD_KEYS

LOOK_BACK = 20
"""How many messages are read at once to find the newest that lists may show."""


@dataclass(frozen=True)
class Seen:
    """What was read beforehand: at which version, and the newest message that stays of each conversation something leaves,
    and who has written lately what stays."""

    version: int
    newest: Mapping[ConversationId, LastMessage | None]
    senders: frozenset[tuple[str, str]] = frozenset()


def above(layer: Layer, home: ConversationId, top: ConversationId) -> Iterable[Conversation]:
    """What was merged on the way from a message's home to the conversation it is shown in, without that."""
    while home != top:
        layer.need((CONVERSATIONS, (home,)))
        found = layer.get(CONVERSATIONS, home)
        if found is None or found.merged_into is None:
            return
        yield found
        home = found.merged_into


def take_out(layer: Layer, source: Conversation, messages: Sequence[Message], seen: Seen) -> Conversation:
    """The messages leave their homes; what is left of the conversation they are shown in."""
    leaving: dict[ConversationId, list[Message]] = {}
    for message in messages:
        for c in above(layer, message.conversation, source.id):
            leaving.setdefault(c.id, []).append(message)
    for id, gone in leaving.items():
        stored = layer.get(CONVERSATIONS, id)
        if stored is not None:
            layer.put(CONVERSATIONS, merging.without(stored, gone, seen.newest.get(id)))
    return merging.without(source, messages, seen.newest.get(source.id))


async def newest(queries: Queries, home: ConversationId, without: Set[MessageId]) -> LastMessage | None:
    """The newest message of a conversation itself that lists may show, but for these."""
    place = None
    while page := await queries.timeline(home, place, len(without) + LOOK_BACK, home=True):
        shown = next((m for m in page if m.id not in without and triage.is_listed(m)), None)
        if shown is not None:
            return triage.newest(shown)
        place = (page[-1].arrived_at, page[-1].id)
    return None


def count_in(layer: Layer, message: Message, top: ConversationId) -> None:
    """A message came back to where it was written."""
    for c in list(above(layer, message.conversation, top)):
        layer.put(CONVERSATIONS, triage.with_message(c, message, c.updated_at))


def wrote_below(layer: Layer, message: Message, top: ConversationId) -> None:
    """A customer wrote what belongs to something merged: it is kept as it would be if it stood alone."""
    for c in list(above(layer, message.conversation, top)):
        alone = layer.counted(replace(c, merged_into=None))
        changed = layer.promised(alone, Changed(merging.wrote_apart(alone, message, layer.now), ()))
        layer.put(CONVERSATIONS, replace(changed.conversation, merged_into=c.merged_into))


def lead(layer: Layer, messages: Sequence[Message], source: Conversation, to: Mapping[MessageId, ConversationId], seen: Seen) -> None:
    """What leads to the messages, as they were, leads to where they are now; where only the sender leads, his newest message decides."""
    for message in messages:
        _repoint(layer, message, message.conversation, to[message.id])
    newest = max(messages, key=lambda m: (m.arrived_at, m.id))
    stays = seen.newest.get(source.id)
    facts = layer.channels.get(newest.channel) if newest.channel else None
    if facts is None or not facts.conversational or newest.sender is None or (stays is not None and stays.at > newest.arrived_at):
        return
    key = placing.open_key(facts.id, identity_id(newest.sender.kind, facts.scope, newest.sender.value))
    _point(layer, key, newest.conversation, to[newest.id])


def _repoint(layer: Layer, message: Message, was: ConversationId, to: ConversationId) -> None:
    names = [message.external_id, *(message.delivery.provider_ids if message.delivery else ())]
    for name in dict.fromkeys(n for n in names if n):
        if message.channel is not None:
            _point(layer, placing.reference_key(message.channel, name), was, to)


def _point(layer: Layer, key: str, was: ConversationId, to: ConversationId) -> None:
    layer.need((THREAD_KEYS, (key,)))
    led = layer.get(THREAD_KEYS, key)
    if led is not None and led.conversation == was:
        layer.put(THREAD_KEYS, replace(led, conversation=to))
