"""A resolved customer is asked once, in his channel's own way; what he answers is stored, thanked for and changes nobody's turn."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Category, Conversation
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.events import Event, EventType
from inbox.core.ids import ChannelId, ConversationId, MessageId
from inbox.core.message import Message
from inbox.core.permissions import Actor
from inbox.core.rating import CHANGE_MS, COMMENT_MS, DAY, SurveyKind, Words, comment_until
from inbox.core.surveys import Survey
from inbox.records import CUSTOMERS, SURVEYS
from inbox.testing.recording_connector import RecordingChat
from tests.flow.house import CHAT, MAIL, MINUTE, House, World, load
from tests.store.conftest import in_memory

WORDS = Words("How was it?", ("Very bad", "Bad", "Okay", "Good", "Very good"), "Why?", "Send", "Thank you!", "Too late.", "en")
SURVEY = Survey("s", "All", SurveyKind.CSAT, WORDS, 0, wait_ms=10 * MINUTE, again_days=30)


@pytest.fixture(autouse=True)
def buttons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordingChat, "capabilities", replace(RecordingChat.capabilities, choices=11))


async def surveying(house: House, survey: Survey = SURVEY) -> Actor:
    ada = await house.hire("ada", role=Role.ADMIN, online=False)
    await house.catalog.save(ada, SURVEYS, survey, 0, lambda *asked: None)
    await house.until(lambda: survey.id in house.promises.current().surveys, "the survey")
    return await house.hire("mia")


async def resolved(house: House, mia: Actor, channel: ChannelId = CHAT, key: str = "1") -> ConversationId:
    message = await house.write("it is torn", key=key, channel=channel)
    await house.sent(await house.reply(mia, message.conversation, "A new one is on its way.", then=Category.RESOLVED))
    return message.conversation


async def asked(house: House, id: ConversationId) -> Message:
    """The question, once its time has come."""
    await house.pass_time(10 * MINUTE)
    rating = (await house.conversation(id)).rating
    assert rating is not None
    return await house.message(rating.message)


def clocks(c: Conversation) -> Any:
    return c.category, c.waiting_since, [(clock.state, clock.epoch) for clock in c.sla], c.queued_at


async def told(house: House, type: EventType) -> list[Event]:
    return [e for e in await house.store.journal.events_after({}, 100_000) if e.type is type]


async def test_in_a_chat_there_are_buttons_and_a_tap_is_the_answer(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia)
    await house.pass_time(9 * MINUTE)
    assert (await house.conversation(id)).rating is None
    question = await asked(house, id)
    outbound = house.world.chat.accepted[-1]
    assert (outbound.text, outbound.choices, outbound.automatic) == ("How was it?", WORDS.labels, True)
    before = await house.conversation(id)
    await house.write("Good", key="tap", channel=CHAT)
    await house.pass_time(10)
    after = await house.conversation(id)
    assert clocks(after) == clocks(before)
    assert after.rating is not None
    assert after.rating.score == 4
    stored = (await house.message(question.id)).survey
    assert stored is not None
    assert (stored.score, stored.agent) == (4, "mia")
    thanks = house.world.chat.accepted[-1].text
    assert thanks == "Thank you!\n\nWhy?", "he answers where he is: there is no address to go to"
    [event] = await told(house, EventType.SURVEY_ANSWERED)
    assert event.reason is not None
    assert event.reason.code == "csat"
    assert event.reason.ids == ("s", question.id, "chat", "", "", "mia")
    assert event.reason.numbers["score"] == 4
    assert "was" not in event.reason.numbers
    await house.write("Very good", key="tap2", channel=CHAT)
    await house.pass_time(10)
    assert [e.reason.numbers.get("was") for e in await told(house, EventType.SURVEY_ANSWERED) if e.reason] == [None, 4]
    assert sum(m.text.startswith("Thank you!") for m in house.world.chat.accepted) == 1, "thanks are said once"


async def test_words_that_are_no_choice_open_it_again(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia)
    await asked(house, id)
    again = await house.write("Good, but it is still torn", key="more", channel=CHAT)
    conversation = await house.conversation(id)
    assert (again.conversation, conversation.category) == (id, Category.OPEN)
    number = await house.write("2", key="number", channel=CHAT)
    assert number.automatic == "", "while they talk, a number answers the agent"
    tap = await house.write("Bad", key="tap", channel=CHAT)
    assert tap.automatic == "survey-answer"


async def test_the_line_after_the_thanks_is_the_comment_and_the_next_one_opens_it_again(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia)
    question = await asked(house, id)
    await house.write("Bad", key="tap", channel=CHAT)
    await house.pass_time(MINUTE)
    before = await house.conversation(id)
    said = await house.write("Shipping is too expensive, and nobody told me so before I paid", key="why", channel=CHAT)
    await house.pass_time(10)
    after = await house.conversation(id)
    assert (said.automatic, clocks(after)) == ("survey-answer", clocks(before))
    stored = (await house.message(question.id)).survey
    assert stored is not None
    assert (stored.score, stored.comment) == (2, "Shipping is too expensive, and nobody told me so before I paid")
    assert [e.reason.numbers["commented"] for e in await told(house, EventType.SURVEY_ANSWERED) if e.reason] == [0, 1]
    more = await house.write("And where is my parcel?", key="more", channel=CHAT)
    assert (more.automatic, (await house.conversation(id)).category) == ("", Category.OPEN)


async def test_a_line_long_after_the_thanks_is_no_comment(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia)
    await asked(house, id)
    await house.write("Bad", key="tap", channel=CHAT)
    await house.pass_time(COMMENT_MS)
    line = await house.write("My parcel is not here.", key="why", channel=CHAT)
    assert (line.automatic, (await house.conversation(id)).category) == ("", Category.OPEN)


async def test_a_comment_can_be_added_as_long_as_the_answer_may_be_changed(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia)
    question = await asked(house, id)
    with pytest.raises(Invalid):
        await house.surveys.comment(question.id, "before any score")
    await house.write("Bad", key="tap", channel=CHAT)
    scored_at = house.clock.now()
    await house.pass_time(2 * COMMENT_MS)
    until = (await house.message(question.id)).survey
    assert until is not None
    assert comment_until(until) == until.scored_at + CHANGE_MS
    for said in ("Too expensive.", "Too expensive, and slow."):
        await house.surveys.comment(question.id, said)
        stored = (await house.message(question.id)).survey
        assert stored is not None
        assert (stored.score, stored.comment) == (2, said)
    assert (await house.conversation(id)).category is Category.RESOLVED, "it opens nothing"
    await house.pass_time(scored_at + CHANGE_MS - house.clock.now())
    with pytest.raises(Conflict):
        await house.surveys.comment(question.id, "a day later")
    with pytest.raises(NotFound):
        await house.surveys.comment(MessageId("no-question"), "hm")


async def test_who_rated_on_the_page_was_not_asked_for_a_comment_in_the_chat(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia)
    question = await asked(house, id)
    await house.surveys.answer(question, 2, None)
    line = await house.write("My parcel is not here.", key="why", channel=CHAT)
    assert (line.automatic, (await house.conversation(id)).category) == ("", Category.OPEN)


async def test_by_mail_there_is_an_address_that_only_the_customer_sees(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia, MAIL)
    question = await asked(house, id)
    text = house.world.mail.accepted[-1].text
    head, _, address = text.partition("\n\n")
    assert (head, question.text, question.choices) == ("How was it?", "How was it?", ())
    token = address.removeprefix("https://inbox.example/s/")
    found = await house.surveys.question(token)
    assert found.id == question.id
    version = (await house.conversation(id)).version
    await house.surveys.question(token)
    assert (await house.conversation(id)).version == version, "looking changes nothing"
    before = await house.conversation(id)
    await house.surveys.answer(found, 2, None)
    await house.surveys.answer(found, None, "Took too long")
    after = await house.conversation(id)
    assert clocks(after) == clocks(before)
    stored = (await house.message(question.id)).survey
    assert stored is not None
    assert (stored.score, stored.comment) == (2, "Took too long")
    assert not any("Took" in repr(e) for e in await told(house, EventType.SURVEY_ANSWERED)), "no text in the journal"
    await house.pass_time(DAY)
    with pytest.raises(Conflict):
        await house.surveys.answer(found, 5, None)


@pytest.mark.parametrize("token", ["", "a" * 52, "x"])
async def test_an_address_that_is_not_ours_leads_nowhere(house: House, token: str) -> None:
    with pytest.raises(NotFound):
        await house.surveys.question(token)


async def test_a_message_token_is_no_address_of_a_survey(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia, MAIL)
    await asked(house, id)
    with pytest.raises(NotFound):
        await house.surveys.question(house.world.mail.accepted[-1].message_token)


async def test_what_is_opened_again_is_not_asked_about(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia)
    await house.write("wait, one more thing", key="2", channel=CHAT)
    await house.pass_time(20 * MINUTE)
    conversation = await house.conversation(id)
    assert (conversation.asking, conversation.rating) == (None, None)


async def test_nobody_is_asked_twice_within_the_time(house: House) -> None:
    mia = await surveying(house, replace(SURVEY, again_days=1))
    first = await resolved(house, mia, MAIL, "one")
    await asked(house, first)
    second = await resolved(house, mia, MAIL, "two")
    await house.pass_time(20 * MINUTE)
    assert (await house.conversation(second)).rating is None
    [customer] = (await load(house.store.journal, CUSTOMERS, (await house.conversation(first)).customer)).values()
    assert customer.surveyed_at
    await house.pass_time(DAY)
    third = await resolved(house, mia, MAIL, "three")
    await asked(house, third)


async def test_two_that_are_resolved_together_are_asked_about_once(house: House) -> None:
    mia = await surveying(house)
    both = [await resolved(house, mia, MAIL, key) for key in ("one", "two")]
    await house.pass_time(30 * MINUTE)
    assert [(await house.conversation(id)).rating is not None for id in both] == [True, False]


async def test_spam_and_what_nobody_answered_is_not_asked_about(house: House) -> None:
    mia = await surveying(house)
    spam = await house.write("buy", key="spam")
    await house.do(mia, c.SetStatus(spam.conversation, Category.SPAM))
    unanswered = await house.write("newsletter", key="news")
    await house.do(mia, c.SetStatus(unanswered.conversation, Category.RESOLVED))
    machine = await house.write("out of office", key="ooo", automatic="out-of-office")
    to = (c.Addressee("email", "bob@example.net"),)
    begun = await house.do(mia, c.StartConversation(client_id="b1", channel=MAIL, to=to, subject="News", text="Hello"))
    assert begun.conversation is not None
    await house.do(mia, c.SetStatus(begun.conversation.id, Category.RESOLVED))
    await house.pass_time(30 * MINUTE)
    for id in (spam.conversation, unanswered.conversation, machine.conversation, begun.conversation.id):
        assert (await house.conversation(id)).rating is None


async def test_a_survey_that_was_switched_off_meanwhile_is_not_asked(house: House) -> None:
    mia = await surveying(house)
    id = await resolved(house, mia)
    ada = Actor(id=(await house.agent("ada")).id, role=Role.ADMIN)
    await house.catalog.save(ada, SURVEYS, replace(SURVEY, enabled=False), 1, lambda *asked: None)
    await house.until(lambda: not house.promises.current().surveys["s"].enabled, "the change")
    await house.pass_time(20 * MINUTE)
    conversation = await house.conversation(id)
    assert (conversation.asking, conversation.rating) == (None, None)
    await house.rest()
    newest = max((x.event for x in house.heard if x.event.conversation == id), key=lambda event: event.version)
    assert (newest.type, newest.version) == (EventType.CONVERSATION_CHANGED, conversation.version), "who follows hears it"


async def test_more_scores_than_a_chat_has_buttons_are_asked_by_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordingChat, "capabilities", replace(RecordingChat.capabilities, choices=10))
    async with House(in_memory()).running() as house:
        mia = await surveying(house, replace(SURVEY, kind=SurveyKind.NPS, words=replace(WORDS, labels=("Never", "Surely"))))
        id = await resolved(house, mia)
        await asked(house, id)
        outbound = house.world.chat.accepted[-1]
        assert (outbound.choices, "https://inbox.example/s/" in outbound.text) == ((), True)
        await house.write("9", key="typed", channel=CHAT)
        rating = (await house.conversation(id)).rating
        assert rating is not None
        assert (rating.kind, rating.score) == ("nps", 9)


async def test_a_process_killed_between_asking_and_sending_asks_once() -> None:
    store, world = in_memory(), World()
    first = House(store, world=world)
    async with first.running(without=("outbox",)):
        mia = await surveying(first)
        message = await first.write("it is torn", key="1", channel=CHAT)
        await first.reply(mia, message.conversation, "Done.", then=Category.RESOLVED)
        question = await asked(first, message.conversation)
        first.kill()
    assert world.chat.accepted == []
    second = House(store, first.clock, world, "two")
    async with second.running():
        await second.pass_time(60 * MINUTE)
        assert [m.id for m in world.chat.accepted if m.text == "How was it?"] == [question.id]


async def test_a_process_killed_before_asking_asks_once() -> None:
    store, world = in_memory(), World()
    first = House(store, world=world)
    async with first.running(without=("timers",)):
        mia = await surveying(first)
        id = await resolved(first, mia)
        await first.pass_time(11 * MINUTE)
        assert (await first.conversation(id)).rating is None
        first.kill()
    second = House(store, first.clock, world, "two")
    async with second.running():
        await second.pass_time(MINUTE)
        assert [m.text for m in world.chat.accepted].count("How was it?") == 1
