"""Coming back: what was missed is replayed without a hole, or the client is told to begin anew."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Author, Kind
from inbox.gateway import protocol as p
from inbox.gateway.outbox import MAX_FRAMES
from inbox.gateway.replay import MOST
from inbox.records import CONVERSATIONS
from inbox.testing.clock import settle
from inbox.testing.memory_retention import MemoryRetention
from tests.gateway.live_tab import Tab
from tests.gateway.live_world import ELSEWHERE, World

ALL = p.SubscribeView("list", "all")
THREAD = p.SubscribeConversation("open", "c1")


async def seen(world: World, agent: str = "mia", *subs: p.SubscribeView | p.SubscribeConversation) -> Tab:
    """A tab that has everything, whose line then broke."""
    tab = await Tab(world, agent, *(subs or (ALL, THREAD))).connect()
    await tab.calm()
    await tab.send(p.Beat())
    await tab.calm()
    tab.cut()
    tab.heard.clear()
    return tab


async def back(tab: Tab) -> Tab:
    await tab.connect()
    await tab.calm()
    return tab


def names(tab: Tab) -> list[str]:
    return [type(frame).__name__ for frame in tab.heard]


async def test_what_was_missed_comes_before_what_is_new(world: World) -> None:
    await world.conversation("c1")
    tab = await seen(world)
    await world.message("c1", "m1")
    await world.change("c1", assignee="mia", event=EventType.ASSIGNED)
    await back(tab)
    assert names(tab) == [
        *("Hello", "Ready", "Subscribed", "Subscribed", "Watchers", "Presence"),
        *("Put", "Put", "PutMessage", "PutEvent", "BeatAck"),
    ]
    assert tab.of(p.Ready)[0].resumed
    assert {frame.c for frame in tab.of(p.Put)} == {(1, 1)}, "a replayed frame leaves the client where it was"
    assert tab.cursor == {"1": 3}


async def test_a_replay_that_breaks_off_is_not_taken_for_whole(world: World) -> None:
    """The first conversation changed last: had its frame moved the cursor, the second one's change would be lost."""
    for id in ("c1", "c2"):
        await world.conversation(id)
    tab = await seen(world, "mia", ALL)
    await world.change("c1", subject="one")
    await world.change("c2", subject="two")
    await world.change("c1", subject="three")
    await tab.connect()
    while not tab.of(p.Put):
        await tab.read(1)
    tab.cut()
    await back(tab)
    assert {row.subject for row in tab.rows("list").values()} == {"two", "three"}


async def test_a_line_that_breaks_between_two_frames_of_one_change_loses_neither(world: World) -> None:
    await world.conversation("c1")
    tab = await Tab(world, "mia", ALL, THREAD).connect()
    await tab.calm()
    await world.message("c1", "m1")
    assert [type(frame).__name__ for frame in await tab.read(1)] == ["Put"]
    tab.cut()
    await back(tab)
    assert "message m1" in tab.rows("open")


async def test_a_conversation_lost_while_away_is_gone_though_later_changes_were_out_of_sight(world: World) -> None:
    await world.conversation("c1", team="red")
    tab = await seen(world)
    await world.change("c1", team="blue")
    await world.change("c1", subject="secret")
    await back(tab)
    assert tab.rows("list") == tab.rows("open") == {}
    assert [f.code for f in tab.of(p.Problem)] == ["not_found"]
    assert "secret" not in str(tab.heard)


async def test_what_was_never_seen_is_not_told_as_gone(world: World) -> None:
    await world.conversation("c1", team="blue")
    tab = await seen(world, "mia", ALL)
    await world.change("c1", team="blue", subject="secret")
    await back(tab)
    assert names(tab)[-2:] == ["Presence", "BeatAck"]


async def test_who_may_see_something_else_now_begins_anew(world: World) -> None:
    await world.conversation("c1", team="red")
    tab = await seen(world, "mia", ALL)
    await world.account("mia", teams=("blue",), writer=ELSEWHERE)
    await world.catch_up()
    await back(tab)
    assert not tab.of(p.Ready)[0].resumed
    assert tab.rows("list") == {}


