"""What is due goes off at its instant, once, whichever process is there, and after any trouble as soon as it can."""

from __future__ import annotations

import asyncio

import pytest

from inbox.core import commands as c
from inbox.core.conversation import Category, ClockState
from inbox.core.errors import TryLater
from inbox.core.events import EventType
from inbox.core.ids import ConversationId
from inbox.core.message import Address
from inbox.flow.timers import GRACE_MS, Fire
from inbox.flow.working import timers_of
from inbox.records import TIMERS, Batch, Put, Timer
from inbox.testing.clock import ManualClock
from inbox.testing.memory_store import MemoryStore
from tests.flow.house import CHAT, MINUTE, House, a_line, load, stored_in
from tests.store.conftest import Store, in_memory

HOUR = 60 * MINUTE
WARNED, BREACHED = EventType.SLA_WARNED, EventType.SLA_BREACHED


async def alarms(store: Store) -> list[tuple[EventType, int]]:
    """Warnings and breaches with the instant they were written at, in that order, whoever wrote them."""
    written = [(e.type, e.at) for e in await store.journal.events_after({}, 10_000) if e.type in (WARNED, BREACHED)]
    return sorted(written, key=lambda one: one[1])


async def stored_timers(house: House, id: ConversationId) -> list[str]:
    wanted = [t.id for t in timers_of(await house.conversation(id), 0)]
    stored = await load(house.store.journal, TIMERS, *wanted)
    assert sorted(stored) == sorted(wanted)
    return sorted(t.kind for t in stored.values())


async def test_a_warning_and_a_breach_come_at_their_instants_and_once(house: House) -> None:
    question = await house.write("question")
    start = question.arrived_at
    await house.pass_time(3 * HOUR)
    assert await alarms(house.store) == [(WARNED, start + 48 * MINUTE), (BREACHED, start + 60 * MINUTE)]
    assert house.late == [0, 0]
    conversation = await house.conversation(question.conversation)
    assert conversation.sla[0].state is ClockState.BREACHED
    assert await stored_timers(house, question.conversation) == []


