"""Everybody who listens hears every entry once and in order, whoever wrote it and whatever was lost in between."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from functools import partial

from msgspec import structs

from inbox.core.events import Event
from inbox.flow.feed import BATCH, Change, Feed
from inbox.records import CONVERSATIONS, CUSTOMERS, MESSAGES, Batch, Put
from inbox.testing.builders import a_conversation, a_customer, a_message, an_event
from inbox.testing.clock import ManualClock, settle
from inbox.testing.memory_store import MemoryStore
from tests.flow.faulty import FaultyJournal
from tests.flow.house import House, stored_in
from tests.store.conftest import Store


def numbers(changes: list[Change]) -> dict[int, list[int]]:
    """The numbers heard, by writer."""
    heard: dict[int, list[int]] = {}
    for change in changes:
        heard.setdefault(change.event.o, []).append(change.event.n)
    return heard


async def journal(store: Store) -> dict[int, list[int]]:
    events = await store.journal.events_after({}, 100_000)
    return {o: [e.n for e in events if e.o == o] for o in {e.o for e in events}}


async def test_every_process_hears_every_entry_once_and_in_order(any_store: Store) -> None:
    clock = ManualClock()
    async with House(any_store, clock).running() as one, House(any_store, clock, name="two").running() as two:
        dice = random.Random(3)
        await asyncio.gather(*(dice.choice((one, two)).write(f"m{n}", key=f"k{n}", subject=f"{n}") for n in range(60)))

        async def has_all(house: House) -> bool:
            return numbers(house.heard) == await journal(any_store)

        for house in (one, two):
            await house.until(partial(has_all, house))
        assert all(ns == list(range(1, len(ns) + 1)) for ns in (await journal(any_store)).values())


async def test_what_is_heard_comes_with_what_it_is_about(any_store: Store) -> None:
    clock = ManualClock()
    async with House(any_store, clock).running() as one, House(any_store, clock, name="two").running() as two:
        message = await one.write("hello")
        for house in (one, two):
            await house.until(lambda house=house: any(x.event.message for x in house.heard))  # type: ignore[misc]  # bound
            about = [x for x in house.heard if x.event.message == message.id]
            assert all(x.message == message for x in about)
            assert {x.conversation.id if x.conversation else "" for x in about} == {message.conversation}
            assert {x.customer.id for x in house.heard if x.customer} == {message.customer}


async def written(store: Store, *events: Event) -> None:
    await store.journal.commit(Batch(events=list(events)))


async def test_own_entries_behind_others_of_the_same_number_wait_for_those() -> None:
    store = stored_in(MemoryStore())
    feed = Feed(store.journal, store.queries)
    heard: list[Change] = []
    feed.listen(heard.extend)
    await feed.start()
    await written(store, *(an_event(n) for n in (1, 2, 3)))
    feed.committed([Change(an_event(3))])
    assert numbers(heard) == {}, "passing on the third would lose the first two"
    await feed.catch_up()
    feed.committed([Change(an_event(2)), Change(an_event(3))])
    assert numbers(heard) == {1: [1, 2, 3]}


async def test_reading_and_committing_at_the_same_time_doubles_nothing() -> None:
    store = stored_in(MemoryStore())
    feed = Feed(store.journal, store.queries)
    heard: list[Change] = []
    feed.listen(heard.extend)
    await feed.start()
    for n in range(1, 40):
        await written(store, an_event(n))
        reading = asyncio.gather(feed.catch_up())
        await settle(n % 4)
        feed.committed([Change(an_event(n))])
        await reading
    assert numbers(heard) == {1: list(range(1, 40))}


async def test_a_backlog_longer_than_a_page_is_read_to_its_end() -> None:
    store = stored_in(MemoryStore())
    feed = Feed(store.journal, store.queries)
    heard: list[Change] = []
    await feed.start()
    feed.listen(heard.extend)
    await written(store, *(an_event(n) for n in range(1, 2 * BATCH + 2)))
    await written(store, *(structs.replace(an_event(n), o=2) for n in range(1, 4)))
    await feed.catch_up()
    assert numbers(heard) == {1: list(range(1, 2 * BATCH + 2)), 2: [1, 2, 3]}


async def test_a_start_begins_at_the_present_end() -> None:
    store = stored_in(MemoryStore())
    await written(store, an_event(1), an_event(2))
    feed = Feed(store.journal, store.queries)
    heard: list[Change] = []
    feed.listen(heard.extend)
    await feed.start()
    await written(store, an_event(3))
    await feed.catch_up()
    assert numbers(heard) == {1: [3]}
    assert feed.position == {1: 3}


async def test_who_stops_listening_hears_no_more() -> None:
    store = stored_in(MemoryStore())
    feed = Feed(store.journal, store.queries)
    heard: list[Change] = []
    stop = feed.listen(heard.extend)
    await feed.start()
    await written(store, an_event(1))
    await feed.catch_up()
    stop()
    await written(store, an_event(2))
    await feed.catch_up()
    assert numbers(heard) == {1: [1]}


async def test_what_was_written_while_the_database_was_away_is_heard_afterwards() -> None:
    memory = MemoryStore()
    store, clock = stored_in(memory), ManualClock()
    async with House(store, clock).running(without=("indexer",)) as one:
        memory.away = True
        await one.rest()
        memory.away = False
        conversation = a_conversation()
        puts = [Put(CONVERSATIONS, conversation, None), Put(MESSAGES, a_message(), None), Put(CUSTOMERS, a_customer(), None)]
        event = structs.replace(an_event(1, about=conversation), o=60, message=a_message().id)
        await store.journal.commit(Batch(puts=puts, events=[event]))
        await one.until(lambda: [x.event for x in one.heard if x.event.o == 60] == [event])
        (change,) = [x for x in one.heard if x.event.o == 60]
        assert (change.conversation, change.message, change.customer) == (conversation, a_message(), a_customer())


async def test_a_process_that_takes_over_a_number_hears_what_was_written_under_it_before() -> None:
    memory, clock = MemoryStore(), ManualClock()
    store = stored_in(memory)
    slow = FaultyJournal(store.journal)
    async with House(replace(store, journal=slow), clock, name="two").running() as two:
        async with House(store, clock).running() as one:
            for n in range(5):
                await one.write(f"m{n}", key=f"k{n}", subject=f"{n}")
        clock.set(clock.now() + 60_000)
        await two.write("mine", key="mine")
        assert two.committer.writer == 1
        stored = await journal(store)
        await two.until(lambda: numbers(two.heard) == stored)
