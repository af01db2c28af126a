"""What a start makes of a database: ready, unchanged when it is, and refused when its guarantees would not hold."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC
from functools import partial
from typing import Any

import bson
import pytest
from msgspec.structs import replace
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect

from inbox.core.conversation import Category, Priority
from inbox.core.errors import CannotStart, Unavailable
from inbox.core.facts import Dims, Fact, FactKind
from inbox.core.ids import AgentId, ConversationId
from inbox.core.views import ACTIVE
from inbox.store import migrations
from inbox.store.client import Database, connect, verify
from inbox.store.clock import DatabaseClock
from inbox.store.documents import document, encoded
from inbox.store.evenings import DAY_MS
from inbox.store.facts import _fact
from inbox.store.journal import MongoJournal
from inbox.store.migrations import m0002_rank_by_waiting, m0003_lists_share_indexes, m0008_evenings, m0009_channels, migrate
from inbox.store.schema import INDEXES, prepare
from inbox.testing.clock import START
from tests.core import strategies as some
from tests.eventually import eventually


@pytest.fixture
async def empty(mongo_uri: str, database: AsyncDatabase[dict[str, Any]]) -> AsyncIterator[Database]:
    """A database that nobody prepared yet, through our own client."""
    db = connect(mongo_uri, database.name)
    yield db
    await db.client.close()


async def test_several_servers_prepare_one_database_at_once(empty: Database) -> None:
    await verify(empty)
    await asyncio.gather(*(prepare(empty) for _ in range(3)))
    before = {name: await empty[name].index_information() for name in INDEXES}
    await prepare(empty)
    assert {name: await empty[name].index_information() for name in INDEXES} == before
    assert all(len(before[name]) == len(indexes) + 1 for name, indexes in INDEXES.items())
    assert await MongoJournal(empty).lease_numbers(1) == range(1001, 1002)


@pytest.mark.parametrize(
    ("collection", "keys", "options"),
    [
        ("conversations", [("number", 1)], {"name": "number"}),
        ("conversations", [("number", -1)], {"name": "number", "unique": True}),
        ("deliveries", [("arrived_at", 1), ("_id", 1)], {"name": "unsettled"}),
        ("agents", [("k_email", 1)], {"name": "email", "unique": True, "partialFilterExpression": {"x": {"$exists": True}}}),
        ("conversations", [("number", 1)], {"name": "another", "unique": True}),
    ],
)
async def test_an_index_of_the_wrong_shape_stops_the_start(empty: Database, collection: str, keys: Any, options: dict[str, Any]) -> None:
    await empty[collection].create_index(keys, **options)
    with pytest.raises(CannotStart) as stopped:
        await prepare(empty)
    assert collection in str(stopped.value)
    assert stopped.value.remedy


async def test_values_that_break_a_unique_index_stop_the_start(empty: Database) -> None:
    await empty["conversations"].insert_many([{"number": 7}, {"number": 7}])
    with pytest.raises(CannotStart):
        await prepare(empty)


async def test_steps_are_taken_in_order_and_again_only_while_servers_of_the_version_before_may_run(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def step(n: int) -> Any:
        async def take(db: Database) -> None:
            taken.append(n)

        return take

    monkeypatch.setattr(migrations, "STEPS", (step(1), step(2)))
    await migrate(empty)
    await migrate(empty)
    assert taken == [1, 2], "a new database has no servers of a version before"
    monkeypatch.setattr(migrations, "STEPS", (step(1), step(2), step(3)))
    await migrate(empty)
    await migrate(empty)
    assert taken == [1, 2, 3, 3]
    await empty["meta"].update_one({"_id": "schema"}, [{"$set": {"taken.3": {"$subtract": ["$$NOW", 25 * 3600 * 1000]}}}])
    await migrate(empty)
    assert taken == [1, 2, 3, 3]
    stored = await empty["meta"].find_one({"_id": "schema"})
    assert stored is not None
    assert stored["version"] == 3


async def migrated(db: Database) -> bool:
    with suppress(AutoReconnect):
        await migrate(db)
        return True
    return False


async def test_a_step_may_take_longer_than_a_call_may_take_otherwise(
    empty: Database, mongo_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def long(db: Database) -> None:
        none = {"$match": {"$expr": {"$lt": [{"$add": ["$_id", "$$n"]}, 0]}}}
        each_with_each = {"$lookup": {"from": "many", "let": {"n": "$_id"}, "pipeline": [none], "as": "none"}}
        await (await db["many"].aggregate([each_with_each])).to_list()

    async def patiently(db: Database) -> None:
        try:
            await long(db)
        except AutoReconnect:
            pytest.fail("a step was given no more time than any call")

    impatient = connect(re.sub("(?<=socketTimeoutMS=)[0-9]+", "250", mongo_uri), empty.name)
    await empty["many"].insert_many([{"_id": n} for n in range(1_200)])
    try:
        monkeypatch.setattr(migrations, "STEPS", (patiently,))
        with pytest.raises(AutoReconnect):
            await long(impatient)
        done: bool = await eventually(partial(migrated, impatient), what="the calls before and after the step are quick enough")
        assert done
    finally:
        await impatient.client.close()


async def test_lists_by_priority_made_by_the_first_version_get_their_new_order(empty: Database) -> None:
    urgent = replace(some.seed(id="a"), priority=Priority.URGENT, waiting_since=5)
    idle = some.seed(id="b")
    await empty["conversations"].insert_many([{**document(c), "k_rank": -c.updated_at} for c in (urgent, idle)])
    await m0002_rank_by_waiting.expand(empty)
    ranks = {doc["_id"]: doc["k_rank"] async for doc in empty["conversations"].find()}
    assert ranks == {c.id: document(c)["k_rank"] for c in (urgent, idle)}


@pytest.mark.parametrize("bot", [None, AgentId("echo")])
@pytest.mark.parametrize("assignee", [None, AgentId("mia")])
@pytest.mark.parametrize("queued", [None, 7])
async def test_lists_of_the_second_version_get_their_new_names(
    empty: Database, bot: AgentId | None, assignee: AgentId | None, queued: int | None
) -> None:
    for category in Category:
        c = replace(some.seed(id=category.value), category=category, bot=bot, assignee=assignee, queued_at=queued)
        doc = document(c)
        old: dict[str, Any] = {"k_customer": c.customer}
        if category in ACTIVE:
            old |= {"k_mine": assignee} if assignee else {}
            old |= {"k_bot": doc["k_who"]} if bot else {} if assignee else {"k_free": doc["k_who"]}
            old |= {"k_open": doc["k_who"]} if category is Category.OPEN else {}
            old |= {"k_queue": doc["k_who"]} if queued else {}
        await empty["conversations"].insert_one({k: v for k, v in doc.items() if k not in ("k_lists", "k_waiting")} | old)
        for _ in range(2):
            await m0003_lists_share_indexes.expand(empty)
            await m0009_channels.expand(empty)
        stored = await empty["conversations"].find_one({"_id": c.id})
        wanted = bson.decode(encoded(c).raw)
        assert stored is not None
        assert stored | {"k_lists": sorted(stored["k_lists"])} == wanted | {"k_lists": sorted(wanted["k_lists"])}


async def test_stays_in_a_backlog_get_their_days(empty: Database) -> None:
    begun = [Fact(f"f{n}", FactKind.BACKLOG, START - n * DAY_MS, ConversationId(f"c{n}"), Dims()) for n in range(40)]
    facts = [replace(fact, value=n * 7 * DAY_MS // 3) if n % 4 else fact for n, fact in enumerate(begun)]
    await empty["facts"].insert_many([_fact(fact) for fact in facts])
    wanted = await empty["facts"].find().to_list()
    await empty["facts"].update_many({}, {"$unset": {"k_days": ""}})
    await empty["facts"].create_index("k_until", name=m0008_evenings.OLD)
    for _ in range(2):
        await m0008_evenings.expand(empty)
    assert await empty["facts"].find().to_list() == wanted
    assert m0008_evenings.OLD not in await empty["facts"].index_information()


async def test_data_of_the_next_version_is_fine_and_of_a_later_one_is_not(empty: Database) -> None:
    known = len(migrations.STEPS)
    await empty["meta"].insert_one({"_id": "schema", "version": known + 1})
    await migrate(empty)
    await empty["meta"].update_one({"_id": "schema"}, {"$set": {"version": known + 2}})
    with pytest.raises(CannotStart):
        await migrate(empty)


@pytest.mark.parametrize("uri", ["", "not a uri", "http://127.0.0.1/", "mongodb://127.0.0.1:99999/", "mongodb://:@/"])
def test_a_uri_that_makes_no_sense_is_named(uri: str) -> None:
    with pytest.raises(CannotStart) as stopped:
        connect(uri, "inbox")
    assert "mongodb.uri" in str(stopped.value)


async def test_a_server_that_does_not_answer_stops_the_start(frozen: Database) -> None:
    with pytest.raises(CannotStart):
        await verify(frozen)
    with pytest.raises(Unavailable):
        await MongoJournal(frozen).heads()


async def test_the_clock_is_the_databases(empty: Database) -> None:
    clock = DatabaseClock(empty)
    clock._base += 3_600  # an hour fast
    await clock.measure()
    before = clock.now()
    hello = await empty.client.admin.command("hello")
    assert before - 1_000 < hello["localTime"].replace(tzinfo=UTC).timestamp() * 1000 < clock.now() + 1_000


async def test_sleepers_wake_at_the_instant_also_when_the_clock_is_put_right(empty: Database) -> None:
    clock = DatabaseClock(empty)
    clock._base -= 3_600  # an hour slow
    due = clock.now() + 3_600_000
    async with asyncio.TaskGroup() as tasks:
        sleeper = tasks.create_task(clock.sleep_until(due))
        await asyncio.sleep(0)
        assert not sleeper.done()
        await clock.measure()
        await eventually(sleeper.done, what="the sleeper wakes once the clock is right")
    assert clock.now() >= due
    soon = clock.now() + 20
    await clock.sleep_until(soon)
    assert clock.now() >= soon
