"""What providers report about our messages, in any order, early, late, twice, or about something that is not ours."""

from __future__ import annotations

import itertools

import pytest

from inbox.connector import Receipt, Watermark
from inbox.core import tokens
from inbox.core.commands import Addressee
from inbox.core.conversation import Category
from inbox.core.errors import TryLater
from inbox.core.ids import delivery_id, message_id
from inbox.core.message import Address, DeliveryState, Message
from inbox.testing.recording_connector import TAKES_AND_HANGS, raises
from tests.flow.house import ANNA, BOB, CHAT, KEY, MAIL, MINUTE, VISITOR, House, a_mail
from tests.store.conftest import Store

SENT, DELIVERED, READ, FAILED = DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED


async def answered(house: House) -> Message:
    """An answer by mail that was sent."""
    mia = await house.hire("mia")
    question = await house.write("question", key="q")
    return await house.sent(await house.reply(mia, question.conversation))


async def state(house: House, message: Message) -> DeliveryState:
    stored = await house.message(message.id)
    assert stored.delivery is not None
    return stored.delivery.state


async def report(house: House, *receipts: Receipt) -> None:
    await house.deliver(*receipts, key=f"r{len(house.heard)}{receipts}")
    await house.rest()


async def test_a_bounce_marks_the_message_failed_with_its_reason_and_the_customer_waits_again(house: House) -> None:
    reply = await answered(house)
    await report(house, Receipt(FAILED, token=tokens.signed_message_token(KEY, reply.id), recipient=ANNA.value, error="550 no such user"))
    stored = await house.message(reply.id)
    assert stored.delivery is not None
    assert (stored.delivery.state, stored.delivery.error) == (FAILED, "550 no such user")
    conversation = await house.conversation(reply.conversation)
    assert conversation.category is Category.OPEN
    assert conversation.waiting_since is not None


async def test_a_bounce_of_one_of_two_recipients_names_him(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="q")
    to = tuple(Addressee("email", a.value) for a in (ANNA, BOB))
    reply = await house.sent(await house.reply(mia, question.conversation, to=to))
    await report(house, Receipt(FAILED, token=tokens.signed_message_token(KEY, reply.id), recipient=BOB.value, error="full"))
    stored = await house.message(reply.id)
    assert stored.delivery is not None
    assert [(r.address, r.state, r.error) for r in stored.delivery.recipients] == [(ANNA.value, SENT, ""), (BOB.value, FAILED, "full")]


@pytest.mark.parametrize("order", list(itertools.permutations((SENT, DELIVERED, READ))), ids=str)
async def test_receipts_in_any_order_and_twice_end_alike(house: House, order: tuple[DeliveryState, ...]) -> None:
    reply = await answered(house)
    assert reply.delivery is not None
    for one in (*order, *order):
        await report(house, Receipt(one, provider_id=reply.delivery.provider_id))
    assert await state(house, reply) is READ
    assert (await house.message(reply.id)).seen_at is not None


async def test_a_receipt_that_is_faster_than_our_own_record_is_not_lost(house: House) -> None:
    mia = await house.hire("mia")
    house.world.mail.will(TAKES_AND_HANGS)
    question = await house.write("question", key="q")
    reply = await house.begun(await house.reply(mia, question.conversation))
    raw = await house.deliver(Receipt(DELIVERED, provider_id=f"provider-{reply.id}"), a_mail("meanwhile", key="m"))
    assert (await house.message(message_id(MAIL, "m"))).text == "meanwhile", "what came along does not wait for it"
    house.world.mail.release()
    await house.rest()
    assert await state(house, reply) is SENT
    await house.pass_time(40_000)
    assert await state(house, reply) is DELIVERED
    row = await house.store.ledger.get(delivery_id(MAIL, raw.key))
    assert row is not None
    assert row.state == "done"


async def test_a_receipt_of_a_message_that_is_not_ours_is_given_up_after_minutes(house: House) -> None:
    raw = await house.deliver(Receipt(DELIVERED, provider_id="somebody else's"))
    await house.rest()
    row = await house.store.ledger.get(delivery_id(MAIL, raw.key))
    assert row is not None
    assert row.state == "received"
    await house.pass_time(11 * MINUTE)
    row = await house.store.ledger.get(delivery_id(MAIL, raw.key))
    assert row is not None
    assert row.state == "done"


async def test_another_channels_receipt_changes_nothing(house: House) -> None:
    reply = await answered(house)
    await house.deliver(Receipt(READ, token=tokens.signed_message_token(KEY, reply.id)), channel=CHAT)
    await house.rest()
    assert await state(house, reply) is SENT


async def up_to(house: House, state: DeliveryState, until: int, key: str = "") -> None:
    """The provider tells a time instead of messages."""
    await house.deliver(Watermark(state, VISITOR, until), channel=CHAT, key=key or f"w{len(house.heard)}{state}{until}")
    await house.rest()


async def test_what_was_sent_up_to_a_time_is_read_and_what_was_sent_later_is_not(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia = await house.hire("mia")
        question = await house.write("hello", key="q", channel=CHAT)
        other = await house.write("me too", key="o", channel=CHAT, sender=Address("visitor", "v2"))
        first = await house.sent(await house.reply(mia, question.conversation, "one"))
        second = await house.sent(await house.reply(mia, question.conversation, "two"))
        theirs = await house.sent(await house.reply(mia, other.conversation, "to another"))
        until = house.clock.now()
        third = await house.sent(await house.reply(mia, question.conversation, "three", client_id="3"))
        await house.pass_time(MINUTE)
        fourth = await house.sent(await house.reply(mia, question.conversation, "four"))
        await up_to(house, READ, until)
        await up_to(house, DELIVERED, house.clock.now() - MINUTE // 2)
        assert [await state(house, m) for m in (first, second, third, fourth, theirs)] == [READ, READ, DELIVERED, SENT, SENT]
        assert (await house.message(first.id)).seen_at == until


async def test_times_out_of_order_and_again_take_nothing_back(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("hello", key="q", channel=CHAT)
    reply = await house.sent(await house.reply(mia, question.conversation))
    now = house.clock.now()
    for one in (READ, DELIVERED, READ):
        await up_to(house, one, now)
    await up_to(house, DELIVERED, now - 2 * MINUTE)
    assert await state(house, reply) is READ


async def test_a_time_says_nothing_of_an_answer_that_was_not_sent_by_then(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("hello", key="q", channel=CHAT)
    house.world.chat.will(raises(TryLater("busy")))
    reply = await house.sent(await house.reply(mia, question.conversation))
    read_at = house.clock.now() + 10_000
    await house.pass_time(60_000)
    assert await state(house, reply) is SENT
    await up_to(house, READ, read_at)
    assert await state(house, reply) is SENT, "it was written before, and went out after"


async def test_a_time_that_is_faster_than_our_own_record_is_not_lost(house: House) -> None:
    mia = await house.hire("mia")
    house.world.chat.will(TAKES_AND_HANGS)
    question = await house.write("hello", key="q", channel=CHAT)
    reply = await house.begun(await house.reply(mia, question.conversation))
    await up_to(house, READ, house.clock.now())
    assert await state(house, reply) is DeliveryState.SENDING
    house.world.chat.release()
    await house.rest()
    await house.pass_time(40_000)
    assert await state(house, reply) is READ


async def test_a_time_for_somebody_who_never_wrote_is_left(house: House) -> None:
    await up_to(house, READ, house.clock.now(), key="nobody")
    row = await house.store.ledger.get(delivery_id(CHAT, "nobody"))
    assert row is not None
    assert row.state == "done"
