"""Who may post, what counts as a human's post, and how it is answered by mail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from connectors.form import FormConnector
from connectors.form.settings import FormSettings
from inbox.connector import Answer, InboundMessage, OutboundMessage, RawDelivery
from inbox.core.errors import Malformed, NotAuthentic, Rejected, Unsupported
from inbox.core.ids import ChannelId, MessageId, digest
from inbox.core.message import Address, Message
from inbox.testing.tools import no_tools
from tests.connectors.housed import HousedConnector
from tests.connectors.recorded import built, cases
from tests.eventually import PATIENCE_S
from tests.flow.house import ANNA, MAIL

FORM = ChannelId("contact")
KEY = "k7Qw2nX0aB4mT9zLpe1s"
SETTINGS: dict[str, Any] = {"site_key": KEY, "reply_by": MAIL}


def a_form(**settings: Any) -> FormConnector:
    return FormConnector(FORM, FormSettings(**(SETTINGS | settings)), no_tools())


def a_post(body: str, form: FormConnector | None = None, *, kind: str = "application/x-www-form-urlencoded", **context: str) -> RawDelivery:
    known = {**(form or a_form()).context(), "method": "POST", "query": f"key={KEY}"} | context
    return RawDelivery(FORM, f"post-{body}", body.encode(), 1_795_255_200_000, {"content-type": kind}, known)


def message_of(raw: RawDelivery) -> InboundMessage:
    (item,) = FormConnector.parse(raw)
    assert isinstance(item, InboundMessage)
    return item


# Who may post


def test_a_post_needs_the_key_of_the_site() -> None:
    form, raw = a_form(), a_post("message=hi")
    form.verify(raw)
    form.verify(replace(raw, context=raw.context | {"query": ""}, headers={"x-site-key": KEY}))
    for query in ("", "key=", f"key={KEY[:-1]}", f"key={KEY}x", f"k={KEY}", "key=\udc80"):
        with pytest.raises(NotAuthentic):
            form.verify(replace(raw, context=raw.context | {"query": query}))
    with pytest.raises(NotAuthentic):
        form.verify(replace(raw, context=raw.context | {"method": "GET"}))


@pytest.mark.parametrize("origin", ["https://evil.example", "https://www.example.com.evil.example", "null", "", "http://www.example.com"])
def test_only_pages_of_the_named_sites_may_post(origin: str) -> None:
    form, raw = a_form(origins=("https://www.example.com",)), a_post("message=hi")
    form.verify(replace(raw, headers={"origin": "https://www.example.com"}))
    with pytest.raises(NotAuthentic):
        form.verify(replace(raw, headers={"origin": origin} if origin else {}))


# What counts


def test_what_nobody_sees_only_machines_fill_in() -> None:
    with pytest.raises(Unsupported, match="website is not empty"):
        FormConnector.parse(a_post("message=Buy+now&website=http%3A%2F%2Fspam.example"))
    assert message_of(a_post("message=hi&website=")).text == "hi"
    own = a_form(honeypot="fax")
    assert message_of(a_post("message=hi&website=www.example.org", own)).text == "hi\n\nwebsite: www.example.org"
    with pytest.raises(Unsupported):
        FormConnector.parse(a_post("message=hi&fax=1", own))


@pytest.mark.parametrize(
    ("elapsed", "taken"), [("1999", False), ("0", False), ("2000", True), ("", True), ("-5", True), ("٣", True), ("9" * 400, True)]
)
def test_nobody_fills_in_a_form_in_no_time(elapsed: str, taken: bool) -> None:
    raw = a_post(f"message=hi&_elapsed={elapsed}")
    if taken:
        assert message_of(raw).text == "hi"
    else:
        with pytest.raises(Unsupported, match=f"after {elapsed} ms"):
            FormConnector.parse(raw)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", ""),
        ("application/x-www-form-urlencoded", "message=&email="),
        ("application/x-www-form-urlencoded", "&".join(f"f{n}=1" for n in range(201))),
        ("application/json", "[1]"),
        ("application/json", '{"message":'),
        ("multipart/form-data", "--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="message"\r\n\r\nhi'),
    ],
)
def test_what_is_no_filled_in_form_is_malformed(kind: str, body: str) -> None:
    with pytest.raises(Malformed):
        FormConnector.parse(a_post(body, kind=kind))


def test_every_recorded_post_may_come_from_the_site_it_is_from() -> None:
    form = built(FormConnector)
    for case in cases(FormConnector):
        form.verify(case.raw())


def test_the_shape_that_is_kept_with_a_post_has_no_key_in_it() -> None:
    (shape,) = a_form(attributes={"order": "last_order"}).context().values()
    assert json.loads(shape) == {"attributes": {"order": "last_order"}}


async def test_what_a_client_encodes_in_either_way_is_read_alike() -> None:
    got: list[RawDelivery] = []

    async def hook(request: web.Request) -> web.Response:
        got.append(replace(a_post(""), body=await request.read(), headers={"content-type": request.headers["Content-Type"]}))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fields = {"email": "zoe@example.org", "message": 'Zoë says: "100 % & more;\r\n--=+" 📦', 'odd "name"': "ß"}
    try:
        for option in ("--form-string", "--data-urlencode"):
            arguments = [word for name, value in fields.items() for word in (option, f"{name}={value}")]
            process = await asyncio.create_subprocess_exec("curl", "-sS", f"http://127.0.0.1:{runner.addresses[0][1]}/", *arguments)
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
    finally:
        await runner.cleanup()
    multipart, urlencoded = [message_of(raw) for raw in got]
    assert multipart.text == 'Zoë says: "100 % & more;\n--=+" 📦\n\nodd "name": ß'
    assert urlencoded.text.startswith('Zoë says: "100 % & more;\n--=+" 📦')
    assert multipart.sender == urlencoded.sender == Address("email", "zoe@example.org")


# What the browser hears, and how it is answered


def test_the_browser_shows_thanks_or_goes_on() -> None:
    raw = a_post("message=hi")
    assert a_form(thanks="Merci").answer(raw) == Answer("accepted", "Merci")
    assert a_form(thanks_url="https://www.example.com/thanks").answer(raw) == Answer("redirect", "https://www.example.com/thanks")


async def test_a_form_itself_sends_nothing() -> None:
    with pytest.raises(Rejected, match="mail"):
        await a_form().send(OutboundMessage(MessageId("m"), FORM, "Sam", "Hello", 0, to=(Address("email", "a@example.org"),)))


class FormHouse(HousedConnector):
    """A house with a form that its mailbox answers."""

    async def post(self, body: str) -> Message:
        """Somebody posts it; his message once it is placed."""
        await self.comes_in(body.encode())
        return await self.placed(digest("hook", body.encode()))


@pytest.fixture
async def house() -> AsyncIterator[FormHouse]:
    """A running process in memory."""
    served = FormHouse(FormConnector, SETTINGS | {"attributes": {"order": "last_order"}})
    async with served.running():
        yield served


async def test_a_post_is_answered_by_mail_and_the_answer_to_that_comes_home(house: FormHouse) -> None:
    mia = await house.hire("mia")
    post = await house.post("name=Anna&email=anna%40example.org&subject=Broken+lid&message=What+now%3F")
    assert (await house.conversation(post.conversation)).reply_channel == MAIL
    reply = await house.sent(await house.reply(mia, post.conversation, "We send a new one."))
    (mail,) = house.world.mail.accepted
    assert ([a.value for a in mail.to], mail.subject, mail.text) == ([ANNA.value], "Broken lid", "We send a new one.")
    assert reply.channel == MAIL
    back = await house.write("Thank you!", key="back", tokens=(mail.token,))
    assert back.conversation == post.conversation
    assert not back.new_participant


async def test_whoever_types_in_somebodys_address_changes_nothing_that_is_known_of_him(house: FormHouse) -> None:
    await house.hire("mia")
    first = await house.post("email=anna%40example.org&name=Anna&message=hi&order=A-1")
    forged = await house.post("email=anna%40example.org&name=Mallory&message=me+again&order=A-666")
    assert forged.conversation != first.conversation
    assert forged.text == "me again\n\norder: A-666", "but what he wrote is read"
    assert first.customer is not None
    anna = (await house.store.queries.customers([first.customer]))[first.customer]
    assert (anna.name, anna.attributes) == ("Anna", {"last_order": "A-1"})
    identities = await house.store.queries.identities_of(anna.id)
    assert [(i.value, i.verified) for i in identities] == [("anna@example.org", False)]


async def test_posts_without_an_address_are_strangers_to_each_other(house: FormHouse) -> None:
    one, other = [await house.post(f"message={text}") for text in ("one", "other")]
    assert one.customer != other.customer
