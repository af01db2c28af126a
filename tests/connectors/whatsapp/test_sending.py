"""Sending by WhatsApp: what Meta is asked, and what each of its answers means for the message."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace as changed

import pytest
from msgspec.structs import replace

from connectors.meta_graph.settings import WhatsAppSettings
from connectors.meta_graph.whatsapp import WhatsAppConnector
from inbox.app.outside import Outside
from inbox.connector import OutboundFile, OutboundMessage, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.provider import HttpAnswer, Part
from inbox.testing.tools import no_tools
from tests.peers.meta_graph import PICTURE, TOKEN, GraphApi, Trouble, refusal

NUMBER = "312950471835602"
LENA = Address("phone", "+491701234567")
MESSAGE = OutboundMessage(
    MessageId("m1"),
    ChannelId("wa"),
    "Mia",
    "It is **on its way**.",
    0,
    to=(LENA,),
    references=("wamid.A", "wamid.B"),
    message_token="tok" * 17,
)
PNG, PDF = OutboundFile("f1", "box.png", "image/png", 1000), OutboundFile("f2", "Rechnung März.pdf", "application/pdf", 2000)
OGG = OutboundFile("f3", "voice.ogg", "audio/ogg; codecs=opus", 3000)
STORED = {"f1": PICTURE, "f2": b"%PDF", "f3": b"OggS"}


@pytest.fixture
async def meta() -> AsyncIterator[GraphApi]:
    async with GraphApi().running() as peer:
        yield peer


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Outside()
    yield no_tools(http=http, files=STORED)
    await http.close()


def connector(meta: GraphApi, tools: Tools, **more: object) -> WhatsAppConnector:
    given = {"phone_number_id": NUMBER, "access_token": TOKEN, "app_secret": "s" * 32, "verify_token": "v" * 10, "base_url": meta.base}
    return WhatsAppConnector(ChannelId("wa"), WhatsAppSettings(**(given | more)), tools)  # type: ignore[arg-type]  # each test says which


async def test_a_text_goes_out_with_whatsapps_own_marks_and_the_id_that_receipts_bring_back(meta: GraphApi, tools: Tools) -> None:
    sent = await connector(meta, tools).send(MESSAGE)
    [asked] = meta.asked
    assert (asked.method, asked.path, asked.query) == ("POST", f"{NUMBER}/messages", {})
    assert asked.payload == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+491701234567",
        "type": "text",
        "text": {"body": "It is *on its way*.", "preview_url": True},
        "biz_opaque_callback_data": MESSAGE.message_token,
    }
    assert (sent.provider_id, sent.external_id) == ("wamid.OURS01", "wamid.OURS01")


async def test_who_hides_his_number_is_written_to_by_his_user_id(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools).send(replace(MESSAGE, to=(Address("phone", "DE.5567001298114430"),)))
    assert (meta.sent[0]["recipient"], "to" in meta.sent[0]) == ("DE.5567001298114430", False)


async def test_answers_quote_the_message_before_them_where_that_is_wanted(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools, quote_answers=True).send(MESSAGE)
    await connector(meta, tools, quote_answers=True).send(replace(MESSAGE, references=()))
    assert [payload.get("context") for payload in meta.sent] == [{"message_id": "wamid.B"}, None]


async def test_requests_prove_the_app_secret_where_the_app_demands_it(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools, prove_requests=True).send(MESSAGE)
    assert meta.asked[0].query == {"appsecret_proof": hmac.digest(b"s" * 32, TOKEN.encode(), "sha256").hex()}


async def test_a_short_text_goes_below_the_only_picture(meta: GraphApi, tools: Tools) -> None:
    sent = await connector(meta, tools).send(replace(MESSAGE, files=(PNG,)))
    [payload] = meta.sent
    assert payload["image"] == {"id": "upload-1", "caption": "It is *on its way*."}
    assert meta.media["upload-1"] == PICTURE
    assert meta.asked[0].form["messaging_product"] == "whatsapp"
    assert meta.asked[0].form["type"] == "image/png"
    assert sent.provider_id == sent.external_id


async def test_several_files_follow_the_text_and_only_the_last_part_speaks_for_all(meta: GraphApi, tools: Tools) -> None:
    sent = await connector(meta, tools).send(replace(MESSAGE, files=(PNG, PDF, OGG)))
    assert [payload["type"] for payload in meta.sent] == ["text", "image", "document", "audio"]
    assert meta.sent[2]["document"] == {"id": "upload-2", "filename": "Rechnung März.pdf"}
    assert ["biz_opaque_callback_data" in payload for payload in meta.sent] == [False, False, False, True]
    assert (sent.external_id, sent.provider_id) == ("wamid.OURS01", "wamid.OURS04")


async def test_a_voice_message_and_a_long_text_have_no_caption(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools).send(replace(MESSAGE, files=(OGG,)))
    await connector(meta, tools).send(replace(MESSAGE, files=(PNG,), text="long " * 300))
    assert [payload["type"] for payload in meta.sent] == ["text", "audio", "text", "image"]


async def test_a_picture_too_large_to_be_shown_goes_as_a_document(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools).send(replace(MESSAGE, text="", files=(replace(PNG, size=6_000_000),)))
    assert meta.sent[0]["document"] == {"id": "upload-1", "filename": "box.png"}


async def test_a_file_nobody_would_take_is_not_even_offered(meta: GraphApi, tools: Tools) -> None:
    with pytest.raises(Rejected, match="100 MB"):
        await connector(meta, tools).send(replace(MESSAGE, files=(replace(PDF, size=200_000_000),)))
    assert meta.asked == []


FINE, RESET, SILENCE = Trouble(), Trouble(accident="reset"), Trouble(accident="silence")


@pytest.mark.parametrize(
    ("trouble", "error", "why"),
    [
        (refusal(401, 190, 463, message="Session has expired"), NeedsLogin, "Session has expired"),
        (refusal(403, 10, message="Permission is not granted"), NeedsLogin, "Permission"),
        (refusal(403, 200, message="No permission"), NeedsLogin, "No permission"),
        (refusal(400, 131047), Rejected, "More than 24 hours have passed"),
        (refusal(400, 131026), Rejected, "may not use WhatsApp"),
        (refusal(400, 131051), Rejected, "does not take this kind"),
        (refusal(400, 100, details="Parameter 'to' is wrong"), Rejected, r"Parameter 'to' is wrong \(Meta's error 100\)"),
        (refusal(422, 99, message="New"), Rejected, "New"),
        (refusal(429, 130429, Retry_After="7"), TryLater, "130429"),
        (refusal(400, 80007), TryLater, "80007"),
        (refusal(400, 131056), TryLater, "131056"),
        (refusal(500, 131000), Unknown, "131000"),
        (refusal(503, 131016), Unknown, "131016"),
        (Trouble(429, "slow down", {"Retry-After": "7"}), TryLater, "429"),
        (Trouble(401, ""), NeedsLogin, "401"),
        (Trouble(500, "<html>oops</html>"), Unknown, "500"),
        (Trouble(502, "<html>bad gateway</html>"), Unknown, "502"),
        (Trouble(302, "", {"Location": "https://elsewhere.example/"}), Rejected, "302"),
        (RESET, Unknown, "connection_broke"),
    ],
)
async def test_each_refusal_says_what_happens_next(
    meta: GraphApi, tools: Tools, trouble: Trouble, error: type[InboxError], why: str
) -> None:
    meta.troubles.append(trouble)
    with pytest.raises(error, match=why) as raised:
        await connector(meta, tools).send(MESSAGE)
    assert type(raised.value) is error
    assert meta.sent == []
    if isinstance(raised.value, TryLater):
        assert raised.value.after == (7_000 if trouble.headers else None)
        assert raised.value.away == (not trouble.body.count("131056")), "too much for one customer is not too much for all"


class Impatient(Outside):
    """Waits for nobody."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        body: bytes = b"",
        parts: tuple[Part, ...] = (),
        seconds: float = 30.0,
    ) -> HttpAnswer:
        return await super().request(method, url, headers=headers, body=body, parts=parts, seconds=min(seconds, 0.2))


