"""How far a search looks at first follows from what its reader was shown lately; what he is shown does not."""

from __future__ import annotations

import pytest

from inbox.core.conversation import Category
from inbox.core.ids import AgentId
from inbox.core.permissions import Scope
from inbox.core.views import View
from inbox.store.lists import reading
from inbox.store.search_gate import FRESH_S, MEMORY, MOST_KNOWN, Gate, Shares


def a_gate(agent: str) -> Gate:
    """Of somebody who sees what he holds."""
    how = reading(View("search", tuple(Category)), Scope(agent=AgentId(agent)), AgentId(agent))
    assert how is not None
    return Gate(how, how.filter, "who_number", everything=False)


def test_nothing_is_known_of_who_did_not_search() -> None:
    assert Shares().of(a_gate("mia"), 0.0) is None


def test_a_share_is_known_for_a_minute_and_each_reader_has_his_own() -> None:
    shares = Shares()
    shares.learn(a_gate("mia"), 200, 10, 100.0)
    assert shares.of(a_gate("mia"), 100.0 + FRESH_S - 1) == pytest.approx(0.05)
    assert shares.of(a_gate("mia"), 100.0 + FRESH_S) is None
    assert shares.of(a_gate("tom"), 100.0) is None


def test_what_was_learned_last_counts_for_more() -> None:
    shares = Shares()
    shares.learn(a_gate("mia"), 1_000_000, 0, 0.0)
    shares.learn(a_gate("mia"), MEMORY, MEMORY, 0.0)
    assert shares.of(a_gate("mia"), 0.0) == pytest.approx(0.5)


def test_a_search_that_asked_for_nothing_teaches_nothing_wrong() -> None:
    shares = Shares()
    shares.learn(a_gate("mia"), 0, 0, 0.0)
    assert shares.of(a_gate("mia"), 0.0) == 0.0


def test_readers_of_long_ago_are_forgotten() -> None:
    shares = Shares()
    for n in range(MOST_KNOWN + 1):
        shares.learn(a_gate(f"a{n}"), 10, 1, 0.0)
    assert shares.of(a_gate("a0"), 0.0) is None
    assert shares.of(a_gate("a1"), 0.0) is not None
