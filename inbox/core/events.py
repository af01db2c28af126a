"""What happened: the journal's entries. Ids, codes, numbers and instants only; never text, names or addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.conversation import Category, ClockState, Conversation, Priority
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId, QueueId, TeamId
from inbox.core.message import Author, Reason


class EventType(StrEnum):
    """Every kind of entry, in the past tense. ``CONVERSATION_CHANGED``: what was planned for it was given up, or what else has no entry of
    its own and no line in the thread."""

    CONVERSATION_STARTED = "conversation.started"
    CONVERSATION_CHANGED = "conversation.changed"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_QUEUED = "message.queued"
    NOTE_WRITTEN = "note.written"
    CALL_LOGGED = "call.logged"
    DELIVERY_CHANGED = "delivery.changed"
    MESSAGE_CHANGED = "message.changed"
    ASSIGNED = "conversation.assigned"
    UNASSIGNED = "conversation.unassigned"
    QUEUED = "conversation.queued"
    QUEUE_CHANGED = "conversation.queue_changed"
    OFFERED = "conversation.offered"
    OFFER_ENDED = "conversation.offer_ended"
    STATUS_CHANGED = "conversation.status_changed"
    PRIORITY_CHANGED = "conversation.priority_changed"
    TAGS_CHANGED = "conversation.tags_changed"
    FOLLOWERS_CHANGED = "conversation.followers_changed"
    SUBJECT_CHANGED = "conversation.subject_changed"
    PARTICIPANT_ACCEPTED = "conversation.participant_accepted"
    PARTICIPANT_SPLIT = "conversation.participant_split"
    CONVERSATION_MERGED = "conversation.merged"
    CONVERSATION_UNMERGED = "conversation.unmerged"
    MESSAGES_MOVED = "conversation.messages_moved"
    BOT_ENTERED = "conversation.bot_entered"
    BOT_LEFT = "conversation.bot_left"
    SLA_WARNED = "sla.warned"
    SLA_BREACHED = "sla.breached"
    SLA_MET = "sla.met"
    SLA_CHANGED = "sla.changed"
    SURVEY_ASKED = "survey.asked"
    SURVEY_ANSWERED = "survey.answered"
    CUSTOMER_CHANGED = "customer.changed"
    SENDER_BLOCKED = "sender.blocked"
    SENDER_UNBLOCKED = "sender.unblocked"
    AGENT_CHANGED = "agent.changed"
    STATE_CHANGED = "agent.state_changed"
    LOGINS_ENDED = "agent.logins_ended"
    TEAM_CHANGED = "team.changed"
    CONSENT_CHANGED = "channel.consent_changed"
    CATALOG_CHANGED = "catalog.changed"
    CHANNEL_CHANGED = "channel.changed"
    JOB_CHANGED = "job.changed"
    TEMPLATES_CHANGED = "templates.changed"
    ALERT_CHANGED = "alert.changed"


ABOUT_MESSAGE = frozenset(
    {
        EventType.CONVERSATION_STARTED,
        EventType.MESSAGE_RECEIVED,
        EventType.MESSAGE_QUEUED,
        EventType.NOTE_WRITTEN,
        EventType.CALL_LOGGED,
        EventType.DELIVERY_CHANGED,
        EventType.MESSAGE_CHANGED,
        EventType.SURVEY_ASKED,
        EventType.SURVEY_ANSWERED,
    }
)
"""Entries that name a message."""


class Facets(Struct, frozen=True, omit_defaults=True):
    """What views and the gate look at: the part of a conversation that decides who sees it and where. ``sla``: see ``urgency``."""

    category: Category
    channel: ChannelId
    customer: CustomerId
    assignee: AgentId | None = None
    team: TeamId | None = None
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    queued: bool = False
    bot: AgentId | None = None
    merged: bool = False
    queue: QueueId | None = None
    offered: AgentId | None = None
    sla: str = ""
    mentioned: tuple[AgentId, ...] = ()
    followers: tuple[AgentId, ...] = ()
    scheduled: bool = False


class Event(Struct, frozen=True, omit_defaults=True):
    """One entry. ``o`` and ``n`` are stamped by the committer; ``before`` is absent when the conversation is new."""

    type: EventType
    at: Instant
    actor: Author
    o: int = 0
    n: int = 0
    conversation: ConversationId | None = None
    version: int = 0
    message: MessageId | None = None
    customer: CustomerId | None = None
    agent: AgentId | None = None
    before: Facets | None = None
    after: Facets | None = None
    reason: Reason | None = None
    cause: str = ""
    data: dict[str, int | str | None] = {}


_MOVES: Mapping[EventType, tuple[str, ...]] = {
    EventType.ASSIGNED: ("assignee", "team"),
    EventType.PRIORITY_CHANGED: ("priority",),
    EventType.QUEUE_CHANGED: ("queue",),
    EventType.TAGS_CHANGED: ("tags",),
}
WAS = "was_"


def in_turn(entries: Iterable[Event]) -> Iterator[Event]:
    """The entries of one change: the first is what moved the conversation in lists; the others stand behind it and say in ``data``, as
    ``was_priority``, what they are about."""
    first: Event | None = None
    for entry in entries:
        if first is None:
            first = entry
            yield entry
        else:
            yield replace(entry, before=entry.after, data=entry.data | _was(entry))


def _was(entry: Event) -> dict[str, int | str | None]:
    if entry.before is None or (entry.type is EventType.QUEUE_CHANGED and entry.before.queue is None):
        return {}  # that it entered a queue is part of its beginning
    before, after = entry.before, entry.after
    found = {name: getattr(before, name) for name in _MOVES.get(entry.type, ()) if getattr(before, name) != getattr(after, name)}
    return {WAS + name: ",".join(value) if isinstance(value, tuple) else value for name, value in found.items()}


def facets(c: Conversation) -> Facets:
    """The facets of a conversation as it stands."""
    return Facets(
        category=c.category,
        channel=c.channel,
        customer=c.customer,
        assignee=c.assignee,
        team=c.team,
        priority=c.priority,
        tags=c.tags,
        queued=c.queued_at is not None,
        bot=c.bot,
        merged=c.merged_into is not None,
        queue=c.queue,
        offered=c.waiting.offer.agent if c.waiting is not None and c.waiting.offer is not None else None,
        sla=urgency(c),
        mentioned=tuple(dict.fromkeys(mention.agent for mention in c.mentions)),
        followers=c.followers,
        scheduled=bool(c.scheduled),
    )


def named(facets: Facets | None) -> frozenset[AgentId]:
    """In whose lists it can stand otherwise than in those of colleagues with the same teams: who holds or serves it, is offered it, was
    mentioned in it or follows it."""
    found = () if facets is None else (facets.assignee, facets.bot, facets.offered, *facets.mentioned, *facets.followers)
    return frozenset(id for id in found if id is not None)


def urgency(c: Conversation) -> str:
    """How its service level stands while somebody has to act: ``late``, ``soon`` once it was warned of, else ''."""
    if c.category not in (Category.OPEN, Category.WAITING):
        return ""
    if any(clock.breached_at is not None and clock.met_at is None for clock in c.sla):
        return "late"
    warned = any(clock.state is ClockState.RUNNING and clock.warned_at is not None for clock in c.sla)
    return "soon" if warned else ""
