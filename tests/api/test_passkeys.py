"""Passkeys over HTTP: added, used to log in, removed, and everything that is refused on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from inbox.admission import AuditFilter, Passkey
from inbox.api.auth import PER_ACCOUNT
from inbox.api.handlers.passkeys import MOST_PASSKEYS
from inbox.api.passkeys import CHALLENGE_MS
from inbox.core.ids import AgentId
from inbox.core.passkeys import handle_of
from inbox.core.sso import Provider
from inbox.records import AGENTS
from tests.api.test_factors import MIA, audited, code, log_in, set_up
from tests.api.world import PASSWORD, Browser, World, a_world
from tests.authenticator import ORIGIN, Authenticator

PROVE = {"password": PASSWORD}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(public_url=ORIGIN) as here:
        yield here


async def begin(browser: Browser) -> dict[str, Any]:
    """What the browser needs to make one."""
    answer = await browser.ask("POST", "/me/passkeys/challenge", json=PROVE)
    assert answer.status == 200, await answer.text()
    setup: dict[str, Any] = await answer.json()
    return setup


async def add(browser: Browser, authenticator: Authenticator, name: str = "Phone") -> dict[str, Any]:
    """The row of a passkey that was made."""
    answer = await browser.ask("POST", "/me/passkeys", json={"name": name, **authenticator.make(await begin(browser))})
    assert answer.status == 200, await answer.text()
    row: dict[str, Any] = await answer.json()
    return row


async def challenge(world: World) -> str:
    """One for a login."""
    answer = await world.anonymous().ask("POST", "/session/passkey/challenge")
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["challenge"])


async def sign_in(world: World, authenticator: Authenticator, **changed: str) -> tuple[int, str]:
    """Status and code of a login by passkey."""
    body = {**authenticator.sign(await challenge(world)), **changed}
    return await give(world, body)


async def give(world: World, body: dict[str, str], headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and code of what was signed."""
    answer = await world.anonymous().ask("POST", "/session/passkey", json=body, headers=headers)
    told = await answer.json()
    return answer.status, told.get("reason") or told.get("code", "")


OUT = (401, "unauthenticated")


async def test_a_passkey_logs_in_without_password_and_code(world: World) -> None:
    mia, authenticator = await world.log_in("mia"), Authenticator()
    await set_up(world, mia)
    row = await add(mia, authenticator)
    assert (row["name"], row["used_at"]) == ("Phone", 0)
    world.clock.set(world.clock.now() + 1000)
    phone = world.anonymous()
    answer = await phone.ask("POST", "/session/passkey", json=authenticator.sign(await challenge(world)))
    assert (answer.status, (await answer.json())["id"]) == (200, "mia")
    phone.csrf = (await answer.json())["csrf"]
    assert (await phone.get("/session"))["id"] == "mia"
    assert await phone.get("/me/passkeys") == [{**row, "used_at": world.clock.now()}]
    lines = await world.store.accounts.audited(None, 10)
    assert [(line.action, line.data) for line in lines[:2]] == [("logged_in", {"how": "passkey"}), ("passkey_added", {"name": "Phone"})]


async def test_where_passkeys_can_be_used_is_told(world: World) -> None:
    assert await world.anonymous().get("/session/passkey") == {"origin": ORIGIN}
    async with a_world(public_url="http://inbox.example") as plain:
        assert await plain.anonymous().get("/session/passkey") == {"origin": ""}
        mia = await plain.log_in("mia")
        assert (await mia.ask("POST", "/me/passkeys/challenge", json=PROVE)).status == 403
        assert (await plain.anonymous().ask("POST", "/session/passkey/challenge")).status == 403
        assert await give(plain, Authenticator().sign("AAAA")) == OUT


async def test_a_challenge_is_good_once_and_for_five_minutes(world: World) -> None:
    mia, authenticator = await world.log_in("mia"), Authenticator(counts=False)
    await add(mia, authenticator)
    body = authenticator.sign(await challenge(world))
    statuses = await asyncio.gather(*(give(world, body) for _ in range(4)))
    assert sorted(status for status, _ in statuses) == [200, 401, 401, 401]
    asked = await challenge(world)
    world.clock.set(world.clock.now() + CHALLENGE_MS)
    assert await give(world, authenticator.sign(asked)) == OUT
    assert await give(world, authenticator.sign("AAAA")) == OUT, "one that was never given"
    setup = await begin(mia)
    assert await give(world, authenticator.sign(setup["challenge"])) == OUT, "one to make a passkey"
    assert await sign_in(world, authenticator) == (200, "")


