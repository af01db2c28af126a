"""Segments of customers over HTTP: made by admins, shown with customers, kept while something names them, counted before they are saved."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.api.handlers import segments as handlers
from inbox.api.shelves import managed_by
from inbox.core.agent import Role
from inbox.core.conditions import Condition
from inbox.core.ids import AgentId, QueueId
from inbox.core.permissions import Action, Actor
from inbox.core.queues import Queue
from inbox.records import QUEUES
from tests.api.requests import BODIES
from tests.api.world import Browser, World

GOLD: dict[str, Any] = {"name": "Gold customers", "conditions": {"field": "attribute", "op": "is", "value": "gold", "name": "plan"}}


async def made(ada: Browser, **fields: Any) -> dict[str, Any]:
    answer = await ada.ask("POST", "/segments", json=GOLD | fields)
    assert answer.status == 201
    segment: dict[str, Any] = await answer.json()
    return segment


async def enter(mia: Browser, **attributes: str | None) -> dict[str, Any]:
    version = (await mia.get("/customers/anna"))["version"]
    answer = await mia.ask("PATCH", "/customers/anna", json={"version": version, "attributes": attributes})
    row: dict[str, Any] = await answer.json()
    return row


async def test_a_customer_says_which_segments_he_is_in_as_they_stand(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    assert (await mia.ask("POST", "/segments", json=GOLD)).status == 403
    segment = await made(ada)
    assert [one["name"] for one in await mia.get("/segments")] == ["Gold customers"]
    assert (await mia.get("/customers/anna"))["segments"] == []
    assert (await enter(mia, plan="Gold"))["segments"] == [segment["id"]]
    other = {"field": "company", "op": "is", "value": "Nobody Ltd"}
    changed = await ada.ask("PUT", f"/segments/{segment['id']}", json={**GOLD, "conditions": other, "version": 1})
    assert changed.status == 200
    assert (await mia.get("/customers/anna"))["segments"] == []


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"field": "segment", "op": "has", "value": "x"},
        {"all": [{"field": "tag", "op": "has", "value": "vip"}]},
        {"field": "attribute", "op": "at_least", "value": "many", "name": "orders"},
    ],
)
async def test_what_makes_no_segment_is_refused(world: World, condition: dict[str, Any]) -> None:
    ada = await world.log_in("ada")
    for path, body in (("/segments", GOLD | {"conditions": condition}), ("/segments/preview", {"conditions": condition})):
        answer = await ada.ask("POST", path, json=body)
        assert (answer.status, (await answer.json())["field"].split(".")[0]) == (422, "conditions")


@pytest.mark.parametrize(
    ("path", "call"), [("/queues", "create_queue"), ("/sla/policies", "create_sla_policy"), ("/surveys", "create_survey")]
)
async def test_what_names_a_segment_needs_it(world: World, path: str, call: str) -> None:
    ada = await world.log_in("ada")
    body = {**BODIES[call](), "name": "Refunds", "conditions": {"field": "segment", "op": "has", "value": ["nowhere"]}}
    unknown = await ada.ask("POST", path, json=body)
    assert (unknown.status, (await unknown.json())["field"]) == (422, "conditions")
    segment = await made(ada)
    body["conditions"]["value"] = [segment["id"]]
    using = await ada.ask("POST", path, json=body)
    assert using.status == 201
    refused = await ada.ask("DELETE", f"/segments/{segment['id']}")
    assert (refused.status, "'Refunds'" in (await refused.json())["detail"]) == (409, True)
    assert (await ada.ask("DELETE", f"{path}/{(await using.json())['id']}")).status == 204
    assert (await ada.ask("DELETE", f"/segments/{segment['id']}")).status == 204


@pytest.mark.parametrize(
    ("path", "call"), [("/queues", "create_queue"), ("/sla/policies", "create_sla_policy"), ("/surveys", "create_survey")]
)
async def test_what_asks_for_a_kind_of_address_names_one_that_there_is(world: World, path: str, call: str) -> None:
    ada = await world.log_in("ada")

    def body(*kinds: str) -> dict[str, Any]:
        test = {"field": "channel_kind", "op": "is", "value": kinds}
        return {**BODIES[call](), "conditions": {"all": [{"field": "tag", "op": "present"}, {"none": [test]}]}}

    for kinds in (("banana",), ("email", "banana")):
        answer = await ada.ask("POST", path, json=body(*kinds))
        told = await answer.json()
        assert (answer.status, told["field"]) == (422, "conditions.all.1.none.0.value")
        assert told["detail"].endswith("'banana' is none of: email, phone, visitor")
    made = await ada.ask("POST", path, json=body("email"))
    assert made.status == 201
    stored = await made.json()
    whole = {name: value for name, value in stored.items() if name != "id"} | {"conditions": body("banana")["conditions"]}
    assert (await ada.ask("PUT", f"{path}/{stored['id']}", json=whole)).status == 422


async def test_a_kind_that_is_gone_does_not_keep_a_queue_from_being_paused(world: World) -> None:
    ada = await world.log_in("ada")
    admin, gone = Actor(AgentId("ada"), Role.ADMIN), Condition(field="channel_kind", op="is", value="fax")
    rule = managed_by(Action.MANAGE_QUEUES)
    await world.parts.catalog.save(admin, QUEUES, Queue(QueueId("fax"), "Fax", conditions=gone), 0, rule)
    body = {"name": "Fax", "version": 1, "conditions": {"field": "channel_kind", "op": "is", "value": "fax"}}
    assert (await ada.ask("PUT", "/queues/fax", json=body | {"paused": True})).status == 200


async def test_who_would_be_in_it_is_counted_up_to_a_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    await enter(mia, plan="Gold")
    assert (await mia.ask("POST", "/customers", json={"name": "Omar"})).status == 201
    everybody = {"conditions": {"none": [{"field": "company", "op": "is", "value": "Nobody Ltd"}]}}
    assert (await mia.ask("POST", "/segments/preview", json=everybody)).status == 403

    async def preview(body: dict[str, Any]) -> dict[str, Any]:
        answer = await ada.ask("POST", "/segments/preview", json=body)
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found

    gold = await preview({"conditions": GOLD["conditions"]})
    assert (gold["count"], gold["complete"], [one["id"] for one in gold["first"]]) == (1, True, ["anna"])
    total = gold["looked_at"]
    assert total >= 2
    monkeypatch.setattr(handlers, "PAGE", 1)
    assert await preview(everybody) | {"first": ()} == {"count": total, "looked_at": total, "complete": True, "first": ()}
    monkeypatch.setattr(handlers, "MOST", 1)
    assert (await preview(everybody))["complete"] is False
