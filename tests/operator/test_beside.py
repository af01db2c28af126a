"""Commands beside a service that runs a MongoDB of its own: they use it, and leave it running."""

from pathlib import Path

import aiohttp
import pytest

from tests import clients
from tests.operator.service import PASSWORD, Operator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
EMAIL = "ada@example.com"


async def may_call(ada: clients.AgentClient) -> bool:
    """Whether the session of this client still stands."""
    async with ada.http.get(f"{ada.base}/api/v1/session") as answer:
        return answer.status == 200


async def test_an_operator_looks_and_makes_accounts_while_the_service_runs(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    async with operator.serving():
        first = await operator.run("doctor")
        assert first.code == 1
        assert "WRONG  accounts" in first.text
        assert "inbox create-admin" in first.text
        assert "started by the service, which runs" in first.text
        assert "ok     channel shop" in first.text

        made = await operator.run("create-admin", "--email", EMAIL, "--name", "Ada")
        assert (made.code, made.text) == (0, f"Ada <{EMAIL}> can log in now.\n")
        async with clients.agent(operator.base, EMAIL, PASSWORD) as ada:
            assert await may_call(ada)
            changed = await operator.run("reset-password", "--email", EMAIL, environment={"INBOX_ADMIN_PASSWORD": "quite another one"})
            assert changed.code == 0, changed.text
            assert not await may_call(ada)
        async with clients.agent(operator.base, EMAIL, "quite another one") as ada:
            assert await may_call(ada)

        fine = await operator.run("doctor")
        assert fine.code == 0, fine.text
        assert "WRONG" not in fine.text
        async with aiohttp.ClientSession() as http, http.get(f"{operator.base}/health/ready") as answer:
            assert answer.status == 200
    stopped = await operator.run("doctor")
    assert stopped.code == 0, stopped.text
    assert "started for this look" in stopped.text


async def test_a_channel_that_cannot_be_built_hides_no_other(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.channels += operator.channels.replace("shop", "faulty", 1).replace("origins", "origin", 1)
    found = await operator.run("doctor")
    assert found.code == 1
    assert "WRONG  channel faulty" in found.text
    assert "origins" in found.text
    assert "ok     channel shop" in found.text
