"""What a warning or a breach does to its conversation."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core import lifecycle, triage
from inbox.core.conversation import Conversation, Priority
from inbox.core.events import EventType
from inbox.core.ids import AgentId, QueueId, TeamId
from inbox.core.lifecycle import Changed, Happened
from inbox.core.message import Reason
from inbox.core.policies import Action, Policy
from inbox.core.queueing import Desk
from inbox.core.queues import Queue
from inbox.core.sla_actions import Means, act
from tests.core.strategies import NOW, begun

BROKEN = Happened(EventType.SLA_BREACHED, Reason("sla_breached", ("first_response", "gold")))
WARNED = Happened(EventType.SLA_WARNED, Reason("sla_warned", ("first_response", "gold")))

MEANS = Means(Desk({QueueId("night"): Queue(QueueId("night"), "Night")}), {"supervisor": (AgentId("sue"), AgentId("sam"))})


def after(policy: Policy, *happened: Happened, c: Conversation | None = None) -> Changed:
    return act(Changed(c or begun(), happened), {policy.id: policy}, MEANS, NOW + 1)


def test_each_alarm_does_what_its_policy_says_and_nothing_else() -> None:
    policy = Policy("gold", on_warning=(Action("priority", "high"),), on_breach=(Action("tag", "late"), Action("team", "t9")))
    warned = after(policy, WARNED).conversation
    assert (warned.priority, warned.tags) == (Priority.HIGH, ())
    broken = after(policy, BROKEN)
    assert (broken.conversation.tags, broken.conversation.team) == (("late",), TeamId("t9"))
    assert broken.types == (EventType.SLA_BREACHED, EventType.TAGS_CHANGED, EventType.ASSIGNED)
    assert broken.happened[-1].reason == Reason("sla_action", ("first_response", "gold"))
    assert after(policy, Happened(EventType.SLA_MET, BROKEN.reason)).types == (EventType.SLA_MET,)
    assert act(Changed(begun(), (BROKEN,)), {}, MEANS, NOW).types == (EventType.SLA_BREACHED,)


def test_an_agent_loses_it_to_the_queue_and_a_queued_one_stays() -> None:
    policy = Policy("gold", on_breach=(Action("unassign"),))
    held = lifecycle.assign(begun(), AgentId("ann"), None, None, NOW).conversation
    freed = after(policy, BROKEN, c=held)
    assert (freed.conversation.assignee, freed.conversation.queued_at) == (None, NOW + 1)
    assert after(policy, BROKEN).types == (EventType.SLA_BREACHED,)


def test_a_priority_is_raised_and_never_lowered() -> None:
    policy = Policy("gold", on_breach=(Action("priority", "high"),))
    urgent = replace(begun(), priority=Priority.URGENT)
    assert after(policy, BROKEN, c=urgent).conversation.priority is Priority.URGENT


def test_what_cannot_be_done_is_left_out_and_the_alarm_stands() -> None:
    policy = Policy("gold", on_breach=(Action("tag", "one more"), Action("priority", "high")))
    full = replace(begun(), tags=tuple(f"t{n}" for n in range(triage.MAX_TAGS)))
    changed = after(policy, BROKEN, c=full)
    assert changed.types == (EventType.SLA_BREACHED, EventType.PRIORITY_CHANGED)
    assert after(policy, BROKEN, c=replace(begun(), merged_into=begun().id)).types == (EventType.SLA_BREACHED,)


def test_everybody_of_a_role_and_single_people_are_told_once() -> None:
    policy = Policy("gold", on_breach=(Action("notify", "supervisor"), Action("notify", "ann"), Action("notify", "sue")))
    assert after(policy, BROKEN).happened == (replace(BROKEN, tell=(AgentId("sue"), AgentId("sam"), AgentId("ann"))),)
    assert after(policy, WARNED).happened == (WARNED,)


def test_what_waits_goes_on_in_another_queue_and_what_does_not_stays() -> None:
    policy = Policy("gold", on_breach=(Action("queue", "night"),))
    moved = after(policy, BROKEN)
    assert (moved.conversation.queue, moved.types[-1]) == ("night", EventType.QUEUE_CHANGED)
    assert after(policy, BROKEN, c=moved.conversation).types == (EventType.SLA_BREACHED,), "it is there already"
    held = lifecycle.assign(begun(), AgentId("ann"), None, None, NOW).conversation
    assert after(policy, BROKEN, c=held).conversation == held
    assert after(Policy("gold", on_breach=(Action("queue", "gone"),)), BROKEN).types == (EventType.SLA_BREACHED,)
