"""A visitor's tab without its socket: writing, answers, receipts, coming back, and several tabs."""

from typing import Any

import msgspec
import pytest

from inbox.core.agent import Agent, Role
from inbox.core.ids import AgentId, ChannelId, MessageId
from inbox.core.message import Address, Author, Delivery, DeliveryState, Kind
from inbox.core.rating import CHANGE_MS, Asked, SurveyKind, Words
from inbox.core.visitor import VisitorId
from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitor_tokens import secret_hash
from inbox.gateway.visitors import ELSEWHERE, Held
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

    async def slowly(channel: ChannelId, visitor: VisitorId, limit: int) -> Held:
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
    assert tab.frames()[-1] == p.MessageChanged(p.MessageRow(answer.id, 2, "agent", "Sam", answer.text, START, (), "", True, face="f" * 32))


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


async def test_he_is_there_while_a_tab_has_the_open_chat_in_front_on_the_page_it_shows() -> None:
    world = World()
    tab, token = await world.writer()
    me = VisitorId(world.visitor_of(tab))
    assert world.feed.fronts[me] is None
    await tab.send("here", page="https://shop.example/cart?token=secret#pay")
    assert world.feed.fronts[me] == "https://shop.example/cart"
    other = await world.opened(token=token)
    await other.send("here", page="https://shop.example/delivery")
    assert world.feed.fronts[me] == "https://shop.example/delivery"
    await other.send("here", page=None)
    assert world.feed.fronts[me] == "https://shop.example/cart"
    tab.session.leave()
    other.session.leave()
    assert world.feed.fronts[me] is None
    assert world.visitors.tabs(SHOP, me) == ()


@pytest.mark.parametrize("page", ["https://phish.example/login", "https://shop.example@phish.example/", "javascript:alert(1)", ""])
async def test_a_page_of_no_listed_site_is_not_shown(page: str) -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.send("here", page=page)
    assert world.feed.fronts[VisitorId(world.visitor_of(tab))] == ""


async def test_who_opened_the_chat_before_he_was_known_is_there_as_soon_as_he_is() -> None:
    world = World()
    tab = await world.opened()
    await tab.send("here", page="https://shop.example/cart")
    await tab.send("start")
    assert world.feed.fronts == {VisitorId(world.visitor_of(tab)): "https://shop.example/cart"}


async def test_a_line_says_on_which_page_it_was_written() -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.send("here", page="https://shop.example/delivery")
    await tab.send("say", client_id="line-0001", text="When?")
    [raw] = world.deliveries.all
    assert raw.context["page"] == "https://shop.example/delivery"


async def test_who_has_not_written_yet_hears_whether_somebody_is_there_to_answer() -> None:
    world = World()
    world.feed.staffed = False
    looking, (writing, _) = await world.opened(), await world.writer("ip-2")
    assert not looking.ready.online
    world.visitors.online_changed(SHOP, p.Online(True))
    assert looking.frames() == [p.Online(True)]
    assert writing.frames() == [], "who wrote is told by where he waits"


async def test_a_fourth_tab_takes_the_place_of_the_oldest() -> None:
    world = World()
    tab, token = await world.writer()
    others = [await world.opened(token=token) for _ in range(3)]
    assert tab.session.out.code == ELSEWHERE
    assert [other.session.out.code for other in others] == [None] * 3


async def test_a_bot_goes_by_its_name_and_the_system_by_none() -> None:
    world = World()
    tab, _ = await world.writer()
    bot, system = Author("bot", "echo"), Author("system")
    for author, name in ((bot, "Echo Bot"), (system, "internal name")):
        world.feed.accounts[author.id] = Agent(AgentId(author.id), "", name, Role.BOT)
    for author in (bot, system):
        world.answer(world.visitor_of(tab), author=author)
    assert [(f.row.who, f.row.name) for f in tab.frames() if isinstance(f, p.MessageChanged)] == [("bot", "Echo Bot"), ("system", "")]


async def test_a_message_without_a_channel_concerns_nobody() -> None:
    world = World()
    tab, _ = await world.writer()
    world.answer(world.visitor_of(tab), channel=None, id=MessageId("m1"))
    assert tab.none()


async def test_a_comment_goes_to_the_question_he_was_asked_until_it_is_too_late() -> None:
    world = World()
    tab, _ = await world.writer()
    words = Words("How was it?", ("Bad", "Good"), "Why?", "Send", "Thanks.", "Closed.")
    answered = Asked("s1", SurveyKind.CSAT, words, START, score=2, scored_at=START, comment="Fine")
    question = world.answer(world.visitor_of(tab), "How was it?", author=Author("system"), survey=answered, automatic="survey")
    row = tab.one(p.MessageChanged).row
    assert (row.comment, row.comment_until) == ("Fine", START + CHANGE_MS)
    await tab.send("comment", message=question.id, text="Fine, but slow")
    assert (world.comments, tab.frames()) == ([(question.id, "Fine, but slow")], [])
    stranger, _ = await world.writer("ip-2")
    await stranger.send("comment", message=question.id, text="not mine")
    assert stranger.one(p.Refused).code == "comment"
    world.too_late = True
    await tab.send("comment", message=question.id, text="late")
    assert tab.one(p.Refused).code == "comment"
    assert len(world.comments) == 1
