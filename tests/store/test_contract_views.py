"""Pages and counts of views are exactly what the rules say, for every view and reader, and the built-in ones are walks along an index."""

from __future__ import annotations

from typing import Any

import bson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core import views
from inbox.core.conversation import Category, ClockState, Conversation, Mention, Offer, Priority, SlaClock, Waiting
from inbox.core.errors import Invalid
from inbox.core.events import facets
from inbox.core.filters import narrow
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, MessageId, QueueId, TeamId
from inbox.core.permissions import Scope, sees
from inbox.core.views import ACTIVE, ANYBODY, BUILTIN, ME, NOBODY, SOMEBODY, Sort, View
from inbox.records import CONVERSATIONS, Batch, Put
from inbox.store.client import Database
from inbox.store.documents import encoded
from inbox.store.lists import Reading, reading
from inbox.store.migrations import m0004_lists_of_tags, m0005_pressing, m0009_channels
from inbox.store.queries import MongoQueries
from inbox.testing.builders import a_conversation
from inbox.testing.clock import START
from tests.store.conftest import AGAINST_MONGODB, Store, in_memory

AGENTS = [AgentId("mia"), AgentId("tom")]
TEAMS = [TeamId("red"), TeamId("blue")]
LATE_CLOCK = (SlaClock("first_response", ClockState.BREACHED, 10, breached_at=START),)
SOON_CLOCK = (SlaClock("first_response", ClockState.RUNNING, 10, warned_at=START),)
instants = st.integers(START, START + 3)

conversations = st.lists(
    st.builds(
        a_conversation,
        id=st.integers(0, 10_000).map(lambda i: f"c{i}"),
        category=st.sampled_from(Category),
        priority=st.sampled_from(Priority),
        assignee=st.none() | st.sampled_from(AGENTS),
        bot=st.none() | st.just(AgentId("echo")),
        team=st.none() | st.sampled_from(TEAMS),
        tags=st.lists(st.sampled_from(["a", "b"]), unique=True).map(tuple),
        sla=st.sampled_from([(), LATE_CLOCK, SOON_CLOCK]),
        queue=st.none() | st.just(QueueId("q1")),
        mentions=st.lists(st.sampled_from(AGENTS), max_size=2).map(
            lambda who: tuple(Mention(a, MessageId(f"n{i}")) for i, a in enumerate(who))
        ),
        followers=st.lists(st.sampled_from(AGENTS), max_size=2, unique=True).map(tuple),
        scheduled=st.sampled_from([(), (), (MessageId("planned"),)]),
        waiting=st.none() | st.sampled_from([Waiting(START, offer=Offer(agent, START + 1)) for agent in AGENTS]),
        channel=st.sampled_from([ChannelId("mail"), ChannelId("chat")]),
        customer=st.sampled_from([CustomerId("anna"), CustomerId("ben")]),
        updated_at=instants,
        waiting_since=st.none() | instants,
        queued_at=st.none() | instants,
        sort_due=st.none() | instants,
        merged_into=st.none() | st.none() | st.just(ConversationId("c0")),
    ),
    unique_by=lambda c: c.id,
    max_size=25,
)
scopes = st.builds(
    Scope,
    all=st.booleans(),
    agent=st.none() | st.sampled_from([*AGENTS, AgentId("echo")]),
    teams=st.lists(st.sampled_from(TEAMS), unique=True).map(tuple),
    teamless=st.booleans(),
    barred=st.sampled_from([(), (), (ChannelId("mail"),), (ChannelId("chat"), ChannelId("mail"))]),
)
custom_views = st.builds(
    View,
    id=st.just("custom"),
    categories=st.just(ACTIVE) | st.lists(st.sampled_from(Category), unique=True).map(tuple),
    assignee=st.sampled_from([ANYBODY, NOBODY, SOMEBODY, ME, "tom"]),
    team=st.none() | st.sampled_from([*TEAMS, TeamId(NOBODY)]),
    tags=st.lists(st.sampled_from(["a", "b"]), unique=True).map(tuple),
    channel=st.none() | st.just(ChannelId("mail")),
    customer=st.none() | st.just(CustomerId("anna")),
    priority=st.none() | st.sampled_from(Priority),
    bot=st.sampled_from([None, True, False]),
    queued=st.sampled_from([None, True, False]),
    queue=st.sampled_from([None, QueueId("q1"), QueueId(NOBODY)]),
    sla=st.sampled_from(["", "", "late", "soon", "pressing"]),
    mentioned=st.sampled_from([False, False, True]),
    followed=st.sampled_from([False, False, True]),
    scheduled=st.sampled_from([False, False, True]),
    sort=st.sampled_from(Sort),
)
asked_views = st.sampled_from(list(BUILTIN.values())) | custom_views


