"""What is promised follows from the conversation: by policy, in business time, brought along when it changes, proved when it is broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.business_hours import Calendar, Interval
from inbox.core.conditions import Condition
from inbox.core.conversation import ClockState, Priority, SlaClock
from inbox.core.errors import Rejected
from inbox.core.events import Event, EventType
from inbox.core.ids import QueueId
from inbox.core.notifications import made
from inbox.core.permissions import Actor
from inbox.core.policies import Action, ByPriority, Policy, Targets
from inbox.core.queues import Queue
from inbox.flow import recounting
from inbox.flow.recounting import asked_for
from inbox.flow.rows import event_row
from inbox.records import CALENDARS, POLICIES, QUEUES, RECOUNTS, Noun, Recount
from inbox.testing.clock import ManualClock
from inbox.testing.recording_connector import raises
from tests.flow.house import MINUTE, House, World, load
from tests.flow.test_router import many
from tests.store.conftest import Store

HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = Calendar("never", "Never", "UTC", ((),) * 7)
ALWAYS = replace(NEVER, week=((Interval(0, 1440),),) * 7)
BY_MAIL = Condition(field="channel_kind", op="is", value="email")
VIP = Condition(field="tag", op="has", value="vip")
GOLD = Policy("vips", name="Gold", conditions=VIP, targets=Targets(10 * MINUTE, 10 * MINUTE, HOUR))


async def boss(house: House) -> Actor:
    return await house.hire("boss", role=Role.ADMIN, online=False)


async def save(house: House, actor: Actor, noun: Noun[Any], entry: Any, expect: int = 0) -> Any:
    def rule(layer: Any, actor: Actor, before: Any, after: Any) -> None:
        asked_for(layer, actor)

    stored = await house.catalog.save(actor, noun, entry, expect, rule)
    await brought(house)
    return stored


async def brought(house: House) -> Recount:
    """When everything is under what is promised now."""

    async def done() -> Recount | None:
        found = (await load(house.store.journal, RECOUNTS, "sla")).get("sla")
        return found if found is not None and not found.is_running else None

    walk: Recount = await house.until(done, "the walk")
    return walk


async def clocks(house: House, id: Any) -> Mapping[str, SlaClock]:
    return {clock.metric: clock for clock in (await house.conversation(id)).sla}


async def told(house: House, type: EventType) -> list[Event]:
    return [e for e in await house.store.journal.events_after({}, 100_000) if e.type is type]


async def test_a_tag_brings_another_policy_and_its_loss_the_default_again(house: House) -> None:
    actor = await boss(house)
    await save(house, actor, POLICIES, GOLD)
    question = await house.write()
    assert (await clocks(house, question.conversation))["first_response"].policy == "gold"
    await house.do(actor, c.SetTags(question.conversation, ("vip",)))
    under = await clocks(house, question.conversation)
    assert {m: (x.policy, x.due_at) for m, x in under.items() if x.due_at} == {
        "first_response": ("vips", question.arrived_at + 10 * MINUTE),
        "resolution": ("vips", question.arrived_at + HOUR),
    }
    [changed] = await told(house, EventType.SLA_CHANGED)
    assert changed.reason is not None
    assert changed.reason.ids == ("vips",)
    await house.do(actor, c.SetTags(question.conversation, (), ("vip",)))
    assert (await clocks(house, question.conversation))["first_response"].policy == "gold"


async def test_a_breach_in_business_time_is_dated_and_proved(house: House) -> None:
    actor = await boss(house)
    now = house.clock.now()
    opens = (now // DAY + 1) * DAY + 9 * HOUR
    await save(house, actor, CALENDARS, replace(NEVER, id="office", week=((Interval(9 * 60, 17 * 60),),) * 7))
    await save(house, actor, POLICIES, Policy("all", targets=Targets(first_response=2 * HOUR), calendar="office"))
    await house.clock.advance((now // DAY) * DAY + 20 * HOUR - now)
    question = await house.write()
    assert (await clocks(house, question.conversation))["first_response"].due_at == opens + 2 * HOUR
    await house.pass_time(opens + 3 * HOUR - house.clock.now())
    [breach] = await told(house, EventType.SLA_BREACHED)
    assert breach.reason is not None
    assert breach.reason.ids == ("first_response", "all", "office")
    assert breach.reason.spans == (("counted", opens, opens + 2 * HOUR),)
    assert breach.reason.numbers["closed_for"] == opens - question.arrived_at
    assert (breach.reason.numbers["policy_version"], breach.reason.numbers["calendar_version"]) == (1, 1)


async def test_what_an_alarm_does_is_stored_with_it(house: House) -> None:
    actor = await boss(house)
    actions = (Action("tag", "late"), Action("priority", "high"), Action("unassign"))
    await save(house, actor, POLICIES, replace(GOLD, conditions=Condition(), on_breach=actions))
    question = await house.write()
    await house.do(actor, c.Assign(question.conversation, actor.id))
    await house.pass_time(11 * MINUTE)
    after = await house.conversation(question.conversation)
    assert (after.tags, after.priority, after.assignee) == (("late",), Priority.HIGH, None)
    lines = {e.type: event_row(e) for e in await house.store.journal.events_after({}, 100_000)}
    changed = lines[EventType.PRIORITY_CHANGED]
    assert (changed.before, changed.after) == ({"priority": "normal"}, {"priority": "high"}), "the line of each says what it changed"
    assert lines[EventType.TAGS_CHANGED].after == {"tags": "late"}


async def test_a_priority_has_targets_of_its_own_while_it_lasts(house: House) -> None:
    actor = await boss(house)
    urgent = ByPriority(urgent=Targets(first_response=MINUTE))
    await save(house, actor, POLICIES, replace(GOLD, conditions=Condition(), by_priority=urgent))
    question = await house.write()
    await house.do(actor, c.SetPriority(question.conversation, Priority.URGENT))
    assert {m: x.due_at for m, x in (await clocks(house, question.conversation)).items()} == {
        "first_response": question.arrived_at + MINUTE
    }


async def test_a_changed_calendar_reaches_every_open_conversation_and_old_breaches_keep_their_proof(house: House) -> None:
    actor = await boss(house)
    await save(house, actor, CALENDARS, replace(ALWAYS, id="hours"))
    await save(house, actor, POLICIES, Policy("all", targets=Targets(first_response=HOUR), calendar="hours"))
    late = await house.write("late", key="late")
    await house.pass_time(2 * HOUR)
    ids = await many(house, 150)
    before = await told(house, EventType.SLA_BREACHED)
    await save(house, actor, CALENDARS, replace(NEVER, id="hours"), 1)
    assert {(await clocks(house, id))["first_response"].due_at for id in ids} == {None}
    kept = (await clocks(house, late.conversation))["first_response"]
    assert (kept.state, kept.calendar_version) == (ClockState.BREACHED, 1)
    await house.pass_time(3 * HOUR)
    assert await told(house, EventType.SLA_BREACHED) == before
    await save(house, actor, CALENDARS, replace(ALWAYS, id="hours"), 2)
    again = [(await clocks(house, id))["first_response"] for id in ids]
    assert {x.calendar_version for x in again} == {3}
    await house.pass_time(MINUTE)
    assert len(await told(house, EventType.SLA_BREACHED)) == 1 + 150


async def test_a_walk_that_was_cut_short_goes_on_where_another_server_is(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recounting, "PAGE", 8)
    clock, world = ManualClock(), World()
    first = House(any_store, clock, world, "one")

    async def walk() -> Recount:
        found: Recount = (await load(any_store.journal, RECOUNTS, "sla"))["sla"]
        return found

    async def under_way() -> bool:
        return (await walk()).seen > 0

    async with first.running():
        actor = await boss(first)
        ids = await many(first, 150)
        await first.catalog.save(actor, POLICIES, replace(GOLD, conditions=Condition()), 0, lambda layer, who, b, a: asked_for(layer, who))
        await first.until(under_way)
        first.kill()
    begun = await walk()
    assert 0 < begun.seen < 150
    second = House(any_store, clock, world, "two")
    async with second.running():
        await clock.advance(recounting.LEASE_MS)
        done = await brought(second)
        assert (done.seen, done.total, done.held_by) == (150, 150, "two")
        assert {(await clocks(second, id))["first_response"].policy for id in ids} == {"vips"}


async def test_the_promise_that_a_lost_answer_kept_is_owed_again_and_broken_at_its_instant(house: House) -> None:
    mia = await house.hire("mia")
    house.world.mail.will(raises(Rejected("no such mailbox")))
    question = await house.write()
    await house.pass_time(10 * MINUTE)
    await house.reply(mia, question.conversation)
    await house.rest()
    await house.pass_time(MINUTE)
    owed = (await clocks(house, question.conversation))["first_response"]
    assert (owed.state, owed.met_at, owed.due_at) == (ClockState.RUNNING, None, question.arrived_at + HOUR)
    await house.pass_time(HOUR)
    [breach] = await told(house, EventType.SLA_BREACHED)
    assert breach.at == question.arrived_at + HOUR


async def test_a_breach_gives_supervisors_a_notice_and_moves_what_waits(house: House) -> None:
    actor = await boss(house)
    await house.hire("sue", role=Role.SUPERVISOR, online=False)
    night = await house.catalog.save(actor, QUEUES, Queue(QueueId("night"), "Night", conditions=VIP), 0, lambda *asked: None)
    acts = (Action("notify", "supervisor"), Action("queue", night.id))
    await save(house, actor, POLICIES, replace(GOLD, conditions=BY_MAIL, on_breach=acts))
    (id,) = await many(house, 1)
    await house.pass_time(11 * MINUTE)
    assert (await house.conversation(id)).queue == "night"
    alarms = [x.event for x in house.heard if x.event.type is EventType.SLA_BREACHED and x.event.conversation == id]
    assert {(n.agent, n.kind) for e in alarms for n in made(e, None)} == {("sue", "sla_breach")}


async def test_another_default_of_the_settings_file_reaches_open_conversations_at_the_start(house: House) -> None:
    assert await house.committer.submit(recounting.Defaults("an hour"))
    assert not await house.committer.submit(recounting.Defaults("an hour")), "nothing changed"
    assert await house.committer.submit(recounting.Defaults("two hours"))
    assert (await load(house.store.journal, RECOUNTS, "sla"))["sla"].wanted == 2
