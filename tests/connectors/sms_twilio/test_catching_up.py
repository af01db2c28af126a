"""What Twilio has and we lack: messages whose webhook never came, and the fate of a send that nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from connectors.sms_twilio import TwilioSms
from connectors.sms_twilio.settings import TwilioSettings
from inbox.app.outside import Outside
from inbox.connector import Health, InboundMessage, OutboundFile, OutboundMessage, RawDelivery, Tools
from inbox.core.errors import NeedsLogin, TryLater, Unavailable, Unknown, Unsupported
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.testing.memory_records import MemoryCursor
from inbox.testing.tools import no_tools
from tests.eventually import eventually
from tests.peers.sms_http import Trouble
from tests.peers.sms_twilio import ACCOUNT, TOKEN, FakeTwilio

OURS = "+15005550006"
SERVICE = "MG" + "0" * 31 + "2"
ANNA = Address("phone", "+491711234567")
START = 1_795_255_200_000
MINUTE = 60_000


class Desk:
    """One channel with a clock that the test moves, at Twilio and here alike."""

    def __init__(self, twilio: FakeTwilio, http: Outside, **more: object) -> None:
        self.twilio = twilio
        self.reports: list[Health] = []
        self.got: list[RawDelivery] = []
        self.away = False
        self.cursor = MemoryCursor()
        tools = no_tools(http=http, reports=self.reports)
        tools = Tools(lambda: twilio.now, tools.open_file, self.cursor, tools.report, http, tools.link, tools.hooks)
        given = {"sender": OURS, "base_url": twilio.base, "account_sid": ACCOUNT, "auth_token": TOKEN} | more
        self.sms = TwilioSms(ChannelId("sms"), TwilioSettings(**given), tools)  # type: ignore[arg-type]  # each test says which

    async def deliver(self, raw: RawDelivery) -> None:
        """The way into the service."""
        if self.away:
            raise Unavailable
        self.got.append(raw)

    async def catch_up(self) -> list[InboundMessage]:
        """What one look brings."""
        self.got.clear()
        await self.sms.catch_up(self.deliver)
        items = [item for raw in self.got for item in TwilioSms.parse(raw)]
        return [item for item in items if isinstance(item, InboundMessage)]

    def pass_time(self, milliseconds: int) -> None:
        """Later."""
        self.twilio.now += milliseconds


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A channel whose cursor is set."""
    twilio, http = FakeTwilio(), Outside()
    async with twilio.running():
        made = Desk(twilio, http)
        await made.catch_up()
        yield made
        await http.close()


async def test_what_no_webhook_brought_is_found_oldest_first(desk: Desk) -> None:
    for n in range(3):
        desk.pass_time(MINUTE)
        desk.twilio.received(f"line {n}")
    desk.pass_time(MINUTE)
    found = await desk.catch_up()
    assert [m.text for m in found] == ["line 0", "line 1", "line 2"]
    assert [m.key for m in found] == [m["sid"] for m in desk.twilio.messages]
    assert found[0].received_at == START + MINUTE


async def test_what_was_there_before_the_channel_is_not_asked_for() -> None:
    twilio, http = FakeTwilio(), Outside()
    async with twilio.running():
        twilio.received("years ago")
        twilio.now += 60 * MINUTE
        made = Desk(twilio, http)
        assert await made.catch_up() == []
        assert await made.catch_up() == []
        await http.close()


async def test_every_message_of_a_long_outage_is_found_over_many_pages(desk: Desk) -> None:
    desk.twilio.page = 7
    for n in range(40):
        desk.pass_time(90 * MINUTE)
        desk.twilio.received(f"{n}")
    found = await desk.catch_up()
    assert [m.text for m in found] == [str(n) for n in range(40)]


