"""Read marks, drafts and presence."""

from __future__ import annotations

import asyncio

import pytest

from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, ConversationId, MessageId
from inbox.records import Draft, ReadState
from inbox.testing.clock import START
from tests.store.conftest import Store

MIA, TOM = AgentId("mia"), AgentId("tom")
C1, C2 = ConversationId("c1"), ConversationId("c2")


def a_draft(text: str = "Dear Anna", mode: str = "reply", conversation: ConversationId = C1) -> Draft:
    """What Mia has typed."""
    return Draft(MIA, conversation, mode, text, 0, START, to=({"kind": "email", "value": "a@example.org"},), files=("f1",))


async def test_a_mark_is_an_agents_own_and_the_last_one_counts(store: Store) -> None:
    await store.own.mark(ReadState(MIA, C1, 3, MessageId("m3"), START))
    await store.own.mark(ReadState(MIA, C1, 0))
    await store.own.mark(ReadState(TOM, C1, 5))
    await store.own.mark(ReadState(MIA, C2, 1))
    assert await store.own.reads(MIA, [C1, ConversationId("none")]) == {C1: ReadState(MIA, C1, 0)}
    assert await store.own.reads(TOM, [C1, C2]) == {C1: ReadState(TOM, C1, 5)}
    assert await store.own.reads(TOM, []) == {}


async def test_a_draft_is_kept_per_mode_and_grows_by_revisions(store: Store) -> None:
    first = await store.own.save_draft(a_draft(), 0)
    second = await store.own.save_draft(a_draft("Dear Anna, thank you"), first.revision)
    await store.own.save_draft(a_draft("careful", mode="note"), 0)
    await store.own.save_draft(a_draft(conversation=C2), 0)
    assert (first.revision, second.revision) == (1, 2)
    assert [(d.mode, d.text, d.revision) for d in await store.own.drafts(MIA, [C1])] == [("note", "careful", 1), ("reply", second.text, 2)]
    assert await store.own.drafts(TOM, [C1]) == []
    assert second in await store.own.drafts(MIA, [C1, C2])
    await store.own.delete_draft(MIA, C1, "reply")
    await store.own.delete_draft(MIA, C1, "reply")
    assert [d.mode for d in await store.own.drafts(MIA, [C1])] == ["note"]


async def test_a_draft_typed_on_an_older_one_does_not_replace_it(store: Store) -> None:
    first = await store.own.save_draft(a_draft(), 0)
    await store.own.save_draft(a_draft("from the other tab"), first.revision)
    for base in (0, first.revision, 7):
        with pytest.raises(Conflict):
            await store.own.save_draft(a_draft("late"), base)
    (kept,) = await store.own.drafts(MIA, [C1])
    assert kept.text == "from the other tab"


async def test_of_two_tabs_that_save_at_once_one_is_told(store: Store) -> None:
    answers = await asyncio.gather(*(store.own.save_draft(a_draft(f"tab {i}"), 0) for i in range(5)), return_exceptions=True)
    assert sorted(type(a).__name__ for a in answers) == ["Conflict"] * 4 + ["Draft"]


async def test_presence_is_leased_and_of_several_servers_each_counts(store: Store) -> None:
    await store.presence.beat("one", {MIA: False, TOM: True}, START + 10)
    await store.presence.beat("two", {MIA: True}, START + 20)
    assert await store.presence.online(START) == {MIA: True, TOM: True}
    assert await store.presence.online(START, besides="two") == {MIA: False, TOM: True}
    assert await store.presence.online(START + 10) == {MIA: True}
    await store.presence.beat("two", {MIA: True}, START)
    assert await store.presence.online(START + 1, besides="one") == {}
