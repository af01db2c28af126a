"""What an agent is told personally, beyond the lists and threads he follows, and how he wants to hear of it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from inbox.core.conversation import Category, Conversation
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, ConversationId, Instant, MessageId
from inbox.core.message import Author, DeliveryState, Kind, Message
from inbox.core.scheduling import CUSTOMER_WROTE

KEPT_MS = 90 * 24 * 60 * 60 * 1000
KINDS = ("reply", "followed", "assigned", "mention", "sla_warning", "sla_breach", "offer", "whisper", "send_failed", "send_cancelled")
"""Everything about a conversation that somebody can be told of."""
ALERT = "alert"
"""A threshold is crossed; it is about no conversation."""

_TO_ASSIGNEE = {
    EventType.ASSIGNED: "assigned",
    EventType.MESSAGE_RECEIVED: "reply",
    EventType.SLA_WARNED: "sla_warning",
    EventType.SLA_BREACHED: "sla_breach",
}
_MENTIONING = frozenset({EventType.NOTE_WRITTEN, EventType.MESSAGE_QUEUED})


class Notification(Struct, frozen=True, omit_defaults=True):
    """One thing somebody was told, of a ``conversation`` or an ``alert``. It holds no text: who may no longer see the conversation learns
    nothing from it."""

    id: str
    agent: AgentId
    kind: str
    at: Instant
    conversation: ConversationId | None
    actor: Author
    message: MessageId | None = None
    read_at: Instant | None = None
    alert: str = ""
    version: int = 1


def made(event: Event, message: Message | None) -> list[Notification]:
    """What an entry with its number tells whom; one agent is told once, and nobody of his own doing. Ids of one instant are in order."""
    told: dict[AgentId, str] = {}
    for agent, kind in _told(event, message):
        if not _own_doing(event, agent):
            told.setdefault(agent, kind)
    return [
        Notification(
            _of_offer(event.conversation, agent, event.at) if kind == "offer" else f"{event.n:012}-{event.o}-{agent}",
            agent,
            kind,
            event.at,
            event.conversation,
            event.actor,
            event.message,
            alert=str(event.data.get("alert", "")) if kind == ALERT else "",
        )
        for agent, kind in told.items()
        if event.conversation is not None or kind == ALERT
    ]


def of_offer(c: Conversation | None) -> str | None:
    """The id of the notice of what it is offered to somebody with: it goes when the offer ends."""
    made = None if c is None or c.waiting is None else c.waiting.offer
    return None if c is None or made is None else _of_offer(c.id, made.agent, made.at)


def data_of(message: Message, before: Message | None) -> dict[str, int | str | None]:
    """What an entry says of its message beyond how that stands now: that it came by itself; that this change made it fail."""
    data: dict[str, int | str | None] = {"automatic": 1} if message.automatic else {}
    return {**data, "failed": 1} if _is_failed(message) and not _is_failed(before) else data


def to_tell(agents: tuple[AgentId, ...], webhooks: tuple[str, ...] = ()) -> dict[str, int | str | None]:
    """What an entry says of those who get a notice of it beside whom it is about, and of webhooks that are called."""
    told: dict[str, int | str | None] = {"tell": ",".join(agents)} if agents else {}
    return told | {"call": ",".join(webhooks)} if webhooks else told


def _of_offer(conversation: ConversationId | None, agent: AgentId, at: Instant) -> str:
    return f"offer-{conversation}-{agent}-{at}"


def _named(event: Event) -> tuple[AgentId, ...]:
    """Who gets a notice of an entry beside whom it is about."""
    tell = event.data.get("tell")
    return tuple(AgentId(agent) for agent in str(tell).split(",")) if tell else ()


def _told(event: Event, message: Message | None) -> Iterator[tuple[AgentId, str]]:
    after = event.after
    if event.type is EventType.ALERT_CHANGED:
        yield from ((agent, ALERT) for agent in _named(event))
    if after is None or event.cause.startswith("job:"):  # ten thousand assignments are no ten thousand notices
        return
    kind = _TO_ASSIGNEE.get(event.type)
    if kind is not None and after.assignee is not None and (kind != "reply" or _is_answer(event, message)):
        yield after.assignee, kind
    if kind is not None:
        yield from ((agent, kind) for agent in _named(event))
    if after.followers and kind == "reply" and _is_answer(event, message):
        yield from ((agent, "followed") for agent in after.followers)  # whose own it is was told above
    if event.type is EventType.OFFERED and after.offered is not None:
        yield after.offered, "offer"
    if message is not None:
        yield from _told_of(event, message)


def _told_of(event: Event, message: Message) -> Iterator[tuple[AgentId, str]]:
    """What the entry's message means for those it names, and for its author."""
    if event.type is EventType.NOTE_WRITTEN and message.whisper is not None:
        yield message.whisper, "whisper"
    if event.type in _MENTIONING:
        for agent in message.mentions:
            yield agent, "mention"
    if message.author.kind == "agent":
        if _has_failed(event, message):
            yield AgentId(message.author.id), "send_failed"
        if event.reason is not None and event.reason.code == CUSTOMER_WROTE:
            yield AgentId(message.author.id), "send_cancelled"


def _is_answer(event: Event, message: Message | None) -> bool:
    """A person wrote, now, and it is not spam."""
    if event.after is not None and event.after.category is Category.SPAM:
        return False
    return message is not None and message.kind is Kind.CUSTOMER and not message.automatic and not message.late


def _has_failed(event: Event, message: Message) -> bool:
    """The entry says so, as a receipt may come for what has failed before."""
    return event.type is EventType.DELIVERY_CHANGED and bool(event.data.get("failed")) and _is_failed(message)


def _is_failed(message: Message | None) -> bool:
    return message is not None and message.delivery is not None and message.delivery.state is DeliveryState.FAILED


def _own_doing(event: Event, agent: AgentId) -> bool:
    return event.type is not EventType.DELIVERY_CHANGED and event.actor.kind in ("agent", "bot") and event.actor.id == agent
