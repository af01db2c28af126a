"""Tags of the workspace: known once they are given, made by whom the rules let, renamed, merged and removed everywhere, and back."""

from __future__ import annotations

import pytest

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.bulk import Job
from inbox.core.conditions import Condition
from inbox.core.conversation import Category
from inbox.core.errors import Conflict, Denied
from inbox.core.filters import SavedView
from inbox.core.ids import AgentId, ConversationId
from inbox.core.permissions import Actor
from inbox.core.tags import WORKSPACE, Tag, Tagging, tag_id
from inbox.flow.catalog import Catalog
from inbox.records import QUEUES, TAGGING, TAGS, VIEWS
from tests.flow.house import House
from tests.flow.test_jobs import boss, finished
from tests.flow.test_queues import queue
from tests.flow.test_router import many

Ids = list[ConversationId]


async def names(house: House) -> set[str]:
    return {tag.name for tag in (await house.directory.entries(TAGS)).values()}


async def tags(house: House, ids: Ids) -> list[tuple[str, ...]]:
    found = await house.store.queries.conversations(ids)
    return [found[id].tags for id in ids]


async def retagged(house: House, actor: Actor, name: str, into: str | None) -> Job:
    tag = (await house.directory.entries(TAGS))[tag_id(name)]
    return await finished(house, actor, (await house.jobs.retag(actor, tag, into)).id)


async def undone(house: House, actor: Actor, job: Job) -> Job:
    return await finished(house, actor, (await house.jobs.undo(actor, job.id)).id)


async def stored(house: House, noun: object, entry: object) -> None:
    await Catalog(house.committer).save(await house.hire("clerk", role=Role.ADMIN, online=False), noun, entry, 0, lambda *_: None)  # type: ignore[arg-type,type-var]  # any list


async def tagged(house: House, actor: Actor, count: int, *given: str, first: int = 0) -> Ids:
    ids = await many(house, count, first)
    for id in ids:
        await house.do(actor, c.SetTags(id, given))
    return ids


async def test_what_is_given_is_known_under_its_first_spelling(house: House) -> None:
    actor = await boss(house)
    ids = await tagged(house, actor, 2, "Refund")
    await house.do(actor, c.SetTags(ids[0], ("REFUND", "vip")))
    await house.do(actor, c.SetTags(ids[1], ("VIP",)))
    assert await names(house) == {"Refund", "vip"}
    assert await tags(house, ids) == [("Refund", "vip"), ("Refund", "vip")]


async def test_where_tags_are_closed_only_who_looks_after_them_makes_new_ones(house: House) -> None:
    actor, mia = await boss(house), await house.hire("mia", online=False)
    ids = await tagged(house, actor, 1, "known")
    await stored(house, TAGGING, Tagging(WORKSPACE, closed=True))
    with pytest.raises(Denied):
        await house.do(mia, c.SetTags(ids[0], ("unheard of",)))
    await house.do(mia, c.SetTags(ids[0], (), ("known",)))
    await house.do(mia, c.SetTags(ids[0], ("Known",)))
    assert await tags(house, ids) == [("known",)]
    await house.do(actor, c.SetTags(ids[0], ("unheard of",)))
    assert await names(house) == {"known", "unheard of"}


async def test_a_new_name_reaches_open_and_closed_ones_and_what_asks_for_it_and_is_undone(house: House) -> None:
    actor = await boss(house)
    ids = await tagged(house, actor, 5, "vip", "other")
    await house.do(actor, c.SetStatus(ids[0], Category.RESOLVED))
    await queue(house, "gold", conditions=Condition(all=(Condition(field="tag", op="has", value=("vip",)),)))
    await stored(house, VIEWS, SavedView("v", "Gold", AgentId("boss"), "tag:vip"))
    job = await retagged(house, actor, "vip", "Gold customer")
    assert (job.total, job.done) == (5, 5)
    assert await tags(house, ids) == [("other", "Gold customer")] * 5
    assert await names(house) == {"Gold customer", "other"}
    assert (await house.directory.entries(QUEUES))["gold"].conditions.all[0].value == ("Gold customer",)  # type: ignore[index]  # there is one
    assert (await house.directory.entries(VIEWS))["v"].filter == 'tag:"Gold customer"'
    await house.do(actor, c.SetTags(ids[4], (), ("gold customer",)))
    back = await undone(house, actor, job)
    assert back.skipped == {"changed_since": 1}
    assert sorted(await tags(house, ids)) == sorted([("other", "vip")] * 4 + [("other",)])
    assert await names(house) == {"vip", "other"}
    assert (await house.directory.entries(VIEWS))["v"].filter == 'tag:"vip"'


async def test_two_become_one_and_each_is_itself_again(house: House) -> None:
    actor = await boss(house)
    one, both = await tagged(house, actor, 3, "refund"), await tagged(house, actor, 2, "refund", "money back", first=3)
    await Catalog(house.committer).save(
        actor, TAGS, Tag(tag_id("refund"), "refund", colour="red", description="Wants it back"), 1, lambda *_: None
    )
    job = await retagged(house, actor, "refund", "MONEY BACK")
    assert await tags(house, one + both) == [("money back",)] * 5
    assert await names(house) == {"money back"}
    await undone(house, actor, job)
    assert await tags(house, one) == [("refund",)] * 3
    assert {frozenset(given) for given in await tags(house, both)} == {frozenset({"refund", "money back"})}
    assert (await house.directory.entries(TAGS))[tag_id("refund")].colour == "red"


async def test_another_spelling_is_a_new_name_too(house: House) -> None:
    actor = await boss(house)
    ids = await tagged(house, actor, 2, "vip")
    job = await retagged(house, actor, "vip", "VIP")
    assert (await tags(house, ids), await names(house)) == ([("VIP",)] * 2, {"VIP"})
    await undone(house, actor, job)
    assert (await tags(house, ids), await names(house)) == ([("vip",)] * 2, {"vip"})


async def test_what_a_rule_asks_for_is_not_removed_and_the_rest_comes_back_with_its_colour(house: House) -> None:
    actor = await boss(house)
    ids = await tagged(house, actor, 3, "vip", "old")
    await stored(house, VIEWS, SavedView("v", "Gold", AgentId("boss"), "tag:vip"))
    with pytest.raises(Conflict, match="'Gold' asks"):
        await house.jobs.retag(actor, (await house.directory.entries(TAGS))[tag_id("vip")], None)
    job = await retagged(house, actor, "old", None)
    assert (await tags(house, ids), await names(house)) == ([("vip",)] * 3, {"vip"})
    await undone(house, actor, job)
    assert (await tags(house, ids), await names(house)) == ([("vip", "old")] * 3, {"vip", "old"})


async def test_nobody_without_the_permission_and_nobody_over_a_change_unseen(house: House) -> None:
    actor, mia = await boss(house), await house.hire("mia", online=False)
    await tagged(house, actor, 1, "vip")
    seen = (await house.directory.entries(TAGS))[tag_id("vip")]
    with pytest.raises(Denied):
        await house.jobs.retag(mia, seen, "gold")
    await Catalog(house.committer).save(actor, TAGS, Tag(seen.id, "vip", colour="blue"), 1, lambda *_: None)
    with pytest.raises(Conflict):
        await house.jobs.retag(actor, seen, "gold")
    assert await names(house) == {"vip"}
