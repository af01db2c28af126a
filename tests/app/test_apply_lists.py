"""Lists of the catalog in a file for `inbox apply`: each one that has calls, compared with what there is and saved as by its calls."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from inbox.api.shelves import SHELVES
from inbox.app.apply import ADMIN, Wanted
from inbox.app.apply_lists import TABLES, Lists, Wish, wishes
from inbox.core.errors import CannotStart
from inbox.core.mistakes import mistakes
from inbox.records import CALENDARS, QUEUES, SAVED_REPLIES
from tests.api.requests import BODIES
from tests.flow.conftest import house as house
from tests.flow.house import House

OFFICE = {"id": "office", "name": "Office", "zone": "Europe/Berlin", "week": [[{"start": 540, "end": 1020}], *[[]] * 6], "country": "DE"}
REFUNDS = {"id": "refunds", "name": "Refunds", "calendar": "office", "strategy": "round_robin"}


async def applied(house: House, name: str, *tables: dict[str, Any]) -> list[Wish]:
    """What was found to be done, after it was done."""
    shelf, table = TABLES[name]
    at = Lists(house.directory, house.clock, house.catalog, house.store.files, frozenset({"email"}))
    found = await wishes(shelf, msgspec.convert(tables, tuple[table, ...]), at, ADMIN)  # type: ignore[valid-type]  # a type made at run time
    for wish in found:
        if wish.do is not None:
            await wish.do()
    await house.rest()
    return found


def test_every_list_with_calls_has_tables_and_takes_what_its_calls_take() -> None:
    assert TABLES.keys() == {shelf.many for shelf in SHELVES}
    assert set(list(TABLES)[:2]) == {"calendars", "segments"}, "what others go by comes first"
    for shelf in SHELVES:
        given = {name: value for name, value in BODIES[f"create_{shelf.one}"]().items() if name != "version"}
        assert mistakes({shelf.many: [{"id": "one", **given}]}, Wanted, "") == []
    assert mistakes({"queues": [{"id": "one", "name": "One", "stategy": "x"}]}, Wanted, "") != []


async def test_entries_are_made_changed_kept_and_removed(house: House) -> None:
    assert [w.what for w in await applied(house, "calendars", OFFICE)] == ["add"]
    assert [w.what for w in await applied(house, "queues", REFUNDS)] == ["add"]
    assert (await house.directory.entries(CALENDARS))["office"].holidays, "the country's days are found"
    assert [w.what for w in await applied(house, "calendars", OFFICE)] == ["keep"]
    (changed,) = await applied(house, "queues", {**REFUNDS, "name": "Money back"})
    assert (changed.what, changed.fields) == ("change", ("name",))
    assert (await house.directory.entries(QUEUES))["refunds"].name == "Money back"
    assert [w.what for w in await applied(house, "queues", {**REFUNDS, "removed": True})] == ["remove"]
    assert [w.what for w in await applied(house, "queues", {**REFUNDS, "removed": True})] == ["keep"]


async def test_mistakes_are_told_with_their_place_and_nothing_personal_is_made(house: House) -> None:
    with pytest.raises(CannotStart, match=r"saved_replies\.mine\.id"):
        await applied(house, "saved_replies", {"id": "mine", "name": "Mine", "text": "Hello", "personal": True})
    await applied(house, "saved_replies", {"id": "ours", "name": "Ours", "text": "Hello"})
    assert (await house.directory.entries(SAVED_REPLIES))["ours"].text == "Hello"
    await applied(house, "calendars", OFFICE)
    await applied(house, "queues", REFUNDS)
    with pytest.raises(CannotStart, match=r"calendars\.office: 'Refunds' goes by these hours"):
        await applied(house, "calendars", {**OFFICE, "removed": True})
