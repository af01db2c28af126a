"""The journal's promises: all or nothing, expectations, agents' loads, fenced writers, entries in order, wake-ups."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core.errors import Conflict, Fenced, InboxError
from inbox.core.ids import AgentId, ConversationId, DeliveryId
from inbox.core.message import Delivery, DeliveryState
from inbox.records import (
    AGENTS,
    CONVERSATIONS,
    CUSTOMERS,
    IDENTITIES,
    MESSAGES,
    THREAD_KEYS,
    TIMERS,
    Batch,
    LoadChange,
    Noun,
    Put,
    Removal,
    Settled,
    ThreadKey,
    Timer,
)
from inbox.testing.builders import a_conversation, a_customer, a_delivery, a_message, a_reply, an_agent, an_event, an_identity
from inbox.testing.clock import START
from tests.eventually import PATIENCE_S
from tests.store.conftest import Store

MIA = AgentId("mia")


async def test_what_is_committed_is_loaded_as_it_was(store: Store) -> None:
    conversation = a_conversation(tags=("vip",), waiting_since=START)
    message = a_reply(delivery=Delivery(DeliveryState.PENDING, due_at=START))
    customer, identity = a_customer(attributes={"plan": "gold", "a.b": "1", "$c": "2"}), an_identity()
    key, timer = ThreadKey("k", "open", conversation.id), Timer("t", conversation.id, "snooze", 1, START)
    values: dict[Noun[Any], Any] = {
        CONVERSATIONS: conversation,
        MESSAGES: message,
        CUSTOMERS: customer,
        IDENTITIES: identity,
        THREAD_KEYS: key,
        TIMERS: timer,
    }
    await store.journal.commit(Batch(puts=[Put(noun, value, None) for noun, value in values.items()], events=[an_event(1)]))
    loaded = await store.journal.load({noun: frozenset({value.id, "no such"}) for noun, value in values.items()})
    assert loaded == {noun: {value.id: value} for noun, value in values.items()}
    assert await store.journal.events_after({}, 10) == [an_event(1)]


async def test_a_value_is_only_replaced_at_the_version_that_was_seen(store: Store) -> None:
    first = a_conversation()
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, first, None)], events=[an_event(1)]))
    second = replace(first, version=2, subject="Second")
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, second, 1)], events=[an_event(2)]))
    with pytest.raises(Conflict):
        await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, replace(first, version=2, subject="Late"), 1)], events=[an_event(3)]))
    with pytest.raises(Conflict):
        await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, a_conversation("new", version=5), 4)], events=[an_event(3)]))
    assert await store.queries.conversation(first.id) == second
    assert await store.journal.highest(1) == 2


@pytest.mark.parametrize("failing", ["version", "duplicate", "load", "number"])
async def test_a_batch_that_fails_leaves_nothing(store: Store, failing: str) -> None:
    await store.directory.save_agent(an_agent())
    await store.ledger.record([(DeliveryId("d1"), a_delivery())])
    there = [
        Put(CONVERSATIONS, a_conversation("old", number=7), None),
        Put(MESSAGES, a_message("m0"), None),
        Put(MESSAGES, a_message("m5"), None),
    ]
    await store.journal.commit(Batch(puts=there))
    batch = Batch(
        puts=[Put(MESSAGES, a_message("m1"), None), Put(CONVERSATIONS, a_conversation("c1"), None)],
        removals=[Removal(MESSAGES, "m0")],
        loads=[LoadChange(MIA, 1, 10)],
        settled=[Settled(DeliveryId("d1"), "done")],
        events=[an_event(1)],
    )
    match failing:
        case "version":
            batch.puts.append(Put(CONVERSATIONS, a_conversation("old", version=9, number=7), 8))
        case "duplicate":
            batch.puts.append(Put(MESSAGES, a_message("m5"), None))
        case "load":
            batch.loads.append(LoadChange(MIA, 10, 10))
        case "number":
            batch.puts.append(Put(CONVERSATIONS, a_conversation("other", number=7), None))
    with pytest.raises(Conflict):
        await store.journal.commit(batch)
    wanted: dict[Noun[Any], set[str]] = {MESSAGES: {"m0", "m1"}, CONVERSATIONS: {"c1", "old"}, AGENTS: {"mia"}}
    loaded = await store.journal.load({noun: frozenset(ids) for noun, ids in wanted.items()})
    assert set(loaded[MESSAGES]) == {"m0"}
    assert set(loaded[CONVERSATIONS]) == {"old"}
    assert loaded[AGENTS]["mia"].load == 0
    row = await store.ledger.get(DeliveryId("d1"))
    assert row is not None
    assert row.state == "received"
    assert await store.journal.events_after({}, 10) == []


async def test_removals_and_settled_deliveries_take_part(store: Store) -> None:
    await store.ledger.record([(DeliveryId("d1"), a_delivery())])
    await store.journal.commit(Batch(puts=[Put(MESSAGES, a_message("m1"), None)]))
    settled = [Settled(DeliveryId("d1"), "unreadable", "no headers"), Settled(DeliveryId("unknown"), "done")]
    await store.journal.commit(Batch(removals=[Removal(MESSAGES, "m1"), Removal(MESSAGES, "never")], settled=settled, events=[an_event(1)]))
    assert await store.queries.message(a_message("m1").id) is None
    row = await store.ledger.get(DeliveryId("d1"))
    assert row is not None
    assert (row.state, row.error) == ("unreadable", "no headers")


async def test_what_is_held_of_a_kind_is_counted_and_bounded_in_the_claim(store: Store) -> None:
    await store.directory.save_agent(an_agent(capacity=50))
    chats = [Batch(loads=[LoadChange(MIA, 2, 50, START, kind="visitor", kind_at_most=3)], events=[an_event(1, o=9 + n)]) for n in range(12)]
    results = await asyncio.gather(*(store.journal.commit(batch) for batch in chats), return_exceptions=True)
    assert sum(result is None for result in results) <= 3
    await store.journal.commit(Batch(loads=[LoadChange(MIA, 1, 50, START + 5, kind="email")], events=[an_event(1, o=40)]))
    await store.journal.commit(Batch(loads=[LoadChange(MIA, -1, freed_at=START + 9, kind="phone")], events=[an_event(1, o=41)]))
    (mia,) = await store.queries.agents()
    assert mia.held["visitor"] == sum(result is None for result in results) >= 1
    assert (mia.held["email"], mia.held["phone"], mia.last_assigned_at, mia.freed_at) == (1, 0, START + 5, START + 9)
    renamed = replace(mia, name="Other", held={}, freed_at=0)
    await store.journal.commit(Batch(puts=[Put(AGENTS, renamed, mia.version)], events=[an_event(1, o=42)]))
    (kept,) = await store.queries.agents()
    assert (kept.held, kept.freed_at, kept.name) == (mia.held, mia.freed_at, "Other")


async def test_fifty_claims_at_once_never_exceed_the_capacity(store: Store) -> None:
    await store.directory.save_agent(an_agent(capacity=7))

    async def claim(i: int) -> bool:
        batch = Batch(
            puts=[Put(CONVERSATIONS, a_conversation(f"c{i}", assignee=MIA), None)],
            loads=[LoadChange(MIA, 1, 7, START + i)],
            events=[an_event(1, o=i + 1)],
        )
        for _ in range(200):
            try:
                await store.journal.commit(batch)
            except Conflict:
                loaded = (await store.journal.load({AGENTS: frozenset({"mia"})}))[AGENTS]["mia"].load
                if loaded >= 7:
                    return False
            else:
                return True
        raise AssertionError("never settled")

    won = sum(await asyncio.gather(*(claim(i) for i in range(50))))
    agent = (await store.journal.load({AGENTS: frozenset({"mia"})}))[AGENTS]["mia"]
    held = [id for i in range(50) for id in await store.queries.conversations([ConversationId(f"c{i}")])]
    assert (won, agent.load, len(held)) == (7, 7, 7)
    assert agent.last_assigned_at >= START


async def test_an_agents_load_is_only_changed_by_claims_and_releases(store: Store) -> None:
    await store.directory.save_agent(an_agent())
    await store.journal.commit(Batch(loads=[LoadChange(MIA, 3, 10, START)], events=[an_event(1)]))
    renamed = an_agent(name="Mia M.", version=2, load=99, last_assigned_at=1)
    await store.journal.commit(Batch(puts=[Put(AGENTS, renamed, 1)], loads=[LoadChange(MIA, -1)], events=[an_event(2)]))
    await store.directory.save_agent(an_agent(name="Mia Muster", version=3))
    (stored,) = await store.queries.agents()
    assert stored == an_agent(name="Mia Muster", version=3, load=2, last_assigned_at=START)


async def test_a_claim_for_more_than_allowed_or_for_nobody_fails(store: Store) -> None:
    await store.directory.save_agent(an_agent())
    for change in (LoadChange(MIA, 11, 10), LoadChange(MIA, 1, 0), LoadChange(AgentId("nobody"), 1, 10)):
        with pytest.raises(Conflict):
            await store.journal.commit(Batch(loads=[change], events=[an_event(1)]))


async def test_a_writer_whose_number_went_to_another_is_fenced(store: Store) -> None:
    slow = await store.journal.lease_writer("slow", START)
    await store.journal.commit(Batch(events=[an_event(1, o=slow.o)]))
    other = await store.journal.lease_writer("other", START + 1)
    assert other.o != slow.o
    after = START + 60_000
    quick = await store.journal.lease_writer("quick", after)
    assert (quick.o, quick.n) == (slow.o, 1)
    assert quick.fence > slow.fence
    await store.journal.commit(Batch(events=[an_event(2, o=quick.o)]))
    with pytest.raises(Fenced):
        await store.journal.renew_writer(slow, after)
    with pytest.raises(Fenced):
        await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, a_conversation("zombie"), None)], events=[an_event(2, o=slow.o)]))
    assert await store.queries.conversation(ConversationId("zombie")) is None
    await store.journal.release_writer(slow)
    await store.journal.renew_writer(quick, after)
    assert (await store.journal.lease_writer("third", after)).o != quick.o


async def test_a_number_given_back_is_free_at_once(store: Store) -> None:
    first = await store.journal.lease_writer("first", START)
    await store.journal.release_writer(first)
    again = await store.journal.lease_writer("second", START)
    assert again.o == first.o
    with pytest.raises(Fenced):
        await store.journal.renew_writer(first, START)


async def test_writers_leased_at_once_are_different(store: Store) -> None:
    slots = await asyncio.gather(*(store.journal.lease_writer(f"s{i}", START) for i in range(10)))
    assert sorted(slot.o for slot in slots) == list(range(1, 11))


async def test_conversation_numbers_start_at_1001_and_are_given_once(store: Store) -> None:
    ranges = await asyncio.gather(*(store.journal.lease_numbers(5) for _ in range(8)))
    assert sorted(n for numbers in ranges for n in numbers) == list(range(1001, 1041))


async def test_entries_are_read_after_a_cursor_in_order_per_writer(store: Store) -> None:
    for o, n in ((3, 1), (1, 1), (1, 2), (3, 2), (2, 1), (1, 3)):
        await store.journal.commit(Batch(events=[an_event(n, o=o)]))
    read = [(e.o, e.n) for e in await store.journal.events_after({1: 1, 3: 2}, 10)]
    assert [n for o, n in read if o == 1] == [2, 3]
    assert sorted(read) == [(1, 2), (1, 3), (2, 1)]
    assert len(await store.journal.events_after({}, 4)) == 4
    assert await store.journal.events_after({1: 3, 2: 1, 3: 2}, 10) == []


async def test_paging_through_the_journal_by_cursor_misses_and_repeats_nothing(store: Store) -> None:
    slots = [await store.journal.lease_writer(f"s{i}", START) for i in range(3)]
    for n in range(1, 8):
        await store.journal.commit(Batch(events=[an_event(n, o=slot.o) for slot in slots]))
    assert await store.journal.heads() == {slot.o: 7 for slot in slots}
    cursor: dict[int, int] = {}
    read: list[tuple[int, int]] = []
    while events := await store.journal.events_after(cursor, 4):
        for event in events:
            assert event.n == cursor.get(event.o, 0) + 1
            cursor[event.o] = event.n
            read.append((event.o, event.n))
    assert len(read) == len(set(read)) == 21


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the driver forgets a socket that it was just opening
async def test_whoever_follows_stops_when_told_to_however_far_he_has_come(store: Store) -> None:
    async def follow() -> None:
        async with aclosing(store.journal.changes()) as changes:  # type: ignore[type-var]  # both are generators
            async for _ in changes:
                pass

    async with asyncio.timeout(PATIENCE_S):
        for steps in range(300):
            following = asyncio.create_task(follow())  # noqa: TID251  it is cancelled below
            for _ in range(steps):
                await asyncio.sleep(0)
            following.cancel()
            await asyncio.wait([following])
            assert following.cancelled()


async def test_whoever_follows_is_woken_for_every_commit(store: Store) -> None:
    seen = asyncio.Event()
    ready = asyncio.Event()
    cursor: dict[int, int] = {}

    async def follow() -> None:
        async with aclosing(store.journal.changes()) as changes:  # type: ignore[type-var]  # both are generators
            async for _ in changes:
                ready.set()
                for event in await store.journal.events_after(cursor, 100):
                    cursor[event.o] = event.n
                if cursor.get(1, 0) >= 20:
                    seen.set()

    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow())
        await asyncio.wait_for(ready.wait(), PATIENCE_S)
        for n in range(1, 21):
            await store.journal.commit(Batch(events=[an_event(n)]))
        await asyncio.wait_for(seen.wait(), PATIENCE_S)
        following.cancel()
    assert cursor == {1: 20}


async def test_an_empty_batch_and_a_lone_value_are_fine(store: Store) -> None:
    await store.journal.commit(Batch())
    await store.journal.commit(Batch(puts=[Put(MESSAGES, a_message("lone"), None)]))
    with pytest.raises(InboxError):
        await store.journal.commit(Batch(puts=[Put(MESSAGES, a_message("lone", text="other"), None)]))
    stored = await store.queries.message(a_message("lone").id)
    assert stored == a_message("lone")
