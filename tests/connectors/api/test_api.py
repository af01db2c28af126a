"""Whom a delivery is believed, what its sender hears, and what becomes of an answer."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace

from connectors.api import ApiConnector
from connectors.api.settings import ApiSettings
from inbox.app.outside import Outside
from inbox.connector import InboundMessage, OutboundFile, OutboundMessage, RawDelivery
from inbox.core.errors import InboxError, Malformed, NeedsLogin, NotAuthentic, Rejected, TryLater, Unknown
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.core.standard_webhooks import TOLERANCE_MS, signed, verify
from inbox.testing.tools import no_tools
from tests.connectors.api import schema
from tests.connectors.recorded import built, cases
from tests.eventually import PATIENCE_S
from tests.peers.api_system import SECRET, FakeSystem
from tests.peers.sms_http import Trouble

START = 1_795_255_200_000
APP = ChannelId("app")
OLD = "whsec_" + b64encode(b"o" * 24).decode()
KEYS = ApiSettings(SECRET).keys
DOCS = Path(__file__).parents[3] / "docs" / "channels" / "api.md"
BODY = b'{"type":"message","id":"m-1","customer":{"id":"4711"},"text":"hi"}'


def delivery(body: bytes = BODY, now: int = START, **headers: str) -> RawDelivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RawDelivery(APP, "k", body, START, {**signed(KEYS, "msg_1", now, body), **named}, {"method": "POST"})


def connector(secret: str = SECRET, url: str = "", http: Any = None, old: str = "") -> ApiConnector:
    return ApiConnector(APP, ApiSettings(secret, url, old), no_tools(http=http) if http is not None else no_tools())


# Signatures


def test_what_is_recorded_is_believed() -> None:
    for case in cases(ApiConnector):
        built(ApiConnector).verify(case.raw())


@pytest.mark.parametrize(
    "raw",
    [
        delivery(webhook_id="msg_2"),
        delivery(webhook_id=""),
        delivery(webhook_timestamp=str(START // 1000 + 1)),
        delivery(webhook_timestamp=""),
        delivery(webhook_timestamp="-1"),
        delivery(webhook_timestamp="1e9"),
        delivery(webhook_timestamp="9" * 5000),
        delivery(webhook_signature=""),
        delivery(webhook_signature="v1,"),
        delivery(webhook_signature="v1,\udc80"),
        delivery(webhook_signature=delivery().headers["webhook-signature"].replace("v1,", "v1a,")),
        delivery(webhook_signature=delivery().headers["webhook-signature"][:-1]),
        replace(delivery(), body=BODY + b" "),
        replace(delivery(), headers={}),
        delivery(now=START - TOLERANCE_MS - 1000),
        delivery(now=START + TOLERANCE_MS + 1000),
        replace(delivery(), headers=signed(KEYS, "msg.1", START, BODY)),
        replace(delivery(), context={"method": "GET"}),
    ],
)
def test_anything_else_is_not(raw: RawDelivery) -> None:
    with pytest.raises(NotAuthentic):
        connector().verify(raw)


def test_a_clock_may_be_five_minutes_off() -> None:
    connector().verify(delivery(now=START - TOLERANCE_MS))
    connector().verify(delivery(now=START + TOLERANCE_MS))


def test_secrets_are_changed_without_a_gap() -> None:
    changing = connector(secret=OLD, old=SECRET)
    changing.verify(delivery())
    both = signed(changing.settings.keys, "msg_1", START, BODY)
    assert len(both["webhook-signature"].split()) == 2
    connector().verify(replace(delivery(), headers=both))
    connector(secret=OLD).verify(replace(delivery(), headers=both))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "A" * 100, "whsec_***"])
def test_a_secret_that_protects_nothing_is_refused(secret: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="secret: write whsec_"):
        msgspec.convert({"secret": secret}, ApiSettings)


# What is told


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "truncated"),
        ('{"type":"message","id":"m-1","text":"hi"}', "customer"),
        ('{"type":"message","id":"m-1","customer":{"id":"1"},"txt":"hi"}', "txt"),
        ('{"type":"message","id":"m-1","customer":{"id":"1"},"text":" "}', "m-1: neither"),
        ('{"type":"message","id":"m-1","customer":{"id":"1"},"files":[{"name":"a"}]}', "either content or url"),
        ('{"type":"message","id":"m-1","customer":{"id":"1"},"files":[{"name":"a","content":"!"}]}', "content"),
        ('{"type":"message","id":"m-1","customer":{"id":"1","phone":"0151"},"text":"hi"}', "phone"),
        ('{"type":"hologram"}', "hologram"),
        ('[{"type":"deletion","message":"m"},{"type":"edit","message":"m"}]', r"\$\[1\]"),
        (json.dumps([{"type": "deletion", "message": "m"}] * 101), "100"),
    ],
)
def test_whoever_sends_nonsense_hears_where_it_is_wrong(body: str, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        ApiConnector.parse(delivery(body.encode()))
    answer = connector().answer(delivery(body.encode()))
    assert (answer.kind, answer.type) == ("invalid", "application/json")
    assert re.search(says, json.loads(answer.body)["error"])


def test_what_is_right_is_taken() -> None:
    assert connector().answer(delivery()).kind == "accepted"


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert schema.FILE.read_text(encoding="utf-8") == schema.text()


def described(name: str) -> Any:
    whole = json.loads(schema.FILE.read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for({**whole, "$ref": f"#/$defs/{name}"})


def test_the_published_schema_and_the_code_take_and_refuse_the_same() -> None:
    for case in cases(ApiConnector):
        assert described("Incoming").is_valid(json.loads(case.raw().body))
    for body in (
        {"type": "message", "id": "m", "customer": {"id": "1"}, "txt": "hi"},
        {"type": "hologram"},
        {"type": "edit", "message": "m"},
    ):
        assert not described("Incoming").is_valid(body)


async def test_the_example_of_the_docs_is_believed_and_understood() -> None:
    got: list[RawDelivery] = []

    async def hook(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        got.append(RawDelivery(APP, "k", await request.read(), START, headers, {"method": request.method}))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks/api/app", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    [script] = re.findall(r"```sh\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    environment = {"PATH": os.environ["PATH"], "HOOK": f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/api/app", "SECRET": SECRET}
    try:
        process = await asyncio.create_subprocess_exec("sh", "-euc", script, env=environment)
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
    finally:
        await runner.cleanup()
    [raw] = got
    verify(KEYS, raw.headers, raw.body, int(time.time() * 1000))
    (message,) = ApiConnector.parse(raw)
    assert isinstance(message, InboundMessage)
    assert (message.sender, message.text) == (Address("api", "4711", "Mina"), "Where is my parcel?")


# What goes out


@pytest.fixture
async def system() -> AsyncIterator[FakeSystem]:
    fake = FakeSystem()
    async with fake.running():
        yield fake


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    client = Outside()
    yield client
    await client.close()


Connect = Callable[..., ApiConnector]


@pytest.fixture
def connect(system: FakeSystem, outside: Outside) -> Connect:
    def made(secret: str = SECRET) -> ApiConnector:
        return connector(secret, f"{system.base}/inbox", outside)

    return made


def an_answer(**fields: Any) -> OutboundMessage:
    to = (Address("api", "4711", "Mina"),)
    given: dict[str, Any] = {"to": to, "references": ("m-0", "m-1"), "token": "tok", "attempt": 2} | fields
    return OutboundMessage(MessageId("out-1"), APP, "Sam", "It is **on its way**.", START, **given)


async def test_the_system_is_told_everything_it_needs(system: FakeSystem, connect: Connect) -> None:
    system.answer = {"id": "theirs-9"}
    sent = await connect().send(an_answer(files=(OutboundFile("f1", "lid.jpg", "image/jpeg", 7),)))
    assert (sent.provider_id, sent.external_id) == ("theirs-9", "theirs-9")
    assert system.brought == [
        {
            "type": "reply",
            "id": "out-1",
            "to": [{"id": "4711", "name": "Mina", "thread": ""}],
            "text": "It is on its way.",
            "markdown": "It is **on its way**.",
            "author": "Sam",
            "at": START,
            "attempt": 2,
            "conversation": "tok",
            "answers": ["m-0", "m-1"],
            "files": [{"name": "lid.jpg", "type": "image/jpeg", "size": 7, "url": "https://inbox.example.test/media/f1/lid.jpg"}],
            "automatic": False,
        }
    ]
    assert system.asked[0].headers["webhook-id"] == "out-1"
    assert described("Outgoing").is_valid(system.brought[0])


async def test_without_an_id_of_theirs_it_keeps_its_own(system: FakeSystem, connect: Connect) -> None:
    assert (await connect().send(an_answer())).provider_id == "out-1"
    system.troubles.append(Trouble(200, "<html>ok</html>"))
    assert (await connect().send(an_answer())).provider_id == "out-1"


@pytest.mark.parametrize(
    ("trouble", "error", "says"),
    [
        (Trouble(400), Rejected, "400"),
        (Trouble(410), Rejected, "wants no more"),
        (Trouble(401), NeedsLogin, "401"),
        (Trouble(403), NeedsLogin, "403"),
        (Trouble(422), Rejected, "422"),
        (Trouble(429, "", {"Retry-After": "7"}), TryLater, "429"),
        (Trouble(302, "", {"Location": "/elsewhere"}), Rejected, "302"),
        (Trouble(500, "<html>oops</html>"), Unknown, "500"),
        (Trouble(accident="reset"), Unknown, "connection_broke"),
    ],
)
async def test_every_refusal_says_what_happens_next(
    system: FakeSystem, connect: Connect, trouble: Trouble, error: type[InboxError], says: str
) -> None:
    system.troubles.append(trouble)
    with pytest.raises(error, match=says):
        await connect().send(an_answer())
    assert (system.brought, len(system.asked)) == ([], 1)


async def test_an_answer_whose_taking_was_lost_is_brought_once(system: FakeSystem, connect: Connect) -> None:
    system.troubles.extend([Trouble(accident="reset_after"), Trouble(500)])
    with pytest.raises(Unknown):
        await connect().send(an_answer())
    with pytest.raises(Unknown):
        await connect().lookup(an_answer())
    assert await connect().lookup(an_answer(attempt=3)) is not None
    assert len(system.brought) == 1
    assert {asked.headers["webhook-id"] for asked in system.asked} == {"out-1"}
    system.troubles.append(Trouble(400))
    assert await connect().lookup(an_answer()) is None


async def test_only_who_still_has_to_get_it_is_named(system: FakeSystem, connect: Connect) -> None:
    two = (Address("api", "1"), Address("api", "2#room 9"), Address("email", "x@example.org"))
    await connect().send(an_answer(to=two, envelope=("2#room 9",)))
    assert system.brought[0]["to"] == [{"id": "2", "name": "", "thread": "room 9"}]
    with pytest.raises(Rejected):
        await connect().send(an_answer(to=two[2:]))


async def test_a_channel_without_an_address_only_receives() -> None:
    with pytest.raises(Rejected, match="only receives"):
        await connector().send(an_answer())
    assert (await connector().probe()).ok


async def test_a_file_is_not_fetched_from_inside(system: FakeSystem, connect: Connect) -> None:
    with pytest.raises(Rejected, match="address_not_allowed"):
        _ = [chunk async for chunk in await connect().fetch(f"{system.base}/secret")]
    assert system.asked == []


async def test_the_light_tells_a_wrong_secret_from_a_system_that_is_away(system: FakeSystem, connect: Connect) -> None:
    assert (await connect().probe()).ok
    refused = await connect(OLD).probe()
    assert (refused.ok, "status 401" in refused.problem, "secret" in refused.remedy) == (False, True, True)
    system.troubles.append(Trouble(accident="reset"))
    assert "cannot be reached" in (await connect().probe()).problem
    assert system.brought == []
