"""Webhooks as admins keep them: their secret is given and never told again, and only who may have one called sees them."""

from __future__ import annotations

from typing import Any

from inbox.records import DISPATCHES, WEBHOOKS
from tests.api.world import World

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK: dict[str, Any] = {"name": "Pager", "url": "https://pager.example.org/in", "secret": SECRET, "version": 0}


async def test_a_secret_is_stored_and_never_told(world: World) -> None:
    ada = await world.log_in("ada")
    made = await ada.ask("POST", "/webhooks", json=HOOK, headers={"Idempotency-Key": "k1"})
    assert made.status == 201, await made.text()
    again = await ada.ask("POST", "/webhooks", json=HOOK, headers={"Idempotency-Key": "k1"})
    row, same = await made.json(), await again.json()
    assert (again.status, same["id"]) == (201, row["id"]), "a repeated call makes one"
    changed = await ada.ask("PUT", f"/webhooks/{row['id']}", json={**HOOK, "name": "Other", "secret": "", "version": 1})
    assert changed.status == 200, await changed.text()
    for answer in (made, changed, await ada.ask("GET", "/webhooks")):
        assert SECRET not in await answer.text()
    (stored,) = world.memory.tables.of(WEBHOOKS).values()
    assert (stored.name, stored.secret) == ("Other", SECRET), "this world seals nothing; what was not given stays"


async def test_what_is_no_secret_or_no_address_is_refused(world: World) -> None:
    ada = await world.log_in("ada")
    for field, value in (("secret", "short"), ("secret", ""), ("url", "ftp://example.org"), ("url", "https://a b")):
        answer = await ada.ask("POST", "/webhooks", json={**HOOK, field: value})
        assert (answer.status, (await answer.json())["field"]) == (422, field), (field, value)


async def test_supervisors_see_and_choose_them_and_agents_do_not(world: World) -> None:
    ada, sue, mia = await world.log_in("ada"), await world.log_in("sue"), await world.log_in("mia")
    row = await (await ada.ask("POST", "/webhooks", json=HOOK)).json()
    assert [one["id"] for one in await sue.get("/webhooks")] == [row["id"]]
    assert await mia.get("/webhooks") == []
    assert (await mia.ask("GET", "/dispatches")).status == 403
    for browser in (sue, mia):
        assert (await browser.ask("POST", "/webhooks", json=HOOK)).status == 403
        assert (await browser.ask("POST", f"/webhooks/{row['id']}/test")).status == 403
    alert = {"name": "Many", "measure": "waiting", "above": 1, "webhooks": [row["id"]]}
    assert (await sue.ask("POST", "/alerts", json=alert)).status == 201
    assert (await sue.ask("POST", "/alerts", json={**alert, "webhooks": ["nowhere"]})).status == 422
    assert (await sue.ask("POST", "/alerts", json={**alert, "mails": ["no address"]})).status == 422


async def test_a_test_is_stored_before_it_is_tried_and_its_state_is_listed(world: World) -> None:
    ada = await world.log_in("ada")
    row = await (await ada.ask("POST", "/webhooks", json=HOOK)).json()
    asked = await ada.ask("POST", f"/webhooks/{row['id']}/test")
    assert asked.status == 201, await asked.text()
    (stored,) = world.memory.tables.of(DISPATCHES).values()
    (listed,) = await ada.get("/dispatches")
    assert (listed["id"], listed["target"], listed["state"]) == (stored.id, row["id"], "pending")
    assert (await ada.ask("POST", "/webhooks/nowhere/test")).status == 404