async def test_an_answer_in_time_disarms_what_was_armed(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question")
    assert await stored_timers(house, question.conversation) == ["sla:first_response:breach", "sla:first_response:warn"]
    await house.reply(mia, question.conversation)
    assert await stored_timers(house, question.conversation) == []
    await house.pass_time(3 * HOUR)
    assert await alarms(house.store) == []


async def test_what_was_overdue_at_the_start_goes_off_once_and_says_how_late(any_store: Store) -> None:
    clock = ManualClock()
    async with House(any_store, clock).running() as before:
        question = await before.write("question")
    clock.set(clock.now() + 2 * HOUR)
    async with House(any_store, clock, name="two").running() as after:
        for _ in range(5):
            await after.pass_time(GRACE_MS)
        await after.until(lambda: _breached(after, question.conversation))
        assert [kind for kind, _ in await alarms(any_store)] == [WARNED, BREACHED]
        breach = next(x.event for x in after.heard if x.event.type is BREACHED)
        assert breach.reason is not None
        assert breach.reason.numbers["late_by"] >= HOUR


async def _breached(house: House, id: ConversationId) -> bool:
    return (await house.conversation(id)).sla[0].state is ClockState.BREACHED


async def test_two_processes_fire_a_timer_once(any_store: Store) -> None:
    clock = ManualClock()
    async with House(any_store, clock).running() as one, House(any_store, clock, name="two").running() as two:
        question = await one.write("question")
        await two.until(lambda: any(x.event.conversation == question.conversation for x in two.heard))
        for _ in range(12):
            await clock.advance(10 * MINUTE)
            await one.rest()
            await two.rest()
        await one.until(lambda: _breached(one, question.conversation))
        assert [kind for kind, _ in await alarms(any_store)] == [WARNED, BREACHED]
        assert len(one.late) + len(two.late) <= 2, "a firing whose commit was in doubt is not counted, none is counted twice"


async def test_a_timer_of_a_process_that_died_is_fired_by_another_one() -> None:
    store, clock = in_memory(), ManualClock()
    async with House(store, clock, name="two").running() as two:
        async with House(store, clock).running() as one:
            question = await one.write("question")
            await two.until(lambda: any(x.event.conversation == question.conversation for x in two.heard))
        await two.pass_time(HOUR + GRACE_MS)
        late = [at - question.arrived_at for _, at in await alarms(store)]
        assert [kind for kind, _ in await alarms(store)] == [WARNED, BREACHED]
        assert 48 * MINUTE <= late[0] <= 48 * MINUTE + GRACE_MS
        assert 60 * MINUTE <= late[1] <= 60 * MINUTE + GRACE_MS


async def test_a_snooze_ends_at_its_instant_and_the_agent_has_it_back(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question")
    until = house.clock.now() + 3 * HOUR
    await house.do(mia, c.Assign(question.conversation, mia.id))
    await house.do(mia, c.SetStatus(question.conversation, Category.SNOOZED, until=until))
    assert await stored_timers(house, question.conversation) == ["snooze"]
    await house.pass_time(3 * HOUR - 1)
    assert (await house.conversation(question.conversation)).category is Category.SNOOZED
    await house.pass_time(1)
    after = await house.conversation(question.conversation)
    assert (after.category, after.assignee, after.snoozed_until) == (Category.OPEN, "mia", None)
    assert (await house.agent("mia")).load == 1


async def test_a_second_snooze_makes_the_first_ones_end_void(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question")
    start = house.clock.now()
    for hours in (1, 5):
        await house.do(mia, c.SetStatus(question.conversation, Category.SNOOZED, until=start + hours * HOUR))
    await house.pass_time(4 * HOUR)
    assert (await house.conversation(question.conversation)).category is Category.SNOOZED
    await house.pass_time(HOUR)
    assert (await house.conversation(question.conversation)).category is Category.OPEN


async def test_a_database_that_is_away_at_the_instant_delays_by_no_more_than_a_moment() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory)).running() as house:
        question = await house.write("question")
        await house.pass_time(47 * MINUTE)
        memory.away = True
        await house.pass_time(2 * MINUTE)
        memory.away = False
        await house.pass_time(3_000)
        back = question.arrived_at + 49 * MINUTE
        ((kind, at),) = await alarms(house.store)
        assert kind is WARNED
        assert back < at <= back + 2_000


async def test_a_clock_set_back_at_the_last_moment_puts_off_and_loses_nothing(house: House) -> None:
    question = await house.write("question")
    due = question.arrived_at + 48 * MINUTE
    (warn,) = [t for t in timers_of(await house.conversation(question.conversation), 0) if t.kind.endswith("warn")]
    await house.pass_time(48 * MINUTE - 500)
    with pytest.raises(TryLater) as early:
        await house.committer.submit(Fire(warn))
    assert early.value.after == 500
    assert await alarms(house.store) == []
    await house.pass_time(500)
    assert await alarms(house.store) == [(WARNED, due)]


async def test_a_timer_that_no_longer_follows_from_anything_is_swept_away_when_its_time_comes(house: House) -> None:
    question = await house.write("question")
    orphan = Timer("orphan", question.conversation, "snooze", 99, house.clock.now() + MINUTE)
    await house.store.journal.commit(Batch(puts=[Put(TIMERS, orphan, None)]))
    await house.pass_time(20 * MINUTE)
    assert await load(house.store.journal, TIMERS, "orphan") == {}
    assert (await house.conversation(question.conversation)).category is Category.OPEN


async def test_what_is_armed_while_the_heap_is_read_is_not_missed() -> None:
    store = in_memory()
    house = House(store)
    reading, go_on = asyncio.Event(), asyncio.Event()
    ask = store.queries.timers_due

    async def slow(before: int, limit: int) -> list[Timer]:
        due = await ask(before, limit)
        reading.set()
        await go_on.wait()
        return due

    store.queries.timers_due = slow  # type: ignore[method-assign]  # the same question, answered slowly
    async with house.running():
        await reading.wait()
        question = await house.write("question")
        snooze = c.SetStatus(question.conversation, Category.SNOOZED, until=house.clock.now() + MINUTE)
        await house.do(await house.hire("mia"), snooze)
        go_on.set()
        await house.pass_time(MINUTE)
        assert (await house.conversation(question.conversation)).category is Category.OPEN


async def test_slow_bots_do_not_delay_deadlines() -> None:
    async with House(in_memory(), bot=True).running() as house:
        house.world.bot_awake.clear()
        await house.write("question")
        lines = [a_line("hello", key=f"l{n}", sender=Address("visitor", f"v{n}")) for n in range(300)]
        await house.deliver(*lines, channel=CHAT)
        await house.pass_time(HOUR)
        assert [kind for kind, _ in await alarms(house.store)] == [WARNED, BREACHED]
        assert len(house.world.turns) >= 100
