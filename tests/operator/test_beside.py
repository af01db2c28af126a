"""Commands beside a service that runs a MongoDB of its own: they use it, and leave it running."""

import secrets
from pathlib import Path

import aiohttp
import pytest

from tests import clients
from tests.operator.service import PASSWORD, Operator
from tests.ports import free_ports

pytestmark = [pytest.mark.slow]
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


async def test_teams_and_agents_are_made_while_the_service_runs(tmp_path: Path, mongo_uri: str) -> None:
    operator = Operator(tmp_path, uri=mongo_uri, database=f"staff_{secrets.token_hex(4)}")
    async with operator.serving():
        team = await operator.run("create-team", "support", "--name", "Support")
        assert (team.code, team.text) == (0, "There is a team 'support' now, called 'Support'.\n")
        assert (await operator.run("create-team", "support")).code == 1
        who = ("--email", "mia@example.com", "--name", "Mia")
        wrong = await operator.run("create-agent", *who, "--team", "suport")
        assert (wrong.code, "there are support" in wrong.text) == (1, True)
        made = await operator.run("create-agent", *who, "--team", "support", "--role", "supervisor")
        assert made.code == 0, made.text
        link = made.text.splitlines()[-1]
        assert link.startswith(f"{operator.base}/reset/")
        token, headers = link.rpartition("/")[2], {"Origin": operator.base}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.post(f"{operator.base}/api/v1/password-resets/{token}", json={"password": PASSWORD}) as answer,
        ):
            assert answer.status == 204
        async with clients.agent(operator.base, "mia@example.com", PASSWORD) as mia:
            assert (mia.me["role"], mia.me["teams"]) == ("supervisor", ["support"])
        again = await operator.run("create-agent", *who)
        assert (again.code, "There is an account with this address" in again.text) == (1, True)


MAIL = """
[[channels]]
id = "mail"
connector = "email"
name = "Mail"
[channels.settings]
address = "help@example.com"
smtp = {{host = "127.0.0.1", port = {port}, security = "plain"}}
"""


async def test_a_channel_that_cannot_be_reached_hides_no_other(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    operator.channels = MAIL.format(port=free_ports(1)[0]) + operator.channels
    found = await operator.run("doctor")
    assert found.code == 1
    assert "WRONG  channel mail" in found.text
    assert "ok     channel shop" in found.text
