"""What goes through the committer is stored whole or not at all, in order, once, and nobody pays for a neighbour's fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from inbox.core import commands as c
from inbox.core.errors import Conflict, InboxError, Invalid, TooLarge, TryLater, Unavailable
from inbox.core.events import Event, EventType
from inbox.core.ids import delivery_id
from inbox.core.message import Address, Author
from inbox.flow.committer import Rank
from inbox.flow.ingest import Ingest
from inbox.flow.working import Layer
from inbox.records import MESSAGES, THREAD_KEYS, ThreadKey
from inbox.testing.clock import ManualClock, settle
from inbox.testing.memory_store import MemoryStore
from tests.flow.faulty import FaultyJournal
from tests.flow.house import BOB, CHAT, KEY, MAIL, House, a_line, a_mail, load, stored_in
from tests.store.conftest import Store, in_memory

SYSTEM = Author("system")


@dataclass(frozen=True)
class Note:
    """A unit that stores a key and an event; ``decided`` hears of every attempt."""

    id: str
    decided: Callable[[str], object] = lambda id: None
    reads: tuple[str, ...] = ()
    rank: Rank = Rank.INGEST
    group: str = "g"
    size: int = 10

    def decide(self, layer: Layer) -> str:
        """The id."""
        for read in (self.id, *self.reads):
            layer.need((THREAD_KEYS, (read,)))
        self.decided(self.id)
        stored = layer.get(THREAD_KEYS, self.id)
        layer.put(THREAD_KEYS, stored or ThreadKey(self.id, "token", "c"))  # type: ignore[arg-type]  # any conversation
        layer.event(Event(EventType.AGENT_CHANGED, layer.now, SYSTEM, cause=self.id))
        return self.id


@dataclass(frozen=True)
class Broken(Note):
    """A unit with a bug, or one that refuses."""

    error: Exception = field(default_factory=lambda: LookupError("a bug"))

    def decide(self, layer: Layer) -> str:
        """Writes, then fails."""
        super().decide(layer)
        raise self.error


def a_house(journal: FaultyJournal | None = None) -> tuple[House, FaultyJournal]:
    store = in_memory()
    journal = journal or FaultyJournal(store.journal)
    return House(replace(store, journal=journal)), journal


def ingest(text: str, key: str, **fields: Any) -> Ingest:
    return Ingest(delivery_id(MAIL, key), MAIL, 0, [a_mail(text, key=key, **fields)], (KEY,))


async def submit(house: House, units: Iterable[Any]) -> list[Any]:
    """All at once; results and errors."""
    return await asyncio.gather(*(house.committer.submit(unit) for unit in units), return_exceptions=True)


async def causes(store: Store) -> list[str]:
    return [e.cause for e in await store.journal.events_after({}, 1000)]


async def test_what_waits_shares_a_commit_and_keeps_its_order(any_store: Store) -> None:
    journal = FaultyJournal(any_store.journal)
    async with House(replace(any_store, journal=journal)).running(without=("recounting",)) as house:
        names = [f"n{i:03}" for i in range(150)]
        assert await submit(house, [Note(n, group=f"g{i % 3}") for i, n in enumerate(names)]) == names
    assert [len(b.events) for b in journal.batches] == [64, 64, 22]
    assert await causes(any_store) == names
    assert [e.n for e in await any_store.journal.events_after({}, 1000)] == list(range(1, 151))


async def test_many_units_of_one_group_in_one_batch_are_all_decided(any_store: Store) -> None:
    async with House(any_store).running() as house:
        await submit(house, [ingest(f"line {n}", f"k{n}", external_id=f"<{n}@x>", references=("<0@x>",)) for n in range(60)])
        (conversation,) = await house.store.queries.waiting(10)
        assert await house.thread(conversation.id) == [f"line {n}" for n in range(60)]
        assert (conversation.messages, conversation.inbound) == (60, 60)


async def test_a_group_behind_a_slow_unit_loads_its_values_ahead() -> None:
    house, journal = a_house()
    async with house.running(without=("indexer",)):
        await submit(house, [Note("warm")])
        journal.loads = 0
        await submit(house, [Note(f"n{n}", reads=("a", "b")) for n in range(50)])
        assert journal.loads <= 6


async def test_commands_go_before_what_came_in_and_bulk_work_goes_last() -> None:
    house, _ = a_house()
    asked = [Note("bulk", rank=Rank.BULK), Note("mail"), Note("command", rank=Rank.COMMAND)]
    waiting = asyncio.gather(*(house.committer.submit(unit) for unit in asked))
    await settle()
    async with house.running():
        await waiting
        assert await causes(house.store) == ["command", "mail", "bulk"]


async def test_a_batch_has_a_limit_in_bytes_but_the_largest_unit_passes() -> None:
    house, journal = a_house()
    sizes = {"small": 10, "huge": 9_000_000, "big": 3_000_000, "other": 3_000_000}
    waiting = asyncio.gather(*(house.committer.submit(Note(n, size=size)) for n, size in sizes.items()))
    await settle()
    async with house.running():
        await waiting
        assert [[e.cause for e in b.events] for b in journal.batches] == [["small"], ["huge"], ["big"], ["other"]]


@pytest.mark.parametrize(
    ("error", "heard"), [(LookupError("a bug"), "internal error: LookupError"), (Invalid("text", "no"), "text: no")], ids=["bug", "refusal"]
)
async def test_a_unit_that_fails_hurts_no_neighbour_and_leaves_nothing(error: Exception, heard: str) -> None:
    house, journal = a_house()
    async with house.running():
        results = await submit(house, [Note("a"), Broken("b", error=error), Note("c")])
        assert (results[0], results[2]) == ("a", "c")
        assert isinstance(results[1], InboxError)
        assert str(results[1]) == heard
        assert await causes(house.store) == ["a", "c"]
        assert len(journal.batches) == 1
        assert not await load(house.store.journal, THREAD_KEYS, "b")


async def test_what_the_database_finds_too_large_is_refused_alone() -> None:
    house, journal = a_house()

    def too_large(batch: Any) -> None:
        if any(e.cause == "b" for e in batch.events):
            raise TooLarge("16 MB")

    journal.check = too_large
    async with house.running():
        results = await submit(house, [Note("a"), Note("b"), Note("c")])
    assert results[::2] == ["a", "c"]
    assert isinstance(results[1], TooLarge)


async def test_a_unit_that_asks_for_ever_more_is_stopped_alone() -> None:
    house, _ = a_house()
    many = Note("greedy", reads=tuple(f"r{n}" for n in range(100)), group="other")
    async with house.running():
        results = await submit(house, [Note("a"), many, Note("c")])
    assert results[::2] == ["a", "c"]
    assert isinstance(results[1], InboxError)


async def test_a_conflict_makes_each_decide_again_on_what_is_there_now() -> None:
    house, journal = a_house()
    journal.commits.extend([Conflict("x")])
    decided: list[str] = []
    async with house.running():
        assert await submit(house, [Note("a", decided.append), Note("b", decided.append, group="h")]) == ["a", "b"]
        assert decided == ["a", "b", "a", "b"]
        assert await causes(house.store) == ["a", "b"]


async def test_an_endless_conflict_is_told_and_the_next_unit_goes_on() -> None:
    house, journal = a_house()

    def contested(batch: Any) -> None:
        if any(e.cause == "a" for e in batch.events):
            raise Conflict("again")

    journal.check = contested
    async with house.running():
        results = await submit(house, [Note("a"), Note("b")])
    assert isinstance(results[0], Conflict)
    assert results[1] == "b"


async def test_another_server_whose_disk_stalls_is_waited_for() -> None:
    house, journal = a_house()
    clock = asyncio.get_running_loop()
    stalled_until = clock.time() + 0.5

    def held(batch: Any) -> None:
        if clock.time() < stalled_until:
            raise Conflict("another transaction was faster")

    journal.check = held
    async with house.running():
        assert await submit(house, [Note("a"), Note("b")]) == ["a", "b"]


async def test_two_processes_write_the_same_conversation_and_lose_nothing(any_store: Store) -> None:
    async with House(any_store).running() as one, House(any_store, name="two").running() as two:
        first = await one.write("first", key="first")
        mails = [a_mail(f"m{n}", key=f"m{n}", references=("<first@x>",)) for n in range(40)]
        await asyncio.gather(*((one, two)[n % 2].deliver(mail) for n, mail in enumerate(mails)))
        await one.until(lambda: _counted(one, first.conversation, 41))
        events = await any_store.journal.events_after({}, 1000)
        assert sorted(await one.thread(first.conversation)) == sorted(["first", *(f"m{n}" for n in range(40))])
        for o in {e.o for e in events}:
            numbers = [e.n for e in events if e.o == o]
            assert numbers == list(range(1, len(numbers) + 1))
        assert len({e.o for e in events}) == 2


async def _counted(house: House, id: Any, messages: int) -> bool:
    return (await house.conversation(id)).messages == messages


async def test_nothing_is_half_stored_when_the_database_goes_away() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory)).running() as house:
        await submit(house, [Note("a")])
        memory.away = True
        results = await submit(house, [Note("b"), Note("c", group="h")])
        assert [type(r) for r in results] == [Unavailable, Unavailable]
        memory.away = False
        assert await submit(house, [Note("b"), Note("d")]) == ["b", "d"]
        assert await causes(house.store) == ["a", "b", "d"]


@pytest.mark.parametrize("stored", [True, False])
async def test_after_an_open_outcome_the_numbers_go_on_without_gap_and_listeners_miss_nothing(stored: bool) -> None:
    house, journal = a_house()
    async with house.running():
        await submit(house, [Note("a")])
        (journal.after if stored else journal.commits).append(Unavailable("did it commit?"))
        (result,) = await submit(house, [Note("b")])
        assert isinstance(result, Unavailable)
        assert await submit(house, [Note("c")]) == ["c"]
        expected = ["a", "b", "c"] if stored else ["a", "c"]
        await house.until(lambda: [h.event.cause for h in house.heard] == expected)
        events = await house.store.journal.events_after({}, 10)
        assert [(e.n, e.cause) for e in events] == list(enumerate(expected, 1))


async def test_who_lost_its_writer_number_takes_another_one_and_every_entry_is_heard_everywhere(any_store: Store) -> None:
    clock = ManualClock()
    async with House(any_store, clock).running() as slow:
        await submit(slow, [Note("a")])
        clock.set(clock.now() + 60_000)  # it was frozen, and its lease has run out
        async with House(any_store, clock, name="other").running() as other:
            await submit(other, [Note("b")])
            assert other.committer.writer == slow.committer.writer
            assert await submit(slow, [Note("c")]) == ["c"]
            assert await submit(other, [Note("d")]) == ["d"]
            assert other.committer.writer != slow.committer.writer
            for house, since in ((slow, 0), (other, 1)):
                wanted = ["a", "b", "c", "d"][since:]
                await _hears(house, wanted)


async def _hears(house: House, causes: list[str]) -> None:
    await house.until(lambda: sorted(h.event.cause for h in house.heard) == causes)


async def test_one_delivery_may_start_more_conversations_than_numbers_are_at_hand() -> None:
    house, journal = a_house()
    lines = [a_line(f"from {n}", sender=Address("visitor", f"v{n}")) for n in range(40)]
    async with house.running():
        await house.deliver(*lines, channel=CHAT)
        waiting = await house.until(lambda: _waiting(house, 40))
        assert sorted(w.number for w in waiting) == list(range(1001, 1041))
        assert journal.leased <= 4


async def _waiting(house: House, count: int) -> list[Any]:
    found = await house.store.queries.waiting(1000)
    return found if len(found) == count else []


async def test_refused_starts_and_conflicts_waste_no_numbers() -> None:
    house, journal = a_house()
    async with house.running():
        mia = await house.hire("mia", online=False)
        to = (c.Addressee("email", "x@example.org"),)
        with pytest.raises(Invalid):
            await house.do(mia, c.StartConversation("1", MAIL, to, ""))
        journal.commits.append(Conflict("x"))
        started = [await house.do(mia, c.StartConversation(str(n), MAIL, to, f"hello {n}")) for n in range(3)]
        assert [o.conversation.number for o in started if o.conversation] == [1001, 1002, 1003]


async def test_a_listeners_bug_neither_repeats_a_commit_nor_deafens_the_others() -> None:
    house, journal = a_house()
    decided: list[str] = []

    def broken(changes: Any) -> None:
        raise LookupError("a bug in a listener")

    house.feed.listen(broken)
    heard: list[str] = []
    house.feed.listen(lambda changes: heard.extend(x.event.cause for x in changes))
    async with house.running():
        assert await submit(house, [Note("a", decided.append)]) == ["a"]
        assert (decided, heard, len(journal.batches)) == (["a"], ["a"], 1)


async def test_whoever_waits_at_the_end_is_told_and_nobody_waits_for_ever() -> None:
    house, journal = a_house()
    journal.hangs.clear()
    async with house.running(), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(submit(house, [Note("under way"), *(Note(f"queued {n}") for n in range(100))]))
        await settle()
        house.kill()
    assert {type(result) for result in waiting.result()} == {Unavailable}
    with pytest.raises(TryLater):
        await house.committer.submit(Note("late"))


async def test_a_process_that_ends_gives_back_its_writer_and_its_numbers() -> None:
    house, _ = a_house()
    async with house.running():
        await house.write("hello")
        held = house.committer.writer
    await house.committer.close()
    async with House(house.store).running() as next_one:
        await next_one.write("again", key="again", sender=BOB)
        assert next_one.committer.writer == held
        numbers = {x.number for x in await next_one.store.queries.waiting(10)}
        assert numbers == {1001, 1002}


async def test_a_message_and_its_event_are_stored_together_or_not_at_all(any_store: Store) -> None:
    journal = FaultyJournal(any_store.journal)
    async with House(replace(any_store, journal=journal)).running() as house:
        item = a_mail("hello", key="k")
        unit = ingest("hello", "k")
        journal.commits.append(Unavailable("gone"))
        with pytest.raises(Unavailable):
            await house.committer.submit(unit)
        assert await any_store.journal.events_after({}, 10) == []
        ingested = await house.committer.submit(unit)
        assert await load(any_store.journal, MESSAGES, *ingested.messages)
        received = [e for e in await any_store.journal.events_after({}, 10) if e.type is EventType.MESSAGE_RECEIVED]
        assert [e.message for e in received] == list(ingested.messages)
        assert item.external_id == "<k@x>"
