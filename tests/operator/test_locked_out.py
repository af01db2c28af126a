"""Somebody who tried wrong passwords until he was locked out: a new password lets him in at once."""

import secrets
from pathlib import Path

import aiohttp
import pytest

from tests import clients
from tests.operator.service import PASSWORD, Operator

pytestmark = [pytest.mark.slow]
EMAIL, NEW = "ada@example.com", "quite another one"


async def test_reset_password_lifts_the_lock(tmp_path: Path, mongo_uri: str) -> None:
    operator = Operator(tmp_path, uri=mongo_uri, database=f"locked_{secrets.token_hex(4)}")
    await operator.run("create-admin", "--email", EMAIL, "--name", "Ada")
    async with operator.serving():
        statuses = [await status_of(operator, "a wrong password") for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        assert await status_of(operator, PASSWORD) == 429
        changed = await operator.run("reset-password", "--email", EMAIL.upper(), environment={"INBOX_ADMIN_PASSWORD": NEW})
        assert changed.code == 0, changed.text
        async with clients.agent(operator.base, EMAIL, NEW) as ada:
            assert (await ada.call("GET", "/session"))["email"] == EMAIL


async def status_of(operator: Operator, password: str) -> int:
    """What a login is answered."""
    async with aiohttp.ClientSession() as http:
        login = {"email": EMAIL, "password": password}
        async with http.post(f"{operator.base}/api/v1/session", json=login, headers={"Origin": operator.base}) as answer:
            return answer.status
