"""What a screen sees of each noun: plain values made from stored ones, the same over HTTP and over the socket.

A row carries the version of what it shows; whoever holds a newer version ignores it. Nothing here depends on the reader,
so a row is made and serialised once for everybody who may see it.
"""

from __future__ import annotations

from msgspec import Struct

from inbox.core.conversation import Category, Conversation, LastMessage, Participant, Priority, SlaClock
from inbox.core.events import Event, EventType
from inbox.core.ids import Instant
from inbox.core.message import Address, Attachment, Author, Card, Kind, Message, Reacted, Reason, Recipient, Wording

QUIET = frozenset(
    {
        EventType.ASSIGNED,
        EventType.UNASSIGNED,
        EventType.QUEUED,
        EventType.STATUS_CHANGED,
        EventType.PRIORITY_CHANGED,
        EventType.TAGS_CHANGED,
        EventType.SUBJECT_CHANGED,
        EventType.PARTICIPANT_ACCEPTED,
        EventType.PARTICIPANT_SPLIT,
        EventType.BOT_ENTERED,
        EventType.BOT_LEFT,
        EventType.SLA_WARNED,
        EventType.SLA_BREACHED,
    }
)
"""Entries that stand as a line of their own between the messages; the others show in a message or in the head."""


class PersonRow(Struct, frozen=True):
    """A customer in few words."""

    id: str
    name: str


class ConversationRow(Struct, frozen=True, tag="conversation", tag_field="t"):
    """One line of a list and the head of a thread. Instants are milliseconds UTC."""

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
    waiting_since: Instant | None
    heard_at: Instant | None
    snoozed_until: Instant | None
    sort_due: Instant | None
    sla: tuple[SlaClock, ...]
    last: LastMessage | None
    participants: tuple[Participant, ...]
    related: tuple[str, ...]
    merged_into: str | None


class MessageRow(Struct, frozen=True, tag="message", tag_field="t"):
    """One message of a thread. ``html`` tells that an HTML body can be fetched; its text is never in the row.

    ``text`` up to ``fresh`` characters is new, the rest is quoted history or signature (None: all of it is new).
    ``late``: it is history that came with a backlog.
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
    unreadable: str
    new_participant: bool
    raw: bool
    seen_at: Instant | None
    mentions: tuple[str, ...]
    state: str | None
    error: str
    recipients: tuple[Recipient, ...]
    forwards: str | None
    cards: tuple[Card, ...]
    reactions: tuple[Reacted, ...]
    edited_at: Instant | None
    deleted_at: Instant | None
    earlier: tuple[Wording, ...]


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
        waiting_since=c.waiting_since,
        heard_at=c.heard_at,
        snoozed_until=c.snoozed_until,
        sort_due=c.sort_due,
        sla=c.sla,
        last=c.last,
        participants=c.participants,
        related=c.related,
        merged_into=c.merged_into,
    )


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
        unreadable=m.unreadable,
        new_participant=m.new_participant,
        raw=m.raw is not None,
        seen_at=m.seen_at,
        mentions=m.mentions,
        state=d.state if d else None,
        error=d.error if d else "",
        recipients=d.recipients if d else (),
        forwards=m.forwards,
        cards=m.cards,
        reactions=tuple(r for r in m.reactions if r.emoji),
        edited_at=m.edited_at,
        deleted_at=m.deleted_at,
        earlier=m.earlier,
    )


_SHOWN = ("category", "assignee", "team", "priority")


def event_row(e: Event) -> EventRow:
    """The quiet line of an event; ``before`` and ``after`` hold only what differs."""
    changed: list[tuple[str, str | None, str | None]] = []
    if e.before is not None and e.after is not None:
        for name in _SHOWN:
            old, new = getattr(e.before, name), getattr(e.after, name)
            if old != new:
                changed.append((name, old, new))
        if e.before.tags != e.after.tags:
            changed.append(("tags", ",".join(e.before.tags), ",".join(e.after.tags)))
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
