"""The centre of notices over HTTP: counted, read, in step, and silent about what its reader may not see any more."""

from __future__ import annotations

from typing import Any

from tests.api.world import Browser, World


async def noted(world: World, n: int = 1) -> Browser:
    """Sue mentions Mia in her conversation; Mia's browser."""
    sue = await world.log_in("sue")
    for i in range(n):
        body = {"kind": "note", "text": "Mia, look", "mentions": ["mia"], "client_id": f"n{i}"}
        answer = await sue.ask("POST", "/conversations/c-own/messages", json=body, headers={"Idempotency-Key": f"n{i}"})
        assert answer.status == 201
    return await world.log_in("mia")


async def page(browser: Browser, query: str = "") -> Any:
    return await browser.get(f"/me/notices{query}")


async def test_a_mention_stands_in_the_list_until_it_is_seen(world: World) -> None:
    mia = await noted(world)
    got = await page(mia)
    (row,) = got["notices"]
    assert (row["kind"], row["conversation"], row["customer"]["name"], row["read_at"]) == ("mention", "c-own", "Anna Schmidt", None)
    assert (row["actor"], got["unread"], got["next"]) == ({"kind": "agent", "id": "sue"}, 1, None)
    assert await (await mia.ask("PUT", "/me/notices/read", json={"ids": [row["id"]]})).json() == {"unread": 0}
    assert (await page(mia))["notices"][0]["read_at"] is not None
    assert world.live.seen == ["mia"]
    await mia.ask("PUT", "/me/notices/read", json={"ids": [row["id"]]})
    assert world.live.seen == ["mia"], "what moved nothing is told nobody"


async def test_reading_the_conversation_is_seeing_what_was_told_of_it(world: World) -> None:
    mia = await noted(world, 2)
    assert (await page(mia, "?limit=1"))["unread"] == 2
    await mia.ask("PUT", "/conversations/c-own/read", json={"message": "m-own"})
    assert (await page(mia))["unread"] == 0


async def test_who_may_not_see_the_conversation_any_more_reads_nothing_of_it(world: World) -> None:
    mia = await noted(world)
    sue = await world.log_in("sue")
    moved = await sue.ask("PATCH", "/conversations/c-own", json={"assignee": "ben", "team": "sales"})
    assert moved.status == 200
    assert await page(mia) == {"notices": [], "next": None, "unread": 0}


async def test_who_follows_a_conversation_finds_it_and_is_refused_once_he_may_not_see_it(world: World) -> None:
    sue, mia = await world.log_in("sue"), await world.log_in("mia")
    row = await (await sue.ask("PATCH", "/conversations/c-own", json={"follow": True})).json()
    assert row["followers"] == ["sue"]
    followed = [[one["id"] for one in (await who.get("/conversations?view=followed"))["rows"]] for who in (sue, mia)]
    assert followed == [["c-own"], []]
    assert (await sue.get("/counts"))["counts"]["followed"] == 1
    assert [one["id"] for one in (await sue.get("/conversations", params={"view": "all", "filter": "is:followed"}))["rows"]] == ["c-own"]
    assert (await mia.ask("PATCH", "/conversations/c-foreign", json={"follow": True})).status == 404
    assert (await (await sue.ask("PATCH", "/conversations/c-own", json={"follow": False})).json())["followers"] == []


async def test_a_page_is_filled_behind_what_its_reader_may_not_see_any_more(world: World) -> None:
    await noted(world)
    sue = await world.log_in("sue")
    assert (await sue.ask("PATCH", "/conversations/c-foreign", json={"assignee": "mia"})).status == 200
    body = {"kind": "note", "text": "Mia, look", "mentions": ["mia"]}
    for n in range(3):
        answer = await sue.ask(
            "POST", "/conversations/c-foreign/messages", json=body | {"client_id": f"t{n}"}, headers={"Idempotency-Key": f"t{n}"}
        )
        assert answer.status == 201
    mia = await world.log_in("mia")
    assert [one["conversation"] for one in (await page(mia, "?limit=2"))["notices"]] == ["c-foreign", "c-foreign"]
    moved = await sue.ask("PATCH", "/conversations/c-foreign", json={"assignee": "ben", "team": "sales"})
    assert moved.status == 200
    got = await page(mia, "?limit=2")
    assert ([one["conversation"] for one in got["notices"]], got["next"]) == (["c-own"], None)


async def test_pages_and_what_is_refused(world: World) -> None:
    mia = await noted(world, 3)
    first = await page(mia, "?limit=2")
    rest = await page(mia, f"?limit=2&after={first['next']}")
    assert (len(first["notices"]), len(rest["notices"]), rest["next"]) == (2, 1, None)
    for body in ({}, {"ids": ["x"], "until": 1}):
        assert (await mia.ask("PUT", "/me/notices/read", json=body)).status == 422
