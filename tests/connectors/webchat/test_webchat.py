"""What becomes of the deliveries of a visitor's widget."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webchat import WebchatConnector
from inbox.connector import Health, InboundMessage, Item, OutboundMessage, RawDelivery, Tools
from inbox.core.errors import Malformed, NotAuthentic
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address, DeliveryState
from inbox.core.widget import WidgetSettings

HERE = Path(__file__).parent
CASES = sorted(path.name.removesuffix(".in.json") for path in HERE.glob("*.in.json"))
AT = 1_795_255_200_000


class NoCursor:
    """A connector without a connection of its own keeps no position."""

    async def load(self, name: str) -> dict[str, Any]:
        raise AssertionError(name)

    async def save(self, name: str, value: Mapping[str, Any]) -> None:
        raise AssertionError(name)


async def _stored(file: str) -> AsyncIterator[bytes]:
    yield f"bytes of {file}".encode()


def _no_report(health: Health) -> None:
    raise AssertionError(health)


@pytest.fixture
def connector() -> WebchatConnector:
    return WebchatConnector(ChannelId("shop"), WidgetSettings(), Tools(lambda: AT, _stored, NoCursor(), _no_report))


def raw(body: bytes, context: dict[str, str] | None = None) -> RawDelivery:
    return RawDelivery(ChannelId("shop"), "key", body, AT, context={"visitor": "v1"} if context is None else context)


@pytest.mark.parametrize("case", CASES)
def test_recorded_delivery(case: str) -> None:
    given_, expected = (json.loads((HERE / f"{case}.{end}.json").read_text(encoding="utf-8")) for end in ("in", "out"))
    delivery = RawDelivery(ChannelId("shop"), given_["key"], json.dumps(given_["body"]).encode(), AT, context=given_["context"])
    assert json.loads(msgspec.json.encode(WebchatConnector.parse(delivery))) == expected


@given(st.binary(max_size=400) | st.from_type(dict).map(repr).map(str.encode), st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_bytes_are_messages_or_malformed(body: bytes, context: dict[str, str]) -> None:
    try:
        items = WebchatConnector.parse(raw(body, context))
    except Malformed:
        return
    assert all(isinstance(item, Item) for item in items)


@pytest.mark.parametrize(
    "body", [b'{"t":"said"}', b'{"t":"said","client_id":"a","text":1}', b'{"t":"proved","subject":"x"}', b"[" * 100_000]
)
def test_a_body_of_another_shape_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        WebchatConnector.parse(raw(body))


def test_a_delivery_without_a_visitor_is_malformed() -> None:
    with pytest.raises(Malformed):
        WebchatConnector.parse(raw(b'{"t":"proved"}', {}))


def test_what_he_typed_proves_nothing() -> None:
    (item,) = WebchatConnector.parse(raw(b'{"t":"said","client_id":"12345678","text":"hi","email":"boss@example.org","name":"Boss"}'))
    assert isinstance(item, InboundMessage)
    assert item.sender == Address("webchat", "v1", "Boss")
    assert item.attributes == {"email": "boss@example.org"}


def test_the_same_line_is_the_same_message_whatever_else_differs() -> None:
    first, again = (
        WebchatConnector.parse(raw(b'{"t":"said","client_id":"12345678","text":"hi"}', {"visitor": "v1", "page": page}))[0]
        for page in ("https://a.example/", "https://b.example/")
    )
    assert isinstance(first, InboundMessage)
    assert isinstance(again, InboundMessage)
    assert first.key == again.key


async def test_an_answer_counts_as_sent_at_once_under_its_own_id(connector: WebchatConnector) -> None:
    message = OutboundMessage(MessageId("m1"), ChannelId("shop"), "Sam", "Hello", AT)
    sent = await connector.send(message)
    assert (sent.provider_id, sent.state) == ("m1", DeliveryState.SENT)
    assert await connector.lookup(message) == sent


async def test_an_upload_is_read_from_the_stored_files(connector: WebchatConnector) -> None:
    assert [chunk async for chunk in await connector.fetch("f1")] == [b"bytes of f1"]


def test_nothing_comes_in_by_webhook(connector: WebchatConnector) -> None:
    with pytest.raises(NotAuthentic):
        connector.verify(raw(b'{"t":"proved"}'))
