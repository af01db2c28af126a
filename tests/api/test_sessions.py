"""Logging in, staying in, getting out; and what others try."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher

from inbox.api.auth import ABSOLUTE_MS, COOKIE, DAY_MS, IDLE_MS, Auth, Typed
from inbox.api.passwords import Passwords
from inbox.core.errors import Unauthenticated
from inbox.core.ids import AgentId
from tests.api.world import PASSWORD, Browser, World, a_world

NEW = "a much better password"


async def log_in(browser: Browser, email: str, password: str, **more: Any) -> int:
    """The status of a login."""
    return (await browser.ask("POST", "/session", json={"email": email, "password": password}, **more)).status


async def test_a_login_gives_a_cookie_that_scripts_and_other_sites_do_not_get(world: World) -> None:
    answer = await world.anonymous().ask("POST", "/session", json={"email": "MIA@Example.com", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert (await answer.json())["id"] == "mia"
    stored = (await world.store.accounts.sessions(AgentId("mia"), world.clock.now()))[0]
    assert stored.id not in cookie


async def test_behind_tls_the_cookie_is_secure_and_tls_stays() -> None:
    async with a_world(public_url="https://inbox.example") as world:
        answer = await world.anonymous().ask("POST", "/session", json={"email": "mia@example.com", "password": PASSWORD})
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "Strict-Transport-Security" in answer.headers


async def test_a_cookie_set_before_the_login_is_worth_nothing_after_it(world: World) -> None:
    planted = "A" * 43
    browser = Browser(world, cookie=planted)
    assert await log_in(browser, "mia@example.com", PASSWORD) == 200
    assert browser.cookie != planted
    assert (await Browser(world, cookie=planted).ask("GET", "/session")).status == 401


async def test_a_page_may_ask_whether_it_is_logged_in_and_learns_nothing_else(world: World) -> None:
    mia = await world.log_in("mia")
    cookie = mia.cookie
    assert await mia.get("/session/state") == {"logged_in": True}
    await mia.ask("DELETE", "/session")
    for browser in (world.anonymous(), Browser(world, cookie=cookie), Browser(world, cookie="A" * 43)):
        answer = await browser.ask("GET", "/session/state")
        assert (answer.status, await answer.json()) == (200, {"logged_in": False})
        assert "Set-Cookie" not in answer.headers


async def test_logging_in_again_ends_the_session_before(world: World) -> None:
    browser = await world.log_in("mia")
    before = browser.cookie
    assert await log_in(browser, "mia@example.com", PASSWORD) == 200
    assert (await Browser(world, cookie=before).ask("GET", "/session")).status == 401
    assert len(world.live.ended) == 1


async def test_logging_out_ends_the_session_and_its_sockets(world: World) -> None:
    mia = await world.log_in("mia")
    cookie = mia.cookie
    answer = await mia.ask("DELETE", "/session")
    assert answer.status == 204
    assert mia.cookie == ""
    assert (await Browser(world, cookie=cookie).ask("GET", "/session")).status == 401
    assert len(world.live.ended) == 1


async def test_a_session_ends_when_it_is_not_used_and_when_it_is_old(world: World) -> None:
    mia = await world.log_in("mia")
    world.clock.set(world.clock.now() + IDLE_MS - DAY_MS)
    assert (await mia.ask("GET", "/session")).status == 200
    world.clock.set(world.clock.now() + IDLE_MS - DAY_MS)
    assert (await mia.ask("GET", "/session")).status == 200, "using it keeps it alive"
    world.clock.set(world.clock.now() + ABSOLUTE_MS - 2 * (IDLE_MS - DAY_MS))
    assert (await mia.ask("GET", "/session")).status == 401, "but not for ever"

    ben = await world.log_in("ben")
    world.clock.set(world.clock.now() + IDLE_MS)
    assert (await ben.ask("GET", "/session")).status == 401


async def test_switching_an_account_off_or_changing_its_role_works_at_once(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    admin = (await world.parts.auth.authenticate((await world.log_in("ada")).cookie))[0]
    await world.parts.conversations.change_agent(admin, "mia", {"active": False})
    assert (await mia.ask("GET", "/session")).status == 401
    await world.parts.conversations.change_agent(admin, "sue", {"role": "agent"})
    assert (await sue.ask("GET", "/conversations/c-foreign")).status == 404


async def test_a_changed_password_ends_the_other_sessions(world: World) -> None:
    here, there = await world.log_in("mia"), await world.log_in("mia")
    wrong = await here.ask("PUT", "/me/password", json={"current": "guess", "password": NEW})
    assert (wrong.status, (await wrong.json())["field"]) == (422, "current")
    assert (await here.ask("PUT", "/me/password", json={"current": PASSWORD, "password": NEW})).status == 204
    assert (await here.ask("GET", "/session")).status == 200
    assert (await there.ask("GET", "/session")).status == 401
    assert len(world.live.ended) == 1
    assert await log_in(world.anonymous(), "mia@example.com", PASSWORD) == 401
    assert await log_in(world.anonymous(), "mia@example.com", NEW) == 200


# Guessing


async def test_guessing_one_account_is_stopped_however_it_is_spelt(world: World) -> None:
    spellings = [
        "mia@example.com",
        "MIA@example.com",
        "mia@EXAMPLE.com",
        "\uff4dia@example.com",
        "mia@example\uff0ecom",
        " mia@example.com ",
    ]
    statuses = [await log_in(world.anonymous(), spellings[n % len(spellings)], f"guess {n}") for n in range(14)]
    assert statuses == [401] * 10 + [429] * 4
    stopped = await world.anonymous().ask("POST", "/session", json={"email": "mia@example.com", "password": PASSWORD})
    assert stopped.status == 429
    assert int(stopped.headers["Retry-After"]) > 0
    world.clock.set(world.clock.now() + 15 * 60 * 1000)
    assert await log_in(world.anonymous(), "mia@example.com", PASSWORD) == 200


async def test_a_hundred_guesses_at_once_are_not_more_than_ten(world: World) -> None:
    statuses = await asyncio.gather(*(log_in(world.anonymous(), "mia@example.com", f"guess {n}") for n in range(40)))
    assert statuses.count(401) == 10
    assert statuses.count(429) == 30


async def test_guessing_many_accounts_from_one_address_is_stopped(world: World) -> None:
    statuses = [await log_in(world.anonymous(), f"user{n}@example.com", "guess") for n in range(103)]
    assert statuses[:100] == [401] * 100
    assert statuses[100:] == [429] * 3


async def test_an_office_behind_one_address_logs_in_as_often_as_it_likes(world: World) -> None:
    assert [await log_in(world.anonymous(), "mia@example.com", PASSWORD) for _ in range(103)] == [200] * 103
    statuses = [await log_in(world.anonymous(), f"user{n}@example.com", "guess") for n in range(101)]
    assert statuses == [401] * 100 + [429]


async def test_a_right_password_clears_the_accounts_count(world: World) -> None:
    for _ in range(3):
        assert [await log_in(world.anonymous(), "mia@example.com", "guess") for _ in range(8)] == [401] * 8
        assert await log_in(world.anonymous(), "mia@example.com", PASSWORD) == 200


async def test_forged_proxy_headers_do_not_dodge_the_address_limit(world: World) -> None:
    headers = ("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "Forwarded")
    statuses = [
        await log_in(world.anonymous(), f"user{n}@example.com", "guess", headers={headers[n % 5]: f"198.51.100.{n}"}) for n in range(102)
    ]
    assert statuses[100:] == [429, 429]


async def test_unknown_inactive_and_wrong_are_told_apart_by_nothing(world: World) -> None:
    bodies = set()
    for email in ("mia@example.com", "nobody@example.com", "off@example.com", "bot@example.com"):
        answer = await world.anonymous().ask("POST", "/session", json={"email": email, "password": "guess"})
        bodies.add((answer.status, await answer.text()))
    assert len(bodies) == 1


async def nobody_hears(agent: AgentId) -> None:
    """There are no sockets."""


async def test_the_hash_is_computed_for_unknown_accounts_too(world: World) -> None:
    """Times of milliseconds prove little; that the work is done is what matters."""
    checked: list[str] = []

    class Spied(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            checked.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Spied(time_cost=1, memory_cost=8, parallelism=1))
    parts = world.parts
    factors, passkeys = parts.auth.factors, parts.auth.passkeys
    auth = Auth(parts.accounts, parts.directory, passwords, world.clock, parts.metrics, factors, passkeys, nobody_hears)
    with pytest.raises(Unauthenticated):
        await auth.log_in(Typed("nobody@example.com", "guess", ""), "")
    assert [encoded.split("$")[1:4] for encoded in checked] == [["argon2id", "v=19", "m=8,t=1,p=1"]]


# Other sites


@pytest.mark.parametrize("token", [None, "", "wrong", "\u00e9", "0" * 43])
async def test_changes_need_the_sessions_token(world: World, token: str | None) -> None:
    mia = await world.log_in("mia")
    mia.csrf = ""
    headers = {} if token is None else {"X-CSRF-Token": token}
    answer = await mia.ask("PATCH", "/me", json={"name": "M"}, headers=headers)
    assert (answer.status, (await answer.json())["reason"]) == (403, "csrf")


async def test_the_token_of_another_session_does_not_fit(world: World) -> None:
    mia, sue = await world.log_in("mia"), await world.log_in("sue")
    mia.csrf = sue.csrf
    assert (await mia.ask("PATCH", "/me", json={"name": "M"})).status == 403


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://inbox.example.evil.org", "https://inbox.example", "http://inbox.example:81", "file://"],
)
async def test_pages_of_other_sites_change_nothing(world: World, origin: str) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("PATCH", "/me", json={"name": "M"}, headers={"Origin": origin})).status == 403
    assert await log_in(world.anonymous(), "mia@example.com", PASSWORD, headers={"Origin": origin}) == 403


async def test_our_own_page_may_under_its_public_name_and_on_loopback(world: World) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("PATCH", "/me", json={"name": "M"}, headers={"Origin": "http://inbox.example"})).status == 200
    here = f"http://{world.client.host}:{world.client.port}"
    assert (await mia.ask("PATCH", "/me", json={"name": "M"}, headers={"Origin": here})).status == 200


async def test_a_browser_that_says_cross_site_without_an_origin_is_believed(world: World) -> None:
    mia = await world.log_in("mia")
    assert (await mia.ask("PATCH", "/me", json={"name": "M"}, headers={"Sec-Fetch-Site": "cross-site"})).status == 403


@pytest.mark.parametrize("host", ["evil.example", "inbox.example.evil.org", "127.0.0.1.evil.org", "", "inbox.example@evil.org"])
async def test_foreign_host_names_are_refused(world: World, host: str) -> None:
    answer = await world.anonymous().ask("GET", "/session", headers={"Host": host})
    assert answer.status in (400, 421)


async def test_a_forwarded_host_counts_only_from_a_trusted_proxy(world: World) -> None:
    answer = await world.anonymous().ask("GET", "/session", headers={"Host": "evil.example", "X-Forwarded-Host": "inbox.example"})
    assert answer.status == 421


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=latin-1", ""]
)
async def test_forms_of_other_sites_are_no_json(world: World, kind: str) -> None:
    mia = await world.log_in("mia")
    answer = await mia.ask("PATCH", "/me", data=b'{"name": "M"}', headers={"Content-Type": kind})
    assert answer.status == 415


async def test_no_get_changes_anything(world: World) -> None:
    mia = await world.log_in("mia")
    for path in ("/session", "/conversations/c-own/read", "/messages/r-own/retry", "/uploads"):
        answer = await mia.ask("GET", path)
        assert answer.status in (200, 405), path


# Forgotten passwords


async def reset_link(world: World, email: str = "mia@example.com") -> str:
    """The token of the link that was mailed."""
    assert (await world.anonymous().ask("POST", "/password-resets", json={"email": email})).status == 204
    await world.parts.resets.settled()
    return world.mails[-1][1].rpartition("/")[2]


async def test_a_reset_link_sets_a_password_once_and_ends_all_sessions(world: World) -> None:
    mia = await world.log_in("mia")
    token = await reset_link(world)
    assert world.mails[0][0].id == "mia"
    assert world.mails[0][1].startswith("http://inbox.example/")
    assert (await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": NEW})).status == 204
    assert (await mia.ask("GET", "/session")).status == 401
    assert await log_in(world.anonymous(), "mia@example.com", NEW) == 200
    assert (await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": NEW})).status == 404


async def test_who_locked_himself_out_gets_in_with_a_new_password(world: World) -> None:
    for n in range(12):
        await log_in(world.anonymous(), "mia@example.com", f"guess {n}")
    assert await log_in(world.anonymous(), "mia@example.com", PASSWORD) == 429
    token = await reset_link(world)
    await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": NEW})
    assert await log_in(world.anonymous(), "mia@example.com", NEW) == 200


@pytest.mark.parametrize("token", ["%20", "%00", "null", "%7B%7D", "0" * 43, "A" * 42, "A" * 5000, "..%2f..", "%F0%9F%98%80" * 43, "$ne"])
async def test_no_made_up_reset_token_works(world: World, token: str) -> None:
    await reset_link(world)
    answer = await world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": NEW})
    assert answer.status == 404


async def test_a_reset_link_ends_after_two_days_and_with_the_next_one(world: World) -> None:
    first = await reset_link(world)
    second = await reset_link(world)
    assert (await world.anonymous().ask("POST", f"/password-resets/{first}", json={"password": NEW})).status == 404
    world.clock.set(world.clock.now() + 48 * 3600 * 1000)
    assert (await world.anonymous().ask("POST", f"/password-resets/{second}", json={"password": NEW})).status == 404


async def test_asking_for_a_link_tells_nothing_about_accounts(world: World) -> None:
    answers = set()
    for email in ("mia@example.com", "nobody@example.com", "off@example.com", "bot@example.com", "", "not an address"):
        answer = await world.anonymous().ask("POST", "/password-resets", json={"email": email})
        answers.add((answer.status, await answer.text()))
    await world.parts.resets.settled()
    assert answers == {(204, "")}
    assert [agent.id for agent, _ in world.mails] == ["mia"]


async def test_nobody_is_flooded_with_links(world: World) -> None:
    statuses = [(await world.anonymous().ask("POST", "/password-resets", json={"email": "mia@example.com"})).status for _ in range(7)]
    await world.parts.resets.settled()
    assert statuses == [204] * 5 + [429] * 2
    assert len(world.mails) == 5


async def test_two_uses_of_one_link_at_once_set_one_password(world: World) -> None:
    token = await reset_link(world)
    answers = await asyncio.gather(
        *(world.anonymous().ask("POST", f"/password-resets/{token}", json={"password": f"{NEW} {n}"}) for n in range(5))
    )
    assert sorted(a.status for a in answers) == [204, 404, 404, 404, 404]


async def test_the_cookie_is_called_as_the_documents_say() -> None:
    assert COOKIE == "inbox_session"