async def whole(store: Store, view: View, scope: Scope, me: AgentId, limit: int) -> list[Conversation]:
    """All pages of a view, one after the other."""
    found, after = await store.queries.page(view, scope, me, None, limit)
    while after is not None:
        assert len(found) <= 100, "pages that never end"
        page, after = await store.queries.page(view, scope, me, after, limit)
        assert 0 < len(page) <= limit
        found += page
    return found


async def check(store: Store, stored: list[Conversation], view: View, scope: Scope, limit: int) -> None:
    """Pages and count against the rules themselves."""
    me = AGENTS[0]
    expected = [c for c in stored if views.matches(view, facets(c), me) and sees(scope, facets(c))]
    expected.sort(key=lambda c: views.sort_key(view, c))
    assert [c.id for c in await whole(store, view, scope, me, limit)] == [c.id for c in expected]
    assert await store.queries.count(view, scope, me) == len(expected)
    assert await store.queries.count(view, scope, me, ceiling=3) == min(3, len(expected))


@given(stored=conversations, asked=st.lists(st.tuples(asked_views, scopes), min_size=8, max_size=8), limit=st.integers(1, 7))
@settings(max_examples=AGAINST_MONGODB, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_mongodb_shows_what_the_rules_say(
    mongo: Database, stored: list[Conversation], asked: list[tuple[View, Scope]], limit: int
) -> None:
    await mongo["conversations"].delete_many({})
    if stored:
        await mongo["conversations"].insert_many([encoded(c) for c in stored])
    store = in_memory()
    object.__setattr__(store, "queries", MongoQueries(mongo))
    for view, scope in asked:
        await check(store, stored, view, scope, limit)


@given(stored=conversations, view=asked_views, scope=scopes, limit=st.integers(1, 7))
async def test_memory_shows_what_the_rules_say(stored: list[Conversation], view: View, scope: Scope, limit: int) -> None:
    store = in_memory()
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, c, None) for c in stored]))
    await check(store, stored, view, scope, limit)


AGENT = Scope(agent=AGENTS[0], teams=(TEAMS[0], TeamId("green"), TeamId("sales")), teamless=True)


@pytest.mark.parametrize("scope", [Scope(all=True), AGENT], ids=["everything", "an agent of three teams"])
@pytest.mark.parametrize("view", BUILTIN.values(), ids=lambda view: view.id)
async def test_a_built_in_view_is_a_walk_along_an_index(mongo: Database, view: View, scope: Scope) -> None:
    alarmed = [replace(c, sla=LATE_CLOCK) if c.number % 10 == 0 else c for c in many(1_500)]
    await mongo["conversations"].insert_many([encoded(c) for c in alarmed])
    how = reading(view, scope, AGENTS[0])
    assert how is not None
    page, after = await MongoQueries(mongo).page(view, scope, AGENTS[0], None, 20)
    assert page
    for position in (None, after):
        plan = await explained(mongo, how, position, 20)
        assert "SORT" not in stages(plan["queryPlanner"]["winningPlan"])
        assert indexes(plan["queryPlanner"]["winningPlan"]) == {how.index}
        ranges = 2 * len(how.filter.get("k_who", how.filter)) + 8
        assert plan["executionStats"]["totalKeysExamined"] <= 21 + 12 * ranges
        assert plan["executionStats"]["totalDocsExamined"] <= 21 + 8


@pytest.mark.parametrize("view", BUILTIN.values(), ids=lambda view: view.id)
async def test_a_count_reads_the_index_alone(mongo: Database, view: View) -> None:
    await mongo["conversations"].insert_many([encoded(c) for c in many(1_500)])
    how = reading(view, Scope(all=True), AGENTS[0])
    assert how is not None
    pipeline = [{"$match": dict(how.filter)}, {"$limit": 50}, {"$group": {"_id": 1, "n": {"$sum": 1}}}]
    command = {"aggregate": "conversations", "pipeline": pipeline, "cursor": {}, "hint": how.index}
    plan = await mongo.command("explain", command, verbosity="executionStats")
    stats = plan["executionStats"] if "executionStats" in plan else plan["stages"][0]["$cursor"]["executionStats"]
    assert stats["totalKeysExamined"] <= 60
    assert stats["totalDocsExamined"] <= 60


