"""What a session does not take: frames out of turn, too many, too strange; and what stays when it refuses."""

from __future__ import annotations

import asyncio

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from inbox.gateway import protocol as p
from inbox.gateway.session import FRAMES_PER_MINUTE, MAX_STRIKES, Session
from inbox.gateway.subscriptions import MOST
from tests.gateway.live_tab import Tab, frames_of
from tests.gateway.live_world import World
from tests.gateway.test_protocol import client_frames, json_values


async def problems(tab: Tab) -> list[tuple[str, bool]]:
    return [(f.code, f.fatal) for f in await tab.read() if isinstance(f, p.Problem)]


async def raw(tab: Tab, data: str | bytes) -> None:
    assert tab.session is not None
    await tab.session.receive(data)


def unidentified(world: World) -> Tab:
    tab = Tab(world, "mia")
    tab.session = world.session(tab.agent)
    return tab


def code_of(tab: Tab) -> int | None:
    assert tab.session is not None
    return tab.session.outbox.code


@pytest.mark.parametrize("frame", [p.SubscribeView("l", "all"), p.Beat(), p.Viewing("c1"), p.Unsubscribe("l")])
async def test_identify_comes_first(world: World, frame: p.ClientFrame) -> None:
    tab = unidentified(world)
    await raw(tab, msgspec.json.encode(frame))
    assert await problems(tab) == [("out_of_turn", True)]
    assert code_of(tab) == p.CloseCode.MALFORMED


async def test_identify_comes_once(world: World) -> None:
    tab = await Tab(world, "mia").connect()
    await tab.send(p.Identify("csrf"))
    assert await problems(tab) == [("out_of_turn", True)]


@pytest.mark.parametrize("csrf", ["", "CSRF", "csrf ", "ćsrf", "\0"])
async def test_only_our_own_page_gets_in(world: World, csrf: str) -> None:
    await world.conversation("c1")
    tab = unidentified(world)
    await raw(tab, msgspec.json.encode(p.Identify(csrf, {}, (p.SubscribeView("l", "all"),))))
    assert await problems(tab) == [("csrf", True)]
    assert code_of(tab) == p.CloseCode.UNAUTHENTICATED
    await world.change("c1")
    assert await tab.read() == []


async def test_one_malformed_frame_is_a_slip_five_are_not(world: World) -> None:
    tab = await Tab(world, "mia").connect()
    for strike in range(MAX_STRIKES):
        await raw(tab, b"{")
        assert await problems(tab) == [("malformed", strike == MAX_STRIKES - 1)]
    assert code_of(tab) == p.CloseCode.MALFORMED


async def test_nothing_malformed_before_identify(world: World) -> None:
    tab = unidentified(world)
    await raw(tab, b"GET / HTTP/1.1")
    assert code_of(tab) == p.CloseCode.MALFORMED


async def test_a_flood_ends_the_connection_and_a_steady_client_does_not(world: World) -> None:
    steady, flood = await Tab(world, "mia").connect(), await Tab(world, "max").connect()
    for _ in range(3 * FRAMES_PER_MINUTE):
        await world.clock.advance(60_000 // FRAMES_PER_MINUTE)
        await steady.send(p.Beat())
    assert code_of(steady) is None
    for _ in range(FRAMES_PER_MINUTE + 1):
        await flood.send(p.Beat())
    assert code_of(flood) == p.CloseCode.TOO_MANY
    assert await problems(flood) == [("too_many", True)]


async def test_an_unknown_view_is_refused_and_the_rest_stays(world: World) -> None:
    tab = await Tab(world, "mia", p.SubscribeView("l", "all")).connect()
    await tab.send(p.SubscribeView("x", "no-such"))
    await tab.send(p.SubscribeCounts("n", ("all", "no-such")))
    assert await problems(tab) == [("not_found", False), ("not_found", False)]
    await world.conversation("c1")
    await tab.calm()
    assert list(tab.rows("l")) == ["c1"]


async def test_so_many_subscriptions_and_no_more(world: World) -> None:
    tab = await Tab(world, "mia").connect()
    for number in range(MOST):
        await tab.send(p.SubscribeView(f"s{number}", "all"))
    await tab.send(p.SubscribeView("s0", "mine"))
    assert await problems(tab) == [], "one that takes the place of another is not one more"
    await tab.send(p.SubscribeView("one more", "all"))
    assert await problems(tab) == [("too_many", False)]


async def test_a_name_used_again_follows_the_new_thing_only(world: World) -> None:
    tab = await Tab(world, "mia", p.SubscribeView("l", "all")).connect()
    await tab.send(p.SubscribeView("l", "mine"))
    await tab.read()
    await world.conversation("c1")
    assert [f for f in await tab.read() if isinstance(f, p.Put)] == []
    await tab.send(p.Unsubscribe("l"))
    await tab.send(p.Unsubscribe("l"))
    await world.conversation("c2", assignee="mia")
    assert [f for f in await tab.read() if isinstance(f, p.Put)] == []


async def test_a_beat_is_answered_with_how_far_everything_was_sent(world: World) -> None:
    tab = await Tab(world, "mia").connect()
    await world.conversation("c1")
    await tab.send(p.Beat())
    assert [(f.cursor, f.now) for f in await tab.read() if isinstance(f, p.BeatAck)] == [({"1": 1}, world.clock.now())]


async def test_a_session_that_ended_follows_nothing(world: World) -> None:
    await world.conversation("c1")
    subs = p.SubscribeView("l", "all"), p.SubscribeConversation("t", "c1"), p.SubscribeCounts("n", ("all",))
    tab = await Tab(world, "mia", *subs).connect()
    session = tab.session
    assert session is not None
    tab.cut()
    await world.message("c1", "m1")
    await world.clock.advance(5_000)
    assert len(session.outbox) == 0


@given(st.lists(st.binary(max_size=60) | json_values.map(msgspec.json.encode) | client_frames.map(msgspec.json.encode), max_size=20))
@settings(max_examples=100)
def test_whatever_a_client_sends_the_answer_is_frames(sent: list[bytes]) -> None:
    async def play() -> Session:
        world = await World().start()
        await world.conversation("c1")
        tab = await Tab(world, "mia").connect()
        session = tab.session
        assert session is not None
        for data in sent:
            await session.receive(data)
            if len(session.outbox):
                frames_of(await session.outbox.take())
        await world.message("c1", "m1")
        tab.cut()
        await world.stop()
        return session

    assert asyncio.run(play()).outbox.code is not None
