"""Answering comments in public: what Meta is asked, what its answers mean, and that public and private stay apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from connectors.meta_graph.comments import (
    CommentsConnector,
    FacebookCommentsConnector,
    FacebookCommentsSettings,
    InstagramCommentsConnector,
    InstagramCommentsSettings,
)
from inbox.app.outside import Outside
from inbox.connector import Connector, OutboundFile, OutboundMessage, Tools
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.testing.tools import no_tools
from tests.peers.meta_graph import TOKEN, GraphApi, Trouble, refusal

PAGE, ACCOUNT = "106540352242922", "17841405822304914"
LENA = Address("facebook", "7712345678901234")
MESSAGE = OutboundMessage(
    MessageId("m1"), ChannelId("page"), "Mia", "**Yes**, it is.", 0, to=(LENA,), references=("1_2", "reply_01", "1_3")
)


@pytest.fixture
async def meta() -> AsyncIterator[GraphApi]:
    async with GraphApi().running() as peer:
        yield peer


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Outside()
    yield no_tools(http=http)
    await http.close()


def facebook(meta: GraphApi, tools: Tools) -> CommentsConnector:
    given: dict[str, Any] = {"access_token": TOKEN, "app_secret": "s" * 32, "verify_token": "v" * 10, "base_url": meta.base}
    return FacebookCommentsConnector(ChannelId("page"), FacebookCommentsSettings(page_id=PAGE, **given), tools)


def instagram(meta: GraphApi, tools: Tools, **more: Any) -> CommentsConnector:
    given: dict[str, Any] = {"access_token": TOKEN, "app_secret": "s" * 32, "verify_token": "v" * 10, "base_url": meta.base, **more}
    return InstagramCommentsConnector(ChannelId("ig"), InstagramCommentsSettings(account_id=ACCOUNT, **given), tools)


async def test_an_answer_is_a_public_reply_to_the_comment_the_conversation_began_with(meta: GraphApi, tools: Tools) -> None:
    sent = await facebook(meta, tools).send(MESSAGE)
    assert (sent.provider_id, sent.external_id) == ("reply_01", "reply_01")
    await instagram(meta, tools).send(MESSAGE)
    assert [(a.method, a.path, a.payload) for a in meta.asked] == [
        ("POST", "1_2/comments", {"message": "Yes, it is."}),
        ("POST", "1_2/replies", {"message": "Yes, it is."}),
    ]


async def test_what_cannot_be_a_comment_is_refused_before_anything_is_asked(meta: GraphApi, tools: Tools) -> None:
    file = OutboundFile("f1", "a.png", "image/png", 10)
    for message in (replace(MESSAGE, references=()), replace(MESSAGE, files=(file,)), replace(MESSAGE, text=" ")):
        with pytest.raises(Rejected):
            await facebook(meta, tools).send(message)
    assert meta.asked == []


@pytest.mark.parametrize(
    ("trouble", "means", "said"),
    [
        (refusal(400, 100, 33), Rejected, "cannot be found any more"),
        (refusal(401, 190, 463), NeedsLogin, ""),
        (refusal(403, 200), NeedsLogin, ""),
        (refusal(400, 4), TryLater, ""),
        (Trouble(429, "", {"Retry-After": "7"}), TryLater, ""),
        (Trouble(500, "<html>"), Unknown, ""),
        (Trouble(accident="reset"), Unknown, ""),
    ],
)
async def test_what_goes_wrong_is_told_apart(meta: GraphApi, tools: Tools, trouble: Trouble, means: type[InboxError], said: str) -> None:
    meta.troubles.append(trouble)
    with pytest.raises(means, match=said or None):
        await facebook(meta, tools).send(MESSAGE)
    assert meta.sent == []


async def test_whose_token_it_is(meta: GraphApi, tools: Tools) -> None:
    assert (await facebook(meta, tools).probe()).ok
    meta.me = {"id": "1", "instagram_business_account": {"id": ACCOUNT}}
    assert "belongs to the account 1" in (await facebook(meta, tools).probe()).problem
    assert (await instagram(meta, tools).probe()).ok
    meta.me = {"user_id": "2"}
    assert not (await instagram(meta, tools, login="instagram").probe()).ok


def test_comments_are_scoped_and_join_by_reference_only() -> None:
    kinds: list[type[Connector]] = [FacebookCommentsConnector, InstagramCommentsConnector]
    for kind in kinds:
        assert kind.capabilities.scoped
        assert not kind.capabilities.conversational
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"page_id": "x", "account_id": "x"}, kind.Settings)
