"""Through the whole service, on all three channels: whatever order and number deliveries come in, each message is there once."""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace as changed
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.meta_graph.pages import InstagramConnector, MessengerConnector
from connectors.meta_graph.whatsapp import WhatsAppConnector
from inbox.app.outside import Outside
from inbox.connector import Connector, InboundMessage, RawDelivery, Tools
from inbox.core.ids import ChannelId, MessageId, message_id
from inbox.core.message import DeliveryState, Message
from inbox.flow import channels as running
from inbox.flow.channels import Channels
from inbox.records import ChannelRecord
from inbox.testing.clock import ManualClock
from inbox.testing.memory_store import MemoryStore
from tests.connectors.recorded import HERE, cases
from tests.flow.house import CLASSES, MINUTE, POLICY, House, stored_in
from tests.peers.meta_graph import PICTURE, TOKEN, GraphApi, Trouble

KINDS: tuple[type[Connector], ...] = (WhatsAppConnector, MessengerConnector, InstagramConnector)
DAY = 24 * 60 * MINUTE
ARRIVED = 1_795_255_200_000
LENA, THEIR_LENA, OUR_PAGE = "491701234567", "7712345678901234", "106540352242922"


class MetaHouse(House):
    """A house with all three channels, each called by its connector's name, and Meta to send by."""

    meta: GraphApi
    http: Outside

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        records = [ChannelRecord(ChannelId(kind.name), kind.name, kind.name, settings=self._settings(kind)) for kind in KINDS]
        return Channels(running.build(records, {**CLASSES, **{k.name: k for k in KINDS}}, lambda value, c, n: value, self._tools, POLICY))

    def _settings(self, kind: type[Connector]) -> dict[str, Any]:
        settings: dict[str, Any] = json.loads((HERE / kind.name / "settings.json").read_text(encoding="utf-8"))
        return settings | {"base_url": self.meta.base, "access_token": TOKEN}

    def _tools(self, channel: ChannelId) -> Tools:
        return changed(super()._tools(channel), http=self.http)

    async def take(self, channel: str, body: bytes, key: str) -> None:
        """A verified delivery, as the hook hands it over."""
        connector = self.channels.running[ChannelId(channel)].connector
        await self.intake.accept(RawDelivery(ChannelId(channel), key, body, self.clock.now(), context=dict(connector.context())))


@asynccontextmanager
async def a_house(now: int = ARRIVED) -> AsyncIterator[MetaHouse]:
    """One that runs from this instant on."""
    async with GraphApi().running() as MetaHouse.meta:
        MetaHouse.http = Outside()
        made = MetaHouse(stored_in(MemoryStore()), ManualClock(now))
        async with made.running():
            yield made
        await MetaHouse.http.close()


@pytest.fixture
async def house() -> AsyncIterator[MetaHouse]:
    async with a_house() as made:
        yield made


