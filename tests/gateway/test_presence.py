"""Who is there and who looks at what: from sockets and leases, with patience for reloads, and void unless repeated."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core.agent import Availability
from inbox.core.conversation import Category
from inbox.core.ids import AgentId
from inbox.gateway import protocol as p
from inbox.gateway.presence import AWAY_AFTER_MS, GRACE_MS, LEASE_MS
from inbox.gateway.watchers import LEAVING_MS, TYPING_MS, VIEWING_MS
from inbox.records import AGENTS
from inbox.testing.clock import settle
from tests.gateway.live_tab import Tab
from tests.gateway.live_world import World

MIA, MAX = AgentId("mia"), AgentId("max")
THREAD = p.SubscribeConversation("open", "c1")
SECOND = 1_000


def states(tab: Tab) -> list[tuple[str, str]]:
    """What the tab was told of others, in order."""
    return [(one.id, one.state) for frame in tab.of(p.Presence) for one in frame.agents if one.id != tab.agent]


def state(world: World, agent: AgentId) -> str:
    """As colleagues see him."""
    return dict(world.live.everybody())[agent][0]


async def watch(world: World, agent: str = "sue") -> Tab:
    tab = await Tab(world, agent).connect()
    await world.clock.advance(SECOND)
    await tab.calm()
    tab.heard.clear()
    return tab


async def test_an_agent_is_online_until_a_while_after_his_last_tab(world: World) -> None:
    sue = await watch(world)
    one, two = await Tab(world, "mia").connect(), await Tab(world, "mia").connect()
    one.cut()
    await world.clock.advance(GRACE_MS + SECOND)
    assert MIA in world.live.available()
    two.cut()
    await world.clock.advance(GRACE_MS - SECOND)
    assert state(world, MIA) == "online"
    await world.clock.advance(2 * SECOND)
    assert state(world, MIA) == "offline"
    await sue.calm()
    assert states(sue) == [("mia", "online"), ("mia", "offline")]


async def test_a_reload_is_nobodys_business(world: World) -> None:
    sue = await watch(world)
    mia = await Tab(world, "mia").connect()
    await world.clock.advance(SECOND)
    mia.cut()
    await world.clock.advance(GRACE_MS // 2)
    await mia.connect()
    await world.clock.advance(GRACE_MS)
    await sue.calm()
    assert states(sue) == [("mia", "online")]
    assert world.came == [{"sue"}, {"sue", MIA}]


async def test_who_logs_out_is_gone_at_once(world: World) -> None:
    mia = await Tab(world, "mia").connect()
    await world.clock.advance(SECOND)
    assert mia.session is not None
    world.live.sessions_ended([mia.session.login])
    await world.clock.advance(SECOND)
    assert state(world, MIA) == "offline"
    assert await world.board.online(world.clock.now()) == {}


async def test_the_router_hears_of_who_comes_and_who_takes_nothing_any_more(world: World) -> None:
    await Tab(world, "mia").connect()
    await world.clock.advance(SECOND)
    assert world.came == [{MIA}]
    await world.account("mia", availability=Availability.AWAY)
    await world.clock.advance(SECOND)
    assert world.live.available() == frozenset()
    assert state(world, MIA) == "away"
    await world.account("mia", availability=Availability.ONLINE)
    await world.clock.advance(SECOND)
    assert world.came == [{MIA}, frozenset(), {MIA}]


async def test_a_page_nobody_touches_makes_away_and_a_touch_in_any_tab_makes_online(world: World) -> None:
    tabs = [await Tab(world, "mia").connect() for _ in range(2)]
    for _ in range(AWAY_AFTER_MS // (30 * SECOND)):
        await world.clock.advance(30 * SECOND)
        for tab in tabs:
            await tab.send(p.Beat(active=False))
    await world.clock.advance(SECOND)
    assert state(world, MIA) == "away"
    assert MIA not in world.live.available()
    await tabs[1].send(p.Beat(active=True))
    assert MIA in world.live.available()
    await world.clock.advance(SECOND)
    assert world.came[-1] == {MIA}


async def test_agents_of_other_servers_are_there_until_their_lease_runs_out(world: World) -> None:
    sue = await watch(world)
    await world.board.beat("server-2", {MAX: True, MIA: False}, world.clock.now() + 30 * SECOND)
    await world.clock.advance(6 * SECOND)
    assert state(world, MAX) == "online"
    assert state(world, MIA) == "away"
    await world.clock.advance(30 * SECOND)
    await sue.calm()
    assert sorted(states(sue)) == [("max", "offline"), ("max", "online"), ("mia", "away"), ("mia", "offline")]


async def test_leases_are_renewed_and_end_soon_after_a_server_stops(world: World) -> None:
    await Tab(world, "mia").connect()
    await world.clock.advance(3 * LEASE_MS)
    assert await world.board.online(world.clock.now()) == {MIA: True}
    await world.live.stop()
    assert await world.board.online(world.clock.now() + GRACE_MS) == {}


async def test_a_board_that_is_away_hides_nobody_who_is_here(world: World) -> None:
    world.board.away = True
    await Tab(world, "mia").connect()
    await world.clock.advance(SECOND)
    assert MIA in world.live.available()
    world.board.away = False
    await world.clock.advance(2 * SECOND)
    assert await world.board.online(world.clock.now()) == {MIA: True}


async def test_colleagues_see_how_much_an_agent_holds(world: World) -> None:
    sue = await watch(world)
    await world.conversation("c1")
    agents = world.tables.of(AGENTS)
    agents["mia"] = replace(agents["mia"], load=1)
    await world.change("c1", assignee="mia")
    await world.clock.advance(SECOND)
    await sue.calm()
    assert [(one.id, one.load) for frame in sue.of(p.Presence) for one in frame.agents] == [("mia", 1)]


async def test_colleagues_see_that_an_agent_is_done_with_one_though_it_stays_his(world: World) -> None:
    sue = await watch(world)
    await world.conversation("c1", assignee="mia")
    agents = world.tables.of(AGENTS)
    for load, category in ((3, Category.RESOLVED), (4, Category.OPEN)):
        agents["mia"] = replace(agents["mia"], load=load)
        await world.change("c1", category=category)
        await world.clock.advance(SECOND)
        await sue.calm()
        assert sue.of(p.Presence)[-1].agents[0].load == load


async def watchers(world: World, tab: Tab) -> list[list[tuple[str, str]]]:
    await world.clock.advance(SECOND)
    await tab.calm()
    shown = [[(one.id, one.typing) for one in frame.watchers] for frame in tab.of(p.Watchers)]
    tab.heard.clear()
    return shown


async def two_at_a_conversation(world: World) -> tuple[Tab, Tab]:
    await world.conversation("c1")
    tabs = await Tab(world, "mia", THREAD).connect(), await Tab(world, "max", THREAD).connect()
    for tab in tabs:
        await tab.calm()
        tab.heard.clear()
    return tabs


async def test_followers_see_who_looks_and_who_types(world: World) -> None:
    mia, max_ = await two_at_a_conversation(world)
    await max_.send(p.Viewing("c1"))
    assert await watchers(world, mia) == [[("max", "")]]
    await max_.send(p.Typing("c1", "note"))
    assert await watchers(world, mia) == [[("max", "note")]]
    await max_.send(p.Typing("c1", "note", on=False))
    await max_.send(p.Viewing(None))
    assert (await watchers(world, mia))[-1] == []


async def test_many_keystrokes_are_one_frame(world: World) -> None:
    mia, max_ = await two_at_a_conversation(world)
    for _ in range(20):
        await max_.send(p.Typing("c1"))
        await world.clock.advance(SECOND // 2)
    assert await watchers(world, mia) == [[("max", "reply")]]


async def test_what_is_not_repeated_ends_by_itself(world: World) -> None:
    mia, max_ = await two_at_a_conversation(world)
    await max_.send(p.Viewing("c1"))
    await max_.send(p.Typing("c1"))
    await world.clock.advance(TYPING_MS - 2 * SECOND)
    assert (await watchers(world, mia))[-1] == [("max", "reply")]
    await world.clock.advance(2 * SECOND)
    assert (await watchers(world, mia))[-1] == [("max", "")]
    await world.clock.advance(VIEWING_MS)
    assert (await watchers(world, mia))[-1] == []


async def test_a_closed_tab_is_not_there_and_the_other_one_is(world: World) -> None:
    mia, max_ = await two_at_a_conversation(world)
    second = await Tab(world, "max", THREAD).connect()
    await max_.send(p.Viewing("c1"))
    await second.send(p.Viewing("c1"))
    max_.cut()
    assert (await watchers(world, mia))[-1] == [("max", "")]
    second.cut()
    assert (await watchers(world, mia))[-1] == []


async def test_a_newcomer_is_told_who_is_there(world: World) -> None:
    _, max_ = await two_at_a_conversation(world)
    await max_.send(p.Viewing("c1"))
    sue = await Tab(world, "sue", THREAD).connect()
    assert (await watchers(world, sue))[0] == [("max", "")]


async def test_nobody_watches_what_he_may_not_see(world: World) -> None:
    await world.conversation("c1", team="red")
    mia, max_ = await Tab(world, "mia", THREAD).connect(), await Tab(world, "max", THREAD).connect()
    await max_.send(p.Viewing("c1"))
    await max_.send(p.Typing("c1"))
    assert all(shown == [] for shown in await watchers(world, mia))
    assert await watchers(world, max_) == []
    assert world.typed == []


async def test_the_visitors_screen_hears_of_answers_being_typed_but_not_of_notes(world: World) -> None:
    _, max_ = await two_at_a_conversation(world)
    second = await Tab(world, "max", THREAD).connect()
    await second.send(p.Typing("c1", "note"))
    second.cut()
    assert world.typed == []
    await max_.send(p.Typing("c1", "reply"))
    await world.clock.advance(TYPING_MS + 2 * SECOND)
    assert world.typed == [("c1", "max", True), ("c1", "max", False)]
    await max_.send(p.Typing("c1", "reply"))
    max_.cut()
    await settle()
    assert world.typed[2:] == [("c1", "max", True), ("c1", "max", False)]


async def test_agents_see_the_customer_type(world: World) -> None:
    mia, _ = await two_at_a_conversation(world)
    conversation = world.tables.nouns["conversations"]["c1"]
    world.live.visitor_typing(conversation.id, conversation.customer, True)
    assert await watchers(world, mia) == [[("anna", "reply")]]
    world.live.visitor_typing(conversation.id, conversation.customer, False)
    assert await watchers(world, mia) == [[]]


async def test_agents_see_who_has_the_chat_open_and_where_until_a_moment_after_he_has_gone(world: World) -> None:
    mia, _ = await two_at_a_conversation(world)
    c = world.tables.nouns["conversations"]["c1"]

    async def told(after: int = SECOND) -> list[list[str]]:
        await world.clock.advance(after)
        await mia.calm()
        pages = [[one.page for one in frame.watchers] for frame in mia.of(p.Watchers)]
        mia.heard.clear()
        return pages

    world.live.visitor_in_front(c.id, c.customer, "https://shop.example/cart")
    assert await told() == [["https://shop.example/cart"]]
    assert await told(60 * SECOND) == [], "he need not repeat it"
    world.live.visitor_in_front(c.id, c.customer, None)
    world.live.visitor_in_front(c.id, c.customer, "https://shop.example/delivery")
    assert await told(LEAVING_MS + 2 * SECOND) == [["https://shop.example/delivery"]]
    world.live.visitor_in_front(c.id, c.customer, None)
    assert await told(LEAVING_MS - 2 * SECOND) == []
    assert await told(4 * SECOND) == [[]]


async def test_what_was_just_set_is_his_state_before_anybody_is_told(world: World) -> None:
    await Tab(world, "mia").connect()
    await world.clock.advance(SECOND)
    busy = await world.account("mia", availability=Availability.BUSY)
    assert (world.live.state_of(busy), world.live.state_of(replace(busy, id=MAX))) == ("busy", "offline")


async def test_busy_and_on_a_break_keep_their_work_and_get_nothing_new(world: World) -> None:
    sue = await watch(world)
    mia = await Tab(world, "mia").connect()
    await world.clock.advance(SECOND)
    began = world.clock.now()
    await world.account("mia", availability=Availability.BUSY)
    await world.clock.advance(SECOND)
    assert (state(world, MIA), MIA in world.live.available(), MIA in world.live.there()) == ("busy", False, True)
    await world.account("mia", availability=Availability.BREAK, break_reason="lunch", availability_at=began)
    for _ in range(AWAY_AFTER_MS // (30 * SECOND) + 1):
        await world.clock.advance(30 * SECOND)
        await mia.send(p.Beat(active=False))
    assert (state(world, MIA), MIA in world.live.available()) == ("break", False)
    await sue.calm()
    assert states(sue) == [("mia", "online"), ("mia", "busy"), ("mia", "break")]
    told = [one for frame in sue.of(p.Presence) for one in frame.agents if one.id == MIA]
    assert [one.break_reason for one in told] == ["", "", "lunch"]
    mia.cut()
    await world.clock.advance(GRACE_MS + SECOND)
    assert state(world, MIA) == "offline"