async def test_making_one_takes_the_password_and_the_same_login(world: World) -> None:
    mia, other, authenticator = await world.log_in("mia"), await world.log_in("mia"), Authenticator()
    refused = await mia.ask("POST", "/me/passkeys/challenge", json={"password": "no"})
    assert (refused.status, (await refused.json())["field"]) == (422, "password")
    made = {"name": "Phone", **authenticator.make(await begin(mia))}
    assert (await other.ask("POST", "/me/passkeys", json=made)).status == 422, "of another login"
    assert (await mia.ask("POST", "/me/passkeys", json=made)).status == 200
    again = await mia.ask("POST", "/me/passkeys", json=made)
    assert (again.status, (await again.json())["field"]) == (422, "attestation")
    login = authenticator.make({**await begin(mia), "challenge": await challenge(world)})
    assert (await mia.ask("POST", "/me/passkeys", json={"name": "Phone", **login})).status == 422, "of a login by passkey"
    foreign = Authenticator(origin="https://evil.example").make(await begin(mia))
    assert (await mia.ask("POST", "/me/passkeys", json={"name": "Phone", **foreign})).status == 422
    setup = await begin(mia)
    assert setup["exclude"] == [authenticator.sign("AAAA")["id"]]
    assert setup["user_id"] == handle_of(AgentId("mia"))
    ben = await world.log_in("ben")
    taken = await ben.ask("POST", "/me/passkeys", json={"name": "Mine", **authenticator.make(await begin(ben))})
    assert taken.status == 409, "a passkey is one account's"


async def test_an_account_has_no_more_than_twenty(world: World) -> None:
    mia = await world.log_in("mia")
    for n in range(MOST_PASSKEYS):
        await world.store.accounts.add_passkey(Passkey(f"k{n}", AgentId("mia"), f"Key {n}", b"", 0, n))
    assert (await mia.ask("POST", "/me/passkeys/challenge", json=PROVE)).status == 409


async def test_what_is_wrong_is_refused_in_the_same_words_as_what_is_unknown(world: World) -> None:
    mia, ben = await world.log_in("mia"), await world.log_in("ben")
    mias, bens, unknown = Authenticator(), Authenticator(), Authenticator()
    await add(mia, mias)
    await add(ben, bens)
    answers = []
    for authenticator, changed in (
        (unknown, {"user_handle": mias.handle}),
        (mias, {"user_handle": bens.handle}),
        (mias, {"signature": bens.sign("AAAA")["signature"]}),
        (mias, {"id": bens.sign("AAAA")["id"]}),
        (bens, {"user_handle": mias.handle}),
    ):
        body = {**authenticator.sign(await challenge(world)), **changed}
        answer = await world.anonymous().ask("POST", "/session/passkey", json=body)
        answers.append((answer.status, await answer.read()))
    for copy in (Authenticator(origin="https://evil.example"), Authenticator(host="evil.example")):
        copy.handle, copy.credential, copy.key, copy.counter = mias.handle, mias.credential, mias.key, 50
        body = copy.sign(await challenge(world))
        answer = await world.anonymous().ask("POST", "/session/passkey", json=body)
        answers.append((answer.status, await answer.read()))
    assert {status for status, _ in answers} == {401}
    assert len({text for _, text in answers}) == 1
    assert (await audited(world))["passkey_failed"] == 7
    assert await sign_in(world, mias) == (200, "")


async def test_a_counter_that_goes_back_is_refused_and_written_down(world: World) -> None:
    mia, authenticator = await world.log_in("mia"), Authenticator(counter=10)
    await add(mia, authenticator)
    assert await sign_in(world, authenticator) == (200, "")
    authenticator.counter = 8
    assert await sign_in(world, authenticator) == OUT
    lines = await world.store.accounts.audited(None, 20, AuditFilter(action="passkey_copied"))
    assert [line.actor for line in lines] == ["mia"]


async def test_a_passkey_is_renamed_and_removed_by_its_owner_with_the_password(world: World) -> None:
    mia, ben, authenticator = await world.log_in("mia"), await world.log_in("ben"), Authenticator()
    row = await add(mia, authenticator)
    path = f"/me/passkeys/{row['id']}"
    assert (await ben.ask("PUT", path, json={"name": "Mine", **PROVE})).status == 404
    assert (await ben.ask("POST", f"{path}/off", json=PROVE)).status == 404
    assert (await mia.ask("PUT", path, json={"name": "New", "password": "no"})).status == 422
    assert (await mia.ask("POST", f"{path}/off", json={"password": "no"})).status == 422
    renamed = await mia.ask("PUT", path, json={"name": " Old phone ", **PROVE})
    assert await renamed.json() == {**row, "name": "Old phone"}
    assert [one["name"] for one in await mia.get("/me/passkeys")] == ["Old phone"]
    assert (await mia.ask("POST", f"{path}/off", json=PROVE)).status == 204
    assert (await mia.ask("POST", f"{path}/off", json=PROVE)).status == 404
    assert await mia.get("/me/passkeys") == []
    assert await sign_in(world, authenticator) == OUT
    told = await audited(world)
    assert (told["passkey_renamed"], told["passkey_removed"]) == (1, 1)


