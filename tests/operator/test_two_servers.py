"""Two servers on one database: what ends on one ends on the other, long before the regular look at all sockets."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import clients
from tests.operator.service import PASSWORD, Operator

pytestmark = [pytest.mark.slow]
EMAIL, NEW = "ada@example.com", "quite another one"
CUT_WITHIN_S = 45.0
"""The regular check comes every minute; a second is what it takes, the rest is for busy machines."""


@dataclass(frozen=True)
class Pair:
    """The one where things are changed, and the other one."""

    here: Operator
    there: Operator


@asynccontextmanager
async def two_servers(folder: Path, uri: str) -> AsyncIterator[Pair]:
    database = f"two_{secrets.token_hex(4)}"
    here = Operator(folder, uri=uri, database=database, name="here")
    there = Operator(folder, uri=uri, database=database, key=here.key, name="there")
    await here.run("create-admin", "--email", EMAIL, "--name", "Ada")
    async with here.serving(), there.serving():
        yield Pair(here, there)


async def closed(live: clients.AgentSocket) -> int | None:
    """The code with which the server ends the socket in time."""
    async with asyncio.timeout(CUT_WITHIN_S):
        await live.line.wait_closed()
    return live.line.close_code


@asynccontextmanager
async def online(operator: Operator, password: str = PASSWORD) -> AsyncIterator[tuple[clients.AgentClient, clients.AgentSocket]]:
    """Ada, with a login of her own and a socket."""
    async with AsyncExitStack() as stack:
        ada = await stack.enter_async_context(clients.agent(operator.base, EMAIL, password))
        yield ada, await stack.enter_async_context(ada.socket())


async def test_new_passwords_and_logouts_cut_the_sockets_of_the_other_server(tmp_path: Path, mongo_uri: str) -> None:
    async with two_servers(tmp_path, mongo_uri) as pair:
        async with online(pair.there) as (_, far), online(pair.here) as (ada, near):
            await ada.call("PUT", "/me/password", {"current": PASSWORD, "password": NEW})
            assert await closed(far) == 4401
            await near.send({"t": "beat"})
            await near.until("beaten")

        async with online(pair.there, NEW) as (ada, far):
            ada.base = pair.here.base
            await ada.call("DELETE", "/session")
            assert await closed(far) == 4401

        async with online(pair.there, NEW) as (_, far), online(pair.here, NEW) as (_, near):
            reset = await pair.here.run("reset-password", "--email", EMAIL)
            assert reset.code == 0, reset.text
            assert [await closed(socket) for socket in (far, near)] == [4401, 4401]


async def test_who_is_switched_off_on_one_server_is_out_on_the_other(tmp_path: Path, mongo_uri: str) -> None:
    async with two_servers(tmp_path, mongo_uri) as pair:
        who = ("--email", "mia@example.com", "--name", "Mia", "--password", PASSWORD)
        assert (await pair.here.run("create-agent", *who)).code == 0
        async with (
            clients.agent(pair.there.base, "mia@example.com", PASSWORD) as mia,
            mia.socket() as far,
            clients.agent(pair.here.base, EMAIL, PASSWORD) as ada,
        ):
            (row,) = [row for row in await ada.call("GET", "/accounts") if row["email"] == "mia@example.com"]
            changed = await ada.call("PATCH", f"/accounts/{row['id']}", {"version": row["version"], "role": "supervisor"})
            await far.until("resync")
            assert (await mia.call("GET", "/session"))["role"] == "supervisor"
            await ada.call("PATCH", f"/accounts/{row['id']}", {"version": changed["version"], "active": False})
            assert await closed(far) == 4401
            with pytest.raises(clients.Refused, match="401"):
                await mia.call("GET", "/session")
