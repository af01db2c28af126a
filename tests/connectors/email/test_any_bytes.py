"""Whatever the bytes, parsing gives items that can be stored, sent between processes and shown on one line."""

import unicodedata

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.mime import parse_mail
from inbox.connector import InboundMessage, Item
from tests.connectors.email.cases import CASES, HERE, raw

RECORDED = [(HERE / f"{case}.in.eml").read_bytes() for case in CASES]
SPLICES = [
    b"\r\n", b"\n\n", b"--", b'"', b"<", b"(", b"=?utf-8?b?", b"=?x?q?=", b"\x00", b"\xff", b";", b"boundary=", b"filename*=utf-16''%d8",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"charset=idna",
    b"Content-Transfer-Encoding: base64\r\n", b"=", b"<blockquote>",
]  # fmt: skip


def check(body: bytes) -> None:
    items = list(parse_mail(raw(body)))
    assert items
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(items), type=list[Item]) == items
    for item in items:
        if isinstance(item, InboundMessage):
            check_message(item)


def check_message(item: InboundMessage) -> None:
    assert item.key
    assert item.sender.value
    assert item.fresh is None or 0 < item.fresh < len(item.text)
    assert not set(item.text) & {"\r", "\x00"}
    shown = [item.subject, item.sender.name, *(f.name for f in item.files), *(a.name for a in (*item.to, *item.cc))]
    for text in shown:
        assert not any(unicodedata.category(c) == "Cc" for c in text), text
        text.encode()  # no lone surrogate
    for file in item.files:
        assert file.name
        assert not file.name.startswith(".")
        assert not set(file.name) & set("/\\")


@given(st.binary(max_size=4_000))
def test_any_bytes(body: bytes) -> None:
    check(body)


@given(st.lists(st.one_of(st.sampled_from(SPLICES), st.binary(max_size=40), st.text(max_size=40).map(str.encode)), max_size=60))
def test_bytes_that_look_like_mail(pieces: list[bytes]) -> None:
    check(b"".join(pieces))


@given(
    st.sampled_from(RECORDED),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 60), st.one_of(st.sampled_from(SPLICES), st.binary(max_size=10))), max_size=8),
)
def test_recorded_mails_with_damage(body: bytes, damage: list[tuple[int, int, bytes]]) -> None:
    for at, length, instead in damage:
        at %= len(body) + 1
        body = body[:at] + instead + body[at + length :]
    check(body)
