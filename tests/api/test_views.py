"""Saved views over HTTP: made, shared, used, narrowed, and gone for who may not see them."""

from __future__ import annotations

from typing import Any

from tests.api.world import Browser, World


async def make(browser: Browser, **body: Any) -> Any:
    answer = await browser.ask("POST", "/views", json={"name": "Important", "filter": "tag:vip", **body})
    return answer.status, await answer.json()


async def test_a_saved_view_lists_counts_and_is_narrowed(world: World) -> None:
    mia = await world.log_in("mia")
    status, view = await make(mia)
    assert (status, view["owner"], view["version"]) == (201, "mia", 1)
    assert (await mia.get("/conversations", params={"view": view["id"]}))["rows"] == []
    await mia.ask("PATCH", "/conversations/c-own", json={"add_tags": ["vip"]})
    assert [row["id"] for row in (await mia.get("/conversations", params={"view": view["id"]}))["rows"]] == ["c-own"]
    assert (await mia.get("/counts"))["counts"][view["id"]] == 1
    narrowed = {"view": view["id"], "filter": "priority:urgent"}
    assert (await mia.get("/conversations", params=narrowed))["rows"] == []
    job = await mia.ask("POST", "/jobs", json={**narrowed, "change": {"read": True}})
    assert (await job.json())["total"] == 0


async def test_private_ones_are_as_if_they_were_not_there(world: World) -> None:
    mia, ben = await world.log_in("mia"), await world.log_in("ben")
    _, view = await make(mia)
    assert await ben.get("/views") == []
    assert (await ben.ask("GET", "/conversations", params={"view": view["id"]})).status == 422
    assert (await ben.ask("PUT", f"/views/{view['id']}", json={"name": "Stolen", "version": 1})).status == 404
    assert (await ben.ask("DELETE", f"/views/{view['id']}")).status == 404
    assert view["id"] not in (await ben.get("/counts"))["counts"]


async def test_views_are_shared_by_who_may(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    assert (await make(mia, share="all"))[0] == 403
    assert (await make(mia, share="team", team="sales"))[0] == 403
    assert (await make(mia, share="team"))[0] == 422
    assert (await make(mia, share="team", team="support"))[0] == 201
    status, view = await make(sue, share="all", name="For all")
    assert status == 201
    assert [one["name"] for one in await mia.get("/views")] == ["For all", "Important"]
    assert (await mia.ask("DELETE", f"/views/{view['id']}")).status == 403


async def test_what_is_no_filter_is_refused_with_words(world: World) -> None:
    mia = await world.log_in("mia")
    status, problem = await make(mia, filter="hello")
    assert (status, problem["field"]) == (422, "filter")
    assert "is:, tag:, assignee:" in problem["detail"]
    answer = await mia.ask("GET", "/conversations", params={"view": "all", "filter": "is:closed channel:mail"})
    assert answer.status == 422
