"""Attributes of customers over HTTP: made by admins, and what agents then may enter."""

from __future__ import annotations

from typing import Any

from tests.api.world import Browser, World

PLAN: dict[str, Any] = {"name": "Plan", "key": "plan", "kind": "choice", "choices": ["Free", "Gold"], "order": 2}


async def enter(mia: Browser, **attributes: str | None) -> tuple[int, dict[str, Any]]:
    version = (await mia.get("/customers/anna"))["version"]
    answer = await mia.ask("PATCH", "/customers/anna", json={"version": version, "attributes": attributes})
    return answer.status, await answer.json()


async def test_what_is_entered_is_of_its_kind_and_what_was_there_stays(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    assert (await enter(mia, Plan="whatever", Shoe="44"))[0] == 200
    assert (await mia.ask("POST", "/attributes", json=PLAN)).status == 403
    made = await (await ada.ask("POST", "/attributes", json=PLAN)).json()
    assert [one["key"] for one in await mia.get("/attributes")] == ["plan"]
    assert (await enter(mia, Shoe="45"))[0] == 200, "what does not fit, and is not touched, is in nobody's way"
    assert (await enter(mia, Plan="whatever"))[0] == 200
    refused, problem = await enter(mia, Plan="Silver")
    assert (refused, problem["field"]) == (422, "attributes")
    assert (await enter(mia, Plan="Gold"))[1]["attributes"]["Plan"] == "Gold"
    assert (await enter(mia, plan="Free"))[1]["attributes"] == {"Plan": "Free", "Shoe": "45"}, "a plan, not two"
    assert (await enter(mia, Plan=None))[0] == 200
    assert (await ada.ask("DELETE", f"/attributes/{made['id']}")).status == 204
    assert (await enter(mia, Plan="Silver"))[0] == 200


async def test_a_key_is_there_once_and_stays(world: World) -> None:
    ada = await world.log_in("ada")
    made = await (await ada.ask("POST", "/attributes", json=PLAN)).json()
    assert (await ada.ask("POST", "/attributes", json={**PLAN, "key": "PLAN"})).status == 409
    moved = await ada.ask("PUT", f"/attributes/{made['id']}", json={**PLAN, "key": "tariff", "version": 1})
    assert (moved.status, (await moved.json())["field"]) == (422, "key")
    kept = await ada.ask("PUT", f"/attributes/{made['id']}", json={**PLAN, "name": "Tariff", "kind": "text", "choices": [], "version": 1})
    assert (await kept.json())["version"] == 2