async def test_only_incoming_messages_of_this_number_are_delivered(desk: Desk) -> None:
    desk.pass_time(MINUTE)
    desk.twilio.received("other number", to="+15005550007")
    desk.twilio.received("still coming", status="receiving")
    await desk.sms.send(OutboundMessage(MessageId("m"), ChannelId("sms"), "", "ours", START, to=(ANNA,)))
    desk.twilio.received("mine")
    assert [m.text for m in await desk.catch_up()] == ["mine"]


async def test_a_messaging_service_looks_at_all_its_numbers_and_no_others() -> None:
    twilio, http = FakeTwilio(), Outside()
    async with twilio.running():
        made = Desk(twilio, http, sender="", messaging_service_sid=SERVICE)
        await made.catch_up()
        made.pass_time(MINUTE)
        twilio.received("one", to="+15005550001", messaging_service_sid=SERVICE)
        twilio.received("two", to="+15005550002", messaging_service_sid=SERVICE)
        twilio.received("elsewhere", to="+15005550003")
        assert [m.text for m in await made.catch_up()] == ["one", "two"]
        await http.close()


async def test_looking_again_names_the_same_delivery_so_that_the_ledger_knows_it(desk: Desk) -> None:
    desk.pass_time(MINUTE)
    desk.twilio.received("once")
    desk.pass_time(MINUTE)
    first = {(m.key, raw.key) for m, raw in zip(await desk.catch_up(), desk.got, strict=True)}
    desk.pass_time(5 * MINUTE)
    again = {(m.key, raw.key) for m, raw in zip(await desk.catch_up(), desk.got, strict=True)}
    assert first == again
    assert len(first) == 1
    desk.pass_time(60 * MINUTE)
    await desk.catch_up()
    assert await desk.catch_up() == [], "long past, and not listed any more"


async def test_a_message_that_is_listed_late_is_found_all_the_same(desk: Desk) -> None:
    desk.pass_time(5 * MINUTE)
    await desk.catch_up()
    late = desk.twilio.received("slow index")
    late["at"] -= 3 * MINUTE
    desk.pass_time(5 * MINUTE)
    assert [m.text for m in await desk.catch_up()] == ["slow index"]


async def test_the_files_of_a_message_come_with_it(desk: Desk) -> None:
    desk.pass_time(MINUTE)
    message = desk.twilio.received("look", num_media="2")
    desk.twilio.media[message["sid"]] = [("image/jpeg", b"one"), ("video/mp4", b"two")]
    gone = desk.twilio.received("gone", num_media="1")
    first, second = await desk.catch_up()
    assert [(f.name, f.type) for f in first.files] == [("file-1.jpg", "image/jpeg"), ("file-2.mp4", "video/mp4")]
    content = await desk.sms.fetch(first.files[1].ref)
    assert b"".join([chunk async for chunk in content]) == b"two"
    assert (second.key, second.files) == (gone["sid"], ())


async def test_the_place_is_kept_until_everything_is_stored(desk: Desk) -> None:
    desk.pass_time(30 * MINUTE)
    desk.twilio.received("first")
    desk.pass_time(30 * MINUTE)
    desk.away = True
    with pytest.raises(Unavailable):
        await desk.catch_up()
    desk.away = False
    desk.pass_time(60 * MINUTE)
    assert [m.text for m in await desk.catch_up()] == ["first"]


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(Trouble(401, "{}"), NeedsLogin), (Trouble(429, "{}"), TryLater), (Trouble(500, ""), Unknown), (Trouble(200, "<html>"), TryLater)],
)
async def test_a_list_that_cannot_be_had_loses_nothing(desk: Desk, trouble: Trouble, error: type[Exception]) -> None:
    desk.pass_time(30 * MINUTE)
    desk.twilio.received("waits")
    desk.pass_time(30 * MINUTE)
    desk.twilio.troubles.append(trouble)
    with pytest.raises(error):
        await desk.catch_up()
    assert [m.text for m in await desk.catch_up()] == ["waits"]


