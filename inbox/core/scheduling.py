"""Answers that wait for the time their authors chose: none before it has come, and void when the customer writes first."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import lifecycle, policies, triage
from inbox.core.conversation import Category, Conversation, LastMessage
from inbox.core.errors import Invalid
from inbox.core.events import EventType
from inbox.core.ids import Instant
from inbox.core.message import Delivery, Message, Reason, Stood

FURTHEST = 366 * 24 * 60 * 60 * 1000
MOST = 20
CUSTOMER_WROTE = "customer_wrote"
"""Why an answer was not sent at its time: the customer has written since it was planned."""
SPAM = "marked_as_spam"


def due(at: Instant | None, hold: int, now: Instant) -> Instant:
    """When it may leave: at the chosen instant, else after ``hold`` milliseconds. Raises ``Invalid`` for one that is not ahead."""
    if at is None:
        return now + hold
    if at <= now:
        raise Invalid("send_at", "needs an instant in the future")
    if at > now + FURTHEST:
        raise Invalid("send_at", "is more than a year ahead")
    return at


def put_in(delivery: Delivery, at: Instant, then: Category | None) -> Delivery:
    """The delivery of an answer that waits for ``at``."""
    return replace(delivery, due_at=at, scheduled_for=at, then=then.value if then is not None else "")


def planned(c: Conversation, message: Message, now: Instant) -> lifecycle.Changed:
    """An answer is written for later. It stands in the thread; whose turn it is and what is promised stay as they are.

    Raises ``Invalid`` for spam, and when too many wait already.
    """
    if c.category is Category.SPAM:
        raise Invalid("conversation", "it is marked as spam; open it before you answer")
    if len(c.scheduled) >= MOST:
        raise Invalid("send_at", f"at most {MOST} answers of a conversation can wait for their time")
    return lifecycle.forwarded(replace(c, scheduled=(*c.scheduled, message.id)), message, now)


def begun_later(seed: Conversation, message: Message, now: Instant, policy: policies.Policy | None) -> lifecycle.Changed:
    """A conversation begins with a message that waits for its time; nobody waits for anything in it until then."""
    return lifecycle.begun(seed, message, policy).then(lambda c: planned(c, message, now))


def leaves(c: Conversation, message: Message, now: Instant) -> lifecycle.Changed:
    """Its time has come, it is about to be sent: from now on it is an answer like any other."""
    after = replace(c, scheduled=tuple(id for id in c.scheduled if id != message.id), last_reply=triage.reply(message))
    changed = lifecycle.Changed(after, (lifecycle.Happened(EventType.DELIVERY_CHANGED),)).then(
        lambda c: lifecycle.answered(c, message, now)
    )
    if message.delivery is None or not message.delivery.then:
        return changed
    then = Category(message.delivery.then)
    return changed.then(lambda c: lifecycle.set_category(c, then, now))


class Besides(Struct, frozen=True):
    """What a conversation, at a version, would show without one of its messages: its newest one, and when it last changed."""

    version: int
    last: LastMessage | None
    updated_at: Instant | None


def kept_back(delivery: Delivery, due_at: Instant, before: Conversation | None) -> Delivery:
    """The delivery of an answer that can be taken back until ``due_at``; ``before``: its conversation without it."""
    if before is None:
        return replace(delivery, due_at=due_at)
    answer = before.last_reply.id if before.last_reply is not None else None
    return replace(delivery, due_at=due_at, stood=Stood(before.updated_at, before.category.value, before.waiting_since, answer))


def besides(c: Conversation, gone: Message, thread: Iterable[Message]) -> Besides:
    """What would be shown without ``gone``; ``thread``: the messages before it, newest first, at least up to one that lists may show."""
    stood = triage.stood(gone)
    since = stood.updated_at if stood is not None else None
    for message in thread:
        if triage.is_listed(message):
            return Besides(c.version, triage.newest(message), since)
        stood = triage.stood(message)
        if stood is not None and since is not None and since <= message.arrived_at:
            since = stood.updated_at
    return Besides(c.version, None, since)


def as_before(
    now_stands: Conversation, was: Conversation, message: Message, seen: Besides | None, answer: LastMessage | None
) -> Conversation:
    """Lists show a conversation as if what was taken back had never been written, and so waits its customer.

    ``was`` stood with it, ``seen`` is what is there besides it, ``answer`` the newest other one. Where nothing was seen, its words go.
    """
    c = replace(now_stands, updated_at=was.updated_at)
    stood = triage.stood(message)
    if stood is not None and was.last_reply is not None and was.last_reply.id == message.id:
        waits = [at for at in (was.waiting_since, stood.waiting_since) if at is not None]
        c = replace(c, last_reply=answer, waiting_since=min(waits, default=None) if c.category is Category.OPEN else c.waiting_since)
    if was.last is None or was.last.id != message.id:
        return c
    if seen is None or seen.last is None:
        return wordless(c)
    untouched = seen.updated_at is not None and was.updated_at <= message.arrived_at
    return replace(
        c,
        last=seen.last,
        hidden_at=max(c.hidden_at, message.arrived_at),
        updated_at=seen.updated_at if untouched and seen.updated_at is not None else c.updated_at,
    )


def wordless(c: Conversation) -> Conversation:
    """Lists show that its newest message was taken back, and nothing of what it said."""
    return c if c.last is None else replace(c, last=replace(c.last, preview="", content="withdrawn"))


def is_void(c: Conversation) -> bool:
    """Whether nothing may be sent here any more."""
    return c.category is Category.SPAM


def overtaken(c: Conversation, message: Message) -> lifecycle.Changed:
    """The customer wrote before its time, so that it was called back; its author has to look again."""
    why = Reason(CUSTOMER_WROTE, (message.id,))
    return lifecycle.Changed(triage.unscheduled(c, message), (lifecycle.Happened(EventType.DELIVERY_CHANGED, why),))
