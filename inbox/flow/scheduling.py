"""Answers with a time of their own: written for later, on their way when it has come, called back when the customer writes first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core import delivery, lifecycle, triage
from inbox.core import scheduling as rules
from inbox.core.conversation import Conversation, LastMessage
from inbox.core.errors import Conflict, NotFound
from inbox.core.ids import ConversationId, Instant
from inbox.core.message import Author, Delivery, DeliveryState, Message
from inbox.flow import homes, placing
from inbox.flow.working import ChannelFacts, Layer
from inbox.ports import Queries
from inbox.records import CONVERSATIONS, MESSAGES


class Moving(Conflict):
    """The conversation changed while it was looked through."""


def timed(message: Message, command: c.Reply | c.StartConversation, due: Instant, before: Conversation | None) -> Message:
    """The message as it waits for ``due``; ``before``: its conversation without it, None when it begins one."""
    if message.delivery is None or command.send_at is None:
        return held(message, command.hold, before)
    kept = rules.kept_back(message.delivery, due, before)
    return replace(message, delivery=rules.put_in(kept, due, command.then if isinstance(command, c.Reply) else None))


def held(message: Message, hold: int, before: Conversation | None) -> Message:
    """The message as it is kept back for ``hold`` milliseconds; ``before``: its conversation without it, None when it begins one."""
    d = message.delivery
    return message if d is None or d.due_at is None else replace(message, delivery=rules.kept_back(d, d.due_at + hold, before))


def mail_due(before: Conversation, facts: ChannelFacts, now: Instant) -> Instant | None:
    """When an answer that leaves now is copied by mail, unless it is seen."""
    return before.mail_due or now + facts.unseen_ms if facts.live else before.mail_due


def leave(layer: Layer, message: Message, claimed: delivery.Claim) -> tuple[Message, delivery.Claim] | delivery.NotDue:
    """Its time has come: it counts as an answer from the commit that lets it be sent. In spam it is called back instead."""
    before = layer.conversation(message.conversation)
    if before is None or message.delivery is None:
        return delivery.NotDue(None)
    if rules.is_void(before):
        stored = layer.add_message(replace(message, delivery=delivery.cancel(message.delivery, rules.SPAM)))
        layer.change(before, lifecycle.delivery_changed(before, stored, layer.now), placing.SYSTEM, stored)
        return delivery.NotDue(None)
    stored = layer.add_message(replace(message, delivery=claimed.delivery))
    changed = rules.leaves(before, stored, layer.now)
    facts = layer.channels.get(message.channel) if message.channel else None
    if facts is not None:
        due = mail_due(before, facts, layer.now)
        changed = lifecycle.Changed(replace(changed.conversation, mail_due=due), changed.happened)
    layer.change(before, changed, message.author, stored)
    return stored, claimed


Step = Callable[[Delivery, Instant], Delivery]
_STEPS: Mapping[type[c.Command], Step] = {
    c.Retry: delivery.again,
    c.CancelSend: lambda d, now: delivery.cancel(d),
    c.SendNow: delivery.send_now,
}


def redeliver(
    layer: Layer, before: Conversation, author: Author, command: c.Retry | c.CancelSend | c.SendNow, seen: rules.Besides | None
) -> tuple[Conversation, Message]:
    """Send again, call back, or wait no longer; ``seen``: what there is besides the message.

    Raises ``NotFound``, ``Conflict`` when it is too late, and ``Moving`` when what was seen is not so any more.
    """
    layer.need((MESSAGES, (command.message,)))
    message = layer.get(MESSAGES, command.message)
    if message is None or message.conversation not in before.whole or message.delivery is None:
        raise NotFound
    stored = layer.add_message(replace(message, delivery=_STEPS[type(command)](message.delivery, layer.now)))
    changed = lifecycle.delivery_changed(before, stored, layer.now)
    if triage.is_taken_back(stored):
        if seen is not None and seen.version != before.version:
            raise Moving("The conversation has changed; load it again.")
        shown = rules.as_before(changed.conversation, before, stored, seen, _answer_before(layer, before, stored))
        changed = lifecycle.Changed(shown, changed.happened)
        _hide_below(layer, stored, before.id)
    return layer.change(before, changed, author, stored), stored


def _answer_before(layer: Layer, before: Conversation, message: Message) -> LastMessage | None:
    """The newest answer there was when this one was written, of those that were not taken back since."""
    stood = triage.stood(message)
    if stood is None or stood.answer is None:
        return None
    layer.need((MESSAGES, (stood.answer,)))
    answer = layer.get(MESSAGES, stood.answer)
    if answer is None or answer.conversation not in before.whole:
        return None
    return _answer_before(layer, before, answer) if triage.is_taken_back(answer) else triage.reply(answer)


def _hide_below(layer: Layer, message: Message, top: ConversationId) -> None:
    """What was merged keeps no words either that were taken back in it."""
    for home in list(homes.above(layer, message.conversation, top)):
        if home.last is not None and home.last.id == message.id:
            layer.put(CONVERSATIONS, rules.wordless(home))


async def besides(queries: Queries, command: c.CancelSend) -> rules.Besides | None:
    """What there is besides the message that is to be taken back; None where there is no such message."""
    conversation, message = await queries.conversation(command.conversation), await queries.message(command.message)
    if conversation is None or message is None:
        return None
    thread: list[Message] = []
    place = (message.arrived_at, message.id)
    while page := await queries.timeline(conversation.id, place, homes.LOOK_BACK):
        thread += page
        if any(map(triage.is_listed, page)):
            break
        place = (page[-1].arrived_at, page[-1].id)
    return rules.besides(conversation, message, thread)


def was_taken_back(message: Message | None, conversation: ConversationId) -> bool:
    """Whether its files may be sent with another message instead."""
    here = message is not None and message.conversation == conversation
    return here and message is not None and message.delivery is not None and message.delivery.state is DeliveryState.CANCELLED


def call_back(layer: Layer, before: Conversation) -> None:
    """The customer has written: what was planned without knowing that waits for its author. Only what was not tried yet."""
    layer.need((MESSAGES, before.scheduled))
    for id in before.scheduled:
        message = layer.get(MESSAGES, id)
        if message is None or message.delivery is None or not delivery.waits(message.delivery):
            continue
        stored = layer.add_message(replace(message, delivery=delivery.cancel(message.delivery, rules.CUSTOMER_WROTE)))
        before = layer.change(before, rules.overtaken(before, stored), placing.SYSTEM, stored)