def said(text: str, id: str, at: int) -> bytes:
    """A customer's text in WhatsApp."""
    return changes(messages=[{"from": LENA, "id": id, "timestamp": str(at // 1000), "type": "text", "text": {"body": text}}])


def changes(**value: Any) -> bytes:
    number = {"metadata": {"phone_number_id": "312950471835602"}}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": number | value}]}]}
    ).encode()


def status(state: str, id: str = "", **more: Any) -> bytes:
    return changes(statuses=[{"id": id, "status": state, "timestamp": "1795255190", "recipient_id": LENA} | more])


def event(**what: Any) -> bytes:
    """Something a customer of the page did."""
    one = {"sender": {"id": THEIR_LENA}, "recipient": {"id": OUR_PAGE}, "timestamp": 1_795_255_140_250} | what
    return json.dumps({"object": "page", "entry": [{"id": OUR_PAGE, "messaging": [one]}]}).encode()


@pytest.mark.parametrize("late", [0, 7 * DAY], ids=["at once", "a week late"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_recorded_message_is_there_once_however_often_shuffled_and_late_it_comes(kind: type[Connector], late: int) -> None:
    channel = ChannelId(kind.name)
    async with a_house(ARRIVED + late) as house:
        house.meta.media |= {f"100338000000{n}": PICTURE for n in range(10)}
        at_meta = f"{house.meta.base}/public".encode()
        deliveries = [
            replace(c.raw(), body=re.sub(rb"https://[a-z.]+\.(fbcdn|fbsbx)\.example", at_meta, c.raw().body)) for c in cases(kind)
        ]
        expected = [item for raw in deliveries for item in kind.parse(raw) if isinstance(item, InboundMessage)]
        repeated = [replace(raw, channel=channel, key=f"{n}-{again % 4}") for n, raw in enumerate(deliveries) for again in range(10)]
        random.Random(late).shuffle(repeated)
        for raw in repeated:
            await house.intake.accept(replace(raw, arrived_at=house.clock.now()))
        await house.rest()
        stored = [await house.message(message_id(channel, item.key)) for item in expected]
        assert sum([len(await house.thread(id)) for id in {m.conversation for m in stored}]) == len(expected)
        assert [(m.text, len(m.cards), len(m.attachments)) for m in stored] == [(i.text, len(i.cards), len(i.files)) for i in expected]
        assert all(a.size == len(PICTURE) for m in stored for a in m.attachments)


@pytest.mark.parametrize("seed", range(5))
async def test_lines_of_a_conversation_keep_their_order_when_they_come_late_batched_and_shuffled(seed: int) -> None:
    lines = [f"line {n}" for n in range(8)]
    written = [ARRIVED + n * MINUTE for n in range(8)]
    deliveries = [
        (said(text, f"wamid.{n}", at), f"{n}-{again}") for n, (text, at) in enumerate(zip(lines, written, strict=True)) for again in "ab"
    ]
    messages = [json.loads(body)["entry"][0]["changes"][0]["value"]["messages"][0] for body, _ in deliveries[4:12]]
    deliveries.append((changes(messages=messages), "batch"))
    random.Random(seed).shuffle(deliveries)
    async with a_house(ARRIVED + DAY) as house:
        for body, key in deliveries:
            await house.take("whatsapp", body, key)
        await house.rest()
        first = await house.message(message_id(ChannelId("whatsapp"), "wamid.0"))
        assert await house.thread(first.conversation) == lines


async def conversed(house: MetaHouse, channel: str = "whatsapp") -> Message:
    """An answer that was sent to somebody who asked."""
    mia = await house.hire("mia")
    if channel == "whatsapp":
        await house.take(channel, said("Where is it?", "wamid.Q", house.clock.now()), "q")
        asked = await house.message(message_id(ChannelId(channel), "wamid.Q"))
    else:
        await house.take(channel, event(message={"mid": "m_Q", "text": "Where is it?"}), "q")
        asked = await house.message(message_id(ChannelId(channel), "m_Q"))
    reply = await house.reply(mia, asked.conversation, "On its **way**.")
    await house.pass_time(10)
    await house.until(lambda: house.meta.asked, "the answer at Meta")
    return reply


async def state(house: MetaHouse, id: MessageId) -> tuple[DeliveryState, str]:
    delivery = (await house.message(id)).delivery
    assert delivery is not None
    return delivery.state, delivery.error


@pytest.mark.parametrize("seed", range(5))
async def test_ticks_are_right_in_any_order(house: MetaHouse, seed: int) -> None:
    reply = await conversed(house)
    reports = [status(told, "wamid.OURS01") for told in ("sent", "delivered", "read", "delivered", "sent", "read")]
    random.Random(seed).shuffle(reports)
    for n, body in enumerate(reports):
        await house.take("whatsapp", body, f"status-{n}")
    await house.rest()
    assert await state(house, reply.id) == (DeliveryState.READ, "")
    assert (await house.message(reply.id)).seen_at is not None


async def test_a_failure_that_comes_later_is_shown_in_words(house: MetaHouse) -> None:
    reply = await conversed(house)
    await house.take("whatsapp", status("failed", "wamid.OURS01", errors=[{"code": 131026, "title": "Message undeliverable"}]), "failed")
    await house.rest()
    told, why = await state(house, reply.id)
    assert told is DeliveryState.FAILED
    assert "may not use WhatsApp" in why


@pytest.mark.parametrize("channel", ["whatsapp", "messenger"])
async def test_what_comes_back_with_our_id_settles_an_answer_of_which_nobody_knew(house: MetaHouse, channel: str) -> None:
    house.meta.troubles.append(Trouble(accident="reset"))
    reply = await conversed(house, channel)

    async def unknown() -> bool:
        return (await state(house, reply.id))[0] is DeliveryState.UNKNOWN

    await house.until(unknown, "the lost answer")
    asked = house.meta.asked[-1].payload
    if channel == "whatsapp":
        body = status("delivered", "wamid.NEVER_HEARD_OF", biz_opaque_callback_data=asked["biz_opaque_callback_data"])
    else:
        echo = {"mid": "m_NEVER_HEARD_OF", "is_echo": True, "metadata": asked["message"]["metadata"], "text": "On its way."}
        body = event(sender={"id": OUR_PAGE}, recipient={"id": THEIR_LENA}, message=echo)
    await house.take(channel, body, "back")
    await house.rest()
    expected = DeliveryState.DELIVERED if channel == "whatsapp" else DeliveryState.SENT
    assert (await state(house, reply.id))[0] is expected
    assert len(house.meta.asked) == 1, "it was not sent a second time"
    assert house.meta.sent == []


async def test_customers_change_withdraw_and_react_wherever_the_news_comes_first(house: MetaHouse) -> None:
    await house.take("messenger", event(message_edit={"mid": "m_1", "text": "better"}, timestamp=1_795_255_150_000), "edit")
    await house.take("messenger", event(message={"mid": "m_1", "text": "good"}), "said")
    first = await house.message(message_id(ChannelId("messenger"), "m_1"))
    await house.pass_time(60_000)
    await house.until(lambda: _text_is(house, first.id, "better"), "the edit")
    await house.take("messenger", event(reaction={"mid": "m_1", "action": "react", "emoji": "👍"}), "react")
    await house.rest()
    assert [r.emoji for r in (await house.message(first.id)).reactions] == ["👍"]
    await house.take("messenger", event(message={"mid": "m_1", "is_deleted": True}), "unsent")
    await house.rest()
    gone = await house.message(first.id)
    assert (gone.text, gone.deleted_at is not None) == ("", True)


async def _text_is(house: MetaHouse, id: MessageId, text: str) -> bool:
    return (await house.message(id)).text == text


async def test_a_picture_of_a_message_is_stored(house: MetaHouse) -> None:
    picture = {"id": "1003380000001", "mime_type": "image/png", "caption": "look"}
    await house.take(
        "whatsapp", changes(messages=[{"from": LENA, "id": "wamid.P", "timestamp": "1795255140", "type": "image", "image": picture}]), "p"
    )
    message = await house.message(message_id(ChannelId("whatsapp"), "wamid.P"))
    [file] = message.attachments
    assert (message.text, file.name, file.type, file.size) == ("look", "image.png", "image/png", len(PICTURE))


async def test_who_later_hides_his_number_is_still_the_same_person(house: MetaHouse) -> None:
    who = {"contacts": [{"profile": {"name": "Lena"}, "wa_id": LENA, "user_id": "DE.1"}]}
    known = {"from": LENA, "from_user_id": "DE.1", "id": "wamid.1", "timestamp": "1795255140", "type": "text", "text": {"body": "one"}}
    hidden = {"from_user_id": "DE.1", "id": "wamid.2", "timestamp": "1795255141", "type": "text", "text": {"body": "two"}}
    await house.take("whatsapp", changes(messages=[known], **who), "1")
    await house.take("whatsapp", changes(messages=[hidden]), "2")
    one, two = [await house.message(message_id(ChannelId("whatsapp"), id)) for id in ("wamid.1", "wamid.2")]
    assert one.customer == two.customer
    assert two.sender is not None
    assert replace(two.sender, name="").value == "DE.1"


async def test_an_answer_after_a_day_is_refused_with_the_reason(house: MetaHouse) -> None:
    house.meta.window_open = False
    reply = await conversed(house)

    async def failed() -> str:
        told, why = await state(house, reply.id)
        return why if told is DeliveryState.FAILED else ""

    assert "More than 24 hours" in await house.until(failed, "the failure")
