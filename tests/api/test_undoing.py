"""The undo of one act over HTTP: one call that looks and writes in one commit."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.api.world import World

C = "/conversations/c-own"


async def holder(world: World) -> Any:
    return (await (await world.log_in("sue")).get(C))["row"]["assignee"]


async def test_what_was_given_away_comes_back_unless_somebody_gave_it_on(world: World) -> None:
    sue = await world.log_in("sue")
    before = await holder(world)
    back = {"assignee": before, "left": {"assignee": "ben"}}
    assert (await sue.ask("PATCH", C, json={"assignee": "ben"})).status == 200
    assert (await sue.ask("PATCH", C, json={"priority": "urgent"})).status == 200
    assert (await sue.ask("PATCH", C, json=back)).status == 200, "it is not about the priority"
    assert await holder(world) == before
    assert (await sue.ask("PATCH", C, json={"assignee": "ben"})).status == 200
    assert (await sue.ask("PATCH", C, json={"assignee": "ada"})).status == 200
    refused = await sue.ask("PATCH", C, json={**back, "priority": "low"})
    assert (refused.status, (await refused.json())["code"]) == (409, "conflict")
    row = (await sue.get(C))["row"]
    assert (row["assignee"], row["priority"]) == ("ada", "urgent"), "all of it is refused"


async def test_a_change_in_the_same_instant_is_not_overwritten(world: World) -> None:
    sue, ada = await world.log_in("sue"), await world.log_in("ada")
    before = await holder(world)
    assert (await sue.ask("PATCH", C, json={"assignee": "ben"})).status == 200
    changed, _ = await asyncio.gather(
        ada.ask("PATCH", C, json={"assignee": "ada"}),
        sue.ask("PATCH", C, json={"assignee": before, "left": {"assignee": "ben"}}),
    )
    assert (changed.status, await holder(world)) == (200, "ada"), "whichever comes first"


async def test_what_was_left_goes_with_what_is_undone(world: World) -> None:
    sue = await world.log_in("sue")
    refused = await sue.ask("PATCH", C, json={"left": {"assignee": "ben"}})
    assert refused.status == 422
    assert (await refused.json())["field"] == "left"


async def test_a_state_comes_back_unless_another_was_set(world: World) -> None:
    sue, mia = await world.log_in("sue"), await world.log_in("mia")
    path, back = "/agents/mia/availability", {"availability": "online", "left": {"availability": "busy"}}
    assert (await sue.ask("PUT", path, json={"availability": "busy"})).status == 200
    assert (await sue.ask("PUT", path, json=back)).status == 200
    assert (await sue.ask("PUT", path, json={"availability": "busy"})).status == 200
    assert (await mia.ask("PATCH", "/me", json={"availability": "away"})).status == 200
    assert (await sue.ask("PUT", path, json=back)).status == 409
    assert (await mia.get("/session"))["availability"] == "away"