def many(count: int) -> list[Conversation]:
    """Conversations of every kind, most of them resolved, as in life."""
    return [
        a_conversation(
            f"c{i:05}",
            number=i,
            category=Category.RESOLVED if i % 2 else list(Category)[i % 5],
            priority=list(Priority)[i % 4],
            assignee=(None, AGENTS[0], None, AGENTS[1], None, None, None)[i % 7],
            bot=AgentId("echo") if i % 13 == 0 else None,
            team=(None, TEAMS[0], TEAMS[1])[i % 3],
            mentions=(Mention(AGENTS[0], MessageId(f"n{i}")),) if i % 12 == 0 else (),  # who is mentioned sees it
            followers=(AGENTS[1], AGENTS[0]) if i % 12 == 0 else (),
            scheduled=(MessageId("planned"),) if i % 9 == 0 else (),
            queued_at=START + i if i % 3 == 0 else None,
            waiting_since=START + i if i % 4 == 0 else None,
            sort_due=START + i if i % 5 == 0 else None,
            updated_at=START + i,
        )
        for i in range(count)
    ]


async def explained(db: Database, how: Reading, after: str | None, limit: int) -> dict[str, Any]:
    """How the server runs a page."""
    find = {"find": "conversations", "filter": how.after(after), "sort": {how.order: 1, "_id": 1}, "limit": limit + 1, "hint": how.index}
    return await db.command("explain", find, verbosity="executionStats")


def stages(plan: dict[str, Any]) -> set[str]:
    """The names of all stages of a plan."""
    return {str(stage["stage"]) for stage in walk(plan)}


def indexes(plan: dict[str, Any]) -> set[str]:
    """The names of all indexes a plan reads."""
    return {str(stage["indexName"]) for stage in walk(plan) if "indexName" in stage}


