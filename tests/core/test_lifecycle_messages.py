"""What messages, answers and their deliveries do to a conversation."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import lifecycle
from inbox.core.conversation import FAR_FUTURE, Category, ClockState, LastMessage, Participant
from inbox.core.errors import Invalid
from inbox.core.events import EventType
from inbox.core.ids import ChannelId, ConversationId, CustomerId, MessageId
from inbox.core.lifecycle import Changed
from inbox.core.message import Address, Author, DeliveryState, Kind, Message, Reason
from tests.core.strategies import BY_BOT, HOUR, NOW, POLICY, as_category, begun, clock, message, seed

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
    assert lifecycle.customer_wrote(answered, message(id="m4", at=NOW + 20), NOW + 20).conversation.waiting_since == NOW + 20


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
