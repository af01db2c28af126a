"""Lists that people make by hand: saved, changed over what was seen, removed, told of, and at hand everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core.agent import Role, Team
from inbox.core.errors import Conflict, Denied, KeyReused, NotFound
from inbox.core.events import EventType
from inbox.core.ids import TeamId
from inbox.core.permissions import Action, Actor, require
from inbox.flow.catalog import Catalog
from inbox.records import REMOVED, TEAMS
from tests.flow.house import House

NEW = Team(TeamId("returns"), "Returns")


@pytest.fixture
async def boss(house: House) -> Actor:
    """An admin."""
    return await house.hire("boss", role=Role.ADMIN, online=False)


@pytest.fixture
def catalog(house: House) -> Catalog:
    """The door."""
    return Catalog(house.committer)


def admins_only(layer: Any, actor: Actor, before: Any, after: Any) -> None:
    require(actor, Action.MANAGE_TEAMS)


async def test_an_entry_is_saved_changed_and_removed(house: House, boss: Actor, catalog: Catalog) -> None:
    stored = await catalog.save(boss, TEAMS, NEW, 0, admins_only)
    assert (stored.name, stored.version) == ("Returns", 1)
    assert (await house.directory.entries(TEAMS))["returns"] == stored
    renamed = await catalog.save(boss, TEAMS, Team(TeamId("returns"), "Refunds"), 1, admins_only)
    assert (await house.directory.entries(TEAMS))["returns"] == renamed
    await catalog.delete(boss, TEAMS, "returns", renamed.version, admins_only)
    assert "returns" not in await house.directory.entries(TEAMS)
    told = [dict(c.event.data) for c in house.heard if c.event.type is EventType.CATALOG_CHANGED]
    named = {"noun": "removed", "entry": "teams:returns"}
    assert told == [{"noun": "teams", "entry": "returns"}] * 2 + [named, {"noun": "teams", "entry": "returns"}]
    assert (await house.directory.entries(REMOVED))["teams:returns"].name == "Refunds"


async def test_who_saw_an_older_version_overwrites_nothing(boss: Actor, catalog: Catalog) -> None:
    await catalog.save(boss, TEAMS, NEW, 0, admins_only)
    await catalog.save(boss, TEAMS, Team(TeamId("returns"), "Refunds"), 1, admins_only)
    for wanted in (1, 0):
        with pytest.raises(Conflict):
            await catalog.save(boss, TEAMS, Team(TeamId("returns"), "Mine"), wanted, admins_only)
    with pytest.raises(Conflict):
        await catalog.delete(boss, TEAMS, "returns", 1, admins_only)
    with pytest.raises(NotFound):
        await catalog.delete(boss, TEAMS, "nothing", 1, admins_only)
    with pytest.raises(NotFound):
        await catalog.save(boss, TEAMS, Team(TeamId("nothing"), "Mine"), 3, admins_only)


async def test_a_repeated_call_makes_one_entry(boss: Actor, catalog: Catalog, house: House) -> None:
    first = await catalog.save(boss, TEAMS, NEW, 0, admins_only, "key")
    assert await catalog.save(boss, TEAMS, NEW, 0, admins_only, "key") == first
    with pytest.raises(KeyReused):
        await catalog.save(boss, TEAMS, Team(TeamId("returns"), "Other"), 0, admins_only, "key")
    assert [c.event.type for c in house.heard].count(EventType.CATALOG_CHANGED) == 1


async def test_the_rule_is_asked_in_the_commit(house: House, catalog: Catalog) -> None:
    mia = await house.hire("mia")
    with pytest.raises(Denied):
        await catalog.save(mia, TEAMS, NEW, 0, admins_only)
    assert "returns" not in await house.directory.entries(TEAMS)