async def test_another_site_gets_nobody_in_and_adds_nothing(world: World) -> None:
    mia, authenticator = await world.log_in("mia"), Authenticator()
    await add(mia, authenticator)
    evil = {"Origin": "https://evil.example"}
    assert await give(world, authenticator.sign(await challenge(world)), evil) == (403, "origin")
    assert (await world.anonymous().ask("POST", "/session/passkey/challenge", headers=evil)).status == 403
    made = {"name": "Theirs", **Authenticator().make(await begin(mia))}
    assert (await mia.ask("POST", "/me/passkeys", json=made, headers={"X-CSRF-Token": "x"})).status == 403
    assert len(await mia.get("/me/passkeys")) == 1


async def test_the_limits_of_logins_hold(world: World) -> None:
    mia, authenticator, unknown = await world.log_in("mia"), Authenticator(), Authenticator()
    await add(mia, authenticator)
    forged = {"user_handle": handle_of(AgentId("ben"))}
    assert [(await sign_in(world, authenticator, **forged))[0] for _ in range(11)] == [401] * 10 + [429]
    assert [(await sign_in(world, unknown))[0] for _ in range(11)] == [401] * 10 + [429], "an unknown one the same"
    assert (await sign_in(world, authenticator))[0] == 429
    assert (await log_in(world))[0] == 429, "the account is locked for both"
    world.clock.set(world.clock.now() + PER_ACCOUNT.window)
    assert await sign_in(world, authenticator) == (200, "")
    assert (await log_in(world))[0] == 200


async def test_an_account_that_is_off_stays_out(world: World) -> None:
    mia, authenticator = await world.log_in("mia"), Authenticator()
    await add(mia, authenticator)
    agents = world.memory.tables.of(AGENTS)
    agents[AgentId("mia")] = replace(agents[AgentId("mia")], active=False)
    assert await sign_in(world, authenticator) == OUT


async def test_accounts_of_single_sign_on_only_are_refused_as_with_a_password() -> None:
    provider = Provider("example", "Example", "https://sso.example", "inbox", "secret")
    async with a_world(public_url=ORIGIN, sso=(provider,)) as world:
        mia, ada = await world.log_in("mia"), await world.log_in("ada")
        mias, adas = Authenticator(), Authenticator()
        await add(mia, mias)
        await add(ada, adas)
        assert (await ada.ask("PUT", "/security", json={"version": 0, "two_factor": False, "passwords": "admins"})).status == 200
        assert await sign_in(world, mias) == (403, "passwords_off")
        assert await sign_in(world, adas) == (200, "")


async def test_a_passkey_is_a_second_factor(world: World) -> None:
    mia, ada = await world.log_in("mia"), await world.log_in("ada")
    mias, adas = Authenticator(), Authenticator()
    row = await add(mia, mias)
    rule = {"version": 0, "two_factor": True, "passwords": "all"}
    assert (await ada.ask("PUT", "/security", json=rule)).status == 422
    await add(ada, adas)
    assert (await ada.ask("PUT", "/security", json=rule)).status == 200, "who asks for one has one"
    assert await sign_in(world, mias) == (200, "")
    assert await log_in(world) == (403, "denied"), "the password alone does not get around it"
    assert (await world.anonymous().ask("POST", "/session/factor", json=MIA)).status == 403, "nor sets up another"
    kept = await mia.ask("POST", f"/me/passkeys/{row['id']}/off", json=PROVE)
    assert (kept.status, (await kept.json())["reason"]) == (403, "factor_required")
    shown = await set_up(world, mia)
    assert (await mia.ask("POST", f"/me/passkeys/{row['id']}/off", json=PROVE)).status == 204
    assert (await log_in(world, code=code(world, shown["secret"])))[0] == 200


async def test_an_admin_helps_who_lost_his(world: World) -> None:
    mia, ada, authenticator = await world.log_in("mia"), await world.log_in("ada"), Authenticator()
    await add(mia, authenticator)
    rows = {row["id"]: row for row in await ada.get("/security/accounts")}
    assert (rows["mia"]["passkeys"], rows["ben"]["passkeys"]) == (1, 0)
    assert (await ada.ask("DELETE", "/accounts/mia/factor")).status == 204
    assert (await mia.ask("GET", "/session")).status == 401
    assert await sign_in(world, authenticator) == OUT
    assert (await ada.ask("DELETE", "/accounts/mia/factor")).status == 404
