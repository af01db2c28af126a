"""Through the whole service: parts of long messages, repeated deliveries, and reports that settle an uncertain send."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace as changed

import pytest
from msgspec.structs import replace

from connectors.sms_vonage import VonageSms
from inbox.app.outside import Outside
from inbox.connector import Tools
from inbox.core.ids import ChannelId, message_id
from inbox.core.message import DeliveryState, Message
from inbox.flow import channels as running
from inbox.flow.channels import Channels
from inbox.records import ChannelRecord
from inbox.testing.memory_store import MemoryStore
from tests.connectors.recorded import Case, cases
from tests.flow.house import CLASSES, POLICY, House, stored_in
from tests.peers.sms_http import Trouble
from tests.peers.sms_vonage import KEY, SECRET, FakeVonage

SMS = ChannelId("support")
ANNA = "+491711234567"


class SmsHouse(House):
    """A house with one SMS channel and a Vonage to send by."""

    vonage: FakeVonage
    http: Outside

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        settings = {"api_key": KEY, "api_secret": SECRET, "signature_secret": "s", "sender": "447700900000"}
        settings |= {"messages_url": self.vonage.base, "rest_url": self.vonage.base}
        records = [ChannelRecord(SMS, VonageSms.name, "SMS", settings=settings)]
        return Channels(running.build(records, {**CLASSES, VonageSms.name: VonageSms}, lambda value, c, n: value, self._tools, POLICY))

    def _tools(self, channel: ChannelId) -> Tools:
        return changed(super()._tools(channel), http=self.http, hooks="https://inbox.example.test/hooks/")


@pytest.fixture
async def house() -> AsyncIterator[SmsHouse]:
    """One that runs."""
    SmsHouse.vonage, SmsHouse.http = FakeVonage(), Outside()
    async with SmsHouse.vonage.running():
        made = SmsHouse(stored_in(MemoryStore()))
        async with made.running():
            yield made
        await SmsHouse.http.close()


def case(name: str) -> Case:
    return next(c for c in cases(VonageSms) if c.file.name == f"{name}.in.json")


async def deliver(house: SmsHouse, name: str, key: str, **put: str) -> None:
    """A recorded delivery, with some of its bytes replaced."""
    body = case(name).raw().body
    for old, new in put.items():
        body = body.replace(old.encode(), new.encode())
    await house.intake.accept(replace(case(name).raw(), key=key, body=body, arrived_at=house.clock.now()))


@pytest.mark.parametrize("times", [1, 2, 10])
@pytest.mark.parametrize("seed", range(3))
async def test_parts_of_a_long_message_are_one_message(house: SmsHouse, times: int, seed: int) -> None:
    parts = [f"sms_part_{n}_of_3" for n in (1, 2, 3)] * times
    random.Random(seed).shuffle(parts)
    for n, name in enumerate(parts):
        await deliver(house, name, f"{name}-{n}")
    await house.rest()
    shown = await house.message(message_id(SMS, case(parts[0]).items()[0]["key"]))
    assert await house.thread(shown.conversation) == ["This is the first part of a long message, this the second, and this the end."]


async def asked(house: SmsHouse) -> Message:
    await deliver(house, "messages_text", "hello")
    return await house.message(message_id(SMS, case("messages_text").items()[0]["key"]))


async def test_ticks_are_right_in_any_order(house: SmsHouse) -> None:
    mia, question = await house.hire("mia"), await asked(house)
    reply = await house.reply(mia, question.conversation, "Hello Anna")
    await house.pass_time(10)
    await house.until(lambda: house.vonage.taken, "the reply at Vonage")
    names = ["status_delivered", "status_submitted", "status_of_a_kind_that_says_nothing", "status_submitted", "status_delivered"]
    for n, name in enumerate(names):
        await deliver(house, name, f"status-{n}", **{"0123456789abcdef0123456789abcdef": reply.id})
    await house.rest()
    shown = (await house.message(reply.id)).delivery
    assert shown is not None
    assert [(r.address, r.state) for r in shown.recipients] == [(ANNA, DeliveryState.DELIVERED)]


async def test_a_send_whose_answer_was_lost_is_settled_by_its_report(house: SmsHouse) -> None:
    mia, question = await house.hire("mia"), await asked(house)
    house.vonage.troubles.append(Trouble(accident="reset_after"))
    reply = await house.reply(mia, question.conversation, "Hello Anna")
    await house.pass_time(10)

    async def state() -> DeliveryState | None:
        delivery = (await house.message(reply.id)).delivery
        return delivery.state if delivery else None

    async def is_unknown() -> bool:
        return await state() is DeliveryState.UNKNOWN

    await house.until(is_unknown, "nobody knows")
    await house.pass_time(60_000)
    assert await state() is DeliveryState.UNKNOWN
    await deliver(house, "status_delivered", "report", **{"0123456789abcdef0123456789abcdef": reply.id})
    await house.rest()
    assert await state() is DeliveryState.DELIVERED
    assert len(house.vonage.taken) == 1, "sent once"
