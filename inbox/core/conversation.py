"""A conversation: one matter with its participants, its state, its clocks and its last message."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId, QueueId, TeamId
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

    ``stopped``: he has asked there for no more messages.
    ``reply_to``: where he asked that answers go in place of his own address; those of them that are accepted get them.
    """

    kind: str
    value: str
    name: str = ""
    accepted: bool = True
    customer: CustomerId | None = None
    reply_to: tuple[str, ...] = ()
    stopped: bool = False


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


class Pause(Struct, frozen=True, omit_defaults=True):
    """A time in which a clock stood still: a category, or ``bot``. ``end`` None: it still does."""

    why: str
    start: Instant
    end: Instant | None = None


class SlaClock(Struct, frozen=True, omit_defaults=True):
    """One promise: ``due_at`` is the stored instant; ``used`` the milliseconds consumed before ``since``.

    ``epoch`` rises with every re-arming, so that a timer of an older epoch is void. ``warn_at`` is the instant of the
    next warning; ``warn_after`` the milliseconds used at which it is due, None when none is left, of all those in ``warns``.
    ``armed_at`` is when the promise began. Breached without ``met_at`` is still owed; ``met_by`` is the answer that kept it.
    With a ``calendar`` milliseconds are those in which it is open. ``pauses`` are counted since ``base_at``, at which ``base_used``
    were consumed; ``runs_in`` are the categories beside open in which it goes on. ``over`` is what was used beyond the target already
    when the deadline was set, because less was promised than before.
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
    met_by: MessageId | None = None
    warns: tuple[int, ...] = ()
    calendar: str = ""
    calendar_version: int = 0
    runs_in: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()
    base_at: Instant = 0
    base_used: int = 0
    over: int = 0


class Asking(Struct, frozen=True, omit_defaults=True):
    """A survey that the customer is to be asked at ``due_at``, should the conversation still be resolved then."""

    survey: str
    due_at: Instant


class Rating(Struct, frozen=True, omit_defaults=True):
    """The survey that was asked last, by which message, and the score; None: he has not answered."""

    message: MessageId
    kind: str
    score: int | None = None


class Want(Struct, frozen=True, omit_defaults=True):
    """A skill that is asked for, at least at this level."""

    skill: str
    level: int = 1


class Offer(Struct, frozen=True, omit_defaults=True):
    """It is offered to an agent since ``at`` until an instant; as one that was let pass: he is not asked again before."""

    agent: AgentId
    until: Instant
    reason: Reason | None = None
    at: Instant = 0


class Waiting(Struct, frozen=True, omit_defaults=True):
    """How it waits in a queue, since when in this one. ``next_at`` is when time alone changes something of it; see ``core/queues.py``.

    ``been``: the queues it overflowed from, or from which somebody moved it; ``origin``: where it began to overflow.
    ``front``: it was served and came back. ``told``: what the customer was told meanwhile.
    ``passed``: how often it was offered here and not taken.
    """

    since: Instant
    wants: tuple[Want, ...] = ()
    been: tuple[QueueId, ...] = ()
    origin: QueueId | None = None
    front: bool = False
    offer: Offer | None = None
    declined: tuple[Offer, ...] = ()
    closed: bool = False
    next_at: Instant | None = None
    told: str = ""
    passed: int = 0


class Mention(Struct, frozen=True, omit_defaults=True):
    """A colleague who was named in a note."""

    agent: AgentId
    message: MessageId


class Conversation(Struct, frozen=True, omit_defaults=True):
    """One matter. ``queued_at`` is set while it waits for an agent; ``waiting_since`` while the customer waits for an answer.

    ``queue`` is the one it waits in or was last given out from, None for its team's own; ``waiting`` how it waits in it.
    ``why_waiting`` is the last decision that gave it to nobody: its code and ids, as numbers would be others a moment later.

    ``assigned_at`` is since when its assignee has it, None where that was not noted.
    ``bot`` holds the bot's id while a bot serves it; ``sort_due`` is the earliest running deadline.
    ``last_reply`` is the newest answer, which guards against answering twice; ``reply_channel`` where the customer wrote last, and
    ``heard_at`` when he did, by the provider's clock. ``mail_due`` is when an answer on a live channel goes out by mail too, unless it
    is seen before.
    ``hidden_at`` is when the newest message arrived that lists show nothing of; what comes later arrives after it, as after ``last``.
    ``mentions`` are who was named in its notes, and where, the newest last. ``followers`` want to hear when the customer writes.
    ``scheduled`` are answers that wait for the time their authors chose.
    ``absorbed``: what was merged into it, directly or with another; their messages keep the conversation they were written in, and are
    shown, counted and searched here.
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
    assigned_at: Instant | None = None
    bot: AgentId | None = None
    queued_at: Instant | None = None
    queue: QueueId | None = None
    waiting: Waiting | None = None
    why_waiting: Reason | None = None
    snoozed_until: Instant | None = None
    snooze_epoch: int = 0
    waiting_since: Instant | None = None
    sla: tuple[SlaClock, ...] = ()
    sort_due: Instant | None = None
    last: LastMessage | None = None
    hidden_at: Instant = 0
    last_reply: LastMessage | None = None
    reply_channel: ChannelId | None = None
    heard_at: Instant | None = None
    mail_due: Instant | None = None
    mentions: tuple[Mention, ...] = ()
    followers: tuple[AgentId, ...] = ()
    scheduled: tuple[MessageId, ...] = ()
    related: tuple[ConversationId, ...] = ()
    merged_into: ConversationId | None = None
    absorbed: tuple[ConversationId, ...] = ()
    resolved_at: Instant | None = None
    messages: int = 0
    inbound: int = 0
    asking: Asking | None = None
    rating: Rating | None = None

    @property
    def whole(self) -> tuple[ConversationId, ...]:
        """Its own id and those of all that was merged into it: the homes of its messages."""
        return (self.id, *self.absorbed)

    @property
    def newest_at(self) -> Instant:
        """When the newest of its messages arrived, also of those that lists show nothing of."""
        return max(self.hidden_at, self.last.at if self.last is not None else 0)
