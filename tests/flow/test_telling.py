"""Who comes when a queue is closed or long hears of it once, by the outbox, whatever stopped in between."""

from __future__ import annotations

import pytest

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Category
from inbox.core.ids import AgentId, ConversationId
from tests.flow.house import CHAT, House, World, a_mail
from tests.flow.test_queues import MINUTE, queue
from tests.flow.test_returns import hours
from tests.flow.test_router import many
from tests.store.conftest import Store

CLOSED, FULL = "We are back tomorrow.", "Many are waiting, please bear with us."


async def closes_at_nine(house: House) -> None:
    await hours(house)
    await queue(house, "all", calendar="office", closed_text=CLOSED)


async def texts(house: House, id: ConversationId) -> list[str]:
    await house.pass_time(10)
    return await house.thread(id)


async def test_who_writes_when_it_is_closed_is_told_once_and_waits_on(house: House) -> None:
    await closes_at_nine(house)
    await house.pass_time(61 * MINUTE)
    mail, chat = await house.write("anybody?"), await house.write("hello?", channel=CHAT)
    assert await texts(house, mail.conversation) == ["anybody?", CLOSED]
    assert await texts(house, chat.conversation) == ["hello?", CLOSED]
    told = await house.conversation(mail.conversation)
    assert (told.category, told.queued_at is not None, told.waiting_since is not None) == (Category.OPEN, True, True)
    assert [m.text for m in house.world.mail.accepted] == [CLOSED]
    await house.write("really nobody?", channel=CHAT, key="again")
    assert (await texts(house, chat.conversation)).count(CLOSED) == 1
    await house.deliver(a_mail("another matter", key="k9", subject="Else"))
    await house.pass_time(10)
    assert len(house.world.mail.accepted) == 1, "by mail once a day"


async def test_who_came_in_time_hears_of_the_closing_in_the_chat_only(house: House) -> None:
    await closes_at_nine(house)
    mail, chat = await house.write("by mail"), await house.write("hello?", channel=CHAT)
    assert await texts(house, chat.conversation) == ["hello?"]
    await house.pass_time(61 * MINUTE)
    assert await texts(house, chat.conversation) == ["hello?", CLOSED]
    assert await texts(house, mail.conversation) == ["by mail"]


async def test_who_is_new_to_a_queue_that_keeps_customers_together_hears_that_it_is_long(any_store: Store) -> None:
    async with House(any_store).running() as house:
        await queue(house, "all", limit=2, full_text=FULL, sticky_ms=MINUTE)
        ids = await many(house, 2)
        await house.pass_time(1)
        (third,) = await many(house, 1, 2)

        async def told() -> bool:
            return [FULL in await texts(house, id) for id in (*ids, third)] == [False, False, True]

        await house.until(told, "told")


@pytest.mark.parametrize("automatic", ["auto-reply", "out-of-office"])
async def test_machines_are_told_nothing(house: House, automatic: str) -> None:
    await closes_at_nine(house)
    await house.pass_time(61 * MINUTE)
    mail = await house.write("I am away", automatic=automatic)
    assert await texts(house, mail.conversation) == ["I am away"]


async def test_who_comes_after_the_limit_is_told_that_it_is_long(house: House) -> None:
    await queue(house, "all", limit=2, full_text=FULL)
    ids = await many(house, 2)
    await house.pass_time(1)
    (third,) = await many(house, 1, 2)
    assert [FULL in await texts(house, id) for id in (*ids, third)] == [False, False, True]
    assert len(house.world.mail.accepted) == 1
    boss = await house.hire("boss", role=Role.ADMIN, online=False)
    for holder in ("boss", None):
        for id in (*ids, third):
            await house.do(boss, c.Assign(id, None if holder is None else AgentId(holder)))
        await house.rest()
    await house.pass_time(1)
    assert (await house.conversation(third)).queued_at is not None
    assert (await texts(house, third)).count(FULL) == 1, "who was held and came back hears nothing a second time"


async def test_the_next_process_tells_what_the_one_before_died_over_and_two_tell_once(any_store: Store) -> None:
    world = World()
    async with House(any_store, world=world).running(without=["telling"]) as before:
        await closes_at_nine(before)
        await before.pass_time(61 * MINUTE)
        mail = await before.write("anybody?")
        assert await texts(before, mail.conversation) == ["anybody?"]
    one, two = (House(any_store, before.clock, world, name) for name in ("one", "two"))
    async with one.running(), two.running():
        await one.rest()
        await two.rest()
        assert await texts(two, mail.conversation) == ["anybody?", CLOSED]
        await one.pass_time(30_000)
        await one.until(lambda: world.mail.accepted, "sent")
        await two.rest()
        assert [m.text for m in world.mail.accepted] == [CLOSED]
