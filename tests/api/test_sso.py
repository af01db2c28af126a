"""Single sign-on against a provider on loopback: there and back, whose account it is, and everything a stranger may try."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import ClientResponse

from inbox.api.auth import COOKIE
from inbox.api.sso_pages import BINDING, RETURNS
from inbox.app.outside import Outside
from inbox.core.ids import AgentId
from inbox.core.oauth import STATE_MS
from inbox.records import AGENTS, SIGN_INS
from inbox.testing.clock import ManualClock
from tests.api.requests import BODIES
from tests.api.world import PASSWORD, Browser, World, a_world
from tests.peers.oidc_provider import OidcProvider


@asynccontextmanager
async def beside_a_provider(**registered: Any) -> AsyncIterator[tuple[World, OidcProvider]]:
    clock, outside = ManualClock(), Outside()
    provider = OidcProvider(lambda: clock.now())
    async with provider.running():
        two = [provider.registered(**registered), provider.registered(id="other", name="Other", issuer=f"{provider.base}/other")]
        async with a_world(http=outside, sso=two) as world:
            provider._now = world.clock.now
            yield world, provider
    await outside.close()


class Visitor(Browser):
    """A browser that keeps the cookie of a login under way too."""

    binding = ""

    async def visit(self, path: str) -> ClientResponse:
        """A page of the service."""
        cookies = {BINDING: self.binding, COOKIE: self.cookie}
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items() if value)
        answer = await self.world.client.get(path, headers={"Cookie": sent} if sent else {}, allow_redirects=False)
        self.take(answer)
        return answer

    def take(self, answer: ClientResponse) -> None:
        """The cookies that an answer sets."""
        for line in answer.headers.getall("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if name == BINDING:
                    self.binding = morsel.value
                if name == COOKIE:
                    self.cookie = morsel.value


async def through(url: str) -> str:
    """The provider's page says yes and sends the browser back; the path it is sent to."""
    async with aiohttp.ClientSession() as outside, outside.get(url, allow_redirects=False) as page:
        where = urlsplit(page.headers["Location"])
    assert f"{where.scheme}://{where.netloc}" == "http://inbox.example"
    return f"{where.path}?{where.query}"


async def to_provider(visitor: Visitor) -> str:
    """Begun on the login page; the path the provider sends back to."""
    begun = await visitor.visit("/sso/example/start")
    assert begun.status == 303
    return await through(begun.headers["Location"])


async def signed_in(visitor: Visitor) -> ClientResponse:
    return await visitor.visit(await to_provider(visitor))


async def connected(world: World, who: str = "mia") -> Visitor:
    """Somebody who is logged in with a password connects the provider."""
    logged_in = await world.log_in(who)
    visitor = Visitor(world, logged_in.cookie, logged_in.csrf)
    begun = await visitor.ask("POST", "/me/sign-ins", json={"provider": "example"})
    visitor.take(begun)
    back = await visitor.visit(await through((await begun.json())["url"]))
    assert (back.status, back.headers["Location"]) == (303, "/settings/security")
    return visitor


async def refused(world: World) -> list[str]:
    """Why logins were refused, as the audit record has it."""
    return [line.data["why"] for line in await world.store.accounts.audited(None, 100) if line.action == "sso_refused"]


async def test_who_connected_his_account_gets_in_without_a_password() -> None:
    async with beside_a_provider() as (world, _):
        await connected(world)
        visitor = Visitor(world)
        back = await signed_in(visitor)
        assert (back.status, back.headers["Location"]) == (303, "/")
        assert (await visitor.get("/session"))["id"] == "mia"
        assert visitor.binding == ""


async def test_a_mail_address_alone_opens_no_account() -> None:
    for settings, told in (({}, "no account for you"), ({"create_accounts": True}, "There is an account with your mail address")):
        async with beside_a_provider(**settings) as (world, _):
            visitor = Visitor(world)
            back = await signed_in(visitor)
            assert told in await back.text()
            assert visitor.cookie == ""
            assert not world.memory.tables.of(SIGN_INS)
            assert await refused(world) == ["address_taken" if settings else "unknown_person"], "whoever looks after security sees the try"


async def test_a_stranger_gets_an_account_only_where_the_settings_say_so() -> None:
    async with beside_a_provider(create_accounts=True) as (world, provider):
        provider.person |= {"sub": "7", "email": "new@example.com", "name": "New One"}
        for _ in range(2):
            visitor = Visitor(world)
            assert (await signed_in(visitor)).headers["Location"] == "/"
            me = await visitor.get("/session")
            assert (me["email"], me["name"], me["role"]) == ("new@example.com", "New One", "agent")
        assert len([a for a in world.memory.tables.of(AGENTS).values() if a.email == "new@example.com"]) == 1
        provider.person |= {"sub": "8", "email": "eve@example.com", "email_verified": False}
        visitor = Visitor(world)
        assert "not verified" in await (await signed_in(visitor)).text()
    async with beside_a_provider() as (world, provider):
        provider.person |= {"sub": "7", "email": "new@example.com"}
        assert "no account for you" in await (await signed_in(Visitor(world))).text()


