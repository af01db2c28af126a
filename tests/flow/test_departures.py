"""What an account held that was switched off goes to others, whenever it comes to light, and whatever stopped in between."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core import commands as c
from inbox.core.agent import Agent, Role
from inbox.core.conversation import Category
from inbox.core.errors import Conflict, Denied
from inbox.core.ids import AgentId, ConversationId
from inbox.core.permissions import Actor
from inbox.core.roles import actor_of
from inbox.flow import departures
from tests.flow.house import House
from tests.flow.test_router import held, many

MIA, BEN = AgentId("mia"), AgentId("ben")


async def boss(house: House) -> Actor:
    return await house.hire("boss", role=Role.ADMIN, online=False)


async def edit(house: House, boss: Actor, agent: str, **fields: Any) -> Agent:
    """Change an account as it stands now; the only admin is the boss."""
    before = await house.agent(agent)
    return await house.staff.edit_agent(boss, AgentId(agent), before.version, fields, [boss.id])


async def status(house: House, actor: Actor, id: ConversationId, category: Category, **more: Any) -> None:
    await house.do(actor, c.SetStatus(id, category, **more))


async def test_open_conversations_go_to_colleagues_and_say_why(house: House) -> None:
    admin = await boss(house)
    await house.hire(MIA)
    ids = await many(house, 3)
    await house.rest()
    assert await held(house, ids) == {MIA: 3}
    await house.hire(BEN)
    house.goes(MIA)
    await edit(house, admin, MIA, active=False)
    await house.rest()
    assert await held(house, ids) == {BEN: 3}
    assert (await house.agent(MIA)).load == 0
    left = [change.event for change in house.heard if change.event.cause == f"agent_left:{MIA}"]
    assert len({event.conversation for event in left}) == 3
    assert {event.reason.code for event in left if event.reason is not None} == {"agent_left"}


async def test_what_nobody_can_take_waits_in_the_queue(house: House) -> None:
    admin, mia = await boss(house), await house.hire(MIA)
    open_, waiting, snoozed, resolved = await many(house, 4)
    await house.rest()
    await status(house, mia, waiting, Category.WAITING)
    await status(house, mia, snoozed, Category.SNOOZED, until=house.clock.now() + 60_000)
    await status(house, mia, resolved, Category.RESOLVED)
    house.goes(MIA)
    await edit(house, admin, MIA, active=False)
    await house.rest()
    assert (await house.conversation(open_)).queued_at is not None
    assert [(await house.conversation(id)).assignee for id in (open_, waiting, snoozed, resolved)] == [None, None, MIA, MIA]
    await house.pass_time(60_001)
    assert (await house.conversation(snoozed)).queued_at is not None, "it opens again, and he is not there"
    await status(house, admin, resolved, Category.OPEN)
    await house.rest()
    assert (await house.conversation(resolved)).queued_at is not None


async def test_whoever_comes_back_takes_part_again(house: House) -> None:
    admin = await boss(house)
    await house.hire(MIA)
    await edit(house, admin, MIA, active=False)
    (id,) = await many(house, 1)
    await house.rest()
    assert (await house.conversation(id)).assignee is None
    await edit(house, admin, MIA, active=True)
    await house.rest()
    assert (await house.conversation(id)).assignee == MIA


async def test_who_is_switched_off_follows_nothing_any_more(house: House) -> None:
    admin, mia = await boss(house), await house.hire(MIA, online=False)
    waiting, closed = await many(house, 2)
    for id in (waiting, closed):
        await house.do(mia, c.Follow(id, True))
        await house.do(admin, c.Follow(id, True))
    await status(house, admin, closed, Category.RESOLVED)
    await edit(house, admin, MIA, active=False)
    await house.rest()
    assert [(await house.conversation(id)).followers for id in (waiting, closed)] == [(admin.id,), (MIA, admin.id)]
    await status(house, admin, closed, Category.OPEN)
    await house.rest()
    assert (await house.conversation(closed)).followers == (admin.id,), "it opens again, and he is not there"


async def test_a_process_that_died_in_between_leaves_it_to_the_next(house: House) -> None:
    admin = await boss(house)
    await house.hire(MIA)
    ids = await many(house, departures.PAGE + 1)
    await edit(house, admin, MIA, capacity=1000)
    await house.rest()
    assert await held(house, ids) == {MIA: len(ids)}
    house.goes(MIA)
    house.kill()
    second = House(house.store, house.clock, house.world, "two")
    async with second.running(without=["departures"]):
        await edit(second, admin, MIA, active=False)
    third = House(house.store, house.clock, house.world, "three")
    async with third.running():
        await third.rest()
        assert await held(third, ids) == {None: len(ids)}


async def test_the_gate_is_asked_again_when_it_is_decided(house: House) -> None:
    """The API asks first; whoever comes another way is asked all the same."""
    mia = await house.hire(MIA)
    before = await house.agent(MIA)
    with pytest.raises(Denied):
        await house.staff.edit_agent(mia, MIA, before.version, {"role": Role.ADMIN})
    with pytest.raises(Denied):
        await house.staff.edit_agent(actor_of(await house.agent(MIA), {}, {}), MIA, before.version, {"active": False})


async def test_two_admins_cannot_end_each_other_at_once(house: House) -> None:
    """On two servers each would see the other one still there."""
    one, two = [await house.hire(id, role=Role.ADMIN, online=False) for id in ("one", "two")]
    other = House(house.store, house.clock, house.world, "other")
    async with other.running():
        versions = {id: (await house.agent(id)).version for id in ("one", "two")}
        await house.staff.edit_agent(one, two.id, versions["two"], {"active": False}, [one.id])
        with pytest.raises(Conflict):
            await other.staff.edit_agent(two, one.id, versions["one"], {"active": False}, [two.id])
    assert (await house.agent("one")).active