async def test_an_answer_that_never_comes_leaves_it_unknown(meta: GraphApi, tools: Tools) -> None:
    http = Impatient()
    meta.troubles.append(SILENCE)
    with pytest.raises(Unknown):
        await connector(meta, changed(tools, http=http)).send(MESSAGE)
    await http.close()


async def test_nobody_listening_is_certain(tools: Tools) -> None:
    nowhere = GraphApi()
    nowhere.base = "http://127.0.0.1:1"
    with pytest.raises(TryLater):
        await connector(nowhere, tools).send(MESSAGE)


@pytest.mark.parametrize("trouble", [RESET, Trouble(500, "<html>"), refusal(500, 131000), refusal(429, 4)])
async def test_a_file_that_could_not_be_handed_over_is_tried_again_for_nothing_was_sent(
    meta: GraphApi, tools: Tools, trouble: Trouble
) -> None:
    meta.troubles.append(trouble)
    with pytest.raises(TryLater):
        await connector(meta, tools).send(replace(MESSAGE, files=(PNG,)))
    await connector(meta, tools).send(replace(MESSAGE, files=(PNG,)))
    assert len(meta.sent) == 1


async def test_a_refused_file_stops_the_answer_before_the_customer_has_seen_half_of_it(meta: GraphApi, tools: Tools) -> None:
    meta.troubles.append(refusal(400, 131053))
    with pytest.raises(Rejected, match="does not take this file"):
        await connector(meta, tools).send(replace(MESSAGE, files=(PNG, PDF)))
    assert meta.sent == []


