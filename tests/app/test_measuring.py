"""Reports count in the hours that an admin chose for them, from the next entry on, without a restart."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.app.steps import measuring
from inbox.core.business_hours import Calendar, Interval
from inbox.flow.directory import Directory
from inbox.records import CALENDARS, Batch, Put
from inbox.settings import Reports, Settings
from inbox.testing.memory_store import MemoryStore

OFFICE = Calendar("office", "Office", "UTC", ((Interval(540, 1020),),) * 5 + ((), ()))
SHOP = replace(OFFICE, id="shop", name="Shop")


async def measured(*calendars: Calendar, named: str = "") -> str:
    """The hours that reports count in, by their name."""
    store = MemoryStore()
    await store.journal.commit(Batch(puts=[Put(CALENDARS, one, None) for one in calendars]))
    return (await measuring(Settings(reports=Reports(calendar=named)), Directory(store.queries))()).opening_hours


async def test_hours_are_counted_where_they_were_chosen_for_reports() -> None:
    assert await measured(OFFICE, SHOP) == ""
    assert await measured(OFFICE, replace(SHOP, reports=True)) == "Shop"
    assert await measured(replace(SHOP, reports=True), replace(OFFICE, reports=True)) == "Office", "the first by name"


async def test_what_the_settings_file_names_comes_first() -> None:
    assert await measured(OFFICE, replace(SHOP, reports=True), named="office") == "Office"
