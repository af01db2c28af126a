"""From a system of the operator's to the thread and back, with the whole flow in between."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import permutations
from typing import Any

import pytest

from connectors.api import ApiConnector
from inbox.app.outside import Outside
from inbox.connector import Deletion, Edit, InboundMessage, RawDelivery
from inbox.core.message import DeliveryState, Message
from tests.connectors.housed import NOW, OURS, HousedConnector, as_it_may_come, encoded
from tests.connectors.recorded import cases
from tests.flow.house import MAIL
from tests.peers.api_system import SECRET, FakeSystem
from tests.peers.sms_http import Trouble

DAY = 24 * 60 * 60 * 1000
BODIES = [json.loads(case.raw().body) for case in cases(ApiConnector)]
TOLD = [one for body in BODIES for one in (body if isinstance(body, list) else [body])]
MINA = {"id": "4711", "name": "Mina"}


@pytest.fixture
async def system() -> AsyncIterator[FakeSystem]:
    fake = FakeSystem()
    async with fake.running():
        yield fake


@pytest.fixture
async def house(system: FakeSystem, request: pytest.FixtureRequest) -> AsyncIterator[HousedConnector]:
    outside = Outside()
    settings = {"secret": SECRET, "url": f"{system.base}/inbox"}
    made = HousedConnector(ApiConnector, settings, outside, NOW + getattr(request, "param", 0))
    async with made.running():
        yield made
    await outside.close()


async def says(house: HousedConnector, id: str, text: str = "Hello?", **more: Any) -> Message:
    await house.comes_in(encoded({"type": "message", "id": id, "customer": MINA, "text": text, **more}))
    return await house.placed(id)


@pytest.mark.parametrize(("times", "house", "seed"), [(1, 0, 0), (2, 0, 1), (10, 0, 2), (3, 7 * DAY, 3)], indirect=["house"])
async def test_each_message_is_there_once_in_whatever_order_and_number_it_comes(house: HousedConnector, times: int, seed: int) -> None:
    items = [item for one in TOLD for item in ApiConnector.parse(RawDelivery(OURS, "k", encoded(one), NOW))]
    messages = [item for item in items if isinstance(item, InboundMessage)]
    edits = {item.target: item.text for item in items if isinstance(item, Edit)}
    withdrawn = {item.target for item in items if isinstance(item, Deletion)}
    for batch in as_it_may_come([one for one in TOLD if one["type"] != "receipt"], times, seed):
        await house.comes_in(encoded(batch))
    await house.rest()
    await house.pass_time(60_000)
    stored = [await house.placed(item.key) for item in messages]
    everything = [m for c in {m.conversation for m in stored} for m in await house.store.queries.timeline(c, None, 1000)]
    assert sorted(m.id for m in everything) == sorted(m.id for m in stored)
    for item, message in zip(messages, stored, strict=True):
        assert (message.deleted_at is not None) == (item.key in withdrawn)
        assert message.text == ("" if item.key in withdrawn else edits.get(item.key, item.text))
    parcel = await house.placed("m-2")
    assert [a.size for a in parcel.attachments] == [6, 0], "the second is nowhere to be had, which costs only itself"


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "read"])))
async def test_ticks_only_rise(house: HousedConnector, system: FakeSystem, order: tuple[str, ...]) -> None:
    system.answer = {"id": "theirs-1"}
    mia = await house.hire("mia")
    question = await says(house, "m-1")
    reply = await house.sent(await house.reply(mia, question.conversation))
    for state in order * 2:
        await house.comes_in(encoded({"type": "receipt", "message": "theirs-1", "state": state, "customer": "4711"}))
        await house.rest()
    told = await house.message(reply.id)
    assert told.delivery is not None
    assert told.delivery.state is DeliveryState.READ


async def test_an_answer_is_brought_once_although_the_system_stumbled_over_it(house: HousedConnector, system: FakeSystem) -> None:
    mia = await house.hire("mia")
    question = await says(house, "m-1")
    system.troubles.extend([Trouble(accident="reset_after"), Trouble(500), Trouble(accident="reset")])
    reply = await house.sent(await house.reply(mia, question.conversation, "On its way."))
    await house.pass_time(30 * 60_000)
    sent = await house.message(reply.id)
    assert sent.delivery is not None
    assert sent.delivery.state is DeliveryState.SENT
    assert [told["text"] for told in system.brought] == ["On its way."]
    assert len(system.asked) == 4


async def test_a_system_that_wants_no_more_fails_the_answer_at_once(house: HousedConnector, system: FakeSystem) -> None:
    mia = await house.hire("mia")
    question = await says(house, "m-1")
    system.troubles.append(Trouble(410))
    sent = await house.sent(await house.reply(mia, question.conversation))
    assert sent.delivery is not None
    assert (sent.delivery.state, sent.delivery.error) == (
        DeliveryState.FAILED,
        "The system behind this channel wants no more messages (410).",
    )


async def test_a_conversation_is_found_by_what_a_reply_said_of_it(house: HousedConnector, system: FakeSystem) -> None:
    mia = await house.hire("mia")
    first = await says(house, "m-1", thread="room-1")
    other = await says(house, "m-2", thread="room-2")
    await house.sent(await house.reply(mia, first.conversation, "About the first"))
    token = system.brought[0]["conversation"]
    assert system.brought[0]["to"] == [{"id": "4711", "name": "Mina", "thread": "room-1"}]
    assert first.customer == other.customer
    assert other.conversation != first.conversation
    assert (await says(house, "m-3", conversation=token)).conversation == first.conversation
    assert (await says(house, "m-4", thread="room-2")).conversation == other.conversation
    assert (await says(house, "m-5", answers=["m-1"])).conversation == first.conversation


async def test_a_room_is_one_conversation_of_all_who_write_there(house: HousedConnector, system: FakeSystem) -> None:
    mia = await house.hire("mia")
    first = await says(house, "m-1", thread="room-1")
    second = await says(house, "m-2", thread="room-1", customer={"id": "9", "name": "Tom"})
    assert (second.conversation, second.customer == first.customer) == (first.conversation, False)
    await house.sent(await house.reply(mia, first.conversation))
    assert [(to["id"], to["thread"]) for to in system.brought[0]["to"]] == [("4711", "room-1"), ("9", "room-1")]


async def test_whom_the_system_vouches_for_is_one_person_with_whoever_writes_mails(house: HousedConnector) -> None:
    mail = await house.write("By mail", authenticated=True)
    claimed = await says(house, "m-1", customer={"id": "1", "email": "anna@example.org"})
    proved = await says(house, "m-2", customer={"id": "2", "email": "Anna@example.org", "proved": True})
    assert mail.channel == MAIL
    assert proved.customer == mail.customer
    assert claimed.customer != mail.customer


async def test_a_customer_is_known_before_he_writes_and_what_is_told_of_him_changes(house: HousedConnector) -> None:
    omar = {"id": "4712", "name": "Omar", "email": "omar@example.org", "proved": True, "attributes": {"plan": "gold", "city": "Bonn"}}
    await house.comes_in(encoded({"type": "customer", "customer": omar}))
    await house.rest()
    ((known,), _) = await house.store.queries.find_customers("omar", None, 10)
    assert (known.name, known.attributes["plan"]) == ("Omar", "gold")
    assert {(one.kind, one.value, one.verified) for one in await house.store.queries.identities_of(known.id)} == {
        ("api", "4712", True),
        ("email", "omar@example.org", True),
    }
    await house.comes_in(encoded([{"type": "customer", "customer": {"id": "4712", "attributes": {"plan": "silver"}}}] * 2))
    await house.rest()
    await house.comes_in(encoded({"type": "message", "id": "first", "customer": {"id": "4712"}, "text": "Hello"}))
    wrote = await house.placed("first")
    assert wrote.customer == known.id, "he is the one who was told of"
    after = (await house.store.queries.customers([known.id]))[known.id]
    assert (after.name, after.attributes) == ("Omar", {"plan": "silver", "city": "Bonn", "email": "omar@example.org"})
