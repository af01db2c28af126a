"""Whoever is gone does not keep his customers waiting: chats come back soon, mails when his working hours are over."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.business_hours import Calendar, Interval
from inbox.core.conversation import Category
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Reason
from inbox.core.permissions import Actor
from inbox.core.queues import GONE_MS
from inbox.flow.accounts import save_agent
from inbox.flow.feed import Change
from inbox.records import CALENDARS
from tests.flow.house import CHAT, VISITOR, House, World
from tests.flow.test_queues import MINUTE, anybody, queue
from tests.flow.test_router import assigned, many
from tests.store.conftest import Store

MIA, BEN = AgentId("mia"), AgentId("ben")
OFFICE = Calendar("office", "Office", "UTC", ((Interval(0, 9 * 60),), *((),) * 6))
"""Monday until nine; the house's clock begins on a Monday at eight."""


async def hours(house: House) -> None:
    await house.catalog.save(Actor(AgentId("boss"), Role.ADMIN), CALENDARS, OFFICE, 0, anybody)
    await house.rest()


async def leaves(house: House) -> None:
    """Mia closes her last tab, and it is seen."""
    house.goes(MIA)
    await house.rest()


async def why(house: House, id: ConversationId) -> Reason | None:
    """Why it was taken back last."""
    taken = [x.event for x in house.heard if x.event.conversation == id and x.event.type is EventType.UNASSIGNED]
    return taken[-1].reason if taken else None


async def test_a_chat_comes_back_to_the_front_and_a_mail_stays(house: House) -> None:
    await house.hire(MIA)
    chat, mail = await house.write("hi", channel=CHAT), await house.write("by mail")
    assert (await assigned(house, chat), await assigned(house, mail)) == (MIA, MIA)
    await leaves(house)
    await house.pass_time(GONE_MS - 1)
    assert await assigned(house, chat) == MIA, "he may be connecting anew"
    other = await house.write("me too", channel=CHAT, key="other", sender=replace(VISITOR, value="v2"))
    await house.pass_time(1)
    back = await house.conversation(chat.conversation)
    assert (back.assignee, back.queued_at is not None) == (None, True)
    assert await why(house, chat.conversation) == Reason("agent_gone", (MIA,), {"gone": GONE_MS})
    assert await assigned(house, mail) == MIA
    await house.hire(BEN, capacity=2)
    assert (await assigned(house, chat), await assigned(house, other)) == (BEN, None), "who was served already is first"
    assert (await house.agent(MIA)).load == 1


async def test_who_comes_back_in_time_keeps_it(house: House) -> None:
    await house.hire(MIA)
    chat = await house.write("hi", channel=CHAT)
    assert await assigned(house, chat) == MIA
    await leaves(house)
    await house.pass_time(GONE_MS - 1)
    house.comes(MIA)
    await house.pass_time(2 * GONE_MS)
    assert await assigned(house, chat) == MIA


async def test_a_customer_who_writes_again_does_not_wait_for_somebody_long_gone(house: House) -> None:
    mia = await house.hire(MIA)
    chat = await house.write("hi", channel=CHAT)
    assert await assigned(house, chat) == MIA
    await house.reply(mia, chat.conversation)
    await leaves(house)
    await house.pass_time(GONE_MS * 2)
    assert await assigned(house, chat) == MIA, "nobody waits"
    await house.hire(BEN)
    await house.write("are you there?", channel=CHAT)
    await house.rest()
    assert await assigned(house, chat) == BEN


async def test_what_a_person_gives_to_somebody_absent_has_its_time(house: House) -> None:
    boss = await house.hire("boss", role=Role.ADMIN, online=False)
    await house.hire(MIA, online=False)
    await house.pass_time(GONE_MS * 2)
    chat = await house.write("hi", channel=CHAT)
    await house.do(boss, c.Assign(chat.conversation, MIA))
    await house.pass_time(GONE_MS - 10)
    assert await assigned(house, chat) == MIA
    await house.pass_time(20)
    assert await assigned(house, chat) is None


