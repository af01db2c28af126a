"""Roles of a workspace's own over the API: the matrix of calls under them, and who may make, give and end them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from inbox.api.call import Call
from inbox.core.agent import Role
from inbox.core.ids import AgentId
from inbox.core.permissions import ROLES as BUILTIN
from inbox.records import AGENTS, ROLES
from tests.api.requests import BODIES
from tests.api.test_access import CLOSED, FOREIGN, GATED, ask, name
from tests.api.world import Browser, World

AGENT = sorted(BUILTIN[Role.AGENT].actions - {"read"})
ADMIN = sorted(BUILTIN[Role.ADMIN].actions - {"read"})
NO_QUESTION = {"mark_read", "delete_draft", "answer_offer"}
"""Own marks and answers to offers: reading is enough."""


async def a_role(ada: Browser, permissions: Sequence[str], sight: str = "teams", title: str = "Helpers") -> str:
    answer = await ada.ask("POST", "/roles", json={"version": 0, "name": title, "permissions": list(permissions), "sight": sight})
    assert answer.status == 201, await answer.text()
    return str((await answer.json())["id"])


async def give(browser: Browser, who: str, role: str) -> Any:
    accounts = {row["id"]: row for row in await browser.get("/accounts")}
    return await browser.ask("PATCH", f"/accounts/{who}", json={"version": accounts[who]["version"], "role": role})


async def as_role(world: World, permissions: Sequence[str], sight: str = "teams", who: str = "mia") -> Browser:
    """Logged in, with a role of the workspace's own."""
    ada = await world.log_in("ada")
    answer = await give(ada, who, await a_role(ada, permissions, sight, f"Helper {who}"))
    assert answer.status == 200, await answer.text()
    return await world.log_in(who)


@pytest.mark.parametrize("call", GATED, ids=name)
async def test_a_role_with_an_agents_permissions_reaches_what_an_agent_reaches(world: World, call: Call) -> None:
    mia = await as_role(world, AGENT)
    own, foreign, absent = [await ask(mia, call, side) for side in ("own", "foreign", "absent")]
    assert own.status not in (401, 403, 404), await own.text()
    assert (foreign.status, absent.status) == (404, 404)
    assert await foreign.read() == await absent.read()


async def test_a_role_that_only_reads_changes_nothing(world: World) -> None:
    mia = await as_role(world, [])
    for call in GATED:
        answer = await ask(mia, call, "own")
        if (call.method == "GET" and call.name != "message_raw") or call.name in NO_QUESTION:
            assert answer.status in (200, 204, 409), await answer.text()
        else:
            assert (answer.status, (await answer.json())["reason"]) == (403, "role"), call.name


async def test_no_answer_names_what_a_role_does_not_see(world: World) -> None:
    mia = await as_role(world, AGENT, sight="own")
    for call in CLOSED:
        if call.method == "GET":
            text = (await (await ask(mia, call, "own")).read()).decode("latin-1")
            assert not [word for word in FOREIGN if word in text], call.name


async def test_the_built_in_roles_stand_in_front_as_examples(world: World) -> None:
    ada = await world.log_in("ada")
    id = await a_role(ada, ["reply", "read", "reply"], title="Night shift")
    rows = await ada.get("/roles")
    assert [(row["id"], row["builtin"]) for row in rows] == [("agent", True), ("supervisor", True), ("admin", True), (id, False)]
    assert rows[3]["permissions"] == ["reply"]
    assert set(rows[0]["permissions"]) < set(rows[1]["permissions"]) < set(rows[2]["permissions"])
    assert await (await world.log_in("mia")).get("/roles") == []
    for id in ("agent", "admin"):
        assert (await ada.ask("DELETE", f"/roles/{id}")).status == 404


async def test_permissions_come_and_go_while_somebody_is_logged_in(world: World) -> None:
    ada, mia = await world.log_in("ada"), await as_role(world, ["note"])
    me = await mia.get("/session")
    note = {"kind": "note", "text": "Psst", "client_id": "n1"}
    assert me["permissions"] == ["read", "note"]
    assert (await mia.ask("POST", "/conversations/c-own/messages", json=note)).status == 201
    body = {"version": 1, "name": "Helpers", "permissions": [], "sight": "teams"}
    assert (await ada.ask("PUT", f"/roles/{me['role']}", json=body)).status == 200
    refused = await mia.ask("POST", "/conversations/c-own/messages", json=note | {"client_id": "n2"})
    assert (refused.status, (await refused.json())["reason"]) == (403, "role")
    assert (await mia.ask("GET", "/conversations/c-own")).status == 200


