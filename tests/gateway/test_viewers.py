"""Rows of a list show which colleagues look at their conversation, and bring their reader's own marks."""

from __future__ import annotations

from inbox.core.ids import AgentId, ConversationId
from inbox.gateway import protocol as p
from inbox.gateway.watchers import VIEWING_MS
from inbox.records import Draft, ReadState
from tests.gateway.live_tab import Tab
from tests.gateway.live_world import World

LIST = p.SubscribeView("list", "all")
THREAD = p.SubscribeConversation("open", "c1")
SECOND = 1_000


async def shown(world: World, tab: Tab) -> list[dict[str, tuple[str, ...]]]:
    """What the tab was told since the last time."""
    await world.clock.advance(2 * SECOND)
    await tab.calm()
    told = [frame.conversations for frame in tab.of(p.Viewers)]
    tab.heard.clear()
    return told


async def test_whoever_has_the_list_open_sees_who_looks_and_who_has_left(world: World) -> None:
    await world.conversation("c1")
    sue, max_ = await Tab(world, "sue", LIST).connect(), await Tab(world, "max", THREAD).connect()
    await max_.send(p.Viewing("c1"))
    assert await shown(world, sue) == [{"c1": ("max",)}]
    await max_.send(p.Typing("c1"))
    assert await shown(world, sue) == []
    max_.cut()
    assert await shown(world, sue) == [{"c1": ()}]


async def test_who_opens_a_list_is_told_how_things_stand(world: World) -> None:
    await world.conversation("c1")
    max_ = await Tab(world, "max", THREAD).connect()
    await max_.send(p.Viewing("c1"))
    await world.clock.advance(2 * SECOND)
    sue = await Tab(world, "sue", LIST).connect()
    assert await shown(world, sue) == [{"c1": ("max",)}]
    await world.clock.advance(VIEWING_MS)
    assert await shown(world, sue) == [{"c1": ()}]
    late = await Tab(world, "sue", LIST).connect()
    assert await shown(world, late) == []


async def test_nobody_hears_of_looks_at_what_he_may_not_see(world: World) -> None:
    await world.conversation("c1", team="blue")
    mia, max_ = await Tab(world, "mia", LIST).connect(), await Tab(world, "max", LIST, THREAD).connect()
    sue = await Tab(world, "sue", LIST, THREAD).connect()
    await sue.send(p.Viewing("c1"))
    await world.clock.advance(2 * SECOND)
    assert (await shown(world, mia), await shown(world, max_)) == ([], [{"c1": ("sue",)}])
    await world.change("c1", team="red")
    await sue.send(p.Viewing(None))
    await world.clock.advance(2 * SECOND)
    assert (await shown(world, mia), await shown(world, max_)) == ([{"c1": ()}], [])


async def test_marks_and_drafts_of_rows_that_came_live_are_asked_for_by_name(world: World) -> None:
    mia, sue = await Tab(world, "mia", LIST).connect(), await Tab(world, "sue", LIST).connect()
    await world.conversation("c1")
    c1 = ConversationId("c1")
    await world.own.mark(ReadState(AgentId("mia"), c1, 3))
    await world.own.save_draft(Draft(AgentId("mia"), c1, "note", "x", 0, 0), 0)
    for tab, read, drafts in ((mia, 3, {"c1": {"note": 1}}), (sue, 0, {})):
        await tab.calm()
        tab.heard.clear()
        await tab.send(p.Marks(("c1", "nobody")))
        await tab.calm()
        assert tab.of(p.Marked) == [p.Marked({"c1": read, "nobody": 0}, drafts)]
