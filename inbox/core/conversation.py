"""A conversation: one matter with its participants, its state, its clocks and its last message."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId, TeamId
from inbox.core.message import Kind, Reason


class Category(StrEnum):
    """The fixed meaning behind every status name."""

    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    SPAM = "spam"


class Priority(StrEnum):
    """How urgent; ordered by ``PRIORITY_RANK``."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


PRIORITY_RANK = {Priority.LOW: 0, Priority.NORMAL: 1, Priority.HIGH: 2, Priority.URGENT: 3}


class Participant(Struct, frozen=True, omit_defaults=True):
    """An outside address that takes part. ``accepted`` False: a stranger joined; he is left out of reply-all.

    ``reply_to``: where he asked that answers go in place of his own address; those of them that are accepted get them.
    """

    kind: str
    value: str
    name: str = ""
    accepted: bool = True
    customer: CustomerId | None = None
    reply_to: tuple[str, ...] = ()


class LastMessage(Struct, frozen=True, omit_defaults=True):
    """What the list shows of the newest message. ``content`` says what it is where it has no text: ``withdrawn`` or a card's kind."""

    id: MessageId
    at: Instant
    kind: Kind
    author: str
    preview: str
    content: str = ""


FAR_FUTURE = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z: stands for "never" wherever an instant is sorted by."""


class ClockState(StrEnum):
    """Where a service-level clock stands; ``IDLE``: nothing is owed yet."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"


class SlaClock(Struct, frozen=True, omit_defaults=True):
    """One promise: ``due_at`` is the stored instant; ``used`` the milliseconds consumed before ``since``.

    ``epoch`` rises with every re-arming, so that a timer of an older epoch is void. ``warn_at`` is the instant of the
    next warning, None when it was given; ``warn_after`` the milliseconds used at which it is due, None for no warning.
    ``armed_at`` is when the promise began. Breached without ``met_at`` is still owed.
    """

    metric: str
    state: ClockState
    target: int
    epoch: int = 0
    armed_at: Instant = 0
    since: Instant = 0
    used: int = 0
    warn_after: int | None = None
    due_at: Instant | None = None
    warn_at: Instant | None = None
    warned_at: Instant | None = None
    breached_at: Instant | None = None
    met_at: Instant | None = None
    policy: str = ""
    policy_version: int = 1


class Conversation(Struct, frozen=True, omit_defaults=True):
    """One matter. ``queued_at`` is set while it waits for an agent; ``waiting_since`` while the customer waits for an answer.

    ``bot`` holds the bot's id while a bot serves it; ``sort_due`` is the earliest running deadline.
    ``last_reply`` is the newest answer, which guards against answering twice; ``reply_channel`` where the customer wrote last, and
    ``heard_at`` when he did, by the provider's clock. ``mail_due`` is when an answer on a live channel goes out by mail too, unless it
    is seen before.
    ``inbound`` counts the customer's messages: an agent's unread number is ``inbound`` minus the count in his read mark.
    """

    id: ConversationId
    number: int
    version: int
    channel: ChannelId
    customer: CustomerId
    created_at: Instant
    updated_at: Instant
    channels: tuple[ChannelId, ...] = ()
    subject: str = ""
    status: str = "open"
    category: Category = Category.OPEN
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    participants: tuple[Participant, ...] = ()
    team: TeamId | None = None
    assignee: AgentId | None = None
    assign_reason: Reason | None = None
    bot: AgentId | None = None
    queued_at: Instant | None = None
    snoozed_until: Instant | None = None
    snooze_epoch: int = 0
    waiting_since: Instant | None = None
    sla: tuple[SlaClock, ...] = ()
    sort_due: Instant | None = None
    last: LastMessage | None = None
    last_reply: LastMessage | None = None
    reply_channel: ChannelId | None = None
    heard_at: Instant | None = None
    mail_due: Instant | None = None
    related: tuple[ConversationId, ...] = ()
    merged_into: ConversationId | None = None
    resolved_at: Instant | None = None
    messages: int = 0
    inbound: int = 0