@pytest.mark.parametrize(
    ("permissions", "sight"),
    [([*ADMIN], "all"), (["manage_security", "manage_agents"], "all")],
    ids=["as much as an admin", "one more"],
)
async def test_nobody_makes_gives_or_takes_what_he_does_not_have(world: World, permissions: Sequence[str], sight: str) -> None:
    ada = await world.log_in("ada")
    more = await a_role(ada, permissions, sight, "More")
    mia = await as_role(world, ["manage_agents", "reply"], "all")
    for answer in (
        await mia.ask("POST", "/roles", json={"version": 0, "name": "X", "permissions": list(permissions), "sight": sight}),
        await mia.ask("PUT", f"/roles/{more}", json={"version": 1, "name": "X", "permissions": [], "sight": "own"}),
        await mia.ask("DELETE", f"/roles/{more}"),
        await mia.ask("POST", f"/roles/{more}/replace", json={"instead": "agent"}),
        await give(mia, "ben", more),
        await give(mia, "mia", "admin"),
        await give(mia, "ada", "agent"),
        await mia.ask("POST", "/accounts", json=BODIES["create_account"]() | {"role": "admin"}),
        await mia.ask("POST", "/accounts/ada/link"),
        await mia.ask("DELETE", "/accounts/ada/factor"),
    ):
        assert (answer.status, (await answer.json())["reason"]) == (403, "more_than_own"), answer.url
    assert (await ada.get("/session"))["role"] == "admin"
    assert world.memory.tables.of(AGENTS)[AgentId("ben")].custom_role == ""


async def test_who_manages_people_gives_what_he_has(world: World) -> None:
    ada = await world.log_in("ada")
    less = await a_role(ada, ["reply"], "own", "Less")
    mia = await as_role(world, ["manage_agents", "reply"], "all")
    assert (await give(mia, "ben", less)).status == 403, "Ben is an agent, who may more than Mia"
    assert (await give(ada, "ben", less)).status == 200
    assert (await mia.ask("POST", "/accounts/ben/link")).status == 201
    made = await mia.ask("POST", "/accounts", json=BODIES["create_account"]() | {"role": less})
    assert (await made.json())["account"]["role"] == less


@pytest.mark.parametrize("role", ["nowhere", "bot", ""])
async def test_only_roles_that_are_there_are_given(world: World, role: str) -> None:
    ada = await world.log_in("ada")
    answers = [await give(ada, "mia", role), await ada.ask("POST", "/accounts", json=BODIES["create_account"]() | {"role": role})]
    assert [(a.status, (await a.json())["field"]) for a in answers] == [(422, "role")] * 2


async def test_a_role_in_use_goes_only_when_its_people_get_another(world: World) -> None:
    ada = await world.log_in("ada")
    first, second = await a_role(ada, ["reply"], title="First"), await a_role(ada, ["note"], title="Second")
    for who in ("mia", "ben"):
        assert (await give(ada, who, first)).status == 200
    refused = await ada.ask("DELETE", f"/roles/{first}")
    assert refused.status == 409
    assert "2 people" in (await refused.json())["detail"]
    for wrong in ("nowhere", first):
        assert (await ada.ask("POST", f"/roles/{first}/replace", json={"instead": wrong})).status == 422
    assert (await ada.ask("POST", f"/roles/{first}/replace", json={"instead": second})).status == 204
    agents = world.memory.tables.of(AGENTS)
    assert [agents[AgentId(who)].custom_role for who in ("mia", "ben")] == [second, second]
    assert list(world.memory.tables.of(ROLES)) == [second]
    assert (await ada.ask("POST", f"/roles/{second}/replace", json={"instead": "agent"})).status == 204
    assert [agents[AgentId(who)].custom_role for who in ("mia", "ben")] == ["", ""]
    assert (await ada.ask("POST", f"/roles/{second}/replace", json={"instead": "agent"})).status == 404
    third = await a_role(ada, ["reply"], title="Third")
    assert (await ada.ask("DELETE", f"/roles/{third}")).status == 204


async def test_the_last_admin_stays_one(world: World) -> None:
    ada = await world.log_in("ada")
    role = await a_role(ada, ADMIN, "all", "Nearly")
    assert (await give(ada, "ada", role)).status == 409
    assert (await give(ada, "sue", "admin")).status == 200
    assert (await give(ada, "ada", role)).status == 200
    assert (await give(ada, "sue", role)).status == 409, "whoever does it"


async def test_no_two_roles_have_one_name(world: World) -> None:
    ada = await world.log_in("ada")
    await a_role(ada, ["reply"])
    for same in ("helpers", "Agent"):
        answer = await ada.ask("POST", "/roles", json={"version": 0, "name": same, "permissions": ["note"], "sight": "own"})
        assert (answer.status, (await answer.json())["reason"]) == (409, "taken"), "one would be given for the other"


async def test_tokens_reach_as_far_as_the_role(world: World) -> None:
    wanted = {"name": "Script", "reach": "admin", "days": 1}
    mia = await as_role(world, ["reply", "note"])
    refused = await mia.ask("POST", "/tokens", json=wanted)
    assert (refused.status, (await refused.json())["field"]) == (422, "reach")
    ben = await as_role(world, ["manage_queues"], "all", "ben")
    assert (await ben.ask("POST", "/tokens", json=wanted)).status == 201