async def test_too_much_is_not_replayed(world: World) -> None:
    await world.conversation("c1")
    tab = await seen(world, "mia", ALL)
    for _ in range(MOST + 1):
        await world.change("c1", writer=ELSEWHERE)
    await back(tab)
    assert not tab.of(p.Ready)[0].resumed
    assert tab.rows("list")["c1"].version == MOST + 2


async def test_a_journal_that_forgot_entries_is_not_trusted(world: World) -> None:
    await world.conversation("c1")
    tab = await seen(world, "mia", ALL)
    await world.change("c1")
    await world.change("c1")
    del world.tables.events[1, 2]
    await back(tab)
    assert not tab.of(p.Ready)[0].resumed


@pytest.mark.parametrize("cursor", [{"1": 99}, {"7": 1}, {"1": -1}, {"x": 1}, {"": 0}, {"-1": 1}, {"1": 2**63}, {"9" * 60: 1}, {"²": 1}])
async def test_a_cursor_that_we_never_gave_begins_anew(world: World, cursor: dict[str, int]) -> None:
    await world.conversation("c1")
    tab = Tab(world, "mia", ALL)
    tab.cursor = cursor
    await back(tab)
    assert [ready.resumed for ready in tab.of(p.Ready)] == [False]
    assert list(tab.rows("list")) == ["c1"]


async def test_an_empty_cursor_resumes_from_the_beginning(world: World) -> None:
    await world.conversation("c1")
    tab = Tab(world, "mia", ALL)
    tab.cursor = {}
    await back(tab)
    assert tab.of(p.Ready)[0].resumed
    assert list(tab.rows("list")) == ["c1"]


async def test_a_replay_waits_for_a_reader_and_live_frames_wait_for_the_replay(world: World) -> None:
    count = 3 * MAX_FRAMES
    for number in range(count):
        await world.conversation(f"c{number}")
    tab = await seen(world, "mia", ALL)
    for number in range(count):
        await world.change(f"c{number}", subject="missed")
    session = tab.session = world.session(tab.agent)
    tab.begin(p.Identify("csrf", tab.cursor, (ALL,)))
    await settle(200)
    assert len(session.outbox) == MAX_FRAMES
    await world.change("c0", subject="live")
    assert session.outbox.code is None
    await tab.calm()
    assert [row.subject for row in tab.rows("list").values()].count("missed") == count - 1
    assert tab.rows("list")["c0"].subject == "live"
    assert names(tab).index("BeatAck") == len(names(tab)) - 2


async def test_access_lost_during_a_replay_stops_it(world: World) -> None:
    count = 2 * MAX_FRAMES
    for number in range(count):
        await world.conversation(f"c{number}", team="red")
    tab = await seen(world, "mia", ALL)
    for number in range(count):
        await world.change(f"c{number}", subject="missed")
    tab.session = world.session(tab.agent)
    tab.begin(p.Identify("csrf", tab.cursor, (ALL,)))
    await settle(200)
    waiting = len(tab.session.outbox)
    await world.account("mia", teams=())
    await tab.calm()
    puts = [f for f in tab.heard if isinstance(f, p.Put)]
    assert len(puts) <= waiting
    assert tab.rows("list") == {}


async def test_who_does_not_read_his_replay_is_closed_to_resume(world: World) -> None:
    for number in range(2 * MAX_FRAMES):
        await world.conversation(f"c{number}")
    tab = await seen(world, "mia", ALL)
    for number in range(2 * MAX_FRAMES):
        await world.change(f"c{number}", subject="missed")
    tab.session = world.session(tab.agent)
    tab.begin(p.Identify("csrf", tab.cursor, (ALL,)))
    await settle(200)
    for number in range(MAX_FRAMES + 1):
        assert tab.session.outbox.code is None
        await world.change("c0", subject=f"live {number}")
    assert tab.session.outbox.code == p.CloseCode.RESUME
    assert len(tab.session.outbox) == 0
    tab.cut()
    await back(tab)
    assert tab.rows("list")["c0"].subject == f"live {MAX_FRAMES}"


async def test_rights_taken_between_the_upgrade_and_identify_are_taken(world: World) -> None:
    await world.conversation("c1", team="red")
    tab = Tab(world, "mia", ALL)
    tab.session = world.session(tab.agent)
    await world.account("mia", teams=())
    await tab.send(p.Identify("csrf", None, (ALL,)))
    await tab.read()
    await world.change("c1", subject="secret")
    await tab.read()
    assert tab.of(p.Put) == []


