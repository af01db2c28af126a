"""Lists of the catalog in a file for `inbox apply`: each one that has calls, compared with what there is and saved as by its calls."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from inbox.api.shelves import SHELVES
from inbox.app.apply import ADMIN, Wanted
from inbox.app.apply_lists import TABLES, Lists, Wish, wishes
from inbox.app.dispatching import webhooks_of
from inbox.core.agent import Team
from inbox.core.errors import CannotStart
from inbox.core.ids import TeamId
from inbox.core.mistakes import mistakes
from inbox.records import CALENDARS, QUEUES, SAVED_REPLIES, WEBHOOKS
from inbox.store.secrets import Keyring, make_key
from tests.api.requests import BODIES
from tests.flow.conftest import house as house
from tests.flow.house import House

KEYRING = Keyring([make_key("k")])
SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
OFFICE = {"id": "office", "name": "Office", "zone": "Europe/Berlin", "week": [[{"start": 540, "end": 1020}], *[[]] * 6], "country": "DE"}
REFUNDS = {"id": "refunds", "name": "Refunds", "calendar": "office", "strategy": "round_robin"}


async def applied(house: House, name: str, *tables: dict[str, Any]) -> list[Wish]:
    """What was found to be done, after it was done."""
    shelf, table = TABLES[name]
    webhooks = webhooks_of(KEYRING, house.committer, house.store.queries, house.directory, house.clock)
    at = Lists(house.directory, house.clock, house.catalog, house.store.files, frozenset({"email"}), webhooks)
    found = await wishes(shelf, msgspec.convert(tables, tuple[table, ...]), at, ADMIN)  # type: ignore[valid-type]  # a type made at run time
    for wish in found:
        if wish.do is not None:
            await wish.do()
    await house.rest()
    return found


def test_every_list_one_can_remove_from_has_tables_and_takes_what_its_calls_take() -> None:
    assert TABLES.keys() == {shelf.many for shelf in SHELVES} - {"tags"}
    assert set(list(TABLES)[:2]) == {"calendars", "segments"}, "what others go by comes first"
    for shelf, _ in TABLES.values():
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


@pytest.mark.parametrize("name", TABLES)
async def test_a_file_that_is_applied_twice_changes_nothing_the_second_time(house: House, name: str) -> None:
    await applied(house, "calendars", OFFICE)
    await house.staff.create_team(ADMIN, Team(TeamId("support"), "Support"))
    await house.hire("mia", teams=("support",))
    given = BODIES[f"create_{TABLES[name][0].one}"]()
    one = {"id": "one", **{field: value for field, value in given.items() if field != "version"}}
    one |= {"personal": False} if "personal" in one else {}  # what is one's own is not made by a file
    assert [w.what for w in await applied(house, name, one)] == ["add"]
    assert [w.what for w in await applied(house, name, one)] == ["keep"]
    assert [w.what for w in await applied(house, name, {**one, "removed": True})] == ["remove"]
    assert [w.what for w in await applied(house, name, {**one, "removed": True})] == ["keep"]


async def test_a_webhooks_secret_is_stored_sealed_and_changed_for_another(house: House) -> None:
    one = {"id": "pager", "name": "Pager", "url": "https://pager.example.org/in", "secret": SECRET}
    await applied(house, "webhooks", one)
    stored = (await house.directory.entries(WEBHOOKS))["pager"]
    assert SECRET not in str(stored)
    (changed,) = await applied(house, "webhooks", {**one, "secret": OTHER})
    assert (changed.what, "secret" in changed.fields) == ("change", True)
    assert (await house.directory.entries(WEBHOOKS))["pager"].former == stored.secret, "it signs on for a day"


async def test_mistakes_are_told_with_their_place_and_nothing_personal_is_made(house: House) -> None:
    with pytest.raises(CannotStart, match=r"saved_replies\.mine\.id"):
        await applied(house, "saved_replies", {"id": "mine", "name": "Mine", "text": "Hello", "personal": True})
    await applied(house, "saved_replies", {"id": "ours", "name": "Ours", "text": "Hello"})
    assert (await house.directory.entries(SAVED_REPLIES))["ours"].text == "Hello"
    await applied(house, "calendars", OFFICE)
    await applied(house, "queues", REFUNDS)
    with pytest.raises(CannotStart, match=r"calendars\.office: 'Refunds' goes by these hours"):
        await applied(house, "calendars", {**OFFICE, "removed": True})
