"""What happened: the journal's entries. Ids, codes, numbers and instants only; never text, names or addresses."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId, TeamId
from inbox.core.message import Author, Reason


class EventType(StrEnum):
    """Every kind of entry, in the past tense."""

    CONVERSATION_STARTED = "conversation.started"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_QUEUED = "message.queued"
    NOTE_WRITTEN = "note.written"
    DELIVERY_CHANGED = "delivery.changed"
    MESSAGE_CHANGED = "message.changed"
    ASSIGNED = "conversation.assigned"
    UNASSIGNED = "conversation.unassigned"
    QUEUED = "conversation.queued"
    STATUS_CHANGED = "conversation.status_changed"
    PRIORITY_CHANGED = "conversation.priority_changed"
    TAGS_CHANGED = "conversation.tags_changed"
    SUBJECT_CHANGED = "conversation.subject_changed"
    PARTICIPANT_ACCEPTED = "conversation.participant_accepted"
    PARTICIPANT_SPLIT = "conversation.participant_split"
    BOT_ENTERED = "conversation.bot_entered"
    BOT_LEFT = "conversation.bot_left"
    SLA_WARNED = "sla.warned"
    SLA_BREACHED = "sla.breached"
    SLA_MET = "sla.met"
    CUSTOMER_CHANGED = "customer.changed"
    AGENT_CHANGED = "agent.changed"
    LOGINS_ENDED = "agent.logins_ended"
    TEAM_CHANGED = "team.changed"


class Facets(Struct, frozen=True, omit_defaults=True):
    """What views and the gate look at: the part of a conversation that decides who sees it and where."""

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
    )
