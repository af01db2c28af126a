"""What a tab may ask about the past, and what a transcript of it holds."""

from __future__ import annotations

import pytest

from inbox.core.ids import ConversationId, MessageId
from inbox.core.message import Author
from inbox.core.transcript import AGAIN_MS
from inbox.core.visitor import VisitorId
from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitors import RESUME, TRY_LATER, Episode
from tests.gateway.visitor_world import Tab, World

OLD = ConversationId("old")


async def with_past(world: World) -> tuple[Tab, VisitorId]:
    """A visitor who wrote, was answered and was asked to rate."""
    tab, _ = await world.writer()
    await tab.say("line-0001", "Where is it?")
    (line,) = world.place()
    visitor = VisitorId(world.visitor_of(tab))
    answer = world.answer(visitor, "Here it is.")
    asked = world.answer(visitor, "How was it?", author=Author("system"), rates=MessageId("q"), automatic="survey-thanks")
    world.past.of[visitor] = [Episode(OLD, (line, answer, asked), resolved=True, current=True)]
    tab.frames()
    return tab, visitor


async def test_he_sees_a_line_of_each_and_all_of_one() -> None:
    world = World()
    tab, _ = await with_past(world)
    await tab.send("earlier")
    (row,) = tab.one(p.EarlierOnes).rows
    assert (row.id, row.resolved, row.current) == (OLD, True, True)
    assert row.text.startswith("How was it?")
    await tab.send("look", conversation=OLD)
    assert [m.text for m in tab.one(p.Looked).messages][:2] == ["Where is it?", "Here it is."]


@pytest.mark.parametrize("t", ["look", "take_up"])
async def test_what_is_not_his_is_refused(t: str) -> None:
    world = World()
    await with_past(world)
    stranger, _ = await world.writer("ip-2")
    await stranger.send(t, conversation=OLD)
    assert stranger.one(p.Refused).code == "conversation"


async def test_before_he_is_somebody_there_is_no_past() -> None:
    tab = await World().opened()
    await tab.send("earlier")
    assert tab.one(p.Refused).code == "start_first"


async def test_taking_up_shows_this_tab_afresh_and_sends_the_others_back() -> None:
    world = World()
    tab, token = await world.writer()
    world.past.of[VisitorId(world.visitor_of(tab))] = [Episode(OLD, ())]
    other = await world.opened(token=token)
    await tab.send("take_up", conversation=OLD)
    assert tab.one(p.Ready).whole
    assert (other.session.out.code, tab.session.out.code) == (RESUME, None)


async def test_a_tab_that_could_not_show_what_was_taken_up_comes_back_for_it() -> None:
    world = World()
    tab, token = await world.writer()
    me = world.visitor_of(tab)
    world.past.of[VisitorId(me)] = [Episode(OLD, ())]
    world.feed.down = True
    await tab.send("take_up", conversation=OLD)
    assert tab.session.out.code == TRY_LATER
    tab.session.leave()
    world.feed.down = False
    world.answer(me)
    assert [m.text for m in (await world.opened(token=token)).ready.messages] == ["Hello, Sam here."]


async def test_a_transcript_says_what_was_said_but_not_where_he_rates() -> None:
    world = World()
    tab, _ = await with_past(world)
    await tab.send("transcript", email=" Ada@Example.org ", language="en-GB")
    assert tab.one(p.TranscriptAsked).state == "queued"
    ((to, made),) = world.past.mailed
    assert to == "ada@example.org"
    assert all(said in made.text for said in ("You, ", "Where is it?", "Sam, ", "Here it is.", "How was it?"))
    assert "/s/" not in made.text


@pytest.mark.parametrize(
    ("email", "conversation", "state"),
    [("a@b.de,c@d.de", "", "address"), ("nobody", "", "address"), ("a@b.de", "another", "nothing")],
)
async def test_no_mail_leaves_for_a_wrong_address_or_what_is_not_his(email: str, conversation: str, state: str) -> None:
    world = World()
    tab, _ = await with_past(world)
    await tab.send("transcript", email=email, conversation=conversation)
    assert tab.one(p.TranscriptAsked).state == state
    assert world.past.mailed == []


async def test_nobody_is_mailed_what_only_a_stranger_wrote() -> None:
    world = World()
    tab, visitor = await with_past(world)
    his = world.past.of[visitor][0].messages[:1]
    world.past.of[visitor] = [Episode(OLD, his, current=True)]
    await tab.send("transcript", email="victim@example.org")
    assert tab.one(p.TranscriptAsked).state == "nothing"


async def test_too_many_wait_and_without_mail_there_is_none() -> None:
    world = World()
    tab, _ = await with_past(world)
    world.past.wait = AGAIN_MS
    await tab.send("transcript", email="a@b.de")
    assert tab.one(p.TranscriptAsked) == p.TranscriptAsked("wait", AGAIN_MS)
    world.past.wait = 0
    for _ in range(8):
        await tab.send("transcript", email="a@b.de")
    assert [frame.state for frame in tab.frames() if isinstance(frame, p.TranscriptAsked)].count("queued") == 5
    world.past.can_mail = False
    await tab.send("transcript", email="a@b.de")
    assert tab.one(p.TranscriptAsked).state == "off"
