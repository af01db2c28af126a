"""What providers report about our messages, in any order, early, late, twice, or about something that is not ours."""

from __future__ import annotations

import itertools

import pytest

from inbox.connector import Receipt
from inbox.core import tokens
from inbox.core.commands import Addressee
from inbox.core.conversation import Category
from inbox.core.ids import delivery_id, message_id
from inbox.core.message import DeliveryState, Message
from inbox.testing.recording_connector import TAKES_AND_HANGS
from tests.flow.house import ANNA, BOB, CHAT, KEY, MAIL, MINUTE, House, a_mail

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
    reply = await house.sent(await house.reply(mia, question.conversation))
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
