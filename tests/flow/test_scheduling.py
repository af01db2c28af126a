"""Answers kept back for a moment or until a chosen time: taken back, moved up, sent once over a crash, void when the customer writes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Category, ClockState, Conversation
from inbox.core.errors import Conflict, Invalid, TryLater
from inbox.core.ids import AgentId, ChannelId
from inbox.core.message import DeliveryState
from inbox.core.permissions import Scope
from inbox.core.views import BUILTIN
from inbox.flow.merging import Merging
from inbox.records import StoredFile
from inbox.testing.recording_connector import ACCEPTS, raises
from tests.flow.house import ANNA, BOB, CHAT, KEY, MAIL, MINUTE, House, World
from tests.flow.sending import FAILED, HOUR, PENDING, SENT, asked, at_last, said, state
from tests.flow.test_indexing import found
from tests.flow.test_unseen import UNSEEN_MS, a_visitor
from tests.store.conftest import Store

CANCELLED = DeliveryState.CANCELLED


def standing(x: Conversation) -> tuple[object, ...]:
    """What lists show and sort by."""
    return x.last, x.last_reply, x.updated_at, x.waiting_since, x.category


async def waiting(house: House) -> list[str]:
    """Where answers wait for their time, as the view lists it."""
    page, _ = await house.store.queries.page(BUILTIN["scheduled"], Scope(all=True), AgentId("mia"), None, 10)
    return [one.id for one in page]


async def test_an_answer_on_hold_leaves_when_the_hold_is_over_and_not_before(house: House) -> None:
    mia, id = await asked(house)
    reply = await house.sent(await house.reply(mia, id, hold=10_000))
    assert await state(house, reply) == (PENDING, "")
    assert (await house.conversation(id)).category is Category.WAITING, "it is answered"
    await house.pass_time(9_000)
    assert said(house.world.mail) == []
    await house.pass_time(1_500)
    assert said(house.world.mail) == ["On its way."]


async def test_what_is_taken_back_in_time_never_leaves_and_its_file_may_be_sent_again(house: House) -> None:
    mia, id = await asked(house)
    await house.store.files.store(StoredFile("f1", "a.txt", "text/plain", 3, f"agent:{mia.id}", house.clock.now()), b"abc")
    reply = await house.reply(mia, id, files=("f1",), hold=30_000)
    with pytest.raises(Invalid):
        await house.reply(mia, id, "stolen", files=("f1",), client_id="other")
    await house.do(mia, c.CancelSend(id, reply.id))
    again = await house.sent(await house.reply(mia, id, "Better words.", files=("f1",), client_id="again"))
    await house.pass_time(HOUR)
    assert said(house.world.mail) == ["Better words."]
    assert [a.file for a in again.attachments] == ["f1"]
    with pytest.raises(Conflict):
        await house.do(mia, c.CancelSend(id, again.id))


async def test_a_planned_answer_is_none_before_its_time(house: House) -> None:
    mia, id = await asked(house)
    at = house.clock.now() + 5 * HOUR
    reply = await house.sent(await house.reply(mia, id, send_at=at, then=Category.RESOLVED))
    before = await house.conversation(id)
    assert (before.category, before.scheduled, before.last_reply) == (Category.OPEN, (reply.id,), None)
    assert before.waiting_since is not None, "the customer still waits"
    assert await waiting(house) == [id]
    await house.pass_time(5 * HOUR - MINUTE)
    assert said(house.world.mail) == []
    await house.pass_time(MINUTE + 100)
    await at_last(house, reply, SENT)
    after = await house.conversation(id)
    assert (after.category, after.scheduled) == (Category.RESOLVED, ())
    assert await waiting(house) == []
    assert after.last_reply is not None
    assert after.last_reply.id == reply.id
    assert {clock.state for clock in after.sla if clock.metric == "first_response"} == {ClockState.BREACHED}, "an hour was promised"


async def test_a_planned_answer_survives_a_crash_and_leaves_once(any_store: Store) -> None:
    world = World()
    async with House(any_store, world=world).running() as first:
        mia, id = await asked(first)
        reply = await first.reply(mia, id, send_at=first.clock.now() + HOUR)
        first.kill()
    clock = first.clock
    async with House(any_store, clock, world, name="two").running() as second:
        await second.pass_time(HOUR - 5_000)
        assert said(world.mail) == []
        await second.pass_time(10_000)
        await at_last(second, reply, SENT)
        assert said(world.mail) == ["On its way."]


def a_first_message(at: int, channel: ChannelId = MAIL, to: c.Addressee | None = None) -> c.StartConversation:
    return c.StartConversation("first", channel, (to or c.Addressee("email", ANNA.value),), "Good morning!", subject="Birds", send_at=at)


async def test_a_conversation_that_begins_later_is_there_at_once_and_waits_for_nothing(house: House) -> None:
    mia = await house.hire("mia")
    at = house.clock.now() + 5 * HOUR
    begun = (await house.do(mia, a_first_message(at))).message
    assert begun is not None
    before = await house.conversation(begun.conversation)
    assert (before.category, before.scheduled, before.last_reply) == (Category.OPEN, (begun.id,), None)
    assert (before.assignee, before.waiting_since) == (mia.id, None)
    assert await waiting(house) == [before.id]
    assert (await house.do(mia, a_first_message(at))).duplicate
    await house.pass_time(5 * HOUR - MINUTE)
    assert said(house.world.mail) == []
    await house.pass_time(MINUTE + 100)
    await at_last(house, begun, SENT)
    after = await house.conversation(before.id)
    assert (after.category, after.scheduled) == (Category.WAITING, ())
    assert after.last_reply is not None
    assert said(house.world.mail) == ["Good morning!"]


async def test_a_conversation_that_begins_later_survives_a_crash_and_begins_once(any_store: Store) -> None:
    world = World()
    async with House(any_store, world=world).running() as first:
        mia = await first.hire("mia")
        begun = (await first.do(mia, a_first_message(first.clock.now() + HOUR))).message
        first.kill()
    assert begun is not None
    async with House(any_store, first.clock, world, name="two").running() as second:
        await second.pass_time(HOUR + 5_000)
        await at_last(second, begun, SENT)
        assert said(world.mail) == ["Good morning!"]


async def test_a_conversation_that_begins_later_is_called_back_or_sent_now(house: House) -> None:
    mia = await house.hire("mia")
    at = house.clock.now() + HOUR
    begun = (await house.do(mia, a_first_message(at))).message
    assert begun is not None
    await house.do(mia, c.CancelSend(begun.conversation, begun.id))
    again = (await house.do(mia, replace(a_first_message(at), client_id="again", text="Good day!"))).message
    assert again is not None
    await house.do(mia, c.SendNow(again.conversation, again.id))
    await at_last(house, again, SENT)
    await house.pass_time(2 * HOUR)
    assert said(house.world.mail) == ["Good day!"]


async def test_who_writes_before_a_conversation_was_to_begin_has_begun_it(house: House) -> None:
    mia = await house.hire("mia")
    earlier = await house.write("hi", channel=CHAT)
    await house.do(mia, c.SetStatus(earlier.conversation, Category.RESOLVED))
    begun = (await house.do(mia, a_first_message(house.clock.now() + HOUR, CHAT, c.Addressee("visitor", "v1")))).message
    assert begun is not None
    assert (await house.write("I have a question", channel=CHAT)).conversation == begun.conversation
    assert await state(house, begun) == (CANCELLED, "customer_wrote")


async def test_a_conversation_that_would_begin_in_the_past_is_refused(house: House) -> None:
    mia = await house.hire("mia")
    with pytest.raises(Invalid):
        await house.do(mia, a_first_message(house.clock.now()))


async def test_the_customer_who_writes_first_calls_it_back(house: House) -> None:
    mia, id = await asked(house)
    first = await house.message((await house.conversation(id)).last.id)  # type: ignore[union-attr]  # it has one
    reply = await house.reply(mia, id, send_at=house.clock.now() + HOUR)
    other = await house.reply(mia, id, "second", send_at=house.clock.now() + 2 * HOUR)
    await house.write("never mind", references=(first.external_id,))
    for one in (reply, other):
        assert await state(house, one) == (CANCELLED, "customer_wrote")
    now = await house.conversation(id)
    assert (now.scheduled, now.category) == ((), Category.OPEN)
    await house.pass_time(3 * HOUR)
    assert said(house.world.mail) == []


async def test_an_automatic_mail_calls_nothing_back(house: House) -> None:
    mia, id = await asked(house)
    first = await house.message((await house.conversation(id)).last.id)  # type: ignore[union-attr]  # it has one
    reply = await house.reply(mia, id, send_at=house.clock.now() + HOUR)
    await house.write("I am away.", references=(first.external_id,), automatic="auto-replied")
    assert await state(house, reply) == (PENDING, "")


async def test_sent_now_it_leaves_at_once(house: House) -> None:
    mia, id = await asked(house)
    reply = await house.reply(mia, id, send_at=house.clock.now() + 3 * HOUR)
    await house.do(mia, c.SendNow(id, reply.id))
    await house.pass_time(100)
    assert said(house.world.mail) == ["On its way."]
    assert (await house.conversation(id)).category is Category.WAITING
    with pytest.raises(Conflict):
        await house.do(mia, c.SendNow(id, reply.id))


async def test_taking_a_planned_answer_back_changes_nobodys_turn(house: House) -> None:
    mia, id = await asked(house)
    await house.do(mia, c.SetStatus(id, Category.RESOLVED))
    reply = await house.reply(mia, id, send_at=house.clock.now() + HOUR)
    await house.do(mia, c.CancelSend(id, reply.id))
    after = await house.conversation(id)
    assert (after.category, after.scheduled) == (Category.RESOLVED, ())


async def test_a_planned_answer_that_fails_makes_the_customer_wait_again(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(*[raises(TryLater("no route"))] * 300, ACCEPTS)
    reply = await house.reply(mia, id, send_at=house.clock.now() + 100 * HOUR)
    await house.pass_time(100 * HOUR + 100)
    assert await state(house, reply) == (PENDING, "no route"), "the two days count from its time"
    for _ in range(100):
        await house.pass_time(HOUR // 2)
    assert await state(house, reply) == (FAILED, "no route")
    assert (await house.conversation(id)).category is Category.OPEN


async def test_spam_gets_no_planned_answer(house: House) -> None:
    mia, id = await asked(house)
    reply = await house.reply(mia, id, send_at=house.clock.now() + HOUR)
    await house.do(mia, c.SetStatus(id, Category.SPAM))
    await house.pass_time(2 * HOUR)
    assert said(house.world.mail) == []
    assert await state(house, reply) == (CANCELLED, "marked_as_spam")


@pytest.mark.parametrize("ahead", [-1, 0, 367 * 24 * HOUR])
async def test_a_time_that_cannot_be_meant_is_refused(house: House, ahead: int) -> None:
    mia, id = await asked(house)
    with pytest.raises(Invalid) as refused:
        await house.reply(mia, id, send_at=house.clock.now() + ahead)
    assert refused.value.field == "send_at"


async def test_what_was_taken_back_is_not_copied_by_mail(house: House) -> None:
    mia, id = await a_visitor(house)
    house.world.chat.will(ACCEPTS)
    gone = await house.reply(mia, id, "Wrong words.", hold=10_000)
    await house.do(mia, c.CancelSend(id, gone.id))
    planned = await house.reply(mia, id, "For later.", send_at=house.clock.now() + 10 * UNSEEN_MS)
    await house.pass_time(UNSEEN_MS + 1_000)
    assert house.world.mail.asked == []
    assert (await house.message(planned.id)).channel == CHAT


async def test_lists_search_and_colleagues_know_nothing_of_what_was_taken_back(house: House) -> None:
    mia, id = await asked(house)
    ben = await house.hire("ben")
    await house.do(mia, c.Assign(id, mia.id))
    await house.pass_time(MINUTE)
    await house.do(mia, c.SetStatus(id, Category.SNOOZED, until=house.clock.now() + MINUTE))
    await house.pass_time(HOUR)
    before = await house.conversation(id)
    assert before.last is not None
    assert before.updated_at > before.last.at, "what came back from a snooze stands where that put it"
    first = await house.reply(mia, id, "A pelican brings it.", hold=30_000)
    second = await house.reply(mia, id, "A flamingo does.", hold=30_000, client_id="second", then=Category.RESOLVED)
    await house.until(lambda: found(house, "flamingo"))
    for reply in (second, first):
        assert (await house.conversation(id)).updated_at > before.updated_at
        await house.pass_time(1_000)
        await house.do(mia, c.CancelSend(id, reply.id))
    after = await house.conversation(id)
    assert standing(after) == standing(before)
    assert await found(house, "pelican") == await found(house, "flamingo") == []
    answer = await house.reply(ben, id, "I do.", seen=before.last.id, anyway=False)
    assert answer.arrived_at > max(first.arrived_at, second.arrived_at)


async def test_in_whatever_order_answers_are_taken_back_the_row_is_as_before(house: House) -> None:
    mia, id = await asked(house)
    await house.do(mia, c.Assign(id, mia.id))
    before = await house.conversation(id)
    await house.pass_time(HOUR)
    planned = await house.reply(mia, id, "tomorrow", send_at=house.clock.now() + 24 * HOUR)
    await house.pass_time(HOUR)
    held = await house.reply(mia, id, "now", hold=30_000)
    for reply in (planned, held):
        await house.do(mia, c.CancelSend(id, reply.id))
    assert standing(await house.conversation(id)) == standing(before)


async def test_who_waited_for_nothing_waits_for_nothing_when_a_further_answer_is_taken_back(house: House) -> None:
    mia, id = await asked(house)
    await house.sent(await house.reply(mia, id, "On its way."))
    before = await house.conversation(id)
    await house.pass_time(HOUR)
    further = await house.reply(mia, id, "By bird.", hold=30_000)
    await house.do(mia, c.CancelSend(id, further.id))
    after = await house.conversation(id)
    assert after.category is Category.WAITING
    assert standing(after) == standing(before)


async def test_what_is_taken_back_below_a_newer_message_leaves_the_row_as_it_is(house: House) -> None:
    mia, id = await asked(house)
    reply = await house.reply(mia, id, hold=30_000)
    await house.pass_time(1_000)
    await house.do(mia, c.Note(id, "n", "Look at this."))
    before = await house.conversation(id)
    await house.pass_time(1_000)
    await house.do(mia, c.CancelSend(id, reply.id))
    after = await house.conversation(id)
    assert (after.last, after.updated_at) == (before.last, before.updated_at)


async def test_where_nothing_else_was_written_the_row_says_that_it_was_taken_back(house: House) -> None:
    mia = await house.hire("mia")
    command = c.StartConversation("first", MAIL, (c.Addressee("email", ANNA.value),), "Do you like pelicans?", subject="Birds", hold=30_000)
    begun = (await house.do(mia, command)).message
    assert begun is not None
    await house.do(mia, c.CancelSend(begun.conversation, begun.id))
    last = (await house.conversation(begun.conversation)).last
    assert last is not None
    assert (last.id, last.preview, last.content) == (begun.id, "", "withdrawn")


async def test_what_was_merged_shows_no_words_that_were_taken_back_when_it_stands_alone_again(house: House) -> None:
    mia, into = await asked(house)
    other = (await house.write("and another", key="o", sender=BOB)).conversation
    boss = replace(mia, role=Role.ADMIN)
    await house.pass_time(1_000)
    reply = await house.reply(mia, other, "A pelican brings it.", hold=30_000)
    merging = Merging(house.committer, house.store.queries, (KEY,))
    repair = await merging.merge(boss, other, into, same_person=True)
    await house.do(mia, c.CancelSend(into, reply.id))
    assert (await house.conversation(into)).last.preview == "and another"  # type: ignore[union-attr]  # it has one
    await merging.undo(boss, repair.id)
    alone = await house.conversation(other)
    assert (alone.last.preview, alone.last.content) == ("", "withdrawn")  # type: ignore[union-attr]  # it has one


async def test_a_whisper_has_its_own_place_in_the_thread(house: House) -> None:
    mia, id = await asked(house)
    await house.do(mia, c.Assign(id, mia.id))
    boss = await house.hire("zoe", role=Role.SUPERVISOR)
    whisper = (await house.do(boss, c.Note(id, "w", "Be kind.", whisper=True))).message
    note = (await house.do(mia, c.Note(id, "n", "I am."))).message
    assert whisper is not None
    assert note is not None
    assert note.arrived_at > whisper.arrived_at
