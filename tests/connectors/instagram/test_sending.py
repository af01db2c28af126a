"""What is different about sending by Instagram."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
from msgspec.structs import replace

from connectors.meta_graph.pages import InstagramConnector
from connectors.meta_graph.settings import InstagramSettings
from inbox.app.outside import Outside
from inbox.connector import InboundMessage, OutboundFile, OutboundMessage, RawDelivery, Tools
from inbox.core.errors import Rejected
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.testing.tools import no_tools
from tests.connectors.recorded import cases
from tests.peers.meta_graph import TOKEN, GraphApi, refusal

ACCOUNT = "17841405822304914"
LENA = Address("instagram", "990011223344556")
MESSAGE = OutboundMessage(MessageId("m1"), ChannelId("ig"), "Mia", "It is **on its way**.", 0, to=(LENA,), message_token="tok" * 17)
PNG = OutboundFile("f1", "the box.png", "image/png", 1000)
GIVEN = {"account_id": ACCOUNT, "access_token": TOKEN, "app_secret": "s" * 32, "verify_token": "v" * 10}


@pytest.fixture
async def meta() -> AsyncIterator[GraphApi]:
    async with GraphApi().running() as peer:
        yield peer


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Outside()
    yield no_tools(http=http)
    await http.close()


def connector(meta: GraphApi, tools: Tools, **more: object) -> InstagramConnector:
    given = GIVEN | {"base_url": meta.base} | more
    return InstagramConnector(ChannelId("ig"), msgspec.convert(given, InstagramSettings), tools)


async def test_a_text_goes_out_plain_as_an_answer(meta: GraphApi, tools: Tools) -> None:
    sent = await connector(meta, tools).send(MESSAGE)
    assert meta.sent[0]["message"] == {"text": "It is on its way.", "metadata": MESSAGE.message_token}
    assert (meta.asked[0].path, sent.external_id) == ("me/messages", "m_OURS01")


async def test_files_go_as_addresses_that_meta_fetches(meta: GraphApi, tools: Tools) -> None:
    await connector(meta, tools).send(replace(MESSAGE, text="", files=(PNG,)))
    attachment = meta.sent[0]["message"]["attachment"]
    assert attachment == {"type": "image", "payload": {"url": tools.link("f1", "the box.png")}}


async def test_what_instagram_would_not_take_is_not_sent(meta: GraphApi, tools: Tools) -> None:
    with pytest.raises(Rejected, match="1000 bytes"):
        await connector(meta, tools).send(replace(MESSAGE, text="ü" * 501))
    with pytest.raises(Rejected, match="8 MB"):
        await connector(meta, tools).send(replace(MESSAGE, files=(replace(PNG, size=9_000_000),)))
    assert meta.asked == []
    await connector(meta, tools).send(replace(MESSAGE, text="ü" * 500))


async def test_its_own_code_for_too_late_leads_to_the_tag_for_people(meta: GraphApi, tools: Tools) -> None:
    meta.troubles.append(refusal(403, 10, 2534022, message="This message is sent outside of allowed window."))
    await connector(meta, tools, human_agent=True).send(MESSAGE)
    assert meta.sent[0]["tag"] == "HUMAN_AGENT"


async def test_the_probe_asks_by_either_login(meta: GraphApi, tools: Tools) -> None:
    meta.me = {"instagram_business_account": {"id": ACCOUNT}, "id": "106540352242922"}
    assert (await connector(meta, tools).probe()).ok
    meta.me = {"user_id": ACCOUNT, "username": "tea.shop"}
    assert (await connector(meta, tools, login="instagram").probe()).ok
    wrong = await connector(meta, tools).probe()
    assert (wrong.ok, "does not tell" in wrong.problem) == (False, True)
    meta.me = {"user_id": "123456", "username": "other"}
    assert "123456" in (await connector(meta, tools, login="instagram").probe()).problem


@pytest.mark.parametrize(("login", "root"), [("facebook", "https://graph.facebook.com"), ("instagram", "https://graph.instagram.com")])
def test_each_login_has_an_address_of_its_own(login: str, root: str) -> None:
    assert msgspec.convert(GIVEN | {"login": login}, InstagramSettings).root == root


def test_pictures_may_be_left_where_their_senders_can_withdraw_them(meta: GraphApi, tools: Tools) -> None:
    [recorded] = [case.raw() for case in cases(InstagramConnector) if case.name == "image"]
    for keep, files, cards in ((True, 1, 0), (False, 0, 1)):
        context = dict(connector(meta, tools, keep_media=keep).context())
        [message] = InstagramConnector.parse(RawDelivery(recorded.channel, recorded.key, recorded.body, 0, context=context))
        assert isinstance(message, InboundMessage)
        assert (len(message.files), len(message.cards)) == (files, cards)
