"""Where customers' messages go: once, into the right conversation, to the right person, whatever order they come in."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace

import pytest

from inbox.connector import InboundMessage
from inbox.core import commands as c
from inbox.core import tokens
from inbox.core.conversation import Category, ClockState, Conversation, Participant
from inbox.core.events import EventType
from inbox.core.ids import DeliveryId, delivery_id, message_id
from inbox.core.message import Address
from inbox.flow.ingest import redirected
from inbox.records import MESSAGES
from tests.flow.house import ANNA, BOB, CHAT, KEY, MAIL, MINUTE, House, a_line, a_mail, ids, load
from tests.store.conftest import Store, in_memory

EVE = Address("email", "eve@example.com", "Eve")
DAY = 24 * 60 * MINUTE


async def everything(house: House) -> list[Conversation]:
    """All conversations there are, oldest number first."""
    events = await house.store.journal.events_after({}, 10_000)
    found = await house.store.queries.conversations(list({e.conversation for e in events if e.conversation}))
    return sorted(found.values(), key=lambda x: x.number)


async def test_a_mail_delivered_ten_times_to_two_processes_in_any_order_is_there_once(any_store: Store) -> None:
    mails = [a_mail(f"mail {n}", key=f"k{n}", references=("<k0@x>",) if n else ()) for n in range(6)]
    async with House(any_store).running() as one, House(any_store, name="two").running() as two:
        deliveries = [(house, mail, f"{mail.key}:{copy}") for house in (one, two) for mail in mails for copy in range(5)]
        random.Random(7).shuffle(deliveries)
        await asyncio.gather(*(house.deliver(mail, key=key) for house, mail, key in deliveries))
        await one.until(lambda: _all_settled(any_store, [key for _, _, key in deliveries]))
        (conversation,) = await everything(one)
        assert sorted(await one.thread(conversation.id)) == [f"mail {n}" for n in range(6)]
        assert (conversation.messages, conversation.inbound) == (6, 6)


async def _all_settled(store: Store, keys: list[str]) -> bool:
    rows = [await store.ledger.get(delivery_id(MAIL, key)) for key in keys]
    return all(row is not None and row.state == "done" for row in rows)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
async def test_a_mail_thread_is_one_conversation_in_whatever_order_it_arrives(house: House, order: tuple[int, ...]) -> None:
    thread: list[InboundMessage] = []
    for n in range(4):
        thread.append(a_mail(f"mail {n}", key=f"k{n}", references=ids(*thread)))
    for n in order:
        await house.write(thread[n].text, key=f"k{n}", references=thread[n].references)
    (conversation,) = await everything(house)
    assert conversation.messages == 4


async def test_an_answer_to_a_mail_we_get_later_waits_for_it(house: House) -> None:
    question = a_mail("question", key="q", to=(BOB,), sender=ANNA)
    answer = await house.write("answer", key="a", sender=BOB, references=ids(question), cc=(ANNA,))
    first = await house.write("question", key="q", to=(BOB,))
    assert first.conversation == answer.conversation
    assert first.reason is not None
    assert first.reason.code == "reference"


async def test_a_strangers_reference_starts_a_related_conversation_of_its_own(house: House) -> None:
    question = await house.write("question", key="q")
    answer = await house.write("let me in", key="a", sender=EVE, references=("<q@x>",))
    assert answer.conversation != question.conversation
    started = await house.conversation(answer.conversation)
    assert started.related == (question.conversation,)
    assert answer.reason is not None
    assert answer.reason.code == "stranger_reference"


async def test_a_stranger_who_came_first_does_not_get_the_others_mail(house: House) -> None:
    stranger = await house.write("let me in", key="a", sender=EVE, references=("<q@x>",))
    question = await house.write("question", key="q")
    assert question.conversation != stranger.conversation


async def test_a_copied_colleague_of_the_customer_may_answer_but_is_not_written_to_unasked(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="q", cc=(BOB,))
    from_bob = await house.write("one more thing", key="b", sender=BOB, references=("<q@x>",))
    assert from_bob.conversation == question.conversation
    reply = await house.reply(mia, question.conversation)
    assert [a.value for a in reply.to] == [ANNA.value]
    await house.do(mia, c.AcceptParticipant(question.conversation, BOB.kind, BOB.value))
    assert {a.value for a in (await house.reply(mia, question.conversation, "Both of you:")).to} == {ANNA.value, BOB.value}


async def test_answers_go_where_the_sender_asks_for_them_within_his_domain(house: House) -> None:
    mia = await house.hire("mia")
    desk = Address("email", f"desk@{ANNA.value.rpartition('@')[2]}", "Desk")
    question = await house.write("question", key="q", reply_to=(desk,))
    reply = await house.reply(mia, question.conversation)
    assert [(a.value, a.name) for a in reply.to] == [(desk.value, desk.name)]
    assert question.sender == ANNA
    people = (await house.conversation(question.conversation)).participants
    assert [(p.value, p.accepted, p.customer) for p in people] == [(ANNA.value, True, question.customer), (desk.value, True, None)]
    again = await house.write("write to me again", key="r", references=("<q@x>",))
    assert again.conversation == question.conversation
    assert [a.value for a in (await house.reply(mia, question.conversation, "Yes.")).to] == [ANNA.value, desk.value]


async def test_a_reply_to_of_another_domain_gets_answers_once_an_agent_accepts_it(house: House) -> None:
    mia = await house.hire("mia")
    elsewhere = Address("email", "form@elsewhere.test")
    question = await house.write("question", reply_to=(elsewhere,))
    assert [a.value for a in (await house.reply(mia, question.conversation)).to] == [ANNA.value]
    await house.do(mia, c.AcceptParticipant(question.conversation, elsewhere.kind, elsewhere.value))
    assert [a.value for a in (await house.reply(mia, question.conversation, "Now there.")).to] == [elsewhere.value]


async def test_the_person_a_form_writes_for_is_answered_once_an_agent_accepts_him(house: House) -> None:
    form = Address("email", "form@shop.test")
    question = await house.write("question", sender=form, reply_to=(BOB,), automatic="auto-generated")
    people = (await house.conversation(question.conversation)).participants
    assert [(p.value, p.accepted, p.reply_to) for p in people] == [(form.value, True, (BOB.value,)), (BOB.value, False, ())]


async def test_a_forged_mail_cannot_lead_the_answers_of_a_conversation_away(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="q")
    near = Address("email", f"anna.other@{ANNA.value.rpartition('@')[2]}")
    forged = await house.write("send me the papers", key="f", references=("<q@x>",), reply_to=(near,))
    assert forged.conversation == question.conversation
    assert [a.value for a in (await house.reply(mia, question.conversation)).to] == [ANNA.value]


def test_our_own_address_in_a_reply_to_is_nobody_to_answer(house: House) -> None:
    facts = replace(house.channels.facts()[MAIL], own=frozenset({"support@example.org"}))
    sender = Participant(ANNA.kind, ANNA.value)
    asked = a_mail(reply_to=(Address("email", "support+token@example.org"), ANNA))
    assert redirected((sender,), asked, facts, begins=True) == (sender,)


async def test_our_token_lets_a_stranger_in_as_a_new_participant_whom_nobody_answers_unasked(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question")
    token = tokens.reply_token(KEY, question.conversation)
    joined = await house.write("from my private address", key="e", sender=EVE, tokens=(token,))
    assert joined.conversation == question.conversation
    assert joined.new_participant
    conversation = await house.conversation(question.conversation)
    assert [(p.value, p.accepted) for p in conversation.participants] == [(ANNA.value, True), (EVE.value, False)]
    assert joined.customer != question.customer
    assert [a.value for a in (await house.reply(mia, question.conversation)).to] == [ANNA.value]


async def test_a_token_or_signature_that_is_not_ours_joins_nothing(house: House) -> None:
    question = await house.write("question")
    forged = (tokens.reply_token(b"x" * 32, question.conversation), tokens.signed_message_token(b"x" * 32, question.id), "a" * 26, "")
    stranger = await house.write("let me in", key="e", sender=EVE, tokens=forged)
    assert stranger.conversation != question.conversation


async def test_the_signed_id_of_our_answer_brings_the_answer_to_it_home(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question")
    reply = await house.reply(mia, question.conversation)
    back = await house.write("thanks", key="t", sender=EVE, tokens=(tokens.signed_message_token(KEY, reply.id),))
    assert back.conversation == question.conversation


async def test_an_answer_to_the_id_the_provider_gave_our_answer_comes_home(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question")
    reply = await house.sent(await house.reply(mia, question.conversation))
    back = await house.write("thanks", key="t", references=(reply.external_id,))
    assert reply.external_id
    assert back.conversation == question.conversation


async def test_a_new_subject_without_reference_is_a_new_conversation_of_the_same_person(house: House) -> None:
    first = await house.write("question", key="q")
    second = await house.write("another matter", key="o", subject="Something else")
    assert second.conversation != first.conversation
    assert second.customer == first.customer


async def test_an_auto_reply_is_shown_and_does_nothing_else(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="q")
    await house.reply(mia, question.conversation, then=Category.RESOLVED)
    before = await house.conversation(question.conversation)
    away = await house.write("I am away", key="ooo", references=("<q@x>",), automatic="out-of-office")
    after = await house.conversation(question.conversation)
    assert away.conversation == question.conversation
    assert after.category is Category.RESOLVED
    assert (after.sla, after.waiting_since, after.queued_at, after.assignee) == (before.sla, None, None, before.assignee)
    assert (await house.thread(question.conversation))[-1] == "I am away"


async def test_a_customers_answer_reopens_and_a_very_late_one_starts_anew(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="q")
    await house.do(mia, c.SetStatus(question.conversation, Category.RESOLVED))
    again = await house.write("still broken", key="a", references=("<q@x>",))
    assert again.conversation == question.conversation
    reopened = await house.conversation(question.conversation)
    assert (reopened.category, reopened.assignee) == (Category.OPEN, "mia")
    await house.do(mia, c.SetStatus(question.conversation, Category.RESOLVED))
    house.clock.set(house.clock.now() + 31 * DAY)
    late = await house.write("and now?", key="l", references=("<q@x>",))
    assert late.conversation != question.conversation
    assert (await house.conversation(late.conversation)).related == (question.conversation,)
    assert late.reason is not None
    assert late.reason.code == "too_late"


async def test_our_own_mail_coming_back_is_not_a_customers_message(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question")
    reply = await house.reply(mia, question.conversation)
    echo = tokens.signed_message_token(KEY, reply.id)
    raw = await house.deliver(a_mail("On its way.", key="echo", sender=Address("email", "help@example.com"), echo=echo))
    await house.until(lambda: _state(house, delivery_id(MAIL, raw.key)))
    assert await house.thread(question.conversation) == ["question", "On its way."]
    assert len(await everything(house)) == 1


async def _state(house: House, id: DeliveryId) -> str:
    row = await house.store.ledger.get(id)
    return "" if row is None or row.state == "received" else row.state


async def test_what_nobody_can_read_is_kept_and_shown_and_stops_nothing_behind_it(house: House) -> None:
    raw = await house.deliver_bytes(b"\xff\xfe not what this channel sends")
    crash = await house.deliver_bytes(b"crash")
    await house.write("a good one")
    for broken, why in ((raw, "JSON"), (crash, "parser_failed: LookupError")):
        message = await house.message(message_id(MAIL, f"unreadable:{broken.key}"))
        assert why in message.unreadable
        assert message.raw == delivery_id(MAIL, broken.key)
        assert await _state(house, delivery_id(MAIL, broken.key)) == "unreadable"
        assert (await house.conversation(message.conversation)).queued_at is not None


async def test_a_kind_that_is_not_handled_leaves_nothing_but_its_record(house: House) -> None:
    raw = await house.deliver_bytes(b"unsupported")
    assert await house.until(lambda: _state(house, delivery_id(MAIL, raw.key))) == "unsupported"
    assert await everything(house) == []


async def test_lines_of_a_chat_that_arrive_at_once_stand_in_the_order_they_were_said(any_store: Store) -> None:
    async with House(any_store).running() as house:
        for n in range(8):
            await house.deliver(a_line(f"line {n}", key=f"l{n}"), channel=CHAT, key=f"l{n}")
        await house.until(lambda: load(any_store.journal, MESSAGES, message_id(CHAT, "l7")))
        (conversation,) = await everything(house)
        texts = await house.thread(conversation.id)
        assert texts == sorted(texts)


async def test_a_visitors_lines_are_one_conversation_until_he_comes_back_after_a_month(house: House) -> None:
    mia = await house.hire("mia")
    first = await house.write("hello", channel=CHAT)
    assert (await house.write("anybody?", channel=CHAT)).conversation == first.conversation
    await house.do(mia, c.SetStatus(first.conversation, Category.RESOLVED))
    assert (await house.write("one more", channel=CHAT)).conversation == first.conversation
    await house.do(mia, c.SetStatus(first.conversation, Category.RESOLVED))
    house.clock.set(house.clock.now() + 31 * DAY)
    later = await house.write("me again", channel=CHAT)
    assert later.conversation != first.conversation
    assert (await house.write("you there?", channel=CHAT)).conversation == later.conversation


async def test_the_providers_thread_joins_its_participants_only(house: House) -> None:
    first = await house.write("one", key="1", thread="T")
    assert (await house.write("two", key="2", thread="T")).conversation == first.conversation
    assert (await house.write("three", key="3", thread="T", sender=EVE)).conversation != first.conversation


async def test_a_first_message_starts_the_clock_and_a_second_one_does_not_move_it(house: House) -> None:
    first = await house.write("one", key="1")
    due = (await house.conversation(first.conversation)).sort_due
    house.clock.set(house.clock.now() + 10 * MINUTE)
    await house.write("two", key="2", references=("<1@x>",))
    after = await house.conversation(first.conversation)
    assert (after.sla[0].state, after.sort_due) == (ClockState.RUNNING, due)
    assert due == first.arrived_at + 60 * MINUTE


@pytest.mark.parametrize(("claimed", "shown"), [(-20 * MINUTE, 0), (-5 * MINUTE, -5 * MINUTE), (5 * MINUTE, 5 * MINUTE), (3 * DAY, 0)])
async def test_a_senders_clock_is_believed_within_a_quarter_of_an_hour(house: House, claimed: int, shown: int) -> None:
    now = house.clock.now()
    assert (await house.write("hello", at=now + claimed)).at == now + shown


async def test_a_spammer_who_goes_on_writing_stays_spam(house: House) -> None:
    mia = await house.hire("mia")
    first = await house.write("buy!", key="1")
    await house.do(mia, c.SetStatus(first.conversation, Category.SPAM))
    await house.write("buy now!", key="2", references=("<1@x>",))
    after = await house.conversation(first.conversation)
    assert (after.category, after.messages, after.waiting_since, after.queued_at) == (Category.SPAM, 2, None, None)


async def test_every_message_is_announced_once_with_its_conversation(house: House) -> None:
    first = await house.write("one", key="1")
    second = await house.write("two", key="2", references=("<1@x>",))
    await house.rest()
    received = [x for x in house.heard if x.event.type is EventType.MESSAGE_RECEIVED]
    assert [x.event.message for x in received] == [first.id, second.id]
    assert all(x.conversation is not None and x.message is not None for x in received)


async def test_a_delivery_of_many_items_is_placed_as_a_whole(any_store: Store) -> None:
    people = [Address("email", f"p{n}@example.org") for n in range(30)]
    items = [a_mail(f"hello from {n}", key=f"k{n}", sender=person) for n, person in enumerate(people)]
    items += [a_mail(f"again {n}", key=f"r{n}", sender=person, references=(f"<k{n}@x>",)) for n, person in enumerate(people)]
    async with House(any_store).running() as house:
        await house.deliver(*items)
        await house.until(lambda: load(any_store.journal, MESSAGES, message_id(MAIL, "r29")))
        conversations = await everything(house)
        assert [x.messages for x in conversations] == [2] * 30


async def test_a_restart_with_the_same_delivery_changes_nothing() -> None:
    store = in_memory()
    async with House(store).running() as before:
        message = await before.write("hello", key="k")
        raw = await before.store.ledger.get(message.raw or DeliveryId(""))
    assert raw is not None
    async with House(store, name="two").running() as after:
        await after.intake.reprocess(raw)
        assert await after.message(message.id) == message
        (conversation,) = await everything(after)
        assert conversation.messages == 1


async def test_a_mail_that_may_not_be_from_a_proved_address_says_so(house: House) -> None:
    """As with a forged sender: the mail counts for the customer it names, and nobody is to take it for proved."""
    stranger = await house.write("first", key="1")
    proved = await house.write("second", key="2", authenticated=True)
    forged = await house.write("third", key="3")
    assert (stranger.unproved, proved.unproved, forged.unproved) == (False, False, True)
    assert stranger.customer == proved.customer == forged.customer
