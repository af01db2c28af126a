"""What a search asks of the conversation itself, with words and without, finds exactly those of which it holds."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core.conversation import ClockState, Mention, SlaClock
from inbox.core.ids import AgentId, MessageId
from inbox.core.permissions import Scope
from inbox.core.words import query
from inbox.testing.builders import a_conversation
from inbox.testing.clock import START
from tests.store.conftest import Store
from tests.store.test_contract_search import an_order, store_all

ME, TOM, NOTE = AgentId("mia"), AgentId("tom"), MessageId("n1")
LATE = SlaClock("first_response", ClockState.BREACHED, 10, breached_at=START)
SOON = SlaClock("first_response", ClockState.RUNNING, 10, warned_at=START)
HOLDS: dict[str, dict[str, Any]] = {
    "mentioned": {"mentions": (Mention(TOM, NOTE), Mention(ME, NOTE))},
    "followed": {"followers": (ME,)},
    "late": {"sla": (LATE,)},
    "soon": {"sla": (SOON,)},
    "scheduled": {"scheduled": (NOTE,)},
    "queued": {"queued_at": START},
}
OTHERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "tom named": {"mentions": (Mention(TOM, NOTE),)},
    "tom follows": {"followers": (TOM,)},
}


@pytest.mark.parametrize("words", ["", " order", " nowhere"])
async def test_a_condition_finds_what_it_holds_of_and_nothing_else(store: Store, words: str) -> None:
    stored = [a_conversation(id, number=n, **fields) for n, (id, fields) in enumerate({**HOLDS, **OTHERS}.items(), 1)]
    await store_all(store, stored, [an_order(f"m {c.id}", c.id, START + c.number) for c in stored])
    for name in HOLDS:
        hits, after = await store.search.find(query(f"is:{name}{words}"), Scope(all=True), ME, None, 50)
        assert ([id for id, _ in hits], after) == ([] if words == " nowhere" else [name], None), name
