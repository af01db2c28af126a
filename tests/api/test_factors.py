"""A second factor at the login: set up, asked for, used up, lost, and asked of everybody."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace
from pyotp import TOTP

from inbox.core.ids import AgentId
from inbox.core.security import STEP_MS
from tests.api.world import PASSWORD, Browser, World

MIAS = AgentId("mia")
MIA = {"email": "mia@example.com", "password": PASSWORD}


def code(world: World, secret: str, off: int = 0) -> str:
    """What an authenticator shows, so many steps off."""
    return TOTP(secret).generate_otp(world.clock.now() // STEP_MS + off)


async def set_up(world: World, browser: Browser) -> dict[str, Any]:
    """What was shown; the present step is used, so the clock goes on."""
    answer = await browser.ask("POST", "/me/factor", json={"password": PASSWORD})
    assert answer.status == 200, await answer.text()
    shown: dict[str, Any] = await answer.json()
    confirmed = await browser.ask("PUT", "/me/factor", json={"code": code(world, shown["secret"])})
    assert confirmed.status == 204, await confirmed.text()
    world.clock.set(world.clock.now() + STEP_MS)
    return shown


async def log_in(world: World, **more: str) -> tuple[int, str]:
    """Status and code of a login as Mia."""
    answer = await world.anonymous().ask("POST", "/session", json={**MIA, **more})
    return answer.status, (await answer.json()).get("code", "")


async def audited(world: World) -> Counter[str]:
    """What was written down."""
    return Counter(line.action for line in await world.store.accounts.audited(None, 100))


async def test_a_factor_is_asked_for_once_it_is_confirmed(world: World) -> None:
    mia, other = await world.log_in("mia"), await world.log_in("mia")
    shown = (await (await mia.ask("POST", "/me/factor", json={"password": PASSWORD})).json())["secret"]
    assert (await log_in(world))[0] == 200, "what was only begun locks nobody out"
    wrong = await mia.ask("PUT", "/me/factor", json={"code": "000000"})
    assert (wrong.status, (await wrong.json())["field"]) == (422, "code")
    assert (await mia.ask("PUT", "/me/factor", json={"code": code(world, shown)})).status == 204
    assert await mia.get("/me/factor") == {"since": world.clock.now(), "recovery": 10, "required": False}
    assert (await other.ask("GET", "/session")).status == 401, "opened by the password alone"
    assert await log_in(world) == (401, "code_needed")
    assert await log_in(world, password="wrong") == (401, "unauthenticated")
    assert await log_in(world, code="000000") == (401, "code_wrong")
    world.clock.set(world.clock.now() + STEP_MS)
    assert (await log_in(world, code=code(world, shown)))[0] == 200
    assert await audited(world) == {"logged_in": 4, "factor_set": 1, "login_failed": 1, "code_wrong": 1}


async def test_what_is_shown_can_be_scanned_and_typed_and_is_not_stored_in_the_clear(world: World) -> None:
    mia = await world.log_in("mia")
    shown = await set_up(world, mia)
    assert shown["uri"].startswith("otpauth://totp/")
    assert shown["secret"] in shown["uri"]
    assert shown["picture"].startswith("data:image/svg+xml")
    assert len(set(shown["recovery"])) == 10
    stored = await world.store.accounts.factor("mia")
    assert stored.secret != shown["secret"]
    assert not set(stored.recovery) & set(shown["recovery"])


async def test_a_code_works_once_even_at_the_same_moment(world: World) -> None:
    shown = await set_up(world, await world.log_in("mia"))
    typed = code(world, shown["secret"])
    statuses = await asyncio.gather(*(log_in(world, code=typed) for _ in range(4)))
    assert sorted(status for status, _ in statuses) == [200, 401, 401, 401]
    assert await log_in(world, code=code(world, shown["secret"], -1)) == (401, "code_wrong"), "nor one before it"
    assert (await log_in(world, code=code(world, shown["secret"], 1)))[0] == 200, "a clock may be a step ahead"


async def test_a_recovery_code_works_once(world: World) -> None:
    mia = await world.log_in("mia")
    shown = await set_up(world, mia)
    typed = shown["recovery"][3].upper().replace("-", " ")
    assert (await log_in(world, code=typed))[0] == 200
    assert await log_in(world, code=typed) == (401, "code_wrong")
    assert (await mia.get("/me/factor"))["recovery"] == 9
    answer = await mia.ask("POST", "/me/factor/recovery", json={"password": PASSWORD, "code": shown["recovery"][4]})
    fresh = (await answer.json())["recovery"]
    assert await log_in(world, code=shown["recovery"][5]) == (401, "code_wrong"), "earlier ones are void"
    assert (await log_in(world, code=fresh[0]))[0] == 200


async def test_guessing_codes_is_stopped_also_for_who_knows_the_password(world: World) -> None:
    shown = await set_up(world, await world.log_in("mia"))
    assert [(await log_in(world, code="000000"))[0] for _ in range(7)] == [401] * 5 + [429] * 2
    assert (await log_in(world, code=code(world, shown["secret"])))[0] == 429
    world.clock.set(world.clock.now() + 15 * 60 * 1000)
    assert (await log_in(world, code=code(world, shown["secret"])))[0] == 200


async def test_guessing_goes_on_for_no_more_than_thirty_codes_a_day(world: World) -> None:
    shown = await set_up(world, await world.log_in("mia"))
    refused = 0
    for _ in range(12):
        refused += sum([(await log_in(world, code="000000"))[0] == 401 for _ in range(5)])
        world.clock.set(world.clock.now() + 15 * 60 * 1000)
    assert refused == 30
    assert (await log_in(world, code=code(world, shown["secret"])))[0] == 429


async def test_a_factor_is_taken_off_with_password_and_code(world: World) -> None:
    mia = await world.log_in("mia")
    shown = await set_up(world, mia)
    again = await mia.ask("POST", "/me/factor", json={"password": PASSWORD})
    assert again.status == 409, "one in force is not replaced by who finds an open screen"
    for body, field in (({"password": "no", "code": "x"}, "password"), ({"password": PASSWORD, "code": "000000"}, "code")):
        refused = await mia.ask("POST", "/me/factor/off", json=body)
        assert (refused.status, (await refused.json())["field"]) == (422, field)
    body = {"password": PASSWORD, "code": code(world, shown["secret"])}
    assert (await mia.ask("POST", "/me/factor/off", json=body)).status == 204
    assert (await log_in(world))[0] == 200
    assert (await mia.ask("POST", "/me/factor/off", json=body)).status == 409


async def test_an_admin_helps_who_lost_his(world: World) -> None:
    mia, ada, sue = await world.log_in("mia"), await world.log_in("ada"), await world.log_in("sue")
    await set_up(world, mia)
    assert (await sue.ask("DELETE", "/accounts/mia/factor")).status == 403
    assert (await ada.ask("DELETE", "/accounts/mia/factor")).status == 204
    assert (await ada.ask("DELETE", "/accounts/mia/factor")).status == 404
    assert (await mia.ask("GET", "/session")).status == 401
    assert (await log_in(world))[0] == 200
    line = next(line for line in await world.store.accounts.audited(None, 20) if line.action == "factor_reset")
    assert (line.actor, line.target) == ("ada", "mia")


async def test_a_factor_asked_of_everybody_is_set_up_at_the_next_login(world: World) -> None:
    mia, ada = await world.log_in("mia"), await world.log_in("ada")
    assert (await world.anonymous().ask("POST", "/session/factor", json=MIA)).status == 403, "nobody asks for one yet"
    rule = {"version": 0, "two_factor": True, "passwords": "all"}
    first = await ada.ask("PUT", "/security", json=rule)
    assert (first.status, (await first.json())["field"]) == (422, "two_factor"), "who asks for it has one"
    shown = await set_up(world, ada)
    assert (await mia.ask("PUT", "/security", json=rule)).status == 403
    assert (await ada.ask("PUT", "/security", json=rule)).status == 200
    assert (await ada.ask("PUT", "/security", json=rule)).status == 409, "somebody changed it since"
    assert (await ada.get("/security"))["two_factor"] is True

    assert (await mia.ask("GET", "/session")).status == 200, "logins go on"
    assert await log_in(world) == (401, "factor_needed")
    assert await log_in(world, code="123456") == (401, "factor_needed")
    assert (await world.anonymous().ask("POST", "/session/factor", json={**MIA, "password": "no"})).status == 401
    begun = await (await world.anonymous().ask("POST", "/session/factor", json=MIA)).json()
    assert await log_in(world) == (401, "factor_needed"), "begun is not set up"
    assert (await log_in(world, code=code(world, begun["secret"])))[0] == 200
    assert await log_in(world) == (401, "code_needed")
    again = await world.anonymous().ask("POST", "/session/factor", json=MIA)
    assert again.status == 403, "with the password alone nobody replaces it"
    body = {"password": PASSWORD, "code": code(world, shown["secret"])}
    refused = await ada.ask("POST", "/me/factor/off", json=body)
    assert (refused.status, (await refused.json())["reason"]) == (403, "factor_required")


async def test_a_forgotten_password_does_not_go_around_the_factor(world: World) -> None:
    await set_up(world, await world.log_in("mia"))
    await world.anonymous().ask("POST", "/password-resets", json={"email": "mia@example.com"})
    await world.parts.resets.settled()
    token = world.mails[-1][1].rpartition("/")[2]
    await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": "another horse battery"})
    assert await log_in(world, password="another horse battery") == (401, "code_needed")


async def test_codes_of_a_secret_whose_key_is_gone_fit_no_more_but_recovery_codes_do(world: World) -> None:
    shown = await set_up(world, await world.log_in("mia"))
    factor = world.memory.accounts.factors
    factor[MIAS] = replace(factor[MIAS], secret="sealed elsewhere")
    assert await log_in(world, code=code(world, shown["secret"])) == (401, "code_wrong")
    assert (await log_in(world, code=shown["recovery"][0]))[0] == 200


async def test_one_sees_and_ends_ones_own_logins(world: World) -> None:
    here = await world.log_in("mia")
    phone = Browser(world)
    await phone.ask("POST", "/session", json=MIA, headers={"User-Agent": "A phone"})
    rows = await here.get("/me/sessions")
    assert [(row["current"], row["browser"]) for row in rows][1:] == [(False, "A phone")]
    assert rows[0]["current"]
    assert rows[0]["created_at"] == rows[0]["seen_at"] == world.clock.now()
    ben = await world.log_in("ben")
    assert (await ben.ask("DELETE", f"/me/sessions/{rows[1]['id']}")).status == 404, "only his own"
    assert (await here.ask("DELETE", f"/me/sessions/{rows[1]['id']}")).status == 204
    assert (await phone.ask("GET", "/session")).status == 401
    assert len(world.live.ended) == 1
    assert world.live.ended[0].startswith(rows[1]["id"])


async def test_all_other_logins_end_at_once(world: World) -> None:
    here, there, ben = await world.log_in("mia"), await world.log_in("mia"), await world.log_in("ben")
    assert (await here.ask("DELETE", "/me/sessions")).status == 204
    assert [(await browser.ask("GET", "/session")).status for browser in (here, there, ben)] == [200, 401, 200]
    assert len(world.live.ended) == 1


@pytest.mark.parametrize("who", ["mia", "sue"])
async def test_how_accounts_are_protected_is_for_admins(world: World, who: str) -> None:
    browser, ada = await world.log_in(who), await world.log_in("ada")
    for path in ("/security", "/security/accounts"):
        assert (await browser.ask("GET", path)).status == 403
    rows = {row["id"]: row for row in await ada.get("/security/accounts")}
    assert set(rows) == {"ada", "sue", "mia", "ben", "off"}
    assert (rows[who]["sessions"], rows[who]["two_factor"]) == (1, 0)