async def test_a_thread_lost_during_its_replay_stops_it(world: World) -> None:
    count = 2 * MAX_FRAMES
    await world.conversation("c1", team="red")
    tab = await seen(world, "mia", THREAD)
    for number in range(count):
        await world.message("c1", f"m{number}")
    tab.session = world.session(tab.agent)
    tab.begin(p.Identify("csrf", tab.cursor, (THREAD,)))
    await settle(200)
    waiting = len(tab.session.outbox)
    await world.change("c1", team="blue")
    await tab.calm()
    assert len(tab.of(p.PutMessage)) <= waiting
    assert [type(frame).__name__ for frame in tab.heard if not isinstance(frame, p.Reload)][-2:] == ["BeatAck", "Gone"]


async def test_a_login_that_ends_during_a_replay_ends_it(world: World) -> None:
    for number in range(2 * MAX_FRAMES):
        await world.conversation(f"c{number}")
    tab = await seen(world, "mia", ALL)
    for number in range(2 * MAX_FRAMES):
        await world.change(f"c{number}", subject="missed")
    session = tab.session = world.session(tab.agent)
    tab.begin(p.Identify("csrf", tab.cursor, (ALL,)))
    await settle(200)
    world.live.sessions_ended([session.login])
    await tab.read()
    assert tab.of(p.Put) == []
    assert session.outbox.code == p.CloseCode.UNAUTHENTICATED


async def test_a_thread_opened_while_its_access_is_taken_away_stays_closed(world: World) -> None:
    """The conversation is read, and while the answer is under way a change takes it out of sight."""
    await world.conversation("c1", team="red")
    stale = dict(world.tables.of(CONVERSATIONS))
    tab = await Tab(world, "mia").connect()

    async def slow(ids: list[ConversationId]) -> object:
        await world.change("c1", team="blue")
        return {id: stale[id] for id in ids}

    world.queries.conversations = slow  # type: ignore[method-assign, assignment]  # the answer of a slow database
    await tab.send(THREAD)
    await tab.calm()
    assert [f.code for f in tab.of(p.Problem)] == ["not_found"]


async def test_a_database_that_is_away_sends_the_client_to_come_back_later(world: World) -> None:
    await world.conversation("c1")
    tab = await seen(world, "mia", ALL)
    world.tables.away = True
    await tab.connect()
    assert tab.session is not None
    assert tab.session.outbox.code == p.CloseCode.TRY_LATER
    tab.cut()
    world.tables.away = False
    await world.change("c1", subject="new")
    await back(tab)
    assert tab.rows("list")["c1"].subject == "new"


@pytest.mark.parametrize("away_since", ["before", "after"])
async def test_who_is_behind_what_the_journal_still_holds_begins_anew(world: World, away_since: str) -> None:
    await world.conversation("c1")
    tab = await seen(world)
    if away_since == "before":
        await world.message("c1", "m1")
    retention = MemoryRetention(world.tables)
    for id in ("m2", "m3"):
        await world.message("c1", id)
    head = max(n for _, n in world.tables.events)
    removed, _ = await retention.trim_journal(world.clock.now() + 1, {1: head - 2}, 100)
    assert removed > 0
    await back(tab)
    assert tab.of(p.Ready)[0].resumed == (away_since == "after")
    assert (len(tab.of(p.PutMessage)) > 0) == (away_since == "after")


async def test_a_whisper_reaches_whom_it_is_for_live_and_after_a_cut_and_nobody_else(world: World) -> None:
    await world.conversation("c1", assignee="mia", team=None)
    tabs = {agent: await seen(world, agent, THREAD) for agent in ("mia", "max", "sue")}
    note: dict[str, Any] = {"event": EventType.NOTE_WRITTEN, "kind": Kind.NOTE, "author": Author("agent", "sue"), "whisper": AgentId("mia")}
    await world.message("c1", "missed", **note)
    for tab in tabs.values():
        await back(tab)
    await world.message("c1", "live", **note)
    for agent, tab in tabs.items():
        await tab.calm()
        ids = {frame.row.id for frame in tab.of(p.PutMessage)}
        assert ids == (set() if agent == "max" else {"missed", "live"}), agent
        assert tab.of(p.Put), "the conversation itself is told to everybody"