async def test_an_invitation_is_taken_by_signing_in_once() -> None:
    async with beside_a_provider() as (world, provider):
        ada = await world.log_in("ada")
        link = (await (await ada.ask("POST", "/accounts", json=BODIES["create_account"]())).json())["link"]
        token = link.rpartition("/")[2]
        provider.person |= {"sub": "9", "email": "quite@another.example", "email_verified": False}
        visitor = Visitor(world)
        begun = await visitor.ask("POST", f"/password-resets/{token}/sso", json={"provider": "example"})
        visitor.take(begun)
        back = await visitor.visit(await through((await begun.json())["url"]))
        assert back.headers["Location"] == "/"
        assert (await visitor.get("/session"))["email"] == "new@example.com"
        provider.person |= {"sub": "10"}
        late = Visitor(world)
        begun = await late.ask("POST", f"/password-resets/{token}/sso", json={"provider": "example"})
        late.take(begun)
        assert "no account for you" in await (await late.visit(await through((await begun.json())["url"]))).text()


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"nonce": "another"}, "wrong_nonce"),
        ({"nonce": None}, "wrong_nonce"),
        ({"aud": "another-client"}, "wrong_audience"),
        ({"aud": ["the-client", "another-client"]}, "wrong_party"),
        ({"azp": "another-client"}, "wrong_party"),
        ({"iss": "https://evil.example"}, "wrong_issuer"),
        ({"exp": 1}, "expired"),
        ({"iat": 99_999_999_999, "exp": 99_999_999_999}, "from_the_future"),
        ({"sub": ""}, "no_subject"),
        ({"sub": 7}, "bad_token"),
        ({"exp": None}, "bad_token"),
    ],
)
async def test_a_token_that_was_not_made_for_this_login_opens_nothing(lie: dict[str, Any], why: str) -> None:
    async with beside_a_provider(create_accounts=True) as (world, provider):
        await connected(world)
        provider.lie = lie
        visitor = Visitor(world)
        assert (await signed_in(visitor)).status == 200
        assert (visitor.cookie, await refused(world)) == ("", [why])


@pytest.mark.parametrize("algorithm", ["none", "HS256", "stranger"])
async def test_a_token_that_the_provider_did_not_sign_opens_nothing(algorithm: str) -> None:
    async with beside_a_provider() as (world, provider):
        await connected(world)
        provider.algorithm = algorithm
        visitor = Visitor(world)
        assert (await signed_in(visitor)).status == 200
        assert (visitor.cookie, await refused(world)) == ("", ["bad_token"])


async def test_what_was_not_begun_in_this_browser_ends_nowhere() -> None:
    async with beside_a_provider() as (world, _):
        await connected(world)
        one, other = Visitor(world), Visitor(world)
        path = await to_provider(one)
        assert "not begun in this browser" in await (await other.visit(path)).text()  # the link of an attacker
        await to_provider(other)
        assert "not begun in this browser" in await (await other.visit(path)).text()  # even in the middle of a login
        binding = one.binding
        assert (await one.visit(path)).headers["Location"] == "/"
        again = Visitor(world)
        again.binding = binding
        assert (await again.visit(path)).status == 200  # the same answer a second time: the code is spent
        assert (other.cookie, again.cookie, await refused(world)) == ("", "", ["invalid_grant"])


async def test_answers_of_one_provider_do_not_pass_for_anothers() -> None:
    async with beside_a_provider() as (world, provider):
        await connected(world)
        visitor = Visitor(world)
        path = await to_provider(visitor)
        mixed_up = await visitor.visit(path.replace("/sso/example/", "/sso/other/"))
        assert "not begun in this browser" in await mixed_up.text()
        provider.answers = {"iss": "https://evil.example"}  # RFC 9207
        assert (await signed_in(visitor)).status == 200
        assert (visitor.cookie, await refused(world)) == ("", ["wrong_issuer"])
        provider.answers = {"iss": provider.base}
        assert (await signed_in(visitor)).headers["Location"] == "/"


async def test_nothing_in_a_request_says_where_one_gets() -> None:
    async with beside_a_provider() as (world, provider):
        await connected(world)
        visitor = Visitor(world)
        begun = await visitor.visit("/sso/example/start?next=https://evil.example&redirect_uri=https://evil.example")
        assert begun.headers["Location"].startswith(f"{provider.base}/authorize?")
        assert "evil" not in begun.headers["Location"]
        back = await visitor.visit(await through(begun.headers["Location"]) + "&next=//evil.example")
        assert back.headers["Location"] == "/"


