"""Every answer leaves once: whatever the provider does, whenever the process dies, whoever else is sending."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from inbox.core import commands as c
from inbox.core.conversation import FAR_FUTURE, Category
from inbox.core.errors import NeedsLogin, Rejected, TryLater
from inbox.core.message import Message
from inbox.testing.clock import ManualClock
from inbox.testing.memory_store import MemoryStore
from inbox.testing.recording_connector import (
    ACCEPTS,
    HANGS,
    LOSES_ANSWER,
    TAKES_AND_HANGS,
    raises,
)
from tests.flow.house import ANNA, CHAT, MAIL, MINUTE, House, World, stored_in
from tests.flow.sending import FAILED, HOUR, PENDING, SENT, asked, at_last, said, state
from tests.store.conftest import Store


async def test_an_answer_leaves_at_once_and_once(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, id = await asked(house)
        reply = await house.reply(mia, id)
        await house.clock.advance(10)
        await at_last(house, reply, SENT)
        await house.pass_time(HOUR)
        assert said(house.world.mail) == ["On its way."]


async def test_answers_of_one_conversation_leave_in_the_order_they_were_written(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(TAKES_AND_HANGS)
    replies = [house.do(mia, c.Reply(id, f"r{n}", f"part {n}", anyway=True)) for n in range(6)]
    await asyncio.gather(*replies)
    await house.pass_time(100)
    assert said(house.world.mail) == ["part 0"], "the others wait for the first"
    house.world.mail.release()
    await house.pass_time(100)
    assert said(house.world.mail) == [f"part {n}" for n in range(6)]


async def test_what_is_put_off_holds_nothing_up(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(raises(TryLater("greylisted")))
    late = await house.sent(await house.reply(mia, id, "first"))
    await house.sent(await house.reply(mia, id, "second"))
    assert said(house.world.mail) == ["second"]
    assert await state(house, late) == (PENDING, "greylisted")
    await house.pass_time(MINUTE)
    assert said(house.world.mail) == ["second", "first"]


async def test_waits_double_and_the_providers_own_wish_counts(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(*[raises(TryLater("busy"))] * 3, raises(TryLater("slow down", after=600_000)), ACCEPTS)
    await house.sent(await house.reply(mia, id))
    tries = []
    for _ in range(2_000):
        tries.append(len(house.world.mail.asked))
        await house.clock.advance(1_000)
        if house.world.mail.accepted:
            break
    waits = [tries.count(n) for n in range(1, 5)]
    assert waits == [30, 60, 120, 600]


async def test_after_two_days_it_is_given_up_and_the_customer_waits_again(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(*[raises(TryLater("no route"))] * 200)
    reply = await house.sent(await house.reply(mia, id))
    for _ in range(100):
        await house.pass_time(HOUR // 2)
    assert await state(house, reply) == (FAILED, "no route")
    conversation = await house.conversation(id)
    assert conversation.category is Category.OPEN
    assert conversation.waiting_since is not None
    assert len(house.world.mail.asked) < 70


async def test_missing_credentials_put_off_until_an_admin_has_acted(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(raises(NeedsLogin("535 bad password")))
    reply = await house.sent(await house.reply(mia, id))
    assert await state(house, reply) == (PENDING, "needs_login: 535 bad password")
    await house.pass_time(5 * MINUTE)
    assert (await state(house, reply))[0] is SENT


async def test_a_refusal_is_final_and_names_who_was_refused(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(raises(Rejected("policy", {ANNA.value: "550 unknown"})))
    reply = await house.sent(await house.reply(mia, id))
    stored = (await house.message(reply.id)).delivery
    assert stored is not None
    assert stored.state is FAILED
    assert [(r.address, r.error) for r in stored.recipients] == [(ANNA.value, "550 unknown")]
    await house.pass_time(HOUR)
    assert len(house.world.mail.asked) == 1
    assert (await house.conversation(id)).category is Category.OPEN


async def test_a_crash_before_the_claim_loses_nothing(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    async with House(any_store, clock, world).running(without=("outbox",)) as dying:
        mia, id = await asked(dying)
        reply = await dying.reply(mia, id)
    clock.set(clock.now() + HOUR)
    async with House(any_store, clock, world, "two").running() as next_one:
        await at_last(next_one, reply, SENT)
        assert said(world.mail) == ["On its way."]


async def test_two_processes_send_each_message_once(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    async with House(any_store, clock, world).running() as one, House(any_store, clock, world, "two").running() as two:
        mia, id = await asked(one)
        replies = await asyncio.gather(*((one, two)[n % 2].reply(mia, id, f"r{n}", client_id=f"r{n}") for n in range(20)))

        async def all_sent() -> bool:
            await one.pass_time(1_000)  # whoever lost a race looks again a second later
            await two.rest()
            return all([(await state(one, reply))[0] is SENT for reply in replies])

        await one.until(all_sent)
        assert sorted(said(world.mail)) == sorted(r.text for r in replies)


async def test_what_another_process_left_behind_is_sent_after_a_moment(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    async with House(any_store, clock, world).running(without=("outbox",)) as idle, House(any_store, clock, world, "two").running() as two:
        mia, id = await asked(idle)
        reply = await idle.reply(mia, id)
        await two.until(lambda: any(x.message is not None and x.message.id == reply.id for x in two.heard))
        await two.pass_time(1_000)
        assert world.mail.asked == []
        await two.pass_time(3_000)
        await at_last(two, reply, SENT)


async def test_a_result_is_stored_even_if_the_database_is_away_when_it_comes() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory)).running() as house:
        mia, id = await asked(house)
        house.world.mail.will(TAKES_AND_HANGS)
        house.world.mail.can_look_up = False
        reply = await house.begun(await house.reply(mia, id))
        memory.away = True
        house.world.mail.release()
        await house.pass_time(20_000)
        memory.away = False
        await house.pass_time(5_000)
        assert await state(house, reply) == (SENT, "")
        await house.pass_time(HOUR)
        assert len(house.world.mail.asked) == 1


async def test_a_database_that_is_away_puts_sending_off() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory)).running() as house:
        mia, id = await asked(house)
        reply = await house.reply(mia, id)
        memory.away = True
        await house.pass_time(30_000)
        assert house.world.mail.asked == []
        memory.away = False
        await house.pass_time(5_000)
        assert (await state(house, reply))[0] is SENT


async def test_a_channel_that_hangs_holds_up_no_other_one(house: House) -> None:
    mia = await house.hire("mia", capacity=1000)
    house.world.mail.will(*[HANGS] * 100)
    for n in range(40):
        question = await house.write(f"q{n}", key=f"q{n}", subject=f"{n}")
        await house.reply(mia, question.conversation, f"a{n}")
    chat = await house.write("hi", channel=CHAT)
    await house.pass_time(100)
    await house.sent(await house.reply(mia, chat.conversation, "hello"))
    assert len(house.world.mail.asked) == 32
    assert said(house.world.chat) == ["hello"]


async def test_a_channel_that_is_gone_puts_off_and_resends_nothing_uncertain(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(LOSES_ANSWER)
    uncertain = await house.sent(await house.reply(mia, id, "uncertain"))
    house.gone.add(MAIL)
    new = await house.sent(await house.reply(mia, id, "new"))
    assert await state(house, new) == (PENDING, "channel_gone")
    await house.pass_time(HOUR)
    house.gone.clear()
    await house.pass_time(2 * HOUR)
    assert [await state(house, m) for m in (uncertain, new)] == [(SENT, ""), (SENT, "")]
    assert sorted(said(house.world.mail)) == ["new", "uncertain"]


async def test_at_the_end_what_is_under_way_is_reported_and_nothing_new_begins(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(TAKES_AND_HANGS)
    first = await house.begun(await house.reply(mia, id, "first"))
    second = await house.reply(mia, id, "second")
    async with asyncio.TaskGroup() as tasks:
        stopping = tasks.create_task(house.outbox.stop())
        await house.pass_time(100)
        assert not stopping.done()
        house.world.mail.release()
    await house.pass_time(MINUTE)
    assert [(await state(house, m))[0] for m in (first, second)] == [SENT, PENDING]


async def test_nothing_is_left_in_the_heap_for_ever(house: House) -> None:
    mia, id = await asked(house)
    reply = await house.sent(await house.reply(mia, id))
    assert (await house.message(reply.id)).delivery is not None
    assert await due(house) == []


async def due(house: House) -> Sequence[Message]:
    return await house.store.queries.due_messages(FAR_FUTURE, 10)


async def test_the_latest_message_is_answered_by_its_token_once_and_only_to_its_author(house: House) -> None:
    mia = await house.hire("mia")
    line = await house.write("hello", key="1", channel=CHAT, answer_token="t1")
    await house.sent(await house.reply(mia, line.conversation, "one"))
    await house.sent(await house.reply(mia, line.conversation, "two", client_id="2"))
    again = await house.write("again", key="2", channel=CHAT, answer_token="t2")
    await house.sent(await house.reply(mia, line.conversation, "three", client_id="3"))
    assert [(m.answer_token, m.answered_at) for m in house.world.chat.asked] == [("t1", line.arrived_at), ("", 0), ("t2", again.arrived_at)]
