"""The sweep over journal and ledger: on time, in steps, and not stopped by a database that is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from msgspec.structs import replace

from inbox.core.facts import Folded
from inbox.core.ids import DeliveryId
from inbox.flow.retention import DAY_MS, EVERY_MS, PAUSE_MS, STEP, Trimmer
from inbox.records import Batch, Settled
from inbox.testing.builders import a_delivery, an_event
from inbox.testing.clock import START, ManualClock, settle
from inbox.testing.memory_store import MemoryStore

Observe = Callable[[str, int], None]


@asynccontextmanager
async def trimming(store: MemoryStore, clock: ManualClock, journal_days: int, sources_days: int, observe: Observe) -> AsyncIterator[None]:
    task = asyncio.create_task(Trimmer(store.retention, store.search, store.facts, clock, journal_days, sources_days, observe).run())  # noqa: TID251  ended below
    await settle()
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def a_store(events: int, deliveries: int) -> MemoryStore:
    """All of it from START and read by the index."""
    store = MemoryStore()
    await store.journal.commit(Batch(events=[replace(an_event(n), at=START) for n in range(1, events + 1)]))
    ids = [DeliveryId(f"d{n}") for n in range(deliveries)]
    await store.ledger.record([(id, a_delivery(id)) for id in ids])
    await store.journal.commit(Batch(settled=[Settled(id, "done") for id in ids]))
    await store.search.save_position({1: events})
    await store.facts.fold(Folded(), {}, {1: events})
    return store


async def test_everything_stays_for_as_many_days_as_are_set_and_goes_within_the_next_hour() -> None:
    store, clock, seen = await a_store(3, 2), ManualClock(), dict[str, int]()
    async with trimming(store, clock, 10, 20, lambda what, count: seen.update({what: seen.get(what, 0) + count})):
        await clock.advance(10 * DAY_MS)
        assert len(store.tables.events) == 3
        await clock.advance(EVERY_MS)
        assert len(store.tables.events) == 1
        assert len(store.tables.deliveries) == 2
        await clock.advance(10 * DAY_MS)
        assert store.tables.deliveries == {}
    assert seen == {"events": 2, "deliveries": 2}


async def test_zero_days_keep_everything() -> None:
    store, clock = await a_store(3, 2), ManualClock(START + 10_000 * DAY_MS)
    async with trimming(store, clock, 0, 0, lambda what, count: None):
        assert (len(store.tables.events), len(store.tables.deliveries)) == (3, 2)


async def test_a_long_past_goes_step_by_step_with_others_having_their_turn() -> None:
    store, clock = await a_store(2 * STEP + 10, 0), ManualClock(START + 100 * DAY_MS)
    async with trimming(store, clock, 10, 10, lambda what, count: None):
        assert len(store.tables.events) == STEP + 10
        await clock.advance(PAUSE_MS)
        assert len(store.tables.events) == 10
        await clock.advance(PAUSE_MS)
        assert len(store.tables.events) == 1


async def test_what_the_search_index_has_not_read_stays() -> None:
    store, clock = await a_store(5, 0), ManualClock(START + 100 * DAY_MS)
    await store.search.save_position({1: 2})
    async with trimming(store, clock, 10, 10, lambda what, count: None):
        assert sorted(store.tables.events) == [(1, 3), (1, 4), (1, 5)]


async def test_a_database_that_is_away_is_tried_again_in_an_hour() -> None:
    store, clock = await a_store(3, 1), ManualClock(START + 100 * DAY_MS)
    store.away = True
    async with trimming(store, clock, 10, 10, lambda what, count: None):
        store.away = False
        await clock.advance(EVERY_MS)
        assert (len(store.tables.events), len(store.tables.deliveries)) == (1, 0)
