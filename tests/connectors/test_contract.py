"""What holds for every connector that is found, whoever wrote it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.app import connectors
from inbox.app.contract import misbehaves, mutated, problems
from inbox.connector import Connector
from tests.connectors.recorded import HERE, cases, channels

ROOT = Path(__file__).resolve().parents[2]
ALL = channels()
INSIDE = [kind for kind in ALL if not kind.capabilities.parse_outside]
"""What runs in a limited process of its own has hostile inputs of its own, too."""
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def name(kind: type[Connector]) -> str:
    """For people."""
    return kind.name


@pytest.mark.parametrize("kind", ALL, ids=name)
def test_it_keeps_the_contract(kind: type[Connector]) -> None:
    assert problems(kind, HERE / kind.name) == []


@pytest.mark.parametrize("kind", ALL, ids=name)
def test_operators_have_a_page_about_it(kind: type[Connector]) -> None:
    page = ROOT / "docs/channels" / f"{kind.name}.md"
    assert page.exists()
    assert kind.name in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", INSIDE, ids=name)
@given(dice=st.randoms(use_true_random=False))
@FEW
def test_whatever_comes_is_items_or_unsupported_or_malformed(kind: type[Connector], dice: object) -> None:
    raw = dice.choice(cases(kind)).raw()  # type: ignore[attr-defined]  # a random.Random
    assert misbehaves(kind, replace(raw, body=mutated(raw.body, dice))) == ""  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("kind", INSIDE, ids=name)
@given(body=ANY_JSON)
@FEW
def test_any_json_is_items_or_unsupported_or_malformed(kind: type[Connector], body: object) -> None:
    raw = cases(kind)[0].raw()
    assert misbehaves(kind, replace(raw, body=json.dumps(body).encode())) == ""


def test_the_table_of_channels_in_the_docs_says_what_they_show() -> None:
    page = (ROOT / "docs/channels/README.md").read_text(encoding="utf-8")
    assert connectors.table(connectors.known(folder=HERE)) in page, "run scripts/write_channel_table.py"
