"""What is done with a conversation when one of its clocks warns or is broken."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from msgspec import UNSET, Struct
from msgspec.structs import replace

from inbox.core import lifecycle, queueing
from inbox.core.conversation import PRIORITY_RANK, Conversation, Priority
from inbox.core.errors import Conflict, Invalid
from inbox.core.events import EventType
from inbox.core.ids import AgentId, Instant, QueueId, TeamId
from inbox.core.lifecycle import Changed, Happened
from inbox.core.message import Reason
from inbox.core.policies import Action, Policy
from inbox.core.queueing import NO_QUEUES, Desk

ACTED = "sla_action"


class Means(Struct, frozen=True):
    """What actions are carried out with: the queues there are, and who has which role."""

    desk: Desk = NO_QUEUES
    people: Mapping[str, tuple[AgentId, ...]] = {}


def act(changed: Changed, policies: Mapping[str, Policy], means: Means, now: Instant) -> Changed:
    """The change with what the policies of its warnings and breaches do about them. What cannot be done any more is left out."""
    wanted = [(happened, _actions(happened, policies)) for happened in changed.happened]
    if not any(actions for _, actions in wanted):
        return changed
    acted = Changed(changed.conversation, tuple(_told(happened, actions, means) for happened, actions in wanted))
    for happened, actions in wanted:
        for action in actions:
            if happened.reason is not None:
                acted = acted.then(partial(_do, action=action, why=happened.reason, means=means, now=now))
    return acted


def _actions(happened: Happened, policies: Mapping[str, Policy]) -> tuple[Action, ...]:
    """What the policy of an alarm wants done."""
    policy = policies.get(happened.reason.ids[1]) if happened.reason is not None and happened.type in _ALARMS else None
    if policy is None:
        return ()
    return policy.on_warning if happened.type is EventType.SLA_WARNED else policy.on_breach


_ALARMS = (EventType.SLA_WARNED, EventType.SLA_BREACHED)


def _told(happened: Happened, actions: tuple[Action, ...], means: Means) -> Happened:
    """The alarm with whom its policy wants told of it: everybody of a role or one person, and webhooks."""
    people = [action.value for action in actions if action.kind == "notify"]
    tell = dict.fromkeys(id for value in people for id in means.people.get(value, (AgentId(value),)))
    hooks = dict.fromkeys(action.value for action in actions if action.kind == "webhook")
    return replace(happened, tell=tuple(tell), call=tuple(hooks)) if tell or hooks else happened


def _do(c: Conversation, action: Action, why: Reason, means: Means, now: Instant) -> Changed:
    try:
        return _done(c, action, why, means, now)
    except (Invalid, Conflict):
        return Changed(c)


def _done(c: Conversation, action: Action, why: Reason, means: Means, now: Instant) -> Changed:
    match action.kind:
        case "tag":
            return lifecycle.set_tags(c, (action.value,))
        case "priority":
            raised = Priority(action.value)
            return lifecycle.set_priority(c, raised) if PRIORITY_RANK[raised] > PRIORITY_RANK[c.priority] else Changed(c)
        case "unassign":
            return lifecycle.queue(c, now, Reason(ACTED, why.ids)) if c.assignee is not None else Changed(c)
        case "notify" | "webhook":
            return Changed(c)
        case "queue":
            target = means.desk.queue(QueueId(action.value))
            return Changed(c) if target is None else queueing.put_into(c, target, means.desk, Reason(ACTED, why.ids), now)
        case _:
            return lifecycle.assign(c, UNSET, TeamId(action.value), Reason(ACTED, why.ids), now)
