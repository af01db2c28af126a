"""What a screen sees of each noun: plain values made from stored ones, the same over HTTP and over the socket.

A row carries the version of what it shows; whoever holds a newer version ignores it. Nothing here depends on the reader,
so a row is made and serialised once for everybody who may see it.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.conversation import Category, Conversation, LastMessage, Participant, Priority, SlaClock
from inbox.core.events import WAS, Event, EventType, Facets
from inbox.core.ids import Instant
from inbox.core.message import (
    Address,
    Amending,
    AmendKind,
    Attachment,
    Author,
    Call,
    Card,
    DeliveryState,
    Kind,
    Message,
    Reacted,
    Reason,
    Recipient,
    Wording,
)
from inbox.core.notifications import Notification
from inbox.core.rating import Asked

QUIET = frozenset(
    {
        EventType.ASSIGNED,
        EventType.UNASSIGNED,
        EventType.QUEUED,
        EventType.QUEUE_CHANGED,
        EventType.OFFER_ENDED,
        EventType.STATUS_CHANGED,
        EventType.PRIORITY_CHANGED,
        EventType.TAGS_CHANGED,
        EventType.SUBJECT_CHANGED,
        EventType.PARTICIPANT_ACCEPTED,
        EventType.PARTICIPANT_SPLIT,
        EventType.CONVERSATION_MERGED,
        EventType.CONVERSATION_UNMERGED,
        EventType.MESSAGES_MOVED,
        EventType.BOT_ENTERED,
        EventType.BOT_LEFT,
        EventType.SLA_WARNED,
        EventType.SLA_BREACHED,
        EventType.SLA_CHANGED,
    }
)
"""Entries that stand as a line of their own between the messages; the others show in a message or in the head."""


class PersonRow(Struct, frozen=True):
    """A customer in few words."""

    id: str
    name: str


class OfferRow(Struct, frozen=True):
    """Who may take a conversation until when; it is kept for him meanwhile."""

    agent: str
    until: Instant


class RatingRow(Struct, frozen=True):
    """How a customer answered when he was asked how satisfied he is; ``score`` None: not yet. ``kind``: csat (1 to 5) or nps (0 to 10)."""

    kind: str
    score: int | None
    comment: str = ""
    at: Instant | None = None


class ConversationRow(Struct, frozen=True, tag="conversation", tag_field="t"):
    """One line of a list and the head of a thread. Instants are milliseconds UTC. Of a clock's pauses it has the last only.

    ``followers``: agents who hear when its customer writes. ``absorbed``: what was merged into it;
    messages shown here may name one of these as their conversation.
    """

    id: str
    number: int
    version: int
    subject: str
    customer: PersonRow
    channel: str
    channels: tuple[str, ...]
    reply_channel: str
    status: str
    category: Category
    priority: Priority
    tags: tuple[str, ...]
    created_at: Instant
    updated_at: Instant
    messages: int
    inbound: int
    team: str | None
    assignee: str | None
    assign_reason: Reason | None
    bot: str | None
    queued_at: Instant | None
    queue: str | None
    offer: OfferRow | None
    why_waiting: Reason | None
    waiting_since: Instant | None
    heard_at: Instant | None
    scheduled: int
    snoozed_until: Instant | None
    sort_due: Instant | None
    sla: tuple[SlaClock, ...]
    last: LastMessage | None
    participants: tuple[Participant, ...]
    followers: tuple[str, ...]
    related: tuple[str, ...]
    merged_into: str | None
    absorbed: tuple[str, ...]
    rating: RatingRow | None


class AmendingRow(Struct, frozen=True):
    """A change of a message that the provider has not carried out yet, or with ``failed`` will not; ``error`` says why. ``text``: what it
    is to say, or the emoji."""

    kind: AmendKind
    text: str
    failed: bool
    error: str


class MessageRow(Struct, frozen=True, tag="message", tag_field="t"):
    """One message of a thread. ``html`` tells that an HTML body can be fetched; its text is never in the row.

    ``text`` up to ``fresh`` characters is new, the rest is quoted history or signature (None: all of it is new).
    ``late``: it is history that came with a backlog. ``unproved``: nothing proves that it came from the customer's verified address.
    ``due_at``: until when a pending one waits; ``scheduled_for`` the time chosen for it.
    ``rating``: it asked the customer how satisfied he is, and this is his answer. ``whisper``: who alone sees it beside its author and
    supervisors.
    """

    id: str
    version: int
    conversation: str
    kind: Kind
    author: Author
    author_name: str
    at: Instant
    arrived_at: Instant
    channel: str | None
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    text: str
    fresh: int | None
    html: bool
    attachments: tuple[Attachment, ...]
    reason: Reason | None
    client_id: str
    automatic: str
    late: bool
    unproved: bool
    unreadable: str
    new_participant: bool
    raw: bool
    seen_at: Instant | None
    mentions: tuple[str, ...]
    state: str | None
    error: str
    recipients: tuple[Recipient, ...]
    due_at: Instant | None
    scheduled_for: Instant | None
    forwards: str | None
    cards: tuple[Card, ...]
    choices: tuple[str, ...]
    reactions: tuple[Reacted, ...]
    edited_at: Instant | None
    deleted_at: Instant | None
    earlier: tuple[Wording, ...]
    call: Call | None
    rating: RatingRow | None
    amending: AmendingRow | None
    whisper: str | None


class NoticeRow(Struct, frozen=True):
    """Something an agent is told personally, by whom, and the conversation as it stands now. ``kind``: reply, followed (the customer wrote
    where he follows), assigned, mention, sla_warning, sla_breach, offer, whisper, send_failed, send_cancelled (the customer wrote before a
    planned answer was due), or alert, which is about no conversation: its ``subject`` is the alert's name. ``read_at`` None: he has not
    seen it."""

    id: str
    kind: str
    at: Instant
    conversation: str | None
    number: int
    subject: str
    customer: PersonRow
    channel: str
    actor: Author
    message: str | None
    read_at: Instant | None


class EventRow(Struct, frozen=True, tag="event", tag_field="t"):
    """One quiet line of a thread: what changed, by whom, why. ``bot`` serves the conversation, or has just left it."""

    id: str
    type: EventType
    at: Instant
    actor: Author
    agent: str | None
    bot: str | None
    message: str | None
    reason: Reason | None
    before: dict[str, str | None]
    after: dict[str, str | None]


def conversation_row(c: Conversation, customer_name: str) -> ConversationRow:
    """The row of a conversation whose customer goes by ``customer_name``."""
    made = None if c.waiting is None else c.waiting.offer
    return ConversationRow(
        id=c.id,
        number=c.number,
        version=c.version,
        subject=c.subject,
        customer=PersonRow(c.customer, customer_name),
        channel=c.channel,
        channels=c.channels or (c.channel,),
        reply_channel=c.reply_channel or c.channel,
        status=c.status,
        category=c.category,
        priority=c.priority,
        tags=c.tags,
        created_at=c.created_at,
        updated_at=c.updated_at,
        messages=c.messages,
        inbound=c.inbound,
        team=c.team,
        assignee=c.assignee,
        assign_reason=c.assign_reason,
        bot=c.bot,
        queued_at=c.queued_at,
        queue=c.queue,
        offer=None if made is None else OfferRow(made.agent, made.until),
        why_waiting=c.why_waiting if made is None else Reason("offered", ids=(made.agent,)),
        waiting_since=c.waiting_since,
        heard_at=c.heard_at,
        scheduled=len(c.scheduled),
        snoozed_until=c.snoozed_until,
        sort_due=c.sort_due,
        sla=tuple(replace(clock, pauses=clock.pauses[-1:]) if clock.pauses else clock for clock in c.sla),
        last=c.last,
        participants=c.participants,
        followers=c.followers,
        related=c.related,
        merged_into=c.merged_into,
        absorbed=c.absorbed,
        rating=None if c.rating is None else RatingRow(c.rating.kind, c.rating.score),
    )


def notice_row(n: Notification, c: Conversation, customer_name: str) -> NoticeRow:
    """The row of a notice about a conversation that its reader may see."""
    return NoticeRow(
        id=n.id,
        kind=n.kind,
        at=n.at,
        conversation=c.id,
        number=c.number,
        subject=c.subject,
        customer=PersonRow(c.customer, customer_name),
        channel=c.channel,
        actor=n.actor,
        message=n.message,
        read_at=n.read_at,
    )


def alert_row(n: Notification, name: str) -> NoticeRow:
    """The row of a notice about an alert of this name."""
    return NoticeRow(n.id, n.kind, n.at, None, 0, name, PersonRow("", ""), "", n.actor, None, n.read_at)


def message_row(m: Message, author_name: str) -> MessageRow:
    """The row of a message whose author goes by ``author_name``."""
    d = m.delivery
    return MessageRow(
        id=m.id,
        version=m.version,
        conversation=m.conversation,
        kind=m.kind,
        author=m.author,
        author_name=author_name,
        at=m.at,
        arrived_at=m.arrived_at,
        channel=m.channel,
        sender=m.sender,
        to=m.to,
        cc=m.cc,
        bcc=m.bcc,
        subject=m.subject,
        text=m.text,
        fresh=m.fresh,
        html=bool(m.html),
        attachments=m.attachments,
        reason=m.reason,
        client_id=m.client_id,
        automatic=m.automatic,
        late=m.late,
        unproved=m.unproved,
        unreadable=m.unreadable,
        new_participant=m.new_participant,
        raw=m.raw is not None,
        seen_at=m.seen_at,
        mentions=m.mentions,
        state=d.state if d else None,
        error=d.error if d else "",
        recipients=d.recipients if d else (),
        due_at=d.due_at if d and d.state is DeliveryState.PENDING else None,
        scheduled_for=d.scheduled_for if d else None,
        forwards=m.forwards,
        cards=m.cards,
        choices=m.choices,
        reactions=tuple(r for r in m.reactions if r.emoji),
        edited_at=m.edited_at,
        deleted_at=m.deleted_at,
        earlier=m.earlier,
        call=m.call,
        rating=None if m.survey is None else _rating(m.survey),
        whisper=m.whisper,
        amending=None if m.amending is None else _amending(m.amending),
    )


def _amending(wanted: Amending) -> AmendingRow:
    return AmendingRow(wanted.kind, wanted.text, wanted.due_at is None, wanted.error)


def _rating(asked: Asked) -> RatingRow:
    return RatingRow(asked.kind.value, asked.score, asked.comment, asked.scored_at or None)


_SHOWN = ("category", "assignee", "team", "priority", "queue", "tags")


def _said(facets: Facets | None, name: str) -> str | None:
    found: str | tuple[str, ...] | None = getattr(facets, name)
    return ",".join(found) if isinstance(found, tuple) else found


def event_row(e: Event) -> EventRow:
    """The quiet line of an event; ``before`` and ``after`` hold only what differs."""
    changed: list[tuple[str, str | None, str | None]] = []
    for name in _SHOWN if e.before is not None and e.after is not None else ():
        new = _said(e.after, name)
        told = e.data.get(WAS + name, ...)
        old = _said(e.before, name) if told is ... else None if told is None else str(told)
        if old != new:
            changed.append((name, old, new))
    return EventRow(
        id=f"{e.o}-{e.n}",
        type=e.type,
        at=e.at,
        actor=e.actor,
        agent=e.agent,
        bot=next((f.bot for f in (e.after, e.before) if f is not None and f.bot is not None), None),
        message=e.message,
        reason=e.reason,
        before={name: old for name, old, _ in changed},
        after={name: new for name, _, new in changed},
    )
