"""An admin lets a channel into an account: the provider's address, the way back, and what the page says of every outcome."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import ClientResponse
from msgspec.structs import replace

from inbox.app.outside import Outside
from inbox.connector import Health
from inbox.core.oauth import STATE_MS, OAuthClient
from tests.api.world import Browser, World, a_world
from tests.peers.login_service import CLIENT_ID, CLIENT_SECRET, SCOPES, LoginService


@asynccontextmanager
async def beside_a_login_service() -> AsyncIterator[tuple[World, LoginService]]:
    login, outside = LoginService(), Outside()
    async with login.running(), a_world(http=outside) as world:
        urls = (f"{login.base}/authorize", f"{login.base}/token")
        world.connector.client = OAuthClient("Example", *urls, CLIENT_ID, CLIENT_SECRET, SCOPES, "help@example.com")
        yield world, login
    await outside.close()


async def back_from(url: str) -> str:
    """Where the provider sends the browser, as a path of ours."""
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as page:
        where = urlsplit(page.headers["Location"])
    assert f"{where.scheme}://{where.netloc}" == "http://inbox.example"
    return f"{where.path}?{where.query}"


async def visit(browser: Browser, path: str) -> ClientResponse:
    """A page, not a call."""
    return await browser.ask("GET", f"/{path}")


async def test_an_admin_goes_there_and_back_and_the_channel_is_let_in() -> None:
    async with beside_a_login_service() as (world, login):
        ada = await world.log_in("ada")
        before = await ada.get("/channels/mail/consent")
        assert (before["provider"], before["account"], before["by"]) == ("Example", "help@example.com", "")
        assert before["problem"] == "Nobody has signed in at Example yet."
        assert (before["start"], before["redirect"]) == ("http://inbox.example/oauth/start/mail", "http://inbox.example/oauth/return")
        assert CLIENT_SECRET not in str(before)
        begun = await visit(ada, "/oauth/start/mail")
        assert begun.status == 303
        for url in (begun.headers["Location"], before["url"]):
            page = await visit(ada, await back_from(url))
            assert page.status == 200
            assert page.headers["Cache-Control"] == "no-store"
            assert "Example lets this channel in" in await page.text()
        after = await ada.get("/channels/mail/consent")
        assert (after["by"], after["at"], after["problem"]) == ("ada", world.clock.now(), "")
        assert len(login.grants) == 2
        assert login.grants[1].refresh not in str(after)


async def test_who_may_not_or_did_not_begin_it_changes_nothing() -> None:
    async with beside_a_login_service() as (world, login):
        ada, sue = await world.log_in("ada"), await world.log_in("sue")
        for path in ("/oauth/start/mail", "/oauth/return?code=x&state=y"):
            assert "Log in first" in await (await visit(world.anonymous(), path)).text()
        assert "Not allowed" in await (await visit(sue, "/oauth/start/mail")).text()
        assert (await sue.ask("GET", "/channels/mail/consent")).status == 403
        assert "no such channel" in await (await visit(ada, "/oauth/start/nothing")).text()
        path = await back_from((await ada.get("/channels/mail/consent"))["url"])
        another = await world.log_in("ada")
        for browser in (sue, another):
            assert "not begun here" in await (await visit(browser, path)).text()
        world.clock.set(world.clock.now() + STATE_MS + 1)
        assert "too long" in await (await visit(ada, path)).text()
        assert login.grants == []


async def test_a_channel_that_needs_no_consent_has_none() -> None:
    async with beside_a_login_service() as (world, _):
        ada = await world.log_in("ada")
        world.connector.client = None
        assert (await ada.ask("GET", "/channels/mail/consent")).status == 404
        assert (await ada.ask("GET", "/channels/nothing/consent")).status == 404


@pytest.mark.parametrize("what", ["denied", "wrong account", "secret", "away", "no code"])
async def test_every_way_it_can_fail_is_said_in_words(what: str) -> None:
    async with beside_a_login_service() as (world, login):
        ada, client = await world.log_in("ada"), world.connector.client
        assert client is not None
        login.denies = what == "denied"
        if what == "wrong account":
            world.connector.health = Health(False, "imap.example refused the login.", "Sign in as help@example.com.")
        if what == "secret":
            world.connector.client = replace(client, client_secret="<old>")
        path = await back_from((await ada.get("/channels/mail/consent"))["url"])
        if what == "away":
            world.connector.client = replace(client, token_url="http://127.0.0.1:9/token")
        if what == "no code":
            path = path.partition("code=")[0] + path[path.index("state=") :] + "&error=%3Cscript%3E"
        text = await (await visit(ada, path)).text()
        said = {
            "denied": "No consent was given",
            "wrong account": "Signed in, but it does not work yet",
            "secret": "invalid_client The secret has expired.",
            "away": "The login service did not answer",
            "no code": "It said: &lt;script&gt;",
        }
        assert said[what] in text
        assert not world.parts.channels.lights.ok(world.connector.channel) if what == "wrong account" else len(login.grants) == 0
