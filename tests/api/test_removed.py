"""What was removed is called what it was called last, by whatever tells of it by its id."""

from __future__ import annotations

import csv
import io
from typing import Any

from msgspec.structs import replace

from inbox.core.facts import Folded, follow
from inbox.flow.folding import Measure
from tests.api.world import Browser, World
from tests.store.test_contract_facts import arrival

LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "queues": ("/queues", {}),
    "calendars": ("/calendars", {"zone": "UTC", "week": [[]] * 7}),
    "sla_policies": ("/sla/policies", {"targets": {"first_response": 60_000}}),
    "break_reasons": ("/break-reasons", {}),
    "views": ("/views", {"filter": "tag:vip"}),
}


async def made(world: World, kind: str, name: str) -> str:
    """The id of a new entry."""
    path, more = LISTS[kind]
    ada = await world.log_in("ada")
    answer = await ada.ask("POST", path, json={"name": name, "version": 0, **more}, headers={"Idempotency-Key": name})
    assert answer.status == 201, await answer.text()
    return str((await answer.json())["id"])


async def told(browser: Browser) -> list[dict[str, Any]]:
    """What lists lost; people are asked for in a test of their own."""
    return [row for row in await browser.get("/removed") if row["kind"] != "agents"]


async def test_what_was_removed_keeps_the_name_it_had_last(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    ids = {kind: await made(world, kind, f"Old {kind}") for kind in LISTS}
    assert (await ada.ask("POST", "/teams", json={"name": "Night", "slug": "night"}, headers={"Idempotency-Key": "n"})).status == 201
    assert await told(mia) == []
    path = f"/queues/{ids['queues']}"
    assert (await ada.ask("PUT", path, json={"name": "Billing", "version": 1})).status == 200
    for kind, id in ids.items():
        assert (await ada.ask("DELETE", f"{LISTS[kind][0]}/{id}")).status == 204
    assert (await ada.ask("DELETE", "/teams/night")).status == 204
    rows = await told(mia)
    assert {(row["kind"], row["entry"]): row["name"] for row in rows} == {
        ("queues", ids["queues"]): "Billing",
        ("calendars", ids["calendars"]): "Old calendars",
        ("sla_policies", ids["sla_policies"]): "Old sla_policies",
        ("break_reasons", ids["break_reasons"]): "Old break_reasons",
        ("teams", "night"): "Night",
    }, "what somebody keeps for himself is not told to others"
    assert {row["removed_at"] for row in rows} == {world.clock.now()}


async def test_what_is_there_again_is_not_removed(world: World) -> None:
    ada = await world.log_in("ada")
    headers = {"Idempotency-Key": "n"}
    for turn in ("Night", "Nights"):
        answer = await ada.ask("POST", "/teams", json={"name": turn, "slug": "night"}, headers=headers | {"Idempotency-Key": turn})
        assert answer.status == 201
        assert await told(ada) == []
        assert (await ada.ask("DELETE", "/teams/night")).status == 204
        assert [row["name"] for row in await told(ada)] == [turn]


async def test_who_left_keeps_his_name(world: World) -> None:
    ada, sue = await world.log_in("ada"), await world.log_in("sue")
    version = next(one["version"] for one in await ada.get("/accounts") if one["id"] == "mia")
    assert (await ada.ask("PATCH", "/accounts/mia", json={"version": version, "active": False})).status == 200
    assert "mia" not in {one["id"] for one in await sue.get("/agents")}
    assert ("agents", "mia", "Mia") in {(one["kind"], one["entry"], one["name"]) for one in await sue.get("/removed")}


async def test_a_spreadsheet_names_what_was_removed(world: World) -> None:
    ada = await world.log_in("ada")
    id = await made(world, "queues", "Billing")
    out = Folded()
    for event in arrival(0, 31, "mail", "mia"):
        after = event.after if event.after is None else replace(event.after, queue=id)
        before = event.before if event.before is None else replace(event.before, queue=id)
        told = replace(event, after=after, before=before)
        follow(told, out.known.get(event.conversation) if event.conversation else None, Measure().ruler, out)
    await world.store.facts.fold(out, {}, {1: 9})
    query = {"first": "2026-01-01", "last": "2026-12-31", "by": "queue"}

    async def called() -> dict[str, str]:
        text = await (await ada.ask("GET", "/reports.csv", params=query)).text()
        return {row["Id"]: row["Queue"] for row in csv.DictReader(io.StringIO(text))}

    assert (await called())[id] == "Billing"
    assert (await ada.ask("DELETE", f"/queues/{id}")).status == 204
    assert (await called())[id] == "Billing (removed)"


async def test_a_spreadsheet_names_the_breaks_of_a_reason_that_was_removed(world: World) -> None:
    ada = await world.log_in("ada")
    id = await made(world, "break_reasons", "Lunch")
    assert (await ada.ask("DELETE", f"/break-reasons/{id}")).status == 204
    text = await (await ada.ask("GET", "/reports.csv", params={"first": "2026-01-01", "last": "2026-12-31", "by": "state"})).text()
    assert "Break: Lunch (removed) (s)" in text.splitlines()[0].split(",")
