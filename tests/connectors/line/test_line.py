"""What LINE is told, what its answers mean for a message, and whom a delivery is believed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.line import LineConnector
from connectors.line.outgoing import TEXT_LIMIT, parts, units
from connectors.line.settings import LineSettings
from inbox.app.outside import Outside
from inbox.connector import OutboundFile, OutboundMessage, RawDelivery, Tools
from inbox.core.errors import InboxError, NeedsLogin, NotAuthentic, Rejected, TryLater, Unknown, Unsupported
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.testing.tools import no_tools
from tests.peers.line_api import TOKEN, FakeLine
from tests.peers.sms_http import Trouble

HERE = Path(__file__).parent
START = 1_795_255_200_000
HOUR = 60 * 60 * 1000
MINA, GROUP = "U" + "4" * 32, "C" + "a" * 32
PICTURE = OutboundFile("f1", "parcel.png", "image/png", 90_000)
SIGNED: dict[str, Any] = json.loads((HERE / "text.in.json").read_text(encoding="utf-8"))


@pytest.fixture
async def line() -> AsyncIterator[FakeLine]:
    fake = FakeLine()
    async with fake.running():
        yield fake


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    client = Outside()
    yield client
    await client.close()


Connect = Callable[..., LineConnector]


@pytest.fixture
def connect(line: FakeLine, outside: Outside) -> Connect:
    def made(now: int = START, token: str = TOKEN, link: str = "https://inbox.example.test/media") -> LineConnector:
        tools = no_tools(http=outside)
        ours = Tools(
            lambda: now, tools.open_file, tools.cursor, tools.report, outside, lambda file, name: f"{link}/{file}/{name}", tools.hooks
        )
        return LineConnector(ChannelId("shop"), LineSettings("s" * 32, token, line.base, line.base), ours)

    return made


def answer(text: str = "It is on its way.", *to: str, files: tuple[OutboundFile, ...] = (), at: int = START) -> OutboundMessage:
    addresses = tuple(Address("line", value) for value in to or (MINA,))
    return OutboundMessage(MessageId("m1"), ChannelId("shop"), "Sam", text, at, to=addresses, files=files)


def texts(line: FakeLine) -> list[str]:
    return [message["text"] for _, message in line.shown]


def signed(**changes: Any) -> RawDelivery:
    body = json.dumps(SIGNED["body"], ensure_ascii=False, separators=(",", ":")).encode()
    return replace(RawDelivery(ChannelId("support"), "k", body, START, SIGNED["headers"], SIGNED["context"]), **changes)


# What is believed


def test_a_delivery_is_believed_by_its_exact_bytes_only() -> None:
    settings = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
    connector = LineConnector(ChannelId("support"), LineSettings(**settings), no_tools())
    connector.verify(signed())
    right = SIGNED["headers"]["x-line-signature"]
    wrong = ["", right[:-1], right.swapcase(), f" {right}", "\udc80", "x" * 8000]
    for raw in (signed(body=signed().body + b" "), *(signed(headers={"x-line-signature": w}) for w in wrong), signed(headers={})):
        with pytest.raises(NotAuthentic):
            connector.verify(raw)


def test_an_event_that_comes_again_in_another_batch_has_the_same_key() -> None:
    again = json.loads(json.dumps(SIGNED["body"]))
    again["events"][0]["deliveryContext"]["isRedelivery"] = True
    again["events"].insert(0, json.loads((HERE / "image.in.json").read_text(encoding="utf-8"))["body"]["events"][0])
    first, second = (
        LineConnector.parse(signed(body=json.dumps(body).encode(), key=key)) for body, key in ((SIGNED["body"], "a"), (again, "b"))
    )
    assert first[0] == second[1]


def test_news_that_nobody_wrote_leave_no_message_but_a_reason() -> None:
    events = [
        {"type": kind, "timestamp": START, "webhookEventId": kind, "source": {"type": "user", "userId": MINA}}
        for kind in ("follow", "join", "leave", "memberJoined", "beacon", "accountLink", "videoPlayComplete", "join")
    ]
    with pytest.raises(Unsupported, match="follow, join, leave, memberJoined, beacon, accountLink, videoPlayComplete"):
        LineConnector.parse(signed(body=json.dumps({"events": events}).encode()))


# What the customer sees


async def test_an_answer_is_shown_once_as_plain_text_with_its_pictures(line: FakeLine, connect: Connect) -> None:
    sent = await connect().send(answer("It is **on its way**.", files=(PICTURE,)))
    url = "https://inbox.example.test/media/f1/parcel.png"
    assert line.shown == [
        (MINA, {"type": "text", "text": "It is on its way."}),
        (MINA, {"type": "image", "originalContentUrl": url, "previewImageUrl": url}),
    ]
    assert sent.provider_id == sent.external_id == "461230966842064001"
    assert len(line.asked) == 1


async def test_choices_stand_below_the_last_bubble(line: FakeLine, connect: Connect) -> None:
    await connect().send(replace(answer("Shall we?", files=(PICTURE,)), choices=("Yes", "No")))
    picture, question = (shown for _, shown in line.shown)
    assert (picture["type"], "quickReply" in picture) == ("image", False)
    assert question == {
        "type": "text",
        "text": "Shall we?",
        "quickReply": {
            "items": [
                {"type": "action", "action": {"type": "message", "label": "Yes", "text": "Yes"}},
                {"type": "action", "action": {"type": "message", "label": "No", "text": "No"}},
            ]
        },
    }


async def test_what_was_said_in_a_group_is_answered_in_the_group(line: FakeLine, connect: Connect) -> None:
    await connect().send(answer("Hello all", f"{GROUP}#{MINA}", GROUP, f"{GROUP}#U{'5' * 32}"))
    assert line.shown == [(GROUP, {"type": "text", "text": "Hello all"})]


@pytest.mark.parametrize("to", [(MINA, GROUP), ("mina@example.org",), (f"{GROUP}#",), ("",), (f"unreadable:{MINA}",)])
async def test_there_is_one_place_to_send_to(line: FakeLine, connect: Connect, to: tuple[str, ...]) -> None:
    with pytest.raises(Rejected):
        await connect().send(answer("Hello", *to))
    assert line.asked == []


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (OutboundFile("f", "invoice.pdf", "application/pdf", 10), "JPEG and PNG"),
        (OutboundFile("f", "big.png", "image/png", 1_000_001), "at most 1 MB"),
    ],
)
async def test_a_file_that_line_would_not_show_is_refused_before_anything_is_sent(
    line: FakeLine, connect: Connect, file: OutboundFile, why: str
) -> None:
    with pytest.raises(Rejected, match=why):
        await connect().send(answer(files=(file,)))
    assert line.asked == []


async def test_without_https_no_picture_is_promised(line: FakeLine, connect: Connect) -> None:
    with pytest.raises(Rejected, match="https"):
        await connect(link="http://localhost:8080/media").send(answer(files=(PICTURE,)))
    assert line.asked == []


async def test_long_answers_go_out_whole_in_pieces_that_line_takes(line: FakeLine, connect: Connect) -> None:
    text = "\n".join(f"{n} 📦 " + "word " * 30 for n in range(300))
    await connect().send(answer(text))
    assert "".join(texts(line)).replace(" ", "").replace("\n", "") == text.replace(" ", "").replace("\n", "")
    assert len(line.asked) > 1


@given(st.text(st.sampled_from("a📦 \n漢"), min_size=1, max_size=60).map(lambda s: s * 400))
def test_pieces_fit_and_lose_nothing_but_space(text: str) -> None:
    pieces = list(parts(text))
    assert all(0 < units(piece) <= TEXT_LIMIT for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


# What goes wrong


@pytest.mark.parametrize(
    ("trouble", "error", "says"),
    [
        (Trouble(401, '{"message":"Authentication failed"}'), NeedsLogin, "Authentication failed"),
        (Trouble(403, '{"message":"Access to this API is not available for your account"}'), NeedsLogin, "not available"),
        (Trouble(400, '{"message":"The property, to, is invalid","details":[{"message":"m","property":"to"}]}'), Rejected, r"\(to: m\)"),
        (Trouble(404, "gone"), Rejected, "status 404"),
        (Trouble(429, '{"message":"The API rate limit has been exceeded. Try again later."}'), TryLater, "rate limit"),
        (Trouble(429, '{"message":"You have reached your monthly limit."}'), Rejected, "used up its messages"),
        (Trouble(500, "<html>oops</html>"), Unknown, "status 500"),
        (Trouble(503, "", {"Retry-After": "7"}), TryLater, "status 503"),
        (Trouble(accident="reset"), Unknown, "connection_broke"),
    ],
)
async def test_every_refusal_says_what_happens_next(
    line: FakeLine, connect: Connect, trouble: Trouble, error: type[InboxError], says: str
) -> None:
    line.troubles.append(trouble)
    with pytest.raises(error, match=says) as raised:
        await connect().send(answer())
    if trouble.headers:
        assert getattr(raised.value, "after", None) == 7000
    assert line.shown == []


async def test_what_was_accepted_without_our_hearing_of_it_is_found_and_not_shown_twice(line: FakeLine, connect: Connect) -> None:
    line.troubles.append(Trouble(accident="reset_after"))
    with pytest.raises(Unknown):
        await connect().send(answer())
    found = await connect().lookup(replace(answer(), attempt=2))
    assert found is not None
    assert found.external_id == "461230966842064001"
    assert texts(line) == ["It is on its way."]


async def test_what_was_not_accepted_is_sent_by_looking_it_up(line: FakeLine, connect: Connect) -> None:
    line.troubles.extend([Trouble(500), Trouble(500)])
    with pytest.raises(Unknown):
        await connect().send(answer())
    with pytest.raises(Unknown):
        await connect().lookup(answer())
    assert await connect().lookup(answer()) is not None
    assert texts(line) == ["It is on its way."]


async def test_what_line_refuses_when_asked_again_was_not_accepted(line: FakeLine, connect: Connect) -> None:
    line.troubles.append(Trouble(400, '{"message":"Failed to send messages"}'))
    assert await connect().lookup(answer()) is None


TOKEN_OF_HERS = "n" * 32


def at_once(answered_at: int = START - 5_000, **fields: Any) -> OutboundMessage:
    """An answer to what Mina wrote some seconds ago."""
    return replace(answer(), answer_token=TOKEN_OF_HERS, answered_at=answered_at, **fields)


def calls(line: FakeLine) -> list[str]:
    return [asked.path.rpartition("/")[2] for asked in line.asked]


async def test_an_answer_within_a_minute_is_a_free_reply(line: FakeLine, connect: Connect) -> None:
    line.tokens[TOKEN_OF_HERS] = MINA
    sent = await connect().send(at_once())
    assert (sent.provider_id, line.shown[0][0], calls(line)) == ("r1", MINA, ["reply"])


async def test_a_token_that_is_good_no_more_costs_a_push(line: FakeLine, connect: Connect) -> None:
    await connect().send(at_once())
    assert (texts(line), calls(line)) == (["It is on its way."], ["reply", "push"])


@pytest.mark.parametrize(
    "message",
    [at_once(START - 46_000), at_once(attempt=2), answer(), at_once(text="x " * (5 * TEXT_LIMIT // 2 + 10))],
    ids=["too late", "tried before", "nothing to reply to", "more than a reply holds"],
)
async def test_everything_else_is_pushed(line: FakeLine, connect: Connect, message: OutboundMessage) -> None:
    line.tokens[TOKEN_OF_HERS] = MINA
    await connect().send(message)
    assert set(calls(line)) == {"push"}


async def test_replies_can_be_switched_off(line: FakeLine, connect: Connect) -> None:
    connector = connect()
    connector.settings = replace(connector.settings, free_replies=False)
    line.tokens[TOKEN_OF_HERS] = MINA
    await connector.send(at_once())
    assert calls(line) == ["push"]


async def test_a_reply_of_which_nothing_was_heard_is_not_sent_again(line: FakeLine, connect: Connect) -> None:
    connector = connect()
    line.tokens[TOKEN_OF_HERS] = MINA
    line.troubles.append(Trouble(accident="reset_after"))
    with pytest.raises(Unknown):
        await connector.send(at_once())
    with pytest.raises(Unsupported):
        await connector.lookup(at_once())
    assert len(line.shown) == 1


async def test_a_push_after_a_token_that_was_over_is_looked_up_by_its_key(line: FakeLine, connect: Connect) -> None:
    connector = connect()
    line.troubles.extend((Trouble(400, '{"message": "Invalid reply token"}'), Trouble(accident="reset_after")))
    with pytest.raises(Unknown):
        await connector.send(at_once())
    assert await connector.lookup(at_once()) is not None
    assert len(line.shown) == 1


async def test_after_a_day_line_has_forgotten_and_a_human_decides(line: FakeLine, connect: Connect) -> None:
    with pytest.raises(Unsupported):
        await connect(now=START + 24 * HOUR).lookup(answer())
    assert line.asked == []


async def test_an_answer_that_stopped_half_way_goes_on_where_it_stopped(line: FakeLine, connect: Connect) -> None:
    long = answer("\n\n".join("x" * 4990 for _ in range(6)))
    line.troubles.extend([Trouble(accident="reset_after"), Trouble(429)])
    with pytest.raises(Unknown):
        await connect().send(long)
    with pytest.raises(TryLater):
        await connect().lookup(long)
    line.troubles.clear()
    with pytest.raises(Unknown, match="Only the beginning"):
        await _stopping_at_the_second(line, connect, long)
    assert await connect().lookup(long) is not None
    assert len(line.shown) == 6


async def _stopping_at_the_second(line: FakeLine, connect: Connect, message: OutboundMessage) -> None:
    """The first part is known already; the second is refused for now."""
    do = line.do

    async def busy(asked: Any) -> Any:
        line.troubles.append(Trouble(429))
        line.do = do  # type: ignore[method-assign]  # once
        return await do(asked)

    line.do = busy  # type: ignore[method-assign]  # the fake's, for the first request
    await connect().send(message)


# Files


async def test_a_file_is_fetched_with_our_token_and_a_voice_message_once_it_is_ready(line: FakeLine, connect: Connect) -> None:
    line.content = {"1": b"picture", "2": b"voice"}
    line.preparing = {"2"}
    connector = connect()
    assert b"".join([chunk async for chunk in await connector.fetch("image:1")]) == b"picture"
    with pytest.raises(TryLater):
        await connector.fetch("audio:2")
    line.preparing.clear()
    assert b"".join([chunk async for chunk in await connector.fetch("audio:2")]) == b"voice"
    line.failed = {"2"}
    with pytest.raises(Rejected):
        await connector.fetch("audio:2")


async def test_a_medium_elsewhere_is_never_fetched_from_inside(line: FakeLine, connect: Connect) -> None:
    with pytest.raises(Rejected, match="address_not_allowed"):
        _ = [chunk async for chunk in await connect().fetch(f"{line.base}/v2/bot/message/1/content")]
    assert line.asked == []


# Health


async def test_the_light_says_what_is_wrong_and_what_to_do(line: FakeLine, connect: Connect) -> None:
    own = "https://inbox.example.test/hooks/line/shop"
    assert (await connect().probe()).problem == "LINE has no webhook URL."
    line.endpoint = "https://old.example.test/callback"
    assert "old.example.test" in (await connect().probe()).problem
    line.endpoint, line.active = own, False
    assert "turned off" in (await connect().probe()).problem
    line.active, line.reaches = True, False
    assert "TLS handshake failure" in (await connect().probe()).problem
    line.reaches = True
    assert (await connect().probe()).ok
    refused = await connect(token="expired").probe()
    assert (refused.ok, "access token" in refused.remedy) == (False, True)
    line.troubles.append(Trouble(500))
    assert not (await connect().probe()).ok


@pytest.mark.parametrize("address", [MINA, "C" + "0" * 32 + "#" + MINA, "R" + "0" * 32 + "#" + MINA])
async def test_who_wrote_is_asked_for_where_he_wrote(line: FakeLine, connect: Connect, address: str) -> None:
    line.names[MINA] = "Mina"
    assert await connect().profile(address) == "Mina"


@pytest.mark.parametrize("address", ["C" + "0" * 32, "nonsense", "U" + "1" * 32])
async def test_groups_strangers_and_nonsense_have_no_name(line: FakeLine, connect: Connect, address: str) -> None:
    with pytest.raises(Rejected):
        await connect().profile(address)
