"""The published documents of both sockets: complete, and strict enough to notice a frame they do not describe.

That frames conform is checked wherever a test of this folder sends or gets one: see ``live_tab.Tab`` and ``visitor_world.Tab``.
"""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from inbox.gateway import protocol, visitor_protocol
from tests.gateway.described import AGENTS, REFERENCE, VISITORS, _validators, require_described


@pytest.mark.parametrize(("document", "frames"), [(AGENTS, protocol), (VISITORS, visitor_protocol)])
def test_every_frame_is_described_in_its_direction(document: str, frames: Any) -> None:
    for direction, union in (("send", frames.ServerFrame), ("receive", frames.ClientFrame)):
        tags = {member.__struct_config__.tag for member in get_args(union)}
        assert set(_validators(document, direction)) == tags


@pytest.mark.parametrize("document", [AGENTS, VISITORS])
def test_every_reference_leads_somewhere(document: str) -> None:
    text = (REFERENCE / document).read_text("utf-8")
    described = json.loads(text)
    for part in ("schemas", "messages"):
        named = {ref.split('"', 1)[0] for ref in text.split(f'"#/components/{part}/')[1:]}
        assert named <= set(described["components"][part])
    assert set(described["channels"]["ws"]["messages"]) == set(described["components"]["messages"])


@pytest.mark.parametrize(
    "frame",
    [
        '{"t": "sung", "client_id": "12345678", "id": "m"}',
        '{"t": "said", "client_id": "12345678"}',
        '{"t": "said", "client_id": "12345678", "id": 7}',
        '{"t": "said", "client_id": "12345678", "id": "m", "more": 1}',
    ],
)
def test_a_frame_that_is_not_described_is_noticed(frame: str) -> None:
    require_described(VISITORS, "send", '{"t": "said", "client_id": "12345678", "id": "m"}')
    with pytest.raises(AssertionError, match=r"asyncapi-visitors\.json"):
        require_described(VISITORS, "send", frame)
