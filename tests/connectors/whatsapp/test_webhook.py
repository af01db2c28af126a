"""Where Meta's deliveries prove themselves, on all three channels, and whose they are."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.meta_graph.pages import InstagramConnector, MessengerConnector
from connectors.meta_graph.whatsapp import WhatsAppConnector
from inbox.connector import Connector, InboundMessage, RawDelivery
from inbox.core.errors import Malformed, NotAuthentic, Unsupported
from tests.connectors.recorded import CHANNEL, Case, built, cases

SECRET, WORD = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "a-word-of-our-own"
ALL = (WhatsAppConnector, MessengerConnector, InstagramConnector)
BODY = b' {"object":"page","entry":[],"text":"caf\\u00e9 \xf0\x9f\xab\x96"}\r\n'


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def delivery(sign: str | None, body: bytes = BODY) -> RawDelivery:
    headers = {} if sign is None else {"x-hub-signature-256": sign}
    return RawDelivery(CHANNEL, "k", body, 0, headers, {"method": "POST"})


def challenge(**query: str) -> RawDelivery:
    return RawDelivery(CHANNEL, "k", b"", 0, {}, {"method": "GET", "query": urlencode({f"hub.{k}": v for k, v in query.items()})})


@pytest.fixture(params=ALL, ids=lambda kind: kind.name)
def connector(request: pytest.FixtureRequest) -> Connector:
    return built(request.param)


def test_the_signature_over_the_exact_bytes_is_believed(connector: Connector) -> None:
    connector.verify(delivery(signature(BODY)))
    assert connector.answer(delivery(signature(BODY))).kind == "accepted"


@pytest.mark.parametrize(
    "sign",
    [
        None,
        "",
        "sha256=",
        signature(BODY, "another secret"),
        signature(BODY.replace(b"\\u00e9", "é".encode())),
        signature(BODY)[:-1],
        signature(BODY).removeprefix("sha256="),
        signature(BODY).upper(),
        signature(BODY).replace("sha256", "sha1"),
        "sha256=" + hashlib.sha256(BODY).hexdigest(),
        signature(BODY).replace("1", "\u0661"),
        "\ud800",
    ],
    ids=range(12),
)
def test_nothing_else_is(connector: Connector, sign: str | None) -> None:
    with pytest.raises(NotAuthentic):
        connector.verify(delivery(sign))


def test_a_delivery_is_not_believed_for_the_word_of_the_challenge(connector: Connector) -> None:
    asked = challenge(mode="subscribe", verify_token=WORD, challenge="1158201444")
    with pytest.raises(NotAuthentic):
        connector.verify(replace(asked, body=BODY, context={**asked.context, "method": "POST"}))


def test_the_challenge_goes_back_to_whoever_knows_our_word(connector: Connector) -> None:
    asked = challenge(mode="subscribe", verify_token=WORD, challenge="1158201444")
    connector.verify(asked)
    answer = connector.answer(asked)
    assert (answer.kind, answer.body, answer.type) == ("challenge", "1158201444", "text/plain")


@pytest.mark.parametrize(
    "asked",
    [
        challenge(),
        challenge(mode="subscribe", challenge="1"),
        challenge(mode="subscribe", verify_token="", challenge="1"),
        challenge(mode="subscribe", verify_token=WORD + "x", challenge="1"),
        challenge(mode="unsubscribe", verify_token=WORD, challenge="1"),
        RawDelivery(CHANNEL, "k", b"", 0, {}, {"method": "GET", "query": "&".join(["a=1"] * 50)}),
    ],
    ids=range(6),
)
def test_no_challenge_of_anybody_else_is_answered(connector: Connector, asked: RawDelivery) -> None:
    with pytest.raises(NotAuthentic):
        connector.verify(asked)


@given(sign=st.text(max_size=80), body=st.binary(max_size=40))
def test_guessing_is_no_use(sign: str, body: bytes) -> None:
    if sign != signature(body):
        with pytest.raises(NotAuthentic):
            built(WhatsAppConnector).verify(delivery(sign, body))


def case(kind: type[Connector], name: str) -> Case:
    return next(c for c in cases(kind) if c.name == name)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_delivery_for_another_account_is_kept_aside_and_says_whose_it_is(kind: type[Connector]) -> None:
    raw = replace(case(kind, "text").raw(), context={"account": "55555"})
    with pytest.raises(Unsupported, match=r"\d{9}"):
        kind.parse(raw)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_the_connector_tells_the_parser_whose_channel_it_is(kind: type[Connector]) -> None:
    raw = case(kind, "text").raw()
    assert built(kind).context()["account"] == raw.context["account"]


def test_messages_for_another_number_in_a_batch_become_none_of_this_channel() -> None:
    raw = case(WhatsAppConnector, "batch_of_two_entries_and_another_number").raw()
    ours = [item for item in WhatsAppConnector.parse(raw) if isinstance(item, InboundMessage)]
    everybodys = [item for item in WhatsAppConnector.parse(replace(raw, context={})) if isinstance(item, InboundMessage)]
    assert [item.text for item in ours] == ["one", "two", "three"]
    assert len(everybodys) == 4


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        (
            WhatsAppConnector,
            b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"calls","value":{}}]}]}',
            "calls",
        ),
        (
            MessengerConnector,
            b'{"object":"page","entry":[{"id":"106540352242922","messaging":[{"sender":{"id":"1"},"account_linking":{}}]}]}',
            "account_linking",
        ),
        (InstagramConnector, b'{"object":"instagram","entry":[{"id":"17841405822304914","changes":[{"field":"comments"}]}]}', "changes"),
        (
            MessengerConnector,
            b'{"object":"page","entry":[{"id":"1","messaging":[{"message":{"mid":"m","is_echo":true,"text":"x"}}]}]}',
            "another tool",
        ),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(getattr(value, "name", value)),
)
def test_what_is_no_news_for_a_thread_is_kept_with_its_name(kind: type[Connector], body: bytes, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        kind.parse(replace(case(kind, "text").raw(), body=body, context={}))


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[" * 100_000, b'{"object":1,"entry":2}'], ids=range(5))
def test_what_nobody_can_read_is_malformed_so_that_somebody_looks_at_it(kind: type[Connector], body: bytes) -> None:
    with pytest.raises(Malformed):
        kind.parse(replace(case(kind, "text").raw(), body=body))


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_an_entry_nobody_can_read_is_looked_at_unless_others_can_be_read(kind: type[Connector]) -> None:
    raw = case(kind, "text").raw()
    with_bad = raw.body.replace(b'"entry":[', b'"entry":[{"id":[],"changes":{}},7,')
    assert len(kind.parse(replace(raw, body=with_bad))) == 1
    bad = raw.body.partition(b'"entry":')[0] + b'"entry":[{"id":[],"changes":{},"messaging":{}}]}'
    with pytest.raises(Malformed):
        kind.parse(replace(raw, body=bad))


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_news_of_another_kind_of_account_is_kept_aside(kind: type[Connector]) -> None:
    with pytest.raises(Unsupported, match="'user'"):
        kind.parse(replace(case(kind, "text").raw(), body=b'{"object":"user","entry":[]}'))
