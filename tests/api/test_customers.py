"""Persons over HTTP: entered by hand, once, whatever is repeated."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.api.world import Browser, World


async def test_a_person_is_entered_once_and_an_address_has_one_owner(world: World) -> None:
    mia = await world.log_in("mia")
    omar = {"name": " Omar ", "attributes": {"plan": "gold"}, "addresses": [{"kind": "phone", "value": "+49 30 901820"}]}
    made = [await mia.ask("POST", "/customers", json=omar, headers={"Idempotency-Key": "k-omar"}) for _ in range(2)]
    assert [answer.status for answer in made] == [201, 201]
    first, second = [await answer.json() for answer in made]
    assert first == second
    assert (first["name"], first["attributes"], first["identities"][0]["value"]) == ("Omar", {"plan": "gold"}, "+4930901820")
    assert (await (await mia.ask("GET", f"/customers/{first['id']}")).json())["id"] == first["id"]
    assert (await mia.ask("POST", "/customers", json={**omar, "name": "Another"}, headers={"Idempotency-Key": "k-2"})).status == 409
    assert (await mia.ask("POST", "/customers", json={**omar, "name": "Another"}, headers={"Idempotency-Key": "k-omar"})).status == 422
    assert (await mia.ask("POST", "/customers", json={"name": " "}, headers={"Idempotency-Key": "k-3"})).status == 422


async def entered(browser: Browser, key: str, **fields: Any) -> dict[str, Any]:
    answer = await browser.ask("POST", "/customers", json=fields, headers={"Idempotency-Key": key})
    assert answer.status == 201, await answer.text()
    made: dict[str, Any] = await answer.json()
    return made


async def two(world: World) -> tuple[Browser, dict[str, Any], dict[str, Any]]:
    mia = await world.log_in("mia")
    omar = await entered(mia, "1", name="Omar", attributes={"plan": "gold"}, addresses=[{"kind": "phone", "value": "+49 30 901820"}])
    o = await entered(
        mia, "2", name="omar ", attributes={"Plan": "silver"}, notes="Tall", addresses=[{"kind": "email", "value": "o@x.org"}]
    )
    return mia, omar, o


async def test_two_customers_become_one_and_two_again(world: World) -> None:
    mia, omar, o = await two(world)
    body = {"into": omar["id"], "version": o["version"], "into_version": omar["version"], "take_attributes": ["plan"]}
    answers = [await mia.ask("POST", f"/customers/{o['id']}/merge", json=body, headers={"Idempotency-Key": "m"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    made, again = [await answer.json() for answer in answers]
    assert made == again
    stays = made["customer"]
    assert (stays["id"], stays["name"], stays["attributes"], stays["notes"]) == (omar["id"], "Omar", {"plan": "silver"}, "Tall")
    assert {one["value"] for one in stays["identities"]} == {"+4930901820", "o@x.org"}
    assert stays["absorbed"] == [o["id"]]
    assert {name: made["merge"][name] for name in ("customer", "name", "by", "undone_at")} == {
        "customer": o["id"],
        "name": "omar",
        "by": "mia",
        "undone_at": None,
    }
    assert stays["merges"] == [made["merge"]]
    assert await mia.get(f"/customers/{o['id']}") == stays, "the old id leads to the one that stays"
    assert (await mia.ask("POST", f"/customers/{o['id']}/merge", json=body)).status == 409
    undone = await (await mia.ask("POST", f"/customer-merges/{made['merge']['id']}/undo")).json()
    assert undone["merge"]["undone_at"] is not None
    assert (undone["customer"]["attributes"], undone["customer"]["merges"]) == ({"plan": "gold"}, [])
    await mia.ask("POST", f"/customer-merges/{made['merge']['id']}/undo")
    rows = (await (await world.log_in("ada")).get("/audit"))["rows"]
    told = [row for row in rows if row["action"].startswith("customers_")]
    assert {row["action"] for row in told} == {"customers_merged", "customers_parted"}
    line = ("mia", omar["id"], {"name": "omar → Omar", "customer": o["id"]})
    assert [(row["actor"], row["target"], row["data"]) for row in told] == [line, line], "once each, whatever is repeated"
    alone = await mia.get(f"/customers/{o['id']}")
    assert (alone["id"], alone["name"], alone["attributes"]) == (o["id"], "omar", {"Plan": "silver"})


async def test_who_is_alike_is_offered_first_and_others_are_looked_for(world: World) -> None:
    mia, omar, o = await two(world)
    alike = await mia.get(f"/customers/{omar['id']}/candidates")
    assert [(row["id"], row["why"]) for row in alike] == [(o["id"], "name")]
    told = await entered(mia, "3", name="Somebody", attributes={"mail": "o@x.org", "phone": "+4930901820"})
    alike = await mia.get(f"/customers/{told['id']}/candidates")
    assert {(row["id"], row["why"]) for row in alike} == {(o["id"], "address"), (omar["id"], "address")}
    for typed, found in (("030", []), ("+49 30 90", [omar["id"]]), ("O@x", [o["id"]]), ("some", [])):
        rows = await mia.get("/customers/" + told["id"] + "/candidates?q=" + quote(typed))
        assert [row["id"] for row in rows] == found, typed
    (found_by_number,) = await mia.get(f"/customers/{told['id']}/candidates?q=%231")
    assert (found_by_number["id"], found_by_number["addresses"][0]["kind"]) == ("anna", "email")
    assert await mia.get(f"/customers/{told['id']}/candidates?q=%2399999") == []


async def test_what_cannot_be_merged_is_refused(world: World) -> None:
    mia, omar, o = await two(world)
    body = {"into": omar["id"], "version": o["version"], "into_version": omar["version"]}
    assert (await mia.ask("POST", f"/customers/{omar['id']}/merge", json=body)).status == 422, "with himself"
    assert (await mia.ask("POST", "/customers/nobody/merge", json=body)).status == 404
    assert (await mia.ask("POST", f"/customers/{o['id']}/merge", json=body | {"take": ["notes"]})).status == 422
    assert (await mia.ask("POST", f"/customers/{o['id']}/merge", json=body | {"into_version": 9})).status == 409
