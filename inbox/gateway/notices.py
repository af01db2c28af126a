"""What a change means for one agent personally, beyond the lists and threads he follows."""

from __future__ import annotations

from inbox.core.events import Event, EventType, Facets
from inbox.core.ids import AgentId
from inbox.core.message import Kind
from inbox.flow.feed import Change

_TO_ASSIGNEE = {
    EventType.ASSIGNED: "assigned",
    EventType.MESSAGE_RECEIVED: "reply",
    EventType.SLA_WARNED: "sla_warning",
    EventType.SLA_BREACHED: "sla_breach",
}
_MENTIONING = frozenset({EventType.NOTE_WRITTEN, EventType.MESSAGE_QUEUED})


def notices(change: Change, now: Facets) -> list[tuple[AgentId, str]]:
    """Who is to be told, and of what: assigned, reply, mention, sla_warning or sla_breach. Nobody is told of his own doing."""
    event = change.event
    told: list[tuple[AgentId, str]] = []
    kind = _TO_ASSIGNEE.get(event.type)
    if kind is not None and now.assignee is not None and _concerns(change, kind):
        told.append((now.assignee, kind))
    if event.type in _MENTIONING and change.message is not None:
        told.extend((agent, "mention") for agent in change.message.mentions)
    return [(agent, kind) for agent, kind in told if not _own_doing(event, agent)]


def _concerns(change: Change, kind: str) -> bool:
    if kind != "reply":
        return True
    message = change.message
    return message is not None and message.kind is Kind.CUSTOMER and not message.automatic and not message.late


def _own_doing(event: Event, agent: AgentId) -> bool:
    return event.actor.kind in ("agent", "bot") and event.actor.id == agent
