"""Notices: paged newest first, seen once, an agent's own."""

from __future__ import annotations

from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Author
from inbox.core.notifications import Notification
from inbox.records import NOTIFICATIONS, Batch, Put
from inbox.testing.clock import START
from tests.store.conftest import Store

MIA, TOM = AgentId("mia"), AgentId("tom")
C1, C2 = ConversationId("c1"), ConversationId("c2")
CUSTOMER = Author("customer", "anna")


def a_notice(n: int, agent: AgentId = MIA, conversation: ConversationId = C1) -> Notification:
    """Two of each instant, so that the id has to order them."""
    return Notification(f"1-{n:02}-{agent}", agent, "reply", START + n // 2, conversation, CUSTOMER)


async def stored(store: Store, *notices: Notification) -> None:
    await store.journal.commit(Batch(puts=[Put(NOTIFICATIONS, n, None) for n in notices]))


async def test_pages_go_on_where_the_last_one_ended(store: Store) -> None:
    await stored(store, *(a_notice(n) for n in range(7)), a_notice(3, TOM))
    first, after = await store.notices.page(MIA, None, 3)
    second, more = await store.notices.page(MIA, after, 3)
    last, end = await store.notices.page(MIA, more, 3)
    assert [n.id for n in (*first, *second, *last)] == [f"1-{n:02}-mia" for n in reversed(range(7))]
    assert end is None
    assert first[0] == a_notice(6)


async def test_seen_is_seen_once_and_by_its_reader_alone(store: Store) -> None:
    await stored(store, *(a_notice(n) for n in range(4)), a_notice(9, TOM))
    assert await store.notices.mark(MIA, ["1-03-mia", "1-09-tom", "none"], START + 99) == 1
    assert await store.notices.mark(MIA, ["1-03-mia"], START + 100) == 0
    assert [n.id for n in await store.notices.unread(MIA, 10)] == ["1-02-mia", "1-01-mia", "1-00-mia"]
    assert len(await store.notices.unread(MIA, 2)) == 2
    assert (await store.notices.page(MIA, None, 1))[0][0].read_at == START + 99
    assert len(await store.notices.unread(TOM, 10)) == 1


async def test_all_up_to_an_instant_or_those_of_one_conversation(store: Store) -> None:
    await stored(store, a_notice(0), a_notice(2, conversation=C2), a_notice(4), a_notice(6))
    assert await store.notices.mark_of(MIA, (C2,), START + 50, START + 99) == 1
    assert await store.notices.mark_of(MIA, None, START + 2, START + 99) == 2, "what came later was not seen"
    assert [n.id for n in await store.notices.unread(MIA, 10)] == ["1-06-mia"]
