"""Search finds what a look at every message finds, in any script, for what the reader may see, once per conversation, newest first."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.core.conversation import Category, ClockState, Conversation, Mention, Priority, SlaClock
from inbox.core.errors import Invalid
from inbox.core.ids import AgentId, ChannelId, ConversationId, MessageId, QueueId, TeamId
from inbox.core.message import Message
from inbox.core.permissions import Scope
from inbox.core.words import field_words, query, words
from inbox.records import CONVERSATIONS, MESSAGES, Batch, Put
from inbox.store import search, search_walk, sheets
from inbox.store.client import Database
from inbox.testing.builders import a_conversation, a_message
from inbox.testing.clock import START
from tests.eventually import PATIENCE_S
from tests.store.conftest import AGAINST_MONGODB, Store, in_memory, on_mongodb, wipe

ME = AgentId("mia")
ALL = Scope(all=True)
LATE_CLOCK = SlaClock("first_response", ClockState.BREACHED, 10, breached_at=START)
BARRED = Scope(agent=ME, teams=(TeamId("red"),), teamless=True, barred=(ChannelId("mail"),))
HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
Found = list[tuple[str, str | None]]

TEXTS = [
    "Where is my order?",
    "The ORDER arrived, thank you",
    "Ma commande n'est pas arrivée: où est-elle?",
    "Die Straße ist gesperrt, Größe XL",
    "我的订单在哪里",
    "订单已经到了",
    "注文はまだ届きません",
    "Invoice 2024-17 for Müller & Söhne",
    "invoices, invoicing, invoiced",
    "naïve café",
    "",
]
QUERIES = [
    "order",
    "ORDER my",
    '"my order"',
    '"order my"',
    '"订单"',
    "arrivee",
    "strasse grösse",
    "订单",
    "单在",
    "订",
    "注文",
    "invoi",
    "invoice",
    "i",
    "cafe naive",
    "nowhere",
    "order nowhere",
    "from:anna order",
    "is:open order",
    "is:resolved",
    "tag:VIP order",
    "tag:vip",
    "assignee:mia",
    "assignee:me tag:vip",
    "assignee:me #5 order",
    "is:unassigned order",
    "is:closed priority:urgent",
    "priority:urgent order",
    "team:red order",
    "team:none",
    "queue:q order",
    "queue:none order",
    "is:mine",
    "is:mentioned",
    "is:late",
    "is:queued",
    "is:followed order",
    "is:scheduled order",
    "channel:mail order",
    "customer:ben",
    "after:2026-01-06 order",
    "before:2026-01-06 order",
    "before:2026-01-06",
    "after:2026-02-01 invoice",
    "#5",
    "#5 order",
]


def entry(c: Conversation, m: Message) -> tuple[Conversation, Message, frozenset[str]]:
    """What the indexer hands over."""
    return c, m, words(f"{m.subject}\n{m.text}") | field_words("from", m.sender.name if m.sender else "")


def an_order(id: str, conversation: str, arrived_at: int) -> Message:
    """A message with a common word."""
    return a_message(id, conversation=ConversationId(conversation), text="order", arrived_at=arrived_at)


async def store_all(store: Store, conversations: list[Conversation], messages: list[Message]) -> None:
    """Commit and index."""
    by_id = {c.id: c for c in conversations}
    puts = [*(Put(CONVERSATIONS, c, None) for c in conversations), *(Put(MESSAGES, m, None) for m in messages)]
    await store.journal.commit(Batch(puts=puts))
    entries = [entry(by_id[m.conversation], m) for m in messages]
    await store.search.index(entries[: len(entries) // 2])
    await store.search.index(entries[len(entries) // 3 :])  # some a second time
    await store.search.moved([c for c in conversations if c.merged_into])


async def never(*asked: object) -> bool:
    """No."""
    return False


async def found(store: Store, text: str, scope: Scope = ALL, limit: int = 50) -> Found:
    """All pages of a search."""
    hits: Found = []
    after = None
    for _ in range(100):
        page, after = await store.search.find(query(text), scope, ME, after, limit)
        assert len(page) <= limit
        hits += page
        if after is None:
            return hits
    raise AssertionError("a search that never ends")


conversations = st.lists(
    st.builds(
        a_conversation,
        id=st.integers(0, 12).map(lambda i: f"c{i}"),
        category=st.sampled_from(Category),
        assignee=st.none() | st.just(ME),
        team=st.none() | st.just(TeamId("red")),
        tags=st.sampled_from([(), ("vip",), ("VIP", "x")]),
        priority=st.sampled_from(Priority),
        queue=st.none() | st.just(QueueId("q")),
        followers=st.sampled_from([(), (ME,)]),
        mentions=st.sampled_from([(), (Mention(ME, MessageId("n1")),)]),
        sla=st.sampled_from([(), (LATE_CLOCK,)]),
        scheduled=st.sampled_from([(), (MessageId("planned"),)]),
        queued_at=st.none() | st.just(START),
        channel=st.sampled_from([ChannelId("mail"), ChannelId("mail"), ChannelId("chat")]),
        customer=st.sampled_from(["anna", "ben"]),
        created_at=st.just(START - DAY),
        updated_at=st.integers(START, START + 3 * DAY),
        merged_into=st.none() | st.none() | st.none() | st.just(ConversationId("the first of them")),
    ),
    unique_by=lambda c: c.id,
    min_size=1,
    max_size=8,
)
scopes = st.sampled_from([ALL, Scope(), Scope(agent=ME), Scope(teams=(TeamId("red"),)), Scope(agent=ME, teamless=True), BARRED])


@pytest.mark.parametrize("few", [0, 1_000], ids=["along the words", "through the conversations"])
@given(
    stored=conversations,
    said=st.lists(st.tuples(st.integers(0, 7), st.sampled_from(TEXTS), st.integers(-40, 40)), max_size=14),
    asked=st.lists(st.sampled_from(QUERIES), min_size=6, max_size=6, unique=True),
    scope=scopes,
    limit=st.integers(1, 4),
)
@settings(max_examples=AGAINST_MONGODB, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_the_index_finds_what_a_look_at_everything_finds(
    mongo: Database,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    stored: list[Conversation],
    said: list[tuple[int, str, int]],
    asked: list[str],
    scope: Scope,
    limit: int,
) -> None:
    monkeypatch.setattr(search, "few", lambda limit, stored: few)
    monkeypatch.setattr(search_walk.Lead, "in_fewer", never)
    into = stored[0]
    stored = [
        a_conversation(c.id, **{**_fields(c), "number": i, "merged_into": into.id if c.merged_into and c is not into else None})
        for i, c in enumerate(stored, 1)
    ]
    messages = [
        a_message(f"m{i:02}", conversation=stored[which % len(stored)].id, text=text, arrived_at=START + day * DAY + i)
        for i, (which, text, day) in enumerate(said)
    ]
    await wipe(mongo)
    naive, indexed = in_memory(), on_mongodb(mongo)
    for store in (naive, indexed):
        await store_all(store, stored, messages)
    for text in asked:
        assert await found(indexed, text, scope, limit) == await found(naive, text, scope, limit), text


def _fields(c: Conversation) -> dict[str, object]:
    return {name: getattr(c, name) for name in c.__struct_fields__ if name != "id"}


async def test_words_are_found_in_any_script_and_case(store: Store) -> None:
    texts = dict(zip("abcdefghijk", TEXTS, strict=True))
    stored = [a_conversation(id, number=i) for i, id in enumerate(texts, 1)]
    await store_all(store, stored, [a_message(f"m{id}", conversation=ConversationId(id), text=text) for id, text in texts.items()])
    for text, expected in {
        "order": "ab",
        "ARRIVÉE": "c",
        "arrivee": "c",
        "straße": "d",
        "STRASSE": "d",
        "订单": "ef",
        "注文": "g",
        "invoi": "hi",
        "muller": "h",
        "cafe": "j",
        "from:anna where": "a",
    }.items():
        assert sorted(id for id, _ in await found(store, text)) == list(expected), text


async def test_words_may_stand_in_different_messages_and_the_best_one_is_shown(store: Store) -> None:
    thread = [
        a_message("m1", text="the printer is broken", arrived_at=START),
        a_message("m2", text="printer and toner", arrived_at=START + 1),
        a_message("m3", text="the toner is here", arrived_at=START + 2),
    ]
    await store_all(store, [a_conversation()], thread)
    assert await found(store, "printer toner") == [("c1", "m2")]
    assert await found(store, "broken toner") == [("c1", "m3")]
    assert await found(store, "toner") == [("c1", "m3")]


async def test_the_newest_comes_first_and_each_conversation_once(store: Store) -> None:
    stored = [a_conversation(id, number=i) for i, id in enumerate("abc")]
    said = [("a", 0), ("b", 1), ("c", 2), ("a", 40), ("b", -40)]
    messages = [
        a_message(f"m{i}", conversation=ConversationId(id), text="order", arrived_at=START + day * DAY) for i, (id, day) in enumerate(said)
    ]
    await store_all(store, stored, messages)
    for limit in (1, 2, 50):
        assert await found(store, "order", limit=limit) == [("a", "m3"), ("c", "m2"), ("b", "m1")]


async def test_nobody_finds_what_he_may_not_see(store: Store) -> None:
    stored = [a_conversation("red", team=TeamId("red")), a_conversation("none"), a_conversation("mine", team=TeamId("blue"), assignee=ME)]
    await store_all(store, stored, [a_message(f"m{c.id}", conversation=c.id, text="order") for c in stored])
    assert await found(store, "order", Scope()) == []
    assert {id for id, _ in await found(store, "order", Scope(agent=ME))} == {"mine"}
    assert {id for id, _ in await found(store, "order", Scope(teams=(TeamId("red"),), teamless=True))} == {"red", "none"}
    moved = a_conversation("mine", version=2, team=TeamId("red"))
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, moved, 1)]))
    assert await found(store, "order", Scope(agent=ME)) == []


async def test_messages_that_were_moved_are_found_where_they_are_now(store: Store) -> None:
    left, new = a_conversation("left"), a_conversation("new")
    stays, goes = a_message("stays", conversation=left.id, text="order one"), a_message("goes", conversation=left.id, text="order two")
    await store_all(store, [left, new], [stays, goes])
    moved = a_message("goes", conversation=new.id, text="order two", version=2)
    await store.journal.commit(Batch(puts=[Put(MESSAGES, moved, 1)]))
    await store.search.moved([left])
    await store.search.moved([left, new])
    assert await found(store, "two") == [("new", "goes")]
    assert await found(store, "one") == [("left", "stays")]


async def test_a_message_that_was_taken_back_is_found_no_more_and_the_others_are(store: Store) -> None:
    conversation, other = a_conversation(), a_conversation("other", number=2)
    stays, goes = (
        a_message("stays", conversation=conversation.id, text="order one"),
        a_message("goes", conversation=conversation.id, text="order two"),
    )
    alone = a_message("alone", conversation=other.id, text="order three")
    await store_all(store, [conversation, other], [stays, goes, alone])
    for _ in range(2):
        await store.search.forget({goes.id: conversation, alone.id: other})
        assert await found(store, "two") == await found(store, "three") == []
        assert await found(store, "order") == [(conversation.id, "stays")]
    await store.search.index([entry(conversation, goes)])
    assert await found(store, "two") == [(conversation.id, "goes")]


async def test_the_position_is_remembered(store: Store) -> None:
    assert await store.search.position() == {}
    await store.search.save_position({1: 5, 12: 7})
    assert await store.search.position() == {1: 5, 12: 7}


@pytest.mark.parametrize("after", ["", "x", "WzEsImEiXQ"])
async def test_a_position_nobody_gave_out_is_refused(store: Store, after: str) -> None:
    await store_all(store, [a_conversation()], [a_message()])
    with pytest.raises(Invalid):
        await store.search.find(query("order"), ALL, ME, after, 5)


@pytest.mark.parametrize("recent", [1, 3, 1_000])
async def test_a_beginning_is_found_however_common_it_is(mongo: Database, monkeypatch: pytest.MonkeyPatch, recent: int) -> None:
    monkeypatch.setattr(search_walk, "RECENT", recent)
    monkeypatch.setattr(search, "few", lambda limit, stored: 0)
    store = on_mongodb(mongo)
    stored = [a_conversation(f"c{i}", number=i) for i in range(8)]
    await store_all(
        store, stored, [a_message(f"m{i}", conversation=c.id, text=f"order{i} x", arrived_at=START + i) for i, c in enumerate(stored)]
    )
    assert [id for id, _ in await found(store, "order", limit=3)] == [f"c{i}" for i in reversed(range(8))]


@pytest.mark.parametrize("instead", [0, 1, 100])
async def test_a_word_and_a_beginning_are_found_together(mongo: Database, monkeypatch: pytest.MonkeyPatch, instead: int) -> None:
    monkeypatch.setattr(search_walk, "INSTEAD", instead)
    store = on_mongodb(mongo)
    stored = [a_conversation(f"c{i:02}", number=i) for i in range(30)]
    texts = [f"{'order' if i % 3 else 'offer'} invoiced" for i in range(30)]
    messages = [a_message(f"m{i}", conversation=c.id, text=texts[i], arrived_at=START + i * HOUR) for i, c in enumerate(stored)]
    await store_all(store, stored, messages)
    assert len(await found(store, "order invoi", limit=4)) == 20
    assert len(await found(store, "offer invoi", limit=4)) == 10


async def test_a_conversation_of_very_many_messages_stays_findable(mongo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_MESSAGES", 3)
    monkeypatch.setattr("inbox.store.search_index.MAX_MESSAGES", 3)
    store = on_mongodb(mongo)
    thread = [a_message(f"m{i}", text=f"line{i} same", arrived_at=START + i) for i in range(10)]
    await store_all(store, [a_conversation()], thread)
    for i in range(10):
        assert await found(store, f"line{i} ") == [("c1", f"m{i}")]
    assert await found(store, "same") == [("c1", "m9")]


@pytest.mark.parametrize("kept", [0, 4, 100_000])
async def test_two_servers_that_index_the_same_conversations_by_turns_lose_nothing(
    mongo: Database, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr("inbox.store.search_index.KEPT", kept)
    servers = [on_mongodb(mongo), on_mongodb(mongo)]
    stored = [a_conversation(f"c{i}", number=i) for i in range(3)]
    thread = [a_message(f"m{i}", conversation=stored[i % 3].id, text=f"line{i} ", arrived_at=START + i) for i in range(12)]
    puts = [*(Put(CONVERSATIONS, c, None) for c in stored), *(Put(MESSAGES, m, None) for m in thread)]
    await servers[0].journal.commit(Batch(puts=puts))
    for i, message in enumerate(thread):
        await servers[i // 3 % 2].search.index([entry(stored[i % 3], message)])
    for i in range(12):
        assert await found(servers[0], f"line{i} ") == [(f"c{i % 3}", f"m{i}")]


async def test_a_search_that_looked_at_many_goes_on_from_there(mongo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "few", lambda limit, stored: 0)
    monkeypatch.setattr(search, "LOOK", 2)
    monkeypatch.setattr(search, "LOOKS", 4)
    monkeypatch.setattr(search, "LOOKS_FOR_NOTHING", 6)
    store = on_mongodb(mongo)
    stored = [a_conversation(f"c{i:02}", number=i, team=TeamId("red" if i % 9 == 0 else "blue")) for i in range(30)]
    await store_all(
        store, stored, [a_message(f"m{i}", conversation=c.id, text="order", arrived_at=START + i) for i, c in enumerate(stored)]
    )
    page, after = await store.search.find(query("order"), Scope(teams=(TeamId("red"),)), ME, None, 1)
    assert (page, after is not None) == ([("c27", "m27")], True)
    assert [id for id, _ in await found(store, "order", Scope(teams=(TeamId("red"),)), 1)] == ["c27", "c18", "c09", "c00"]


async def test_a_quoted_text_that_is_rare_among_common_words_is_found_bit_by_bit(mongo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "READS", 5)
    monkeypatch.setattr(search, "READS_FOR_NOTHING", 8)
    store = on_mongodb(mongo)
    stored = [a_conversation(f"c{i:02}", number=i) for i in range(40)]
    texts = ["the return label" if i % 9 == 0 else "label for a return" for i in range(40)]
    await store_all(
        store, stored, [a_message(f"m{i}", conversation=c.id, text=texts[i], arrived_at=START + i) for i, c in enumerate(stored)]
    )
    page, after = await store.search.find(query('"return label"'), ALL, ME, None, 3)
    assert 0 < len(page) < 3
    assert after is not None
    assert [id for id, _ in await found(store, '"return label"', limit=3)] == ["c36", "c27", "c18", "c09", "c00"]


def test_months_are_calendar_months_in_utc() -> None:
    new_year = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1000
    assert sheets.sheet_id(ConversationId("c:1"), new_year - 1) == "c:1:202512:0"
    assert sheets.sheet_id(ConversationId("c:1"), new_year) == "c:1:202601:0"


async def test_a_circle_of_merges_never_stops_the_index(store: Store) -> None:
    circle = [
        a_conversation("x", number=1, merged_into=ConversationId("y")),
        a_conversation("y", number=2, merged_into=ConversationId("x")),
    ]
    alone = a_conversation("z", number=3)
    async with asyncio.timeout(PATIENCE_S):
        await store_all(store, [*circle, alone], [an_order("m1", "x", START), an_order("m2", "z", START)])
        assert await found(store, "order") == [("z", "m2")]
