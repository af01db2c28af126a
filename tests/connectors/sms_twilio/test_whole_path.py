"""Through the whole service: whatever order and number deliveries come in, each message is there once and each tick is right."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace as changed
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from msgspec.structs import replace

from connectors.sms_twilio import TwilioSms
from inbox.app.outside import Outside
from inbox.connector import RawDelivery, Tools
from inbox.core.ids import ChannelId, message_id
from inbox.core.message import DeliveryState
from inbox.flow import channels as running
from inbox.flow.channels import Channels
from inbox.records import ChannelRecord
from inbox.testing.memory_store import MemoryStore
from tests.connectors.recorded import Case, cases
from tests.flow.house import CLASSES, MINUTE, POLICY, House, stored_in
from tests.peers.sms_twilio import ACCOUNT, TOKEN, FakeTwilio

SMS = ChannelId("support")
ANNA = "+491711234567"


class SmsHouse(House):
    """A house with one SMS channel and a Twilio to send by."""

    twilio: FakeTwilio
    http: Outside

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        settings = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": "+15005550006", "base_url": self.twilio.base}
        records = [ChannelRecord(SMS, TwilioSms.name, "SMS", settings=settings)]
        return Channels(running.build(records, {**CLASSES, TwilioSms.name: TwilioSms}, lambda value, c, n: value, self._tools, POLICY))

    def _tools(self, channel: ChannelId) -> Tools:
        return changed(super()._tools(channel), http=self.http, hooks="https://inbox.example.test/hooks/")


@pytest.fixture
async def house() -> AsyncIterator[SmsHouse]:
    """One that runs."""
    SmsHouse.twilio, SmsHouse.http = FakeTwilio(), Outside()
    async with SmsHouse.twilio.running():
        made = SmsHouse(stored_in(MemoryStore()))
        async with made.running():
            yield made
        await SmsHouse.http.close()


def case(name: str) -> Case:
    return next(c for c in cases(TwilioSms) if c.file.name == f"{name}.in.json")


def webhook(text: str, sid: str) -> RawDelivery:
    body = f"MessageSid={sid}&From=%2B491711234567&To=%2B15005550006&Body={text}&NumMedia=0".encode()
    return RawDelivery(SMS, f"hook-{sid}", body, 0)


def listed(text: str, sid: str) -> RawDelivery:
    body = f'{{"sid":"{sid}","from":"{ANNA}","to":"+15005550006","body":"{text}","direction":"inbound","status":"received"}}'.encode()
    return RawDelivery(SMS, f"listed:{sid}", body, 0)


@pytest.mark.parametrize("times", [1, 2, 10])
@pytest.mark.parametrize("seed", range(3))
async def test_each_message_is_there_once_by_whichever_ways_it_came(house: SmsHouse, times: int, seed: int) -> None:
    texts = {f"SM{n}": f"line{n}" for n in range(4)}
    deliveries = [way(text, sid) for sid, text in texts.items() for way in (webhook, listed) for _ in range(times)]
    random.Random(seed).shuffle(deliveries)
    for n, raw in enumerate(deliveries):
        await house.intake.accept(replace(raw, key=f"{raw.key}-{n % times}", arrived_at=house.clock.now()))
    await house.rest()
    stored = [await house.message(message_id(SMS, sid)) for sid in texts]
    assert len({m.conversation for m in stored}) == 1
    assert sorted(await house.thread(stored[0].conversation)) == sorted(texts.values())


async def test_ticks_are_right_in_any_order(house: SmsHouse) -> None:
    mia = await house.hire("mia")
    await house.intake.accept(replace(webhook("hello", "SM1"), arrived_at=house.clock.now()))
    asked = await house.message(message_id(SMS, "SM1"))
    reply = await house.reply(mia, asked.conversation, "Hello Anna")
    assert [a.value for a in reply.to] == [ANNA]
    await house.pass_time(10)
    await house.until(lambda: house.twilio.messages, "the reply at Twilio")
    recorded, ours = "SM" + f"{20:032x}", house.twilio.messages[0]["sid"]
    reports = [case(f"status_{state}").raw() for state in ("queued", "sending", "sent", "delivered")]
    random.Random(7).shuffle(reports)
    for n, raw in enumerate([*reports, *reports]):
        mine = raw.body.replace(recorded.encode(), ours.encode())
        await house.intake.accept(replace(raw, key=f"status-{n}", body=mine, arrived_at=house.clock.now()))
    await house.rest()
    shown = await house.message(reply.id)
    assert shown.delivery is not None
    assert [(r.address, r.state) for r in shown.delivery.recipients] == [(ANNA, DeliveryState.DELIVERED)]


async def test_stop_is_shown_marks_the_customer_and_alarms_nobody(house: SmsHouse) -> None:
    await house.intake.accept(replace(case("stop").raw(), arrived_at=house.clock.now()))
    stopped = await house.message(message_id(SMS, case("stop").items()[0]["key"]))
    conversation = await house.conversation(stopped.conversation)
    assert stopped.cards[0].title == "Opted out"
    assert stopped.customer is not None
    customers = await house.store.queries.customers([stopped.customer])
    assert customers[stopped.customer].attributes == {"sms_consent": "opted out"}
    assert all(clock.due_at is None for clock in conversation.sla)


async def test_a_reply_to_who_opted_out_fails_with_that_reason(house: SmsHouse) -> None:
    mia = await house.hire("mia")
    await house.intake.accept(replace(webhook("hello", "SM1"), arrived_at=house.clock.now()))
    asked = await house.message(message_id(SMS, "SM1"))
    house.twilio.opted_out.add(ANNA)
    reply = await house.reply(mia, asked.conversation, "Hello Anna")
    await house.pass_time(10)

    async def failed() -> str:
        delivery = (await house.message(reply.id)).delivery
        return delivery.error if delivery and delivery.state is DeliveryState.FAILED else ""

    assert "opted out of SMS" in await house.until(failed, "the failure")


async def test_a_message_found_hours_later_takes_its_old_place(house: SmsHouse) -> None:
    await house.intake.accept(replace(webhook("first", "SM1"), arrived_at=house.clock.now()))
    first = await house.message(message_id(SMS, "SM1"))
    await house.pass_time(60 * MINUTE)
    between = house.clock.now()
    await house.pass_time(60 * MINUTE)
    await house.intake.accept(replace(webhook("last", "SM3"), arrived_at=house.clock.now()))
    await house.message(message_id(SMS, "SM3"))
    await house.pass_time(60 * MINUTE)
    date = format_datetime(datetime.fromtimestamp(between // 1000, UTC))
    found = listed("between", "SM2")
    late = found.body.replace(b'"status"', f'"date_created":"{date}","status"'.encode())
    await house.intake.accept(replace(found, body=late, arrived_at=house.clock.now()))
    await house.message(message_id(SMS, "SM2"))
    assert await house.thread(first.conversation) == ["first", "between", "last"]