def walk(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan and everything below it."""
    plan = plan.get("queryPlan", plan)
    below = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan, *(stage for part in below for stage in walk(part))]


BAD_POSITIONS = ["", "x", "W10", "eyJhIjoxfQ", "WzEsMl0", "WyJhIiwiYiJd", "é", "W" * 5_000, "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMCwiYSJd"]


@pytest.mark.parametrize("after", BAD_POSITIONS)
async def test_a_position_nobody_gave_out_is_refused(store: Store, after: str) -> None:
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, a_conversation(), None)]))
    with pytest.raises(Invalid):
        await store.queries.page(BUILTIN["all"], Scope(all=True), AGENTS[0], after, 10)


async def test_values_of_a_view_are_never_operators(store: Store) -> None:
    await store.journal.commit(Batch(puts=[Put(CONVERSATIONS, a_conversation(), None)]))
    hostile: Any = {"$ne": None}
    for view in (View("x", ACTIVE, team=hostile), View("x", ACTIVE, customer=hostile), View("x", ACTIVE, channel=hostile)):
        try:
            page, _ = await store.queries.page(view, Scope(all=True), AGENTS[0], None, 10)
        except TypeError:
            continue  # not even hashable: refused
        assert page == []


@pytest.mark.parametrize(
    "text", ["tag:rare", "is:late", "is:closed tag:rare", "is:soon assignee:mia", "is:pressing tag:rare", "tag:rare priority:high"]
)
@pytest.mark.parametrize("sort", Sort)
async def test_a_saved_view_of_few_among_many_reads_few(mongo: Database, text: str, sort: Sort) -> None:
    rare = [replace(c, tags=("rare",), sla=LATE_CLOCK if c.number % 2 else SOON_CLOCK) for c in many(1_500)[:40]]
    await mongo["conversations"].insert_many([encoded(c) for c in [*rare, *many(1_500)[40:]]])
    view = narrow(View("custom", ACTIVE, sort=sort), text)
    for scope in (Scope(all=True), AGENT):
        how = reading(view, scope, AGENTS[0])
        assert how is not None
        expected = [c for c in rare if views.matches(view, facets(c), AGENTS[0]) and sees(scope, facets(c))]
        assert await MongoQueries(mongo).count(view, scope, AGENTS[0]) == len(expected)
        plan = await explained(mongo, how, None, 20)
        assert plan["executionStats"]["totalDocsExamined"] <= (41 if view.assignee == ANYBODY else 300)


@pytest.mark.parametrize("scope", [Scope(all=True), AGENT], ids=["everything", "an agent of three teams"])
async def test_a_channel_of_few_among_many_reads_few(mongo: Database, scope: Scope) -> None:
    rare = [replace(c, channel=ChannelId("rare")) for c in many(1_500)[:40]]
    await mongo["conversations"].insert_many([encoded(c) for c in [*rare, *many(1_500)[40:]]])
    view = views.of_channel(ChannelId("rare"))
    how = reading(view, scope, AGENTS[0])
    assert how is not None
    expected = [c for c in rare if views.matches(view, facets(c), AGENTS[0]) and sees(scope, facets(c))]
    assert await MongoQueries(mongo).count(view, scope, AGENTS[0]) == len(expected) > 5
    plan = await explained(mongo, how, None, 20)
    assert plan["executionStats"]["totalDocsExamined"] <= len(rare)


async def test_of_a_large_channel_only_what_the_reader_may_see_is_read(mongo: Database) -> None:
    seen = [replace(c, channel=ChannelId("large"), category=Category.OPEN, team=TEAMS[0]) for c in many(1_500)[::75]]
    others = [replace(c, channel=ChannelId("large"), team=TEAMS[1], assignee=None, mentions=()) for c in many(1_500) if c.number % 75]
    await mongo["conversations"].insert_many([encoded(c) for c in [*seen, *others]])
    view, scope = views.of_channel(ChannelId("large")), Scope(agent=AGENTS[0], teams=(TEAMS[0],))
    assert await MongoQueries(mongo).count(view, scope, AGENTS[0]) == len(seen)
    how = reading(view, scope, AGENTS[0])
    assert how is not None
    plan = await explained(mongo, how, None, 50)
    assert plan["executionStats"]["totalDocsExamined"] <= len(seen)


async def test_what_was_stored_before_lists_of_channels_is_found_in_them(mongo: Database) -> None:
    before = [
        a_conversation("c1", number=1),
        a_conversation("c2", number=2, category=Category.RESOLVED),
        a_conversation("c3", number=3, merged_into=ConversationId("c1")),
    ]
    for c in before:
        doc = bson.decode(encoded(c).raw)
        if "k_lists" in doc:
            doc["k_lists"] = [name for name in doc["k_lists"] if name[0] != "h"]
        await mongo["conversations"].insert_one(doc)
    for _ in range(2):
        await m0009_channels.expand(mongo)
    for c in before:
        wanted, found = bson.decode(encoded(c).raw), await mongo["conversations"].find_one({"_id": c.id})
        assert found is not None
        assert sorted(found.get("k_lists", [])) == sorted(wanted.get("k_lists", []))


async def test_what_was_stored_before_lists_of_tags_is_found_in_them(mongo: Database) -> None:
    before = [
        a_conversation("c1", number=1, tags=("vip", "two words"), sla=LATE_CLOCK),
        a_conversation("c2", number=2, tags=("vip",), category=Category.RESOLVED, sla=LATE_CLOCK),
        a_conversation("c3", number=3, sla=SOON_CLOCK),
        a_conversation("c4", number=4, merged_into=ConversationId("c1"), tags=("vip",)),
    ]
    for c in before:
        doc = bson.decode(encoded(c).raw)
        doc.pop("k_sla", None)
        doc.pop("k_pressing", None)
        if "k_lists" in doc:
            doc["k_lists"] = [name for name in doc["k_lists"] if name[0] not in "gs"]
        await mongo["conversations"].insert_one(doc)
    for _ in range(2):
        await m0004_lists_of_tags.expand(mongo)
        await m0005_pressing.expand(mongo)
    for c in before:
        wanted, found = bson.decode(encoded(c).raw), await mongo["conversations"].find_one({"_id": c.id})
        assert found is not None
        assert (sorted(found.get("k_lists", [])), found.get("k_sla")) == (sorted(wanted.get("k_lists", [])), wanted.get("k_sla"))
        assert found.get("k_pressing") == wanted.get("k_pressing")


@pytest.mark.parametrize("held_by", [AGENTS[1], None])
async def test_what_i_closed_with_a_tag_is_not_what_others_closed_with_it(mongo: Database, held_by: AgentId | None) -> None:
    mine = a_conversation("c1", category=Category.RESOLVED, assignee=AGENTS[0], tags=("a",))
    other = a_conversation("c2", category=Category.RESOLVED, assignee=held_by, tags=("a",))
    await mongo["conversations"].insert_many([encoded(c) for c in (mine, other)])
    store = in_memory()
    object.__setattr__(store, "queries", MongoQueries(mongo))
    view = View("custom", (Category.RESOLVED,), assignee=ME, tags=("a",))
    await check(store, [mine, other], view, Scope(all=True), 5)