async def test_an_address_that_tries_too_often_is_held_up_and_one_that_succeeds_is_not() -> None:
    async with beside_a_provider() as (world, _):
        await connected(world)
        for _ in range(RETURNS.count + 1):
            visitor = Visitor(world)
            path = f"/sso/example/return?state=example:login.1.x.y&code={visitor.binding}"
            answer = await visitor.visit(path)
        assert "Too many attempts" in await answer.text()
        await world.clock.advance(RETURNS.window + 1)
        for _ in range(3):
            assert (await signed_in(Visitor(world))).headers["Location"] == "/"


async def test_too_late_is_told() -> None:
    async with beside_a_provider() as (world, _):
        visitor = Visitor(world)
        path = await to_provider(visitor)
        await world.clock.advance(STATE_MS + 1)
        assert "took too long" in await (await visitor.visit(path)).text()


async def test_new_keys_of_the_provider_are_fetched() -> None:
    async with beside_a_provider() as (world, provider):
        await connected(world)
        provider.rotate()
        await world.clock.advance(61_000)
        assert (await signed_in(Visitor(world))).headers["Location"] == "/"


async def test_one_person_is_one_account() -> None:
    async with beside_a_provider() as (world, _):
        await connected(world)
        logged_in = await world.log_in("ben")
        ben = Visitor(world, logged_in.cookie, logged_in.csrf)
        begun = await ben.ask("POST", "/me/sign-ins", json={"provider": "example"})
        ben.take(begun)
        back = await ben.visit(await through((await begun.json())["url"]))
        assert "another account" in await back.text()
        (own,) = await (await world.log_in("mia")).get("/me/sign-ins")
        assert (await ben.ask("DELETE", f"/me/sign-ins/{own['id']}")).status == 404
        assert await ben.get("/me/sign-ins") == []


async def test_a_disconnected_or_switched_off_account_does_not_open() -> None:
    async with beside_a_provider() as (world, _):
        mia, ada = await connected(world), await world.log_in("ada")
        version = world.memory.tables.of(AGENTS)[AgentId("mia")].version
        assert (await ada.ask("PATCH", "/accounts/mia", json={"version": version, "active": False})).status == 200
        assert "switched off" in await (await signed_in(Visitor(world))).text()
        assert (await ada.ask("PATCH", "/accounts/mia", json={"version": version + 1, "active": True})).status == 200
        mia = await connected(world)
        (own,) = await mia.get("/me/sign-ins")
        assert (own["name"], own["provider"]) == ("mia@example.com", "example")
        assert (await mia.ask("DELETE", f"/me/sign-ins/{own['id']}")).status == 204
        assert "no account for you" in await (await signed_in(Visitor(world))).text()


async def test_passwords_can_be_for_admins_only() -> None:
    async with beside_a_provider() as (world, provider):
        ada = await world.log_in("ada")
        await connected(world)
        assert (await ada.get("/security"))["single_sign_on"] == "Example, Other"
        rules = {"version": 0, "two_factor": False, "passwords": "admins"}
        assert (await ada.ask("PUT", "/security", json=rules)).status == 200
        mia = {"email": "mia@example.com", "password": PASSWORD}
        answer = await world.anonymous().ask("POST", "/session", json=mia)
        assert (answer.status, (await answer.json())["reason"]) == (403, "passwords_off")
        wrong = await world.anonymous().ask("POST", "/session", json={**mia, "password": "wrong password"})
        assert wrong.status == 401, "who does not know the password learns nothing"
        provider.down = True
        await world.log_in("ada")
    async with a_world() as world:
        ada = await world.log_in("ada")
        assert (await ada.ask("PUT", "/security", json=rules)).status == 422, "there would be no way in"


async def test_admins_see_how_providers_stand() -> None:
    async with beside_a_provider() as (world, provider):
        ada, mia = await world.log_in("ada"), await world.log_in("mia")
        example, other = await ada.get("/sso")
        assert (example["redirect"], example["problem"]) == ("http://inbox.example/sso/example/return", "")
        assert other["problem"]
        assert "the-secret" not in str((example, other))
        assert (await mia.ask("GET", "/sso")).status == 403
        names = await world.anonymous().get("/sso/providers")
        assert [(one["name"], one["start"]) for one in names] == [("Example", "/sso/example/start"), ("Other", "/sso/other/start")]
        provider.says_issuer = "https://evil.example"
        await world.clock.advance(61_000)
        assert "evil.example" in (await ada.get("/sso"))[0]["problem"]