@pytest.mark.parametrize(
    ("trouble", "error", "why"),
    [
        (refusal(429, 130429), Rejected, "Only the first 1 of 3 parts were sent. Then: .*130429"),
        (refusal(401, 190), Rejected, "Only the first 1 of 3 parts were sent"),
        (RESET, Unknown, "connection_broke"),
    ],
)
async def test_half_an_answer_is_never_repeated_but_told(
    meta: GraphApi, tools: Tools, trouble: Trouble, error: type[InboxError], why: str
) -> None:
    meta.troubles.extend([FINE, FINE, FINE, trouble])  # two files and the text go well
    with pytest.raises(error, match=why):
        await connector(meta, tools).send(replace(MESSAGE, files=(PNG, PDF)))
    assert [payload["type"] for payload in meta.sent] == ["text"]


async def test_an_answer_to_two_people_reaches_each_who_can_be_reached(meta: GraphApi, tools: Tools) -> None:
    meta.troubles.append(refusal(400, 131026))
    omar = Address("phone", "+49301234567")
    sent = await connector(meta, tools).send(replace(MESSAGE, to=(LENA, omar)))
    assert [payload["to"] for payload in meta.sent] == [omar.value]
    assert list(sent.refused) == [LENA.value]
    again = await connector(meta, tools).send(replace(MESSAGE, to=(LENA, omar), envelope=(LENA.value,)))
    assert [payload["to"] for payload in meta.sent][1:] == [LENA.value]
    assert again.refused == {}


async def test_a_medium_is_fetched_in_two_steps_and_the_token_goes_to_meta_only(meta: GraphApi, tools: Tools) -> None:
    fetched = b"".join([piece async for piece in await connector(meta, tools).fetch("1003380000001")])
    assert fetched == PICTURE
    assert (meta.asked[0].path, meta.asked[0].query) == ("1003380000001", {"phone_number_id": NUMBER})


@pytest.mark.parametrize("trouble", [RESET, Trouble(500, ""), refusal(401, 190), refusal(429, 4)])
async def test_a_medium_that_cannot_be_had_now_is_tried_again(meta: GraphApi, tools: Tools, trouble: Trouble) -> None:
    meta.troubles.extend([trouble, trouble])  # the client below asks once more by itself when the line breaks
    with pytest.raises(TryLater):
        await connector(meta, tools).fetch("1003380000001")


async def test_a_medium_that_is_gone_is_not_asked_for_again(meta: GraphApi, tools: Tools) -> None:
    meta.troubles.append(refusal(400, 100, 33, message="Object with ID '1' does not exist"))
    with pytest.raises(Rejected, match="does not exist"):
        await connector(meta, tools).fetch("1003380000001")


class Noting(Outside):
    """Notes from where it is to fetch, with which headers, and what it is told to be our own."""

    def __init__(self) -> None:
        super().__init__()
        self.downloads: list[tuple[str, Mapping[str, str], str]] = []

    def download(self, url: str, *, headers: Mapping[str, str] = {}, own: str = "", most: int = 0) -> AsyncIterator[bytes]:
        self.downloads.append((url, headers, own))
        return super().download(url, headers=headers, own=own, most=most)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/bytes/1", "https://evil.example.facebook.com.attacker.example/x", "http://lookaside.fbsbx.com/x"]
)
async def test_an_address_elsewhere_gets_no_token(meta: GraphApi, tools: Tools, url: str) -> None:
    http = Noting()
    meta.troubles.append(Trouble(200, f'{{"id":"1","url":"{url}"}}'))
    await connector(meta, changed(tools, http=http)).fetch("1003380000001")
    assert http.downloads == [(url, {}, "")]
    await http.close()


async def test_the_probe_is_content_with_a_number_that_delivers_here(meta: GraphApi, tools: Tools) -> None:
    assert (await connector(meta, tools).probe()).ok
    meta.webhooks = {"application": "https://other.example/x", "phone_number": "https://inbox.example.test/hooks/whatsapp/wa"}
    assert (await connector(meta, tools).probe()).ok


async def test_the_probe_says_where_messages_go_instead(meta: GraphApi, tools: Tools) -> None:
    meta.webhooks = {"application": "https://inbox.example.test/hooks/whatsapp/wa", "whatsapp_business_account": "https://old.example/x"}
    health = await connector(meta, tools).probe()
    assert not health.ok
    assert "https://old.example/x" in health.problem
    assert "https://inbox.example.test/hooks/whatsapp/wa" in health.remedy


async def test_the_probe_says_when_the_token_is_refused_or_nobody_answers(meta: GraphApi, tools: Tools) -> None:
    wrong = await connector(meta, tools, access_token="E" * 20).probe()
    assert (wrong.ok, "access token" in wrong.problem, "access_token" in wrong.remedy) == (False, True, True)
    meta.troubles.append(Trouble(500, "<html>"))
    assert not (await connector(meta, tools).probe()).ok
