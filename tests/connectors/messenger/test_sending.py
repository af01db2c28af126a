"""Sending by Messenger: what Meta is asked, and what each of its answers means for the message."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from connectors.meta_graph.pages import MessengerConnector
from connectors.meta_graph.settings import MessengerSettings
from inbox.app.outside import Outside
from inbox.connector import OutboundFile, OutboundMessage, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.testing.tools import no_tools
from tests.peers.meta_graph import PICTURE, TOKEN, GraphApi, Trouble, refusal

PAGE = "106540352242922"
LENA = Address("messenger", "7712345678901234")
MESSAGE = OutboundMessage(
    MessageId("m1"), ChannelId("page"), "Mia", "It is **on its way**.", 0, to=(LENA,), references=("m_A", "m_B"), message_token="tok" * 17
)
PNG, PDF = OutboundFile("f1", "box.png", "image/png", 1000), OutboundFile("f2", "Rechnung März.pdf", "application/pdf", 2000)
DAY = 24 * 60 * 60 * 1000


@pytest.fixture
async def meta() -> AsyncIterator[GraphApi]:
    async with GraphApi().running() as peer:
        yield peer


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Outside()
    yield no_tools(http=http, files={"f1": PICTURE, "f2": b"%PDF"})
    await http.close()


def connector(meta: GraphApi, tools: Tools, **more: object) -> MessengerConnector:
    given = {"page_id": PAGE, "access_token": TOKEN, "app_secret": "s" * 32, "verify_token": "v" * 10, "base_url": meta.base}
    return MessengerConnector(ChannelId("page"), MessengerSettings(**(given | more)), tools)  # type: ignore[arg-type]  # each test says which


async def test_a_text_goes_out_plain_as_an_answer_and_will_come_back_with_our_id(meta: GraphApi, tools: Tools) -> None:
    sent = await connector(meta, tools).send(MESSAGE)
    [asked] = meta.asked
    assert (asked.method, asked.path) == ("POST", "me/messages")
    assert asked.payload == {
        "recipient": {"id": LENA.value},
        "messaging_type": "RESPONSE",
        "message": {"text": "It is on its way.", "metadata": MESSAGE.message_token},
    }
    assert (sent.provider_id, sent.external_id) == ("m_OURS01", "m_OURS01")


async def test_answers_quote_the_message_before_them_where_that_is_wanted(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools, quote_answers=True).send(MESSAGE)
    assert meta.sent[0]["reply_to"] == {"mid": "m_B"}


async def test_files_are_handed_over_first_and_follow_the_text(meta: GraphApi, tools: Tools) -> None:
    sent = await connector(meta, tools).send(replace(MESSAGE, files=(PNG, PDF)))
    assert [asked.path for asked in meta.asked] == ["me/message_attachments"] * 2 + ["me/messages"] * 3
    assert json.loads(meta.asked[0].form["message"]) == {"attachment": {"type": "image", "payload": {"is_reusable": True}}}
    assert meta.media["attachment-1"] == PICTURE
    parts = [payload["message"] for payload in meta.sent]
    assert parts[1] == {"attachment": {"type": "image", "payload": {"attachment_id": "attachment-1"}}}
    assert parts[2]["attachment"] == {"type": "file", "payload": {"attachment_id": "attachment-2"}}
    assert ["metadata" in part for part in parts] == [False, False, True], "the last part speaks for all"
    assert (sent.external_id, sent.provider_id) == ("m_OURS01", "m_OURS03")


async def test_choices_stand_below_the_question_after_the_files(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools).send(replace(MESSAGE, files=(PNG,), choices=("Yes", "No")))
    picture, question = (payload["message"] for payload in meta.sent)
    assert picture["attachment"]["type"] == "image"
    assert question["quick_replies"] == [
        {"content_type": "text", "title": "Yes", "payload": "choice-1"},
        {"content_type": "text", "title": "No", "payload": "choice-2"},
    ]
    assert (question["text"], question["metadata"]) == ("It is on its way.", MESSAGE.message_token)


async def test_after_a_day_a_person_may_still_answer_if_the_app_was_granted_that(meta: GraphApi, tools: Tools) -> None:
    meta.window_open = False
    await connector(meta, tools, human_agent=True).send(MESSAGE)
    assert [asked.payload["messaging_type"] for asked in meta.asked] == ["RESPONSE", "MESSAGE_TAG"]
    assert [payload["tag"] for payload in meta.sent] == ["HUMAN_AGENT"]


@pytest.mark.parametrize(
    ("granted", "message"), [(False, MESSAGE), (True, replace(MESSAGE, by_bot=True)), (True, replace(MESSAGE, automatic=True))]
)
async def test_bots_never_use_the_tag_for_people_nor_does_an_app_without_it(
    meta: GraphApi, tools: Tools, granted: bool, message: OutboundMessage
) -> None:
    meta.window_open = False
    with pytest.raises(Rejected, match="More than 24 hours"):
        await connector(meta, tools, human_agent=granted).send(message)
    assert len(meta.asked) == 1


async def test_after_seven_days_nobody_may(meta: GraphApi, tools: Tools) -> None:
    late = refusal(400, 10, 2018278, message="This message is sent outside of allowed window.")
    meta.troubles.extend([late, late])
    with pytest.raises(Rejected, match="More than seven days"):
        await connector(meta, tools, human_agent=True).send(MESSAGE)


def test_how_late_one_may_answer_hangs_on_what_the_app_was_granted(tools: Tools) -> None:
    nowhere = GraphApi()
    nowhere.base = "http://127.0.0.1:1"
    windows = [connector(nowhere, tools, human_agent=granted).capabilities.window for granted in (False, True, False)]
    assert windows == [DAY, 7 * DAY, DAY]
    assert MessengerConnector.capabilities.window == DAY


@pytest.mark.parametrize(
    ("trouble", "error", "why"),
    [
        (refusal(401, 190, 463, message="Session has expired"), NeedsLogin, "Session has expired"),
        (refusal(403, 10, message="Application does not have permission"), NeedsLogin, "permission"),
        (refusal(403, 200, message="Requires pages_messaging"), NeedsLogin, "pages_messaging"),
        (refusal(403, 551, 1545041, message="This person isn't available"), Rejected, "does not take messages"),
        (refusal(403, 200, 1545041, message="Message Not Sent"), Rejected, "does not take messages"),
        (refusal(400, 100, 2018001, message="No matching user found"), Rejected, "Nobody with this id"),
        (refusal(400, 368), Rejected, "abuse"),
        (refusal(400, 100, message="Invalid parameter"), Rejected, r"Invalid parameter \(Meta's error 100\)"),
        (refusal(400, 613, message="Calls have exceeded the rate limit"), TryLater, "rate limit"),
        (refusal(429, 80006, Retry_After="7"), TryLater, "80006"),
        (refusal(500, 2, message="Service temporarily unavailable"), Unknown, "temporarily"),
        (refusal(500, 1, message="An unknown error occurred"), Unknown, "unknown error"),
        (Trouble(401, ""), NeedsLogin, "401"),
        (Trouble(403, "<html>"), NeedsLogin, "403"),
        (Trouble(422, "{}"), Rejected, "422"),
        (Trouble(429, "", {"Retry-After": "7"}), TryLater, "429"),
        (Trouble(500, "<html>oops</html>"), Unknown, "500"),
        (Trouble(accident="reset"), Unknown, "connection_broke"),
    ],
)
async def test_each_refusal_says_what_happens_next(
    meta: GraphApi, tools: Tools, trouble: Trouble, error: type[InboxError], why: str
) -> None:
    meta.troubles.append(trouble)
    with pytest.raises(error, match=why) as raised:
        await connector(meta, tools, human_agent=True).send(MESSAGE)
    assert type(raised.value) is error
    assert (meta.sent, len(meta.asked)) == ([], 1), "nothing is tried twice"
    if isinstance(raised.value, TryLater):
        assert raised.value.after == (7_000 if trouble.headers else None)


async def test_a_refused_or_too_large_file_stops_the_answer_before_anything_was_sent(meta: GraphApi, tools: Tools) -> None:
    meta.troubles.append(refusal(400, 100, 2018047, message="Upload attachment failure."))
    with pytest.raises(Rejected, match="could not load the file"):
        await connector(meta, tools).send(replace(MESSAGE, files=(PNG,)))
    with pytest.raises(Rejected, match="25 MB"):
        await connector(meta, tools).send(replace(MESSAGE, files=(replace(PDF, size=30_000_000),)))
    meta.troubles.append(Trouble(500, "<html>"))
    with pytest.raises(TryLater):
        await connector(meta, tools).send(replace(MESSAGE, files=(PNG,)))
    assert meta.sent == []


async def test_a_picture_is_fetched_from_where_the_message_says_without_our_token(meta: GraphApi, tools: Tools) -> None:
    found = await connector(meta, tools).fetch(f"{meta.base}/public/1003380000001")
    assert b"".join([piece async for piece in found]) == PICTURE


async def test_no_address_inside_is_asked_for_a_picture(tools: Tools) -> None:
    elsewhere = GraphApi()
    elsewhere.base = "https://graph.facebook.com"
    found = await connector(elsewhere, tools).fetch("http://127.0.0.1:9/secret")
    with pytest.raises(Rejected, match="address_not_allowed"):
        _ = [piece async for piece in found]


async def test_the_probe_knows_whose_token_it_is(meta: GraphApi, tools: Tools) -> None:
    assert (await connector(meta, tools).probe()).ok
    meta.me = {"id": "999000111", "name": "Another page"}
    other = await connector(meta, tools).probe()
    assert (other.ok, "999000111" in other.problem, "page_id" in other.remedy) == (False, True, True)
    refused = await connector(meta, tools, access_token="E" * 20).probe()
    assert (refused.ok, "access_token" in refused.remedy) == (False, True)
    meta.troubles.append(Trouble(200, "[]"))
    assert "does not tell" in (await connector(meta, tools).probe()).problem


async def test_who_wrote_is_asked_for_by_his_id(meta: GraphApi, tools: Tools) -> None:
    meta.troubles.append(Trouble(200, '{"first_name":"Lena","last_name":"Vogt","id":"7712345678901234"}'))
    assert await connector(meta, tools).profile(LENA.value) == "Lena Vogt"
    assert (meta.asked[0].path, meta.asked[0].query) == (LENA.value, {"fields": "first_name,last_name"})
    meta.troubles.append(Trouble(200, "{}"))
    assert await connector(meta, tools).profile(LENA.value) == ""
