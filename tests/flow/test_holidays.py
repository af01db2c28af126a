"""The public holidays of opening hours go on by themselves, a year more as each year begins, whichever server is there then."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from inbox.core.agent import Role
from inbox.core.business_hours import Calendar, Interval
from inbox.core.events import EventType
from inbox.flow import holidays
from inbox.flow.holidays import Holidays, resolved
from inbox.records import CALENDARS, RECOUNTS
from inbox.testing.clock import ManualClock
from tests.eventually import PATIENCE_S
from tests.flow.beside import running
from tests.flow.house import House, World, load
from tests.flow.test_promises import save
from tests.store.conftest import Store

OFFICE = Calendar("office", "Office", "Europe/Berlin", ((Interval(540, 1020),),) * 7, country="DE")


def new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)


def looking_up(*houses: House) -> AbstractAsyncContextManager[None]:
    return running(*(Holidays(one.committer, one.directory, one.clock) for one in houses))


async def stored(house: House) -> Calendar:
    found: Calendar = (await load(house.store.journal, CALENDARS, "office"))["office"]
    return found


async def opened(house: House, calendar: Calendar = OFFICE) -> Calendar:
    """Saved by an admin as the API does it."""
    boss = await house.hire("boss", role=Role.ADMIN, online=False)
    await save(house, boss, CALENDARS, await resolved(calendar, house.clock.now()))
    return await stored(house)


async def reaching(house: House, year: int) -> Calendar:
    async def there() -> Calendar | None:
        found = await stored(house)
        return found if found.holidays_to == year else None

    found: Calendar = await house.until(there, f"holidays up to {year}")
    return found


def years(calendar: Calendar) -> set[int]:
    return {holiday.day.year for holiday in calendar.holidays}


async def test_of_two_servers_one_looks_the_next_year_up_as_the_year_begins_and_open_promises_follow(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    first, second = House(any_store, clock, world, "one"), House(any_store, clock, world, "two")
    async with first.running(), second.running(), looking_up(first, second):
        made = await opened(first)
        assert (years(made), made.version) == ({2025, 2026, 2027, 2028}, 1)
        clock.set(new_year(2027) - 1)
        await first.rest()
        assert await stored(first) == made
        clock.set(new_year(2027))
        found = await reaching(first, 2029)
        assert (years(found), found.version) == ({2026, 2027, 2028, 2029}, 2)
        walks = await load(any_store.journal, RECOUNTS, "sla")
        assert walks["sla"].wanted == 2, "once for the admin, once for the new year"
        await first.rest()
        clock.set(new_year(2027) + 3_600_000)
        await second.rest()
        told = [e for e in await any_store.journal.events_after({}, 1_000) if e.type is EventType.CATALOG_CHANGED]
        assert [e.data["entry"] for e in told].count("office") == 2
        assert (await stored(first)).version == 2


async def test_what_fell_due_while_no_server_ran_and_what_an_older_version_stored_is_looked_up_at_the_start(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    async with House(any_store, clock, world, "one").running() as first:
        boss = await first.hire("boss", role=Role.ADMIN, online=False)
        await save(first, boss, CALENDARS, replace(await resolved(OFFICE, clock.now()), holidays_to=0))
    async with House(any_store, clock, world, "two").running() as second, looking_up(second):
        await reaching(second, 2028)
    clock.set(new_year(2030) + 1)
    async with House(any_store, clock, world, "three").running() as third, looking_up(third):
        assert years(await reaching(third, 2032)) == {2029, 2030, 2031, 2032}


async def test_a_server_that_ends_between_looking_up_and_storing_leaves_it_to_the_next(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, world, looked_up = ManualClock(), World(), asyncio.Event()

    async def never_stored(calendar: Calendar, now: int) -> Calendar:
        looked_up.set()
        await asyncio.Event().wait()
        return calendar

    async with House(any_store, clock, world, "one").running() as first:
        made = await opened(first)
        clock.set(new_year(2027))
        with monkeypatch.context() as patch:
            patch.setattr(holidays, "resolved", never_stored)
            async with looking_up(first):
                await asyncio.wait_for(looked_up.wait(), PATIENCE_S)
        assert await stored(first) == made
    async with House(any_store, clock, world, "two").running() as second, looking_up(second):
        assert (await reaching(second, 2029)).version == made.version + 1


async def test_what_an_admin_changed_meanwhile_stands(house: House) -> None:
    made = await opened(house)
    boss = await house.hire("boss", role=Role.ADMIN, online=False)
    abroad = await resolved(replace(made, country="FR"), house.clock.now())
    await save(house, boss, CALENDARS, abroad, made.version)
    late = await resolved(made, new_year(2027))
    assert not await house.committer.submit(holidays.Extend(late))
    assert (await stored(house)).country == "FR"


async def test_of_a_country_that_is_not_known_any_more_the_days_stay_and_it_is_asked_once_a_year(house: House) -> None:
    made = await opened(house)
    boss = await house.hire("boss", role=Role.ADMIN, online=False)
    await save(house, boss, CALENDARS, replace(made, country="XX"), made.version)
    house.clock.set(new_year(2027))
    async with looking_up(house):
        assert (await reaching(house, 2029)).holidays == made.holidays


async def test_hours_without_a_country_have_none(house: House) -> None:
    made = await opened(house, replace(OFFICE, country=""))
    assert (made.holidays, made.holidays_to, holidays.runs_short_at(made)) == ((), 0, None)
