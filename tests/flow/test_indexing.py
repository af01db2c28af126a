"""What is written is found soon, under all its words, where it is now, and a restart goes on where it stopped."""

from __future__ import annotations

from inbox.core import commands as c
from inbox.core.ids import AgentId, ConversationId
from inbox.core.permissions import Scope
from inbox.core.words import SearchQuery, words
from inbox.flow import indexing
from inbox.testing.clock import ManualClock
from inbox.testing.memory_store import MemoryStore
from tests.flow.house import BOB, House, stored_in
from tests.store.conftest import Store, in_memory

EVERYTHING, ME = Scope(all=True), AgentId("mia")


async def found(house: House, text: str) -> list[ConversationId]:
    """The conversations that hold all these words, once nothing is left to be indexed."""
    await house.rest()
    hits, _ = await house.store.search.find(SearchQuery(words=tuple(sorted(words(text)))), EVERYTHING, ME, None, 50)
    return [conversation for conversation, _ in hits]


async def test_a_message_is_found_by_its_words_its_subject_its_people_and_its_number(any_store: Store) -> None:
    async with House(any_store).running() as house:
        message = await house.write("Der Käse ist da", key="k", subject="Lieferung", cc=(BOB,))
        number = (await house.conversation(message.conversation)).number
        await house.until(lambda: found(house, "käse"))
        for text in ("kase", "lieferung", "anna schmidt", BOB.value, f"#{number}"):
            assert await found(house, text) == [message.conversation], text
        assert await found(house, "nothing like it") == []


async def test_answers_and_notes_are_found_too(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question")
    await house.reply(mia, question.conversation, "A pelican will bring it")
    await house.do(mia, c.Note(question.conversation, "n", "beware of the flamingo"))
    assert await found(house, "pelican") == await found(house, "flamingo") == [question.conversation]


async def test_a_new_name_is_found_and_a_split_off_message_where_it_is_now(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="q", cc=(BOB,))
    bobs = await house.write("albatross", key="b", sender=BOB, references=("<q@x>",))
    await house.do(mia, c.SetSubject(question.conversation, "Cormorant"))
    assert await found(house, "cormorant") == [question.conversation]
    await house.do(mia, c.SplitParticipant(question.conversation, BOB.kind, BOB.value))
    moved = (await house.message(bobs.id)).conversation
    assert moved != question.conversation
    assert await found(house, "albatross") == [moved]


async def test_a_restart_goes_on_where_the_index_stopped() -> None:
    store, clock = in_memory(), ManualClock()
    async with House(store, clock).running() as one:
        first = await one.write("pelican", key="1")
        await one.rest()
    async with House(store, clock).running(without=("indexer",)) as blind:
        second = await blind.write("flamingo", key="2", subject="other")
    position = await store.search.position()
    async with House(store, clock).running() as after:
        assert await found(after, "flamingo") == [second.conversation]
        assert await found(after, "pelican") == [first.conversation]
        now = await store.search.position()
        assert sum(now.values()) > sum(position.values())


async def test_the_lag_is_how_long_the_oldest_waits_and_ends_with_the_work(house: House) -> None:
    memory, clock = MemoryStore(), ManualClock()
    async with House(stored_in(memory), clock).running(without=("indexer",)) as behind:
        assert behind.indexer.lag() == 0
        await behind.write("hello")
        clock.set(clock.now() + 5_000)
        assert behind.indexer.lag() == 5_000
    await house.write("hello")
    await house.rest()
    assert house.indexer.lag() == 0


async def test_a_text_whose_words_cannot_be_told_stops_nothing_behind_it(house: House) -> None:
    def fussy(c: object, m: object) -> frozenset[str]:
        if "poison" in getattr(m, "text", ""):
            raise LookupError("a bug")
        return searchable(c, m)  # type: ignore[arg-type]  # as given

    searchable, indexing.searchable = indexing.searchable, fussy
    try:
        await house.write("poison", key="1")
        fine = await house.write("honey", key="2", subject="fine")
        assert await found(house, "honey") == [fine.conversation]
    finally:
        indexing.searchable = searchable


async def test_a_store_that_is_away_only_delays_the_index() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory)).running() as house:
        message = await house.write("pelican")
        await house.rest()
        late = await house.write("flamingo", key="2", subject="other")
        memory.away = True
        await house.rest()
        memory.away = False
        await house.until(lambda: found(house, "flamingo"))
        assert (await found(house, "flamingo"), await found(house, "pelican")) == ([late.conversation], [message.conversation])
