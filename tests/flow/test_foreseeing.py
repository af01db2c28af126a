"""What a form says of a policy before it is saved is what happens once it is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conditions import Condition, Field, Op
from inbox.core.conversation import FAR_FUTURE, Category
from inbox.core.events import EventType
from inbox.core.ids import ConversationId
from inbox.core.permissions import Actor
from inbox.core.policies import Policy, Targets
from inbox.flow.foreseeing import Foresight, of_policy
from inbox.records import CALENDARS, POLICIES
from tests.flow.house import MINUTE, House
from tests.flow.test_persons import merge
from tests.flow.test_promises import ALWAYS, BY_MAIL, HOUR, NEVER, boss, save, told
from tests.flow.test_router import many

SHORT = Policy("mails", name="Mails", conditions=BY_MAIL, targets=Targets(first_response=20 * MINUTE))


ACTIVE_ONES = 8
"""What is put off is brought along when it comes back."""


async def foreseen(house: House, policy: Policy, most: int = 10_000) -> Foresight:
    return await of_policy(house.store.queries, house.directory, house.channels.facts(), policy, house.clock.now(), most)


async def floor(house: House) -> list[ConversationId]:
    """Two that are late, three that have waited for half an hour, one of them put off, and four that have just come."""
    actor = await boss(house)
    ids = await many(house, 2)
    await house.pass_time(40 * MINUTE)
    ids += await many(house, 3, 2)
    await house.do(actor, c.SetStatus(ids[4], Category.SNOOZED, until=house.clock.now() + 9 * HOUR))
    await house.pass_time(30 * MINUTE)
    return ids + await many(house, 4, 5)


@pytest.mark.parametrize(
    ("policy", "late"),
    [
        (SHORT, 2),
        (replace(SHORT, targets=Targets(first_response=25 * MINUTE, resolution=50 * MINUTE)), 2),
        (replace(SHORT, targets=Targets(first_response=3 * HOUR)), 0),
        (replace(SHORT, calendar="never"), 0),
        (replace(SHORT, calendar="always", warn_shares=(10,)), 2),
        (replace(SHORT, enabled=False), 0),
    ],
)
async def test_as_many_as_were_foreseen_are_late_and_due_sooner_once_it_is_saved(house: House, policy: Policy, late: int) -> None:
    ids = await floor(house)
    actor = await house.hire("ada", role=Role.ADMIN, online=False)
    await save(house, actor, CALENDARS, replace(ALWAYS, id="always"))
    await save(house, actor, CALENDARS, NEVER)
    await agrees(house, actor, ids, policy, 0, late)


async def breaches(house: House) -> set[tuple[str | None, str]]:
    """Which promises were broken, and of which conversation."""
    return {(e.conversation, e.reason.ids[0] if e.reason else "") for e in await told(house, EventType.SLA_BREACHED)}


async def agrees(house: House, actor: Actor, ids: list[ConversationId], policy: Policy, expect: int, late: int | None = None) -> None:
    known = await breaches(house)
    due = {id: (await house.conversation(id)).sort_due or FAR_FUTURE for id in ids}
    said = await foreseen(house, replace(policy, version=expect))
    await save(house, actor, POLICIES, policy, expect)
    sooner = {id for id in ids if ((await house.conversation(id)).sort_due or FAR_FUTURE) < due[id]}
    await house.pass_time(10)
    broken = {id for id, _ in await breaches(house) - known}
    assert (said.seen, said.late, said.sooner, said.more) == (ACTIVE_ONES, len(broken), len(sooner - broken), False)
    assert late is None or said.late == late


async def test_a_change_of_one_that_is_there_is_foreseen_too(house: House) -> None:
    ids = await floor(house)
    actor = await house.hire("ada", role=Role.ADMIN, online=False)
    await agrees(house, actor, ids, replace(SHORT, targets=Targets(first_response=5 * HOUR)), 0, 0)
    await agrees(house, actor, ids, SHORT, 1)
    assert await foreseen(house, replace(SHORT, version=2)) == Foresight(ACTIVE_ONES, 0, 0, more=False), "as it is already"


async def test_what_is_late_with_one_promise_may_become_so_with_another(house: House) -> None:
    ids = await floor(house)
    actor = await house.hire("ada", role=Role.ADMIN, online=False)
    await agrees(house, actor, ids, replace(SHORT, targets=Targets(first_response=20 * MINUTE, resolution=9 * HOUR)), 0, 2)
    await house.pass_time(30 * MINUTE)
    await agrees(house, actor, ids, replace(SHORT, targets=Targets(first_response=20 * MINUTE, resolution=25 * MINUTE)), 1, ACTIVE_ONES)


async def test_only_the_first_ones_are_looked_at(house: House) -> None:
    ids = await floor(house)
    said = await foreseen(house, replace(SHORT, targets=Targets(first_response=1)), most=4)
    assert (said.seen, said.more) == (4, True)
    assert said.late <= 4 < len(ids)


async def test_whom_a_customer_was_merged_into_counts(house: House) -> None:
    ids = await floor(house)
    actor = await house.hire("ada", role=Role.ADMIN, online=False)
    his, other = [(await house.conversation(id)).customer for id in ids[2:4]]
    await house.do(actor, c.EditCustomer(other, 1, attributes={"plan": "gold"}))
    await merge(house, actor, his, other)
    gold = Condition(field=Field.ATTRIBUTE, name="plan", op=Op.IS, value="gold")
    await agrees(house, actor, ids, replace(SHORT, conditions=gold), 0, 2)
