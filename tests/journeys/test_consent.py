"""An admin lets the service into a mailbox at a login service; the consent is taken back, given anew, and outlives the process."""

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inbox.app.accounts import create_admin
from inbox.settings import load
from tests import clients
from tests.eventually import eventually
from tests.journeys.service import process, settings_file
from tests.peers.login_service import CLIENT_ID, CLIENT_SECRET, LoginService
from tests.peers.mail_server import PROGRAMS, Mailbox, MailServer, running_mail_server
from tests.peers.token_smtp import TokenSmtp, token_smtp

pytestmark = [pytest.mark.slow, pytest.mark.peer(*PROGRAMS)]
EMAIL, PASSWORD = "agent@journeys.test", "a long enough password"


def mailbox(server: MailServer, box: Mailbox, smtp: TokenSmtp) -> str:
    """A mailbox that is let in by consent, as its channel is written into the settings."""
    return f"""
[[channels]]
id = "support"
connector = "email"
name = "Support"
[channels.settings]
address = "{box.address}"
[channels.settings.imap]
host = "localhost"
port = {server.imaps}
user = "{box.address}"
ca_file = "{server.ca_file}"
[channels.settings.smtp]
host = "127.0.0.1"
port = {smtp.port}
security = "plain"
user = "{box.address}"
[channels.settings.oauth]
name = "Example"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
authorize_url = "{smtp.login.base}/authorize"
token_url = "{smtp.login.base}/token"
scopes = ["mail", "offline_access"]
"""


def deliver(server: MailServer, box: Mailbox, subject: str) -> None:
    head = f"From: Anna <anna@example.org>\r\nTo: {box.address}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.org>\r\n"
    server.save(box, f"{head}\r\nHello\r\n".encode())


async def arrived(agent: clients.AgentClient, subject: str) -> Any:
    async def ask() -> Any:
        rows = (await agent.call("GET", "/conversations", view="all"))["rows"]
        return next((row for row in rows if row["subject"] == subject), None)

    return await eventually(ask, what=f"the conversation {subject}")


async def consent(agent: clients.AgentClient) -> str:
    """What the last page says, when a browser has followed all redirects."""
    async with agent.http.get(f"{agent.base}/oauth/start/support") as page:
        return await page.text()


async def light(agent: clients.AgentClient) -> Any:
    (row,) = (await agent.call("GET", "/bootstrap"))["channels"]
    return row


async def test_a_mailbox_is_let_in_shut_out_and_let_in_again(mongo_uri: str, tmp_path: Path) -> None:
    login, log = LoginService(), tmp_path / "serve.log"
    async with login.running(), token_smtp(login) as smtp:
        with running_mail_server(login.introspection) as server:
            box = server.add()
            file, base = settings_file(tmp_path, mongo_uri, mailbox(server, box, smtp))
            await create_admin(load(file), EMAIL, "Mira", PASSWORD)
            deliver(server, box, "first")
            async with process(("serve", "--config", str(file)), log, base) as pid, clients.agent(base, EMAIL, PASSWORD) as agent:
                await eventually(partial(_says, agent, "Nobody has signed in at Example yet."))
                assert "lets this channel in" in await consent(agent)
                first = await arrived(agent, "first")
                await agent.reply(first["id"], "Welcome")
                await eventually(lambda: len(smtp.mails) == 1)

                login.revoke()
                server.kick(box)
                await agent.reply(first["id"], "And once more")
                deliver(server, box, "second")
                await eventually(partial(_says, agent, "Example asks to sign in again."))
                assert f"{base}/oauth/start/support" in (await light(agent))["remedy"]
                assert len(smtp.mails) == 1
                assert "lets this channel in" in await consent(agent)
                await eventually(lambda: len(smtp.mails) == 2, what="what waited is sent at once")
                await arrived(agent, "second")
                await eventually(partial(_says, agent, ""))
                os.kill(pid, signal.SIGKILL)
            deliver(server, box, "third")
            async with process(("serve", "--config", str(file)), log, base), clients.agent(base, EMAIL, PASSWORD) as agent:
                await arrived(agent, "third")
    assert not any(secret in log.read_text() for secret in ("Bearer", *(grant.refresh for grant in login.grants)))


async def _says(agent: clients.AgentClient, problem: str) -> Any:
    """Whether the channel's light says so; '': nothing is wrong."""
    said = (await light(agent))["problem"]
    return problem in said if problem else not said
