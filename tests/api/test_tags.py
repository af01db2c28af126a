"""Tags over HTTP: their list, colours, counts, other names, and who may make new ones."""

from __future__ import annotations

from tests.api.world import World


async def test_what_agents_give_admins_describe_count_and_rename(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    assert (await mia.ask("PATCH", "/conversations/c-own", json={"add_tags": ["vip"]})).status == 200
    tag = next(one for one in await mia.get("/tags") if one["name"] == "vip")
    body = {"name": "vip", "version": tag["version"], "colour": "purple", "description": "Pays for more"}
    assert (await mia.ask("PUT", f"/tags/{tag['id']}", json=body)).status == 403
    assert (await ada.ask("PUT", f"/tags/{tag['id']}", json={**body, "name": "gold"})).status == 422
    changed = await (await ada.ask("PUT", f"/tags/{tag['id']}", json=body)).json()
    assert (changed["colour"], changed["version"]) == ("purple", 2)
    boot = await mia.get("/bootstrap")
    assert (boot["tag_colours"], boot["new_tags"]) == ({"vip": "purple"}, True)
    assert "vip" in boot["tags"]
    assert (await ada.get("/tags/counts"))["open"][tag["id"]] == 1
    assert (await mia.ask("GET", "/tags/counts")).status == 403


async def test_a_rename_asked_twice_is_one_job(world: World) -> None:
    ada = await world.log_in("ada")
    made = await (await ada.ask("POST", "/tags", json={"name": "vip"})).json()
    assert (await ada.ask("POST", "/tags", json={"name": "VIP"})).status == 409
    path, key = f"/tags/{made['id']}/retag", {"Idempotency-Key": "once"}
    assert (await ada.ask("POST", path, json={"version": 7, "into": "gold"})).status == 409
    jobs = [await (await ada.ask("POST", path, json={"version": 1, "into": "gold"}, headers=key)).json() for _ in range(2)]
    assert jobs[0]["id"] == jobs[1]["id"]
    assert jobs[0]["change"]["retag"]["tag"]["name"] == "vip"
    assert (await ada.ask("POST", path, json={"version": 1, "into": "silver"}, headers=key)).status == 422
    assert (await ada.ask("POST", path, json={"version": 1, "into": ""})).status == 404
    assert [tag["name"] for tag in await ada.get("/tags")] == ["gold"]


async def test_the_workspace_lets_agents_make_tags_or_not(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    assert await mia.get("/tagging") == {"version": 0, "closed": False}
    assert (await mia.ask("PUT", "/tagging", json={"version": 0, "closed": True})).status == 403
    assert (await (await ada.ask("PUT", "/tagging", json={"version": 0, "closed": True})).json()) == {"version": 1, "closed": True}
    refused = await mia.ask("PATCH", "/conversations/c-own", json={"add_tags": ["never heard of"]})
    assert (refused.status, (await refused.json())["reason"]) == (403, "new_tag")
    assert (await mia.get("/bootstrap"))["new_tags"] is False
    assert (await ada.get("/bootstrap"))["new_tags"] is True
