"""What a visitor's tab is held to: frames in order and in shape, rates, slow readers, a server that drains, and a database that is away."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitors import POLICY, QUEUED_FRAMES, RESTARTING, RESUME, TRY_LATER
from tests.gateway.visitor_world import START, World


async def test_a_stranger_writes_only_after_he_has_started() -> None:
    world = World()
    tab = world.tab()
    await tab.say("line-0001")
    assert tab.frames() == [p.Refused("open_first")]
    await tab.send("open")
    tab.frames()
    await tab.say("line-0001")
    assert tab.frames() == [p.Refused("start_first", "line-0001")]
    assert not world.deliveries.all


async def test_an_empty_line_is_refused() -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.say("line-0001", " \n ")
    assert tab.frames() == [p.Refused("empty", "line-0001")]


async def test_more_than_thirty_lines_a_minute_have_to_wait() -> None:
    world = World()
    tab, token = await world.writer()
    other = await world.opened(token=token)
    for n in range(30):
        await (tab, other)[n % 2].say(f"line-{n:04}")
    tab.frames()
    await tab.say("line-0030")
    slow = tab.one(p.SlowDown)
    assert slow.client_id == "line-0030"
    assert 0 < slow.after <= 2000
    world.now += slow.after
    await tab.say("line-0030")
    assert tab.one(p.Said).client_id == "line-0030"


async def test_one_address_brings_six_new_visitors_in_twelve_hours() -> None:
    world = World()
    for _ in range(6):
        await world.writer()
        world.now += 60_000
    tab = await world.opened()
    await tab.send("start")
    wait = tab.one(p.SlowDown).after
    assert wait == 12 * 3600 * 1000 - 6 * 60_000
    assert len(world.store.stored) == 6
    assert (await world.writer("ip-2"))[1]
    elsewhere = World(other=world)
    asking = await elsewhere.opened()
    await asking.send("start")
    assert asking.one(p.SlowDown).after == wait
    world.now += wait
    await tab.send("start")
    assert tab.one(p.VisitorMade).token


async def test_a_flood_of_frames_is_told_to_slow_down_and_then_cut_off() -> None:
    world = World()
    tab = await world.opened()
    for _ in range(200):
        await tab.session.receive(b"{}")
    slow = [frame for frame in tab.frames() if isinstance(frame, p.SlowDown)]
    assert len(slow) == 1
    assert slow[0].after > 0
    for _ in range(600):
        await tab.session.receive(b"{}")
    assert tab.session.out.code == POLICY


async def test_a_tab_that_reads_too_slowly_is_closed_to_come_back() -> None:
    world = World()
    tab, token = await world.writer()
    me = world.visitor_of(tab)
    for n in range(QUEUED_FRAMES + 1):
        world.now += 1
        world.answer(me, str(n))
    assert tab.session.out.code == RESUME
    assert len(tab.session.out) == 0
    tab.session.leave()
    assert len((await world.opened(token=token)).ready.messages) == p.HISTORY


async def test_draining_sends_each_tab_away_with_its_own_wait() -> None:
    world = World()
    tabs = [await world.opened(f"ip-{n}") for n in range(3)]
    world.visitors.drain(iter([100, 200, 300]))
    assert sorted(tab.one(p.Reconnect).after for tab in tabs) == [100, 200, 300]
    assert {tab.session.out.code for tab in tabs} == {RESTARTING}


async def test_without_a_database_opening_is_put_off_and_starting_may_be_repeated() -> None:
    world = World()
    tab = world.tab()
    world.store.down = True
    await tab.send("open", token="anything")
    assert tab.session.out.code == TRY_LATER
    starting = await World(other=world).opened()
    await starting.send("start")
    assert starting.frames() == [p.Refused("unavailable", again=True)]


async def test_who_started_in_another_tab_first_comes_back_for_what_could_not_be_shown() -> None:
    world = World()
    first, second = [await world.opened(identity=world.identity()) for _ in range(2)]
    await first.send("start")
    world.feed.down = True
    await second.send("start")
    assert second.session.out.code == TRY_LATER, "nothing that changes would ever be told to it"


async def test_beats_are_answered_before_and_after_opening() -> None:
    tab = World().tab()
    await tab.send("beat")
    assert tab.frames() == [p.Beaten(START)]


@given(st.binary(max_size=300))
async def test_any_bytes_get_a_refusal_and_change_nothing(data: bytes) -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.session.receive(data)
    assert tab.frames() == [p.Refused("malformed")]
    assert not world.deliveries.all


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "say", "client_id": "short", "text": "x"},
        {"t": "say", "client_id": "line-0001", "text": "x" * 10_001},
        {"t": "say", "client_id": "line-0001", "text": {"$gt": ""}},
        {"t": "say", "client_id": {"$ne": None}, "text": "x"},
        {"t": "say", "client_id": "line-0001", "text": "x", "visitor": "somebody else"},
        {"t": "say", "client_id": "line-0001", "text": "x", "files": ["f"] * 11},
        {"t": "seen", "messages": []},
        {"t": "seen", "messages": ["m"] * 51},
        {"t": "open", "have": {"m": "1"}},
        {"t": "upload", "client_id": "line-0001", "name": "x", "type": "image/png", "size": -1},
        {"t": "nothing we know"},
    ],
)
async def test_a_frame_outside_its_shape_is_refused(frame: dict[str, object]) -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.session.receive(msgspec.json.encode(frame))
    assert tab.frames() == [p.Refused("malformed")]


async def test_deeply_nested_and_oversized_frames_are_refused() -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.session.receive(b'{"t":' + b"[" * 40_000)
    await tab.session.receive(b'{"t":"typing","on":true' + b" " * p.MAX_INBOUND_BYTES + b"}")
    assert tab.frames() == [p.Refused("malformed")] * 2


async def test_the_longest_text_of_any_script_fits_a_frame() -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.say("line-0001", "😀" * 10_000)
    assert tab.one(p.Said).client_id == "line-0001"
