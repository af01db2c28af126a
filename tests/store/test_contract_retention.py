"""What has been kept long enough goes, from its beginning and in bounded pieces; what anybody may still need stays."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core.ids import DeliveryId
from inbox.records import Batch, Settled
from inbox.store import blobs
from inbox.store.client import Database
from inbox.store.ledger import INLINE_BYTES, MongoLedger
from inbox.store.retention import MongoRetention
from inbox.testing.builders import a_delivery, an_event
from inbox.testing.clock import START
from tests.eventually import PATIENCE_S
from tests.store.conftest import Store

ALL = {1: 1_000, 2: 1_000}


async def journal_of(store: Store, ages: list[int], o: int = 1) -> None:
    """Entries of one writer, the first at START + the first age."""
    assert (await store.journal.lease_writer(f"owner of {o}", START)).o == o
    events = [replace(an_event(n), o=o, at=START + age) for n, age in enumerate(ages, 1)]
    await store.journal.commit(Batch(events=events))


async def left(store: Store) -> list[tuple[int, int]]:
    return [(event.o, event.n) for event in await store.journal.events_after({}, 1_000)]


async def test_old_entries_go_and_the_numbers_go_on(store: Store) -> None:
    await journal_of(store, [0, 1, 2, 3])
    assert await store.retention.trim_journal(START + 2, ALL, 100) == (2, False)
    assert await left(store) == [(1, 3), (1, 4)]
    assert await store.retention.trim_journal(START + 9, ALL, 100) == (1, False)
    assert await left(store) == [(1, 4)], "from the last entry follows the next number"
    assert await store.journal.highest(1) == 4
    assert await store.journal.heads() == {1: 4}


async def test_each_writer_is_trimmed_from_its_own_beginning(store: Store) -> None:
    await journal_of(store, [0, 5, 6])
    await journal_of(store, [1, 2, 7], o=2)
    assert await store.retention.trim_journal(START + 5, ALL, 100) == (3, False)
    assert await left(store) == [(1, 2), (1, 3), (2, 3)]


async def test_an_entry_behind_a_younger_one_waits_for_it(store: Store) -> None:
    """A clock may have been set back; a gap in the middle would look like loss to whoever comes back."""
    await journal_of(store, [0, 9, 1, 10])
    assert await store.retention.trim_journal(START + 5, ALL, 100) == (1, False)
    assert await left(store) == [(1, 2), (1, 3), (1, 4)]


async def test_what_a_reader_has_not_read_stays(store: Store) -> None:
    await journal_of(store, [0, 1, 2, 3])
    assert await store.retention.trim_journal(START + 9, {1: 2}, 100) == (2, False)
    assert await store.retention.trim_journal(START + 9, {}, 100) == (0, False)
    assert await left(store) == [(1, 3), (1, 4)]


async def test_a_step_over_the_journal_is_bounded(store: Store) -> None:
    await journal_of(store, list(range(6)))
    await journal_of(store, list(range(3)), o=2)
    steps = [await store.retention.trim_journal(START + 9, ALL, 3) for _ in range(4)]
    assert steps == [(3, True), (3, True), (1, False), (0, False)]
    assert await left(store) == [(1, 6), (2, 3)]


async def ledger_of(store: Store, *states: str) -> list[DeliveryId]:
    """Deliveries in these states, one a millisecond from START on."""
    ids = [DeliveryId(f"d{n}") for n in range(len(states))]
    for n, id in enumerate(ids):
        await store.ledger.record([(id, a_delivery(f"k{n}", arrived_at=START + n))])
    settled = [Settled(id, state) for id, state in zip(ids, states, strict=True) if state != "received"]
    await store.journal.commit(Batch(settled=settled))
    return ids


async def test_only_old_deliveries_that_are_dealt_with_go(store: Store) -> None:
    ids = await ledger_of(store, "done", "received", "unreadable", "unsupported", "done")
    assert await store.retention.trim_ledger(START + 4, 100) == (2, False)
    assert [id for id in ids if await store.ledger.get(id) is None] == ["d0", "d3"]
    assert await store.ledger.record([(ids[0], a_delivery("k0"))]) == [True], "should it come again, its message's id is still there"


async def test_a_step_over_the_ledger_is_bounded_and_passes_what_stays(store: Store) -> None:
    ids = await ledger_of(store, *["unreadable"] * 5, "done", "done", "received", "done")
    steps = [await store.retention.trim_ledger(START + 100, 2) for _ in range(6)]
    assert steps == [(0, True), (0, True), (1, True), (1, True), (1, False), (0, True)]
    assert [id for id in ids if await store.ledger.get(id) is None] == ["d5", "d6", "d8"]


async def test_the_bytes_of_a_large_delivery_go_with_it(mongo: Database) -> None:
    ledger = MongoLedger(mongo, PATIENCE_S)
    await ledger.record([(DeliveryId("big"), a_delivery(body=b"x" * (INLINE_BYTES + 1)))])
    await mongo["deliveries"].update_one({"_id": "big"}, {"$set": {"state": "done"}})
    assert await mongo[f"{blobs.BUCKET}.chunks"].count_documents({}) > 0
    assert await MongoRetention(mongo).trim_ledger(START + 10**9, 10) == (1, False)
    assert await mongo[f"{blobs.BUCKET}.chunks"].count_documents({}) == 0
    assert await mongo[f"{blobs.BUCKET}.files"].count_documents({}) == 0
