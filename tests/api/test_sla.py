"""Opening hours and service-level policies over HTTP."""

from __future__ import annotations

from typing import Any

from tests.api.world import World

OFFICE = [{"start": 540, "end": 1020}]
HOURS: dict[str, Any] = {"name": "Office", "zone": "Europe/Berlin", "week": [*[OFFICE] * 5, [], []], "country": "DE", "subdivision": "BY"}
GOLD: dict[str, Any] = {"name": "Gold", "targets": {"first_response": 3_600_000}}


async def test_admins_make_hours_with_the_holidays_of_a_place(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    made = await (await ada.ask("POST", "/calendars", json=HOURS, headers={"Idempotency-Key": "k"})).json()
    days = {holiday["day"][5:]: holiday["name"] for holiday in made["holidays"]}
    assert {"12-25", "01-06"} <= days.keys()
    assert (made["zone"], made["version"]) == ("Europe/Berlin", 1)
    assert [calendar["name"] for calendar in await mia.get("/calendars")] == ["Office"]
    assert (await mia.ask("PUT", f"/calendars/{made['id']}", json={**HOURS, "version": 1})).status == 403
    changed = await ada.ask("PUT", f"/calendars/{made['id']}", json={**HOURS, "version": 1, "country": "", "subdivision": ""})
    assert "holidays" not in await changed.json() or (await changed.json())["holidays"] == []


async def test_hours_are_tried_before_they_are_saved(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    seen = await (await ada.ask("POST", "/calendars/preview", json={**HOURS, "week": [[{"start": 0, "end": 1440}]] * 7})).json()
    assert seen["open"] is True
    assert seen["opens_at"] < seen["closes_at"]
    assert (await mia.ask("POST", "/calendars/preview", json=HOURS)).status == 403
    assert await ada.get("/calendars") == []
    known = {row["code"]: row["subdivisions"] for row in await ada.get("/holiday-countries")}
    assert "BY" in known["DE"]


async def test_a_policy_is_tried_before_it_is_saved(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    seen = await (await ada.ask("POST", "/sla/policies/preview", json={**GOLD, "id": ""})).json()
    assert (seen["more"], seen["late"] + seen["sooner"] <= seen["seen"]) == (False, True)
    assert (await mia.ask("POST", "/sla/policies/preview", json=GOLD)).status == 403
    assert (await ada.ask("POST", "/sla/policies/preview", json={**GOLD, "targets": {}})).status == 422
    assert await ada.get("/sla/policies") == []


async def test_what_is_wrong_is_named(world: World) -> None:
    ada = await world.log_in("ada")
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("/calendars", {**HOURS, "zone": "Mars/Olympus"}, "zone"),
        ("/calendars", {**HOURS, "country": "XX"}, "country"),
        ("/calendars", {**HOURS, "subdivision": "ZZ"}, "subdivision"),
        ("/calendars", {**HOURS, "country": ""}, "subdivision"),
        ("/sla/policies", {**GOLD, "targets": {}}, "targets"),
        ("/sla/policies", {**GOLD, "calendar": "nowhere"}, "calendar"),
        ("/sla/policies", {**GOLD, "on_breach": [{"kind": "team", "value": "nobody"}]}, "on_breach"),
    ]
    for number, (path, body, field) in enumerate(wrong):
        answer = await ada.ask("POST", path, json=body, headers={"Idempotency-Key": str(number)})
        assert (answer.status, (await answer.json())["field"]) == (422, field), await answer.text()


async def test_a_policy_goes_by_hours_that_stay_as_long_as_it_does_and_its_change_is_to_be_counted(world: World) -> None:
    ada = await world.log_in("ada")
    assert (await ada.get("/sla/recount"))["running"] is False
    hours = await (await ada.ask("POST", "/calendars", json=HOURS, headers={"Idempotency-Key": "h"})).json()
    gold = {**GOLD, "calendar": hours["id"], "by_priority": {"urgent": {"first_response": 600_000}}, "warn_shares": [80, 50]}
    made = await (await ada.ask("POST", "/sla/policies", json=gold, headers={"Idempotency-Key": "p"})).json()
    assert made["warn_shares"] == [50, 80]
    assert (await ada.get("/sla/recount"))["running"] is True
    assert (await ada.ask("DELETE", f"/calendars/{hours['id']}")).status == 409
    assert (await ada.ask("DELETE", f"/sla/policies/{made['id']}")).status == 204
    assert (await ada.ask("DELETE", f"/calendars/{hours['id']}")).status == 204
