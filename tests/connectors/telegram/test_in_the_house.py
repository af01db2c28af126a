"""From Telegram to the thread and back, with the whole flow in between."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.telegram import TelegramConnector
from inbox.app.outside import Outside
from inbox.connector import Edit, InboundMessage, Item, RawDelivery, Tools
from inbox.core import commands as c
from inbox.core.conversation import Category
from inbox.core.ids import ChannelId, digest, message_id
from inbox.core.message import DeliveryState, Message
from inbox.flow import channels as running
from inbox.flow.channels import Channels
from inbox.records import ChannelRecord
from inbox.testing.clock import ManualClock
from inbox.testing.memory_records import MemoryCursor
from tests.connectors.recorded import cases
from tests.connectors.telegram.conftest import TOKEN
from tests.flow.house import POLICY, House
from tests.peers.telegram_bot_api import BotApiServer, bot_api, refused
from tests.store.conftest import in_memory

SHOP = ChannelId("shop")
NOW = 1_795_255_200_000
DAY = 24 * 60 * 60 * 1000
RECORDED = [case.raw().body for case in cases(TelegramConnector)]
TESS = {"id": 4711, "is_bot": False, "first_name": "Tess"}
TOM = {"id": 4712, "is_bot": False, "first_name": "Tom"}
PRIVATE = {"id": 4711, "type": "private", "first_name": "Tess"}
GROUP = {"id": -1002233, "type": "supergroup", "title": "Berg & Sons"}


class TelegramHouse(House):
    """A process with one bot."""

    def __init__(self, server: BotApiServer, outside: Outside, now: int = NOW) -> None:
        self._server, self._outside = server, outside
        self._cursor = MemoryCursor()
        super().__init__(in_memory(), ManualClock(now))

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        record = ChannelRecord(SHOP, "telegram", "Shop", settings={"token": TOKEN, "base_url": self._server.url})
        kinds = {"telegram": TelegramConnector}
        return Channels(running.build([record], kinds, lambda value, channel, name: value, self._tools, POLICY))

    def _tools(self, channel: ChannelId) -> Tools:
        return Tools(self.clock.now, self.store.files.open, self._cursor, lambda health: None, self._outside)

    async def comes_in(self, body: bytes) -> None:
        """One update arrives."""
        await self.intake.accept(RawDelivery(SHOP, digest("update", body), body, self.clock.now()))

    async def says(self, number: int, text: str, chat: dict[str, Any] = PRIVATE, sender: dict[str, Any] = TESS) -> Message:
        """Somebody writes; his message once it is placed."""
        said = {"message_id": number, "date": self.clock.now() // 1000, "chat": chat, "from": sender, "text": text}
        await self.comes_in(json.dumps({"update_id": number, "message": said}).encode())
        return await self.message(message_id(SHOP, f"{chat['id']}:{number}"))


@asynccontextmanager
async def telegram_house(now: int = NOW) -> AsyncIterator[tuple[TelegramHouse, BotApiServer]]:
    """A running process and the Bot API it talks to."""
    outside = Outside()
    async with bot_api(TOKEN) as server, TelegramHouse(server, outside, now).running() as house:
        assert isinstance(house, TelegramHouse)
        yield house, server
        await outside.close()
    assert server.violations == []


def items(bodies: list[bytes]) -> list[Item]:
    return [item for body in bodies for item in TelegramConnector.parse(RawDelivery(SHOP, "k", body, NOW))]


@pytest.mark.parametrize(("times", "late", "seed"), [(1, 0, 0), (2, 0, 1), (10, 0, 2), (3, 7 * DAY, 3)])
async def test_recorded_updates_in_any_order_and_number_give_each_message_once(times: int, late: int, seed: int) -> None:
    said = [item for item in items(RECORDED) if isinstance(item, InboundMessage)]
    async with telegram_house(NOW + late) as (house, server):
        server.files = {file.ref: file.ref.encode() for item in said for file in item.files}
        deliveries = RECORDED * times
        random.Random(seed).shuffle(deliveries)
        async with asyncio.TaskGroup() as tasks:
            for body in deliveries:
                tasks.create_task(house.comes_in(body))
        await house.rest()
        await house.pass_time(60_000)
        stored = [await house.message(message_id(SHOP, item.key)) for item in said]
        everything = [m for c in {m.conversation for m in stored} for m in await house.store.queries.timeline(c, None, 1000)]
        assert sorted(m.id for m in everything) == sorted({m.id for m in stored})
        edits = {item.target: item.text for item in items(RECORDED) if isinstance(item, Edit)}
        for item, message in zip(said, stored, strict=True):
            withdrawn = item.key == "BAAC7_x-1:4711:31"
            assert message.text == ("" if withdrawn else edits.get(item.key, item.text))
            assert (message.deleted_at is not None) == withdrawn
            assert [a.size for a in message.attachments] == [len(file.ref) for file in item.files]
        reacted = await house.message(message_id(SHOP, "-1002233:501"))
        assert sorted(r.emoji for r in reacted.reactions) == ["custom emoji", "⭐"]


async def test_an_answer_arrives_and_the_next_line_stays_in_the_conversation() -> None:
    async with telegram_house() as (house, server):
        anna = await house.hire("anna")
        question = await house.says(11, "Where is my order?")
        sent = await house.sent(await house.reply(anna, question.conversation, "On **its** way."))
        assert sent.delivery is not None
        assert (sent.delivery.state, sent.delivery.provider_id) == (DeliveryState.SENT, "4711:9001")
        assert server.made("sendMessage")[0].fields == {"chat_id": 4711, "text": "On <b>its</b> way.", "parse_mode": "HTML"}
        thanks = await house.says(12, "Thanks!")
        assert thanks.conversation == question.conversation


async def test_the_agent_reads_why_an_answer_did_not_arrive() -> None:
    async with telegram_house() as (house, server):
        anna = await house.hire("anna")
        server.fail("sendMessage", refused(403, "Forbidden: bot was blocked by the user"))
        question = await house.says(11, "Where is my order?")
        sent = await house.sent(await house.reply(anna, question.conversation))
        assert sent.delivery is not None
        assert (sent.delivery.state, sent.delivery.error) == (DeliveryState.FAILED, "The customer blocked this bot.")


async def test_an_answer_waits_as_long_as_telegram_asks() -> None:
    async with telegram_house() as (house, server):
        anna = await house.hire("anna")
        server.fail("sendMessage", refused(429, "Too Many Requests: retry after 120", retry_after=120))
        question = await house.says(11, "Where is my order?")
        reply = await house.reply(anna, question.conversation)
        await house.pass_time(110_000)
        assert len(server.made("sendMessage")) == 1
        await house.pass_time(60_000)
        sent = await house.message(reply.id)
        assert sent.delivery is not None
        assert sent.delivery.state is DeliveryState.SENT
        assert len(server.made("sendMessage")) == 2


async def test_what_is_said_in_a_group_never_mixes_with_a_private_chat() -> None:
    async with telegram_house() as (house, server):
        anna = await house.hire("anna")
        private = await house.says(11, "Between you and me")
        public = await house.says(501, "Hello all", GROUP)
        again = await house.says(12, "And another thing")
        assert public.conversation != private.conversation == again.conversation
        assert public.customer == private.customer
        await house.sent(await house.reply(anna, public.conversation, "Hello"))
        await house.sent(await house.reply(anna, private.conversation, "Sure"))
        assert [(call.fields["chat_id"], call.fields["text"]) for call in server.made("sendMessage")] == [
            (-1002233, "Hello"),
            (4711, "Sure"),
        ]
        assert server.made("sendMessage")[0].fields["reply_parameters"]["message_id"] == 501


async def test_a_group_is_one_conversation_of_several_people_and_is_answered_once() -> None:
    async with telegram_house() as (house, server):
        anna = await house.hire("anna")
        first = await house.says(501, "Is the hall booked?", GROUP, TESS)
        second = await house.says(502, "And who has the key?", GROUP, TOM)
        assert second.conversation == first.conversation
        assert second.customer != first.customer
        conversation = await house.conversation(first.conversation)
        people = [(p.value, p.accepted) for p in conversation.participants]
        assert people == [("-1002233#4711", True), ("-1002233#4712", True)]
        await house.sent(await house.reply(anna, second.conversation, "Tom has it."))
        assert [call.fields["chat_id"] for call in server.made("sendMessage")] == [-1002233]
        await house.do(anna, c.SetStatus(first.conversation, Category.RESOLVED))
        house.clock.set(house.clock.now() + 40 * DAY)  # at once: walking there stops a quarter of a million times
        await house.rest()
        later = await house.says(503, "A new matter", GROUP, TOM)
        assert later.conversation != first.conversation
        assert (await house.says(504, "Indeed", GROUP, TESS)).conversation == later.conversation
