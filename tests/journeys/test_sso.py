"""Somebody connects his provider, the service dies, and he comes in by it: a real process, MongoDB, a provider on loopback."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from inbox.app.accounts import create_admin
from inbox.settings import load
from tests.journeys.service import process, settings_file
from tests.peers.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider

pytestmark = [pytest.mark.slow]
EMAIL, PASSWORD = "admin@journeys.test", "a long enough password"


def company(provider: OidcProvider) -> str:
    """A provider, as it is written into the settings."""
    return f"""
[[sso]]
id = "company"
name = "Company"
issuer = "{provider.base}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
"""


async def connect(base: str) -> None:
    """Log in with the password and connect the provider, as the screen does."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.post(f"{base}/api/v1/session", json={"email": EMAIL, "password": PASSWORD}) as answer:
            csrf = (await answer.json())["csrf"]
        begun = {"json": {"provider": "company"}, "headers": {"X-CSRF-Token": csrf}}
        async with browser.post(f"{base}/api/v1/me/sign-ins", **begun) as answer:  # type: ignore[arg-type]  # a body and headers
            url = (await answer.json())["url"]
        async with browser.get(url) as page:
            assert page.status == 200, await page.text()
        async with browser.get(f"{base}/api/v1/me/sign-ins") as answer:
            assert [row["provider"] for row in await answer.json()] == ["company"]


async def test_a_connected_provider_lets_in_after_the_service_died(mongo_uri: str, tmp_path: Path) -> None:
    provider = OidcProvider(lambda: int(time.time() * 1000))
    async with provider.running():
        file, base = settings_file(tmp_path, mongo_uri, company(provider))
        await create_admin(load(file), EMAIL, "Ada", PASSWORD)
        run = ("serve", "--config", str(file))
        async with process(run, tmp_path / "first.log", base) as pid:
            await connect(base)
            os.kill(pid, signal.SIGKILL)
        async with (
            process(run, tmp_path / "second.log", base),
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
        ):
            async with browser.get(f"{base}/sso/company/start") as page:
                assert (page.status, page.url.path) == (200, "/"), await page.text()
            async with browser.get(f"{base}/api/v1/session") as answer:
                assert (await answer.json())["email"] == EMAIL
