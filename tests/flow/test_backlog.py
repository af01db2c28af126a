"""Mail that was there before us, or came while we were out, stands where it belongs and alarms nobody for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core import commands as c
from inbox.core.conversation import Category, ClockState, Conversation
from inbox.core.events import EventType
from inbox.core.ids import Instant, message_id
from inbox.core.message import Message
from inbox.flow.rows import message_row
from tests.flow.house import ANNA, MAIL, MINUTE, House, a_mail, ids

HOUR = 60 * MINUTE
DAY = 24 * HOUR
ALARMS = {EventType.QUEUED, EventType.ASSIGNED, EventType.SLA_WARNED, EventType.SLA_BREACHED, EventType.STATUS_CHANGED}


async def alarms(house: House) -> set[EventType]:
    """What happened that somebody would have to act on."""
    return {e.type for e in await house.store.journal.events_after({}, 10_000)} & ALARMS


async def old(house: House, age: int, text: str = "years ago", **fields: Any) -> tuple[Message, Instant]:
    """A mail that lay in the mailbox for so long when it was first read, and when it came there."""
    at = house.clock.now() - age
    return await house.write(text, received_at=at, backlog=True, **fields), at


async def test_history_is_kept_and_nobody_is_asked_to_answer_it(house: House) -> None:
    await house.hire("mia")
    message, at = await old(house, 400 * DAY)
    await house.pass_time(3 * HOUR)
    conversation = await house.conversation(message.conversation)
    assert (message.arrived_at, message.at, message.late) == (at, at, True)
    assert message_row(message, "Anna").late, "agents see that it is history"
    assert (conversation.category, conversation.status) == (Category.RESOLVED, "resolved")
    assert (conversation.created_at, conversation.updated_at, conversation.resolved_at) == (at, at, at)
    assert (conversation.assignee, conversation.queued_at, conversation.waiting_since) == (None, None, None)
    assert {clock.state for clock in conversation.sla} == {ClockState.IDLE}
    assert await alarms(house) == set()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
async def test_a_thread_of_years_stands_in_its_order_whatever_comes_first(house: House, order: tuple[int, ...]) -> None:
    thread = [a_mail("first", key="k0")]
    thread.append(a_mail("second", key="k1", references=ids(*thread)))
    thread.append(a_mail("third", key="k2", references=ids(*thread)))
    for n in order:
        await old(house, (400 - 100 * n) * DAY, thread[n].text, key=f"k{n}", references=thread[n].references)
    (conversation,) = await everything(house)
    assert await house.thread(conversation.id) == ["first", "second", "third"]
    assert conversation.last is not None
    assert conversation.last.preview == "third"
    assert conversation.updated_at == conversation.resolved_at == house.clock.now() - 200 * DAY


async def everything(house: House) -> list[Conversation]:
    """Every conversation."""
    events = await house.store.journal.events_after({}, 10_000)
    return list((await house.store.queries.conversations(list({e.conversation for e in events if e.conversation}))).values())


@pytest.mark.parametrize(("age", "opened"), [(10 * DAY, 1), (400 * DAY, 2)], ids=["opens it again", "begins anew"])
async def test_an_answer_to_history_is_news(house: House, age: int, opened: int) -> None:
    await house.hire("mia")
    await old(house, age, key="k0")
    answer = await house.write("and now?", key="k1", references=("<k0@x>",))
    await house.pass_time(10)
    conversation = await house.conversation(answer.conversation)
    assert (conversation.category, conversation.assignee) == (Category.OPEN, "mia")
    assert (conversation.waiting_since, conversation.sort_due) == (answer.arrived_at, answer.arrived_at + HOUR)
    assert len(await everything(house)) == opened


async def test_history_that_turns_up_in_an_open_conversation_changes_nothing_but_the_thread(house: House) -> None:
    new = await house.write("new", key="k1", references=("<k0@x>",))
    before = await house.conversation(new.conversation)
    await old(house, 90 * DAY, "what it was about", key="k0")
    after = await house.conversation(new.conversation)
    assert await house.thread(new.conversation) == ["what it was about", "new"]
    assert (after.category, after.waiting_since, after.sla, after.last) == (before.category, before.waiting_since, before.sla, before.last)


async def test_what_came_while_we_were_out_is_answered_as_if_it_came_now(house: House) -> None:
    """The customer has waited two days and is shown so; what is promised to him counts from when somebody could have answered."""
    await house.hire("mia")
    came = house.clock.now() - 2 * DAY
    message = await house.write("hello?", received_at=came)
    await house.pass_time(10)
    conversation = await house.conversation(message.conversation)
    assert (message.arrived_at, message.late) == (came, False)
    assert (conversation.category, conversation.assignee) == (Category.OPEN, "mia")
    assert conversation.waiting_since == conversation.created_at == came
    assert conversation.sort_due is not None
    assert conversation.sort_due > house.clock.now()


async def test_a_minute_on_the_way_does_not_put_a_mail_above_the_answer_that_was_just_written(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="k0")
    came = house.clock.now()
    await house.clock.advance(MINUTE)
    await house.reply(mia, question.conversation, "answer")
    await house.clock.advance(MINUTE)
    await house.write("more", key="k1", references=("<k0@x>",), received_at=came)
    assert await house.thread(question.conversation) == ["question", "answer", "more"]


@pytest.mark.parametrize("kind", ["auto-reply", "out-of-office", "bounce"])
async def test_what_a_machine_answered_is_shown_and_asks_nobody(house: House, kind: str) -> None:
    mia = await house.hire("mia")
    absent = await house.write("I am away until Monday.", automatic=kind, key="k0")
    await house.pass_time(3 * HOUR)
    conversation = await house.conversation(absent.conversation)
    assert (conversation.category, conversation.status, conversation.queued_at, conversation.assignee) == (
        Category.WAITING,
        "waiting",
        None,
        None,
    )
    assert (conversation.waiting_since, {clock.state for clock in conversation.sla}) == (None, {ClockState.IDLE})
    assert await alarms(house) == set()
    assert await house.thread(absent.conversation) == ["I am away until Monday."]
    await house.do(mia, c.Reply(absent.conversation, "r", "Enjoy!"))
    back = await house.write("I am back.", key="k1", references=("<k0@x>",))
    await house.pass_time(10)
    conversation = await house.conversation(back.conversation)
    assert (conversation.id, conversation.category, conversation.assignee) == (absent.conversation, Category.OPEN, "mia")


async def test_a_machine_that_may_speak_for_a_person_is_looked_at(house: House) -> None:
    await house.hire("mia")
    form = await house.write("Someone filled in the form.", automatic="auto-generated")
    await house.pass_time(10)
    conversation = await house.conversation(form.conversation)
    assert (conversation.category, conversation.assignee) == (Category.OPEN, "mia")


async def test_history_is_there_once_however_often_it_is_read(house: House) -> None:
    item = a_mail("old", key="k", received_at=house.clock.now() - 90 * DAY, backlog=True)
    for n in range(3):
        await house.deliver(item, key=f"d{n}")
    await house.message(message_id(MAIL, "k"))
    await house.rest()
    (conversation,) = await everything(house)
    assert (conversation.messages, conversation.customer != "", ANNA.value) == (1, True, conversation.participants[0].value)
