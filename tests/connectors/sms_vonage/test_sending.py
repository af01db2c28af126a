"""Sending by Vonage: what both interfaces are asked, and what each answer means for the message."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest
from msgspec.structs import replace

from connectors.sms_vonage import VonageSms
from connectors.sms_vonage.settings import VonageSettings
from inbox.app.outside import Outside
from inbox.connector import OutboundFile, OutboundMessage, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown, Unsupported
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.core.mistakes import mistakes
from inbox.testing.tools import no_tools
from tests.peers.sms_http import Trouble
from tests.peers.sms_vonage import KEY, SECRET, FakeVonage, told

ANNA = Address("phone", "+491711234567")
OURS = MessageId("0123456789abcdef0123456789abcdef")
MESSAGE = OutboundMessage(OURS, ChannelId("sms"), "Mia", "Your **order** is here.", 1_795_255_200_000, to=(ANNA,))
HOOK = "https://inbox.example.test/hooks/sms_vonage/sms"
HTML = "<html><body>502 Bad Gateway</body></html>"


@pytest.fixture
async def vonage() -> AsyncIterator[FakeVonage]:
    """Vonage, listening."""
    peer = FakeVonage()
    async with peer.running():
        yield peer


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    """Tools with a way out."""
    http = Outside()
    yield no_tools(http=http)
    await http.close()


def connector(vonage: FakeVonage, tools: Tools, api: str = "messages", **more: object) -> VonageSms:
    given: dict[str, object] = {"api_key": KEY, "api_secret": SECRET, "signature_secret": "s", "sender": "+447700900000", "api": api}
    given |= {"messages_url": vonage.base, "rest_url": vonage.base, **more}
    return VonageSms(ChannelId("sms"), VonageSettings(**given), tools)  # type: ignore[arg-type]  # each test says which


async def test_the_messages_api_is_told_our_own_id_and_where_to_report(vonage: FakeVonage, tools: Tools) -> None:
    sent = await connector(vonage, tools).send(MESSAGE)
    assert json.loads(vonage.asked[0].body) == {
        "message_type": "text",
        "channel": "sms",
        "to": "491711234567",
        "from": "447700900000",
        "text": "Your order is here.",
        "client_ref": OURS,
        "webhook_url": HOOK,
        "webhook_version": "v1",
    }
    assert sent.provider_id == sent.external_id == vonage.taken[0]["id"]


@pytest.mark.parametrize(("text", "kind"), [("Hello", "text"), ("Hello 👋", "unicode"), ("garçon", "unicode")])
async def test_the_sms_api_is_told_which_alphabet_the_text_needs(vonage: FakeVonage, tools: Tools, text: str, kind: str) -> None:
    sent = await connector(vonage, tools, "sms").send(replace(MESSAGE, text=text))
    form = dict(vonage.asked[0].form)
    assert (form["to"], form["from"], form["text"], form["type"]) == ("491711234567", "447700900000", text, kind)
    assert (form["client-ref"], form["callback"]) == (OURS, HOOK)
    assert sent.provider_id == vonage.taken[0]["id"]


@pytest.mark.parametrize("api", ["messages", "sms"])
async def test_a_service_that_is_not_on_the_internet_asks_for_no_reports(vonage: FakeVonage, tools: Tools, api: str) -> None:
    local = Tools(tools.now, tools.open_file, tools.cursor, tools.report, tools.http, tools.link, "http://127.0.0.1:8080/hooks/")
    await connector(vonage, local, api).send(MESSAGE)
    assert not {"webhook_url", "callback"} & vonage.taken[0].keys()


@pytest.mark.parametrize(
    "wrong",
    [
        replace(MESSAGE, text="  "),
        replace(MESSAGE, to=()),
        replace(MESSAGE, to=(ANNA, Address("phone", "+491722222222"))),
        replace(MESSAGE, files=(OutboundFile("f", "a.png", "image/png", 1),)),
    ],
)
async def test_what_cannot_be_sent_is_not(vonage: FakeVonage, tools: Tools, wrong: OutboundMessage) -> None:
    with pytest.raises(Rejected):
        await connector(vonage, tools).send(wrong)
    assert vonage.asked == []


def http_troubles() -> Iterator[tuple[Trouble, type[InboxError], str]]:
    """Those that both interfaces share: each trouble, what follows, what is said."""
    yield Trouble(401, told("unauthorized", "Invalid Token")), NeedsLogin, "Invalid Token"
    yield Trouble(402, told("1070", "low balance")), NeedsLogin, "no credit left"
    yield Trouble(403, told("forbidden", "no permission")), NeedsLogin, "no permission"
    yield Trouble(422, told("1020", "Invalid params")), Rejected, "not well-formed"
    yield Trouble(422, told("1120", "Illegal sender")), Rejected, "sender of this channel"
    yield Trouble(422, told("1999", "Brand new")), Rejected, "1999\\): Brand new"
    yield Trouble(400, HTML), Rejected, "status 400"
    yield Trouble(429, told("1000", "Throttled"), {"Retry-After": "9"}), TryLater, "faster than"
    yield Trouble(503, HTML, {"Retry-After": "9"}), TryLater, "503"
    yield Trouble(500, HTML), Unknown, "500"
    yield Trouble(200, HTML), Unknown, "could not be read"
    yield Trouble(accident="reset"), Unknown, "connection_broke"
    yield Trouble(accident="reset_after"), Unknown, "connection_broke"


@pytest.mark.parametrize("api", ["messages", "sms"])
@pytest.mark.parametrize(("trouble", "error", "said"), list(http_troubles()), ids=lambda value: getattr(value, "__name__", None))
async def test_every_answer_says_what_happens_next(
    vonage: FakeVonage, tools: Tools, api: str, trouble: Trouble, error: type[InboxError], said: str
) -> None:
    vonage.troubles.append(trouble)
    with pytest.raises(error, match=said):
        await connector(vonage, tools, api).send(MESSAGE)
    assert len(vonage.asked) == 1, "asked once, whatever came of it"


async def test_an_answer_without_an_id_is_no_certainty(vonage: FakeVonage, tools: Tools) -> None:
    for api in ("messages", "sms"):
        vonage.troubles.append(Trouble(202, "{}"))
        with pytest.raises(Unknown):
            await connector(vonage, tools, api).send(MESSAGE)


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("1", TryLater, "faster than"),
        ("10", TryLater, "faster than"),
        ("4", NeedsLogin, "API key and secret"),
        ("8", NeedsLogin, "barred"),
        ("9", NeedsLogin, "no credit"),
        ("5", Unknown, "stumbled"),
        ("", Unknown, "did not deliver"),
        ("6", Rejected, "no way to this number"),
        ("7", Rejected, "blocked at Vonage"),
        ("15", Rejected, "sender of this channel"),
        ("29", Rejected, "on trial"),
        ("99", Rejected, "error 99"),
    ],
)
async def test_the_sms_api_answers_200_and_means_its_statuses(
    vonage: FakeVonage, tools: Tools, status: str, error: type[InboxError], said: str
) -> None:
    vonage.statuses = [status]
    with pytest.raises(error, match=said):
        await connector(vonage, tools, "sms").send(MESSAGE)


async def test_one_part_that_was_taken_means_it_must_not_be_sent_again(vonage: FakeVonage, tools: Tools) -> None:
    vonage.statuses = ["1", "0"]
    assert (await connector(vonage, tools, "sms").send(MESSAGE)).provider_id


async def test_nobody_there_means_nothing_was_sent(tools: Tools) -> None:
    nobody = FakeVonage()
    nobody.base = "http://127.0.0.1:1"
    for api in ("messages", "sms"):
        with pytest.raises(TryLater):
            await connector(nobody, tools, api).send(MESSAGE)


async def test_it_cannot_be_looked_up(vonage: FakeVonage, tools: Tools) -> None:
    with pytest.raises(Unsupported):
        await connector(vonage, tools).lookup(MESSAGE)


async def test_the_probe_tells_good_credentials_from_bad_ones_and_from_an_outage(vonage: FakeVonage, tools: Tools) -> None:
    assert (await connector(vonage, tools).probe()).ok
    wrong = await connector(vonage, tools, api_secret="another").probe()
    assert not wrong.ok
    assert "api_key" in wrong.remedy
    vonage.troubles.append(Trouble(500, HTML))
    away = await connector(vonage, tools).probe()
    assert not away.ok
    assert "tried again" in away.remedy


async def test_a_file_of_an_mms_is_fetched_with_our_credentials(vonage: FakeVonage, tools: Tools) -> None:
    vonage.media["/v3/media/1/photo.jpg"] = b"pixels"
    content = await connector(vonage, tools).fetch(f"{vonage.base}/v3/media/1/photo.jpg")
    assert b"".join([chunk async for chunk in content]) == b"pixels"


@pytest.mark.parametrize(
    ("wrong", "said"), [({"signature_secret": ""}, "signature_secret"), ({"sender": ""}, "sender"), ({"api_key": "x"}, "api_key")]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, str], said: str) -> None:
    right = {"api_key": KEY, "api_secret": SECRET, "signature_secret": "s", "sender": "+447700900000"}
    assert mistakes(right, VonageSettings, "s") == []
    [line] = mistakes(right | wrong, VonageSettings, "s")
    assert said in line