async def test_everything_comes_back_at_the_end_of_the_shift_once_he_is_gone(house: House) -> None:
    await hours(house)
    await queue(house, "mails", ends_with_shift=True)
    await house.hire(MIA, calendar="office")
    (mail,) = await many(house, 1)
    assert await assigned(house, mail) == MIA
    await house.pass_time(61 * MINUTE)
    assert await assigned(house, mail) == MIA, "he is still here"
    (later,) = await many(house, 1, 1)
    assert await assigned(house, later) is None, "his day is over, nothing new comes"
    await leaves(house)
    await house.pass_time(MINUTE)
    assert await assigned(house, mail) is None
    assert (await why(house, mail) or Reason("")).code == "shift_over"
    back = await house.conversation(mail)
    assert back.waiting is not None
    assert (back.queue, back.waiting.front) == ("mails", True)


async def test_who_is_gone_already_gives_back_when_his_hours_end_and_takes_part_when_they_begin(house: House) -> None:
    await hours(house)
    await queue(house, "mails", ends_with_shift=True)
    await house.hire(MIA, calendar="office")
    (mail,) = await many(house, 1)
    assert await assigned(house, mail) == MIA
    await leaves(house)
    await house.pass_time(59 * MINUTE)
    assert await assigned(house, mail) == MIA
    await house.pass_time(2 * MINUTE)
    assert await assigned(house, mail) is None
    house.comes(MIA)
    await house.rest()
    assert await assigned(house, mail) is None, "it is evening"
    await house.pass_time((6 * 24 * 60 + 14 * 60 + 58) * MINUTE)
    assert await assigned(house, mail) is None
    await house.pass_time(MINUTE)
    assert await assigned(house, mail) == MIA, "Monday at midnight"


async def test_who_waits_is_told_until_when_all_who_could_take_it_are_off_duty(house: House) -> None:
    await hours(house)
    await house.hire(MIA, calendar="office")
    await house.hire(BEN, calendar="office", online=False)
    await house.pass_time(60 * MINUTE)
    over = house.clock.now()
    (mail,) = await many(house, 1)

    async def told() -> Reason | None:
        await house.rest()
        return house.router.why(await house.conversation(mail), await house.store.queries.agents())

    monday = over + (6 * 24 + 15) * 60 * MINUTE
    assert await told() == Reason("off_duty", numbers={"agents": 2, "until": monday}), "though Mia is still here"
    await house.hire("boss", capacity=0, online=False)
    assert await told() == Reason("off_duty", numbers={"agents": 2, "until": monday}), "who may hold nothing does not count"
    await house.hire("kim", online=False)
    assert (await told() or Reason("")).code == "nobody_online", "she could come at any time"


async def test_an_offer_to_somebody_who_goes_is_made_to_the_next_at_once(house: House) -> None:
    await queue(house, "chats", offer_ms=600_000)
    await house.hire(MIA)
    chat = await house.write("hi", channel=CHAT)
    await house.rest()
    await house.hire(BEN)
    await leaves(house)
    await house.rest()
    waiting = (await house.conversation(chat.conversation)).waiting
    assert waiting is not None
    assert waiting.offer is not None
    assert waiting.offer.agent == BEN
    assert (await house.agent(MIA)).load == 0


async def test_a_process_that_died_leaves_it_to_the_next_and_two_return_it_once(any_store: Store) -> None:
    world = World()
    async with House(any_store, world=world).running() as before:
        await before.hire(MIA)
        chat = await before.write("hi", channel=CHAT)

        async def is_given() -> bool:
            return await assigned(before, chat) == MIA

        await before.until(is_given, "given out")
        before.goes(MIA)
        await before.rest()
        await before.pass_time(GONE_MS - 1_000)
        before.kill()
    one, two = (House(any_store, before.clock, world, name) for name in ("one", "two"))
    async with one.running(), two.running():
        await one.rest()
        await one.pass_time(GONE_MS)
        await two.rest()
        assert await assigned(two, chat) is None

        def returned() -> list[Change]:
            return [x for x in one.heard if x.event.cause == f"agent_gone:{MIA}" and x.event.type is EventType.UNASSIGNED]

        await one.until(returned, "one process hears of it")
        await one.rest()
        assert len(returned()) == 1
        assert (await two.agent(MIA)).load == 0


async def test_no_hours_that_are_not_there(house: House) -> None:
    """A calendar that is gone is open."""
    await house.hire(MIA)
    await save_agent(house.committer, replace(await house.agent(MIA), calendar="gone"))
    (mail,) = await many(house, 1)
    await house.rest()
    assert await assigned(house, mail) == MIA
    assert (await house.conversation(mail)).category is Category.OPEN
