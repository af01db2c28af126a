"""Queues over HTTP: admins make them, agents fetch from them and answer what is offered, everybody sees where something stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.requests import BODIES
from tests.api.world import World

NEW: dict[str, Any] = {"name": "Refunds", "version": 0, "conditions": {"field": "tag", "op": "has", "value": "refund"}}


async def test_admins_make_change_and_remove_queues(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    made = await (await ada.ask("POST", "/queues", json=NEW, headers={"Idempotency-Key": "k"})).json()
    assert (made["name"], made["version"]) == ("Refunds", 1)
    assert [queue["name"] for queue in await mia.get("/queues")] == ["Refunds"]
    changed = await ada.ask("PUT", f"/queues/{made['id']}", json={**NEW, "version": 1, "paused": True})
    assert (await changed.json())["paused"] is True
    assert (await ada.ask("PUT", f"/queues/{made['id']}", json={**NEW, "version": 1})).status == 409
    again = await ada.ask("POST", "/queues", json={**NEW, "name": "  REFUNDS "})
    refusal = await again.json()
    assert (again.status, refusal["reason"], refusal["by"]) == (409, "taken", "Refunds"), "nobody could tell the two apart"
    other = await (await ada.ask("POST", "/queues", json={**NEW, "name": "Other"})).json()
    renamed = await ada.ask("PUT", f"/queues/{other['id']}", json={**NEW, "version": 1})
    assert (renamed.status, (await renamed.json())["by"]) == (409, "Refunds")
    assert (await ada.ask("DELETE", f"/queues/{other['id']}")).status == 204
    assert (await mia.ask("DELETE", f"/queues/{made['id']}")).status == 403
    assert (await ada.ask("DELETE", f"/queues/{made['id']}")).status == 204
    assert await mia.get("/queues") == []


async def test_supervisors_pause_a_queue_and_change_nothing_else(world: World) -> None:
    ada, sue, mia = [await world.log_in(who) for who in ("ada", "sue", "mia")]
    made = await (await ada.ask("POST", "/queues", json=NEW, headers={"Idempotency-Key": "k"})).json()
    path, whole = f"/queues/{made['id']}", {name: value for name, value in made.items() if name != "id"}
    assert (await mia.ask("PUT", path, json=whole | {"paused": True})).status == 403
    assert (await sue.ask("PUT", path, json=whole | {"paused": True, "name": "Mine"})).status == 403
    paused = await sue.ask("PUT", path, json=whole | {"paused": True})
    assert (paused.status, (await paused.json())["paused"]) == (200, True)
    assert (await sue.ask("PUT", path, json=whole | {"paused": False, "version": 2})).status == 200


async def test_what_is_wrong_is_named(world: World) -> None:
    ada = await world.log_in("ada")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"conditions": {"all": [{"field": "colour", "op": "is", "value": "red"}]}}, "conditions.all.0.field"),
        ({"overflow": "nowhere"}, "overflow"),
        ({"teams": ["nobody"]}, "teams"),
        ({"agents": ["nobody"]}, "agents"),
    ]
    for changes, field in wrong:
        answer = await ada.ask("POST", "/queues", json={**NEW, **changes}, headers={"Idempotency-Key": field})
        assert (answer.status, (await answer.json())["field"]) == (422, field), await answer.text()


async def test_a_queue_that_takes_over_from_another_stays(world: World) -> None:
    ada = await world.log_in("ada")
    second = await (await ada.ask("POST", "/queues", json={**NEW, "name": "Second"}, headers={"Idempotency-Key": "1"})).json()
    first = {**NEW, "overflow": second["id"], "overflow_ms": 1000}
    assert (await ada.ask("POST", "/queues", json=first, headers={"Idempotency-Key": "2"})).status == 201
    assert (await ada.ask("DELETE", f"/queues/{second['id']}")).status == 409


OF_QUEUE = {"field": "queue", "op": "is"}
GOLD = {"name": "Gold", "version": 0, "targets": {"first_response": 60_000}}


@pytest.mark.parametrize(
    ("path", "of", "told"),
    [
        ("/alerts", lambda id: {"name": "Nobody there", "measure": "nobody", "queue": id}, "The alert 'Nobody there' watches this queue"),
        ("/sla/policies", lambda id: {**GOLD, "conditions": {"all": [{**OF_QUEUE, "value": id}]}}, "The policy 'Gold' names"),
        ("/sla/policies", lambda id: {**GOLD, "on_breach": [{"kind": "queue", "value": id}]}, "The policy 'Gold' names"),
        (
            "/surveys",
            lambda id: {**BODIES["create_survey"](), "name": "Asked", "conditions": {**OF_QUEUE, "value": id}},
            "The survey 'Asked'",
        ),
    ],
)
async def test_a_queue_that_something_names_stays_until_that_is_changed(
    world: World, path: str, of: Callable[[str], dict[str, Any]], told: str
) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    queue = await (await ada.ask("POST", "/queues", json=NEW, headers={"Idempotency-Key": "1"})).json()
    made = await ada.ask("POST", path, json=of(queue["id"]), headers={"Idempotency-Key": "2"})
    assert made.status == 201, await made.text()
    refused = await ada.ask("DELETE", f"/queues/{queue['id']}")
    assert (refused.status, told in await refused.text()) == (409, True), await refused.text()
    assert (await mia.ask("DELETE", f"/queues/{queue['id']}")).status == 403, "who may not remove it is told nothing of them"
    assert (await ada.ask("DELETE", f"{path}/{(await made.json())['id']}")).status == 204
    assert (await ada.ask("DELETE", f"/queues/{queue['id']}")).status == 204


async def test_an_alert_watches_a_team_that_is_there_and_stays_while_it_does(world: World) -> None:
    ada = await world.log_in("ada")
    team = (await (await ada.ask("POST", "/teams", json={"name": "Night"}, headers={"Idempotency-Key": "1"})).json())["id"]
    alert = {"name": "Too many", "measure": "waiting", "above": 5, "team": team}
    for key, wrong in enumerate(({"team": "none"}, {"queue": "none", "team": ""}, {"queue": "q"})):
        answer = await ada.ask("POST", "/alerts", json={**alert, **wrong}, headers={"Idempotency-Key": f"w{key}"})
        assert answer.status == 422, await answer.text()
    made = await ada.ask("POST", "/alerts", json=alert, headers={"Idempotency-Key": "2"})
    assert (made.status, (await made.json())["team"]) == (201, team)
    refused = await ada.ask("DELETE", f"/teams/{team}")
    assert (refused.status, "The alert 'Too many' watches this team" in await refused.text()) == (409, True)
    assert (await ada.ask("DELETE", f"/alerts/{(await made.json())['id']}")).status == 204
    assert (await ada.ask("DELETE", f"/teams/{team}")).status == 204


async def test_the_next_one_is_fetched_and_its_place_is_known(world: World) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("POST", "/queue/next")).status == 409, "nothing waits"
    assert (await mia.ask("PATCH", "/conversations/c-own", json={"assignee": None})).status == 200
    place = await mia.get("/conversations/c-own/queue")
    assert (place["position"], place["of"], place["reason"]["code"]) == (1, 1, "nobody_online")
    fetched = await mia.ask("POST", "/queue/next")
    assert ((await fetched.json())["id"], (await fetched.json())["assignee"]) == ("c-own", "mia")
    assert (await mia.get("/conversations/c-own/queue"))["position"] is None
