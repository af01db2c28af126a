"""Accounts and teams as an admin makes, changes and ends them."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.api.resets import INVITED_MS
from inbox.core.events import EventType
from inbox.core.ids import AgentId
from inbox.records import AGENTS, CONVERSATIONS
from tests.api.requests import BODIES
from tests.api.world import PASSWORD, Browser, World

NEW: dict[str, Any] = BODIES["create_account"]()
CALLS = [
    ("GET", "/accounts", None),
    ("POST", "/accounts", NEW),
    ("PATCH", "/accounts/mia", {"version": 1, "role": "admin"}),
    ("POST", "/accounts/mia/link", None),
    ("DELETE", "/accounts/mia/invitation", None),
    ("POST", "/teams", {"name": "Returns"}),
    ("PATCH", "/teams/sales", {"name": "S"}),
    ("DELETE", "/teams/sales", None),
]


async def made(ada: Browser, **changes: Any) -> dict[str, Any]:
    """The answer to a new account."""
    answer = await ada.ask("POST", "/accounts", json={**NEW, **changes})
    assert answer.status == 201, await answer.text()
    found: dict[str, Any] = await answer.json()
    return found


async def accounts(ada: Browser) -> dict[str, dict[str, Any]]:
    return {row["email"]: row for row in await ada.get("/accounts")}


async def set_password(world: World, link: str, password: str) -> int:
    """Use a link as its owner does."""
    token = link.rpartition("/")[2]
    return (await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": password})).status


def told(world: World) -> list[tuple[EventType, str | None]]:
    return [(event.type, event.agent) for event in world.memory.tables.events.values()]


@pytest.mark.parametrize("who", ["sue", "mia"])
@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_only_admins_manage_people_and_teams(world: World, who: str, method: str, path: str, body: Any) -> None:
    before = dict(world.memory.tables.of(AGENTS))
    answer = await (await world.log_in(who)).ask(method, path, json=body)
    assert (answer.status, (await answer.json())["reason"]) == (403, "role")
    assert world.memory.tables.of(AGENTS) == before
    assert world.mails == []


async def test_a_new_account_gets_in_by_its_link_once(world: World) -> None:
    ada = await world.log_in("ada")
    invitation = await made(ada)
    account = invitation["account"]
    assert (account["email"], account["role"], account["teams"], account["capacity"]) == ("new@example.com", "agent", ["support"], 5)
    assert invitation["mailed"]
    assert [(agent.email, link) for agent, link in world.mails] == [("new@example.com", invitation["link"])]
    assert (EventType.AGENT_CHANGED, account["id"]) in told(world)
    login = {"email": "new@example.com", "password": "my own long password"}
    assert (await world.anonymous().ask("POST", "/session", json=login)).status == 401
    assert await set_password(world, invitation["link"], "my own long password") == 204
    assert await set_password(world, invitation["link"], "a thiefs long password") == 404
    new = await world.log_in("new", "my own long password")
    assert (await new.get("/session"))["teams"] == ["support"]


async def test_a_link_comes_back_where_no_mail_can_go(world: World) -> None:
    world.mail_fails = True
    invitation = await made(await world.log_in("ada"))
    assert not invitation["mailed"]
    assert await set_password(world, invitation["link"], "my own long password") == 204


async def test_the_same_request_makes_one_link(world: World) -> None:
    ada, path = await world.log_in("ada"), "/accounts/mia/link"
    headers = {"Idempotency-Key": "k1"}
    first, again = [await (await ada.ask("POST", path, headers=headers)).json() for _ in range(2)]
    assert first == again
    assert [link for _, link in world.mails] == [first["link"]]
    for other in ("/accounts/ben/link", "/accounts/off/link"):
        answer = await ada.ask("POST", other, headers=headers)
        assert (answer.status, (await answer.json())["code"]) == (422, "idempotency_mismatch")
    another = await (await ada.ask("POST", path, headers={"Idempotency-Key": "k2"})).json()
    unnamed = await (await ada.ask("POST", path)).json()
    assert len({first["link"], another["link"], unnamed["link"]}) == len(world.mails) == 3
    assert await (await ada.ask("POST", path, headers=headers)).json() == first
    assert await set_password(world, unnamed["link"], "my own long password") == 204, "the repetition did not void it"
    used = await ada.ask("POST", "/accounts", json=NEW, headers=headers)
    assert (used.status, (await used.json())["code"]) == (422, "idempotency_mismatch")


async def test_where_no_mail_went_a_repetition_sends_none_either(world: World) -> None:
    world.mail_fails = True
    ada, headers = await world.log_in("ada"), {"Idempotency-Key": "k1"}
    first = await (await ada.ask("POST", "/accounts", json=NEW, headers=headers)).json()
    world.mail_fails = False
    assert await (await ada.ask("POST", "/accounts", json=NEW, headers=headers)).json() == first
    assert (first["mailed"], world.mails) == (False, [])


async def test_the_same_request_makes_one_account(world: World) -> None:
    ada = await world.log_in("ada")
    headers = {"Idempotency-Key": "k1"}
    first, second = [await (await ada.ask("POST", "/accounts", json=NEW, headers=headers)).json() for _ in range(2)]
    assert first == second
    assert len(world.mails) == 1
    assert await set_password(world, first["link"], "my own long password") == 204
    third = await (await ada.ask("POST", "/accounts", json=NEW, headers=headers)).json()
    assert {**third, "account": first["account"]} == first
    assert (first["account"]["invited"], third["account"]["invited"]) == (True, False)
    assert await set_password(world, third["link"], "a thiefs long password") == 404, "telling a link again does not renew it"
    assert len(world.mails) == 1
    other = await ada.ask("POST", "/accounts", json={**NEW, "name": "Other"}, headers=headers)
    assert (other.status, (await other.json())["code"]) == (422, "idempotency_mismatch")
    assert len(world.memory.tables.of(AGENTS)) == 7


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"email": "Mia@Example.com"}, 409, "an account with this address"),
        ({"email": "no address"}, 422, "email"),
        ({"email": "a\n@b.c"}, 422, "email"),
        ({"name": "  "}, 422, "name"),
        ({"teams": ["nowhere"]}, 422, "teams"),
        ({"role": "bot"}, 422, "role"),
        ({"capacity": -1}, 422, "capacity"),
        ({"id": "mia"}, 422, "id"),
    ],
)
async def test_an_account_that_makes_no_sense_is_not_made(world: World, changes: Any, status: int, said: str) -> None:
    answer = await (await world.log_in("ada")).ask("POST", "/accounts", json={**NEW, **changes})
    assert answer.status == status
    assert said in await answer.text()
    assert len(world.memory.tables.of(AGENTS)) == 6
    assert world.mails == []


async def test_who_has_not_followed_an_invitation_is_told_from_colleagues(world: World) -> None:
    ada = await world.log_in("ada")
    invitation = await made(ada)
    everybody = await accounts(ada)
    assert [email for email, row in everybody.items() if row["invited"]] == ["new@example.com"]
    assert everybody["new@example.com"]["link_until"] == invitation["expires_at"]
    await world.clock.advance(INVITED_MS)
    assert (await accounts(ada))["new@example.com"]["link_until"] == 0
    again = await (await ada.ask("POST", f"/accounts/{invitation['account']['id']}/link")).json()
    assert (await accounts(ada))["new@example.com"]["link_until"] == again["expires_at"]
    assert await set_password(world, again["link"], "my own long password") == 204
    row = (await accounts(ada))["new@example.com"]
    assert (row["invited"], row["link_until"]) == (False, 0)


async def test_a_withdrawn_invitation_lets_nobody_in_and_can_be_made_again(world: World) -> None:
    ada = await world.log_in("ada")
    first = await made(ada)
    path = f"/accounts/{first['account']['id']}/invitation"
    assert (await ada.ask("DELETE", path)).status == 204
    row = (await accounts(ada))["new@example.com"]
    assert (row["active"], row["invited"], row["link_until"]) == (False, True, 0)
    assert await set_password(world, first["link"], "my own long password") == 404
    assert (await ada.ask("DELETE", path)).status == 204, "again is harmless"
    again = await made(ada, name="Nora", role="supervisor", teams=[])
    account = again["account"]
    assert (account["id"], account["active"], account["name"]) == (first["account"]["id"], True, "Nora")
    assert (account["role"], account["teams"]) == ("supervisor", [])
    assert await set_password(world, first["link"], "my own long password") == 404
    assert await set_password(world, again["link"], "my own long password") == 204
    answer = await ada.ask("DELETE", path)
    assert (answer.status, (await answer.json())["reason"]) == (409, "accepted")
    assert (await accounts(ada))["new@example.com"]["active"]


async def test_who_lost_his_link_is_invited_by_his_address_again(world: World) -> None:
    ada = await world.log_in("ada")
    account = (await made(ada))["account"]
    await world.memory.accounts.end_resets(AgentId(account["id"]))
    again = await made(ada, name="Nora")
    assert (again["account"]["id"], again["account"]["name"]) == (account["id"], "Nora")
    assert await set_password(world, again["link"], "my own long password") == 204


async def test_who_got_in_while_his_invitation_was_withdrawn_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await world.log_in("ada")
    first = await made(ada)
    end_resets = world.memory.accounts.end_resets

    async def in_the_last_moment(agent: AgentId) -> None:
        assert await set_password(world, first["link"], "my own long password") == 204
        await end_resets(agent)

    monkeypatch.setattr(world.memory.accounts, "end_resets", in_the_last_moment)
    answer = await ada.ask("DELETE", f"/accounts/{first['account']['id']}/invitation")
    assert (answer.status, (await answer.json())["reason"]) == (409, "accepted")
    assert (await accounts(ada))["new@example.com"]["active"]


async def test_the_same_request_invites_again_once(world: World) -> None:
    ada, headers = await world.log_in("ada"), {"Idempotency-Key": "again"}
    first = await made(ada)
    await ada.ask("DELETE", f"/accounts/{first['account']['id']}/invitation")
    answers = [await (await ada.ask("POST", "/accounts", json=NEW, headers=headers)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(world.mails) == 2
    taken = await ada.ask("POST", "/accounts", json=NEW)
    assert (taken.status, (await taken.json())["reason"]) == (409, "account_taken")


async def test_a_colleague_who_is_switched_off_is_no_invitation_to_take_up(world: World) -> None:
    ada = await world.log_in("ada")
    answer = await ada.ask("POST", "/accounts", json={**NEW, "email": "off@example.com"})
    assert (answer.status, (await answer.json())["reason"]) == (409, "account_taken")


async def test_who_is_switched_off_cannot_use_a_link_he_has(world: World) -> None:
    ada = await world.log_in("ada")
    link = (await (await ada.ask("POST", "/accounts/mia/link")).json())["link"]
    version = (await accounts(ada))["mia@example.com"]["version"]
    assert (await ada.ask("PATCH", "/accounts/mia", json={"version": version, "active": False})).status == 200
    assert await set_password(world, link, "my own long password") == 404


async def test_an_account_is_changed_at_the_version_that_was_seen(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    before = (await accounts(ada))["mia@example.com"]
    change = {"version": before["version"], "role": "supervisor", "teams": ["sales"], "capacity": 3, "name": "Mia M."}
    answer = await ada.ask("PATCH", "/accounts/mia", json=change)
    assert (answer.status, (await answer.json())["role"]) == (200, "supervisor")
    assert (await mia.get("/session"))["role"] == "supervisor"
    assert (await ada.ask("PATCH", "/accounts/mia", json=change)).status == 409
    assert world.live.ended == [], "another role ends no login"


async def test_who_is_switched_off_is_out_at_once_and_stays_out(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    answer = await ada.ask("PATCH", "/accounts/mia", json={"version": 1, "active": False})
    assert (answer.status, (await answer.json())["active"]) == (200, False)
    assert (await mia.ask("GET", "/session")).status == 401
    assert len(world.live.ended) == 1
    assert (await world.anonymous().ask("POST", "/session", json={"email": "mia@example.com", "password": PASSWORD})).status == 401
    assert (await ada.ask("POST", "/accounts/mia/link")).status == 409
    assert "mia@example.com" in await accounts(ada)

    on = await ada.ask("PATCH", "/accounts/mia", json={"version": 2, "active": True})
    assert (await on.json())["active"] is True
    assert (await mia.ask("GET", "/session")).status == 401, "the old login stays ended"
    await world.log_in("mia")


@pytest.mark.parametrize("change", [{"active": False}, {"role": "agent"}])
async def test_the_last_admin_stays(world: World, change: Any) -> None:
    ada = await world.log_in("ada")
    answer = await ada.ask("PATCH", "/accounts/ada", json={"version": 1, **change})
    assert (answer.status, "last admin" in await answer.text()) == (409, True)
    assert (await ada.ask("PATCH", "/accounts/sue", json={"version": 1, "role": "admin"})).status == 200
    assert (await ada.ask("PATCH", "/accounts/ada", json={"version": 1, **change})).status == 200
    assert world.memory.tables.of(AGENTS)["sue"].version == 3, "of two who do so at once, one is refused"


async def test_bots_are_no_accounts_of_people(world: World) -> None:
    ada = await world.log_in("ada")
    assert "bot@example.com" not in await accounts(ada)
    assert (await ada.ask("PATCH", "/accounts/bot", json={"version": 1, "role": "admin"})).status == 404
    assert (await ada.ask("POST", "/accounts/bot/link")).status == 404


async def test_teams_come_change_their_names_and_go(world: World) -> None:
    ada = await world.log_in("ada")
    headers = {"Idempotency-Key": "t1"}
    answers = [await ada.ask("POST", "/teams", json={"name": "Rücksendungen & Co"}, headers=headers) for _ in range(2)]
    assert [(a.status, (await a.json())["id"]) for a in answers] == [(201, "rucksendungen-co")] * 2
    assert (await ada.ask("POST", "/teams", json={"name": "Other", "slug": "rucksendungen-co"})).status == 409
    assert (await ada.ask("PATCH", "/teams/rucksendungen-co", json={"name": "Returns"})).status == 200
    assert {"id": "rucksendungen-co", "name": "Returns"} in (await ada.get("/bootstrap"))["teams"]
    assert (await ada.ask("PATCH", "/accounts/mia", json={"version": 1, "teams": ["support", "rucksendungen-co"]})).status == 200
    assert (await ada.ask("DELETE", "/teams/rucksendungen-co")).status == 204
    assert (await accounts(ada))["mia@example.com"]["teams"] == ["support"]
    assert [team["id"] for team in (await ada.get("/bootstrap"))["teams"]] == ["sales", "support"]
    assert (await ada.ask("DELETE", "/teams/rucksendungen-co")).status == 404
    assert (await ada.ask("PATCH", "/teams/rucksendungen-co", json={"name": "R"})).status == 404


@pytest.mark.parametrize(("team", "said"), [("support", "The channel"), ("sales", "1 conversations of this team are not resolved")])
async def test_a_team_that_something_is_given_to_stays(world: World, team: str, said: str) -> None:
    ada = await world.log_in("ada")
    answer = await ada.ask("DELETE", f"/teams/{team}")
    assert (answer.status, said in await answer.text()) == (409, True)
    assert team in {row["id"] for row in (await ada.get("/bootstrap"))["teams"]}


async def test_two_teams_of_one_name_are_refused(world: World) -> None:
    ada = await world.log_in("ada")
    await ada.ask("POST", "/teams", json={"name": "Returns"})
    for method, path, body in (
        ("POST", "/teams", {"name": " reTurns ", "slug": "other"}),
        ("PATCH", "/teams/sales", {"name": "RETURNS"}),
    ):
        answer = await ada.ask(method, path, json=body)
        told = await answer.json()
        assert (answer.status, told["reason"], told["by"]) == (409, "taken", "Returns")
    assert (await ada.ask("PATCH", "/teams/returns", json={"name": "returns"})).status == 200, "its own"


async def test_a_team_that_serves_a_queue_stays(world: World) -> None:
    ada = await world.log_in("ada")
    await ada.ask("POST", "/teams", json={"name": "Returns"})
    queue = {**BODIES["create_queue"](), "name": "Refunds", "teams": ["returns"]}
    made = await ada.ask("POST", "/queues", json=queue, headers={"Idempotency-Key": "q"})
    assert made.status == 201, await made.text()
    answer = await ada.ask("DELETE", "/teams/returns")
    told = await answer.json()
    assert (answer.status, told["code"], told["reason"], told["by"]) == (409, "prevented", "in_use", "Refunds"), (
        "no change of somebody else"
    )
    assert "The queue 'Refunds'" in told["detail"]
    assert (await ada.ask("DELETE", f"/queues/{(await made.json())['id']}")).status == 204
    assert (await ada.ask("DELETE", "/teams/returns")).status == 204


async def test_what_a_deleted_team_resolved_is_seen_by_supervisors_only(world: World) -> None:
    ada, ben = await world.log_in("ada"), await world.log_in("ben")
    assert (await ada.ask("PATCH", "/conversations/c-foreign", json={"status": "resolved"})).status == 200
    assert (await ada.ask("DELETE", "/teams/sales")).status == 204
    assert world.memory.tables.of(CONVERSATIONS)["c-foreign"].team == "sales"
    mia = await world.log_in("mia")
    assert (await mia.ask("GET", "/conversations/c-foreign")).status == 404
    assert (await ben.ask("GET", "/conversations/c-foreign")).status == 200, "it was his"
    assert (await ada.ask("GET", "/conversations/c-foreign")).status == 200


async def test_everything_is_on_record(world: World) -> None:
    ada = await world.log_in("ada")
    account = (await made(ada))["account"]
    await ada.ask("PATCH", f"/accounts/{account['id']}", json={"version": account["version"], "active": False})
    await ada.ask("DELETE", f"/accounts/{account['id']}/invitation")
    await ada.ask("POST", "/teams", json={"name": "Returns"})
    audited = [(line.actor, line.action, line.target) for line in await world.store.accounts.audited(None, 10)]
    assert set(audited) >= {
        (AgentId("ada"), "agent_created", account["id"]),
        (AgentId("ada"), "link_made", account["id"]),
        (AgentId("ada"), "agent_changed", account["id"]),
        (AgentId("ada"), "invitation_withdrawn", account["id"]),
        (AgentId("ada"), "team_created", "returns"),
    }


async def test_supervisors_let_agents_take_work_or_not(world: World) -> None:
    sue, mia = await world.log_in("sue"), await world.log_in("mia")
    away = {"availability": "away"}
    assert (await mia.ask("PUT", "/agents/sue/availability", json=away)).status == 403
    answer = await sue.ask("PUT", "/agents/mia/availability", json=away)
    told_of = await answer.json()
    assert (answer.status, told_of["id"], told_of["state"]) == (200, "mia", "offline")
    assert (await mia.get("/session"))["availability"] == "away"
    world.live.online[AgentId("mia")] = "online"
    for state in ("busy", "online", "away"):
        answer = await sue.ask("PUT", "/agents/mia/availability", json={"availability": state})
        assert (await answer.json())["state"] == state
    assert (EventType.AGENT_CHANGED, "mia") in told(world)
    assert (await sue.ask("PUT", "/agents/nobody/availability", json=away)).status == 404


async def test_a_break_has_a_reason_of_the_list_that_colleagues_see(world: World) -> None:
    ada, mia = await world.log_in("ada"), await world.log_in("mia")
    assert (await mia.ask("POST", "/break-reasons", json={"name": "Lunch"})).status == 403
    lunch = await (await ada.ask("POST", "/break-reasons", json={"name": "Lunch"})).json()
    wrong = await mia.ask("PATCH", "/me", json={"availability": "break", "break_reason": "nap"})
    assert wrong.status == 422
    me = await (await mia.ask("PATCH", "/me", json={"availability": "break", "break_reason": lunch["id"]})).json()
    assert (me["availability"], me["break_reason"]) == ("break", lunch["id"])
    world.live.online[AgentId("mia")] = "break"
    rows = {row["id"]: row for row in await ada.get("/agents")}
    assert (rows["mia"]["state"], rows["mia"]["break_reason"]) == ("break", lunch["id"])
    assert (await ada.ask("DELETE", f"/break-reasons/{lunch['id']}")).status == 204
    me = await (await mia.ask("PATCH", "/me", json={"signature": "M."})).json()
    assert me["availability"] == "break"  # what was chosen stays when the list changes
    me = await (await mia.ask("PATCH", "/me", json={"availability": "busy"})).json()
    assert (me["availability"], me["break_reason"]) == ("busy", "")
