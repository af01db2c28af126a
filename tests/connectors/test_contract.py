"""What holds for every connector that is found, whoever wrote it."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.connector import Connector, Deletion, Edit, IdentityProof, InboundMessage, Reaction, Receipt
from inbox.core.errors import Malformed, NotAuthentic, Unsupported
from inbox.flow.channels import secret_paths
from tests.connectors.recorded import Case, built, cases, channels, every_case

ITEMS = (InboundMessage, Receipt, IdentityProof, Edit, Deletion, Reaction)
ALL = channels()
INSIDE = [kind for kind in ALL if not kind.capabilities.parse_outside]
"""What runs in a limited process of its own has hostile inputs of its own, too."""
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def name(kind: type[Connector]) -> str:
    return kind.name


@pytest.mark.parametrize("kind", ALL, ids=name)
def test_deliveries_are_recorded(kind: type[Connector]) -> None:
    assert cases(kind), f"{kind.name} has no recorded deliveries in tests/connectors/{kind.name}"


@pytest.mark.parametrize("case", list(every_case()), ids=lambda case: case.name)
def test_a_recorded_delivery_gives_what_is_recorded_beside_it_every_time(case: Case) -> None:
    expected = json.loads(case.expected.read_text(encoding="utf-8"))
    assert case.items() == expected
    assert case.items() == expected


@pytest.mark.parametrize("case", list(every_case()), ids=lambda case: case.name)
def test_messages_of_one_delivery_have_keys_of_their_own(case: Case) -> None:
    keys = [item.key for item in case.connector.parse(case.raw()) if isinstance(item, InboundMessage)]
    assert all(keys)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("kind", ALL, ids=name)
def test_nothing_is_taken_without_proof_of_where_it_is_from(kind: type[Connector]) -> None:
    connector = built(kind)
    for case in cases(kind):
        bare = replace(case.raw(), headers={}, context={k: v for k, v in case.raw().context.items() if k in ("method", "url")})
        with pytest.raises(NotAuthentic):
            connector.verify(bare)


@pytest.mark.parametrize("kind", ALL, ids=name)
def test_secrets_are_marked_as_such(kind: type[Connector]) -> None:
    marked = {path[-1] for path in secret_paths(kind.Settings)}
    fields = set(kind.Settings.__struct_fields__)
    suspicious = {f for f in fields if any(word in f for word in ("secret", "password", "token", "private_key", "api_key"))}
    assert suspicious - marked == {f for f in suspicious - marked if f.endswith(("_url", "_file", "_name"))}


@pytest.mark.parametrize("kind", ALL, ids=name)
def test_what_it_says_of_itself_makes_sense(kind: type[Connector]) -> None:
    able = kind.capabilities
    assert able.address_kind
    assert able.text_limit is None or able.text_limit > 0
    assert able.window is None or able.window >= 60_000
    assert able.rate is None or able.rate > 0
    assert kind.name.replace("_", "").isalnum()


@pytest.mark.parametrize("kind", INSIDE, ids=name)
@given(data=st.data())
@FEW
def test_whatever_comes_is_items_or_unsupported_or_malformed(kind: type[Connector], data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(cases(kind)))
    body = bytearray(case.raw().body)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, max(0, len(body) - 1)))
        what = data.draw(st.sampled_from([b"", b"null", b"0", b"[]", b"{}", b'""', b"\xff", b"-1e999", b"\\ud800"]) | st.binary(max_size=4))
        body[at : at + data.draw(st.integers(0, 12))] = what
    raw = replace(case.raw(), body=data.draw(st.sampled_from([bytes(body), bytes(body[: len(body) // 2]), b"", b"[" * 5_000])))
    try:
        items = kind.parse(raw)
    except (Unsupported, Malformed):
        return
    assert all(isinstance(item, ITEMS) for item in items)


@pytest.mark.parametrize("kind", INSIDE, ids=name)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
@FEW
def test_any_json_is_items_or_unsupported_or_malformed(kind: type[Connector], body: object) -> None:
    try:
        items = kind.parse(replace(cases(kind)[0].raw(), body=json.dumps(body).encode()))
    except (Unsupported, Malformed):
        return
    assert all(isinstance(item, ITEMS) for item in items)
