"""A visitor's tab without its socket: writing, answers, coming back, several tabs, floods, and a database that is away."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.ids import ChannelId, FileId, MessageId
from inbox.core.message import Address, Attachment, Author, Delivery, DeliveryState, Kind, Message
from inbox.core.visitor import VisitorFile, VisitorId, WidgetSettings
from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitor_tokens import secret_hash
from inbox.gateway.visitors import ELSEWHERE, POLICY, QUEUED_FRAMES, RESTARTING, RESUME, TRY_LATER
from tests.gateway.visitor_world import SHOP, START, World


async def test_looking_at_the_chat_stores_nothing() -> None:
    world = World()
    tab = await world.opened(page="https://shop.example/")
    assert (tab.ready.visitor, tab.ready.messages, tab.ready.online) == ("unknown", (), True)
    assert not world.store.stored
    assert not world.deliveries.all


async def test_a_first_line_becomes_a_delivery_and_comes_back_as_a_message() -> None:
    world = World()
    tab = await world.opened("ip-9", page="https://user:pw@shop.example/cart?session=secret#top", language="de-DE")
    await tab.send("start")
    token = tab.one(p.VisitorMade).token
    await tab.say("line-0001", "Where is my parcel?", name="Mina", email="mina@example.org")

    said = tab.one(p.Said)
    (raw,) = world.deliveries.all
    (visitor,) = world.store.stored.values()
    assert raw.context == {"visitor": visitor.id, "ip": "ip-9", "page": "https://shop.example/cart"}
    assert visitor.secret == secret_hash(token)
    assert token not in str(raw)

    world.place()
    row = tab.one(p.MessageChanged).row
    assert (row.id, row.who, row.text, row.client_id) == (said.id, "visitor", "Where is my parcel?", "line-0001")


async def test_said_comes_only_after_the_line_is_stored() -> None:
    world = World()
    tab, _ = await world.writer()
    world.deliveries.down = True
    await tab.say("line-0001")
    assert tab.frames() == [p.Refused("unavailable", "line-0001", again=True)]
    world.deliveries.down = False
    await tab.say("line-0001")
    assert tab.one(p.Said).client_id == "line-0001"


async def test_a_line_sent_again_is_the_same_delivery_and_message() -> None:
    world = World()
    tab, token = await world.writer()
    await tab.say("line-0001")
    first = tab.one(p.Said).id
    tab.session.leave()
    again = await world.opened(token=token, pending=["line-0001"])
    await again.say("line-0001")
    assert again.one(p.Said).id == first
    assert len(world.deliveries.all) == 1


async def test_a_pending_line_that_did_arrive_is_recognised_in_the_snapshot() -> None:
    world = World()
    tab, token = await world.writer()
    await tab.say("line-0001")
    world.place()
    again = await world.opened(token=token, pending=["line-0001"])
    assert [row.client_id for row in again.ready.messages] == ["line-0001"]


async def test_an_answer_reaches_every_tab_with_the_agents_first_name() -> None:
    world = World()
    tab, token = await world.writer()
    other = await world.opened(token=token)
    world.answer(world.visitor_of(tab))
    for each in (tab, other):
        row = each.one(p.MessageChanged).row
        assert (row.who, row.name, row.text, row.seen) == ("agent", "Sam", "Hello, Sam here.", False)


async def test_own_lines_appear_in_the_other_tabs() -> None:
    world = World()
    tab, token = await world.writer()
    other = await world.opened(token=token)
    await tab.say("line-0001", "Hi")
    world.place()
    assert other.one(p.MessageChanged).row.text == "Hi"


async def test_a_visitor_sees_nothing_but_his_own_lines_and_what_was_sent_to_him() -> None:
    world = World()
    tab, token = await world.writer()
    me = world.visitor_of(tab)
    stranger = "somebody else"
    hidden: list[dict[str, Any]] = [
        {"kind": Kind.NOTE, "delivery": None},
        {"to": (Address("webchat", stranger),)},
        {"to": (Address("email", me),)},
        {"channel": ChannelId("other")},
        {"delivery": Delivery(DeliveryState.PENDING)},
        {"delivery": Delivery(DeliveryState.CANCELLED)},
        {"delivery": Delivery(DeliveryState.FAILED)},
        {"kind": Kind.CUSTOMER, "sender": Address("webchat", stranger), "to": (Address("webchat", me),)},
    ]
    for fields in hidden:
        world.answer(me, **fields)
    assert tab.none()
    assert (await world.opened(token=token)).ready.messages == ()


async def test_an_answer_shows_once_it_has_left() -> None:
    world = World()
    tab, _ = await world.writer()
    me = world.visitor_of(tab)
    pending = world.answer(me, delivery=Delivery(DeliveryState.PENDING))
    assert tab.none()
    world.answer(me, id=pending.id, version=2)
    assert tab.one(p.MessageChanged).row.id == pending.id


async def test_coming_back_brings_what_was_missed_and_what_changed() -> None:
    world = World()
    tab, token = await world.writer()
    me = world.visitor_of(tab)
    first = world.answer(me, "first")
    world.now += 1000
    second = world.answer(me, "second")
    tab.session.leave()
    world.answer(me, "first, corrected", id=first.id, arrived_at=first.arrived_at, version=2)
    world.now += 1000
    third = world.answer(me, "third")
    again = await world.opened(token=token, have={first.id: 1, second.id: 1})
    assert not again.ready.whole
    assert [(row.id, row.text) for row in again.ready.messages] == [(first.id, "first, corrected"), (third.id, "third")]


async def test_after_a_gap_everything_is_sent_anew() -> None:
    world = World()
    tab, token = await world.writer()
    me = world.visitor_of(tab)
    for n in range(p.HISTORY + 5):
        world.now += 1
        world.answer(me, str(n))
    again = await world.opened(token=token, have={"long ago": 1})
    assert again.ready.whole
    assert [row.text for row in again.ready.messages] == [str(n) for n in range(5, p.HISTORY + 5)]


async def test_what_happens_while_the_thread_is_read_is_not_lost() -> None:
    world = World()
    tab, token = await world.writer()
    me = world.visitor_of(tab)
    read = world.feed.thread

    async def slowly(channel: ChannelId, visitor: VisitorId, limit: int) -> Sequence[Message]:
        thread = await read(channel, visitor, limit)
        world.answer(me, "just now")
        return thread

    world.feed.thread = slowly  # type: ignore[method-assign]  # a read during which something happens
    other = world.tab()
    await other.send("open", token=token)
    ready, changed = other.frames()
    assert isinstance(ready, p.Ready)
    assert ready.messages == ()
    assert isinstance(changed, p.MessageChanged)
    assert changed.row.text == "just now"


async def test_seen_answers_become_receipts_once() -> None:
    world = World()
    tab, token = await world.writer()
    other = await world.opened(token=token)
    answer = world.answer(world.visitor_of(tab))
    await other.send("got", messages=[answer.id])
    await tab.send("seen", messages=[answer.id])
    await tab.send("seen", messages=[answer.id])
    bodies = [msgspec.json.decode(raw.body) for raw in world.deliveries.all]
    assert [(body["messages"], body["state"]) for body in bodies] == [([answer.id], "delivered"), ([answer.id], "read")]
    tab.frames()
    world.place()
    assert tab.frames()[-1] == p.MessageChanged(p.MessageRow(answer.id, 2, "agent", "Sam", answer.text, START, (), "", True))


async def test_nobody_can_mark_an_answer_he_was_not_given() -> None:
    world = World()
    tab, _ = await world.writer()
    other, _ = await world.writer("ip-2")
    answer = world.answer(world.visitor_of(tab))
    await other.send("seen", messages=[answer.id, "no such message"])
    assert other.none()
    assert not world.deliveries.all


async def test_typing_goes_both_ways_and_is_not_stored() -> None:
    world = World()
    tab, _ = await world.writer()
    me = world.visitor_of(tab)
    await tab.send("typing")
    await tab.send("typing")
    world.now += 2500
    await tab.send("typing")
    await tab.send("typing", on=False)
    assert world.feed.typing == [(me, True), (me, True), (me, False)]
    world.visitors.agent_typing(SHOP, me, "Sam", True)
    assert tab.frames() == [p.SomebodyTypes("Sam", True)]
    assert not world.deliveries.all


async def test_presence_follows_the_first_and_the_last_tab() -> None:
    world = World()
    tab, token = await world.writer()
    me = VisitorId(world.visitor_of(tab))
    other = await world.opened(token=token)
    tab.session.leave()
    assert world.feed.here == {me: True}
    other.session.leave()
    assert world.feed.here == {me: False}
    assert world.visitors.tabs(SHOP, me) == ()


async def test_everybody_hears_whether_somebody_is_there_to_answer() -> None:
    world = World()
    world.feed.staffed = False
    looking, (writing, _) = await world.opened(), await world.writer("ip-2")
    assert not looking.ready.online
    world.visitors.online_changed(SHOP, True)
    assert looking.frames() == writing.frames() == [p.Online(True)]


async def test_a_fourth_tab_takes_the_place_of_the_oldest() -> None:
    world = World()
    tab, token = await world.writer()
    others = [await world.opened(token=token) for _ in range(3)]
    assert tab.session.out.code == ELSEWHERE
    assert [other.session.out.code for other in others] == [None] * 3


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


class TestFiles:
    """Uploading asks the socket first; what is sent must be one's own; addresses are signed for one file."""

    async def test_a_picture_may_be_uploaded_and_sent(self) -> None:
        world = World()
        tab, _ = await world.writer()
        await tab.send("upload", client_id="file-0001", name="a.png", type="image/png; x=y", size=1000)
        ticket = world.tickets.read_upload(tab.one(p.Ticket).ticket, world.now)
        assert (ticket.visitor, ticket.type, ticket.size) == (world.visitor_of(tab), "image/png", 1000)
        reference = world.tickets.reference(
            VisitorId(ticket.visitor), VisitorFile(FileId(ticket.file), "a.png", "image/png", 1000), world.now
        )
        await tab.say("line-0001", "", files=[reference])
        tab.one(p.Said)
        (message,) = world.place()
        assert [a.file for a in message.attachments] == [ticket.file]
        (shown,) = tab.one(p.MessageChanged).row.files
        link = world.tickets.read_link(shown.url.partition("token=")[2], world.now)
        assert (link.channel, link.file) == ("shop", ticket.file)

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"type": "application/x-msdownload"}, "file_type"),
            ({"type": "image/svg+xml"}, "file_type"),
            ({"type": "text/html"}, "file_type"),
            ({"size": 10 * 1024 * 1024 + 1}, "file_size"),
        ],
    )
    async def test_what_may_not_be_sent_is_refused_before_its_bytes(self, fields: dict[str, object], code: str) -> None:
        world = World()
        tab, _ = await world.writer()
        await tab.send("upload", **{"client_id": "file-0001", "name": "x", "type": "image/png", "size": 10, **fields})
        assert tab.frames() == [p.Refused(code, "file-0001")]

    async def test_a_channel_may_take_no_files(self) -> None:
        world = World(WidgetSettings(files=False))
        tab, _ = await world.writer()
        await tab.send("upload", client_id="file-0001", name="x", type="image/png", size=10)
        assert tab.frames() == [p.Refused("file_type", "file-0001")]

    async def test_uploads_are_limited(self) -> None:
        world = World()
        tab, _ = await world.writer()
        for n in range(21):
            await tab.send("upload", client_id=f"file-{n:04}", name="x", type="image/png", size=10)
        assert [type(frame) for frame in tab.frames()] == [p.Ticket] * 20 + [p.SlowDown]

    async def test_somebody_elses_upload_cannot_be_sent(self) -> None:
        world = World()
        tab, _ = await world.writer()
        thief, _ = await world.writer("ip-2")
        file = VisitorFile(FileId("f1"), "passport.png", "image/png", 10)
        stolen = world.tickets.reference(VisitorId(world.visitor_of(tab)), file, world.now)
        for reference in (stolen, "f1", world.tickets.link(SHOP, "f1", world.now)):
            await thief.say("line-0001", "", files=[reference])
            assert thief.frames() == [p.Refused("file", "line-0001")]
        assert not world.deliveries.all

    async def test_an_address_is_renewed_only_for_files_of_the_own_thread(self) -> None:
        world = World()
        tab, _ = await world.writer()
        thief, _ = await world.writer("ip-2")
        world.answer(world.visitor_of(tab), attachments=(Attachment(FileId("f1"), "bill.pdf", "application/pdf", 9),))
        tab.frames()
        await tab.send("link", file="f1")
        assert tab.one(p.Linked).url.startswith("/chat/shop/files/f1?token=")
        await thief.send("link", file="f1")
        assert thief.frames() == [p.Refused("file")]


async def test_a_bot_goes_by_its_name_and_the_system_by_none() -> None:
    world = World()
    tab, _ = await world.writer()
    bot, system = Author("bot", "echo"), Author("system")
    world.feed.names |= {bot: "Echo Bot", system: "internal name"}
    for author in (bot, system):
        world.answer(world.visitor_of(tab), author=author)
    assert [(f.row.who, f.row.name) for f in tab.frames() if isinstance(f, p.MessageChanged)] == [("bot", "Echo Bot"), ("system", "")]


async def test_a_message_without_a_channel_concerns_nobody() -> None:
    world = World()
    tab, _ = await world.writer()
    world.answer(world.visitor_of(tab), channel=None, id=MessageId("m1"))
    assert tab.none()
