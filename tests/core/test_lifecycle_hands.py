"""Whose hands a conversation is in, its clocks, and the small values agents set."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from inbox.core import lifecycle
from inbox.core.conversation import FAR_FUTURE, Category, ClockState, Conversation, Participant, Priority
from inbox.core.errors import Invalid, NotFound
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId, TeamId
from inbox.core.lifecycle import Changed
from inbox.core.message import Kind, Reason
from tests.core.strategies import ANN, BOT, BY_BOT, HOUR, NOW, as_category, begun, clock, message

# --- who holds it


def test_an_assignment_leaves_the_queue_and_says_why() -> None:
    why = Reason("least_loaded")
    changed = lifecycle.assign(begun(), ANN, UNSET, why, NOW + 1)
    c = changed.conversation
    assert (changed.types, changed.reason) == ((EventType.ASSIGNED,), why)
    assert (c.assignee, c.queued_at, c.assign_reason) == (ANN, None, why)
    assert lifecycle.assign(c, ANN, UNSET, why, NOW + 2) == Changed(c)


def test_taking_it_away_queues_an_open_one() -> None:
    changed = lifecycle.assign(begun("ann"), None, UNSET, None, NOW + 7)
    assert changed.types == (EventType.UNASSIGNED, EventType.QUEUED)
    assert changed.conversation.queued_at == NOW + 7
    waiting = lifecycle.assign(as_category(Category.WAITING, "ann"), None, UNSET, None, NOW + 7)
    assert waiting.types == (EventType.UNASSIGNED,)


def test_a_team_alone_can_change_and_the_place_in_the_queue_is_kept() -> None:
    changed = lifecycle.assign(begun(), UNSET, TeamId("red"), None, NOW + 7)
    assert (changed.types, changed.conversation.team, changed.conversation.queued_at) == ((EventType.ASSIGNED,), "red", NOW)
    back = lifecycle.assign(changed.conversation, UNSET, None, None, NOW + 8)
    assert (back.types, back.conversation.team) == ((EventType.ASSIGNED,), None)


def test_a_person_takes_over_from_a_bot() -> None:
    changed = lifecycle.assign(begun(bot="bot"), ANN, UNSET, None, NOW + 1)
    assert changed.types == (EventType.ASSIGNED, EventType.BOT_LEFT)
    assert (changed.conversation.bot, changed.conversation.queued_at) == (None, None)
    assert changed.conversation.sort_due == NOW + 1 + HOUR


def test_the_bot_stays_when_only_the_team_changes() -> None:
    assert lifecycle.assign(begun(bot="bot"), UNSET, TeamId("red"), None, NOW).conversation.bot == "bot"


def test_giving_it_back_clears_agent_and_bot() -> None:
    given_back = lifecycle.queue(begun("ann"), NOW + 3, Reason("went_offline"))
    assert given_back.types == (EventType.UNASSIGNED, EventType.QUEUED)
    assert given_back.reason == Reason("went_offline")
    assert lifecycle.queue(replace(begun("ann"), team=TeamId("red")), NOW + 3).conversation.team == "red"
    from_bot = lifecycle.queue(begun(bot="bot"), NOW + 3)
    assert from_bot.types == (EventType.BOT_LEFT, EventType.QUEUED)
    queued = begun()
    assert lifecycle.queue(queued, NOW + 3) == Changed(queued)


def test_a_bot_takes_only_what_is_open_and_nobodys() -> None:
    changed = lifecycle.bot_enters(begun(), BOT, NOW + 1)
    c = changed.conversation
    assert (changed.types, c.bot, c.queued_at, c.sort_due) == ((EventType.BOT_ENTERED,), BOT, None, FAR_FUTURE)
    assert lifecycle.bot_enters(c, BOT, NOW + 2) == Changed(c)
    for other in (begun("ann"), as_category(Category.WAITING)):
        with pytest.raises(Invalid, match="bot"):
            lifecycle.bot_enters(other, BOT, NOW)


def test_a_bot_that_hands_over_leaves_a_customer_who_waits() -> None:
    answered = lifecycle.reply_queued(begun(bot="bot"), message(Kind.REPLY, author=BY_BOT), NOW + 1).conversation
    changed = lifecycle.bot_leaves(answered, NOW + 2, Reason("asked_for_a_person"))
    c = changed.conversation
    assert (changed.types, changed.reason) == ((EventType.BOT_LEFT, EventType.QUEUED), Reason("asked_for_a_person"))
    assert (c.bot, c.waiting_since, c.queued_at, clock(c, "first_response")) == (None, NOW + 2, NOW + 2, ClockState.RUNNING)
    assert lifecycle.bot_leaves(c, NOW + 3) == Changed(c)


def test_an_earlier_wait_is_not_forgotten_when_a_bot_leaves() -> None:
    assert lifecycle.bot_leaves(begun(bot="bot"), NOW + 2).conversation.waiting_since == NOW
    resolved = lifecycle.set_category(begun(bot="bot"), Category.RESOLVED, NOW).conversation
    assert lifecycle.bot_leaves(resolved, NOW + 2).conversation.waiting_since is None


@pytest.mark.parametrize(
    ("category", "conversational", "holder"),
    [
        (Category.OPEN, False, ANN),
        (Category.OPEN, True, ANN),
        (Category.WAITING, False, None),
        (Category.WAITING, True, ANN),
        (Category.SNOOZED, True, None),
        (Category.RESOLVED, True, None),
    ],
)
def test_what_takes_an_agents_capacity(category: Category, conversational: bool, holder: AgentId | None) -> None:
    c = as_category(category, "ann")
    assert lifecycle.occupies(c, conversational=conversational) == holder
    assert lifecycle.occupies(replace(c, merged_into=ConversationId("c2")), conversational=conversational) is None


# --- clocks


def test_an_alarm_is_told_with_its_proof_and_moves_the_list() -> None:
    c = begun("ann")
    warned = lifecycle.sla_fired(c, "first_response", "warn", 1, NOW + HOUR)
    assert warned.types == (EventType.SLA_WARNED,)
    breached = lifecycle.sla_fired(warned.conversation, "first_response", "breach", 1, NOW + HOUR + 3)
    assert breached.types == (EventType.SLA_BREACHED,)
    assert breached.reason is not None
    assert breached.reason.numbers["late_by"] == 3
    assert breached.conversation.sort_due == NOW + HOUR
    assert clock(breached.conversation, "resolution") is ClockState.RUNNING
    assert lifecycle.sla_fired(breached.conversation, "first_response", "breach", 1, NOW + HOUR + 4) == Changed(breached.conversation)


@pytest.mark.parametrize("assignee", [None, "ann"])
def test_a_promise_that_is_kept_or_broken_on_the_way_is_told_with_its_proof(assignee: str | None) -> None:
    """Whether the conversation leaves a queue with the same step or not."""
    kept = lifecycle.set_category(begun(assignee), Category.RESOLVED, NOW + 5)
    assert [h.reason.code for h in kept.happened if h.reason and h.type is EventType.SLA_MET] == ["sla_met"]
    late = lifecycle.set_category(begun(assignee), Category.WAITING, NOW + HOUR + 1)
    assert [h.reason.code for h in late.happened if h.reason and h.type is EventType.SLA_BREACHED] == ["sla_breached"]
    answered = lifecycle.reply_queued(begun(assignee), message(Kind.REPLY), NOW + 5)
    assert [h.reason.code for h in answered.happened if h.reason and h.type is EventType.SLA_MET] == ["sla_met"]


def test_an_alarm_of_a_clock_that_is_not_there_is_void() -> None:
    c = begun()
    assert lifecycle.sla_fired(c, "handling", "breach", 1, NOW + 99 * HOUR) == Changed(c)


# --- small values


def test_priority_subject_and_tags_tell_only_real_changes() -> None:
    c = begun()
    urgent = lifecycle.set_priority(c, Priority.URGENT)
    assert (urgent.types, urgent.conversation.priority) == ((EventType.PRIORITY_CHANGED,), Priority.URGENT)
    assert lifecycle.set_priority(c, c.priority) == Changed(c)
    renamed = lifecycle.set_subject(c, " New\nname ")
    assert (renamed.types, renamed.conversation.subject) == ((EventType.SUBJECT_CHANGED,), "New name")
    assert lifecycle.set_subject(renamed.conversation, "New name") == Changed(renamed.conversation)
    tagged = lifecycle.set_tags(c, add=("vip",))
    assert (tagged.types, tagged.conversation.tags) == ((EventType.TAGS_CHANGED,), ("vip",))
    assert lifecycle.set_tags(tagged.conversation, add=("VIP",), remove=("other",)) == Changed(tagged.conversation)


def test_a_newcomer_is_accepted_or_split_off() -> None:
    both = (Participant("email", "kim@x.org"), Participant("email", "eve@x.org", accepted=False))
    c = replace(begun(), participants=both)
    accepted = lifecycle.accept_participant(c, "email", "eve@x.org")
    assert accepted.types == (EventType.PARTICIPANT_ACCEPTED,)
    assert all(p.accepted for p in accepted.conversation.participants)
    assert lifecycle.accept_participant(accepted.conversation, "email", "eve@x.org") == Changed(accepted.conversation)
    split = lifecycle.split_participant(c, "email", "eve@x.org")
    assert (split.types, split.conversation.participants) == ((EventType.PARTICIPANT_SPLIT,), both[:1])
    with pytest.raises(NotFound):
        lifecycle.accept_participant(c, "phone", "eve@x.org")
    with pytest.raises(Invalid, match="only"):
        lifecycle.split_participant(split.conversation, "email", "kim@x.org")


CHANGES: list[Callable[[Conversation], Changed]] = [
    lambda c: lifecycle.customer_wrote(c, message(), NOW),
    lambda c: lifecycle.reply_queued(c, message(Kind.REPLY), NOW),
    lambda c: lifecycle.forwarded(c, message(Kind.REPLY), NOW),
    lambda c: lifecycle.note_written(c, message(Kind.NOTE), NOW),
    lambda c: lifecycle.set_category(c, Category.RESOLVED, NOW),
    lambda c: lifecycle.assign(c, ANN, UNSET, None, NOW),
    lambda c: lifecycle.queue(c, NOW),
    lambda c: lifecycle.bot_enters(c, BOT, NOW),
    lambda c: lifecycle.set_priority(c, Priority.LOW),
    lambda c: lifecycle.set_tags(c, add=("vip",)),
    lambda c: lifecycle.set_subject(c, "x"),
    lambda c: lifecycle.accept_participant(c, "email", "x"),
    lambda c: lifecycle.split_participant(c, "email", "x"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_merged_conversation_is_not_changed(change: Callable[[Conversation], Changed]) -> None:
    with pytest.raises(Invalid, match="merged"):
        change(replace(begun(), merged_into=ConversationId("c2")))
