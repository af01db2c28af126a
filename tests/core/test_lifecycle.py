"""The life of a conversation: the table, what follows from each step, and what holds after any walk through it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from inbox.core import lifecycle, sla
from inbox.core.conversation import FAR_FUTURE, Category, ClockState, Conversation, LastMessage, Participant, Priority
from inbox.core.errors import Invalid, NotFound
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, MessageId, TeamId
from inbox.core.lifecycle import ASKED, TRANSITIONS, Changed, Trigger
from inbox.core.message import Address, Author, DeliveryState, Kind, Message, Reason
from tests.core import strategies as some
from tests.core.strategies import HOUR, NOW, message, seed

ROOT = Path(__file__).resolve().parents[2]
ANN, BEA, BOT = AgentId("ann"), AgentId("bea"), AgentId("bot")
POLICY = sla.Policy("gold", 1, first_response=HOUR, next_response=HOUR, resolution=9 * HOUR)
BY_BOT = Author("bot", "bot")


def begun(assignee: str | None = None, bot: str | None = None, **more: object) -> Conversation:
    """A conversation that a customer began at NOW."""
    return lifecycle.started(seed(assignee=assignee, bot=bot), message(**more), NOW, POLICY).conversation  # type: ignore[arg-type]  # builder's keywords


def as_category(category: Category, assignee: str | None = None) -> Conversation:
    until = NOW + HOUR if category is Category.SNOOZED else None
    return lifecycle.set_category(begun(assignee), category, NOW + 1, until).conversation


def clock(c: Conversation, metric: str) -> ClockState:
    return next(clock.state for clock in c.sla if clock.metric == metric)


# --- the table


def test_every_category_is_reached_and_none_is_a_trap() -> None:
    reached = {Category.OPEN}
    while more := {to for source in reached for to in TRANSITIONS[source].values()} - reached:
        reached |= more
    assert reached == set(Category)
    for category in Category:
        assert Category.OPEN in TRANSITIONS[category].values()


def test_asking_for_a_category_leads_there() -> None:
    assert set(ASKED) == set(Category)
    for row in TRANSITIONS.values():
        for category, trigger in ASKED.items():
            assert row.get(trigger, category) is category


def test_a_customer_always_gets_through_except_as_spam() -> None:
    targets = {category: row[Trigger.CUSTOMER_WROTE] for category, row in TRANSITIONS.items()}
    assert targets.pop(Category.SPAM) is Category.SPAM
    assert set(targets.values()) == {Category.OPEN}


def test_the_picture_is_up_to_date() -> None:
    check = subprocess.run([sys.executable, ROOT / "scripts" / "draw_lifecycle.py", "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr


# --- beginning


def test_a_customers_message_begins_an_open_queued_conversation_with_clocks() -> None:
    changed = lifecycle.started(seed(), message(text="Where is\nmy order?"), NOW, POLICY)
    c = changed.conversation
    assert changed.types == (EventType.CONVERSATION_STARTED, EventType.MESSAGE_RECEIVED, EventType.QUEUED)
    assert (c.category, c.queued_at, c.waiting_since, c.messages, c.inbound, c.version) == (Category.OPEN, NOW, NOW, 1, 1, 0)
    assert c.last is not None
    assert (c.last.preview, c.last.author) == ("Where is my order?", "kim")
    assert c.sort_due == NOW + HOUR


def test_a_bot_that_serves_from_the_start_keeps_it_out_of_the_queue() -> None:
    changed = lifecycle.started(seed(bot="bot"), message(), NOW, POLICY)
    assert changed.types == (EventType.CONVERSATION_STARTED, EventType.BOT_ENTERED, EventType.MESSAGE_RECEIVED)
    assert changed.conversation.queued_at is None
    assert changed.conversation.sort_due == FAR_FUTURE


def test_an_agent_who_writes_first_waits_for_the_customer() -> None:
    changed = lifecycle.started(seed(assignee="ann"), message(Kind.REPLY), NOW, POLICY)
    assert changed.types == (EventType.CONVERSATION_STARTED, EventType.MESSAGE_QUEUED, EventType.STATUS_CHANGED)
    assert (changed.conversation.category, changed.conversation.waiting_since, changed.conversation.inbound) == (Category.WAITING, None, 0)


def test_an_automatic_message_begins_without_clock_or_waiting_mark() -> None:
    c = begun(automatic="auto-reply")
    assert (c.waiting_since, c.sort_due, c.queued_at) == (None, FAR_FUTURE, NOW)


def test_the_reason_of_the_thread_decision_is_told() -> None:
    why = Reason("no_reference")
    changed = lifecycle.started(seed(), replace(message(), reason=why), NOW)
    assert [h.reason for h in changed.happened] == [why, why, None]
    assert changed.reason is why
    assert Changed(changed.conversation).reason is None


# --- customers write


@pytest.mark.parametrize("category", [Category.WAITING, Category.SNOOZED, Category.RESOLVED])
def test_a_customers_message_brings_it_back(category: Category) -> None:
    before = as_category(category)
    changed = lifecycle.customer_wrote(before, message(id="m2", at=NOW + 5), NOW + 5)
    c = changed.conversation
    assert changed.types[:2] == (EventType.MESSAGE_RECEIVED, EventType.STATUS_CHANGED)
    assert (c.category, c.status, c.queued_at, c.snoozed_until, c.resolved_at) == (Category.OPEN, "open", NOW + 5, None, None)
    assert c.updated_at == NOW + 5
    assert changed.happened[1].reason == Reason("customer_wrote")


@pytest.mark.parametrize("category", list(Category))
def test_an_automatic_message_moves_nothing_but_the_thread(category: Category) -> None:
    before = as_category(category)
    changed = lifecycle.customer_wrote(before, message(id="m2", at=NOW + 5, automatic="out-of-office"), NOW + 5)
    assert changed.types == (EventType.MESSAGE_RECEIVED,)
    c = changed.conversation
    assert replace(c, last=before.last, messages=1, inbound=1, updated_at=before.updated_at) == before
    assert (c.messages, c.inbound) == (2, 2)


def test_spam_stays_spam_and_owes_nobody_an_answer() -> None:
    changed = lifecycle.customer_wrote(as_category(Category.SPAM), message(id="m2"), NOW + 5)
    assert changed.types == (EventType.MESSAGE_RECEIVED,)
    assert (changed.conversation.waiting_since, changed.conversation.queued_at) == (None, None)


def test_a_customer_waits_since_his_first_unanswered_message() -> None:
    twice = lifecycle.customer_wrote(begun(), message(id="m2"), NOW + 9).conversation
    assert twice.waiting_since == NOW
    answered = lifecycle.reply_queued(twice, message(Kind.REPLY, id="m3"), NOW + 10).conversation
    assert answered.waiting_since is None
    assert lifecycle.customer_wrote(answered, message(id="m4"), NOW + 20).conversation.waiting_since == NOW + 20


def test_the_next_response_clock_starts_with_the_message_that_reopens() -> None:
    answered = lifecycle.reply_queued(begun("ann"), message(Kind.REPLY, id="m2"), NOW + 10).conversation
    c = lifecycle.customer_wrote(answered, message(id="m3"), NOW + 20).conversation
    assert clock(c, "next_response") is ClockState.RUNNING
    assert c.sort_due == NOW + 20 + HOUR


def test_a_late_arrival_is_counted_but_does_not_become_the_newest() -> None:
    c = lifecycle.customer_wrote(begun(), message(id="m0", at=NOW - 5, text="older"), NOW + 1).conversation
    assert c.last is not None
    assert (c.last.id, c.messages) == ("m1", 2)
    same = lifecycle.customer_wrote(c, message(id="m2", at=NOW), NOW + 1).conversation
    assert same.last is not None
    assert same.last.id == "m2"


def test_time_running_backwards_does_not_move_the_activity_back() -> None:
    assert lifecycle.customer_wrote(begun(), message(id="m2"), NOW - 9).conversation.updated_at == NOW
    assert lifecycle.set_category(begun(), Category.WAITING, NOW - 9).conversation.updated_at == NOW


def test_a_sender_becomes_a_participant_once_and_a_newcomer_is_not_accepted() -> None:
    kim, eve = Address("email", "kim@x.org", "Kim"), Address("email", "eve@x.org")
    c = lifecycle.started(seed(), replace(message(sender=kim), customer=CustomerId("kim")), NOW).conversation
    assert c.participants[0].customer == "kim"
    c = lifecycle.customer_wrote(c, message(id="m2", sender=kim), NOW).conversation
    c = lifecycle.customer_wrote(c, message(id="m3", sender=eve, new_participant=True), NOW).conversation
    assert [(p.value, p.name, p.accepted) for p in c.participants] == [("kim@x.org", "Kim", True), ("eve@x.org", "", False)]


def test_strangers_cannot_fill_a_conversation_without_end() -> None:
    full = replace(begun(), participants=tuple(Participant("email", f"{n}@x.org") for n in range(lifecycle.MAX_PARTICIPANTS)))
    assert lifecycle.customer_wrote(full, message(sender=Address("email", "one@more")), NOW).conversation.participants == full.participants


def test_the_channels_of_a_conversation_are_a_set() -> None:
    c = begun(channel=ChannelId("mail"))
    for channel in ("chat", "chat", "mail"):
        c = lifecycle.customer_wrote(c, message(channel=ChannelId(channel)), NOW).conversation
    assert c.channels == ("mail", "chat")


# --- answers


def test_an_agents_answer_makes_it_the_customers_turn_and_keeps_the_promise() -> None:
    changed = lifecycle.reply_queued(begun("ann"), message(Kind.REPLY, id="m2"), NOW + 10)
    assert changed.types == (EventType.MESSAGE_QUEUED, EventType.SLA_MET, EventType.STATUS_CHANGED)
    c = changed.conversation
    assert (c.category, c.waiting_since, c.inbound, c.messages) == (Category.WAITING, None, 1, 2)
    assert (clock(c, "first_response"), clock(c, "resolution")) == (ClockState.MET, ClockState.PAUSED)


def test_answering_a_reminder_ends_the_wait() -> None:
    snoozed = as_category(Category.SNOOZED, "ann")
    assert snoozed.waiting_since == NOW
    assert lifecycle.reply_queued(snoozed, message(Kind.REPLY), NOW + 9).conversation.waiting_since is None


@pytest.mark.parametrize("category", [Category.SNOOZED, Category.RESOLVED])
def test_answering_leaves_reminders_and_closed_matters(category: Category) -> None:
    changed = lifecycle.reply_queued(as_category(category, "ann"), message(Kind.REPLY, id="m2"), NOW + 10)
    assert changed.conversation.category is category
    assert EventType.STATUS_CHANGED not in changed.types


def test_an_agents_answer_takes_over_from_a_bot() -> None:
    changed = lifecycle.reply_queued(begun(bot="bot"), message(Kind.REPLY, id="m2"), NOW + 10)
    assert EventType.BOT_LEFT in changed.types
    assert changed.conversation.bot is None


def test_a_bots_answer_ends_the_wait_but_keeps_no_promise() -> None:
    changed = lifecycle.reply_queued(begun(bot="bot"), message(Kind.REPLY, id="m2", author=BY_BOT), NOW + 10)
    c = changed.conversation
    assert changed.types == (EventType.MESSAGE_QUEUED,)
    assert (c.waiting_since, c.category, c.bot, clock(c, "first_response")) == (None, Category.OPEN, "bot", ClockState.PAUSED)


def test_our_own_notices_end_no_wait() -> None:
    changed = lifecycle.reply_queued(begun(), message(Kind.REPLY, id="m2", author=Author("system")), NOW + 10)
    assert changed.types == (EventType.MESSAGE_QUEUED,)
    assert changed.conversation.waiting_since == NOW
    assert changed.conversation.last is not None
    assert changed.conversation.last.author == "system"


def test_nothing_is_sent_to_spam() -> None:
    with pytest.raises(Invalid, match="spam"):
        lifecycle.reply_queued(as_category(Category.SPAM), message(Kind.REPLY), NOW)


def test_a_note_changes_nobodys_turn() -> None:
    before = begun("ann")
    changed = lifecycle.note_written(before, message(Kind.NOTE, id="m2", text="call him"), NOW + 1)
    c = changed.conversation
    assert changed.types == (EventType.NOTE_WRITTEN,)
    assert c.last is not None
    assert (c.last.preview, c.waiting_since, c.category, c.sla) == ("call him", NOW, Category.OPEN, before.sla)
    assert (c.messages, c.inbound, c.updated_at) == (2, 1, NOW + 1)


def test_a_forward_leaves_the_customer_waiting() -> None:
    before = begun("ann")
    changed = lifecycle.forwarded(before, message(Kind.REPLY, id="m2"), NOW + 3)
    c = changed.conversation
    assert changed.types == (EventType.MESSAGE_QUEUED,)
    assert (c.waiting_since, c.category, c.sla, c.last_reply) == (NOW, Category.OPEN, before.sla, None)


def test_the_newest_answer_and_the_channel_to_answer_on_are_kept() -> None:
    c = begun(channel=ChannelId("mail"))
    assert (c.reply_channel, c.last_reply) == ("mail", None)
    c = lifecycle.customer_wrote(c, message(channel=ChannelId("chat")), NOW).conversation
    assert c.reply_channel == "chat"
    c = lifecycle.customer_wrote(c, message(channel=ChannelId("mail"), automatic="bounce"), NOW).conversation
    assert c.reply_channel == "chat"
    c = lifecycle.reply_queued(c, message(Kind.REPLY, id="m9", at=NOW + 1), NOW + 1).conversation
    assert c.last_reply is not None
    assert c.last_reply == LastMessage(MessageId("m9"), NOW + 1, Kind.REPLY, "ann", "")
    assert c.last == LastMessage(MessageId("m9"), NOW + 1, Kind.REPLY, "ann", "Hello")


# --- deliveries


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.CANCELLED])
@pytest.mark.parametrize("category", [Category.WAITING, Category.SNOOZED, Category.RESOLVED])
def test_an_answer_that_did_not_arrive_comes_back_to_the_agents(category: Category, state: DeliveryState) -> None:
    before = as_category(category, "ann")
    changed = lifecycle.delivery_changed(before, message(Kind.REPLY, state=state), NOW + 9)
    assert changed.types[:2] == (EventType.DELIVERY_CHANGED, EventType.STATUS_CHANGED)
    assert changed.conversation.category is Category.OPEN
    assert changed.conversation.waiting_since is not None


def test_spam_is_not_opened_by_a_bounce() -> None:
    changed = lifecycle.delivery_changed(as_category(Category.SPAM), message(Kind.REPLY, state=DeliveryState.FAILED), NOW + 9)
    assert (changed.types, changed.conversation.waiting_since) == ((EventType.DELIVERY_CHANGED,), None)


@pytest.mark.parametrize(
    "told",
    [
        message(Kind.REPLY, state=DeliveryState.DELIVERED),
        message(Kind.REPLY, state=DeliveryState.FAILED, author=BY_BOT),
        message(Kind.REPLY),
    ],
)
def test_other_news_of_a_delivery_only_shows(told: Message) -> None:
    before = as_category(Category.WAITING, "ann")
    assert lifecycle.delivery_changed(before, told, NOW + 9) == Changed(before, (lifecycle.Happened(EventType.DELIVERY_CHANGED),))


def test_a_bounce_in_a_merged_conversation_only_shows() -> None:
    merged = replace(as_category(Category.WAITING), merged_into=ConversationId("c2"))
    assert lifecycle.delivery_changed(merged, message(Kind.REPLY, state=DeliveryState.FAILED), NOW).conversation == merged


# --- asking for a category


def test_snooze_needs_an_end_in_the_future() -> None:
    for until in (None, NOW, NOW - 1):
        with pytest.raises(Invalid, match="until"):
            lifecycle.set_category(begun(), Category.SNOOZED, NOW, until)
    c = lifecycle.set_category(begun(), Category.SNOOZED, NOW, NOW + 1).conversation
    assert (c.snoozed_until, c.snooze_epoch, c.queued_at, c.waiting_since) == (NOW + 1, 1, None, NOW)


def test_only_snooze_has_an_end() -> None:
    with pytest.raises(Invalid, match="until"):
        lifecycle.set_category(begun(), Category.WAITING, NOW, NOW + 1)


def test_snoozing_again_sets_another_end_and_voids_the_first_timer() -> None:
    once = lifecycle.set_category(begun(), Category.SNOOZED, NOW, NOW + 10).conversation
    twice = lifecycle.set_category(once, Category.SNOOZED, NOW + 1, NOW + 20)
    assert twice.types == (EventType.STATUS_CHANGED,)
    c = twice.conversation
    assert lifecycle.snooze_over(c, 1, NOW + 30) == Changed(c)
    assert lifecycle.snooze_over(c, 2, NOW + 19) == Changed(c)
    over = lifecycle.snooze_over(c, 2, NOW + 20)
    assert (over.types, over.reason) == ((EventType.STATUS_CHANGED, EventType.QUEUED), Reason("snooze_over"))
    assert (over.conversation.category, over.conversation.updated_at) == (Category.OPEN, NOW + 20)


def test_a_snooze_that_ended_otherwise_cannot_end_again() -> None:
    woken = lifecycle.set_category(as_category(Category.SNOOZED), Category.OPEN, NOW + 2).conversation
    assert lifecycle.snooze_over(woken, 1, NOW + 2 * HOUR) == Changed(woken)


def test_resolving_ends_the_wait_and_leaves_the_queue() -> None:
    changed = lifecycle.set_category(begun(), Category.RESOLVED, NOW + 5)
    c = changed.conversation
    assert changed.types == (EventType.STATUS_CHANGED, EventType.SLA_MET)
    assert (c.resolved_at, c.queued_at, c.waiting_since, c.updated_at) == (NOW + 5, None, None, NOW + 5)
    assert lifecycle.set_category(c, Category.OPEN, NOW + 6).conversation.resolved_at is None


def test_asking_for_what_is_so_changes_nothing() -> None:
    for category in (Category.OPEN, Category.WAITING, Category.RESOLVED, Category.SPAM):
        c = as_category(category)
        assert lifecycle.set_category(c, category, NOW + 50) == Changed(c)


def test_a_custom_status_stays_until_the_category_changes() -> None:
    named = lifecycle.set_category(begun(), Category.OPEN, NOW, status="escalated")
    assert (named.types, named.conversation.status) == ((EventType.STATUS_CHANGED,), "escalated")
    wrote = lifecycle.customer_wrote(named.conversation, message(id="m2"), NOW).conversation
    assert wrote.status == "escalated"
    assert lifecycle.set_category(wrote, Category.WAITING, NOW).conversation.status == "waiting"


@pytest.mark.parametrize("category", [Category.WAITING, Category.SNOOZED, Category.RESOLVED])
def test_spam_has_one_way_out(category: Category) -> None:
    until = NOW + 9 if category is Category.SNOOZED else None
    with pytest.raises(Invalid, match="spam"):
        lifecycle.set_category(as_category(Category.SPAM), category, NOW, until)
    assert lifecycle.set_category(as_category(Category.SPAM), Category.OPEN, NOW).conversation.category is Category.OPEN


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


# --- any walk

authors = st.sampled_from([Author("agent", "ann"), BY_BOT, Author("system")])
Step = Callable[[Conversation, int], Changed]
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda a, s: lambda c, now: lifecycle.customer_wrote(c, message(at=now, automatic=a, sender=s), now),
        st.sampled_from(["", "", "bounce"]),
        some.maybe(some.addresses),
    ),
    st.builds(
        lambda by, text: lambda c, now: lifecycle.reply_queued(c, message(Kind.REPLY, at=now, author=by, text=text), now),
        authors,
        some.texts,
    ),
    st.just(lambda c, now: lifecycle.note_written(c, message(Kind.NOTE, at=now), now)),
    st.builds(
        lambda to: lambda c, now: lifecycle.set_category(c, to, now, now + 5 if to is Category.SNOOZED else None),
        st.sampled_from(Category),
    ),
    st.builds(
        lambda agent, team: lambda c, now: lifecycle.assign(c, agent, team, None, now),
        st.sampled_from([UNSET, None, ANN, BEA]),
        st.sampled_from([UNSET, None, TeamId("red")]),
    ),
    st.just(lifecycle.queue),
    st.just(lambda c, now: lifecycle.bot_enters(c, BOT, now)),
    st.just(lifecycle.bot_leaves),
    st.just(lambda c, now: lifecycle.snooze_over(c, c.snooze_epoch, now)),
    st.builds(
        lambda state: lambda c, now: lifecycle.delivery_changed(c, message(Kind.REPLY, state=state), now), st.sampled_from(DeliveryState)
    ),
    st.builds(
        lambda at: (
            lambda c, now: (
                lifecycle.sla_fired(c, (t := sla.due_timers(c.sla)[at]).metric, t.kind, t.epoch, now)
                if len(sla.due_timers(c.sla)) > at
                else Changed(c)
            )
        ),
        st.integers(0, 3),
    ),
)


def check(before: Conversation, changed: Changed, now: int) -> None:
    c = changed.conversation
    if not changed.happened:
        assert c == before
    assert c.version == before.version
    assert (c.queued_at is not None) == (c.category is Category.OPEN and c.assignee is None and c.bot is None)
    assert (c.snoozed_until is not None) == (c.category is Category.SNOOZED)
    assert (c.resolved_at is not None) == (c.category is Category.RESOLVED)
    assert c.waiting_since is None or c.category in (Category.OPEN, Category.SNOOZED)
    assert c.sort_due == sla.sort_due(c.sla)
    assert c.updated_at >= before.updated_at
    agents_turn = c.category is Category.OPEN and c.bot is None
    assert all((clock.state is ClockState.RUNNING) <= agents_turn for clock in c.sla)
    assert all((clock.state is ClockState.PAUSED) <= (not agents_turn) for clock in c.sla)
    assert (EventType.STATUS_CHANGED in changed.types) == (
        (c.category, c.status, c.snooze_epoch) != (before.category, before.status, before.snooze_epoch)
    )
    assert c.category is before.category or c.category in TRANSITIONS[before.category].values()
    breaches = sum(clock.breached_at is not None for clock in c.sla)
    assert breaches <= sum(clock.breached_at is not None for clock in before.sla) + changed.types.count(EventType.SLA_BREACHED)


@given(some.policies, st.lists(st.tuples(steps, st.integers(0, 30)), max_size=15))
def test_any_walk_keeps_what_always_holds(policy: sla.Policy, walk: list[tuple[Step, int]]) -> None:
    now = NOW
    c = lifecycle.started(seed(), message(), now, policy).conversation
    for step, wait in walk:
        now += wait
        try:
            changed = step(c, now)
        except Invalid:
            continue
        check(c, changed, now)
        c = changed.conversation