async def test_it_looks_again_and_again_until_it_is_ended() -> None:
    twilio, http = FakeTwilio(), Outside()
    async with twilio.running():
        made = Desk(twilio, http, reconcile_minutes=0.0005)
        async with asyncio.TaskGroup() as tasks:
            receiving = tasks.create_task(made.sms.receive(made.deliver))
            await eventually(lambda: made.reports, what="the first look")
            twilio.now += MINUTE
            twilio.received("while it runs")
            await eventually(lambda: made.got, what="the message")
            receiving.cancel()
        assert made.reports[0].ok
        await http.close()


async def test_it_can_be_switched_off() -> None:
    twilio, http = FakeTwilio(), Outside()
    made = Desk(twilio, http, reconcile_minutes=0.0, base_url="http://127.0.0.1:1")
    with pytest.raises(Unsupported):
        await made.sms.receive(made.deliver)
    await http.close()


# A send of which nobody knows


def outgoing(text: str = "It’s here – really…", files: int = 0) -> OutboundMessage:
    attached = tuple(OutboundFile(f"f{n}", "a.png", "image/png", 1) for n in range(files))
    return OutboundMessage(MessageId("m1"), ChannelId("sms"), "", text, START, to=(ANNA,), files=attached)


@pytest.mark.parametrize(
    ("accident", "arrived"), [(Trouble(accident="reset_after"), True), (Trouble(accident="reset"), False), (Trouble(500, "x"), False)]
)
async def test_an_uncertain_send_is_found_if_it_was_taken(desk: Desk, accident: Trouble, arrived: bool) -> None:
    desk.twilio.troubles.append(accident)
    with pytest.raises(Unknown):
        await desk.sms.send(outgoing())
    desk.pass_time(10_000)
    found = await desk.sms.lookup(outgoing())
    assert (found.provider_id if found else None) == (desk.twilio.messages[0]["sid"] if arrived else None)


async def test_an_answer_that_never_comes_leaves_it_uncertain_and_it_can_be_looked_up(desk: Desk) -> None:
    desk.twilio.troubles.append(Trouble(accident="silence"))
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(desk.sms.send(outgoing()))
        await eventually(lambda: desk.twilio.asked)
        sending.cancel()
    assert await desk.sms.lookup(outgoing()) is None


async def test_simpler_signs_in_the_text_are_no_other_text(desk: Desk) -> None:
    sent = await desk.sms.send(outgoing())
    desk.twilio.messages[0]["body"] = "It's here - really..."
    found = await desk.sms.lookup(outgoing())
    assert found is not None
    assert found.provider_id == sent.provider_id


@pytest.mark.parametrize(
    "other",
    [
        {"body": "Something else"},
        {"to": "+491722222222"},
        {"from": "+15005550001"},
        {"direction": "inbound"},
        {"num_media": "1"},
        {"date_created": "Sat, 21 Nov 2026 08:00:00 +0000"},
    ],
)
async def test_another_message_is_not_taken_for_it(desk: Desk, other: dict[str, str]) -> None:
    await desk.sms.send(outgoing())
    desk.twilio.messages[0].update(other)
    assert await desk.sms.lookup(outgoing()) is None


async def test_texts_without_letters_are_compared_sign_by_sign(desk: Desk) -> None:
    await desk.sms.send(outgoing("👍"))
    assert await desk.sms.lookup(outgoing("🙏")) is None
    assert await desk.sms.lookup(outgoing("👍")) is not None
    assert await desk.sms.lookup(outgoing("👍", files=1)) is None


async def test_one_that_was_taken_and_failed_is_not_sent_again_but_says_why(desk: Desk) -> None:
    await desk.sms.send(outgoing())
    desk.twilio.messages[0].update(status="undelivered", error_code=30006)
    found = await desk.sms.lookup(outgoing())
    assert found is not None
    assert found.refused == {ANNA.value: "This number is a landline, or its carrier takes no messages."}
