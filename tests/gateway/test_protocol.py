"""Bytes and frames: round trips, strictness, and nothing but ``Malformed`` for anything else."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import example, given

from inbox.api.job_structs import StartJob
from inbox.core.errors import Malformed
from inbox.flow.rows import conversation_row, message_row
from inbox.gateway import protocol as p
from inbox.testing.builders import a_conversation, a_message

words = st.text(max_size=64)
subscriptions = st.one_of(
    st.builds(p.SubscribeView, sub=words, view=words),
    st.builds(p.SubscribeConversation, sub=words, conversation=words),
    st.builds(p.SubscribeCounts, sub=words, views=st.lists(words, max_size=30).map(tuple)),
)
client_frames = st.one_of(
    st.builds(
        p.Identify,
        csrf=st.text(max_size=200),
        cursor=st.none() | st.dictionaries(words, st.integers(-(2**63), 2**64 - 1), max_size=5),
        subs=st.lists(subscriptions, max_size=5).map(tuple),
    ),
    subscriptions,
    st.builds(p.Unsubscribe, sub=words),
    st.builds(p.Beat, active=st.booleans()),
    st.builds(p.Viewing, conversation=st.none() | words),
    st.builds(p.Typing, conversation=words, mode=words, on=st.booleans()),
)
NAMES = ("identify", "view", "thread", "counts", "unsubscribe", "beat", "viewing", "typing", "put", "")
FIELDS = ("t", "csrf", "cursor", "subs", "sub", "view", "views", "conversation", "active", "mode", "on")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80) | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from((*FIELDS, "$gt", "")), inner, max_size=6),
    max_leaves=20,
)
OPERATORS = [{"$gt": ""}, {"$ne": None}, {"$regex": ".*"}, {"$where": "1"}, {"$in": []}, {"$expr": {}}, [], ["mine"], 1, True, None]


@given(client_frames)
def test_a_clients_frame_survives_the_wire(frame: p.ClientFrame) -> None:
    data = msgspec.json.encode(frame)
    if len(data) <= p.MAX_INBOUND_BYTES:
        assert p.decode(data) == p.decode(data.decode()) == frame


@given(st.binary(max_size=300) | st.text(max_size=300) | json_values.map(lambda value: msgspec.json.encode(value)))
@example("\ud800")
@example(b"[" * 16_000)
@example(b'{"t":"beat","active":1e999}')
@example(b'{"t":"identify","csrf":"","cursor":{"1":123456789012345678901234567890}}')
@example(b'{"t":"beat","t":"view"}')
@example(b"\xff\xfe")
def test_any_bytes_are_a_frame_or_malformed(data: bytes | str) -> None:
    try:
        frame = p.decode(data)
    except Malformed:
        return
    assert isinstance(frame, p.ClientFrame)
    assert p.decode(msgspec.json.encode(frame)) == frame


@pytest.mark.parametrize("value", OPERATORS, ids=repr)
@pytest.mark.parametrize(
    ("kind", "field", "rest"),
    [
        ("identify", "csrf", {}),
        ("view", "sub", {"view": "all"}),
        ("view", "view", {"sub": "a"}),
        ("thread", "sub", {"conversation": "c"}),
        ("thread", "conversation", {"sub": "a"}),
        ("unsubscribe", "sub", {}),
        ("typing", "conversation", {}),
        ("typing", "mode", {"conversation": "c"}),
    ],
)
def test_a_string_is_a_string(kind: str, field: str, rest: dict[str, str], value: object) -> None:
    with pytest.raises(Malformed):
        p.decode(msgspec.json.encode({"t": kind, **rest, field: value}))


@pytest.mark.parametrize("kind", ["identify", "view", "thread", "counts", "unsubscribe", "beat", "viewing", "typing"])
def test_unknown_fields_are_refused(kind: str) -> None:
    known = {"csrf": "", "sub": "", "view": "", "conversation": "", "views": []}
    fields = {"identify": ["csrf"], "view": ["sub", "view"], "thread": ["sub", "conversation"], "counts": ["sub", "views"]}
    fields |= {"unsubscribe": ["sub"], "typing": ["conversation"]}
    frame = {"t": kind} | {name: known[name] for name in fields.get(kind, [])}
    p.decode(msgspec.json.encode(frame))
    with pytest.raises(Malformed):
        p.decode(msgspec.json.encode(frame | {"role": "admin"}))


def test_a_frame_over_the_limit_is_refused() -> None:
    with pytest.raises(Malformed):
        p.decode(b'{"t":"beat"}' + b" " * p.MAX_INBOUND_BYTES)


def test_a_row_serialised_beforehand_makes_the_same_frame() -> None:
    row = conversation_row(a_conversation(), "Anna")
    assert p.encode_put("l", p.encode_row(row), (1, 2), "x") == p.encode(p.Put("l", row, (1, 2), "x"))
    message = message_row(a_message(text='quotes " and \u2028 lines'), "Anna")
    assert p.encode_message("t", p.encode_row(message), (1, 2)) == p.encode(p.PutMessage("t", message, (1, 2)))


@pytest.mark.parametrize("kind", ["queue", "team", "channel"])
def test_the_views_of_the_longest_ids_can_be_followed(kind: str) -> None:
    view = f"{kind}:{'x' * 64}"
    subs = [{"t": "view", "sub": "s1", "view": view}, {"t": "counts", "sub": "s2", "views": [view]}]
    frame = p.decode(msgspec.json.encode({"t": "identify", "csrf": "c", "subs": subs}))
    assert isinstance(frame, p.Identify)
    assert [type(sub) for sub in frame.subs] == [p.SubscribeView, p.SubscribeCounts]
    assert msgspec.json.decode(msgspec.json.encode({"change": {}, "view": view}), type=StartJob).view == view
