"""Programs with a token: as far as it reaches, never further than its account, and nothing that is a person's alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import ClientResponse

from inbox.api.auth import COOKIE, DAY_MS
from inbox.api.contract import CALLS
from tests.api.requests import BODIES, path_of
from tests.api.world import Browser, World


async def make(browser: Browser, reach: str = "write", days: int = 0) -> dict[str, Any]:
    """The token and its row."""
    answer = await browser.ask("POST", "/tokens", json={"name": "Nightly", "reach": reach, "days": days})
    assert answer.status == 201, await answer.text()
    made: dict[str, Any] = await answer.json()
    return made


async def ask(world: World, token: str, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> ClientResponse:
    """A request of a program."""
    return await world.anonymous().ask(method, path, headers={"Authorization": f"Bearer {token}", **(headers or {})}, **more)


async def test_a_program_writes_without_a_cookie_or_csrf_token_and_is_named_in_the_record(world: World) -> None:
    ada = await world.log_in("ada")
    made = await make(ada, "admin")
    assert made["token"].startswith("inbox_")
    assert (await ask(world, made["token"], "PATCH", "/conversations/c-own", json={"priority": "high"})).status == 200
    assert (await ask(world, made["token"], "POST", "/teams", json={"name": "Returns"})).status == 201
    lines = await world.store.accounts.audited(None, 10)
    assert [line.data for line in lines if line.action == "team_created"] == [{"token": made["row"]["id"], "name": "Returns"}]
    channel = {**BODIES["create_channel"](), "anyway": True}
    assert (await ask(world, made["token"], "POST", "/channels", json=channel)).status == 201
    assert (await ask(world, made["token"], "PATCH", "/channels/second", json={"version": 1, "paused": True})).status == 200
    assert (await ask(world, made["token"], "DELETE", "/channels/second")).status == 204
    blocked = await ask(world, made["token"], "POST", "/blocked-senders", json={"kind": "email", "value": "eve@spam.example"})
    assert blocked.status == 201, await blocked.text()
    assert (await ask(world, made["token"], "DELETE", f"/blocked-senders/{(await blocked.json())['id']}")).status == 204
    lines = await world.store.accounts.audited(None, 20)
    by_it = {line.action for line in lines if line.data.get("token") == made["row"]["id"]}
    assert by_it >= {"channel_created", "channel_changed", "channel_removed", "sender_blocked", "sender_unblocked"}
    assert made["token"] not in str(lines)
    assert made["token"] not in str(await world.store.accounts.tokens())
    assert (await ada.get("/tokens"))[0]["used_at"] == world.clock.now()


async def test_a_token_goes_as_far_as_its_reach_and_as_its_account(world: World) -> None:
    mia, ada = await world.log_in("mia"), await world.log_in("ada")
    reads = (await make(mia, "read"))["token"]
    assert (await ask(world, reads, "GET", "/conversations/c-own")).status == 200
    assert (await ask(world, reads, "GET", "/conversations/c-foreign")).status == 404
    for method, path, body in (
        ("PATCH", "/conversations/c-own", {"priority": "high"}),
        ("PUT", "/conversations/c-own/read", {"message": ""}),
        ("PATCH", "/me", {"name": "Eve"}),
    ):
        answer = await ask(world, reads, method, path, json=body)
        assert (answer.status, (await answer.json())["reason"]) == (403, "reach")
    writes = (await make(ada, "write"))["token"]
    assert (await ask(world, writes, "PATCH", "/conversations/c-foreign", json={"priority": "high"})).status == 200
    assert (await ask(world, writes, "POST", "/teams", json={"name": "Returns"})).status == 403
    assert (await ask(world, writes, "GET", "/accounts")).status == 403
    more = await mia.ask("POST", "/tokens", json={"name": "x", "reach": "admin", "days": 0})
    assert (more.status, (await more.json())["field"]) == (422, "reach")


async def test_a_token_follows_its_account_down(world: World) -> None:
    ada = await world.log_in("ada")
    boss = (await world.parts.auth.authenticate(ada.cookie))[0]
    token = (await make(await world.log_in("sue"), "write"))["token"]
    assert (await ask(world, token, "GET", "/conversations/c-foreign")).status == 200
    await world.parts.conversations.change_agent(boss, "sue", {"role": "agent"})
    assert (await ask(world, token, "GET", "/conversations/c-foreign")).status == 404
    await world.parts.conversations.change_agent(boss, "sue", {"active": False})
    assert (await ask(world, token, "GET", "/counts")).status == 401


async def test_a_token_ends_when_it_expires_or_is_revoked(world: World) -> None:
    mia, ben, ada = await world.log_in("mia"), await world.log_in("ben"), await world.log_in("ada")
    short, other = await make(mia, "read", days=1), await make(mia, "read")
    assert (await ben.ask("DELETE", f"/tokens/{other['row']['id']}")).status == 404, "not his"
    assert [row["agent"] for row in await ada.get("/tokens")] == ["mia", "mia"]
    assert await ben.get("/tokens") == []
    assert (await ada.ask("DELETE", f"/tokens/{other['row']['id']}")).status == 204
    assert (await ask(world, other["token"], "GET", "/counts")).status == 401
    assert (await ask(world, short["token"], "GET", "/counts")).status == 200
    world.clock.set(world.clock.now() + DAY_MS)
    assert (await ask(world, short["token"], "GET", "/counts")).status == 401


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic {}", "Bearer {} {}", "Bearer inbox_{}", "{}"])
async def test_what_is_not_exactly_a_token_lets_nobody_in(world: World, given: str) -> None:
    token = (await make(await world.log_in("mia")))["token"]
    answer = await world.anonymous().ask("GET", "/counts", headers={"Authorization": given.format(token, token)})
    assert answer.status == 401


async def test_a_token_beside_a_cookie_counts_for_neither(world: World) -> None:
    mia = await world.log_in("mia")
    token = (await make(mia))["token"]
    answer = await ask(world, token, "GET", "/counts", headers={"Cookie": f"{COOKIE}={mia.cookie}"})
    assert answer.status == 401


async def test_a_page_of_another_site_gets_nothing_with_a_token(world: World) -> None:
    token = (await make(await world.log_in("mia")))["token"]
    assert (await ask(world, token, "GET", "/counts", headers={"Origin": "https://evil.example"})).status == 403


@pytest.mark.parametrize("call", [call for call in CALLS if call.person], ids=lambda call: call.name)
async def test_what_is_a_persons_alone_no_token_reaches(world: World, call: Any) -> None:
    token = (await make(await world.log_in("ada"), "admin"))["token"]
    more = {"json": BODIES[call.name]()} if call.body else {}
    answer = await ask(world, token, call.method, path_of(call, "own"), **more)
    assert (answer.status, (await answer.json())["reason"]) == (403, "person")


async def test_a_program_in_a_hurry_is_told_to_wait(world: World) -> None:
    token = (await make(await world.log_in("mia"), "read"))["token"]
    statuses = [(await ask(world, token, "GET", "/session/state")).status for _ in range(2)]
    assert statuses == [200, 200], "an open call asks nobody"
    statuses = [(await ask(world, token, "GET", "/session")).status for _ in range(602)]
    assert statuses == [200] * 600 + [429] * 2
    world.clock.set(world.clock.now() + 60_000)
    assert (await ask(world, token, "GET", "/session")).status == 200


async def test_the_same_call_makes_one_token_and_says_that_it_was_told(world: World) -> None:
    mia = await world.log_in("mia")
    key, body = {"Idempotency-Key": "once"}, {"name": "Nightly", "reach": "read", "days": 0}
    first, second = [await mia.ask("POST", "/tokens", json=body, headers=key) for _ in range(2)]
    assert (first.status, second.status) == (201, 409)
    assert "told once" in (await second.json())["detail"]
    assert len(await mia.get("/tokens")) == 1
