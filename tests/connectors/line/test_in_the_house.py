"""From LINE to the thread and back, with the whole flow in between."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from connectors.line import LineConnector
from inbox.app.outside import Outside
from inbox.connector import Deletion, InboundMessage, RawDelivery
from inbox.core.errors import Unsupported
from inbox.core.message import DeliveryState
from tests.connectors.housed import NOW, OURS, HousedConnector, as_it_may_come, encoded
from tests.connectors.recorded import cases
from tests.peers.line_api import TOKEN, FakeLine
from tests.peers.sms_http import Trouble

DAY = 24 * 60 * 60 * 1000
MINA, TOM, GROUP = "U" + "4" * 32, "U" + "5" * 32, "C" + "a" * 32
EVENTS = [event for case in cases(LineConnector) for event in json.loads(case.raw().body)["events"] if "webhookEventId" in event]


@pytest.fixture
async def line() -> AsyncIterator[FakeLine]:
    fake = FakeLine()
    async with fake.running():
        yield fake


@pytest.fixture
async def house(line: FakeLine, request: pytest.FixtureRequest) -> AsyncIterator[HousedConnector]:
    outside = Outside()
    settings = {"channel_secret": "s", "channel_access_token": TOKEN, "base_url": line.base, "data_url": line.base}
    made = HousedConnector(LineConnector, settings, outside, NOW + getattr(request, "param", 0))
    async with made.running():
        yield made
    await outside.close()


def parsed(events: list[Any]) -> list[Any]:
    found: list[Any] = []
    for event in events:
        try:
            found += LineConnector.parse(RawDelivery(OURS, "k", encoded({"events": [event]}), NOW))
        except Unsupported:
            continue
    return found


def said(text: str, id: str = "1", user: str = MINA, group: str = "", kind: str = "message", **more: Any) -> bytes:
    source = {"type": "group", "groupId": group, "userId": user} if group else {"type": "user", "userId": user}
    message = {"type": "text", "id": id, "text": text}
    event = {"type": kind, "timestamp": NOW, "webhookEventId": f"event-{id}-{kind}", "source": source, "message": message} | more
    return encoded({"events": [event]})


@pytest.mark.parametrize(("times", "house", "seed"), [(1, 0, 0), (2, 0, 1), (10, 0, 2), (3, 7 * DAY, 3)], indirect=["house"])
async def test_each_message_is_there_once_in_whatever_order_and_number_it_comes(
    house: HousedConnector, line: FakeLine, times: int, seed: int
) -> None:
    items = parsed(EVENTS)
    messages = [item for item in items if isinstance(item, InboundMessage) and not item.unreadable]
    withdrawn = {item.target for item in items if isinstance(item, Deletion)}
    line.content = {file.ref.partition(":")[2]: b"bytes" for item in messages for file in item.files}
    for batch in as_it_may_come(EVENTS, times, seed):
        again = [{**event, "deliveryContext": {"isRedelivery": True}} for event in batch]
        await house.comes_in(encoded({"events": again}))
    await house.rest()
    await house.pass_time(60_000)
    stored = [await house.placed(item.key) for item in messages]
    everything = [m for c in {m.conversation for m in stored} for m in await house.store.queries.timeline(c, None, 1000)]
    assert sorted(m.id for m in everything if not m.unreadable) == sorted(m.id for m in stored)
    for item, message in zip(messages, stored, strict=True):
        assert (message.deleted_at is not None) == (item.external_id in withdrawn)
        assert message.text == ("" if item.external_id in withdrawn else item.text)
        sizes = [0 if file.ref.startswith("https:") else 5 for file in item.files]
        assert [a.size for a in message.attachments] == sizes


async def test_an_answer_is_shown_once_although_line_stumbled_over_it(house: HousedConnector, line: FakeLine) -> None:
    mia = await house.hire("mia")
    await house.comes_in(said("Where is my order?"))
    question = await house.placed("event-1-message")
    line.troubles.extend([Trouble(accident="reset_after"), Trouble(500, "<html>")])
    reply = await house.sent(await house.reply(mia, question.conversation, "On its **way**."))
    assert reply.delivery is not None
    assert reply.delivery.state is DeliveryState.UNKNOWN
    await house.pass_time(5 * 60_000)
    sent = await house.message(reply.id)
    assert sent.delivery is not None
    assert (sent.delivery.state, sent.external_id) == (DeliveryState.SENT, "461230966842064001")
    assert line.shown == [(MINA, {"type": "text", "text": "On its way."})]
    await house.comes_in(said("Thanks", "2", message={"type": "text", "id": "2", "text": "Thanks", "quotedMessageId": sent.external_id}))
    assert (await house.placed("event-2-message")).conversation == question.conversation


async def test_the_agent_reads_why_an_answer_was_not_sent(house: HousedConnector, line: FakeLine) -> None:
    mia = await house.hire("mia")
    await house.comes_in(said("Hello"))
    question = await house.placed("event-1-message")
    line.troubles.append(Trouble(429, '{"message":"You have reached your monthly limit."}'))
    sent = await house.sent(await house.reply(mia, question.conversation))
    assert sent.delivery is not None
    assert sent.delivery.state is DeliveryState.FAILED
    assert "used up its messages" in sent.delivery.error


async def test_what_is_said_in_a_group_is_answered_there_and_whoever_speaks_is_one_person(house: HousedConnector, line: FakeLine) -> None:
    mia = await house.hire("mia")
    await house.comes_in(said("In private", "1"))
    await house.comes_in(said("In the group", "2", group=GROUP))
    await house.comes_in(said("Me too", "3", TOM, GROUP))
    private, public, other = [await house.placed(f"event-{n}-message") for n in (1, 2, 3)]
    assert private.conversation != public.conversation
    assert private.customer == public.customer != other.customer
    await house.comes_in(said("And me", "4", "", GROUP))
    assert (await house.placed("event-4-message")).conversation == public.conversation
    await house.sent(await house.reply(mia, public.conversation, "To all"))
    await house.sent(await house.reply(mia, private.conversation, "To you"))
    assert [(to, message["text"]) for to, message in line.shown] == [(GROUP, "To all"), (MINA, "To you")]
    assert other.conversation == public.conversation


async def test_somebody_who_blocks_the_account_is_shown_as_such_and_nothing_else_changes(house: HousedConnector) -> None:
    await house.hire("mia")
    await house.comes_in(said("Hello"))
    first = await house.placed("event-1-message")
    before = await house.conversation(first.conversation)
    await house.comes_in(said("", "9", kind="unfollow"))
    blocked = await house.placed("event-9-unfollow")
    after = await house.conversation(first.conversation)
    assert (blocked.conversation, blocked.cards[0].title) == (first.conversation, "Blocked this account")
    assert (after.waiting_since, after.category) == (before.waiting_since, before.category)
