"""The clock that stands still: who sleeps wakes at his instant, in order, and never before."""

import asyncio

from inbox.testing.clock import START, ManualClock, settle


async def test_sleepers_wake_in_order_and_see_their_own_instant() -> None:
    clock = ManualClock()
    woke: list[tuple[str, int]] = []

    async def sleeper(name: str, *instants: int) -> None:
        for instant in instants:
            await clock.sleep_until(instant)
            woke.append((name, clock.now()))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sleeper("late", START + 30))
        tasks.create_task(sleeper("twice", START + 10, START + 20))
        tasks.create_task(sleeper("past", START - 1))
        await settle()
        assert woke == [("past", START)]
        assert clock.next_wake == START + 10
        await clock.advance(25)
        assert woke[1:] == [("twice", START + 10), ("twice", START + 20)]
        assert clock.now() == START + 25
        await clock.advance(5)
    assert woke[3:] == [("late", START + 30)]
    assert clock.next_wake is None


async def test_whoever_stops_sleeping_is_forgotten() -> None:
    clock = ManualClock()
    async with asyncio.TaskGroup() as tasks:
        sleeper = tasks.create_task(clock.sleep_until(START + 10))
        await settle()
        sleeper.cancel()
        await settle()
    assert clock.next_wake is None


async def test_a_jump_back_wakes_nobody() -> None:
    clock = ManualClock()
    async with asyncio.TaskGroup() as tasks:
        sleeper = tasks.create_task(clock.sleep_until(START + 10))
        await settle()
        clock.set(START - 1_000)
        await settle()
        assert not sleeper.done()
        clock.set(START + 10)
