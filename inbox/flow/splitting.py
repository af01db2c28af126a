"""Moves a participant and his messages out of a conversation into one of their own."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core import lifecycle, tokens, triage
from inbox.core.conversation import Conversation, LastMessage, Participant
from inbox.core.customer import identity_id
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.ids import ConversationId, MessageId
from inbox.core.message import Author, Kind, Message, Reason
from inbox.core.permissions import Actor
from inbox.flow import placing, writing
from inbox.flow.working import ChannelFacts, Layer
from inbox.ports import IDENTITIES, MESSAGES, THREAD_KEYS, Queries, ThreadKey

MAX_MOVED = 200


@dataclass(frozen=True)
class Moved:
    """The participant's messages, oldest first, and the newest message that stays."""

    messages: tuple[MessageId, ...]
    stays: MessageId | None


async def find(queries: Queries, command: c.SplitParticipant) -> Moved:
    """Read which messages are his; the unit checks that nothing came in between."""
    his: list[MessageId] = []
    stays: MessageId | None = None
    before = None
    while True:
        page = await queries.timeline(command.conversation, before, 100)
        for m in page:
            if m.kind is Kind.CUSTOMER and m.sender is not None and (m.sender.kind, m.sender.value) == (command.kind, command.value):
                his.append(m.id)
            elif stays is None:
                stays = m.id
        if len(page) < 100:
            return Moved(tuple(reversed(his)), stays)
        if len(his) > MAX_MOVED:
            raise Invalid("value", f"more than {MAX_MOVED} messages cannot be split off at once")
        before = (page[-1].arrived_at, page[-1].id)


def split(layer: Layer, before: Conversation, actor: Actor, command: c.SplitParticipant, moved: Moved, signing: bytes) -> Conversation:
    """The conversation that is left; the new one is related to it."""
    stays = [moved.stays] if moved.stays else []
    layer.need((MESSAGES, (*moved.messages, *stays)))
    messages = [m for id in moved.messages if (m := layer.get(MESSAGES, id)) is not None]
    if not messages or any(m.conversation != before.id for m in messages):
        raise Conflict("The conversation has changed; load it again.")
    if not stays:
        raise Invalid("value", "nothing would be left")
    him = next((p for p in before.participants if (p.kind, p.value) == (command.kind, command.value)), None)
    if him is None:
        raise NotFound
    facts = writing.channel_of(layer, messages[0].channel or before.channel)
    keys = [placing.reference_key(facts.id, m.external_id) for m in messages if m.external_id]
    layer.need((THREAD_KEYS, keys), (IDENTITIES, (identity_id(him.kind, facts.scope, him.value),)))
    author = writing.author_of(actor)
    id = ConversationId(layer.derive("split", before.id, command.kind, command.value, str(before.version)))
    reason = Reason("split_off", (before.id, actor.id))
    moved_messages = [layer.put(MESSAGES, replace(m, conversation=id, reason=reason, new_participant=False)) for m in messages]
    _start(layer, before, him, moved_messages, id, reason, author, facts, signing)
    for key in keys:
        led = layer.get(THREAD_KEYS, key)
        if led is not None:
            layer.put(THREAD_KEYS, replace(led, conversation=id))
    changed = lifecycle.split_participant(before, command.kind, command.value)
    return layer.change(before, replace(changed, conversation=_left(layer, changed.conversation, messages, moved, id)), author)


def _start(
    layer: Layer,
    before: Conversation,
    him: Participant,
    messages: list[Message],
    id: ConversationId,
    reason: Reason,
    author: Author,
    facts: ChannelFacts,
    signing: bytes,
) -> None:
    seed = Conversation(
        id=id,
        number=layer.number(),
        version=0,
        channel=facts.id,
        customer=him.customer or messages[0].customer or before.customer,
        created_at=layer.now,
        updated_at=layer.now,
        subject=messages[0].subject or before.subject,
        team=before.team,
        participants=(replace(him, accepted=True),),
        related=(before.id,),
    )
    token = placing.token_key(tokens.reply_token(signing, id))
    layer.insert(THREAD_KEYS, ThreadKey(token, "token", id, at=layer.now))
    changed = lifecycle.started(seed, messages[0], layer.now, facts.policy)
    for message in messages[1:]:
        changed = changed.then(lambda x, m=message: lifecycle.customer_wrote(x, m, layer.now))  # type: ignore[misc]  # m is bound
    layer.change(None, changed, author, messages[0])


def _left(layer: Layer, c: Conversation, gone: list[Message], moved: Moved, to: ConversationId) -> Conversation:
    newest = layer.get(MESSAGES, moved.stays) if moved.stays else None
    last = c.last
    if newest is not None and last is not None and last.id in moved.messages:
        last = LastMessage(newest.id, newest.arrived_at, newest.kind, newest.author.id or newest.author.kind, triage.preview(newest))
    related = (*c.related, to) if to not in c.related else c.related
    return replace(c, last=last, messages=c.messages - len(gone), inbound=max(0, c.inbound - len(gone)), related=related)
