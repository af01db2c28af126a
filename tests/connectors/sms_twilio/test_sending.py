"""Sending by Twilio: what it is asked, and what each of its answers means for the message."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest
from msgspec.structs import replace

from connectors.sms_twilio import TwilioSms
from connectors.sms_twilio.settings import TwilioSettings
from inbox.app.outside import Outside
from inbox.connector import OutboundFile, OutboundMessage, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.testing.tools import no_tools
from tests.peers.sms_http import Trouble
from tests.peers.sms_twilio import ACCOUNT, ROOT, TOKEN, FakeTwilio, told

SERVICE = "MG" + "0" * 31 + "2"
ANNA = Address("phone", "+491711234567")
OURS = "+15005550006"
MESSAGE = OutboundMessage(MessageId("m1"), ChannelId("sms"), "Mia", "Your **order** is on its way.", 1_795_255_200_000, to=(ANNA,))


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    """Twilio, listening."""
    peer = FakeTwilio()
    async with peer.running():
        yield peer


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    """Tools with a way out."""
    http = Outside()
    yield no_tools(http=http)
    await http.close()


def connector(twilio: FakeTwilio, tools: Tools, **more: object) -> TwilioSms:
    given = {"sender": OURS, "base_url": twilio.base, "account_sid": ACCOUNT, "auth_token": TOKEN} | more
    return TwilioSms(ChannelId("sms"), TwilioSettings(**given), tools)  # type: ignore[arg-type]  # each test says which


async def test_the_text_goes_out_plain_with_a_callback_of_its_own(twilio: FakeTwilio, tools: Tools) -> None:
    sent = await connector(twilio, tools).send(MESSAGE)
    [asked] = twilio.asked
    assert (asked.method, asked.path) == ("POST", f"{ROOT}/Messages.json")
    assert dict(asked.form) == {
        "To": "+491711234567",
        "From": OURS,
        "Body": "Your order is on its way.",
        "StatusCallback": "https://inbox.example.test/hooks/sms_twilio/sms#rc=5&rp=all",
    }
    assert sent.provider_id == sent.external_id == twilio.messages[0]["sid"]
    assert not sent.refused


async def test_files_go_as_addresses_that_twilio_fetches(twilio: FakeTwilio, tools: Tools) -> None:
    files = (OutboundFile("f1", "a b.png", "image/png", 10), OutboundFile("f2", "c.pdf", "application/pdf", 10))
    await connector(twilio, tools).send(replace(MESSAGE, text="", files=files))
    media = [value for name, value in twilio.asked[0].form if name == "MediaUrl"]
    assert media == ["https://inbox.example.test/media/f1/a b.png", "https://inbox.example.test/media/f2/c.pdf"]
    assert "Body" not in dict(twilio.asked[0].form)


async def test_a_messaging_service_chooses_the_sender(twilio: FakeTwilio, tools: Tools) -> None:
    await connector(twilio, tools, sender="", messaging_service_sid=SERVICE).send(MESSAGE)
    form = dict(twilio.asked[0].form)
    assert (form["MessagingServiceSid"], "From" in form) == (SERVICE, False)
    await connector(twilio, tools, messaging_service_sid=SERVICE).send(MESSAGE)
    form = dict(twilio.asked[1].form)
    assert (form["MessagingServiceSid"], form["From"]) == (SERVICE, OURS)


async def test_an_api_key_takes_the_place_of_the_token(twilio: FakeTwilio, tools: Tools) -> None:
    twilio.user, twilio.password = "SK1", "its-secret"
    assert (await connector(twilio, tools, api_key="SK1", api_key_secret="its-secret").send(MESSAGE)).provider_id


async def test_a_service_that_is_not_on_the_internet_asks_for_no_callback(twilio: FakeTwilio, tools: Tools) -> None:
    local = Tools(tools.now, tools.open_file, tools.cursor, tools.report, tools.http, tools.link, "http://127.0.0.1:8080/hooks/")
    await connector(twilio, local).send(MESSAGE)
    assert "StatusCallback" not in dict(twilio.asked[0].form)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(MESSAGE, text="  "),
        replace(MESSAGE, to=()),
        replace(MESSAGE, to=(ANNA, Address("phone", "+491722222222"))),
        replace(MESSAGE, to=(Address("email", "a@example.org"),)),
        replace(MESSAGE, files=tuple(OutboundFile(f"f{n}", "a.png", "image/png", 1) for n in range(11))),
    ],
)
async def test_what_is_no_message_is_not_sent(twilio: FakeTwilio, tools: Tools, wrong: OutboundMessage) -> None:
    with pytest.raises(Rejected):
        await connector(twilio, tools).send(wrong)
    assert twilio.asked == []


async def test_a_customer_who_opted_out_is_named_as_the_reason(twilio: FakeTwilio, tools: Tools) -> None:
    twilio.opted_out.add(ANNA.value)
    with pytest.raises(Rejected, match="opted out of SMS with STOP"):
        await connector(twilio, tools).send(MESSAGE)


HTML = "<html><body>502 Bad Gateway</body></html>"


def outcomes() -> Iterator[tuple[Trouble, type[InboxError], str]]:
    """Each trouble, what follows from it, and what is said."""
    yield Trouble(400, told(400, 21211, "Invalid 'To'")), Rejected, "cannot receive SMS"
    yield Trouble(400, told(400, 21606, "From is not SMS-capable")), Rejected, "sender of this channel"
    yield Trouble(403, told(403, 21408, "Permission has not been enabled")), Rejected, "geo permissions"
    yield Trouble(400, told(400, 29999, "Brand new")), Rejected, "29999: Brand new"
    yield Trouble(422, "{}"), Rejected, "422"
    yield Trouble(401, told(401, 20003, "Authenticate")), NeedsLogin, "20003"
    yield Trouble(403, told(403, 20005, "Account not active")), NeedsLogin, "not active"
    yield Trouble(404, told(404, 20404, "not found")), NeedsLogin, "20404"
    yield Trouble(429, told(429, 20429, "Too Many Requests"), {"Retry-After": "7"}), TryLater, "20429"
    yield Trouble(400, told(400, 21611, "queue is full")), TryLater, "wait at Twilio"
    yield Trouble(503, HTML, {"Retry-After": "3"}), TryLater, "503"
    yield Trouble(500, HTML), Unknown, "500"
    yield Trouble(500, told(500, 20500, "Internal Server Error")), Unknown, "20500"
    yield Trouble(502, HTML), Unknown, "502"
    yield Trouble(201, HTML), Unknown, "could not be read"
    yield Trouble(201, '{"sid": 7}'), Unknown, "could not be read"
    yield Trouble(302, "", {"Location": "https://example.org"}), Rejected, "302"
    yield Trouble(accident="reset"), Unknown, "connection_broke"
    yield Trouble(accident="reset_after"), Unknown, "connection_broke"


@pytest.mark.parametrize(("trouble", "error", "said"), list(outcomes()), ids=lambda value: getattr(value, "__name__", None))
async def test_every_answer_says_what_happens_next(
    twilio: FakeTwilio, tools: Tools, trouble: Trouble, error: type[InboxError], said: str
) -> None:
    twilio.troubles.append(trouble)
    with pytest.raises(error, match=said):
        await connector(twilio, tools).send(MESSAGE)
    assert len(twilio.asked) == 1, "asked once, whatever came of it"


async def test_a_pause_that_is_asked_for_is_kept(twilio: FakeTwilio, tools: Tools) -> None:
    twilio.troubles.append(Trouble(429, told(429, 20429, "Too Many Requests"), {"Retry-After": "7"}))
    with pytest.raises(TryLater) as later:
        await connector(twilio, tools).send(MESSAGE)
    assert later.value.after == 7_000


async def test_nobody_there_means_nothing_was_sent(tools: Tools) -> None:
    nobody = FakeTwilio()
    nobody.base = "http://127.0.0.1:1"
    with pytest.raises(TryLater):
        await connector(nobody, tools).send(MESSAGE)


async def test_a_message_that_failed_at_once_says_why(twilio: FakeTwilio, tools: Tools) -> None:
    failed = {"sid": "SM9", "status": "failed", "error_code": 30005, "direction": "outbound-api"}
    twilio.troubles.append(Trouble(201, json.dumps(failed)))
    sent = await connector(twilio, tools).send(MESSAGE)
    assert sent.refused == {ANNA.value: "This number does not exist, or its phone could not be reached."}


async def test_the_probe_tells_good_credentials_from_bad_ones_and_from_an_outage(twilio: FakeTwilio, tools: Tools) -> None:
    assert (await connector(twilio, tools).probe()).ok
    twilio.messages = [{**m, "at": 0} for m in [twilio.received("hi")]]
    assert (await connector(twilio, tools).probe()).ok
    wrong = await connector(twilio, tools, auth_token="another").probe()
    assert not wrong.ok
    assert "auth_token" in wrong.remedy
    twilio.troubles.append(Trouble(500, HTML))
    away = await connector(twilio, tools).probe()
    assert not away.ok
    assert "tried again" in away.remedy


async def test_a_file_is_fetched_with_our_credentials_and_from_nowhere_inside(twilio: FakeTwilio, tools: Tools) -> None:
    twilio.media["MM1"] = [("image/jpeg", b"pixels")]
    sms = connector(twilio, tools)
    content = await sms.fetch(f"{twilio.base}{ROOT}/Messages/MM1/Media/ME0")
    assert b"".join([chunk async for chunk in content]) == b"pixels"
    other = FakeTwilio()
    async with other.running():
        with pytest.raises(Rejected):
            _ = [chunk async for chunk in await sms.fetch(f"{other.base}{ROOT}/Messages/MM1/Media/ME0")]
    assert other.asked == []


def test_the_answer_to_a_delivery_is_nothing_that_would_go_to_the_customer(tools: Tools) -> None:
    from tests.connectors.recorded import cases

    nobody = FakeTwilio()
    nobody.base = "http://127.0.0.1:1"
    answer = connector(nobody, tools).answer(cases(TwilioSms)[0].raw())
    assert (answer.kind, answer.body, answer.type) == ("accepted", "<Response/>", "text/xml")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sender": ""}, "messaging_service_sid"),
        ({"auth_token": ""}, "auth_token"),
        ({"api_key": "SK1"}, "api_key_secret"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, str], said: str) -> None:
    from inbox.core.mistakes import mistakes

    right = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": OURS}
    assert mistakes(right, TwilioSettings, "s") == []
    [line] = mistakes(right | wrong, TwilioSettings, "s")
    assert said in line
