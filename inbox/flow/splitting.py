"""Moves a participant and his messages out of a conversation into one of their own."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core import lifecycle, tokens, triage
from inbox.core.conversation import Conversation, Participant
from inbox.core.customer import identity_id
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.ids import ConversationId, MessageId
from inbox.core.message import Author, Kind, Message, Reason
from inbox.core.permissions import Actor
from inbox.flow import placing, writing
from inbox.flow.working import ChannelFacts, Layer
from inbox.ports import Queries
from inbox.records import MESSAGES, THREAD_KEYS, ThreadKey

MAX_MOVED = 200


class Moving(Conflict):
    """Messages came in or were moved while they were looked through."""


@dataclass(frozen=True)
class Moved:
    """The participant's messages, oldest first, the newest message that stays, and how many messages there were."""

    messages: tuple[MessageId, ...]
    stays: MessageId | None
    seen: int


async def find(queries: Queries, command: c.SplitParticipant) -> Moved:
    """Read which messages are his; the unit checks that nothing came in between. Raises ``Invalid`` for more than 200 of them."""
    his: list[MessageId] = []
    stays: MessageId | None = None
    before = None
    seen = 0
    while True:
        page = await queries.timeline(command.conversation, before, 100)
        for m in page:
            if m.kind is Kind.CUSTOMER and m.sender is not None and (m.sender.kind, m.sender.value) == (command.kind, command.value):
                his.append(m.id)
            elif stays is None and triage.is_listed(m):
                stays = m.id
        seen += len(page)
        if len(his) > MAX_MOVED:
            raise Invalid("value", f"more than {MAX_MOVED} messages cannot be split off at once")
        if len(page) < 100:
            return Moved(tuple(reversed(his)), stays, seen)
        before = (page[-1].arrived_at, page[-1].id)


def split(layer: Layer, before: Conversation, actor: Actor, command: c.SplitParticipant, moved: Moved, signing: bytes) -> Conversation:
    """The conversation that is left; the new one is related to it."""
    messages = _his(layer, before, moved)
    if not messages:
        raise Invalid("value", "he has written nothing that could be split off")
    if not moved.stays:
        raise Invalid("value", "nothing would be left")
    him = next((p for p in before.participants if (p.kind, p.value) == (command.kind, command.value)), None)
    if him is None:
        raise NotFound
    facts = writing.channel_of(layer, messages[0].channel or before.channel)
    identity = identity_id(him.kind, facts.scope, him.value)
    keys = [placing.reference_key(facts.id, m.external_id) for m in messages if m.external_id]
    keys += [placing.open_key(facts.id, identity)] if facts.conversational else []
    layer.need((THREAD_KEYS, keys))
    author = writing.author_of(actor)
    id = ConversationId(layer.derive("split", before.id, command.kind, command.value, str(before.version)))
    reason = Reason("split_off", (before.id, actor.id))
    changed = lifecycle.split_participant(before, command.kind, command.value)
    seed = _seed(layer, before, him, messages[0], id, facts)
    _start(layer, seed, [replace(m, conversation=id, reason=reason, new_participant=False) for m in messages], author, facts)
    token = placing.token_key(tokens.reply_token(signing, id))
    layer.insert(THREAD_KEYS, ThreadKey(token, "token", id, at=layer.now))
    for key in keys:
        led = layer.get(THREAD_KEYS, key)
        if led is not None and led.conversation in before.whole:
            layer.put(THREAD_KEYS, replace(led, conversation=id))
    return layer.change(before, replace(changed, conversation=_left(layer, changed.conversation, messages, moved, id)), author)


def _his(layer: Layer, before: Conversation, moved: Moved) -> list[Message]:
    stays = [moved.stays] if moved.stays else []
    layer.need((MESSAGES, (*moved.messages, *stays)))
    messages = [m for id in moved.messages if (m := layer.get(MESSAGES, id)) is not None]
    left = [m for id in stays if (m := layer.get(MESSAGES, id)) is not None and not triage.is_listed(m)]
    if moved.seen != before.messages or left or any(m.conversation not in before.whole for m in messages):
        raise Moving("The conversation has changed; load it again.")
    return messages


def _seed(layer: Layer, before: Conversation, him: Participant, first: Message, id: ConversationId, facts: ChannelFacts) -> Conversation:
    return Conversation(
        id=id,
        number=layer.number(),
        version=0,
        channel=facts.id,
        customer=him.customer or first.customer or before.customer,
        created_at=layer.now,
        updated_at=layer.now,
        subject=first.subject or before.subject,
        team=before.team,
        participants=(replace(him, accepted=True),),
        related=(before.id,),
    )


def _start(layer: Layer, seed: Conversation, messages: list[Message], author: Author, facts: ChannelFacts) -> None:
    """The new conversation takes his messages one by one, so that each of them is announced."""
    first, *others = [layer.put(MESSAGES, m) for m in messages]
    conversation = layer.change(None, lifecycle.started(seed, first, layer.now, facts.policy), author, first)
    for message in others:
        conversation = layer.change(conversation, lifecycle.customer_wrote(conversation, message, layer.now), author, message)


def _left(layer: Layer, c: Conversation, gone: list[Message], moved: Moved, to: ConversationId) -> Conversation:
    newest = layer.get(MESSAGES, moved.stays) if moved.stays else None
    last = c.last
    if newest is not None and last is not None and last.id in moved.messages:
        last = triage.newest(newest)
    related = (*c.related, to) if to not in c.related else c.related
    return replace(c, last=last, messages=c.messages - len(gone), inbound=max(0, c.inbound - len(gone)), related=related)
