"""A customer with a real mail client, real mail servers in between, an agent: the mail goes both ways and stays one conversation."""

import asyncio
import os
import secrets
import smtplib
import ssl
import subprocess
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from inbox.app.accounts import create_admin
from inbox.settings import load
from tests import clients
from tests.eventually import PATIENCE_S, eventually
from tests.journeys.service import process, settings_file
from tests.peers.mail_server import Mailbox, MailServer, running_mail_server

pytestmark = [pytest.mark.slow, pytest.mark.peer("dovecot", "doveadm", "exim4", "s-nail")]
EMAIL, PASSWORD = "agent@journeys.test", "a long enough password"


def mailbox(server: MailServer, box: Mailbox) -> str:
    """A mailbox of the mail server, as its channel is written into the settings."""
    return f"""
[[channels]]
id = "support"
connector = "email"
name = "Support"
[channels.settings]
address = "{box.address}"
name = "Support"
[channels.settings.imap]
host = "localhost"
port = {server.imaps}
user = "{box.address}"
password = "{box.password}"
ca_file = "{server.ca_file}"
[channels.settings.smtp]
host = "localhost"
port = {server.smtps}
security = "tls"
user = "{box.address}"
password = "{box.password}"
ca_file = "{server.ca_file}"
"""


async def test_a_mail_and_its_answers_are_one_conversation(mongo_uri: str, tmp_path: Path) -> None:
    """Written in a mail program, received by IMAP, answered on the screen's API, answered again by the mail program's own reply."""
    with running_mail_server() as server:
        support, customer = server.add(), server.add()
        file, base = settings_file(tmp_path, mongo_uri, mailbox(server, support))
        await create_admin(load(file), EMAIL, "Mira", PASSWORD)
        async with process(("serve", "--config", str(file)), tmp_path / "serve.log", base), clients.agent(base, EMAIL, PASSWORD) as agent:
            await asyncio.to_thread(_write, server, customer, support.address)
            async with agent.socket() as live:
                await live.follow("all")
                rows = (await agent.call("GET", "/conversations", view="all"))["rows"]
                row = rows[0] if rows else (await live.until("put"))["row"]
                assert row["subject"] == "Zelt kaputt"
                made = await agent.reply(row["id"], "Hello, we **send** you a new one.")
                mails: list[bytes] = await eventually(lambda: _received(server, customer), what="the answer in the mailbox")
                answer = message_from_bytes(mails[0], policy=policy.default)
                assert answer["Subject"] == "Re: Zelt kaputt"
                assert "we send you a new one" in _html(answer).replace("<strong>", "").replace("</strong>", "")
                await asyncio.to_thread(_reply_with_mail_program, server, customer, "Danke, 4711.", tmp_path)
                await live.open(row["id"])
                found: list[clients.Frame] = await eventually(
                    lambda: _messages(agent, row["id"], 3), what="the customer's answer in the conversation"
                )
                assert "Danke, 4711." in found[-1]["text"]
                assert found[-1]["reason"]["code"] == "token", "the reply went to the plus address"
                assert made["message"]["id"] in [m["id"] for m in found]
        assert [flag for flag in server.flags(support) if "Seen" in flag] == [], "nobody else's read marks are touched"


def _html(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None, "the answer has an HTML part"
    return str(body.get_content())


async def _received(server: MailServer, box: Mailbox) -> list[bytes]:
    return await asyncio.to_thread(server.received, box)


async def _messages(agent: clients.AgentClient, conversation: str, count: int) -> list[clients.Frame]:
    items = (await agent.call("GET", f"/conversations/{conversation}/timeline"))["items"]
    messages = [item for item in items if item["t"] == "message"]
    return messages if len(messages) >= count else []


def _write(server: MailServer, customer: Mailbox, to: str) -> None:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = f"Käthe Müller <{customer.address}>", to, "Zelt kaputt"
    mail["Message-ID"] = f"<{secrets.token_hex(8)}@journeys.test>"
    mail.set_content("Der Reißverschluss meines Zelts ist kaputt.\n")
    context = ssl.create_default_context(cafile=str(server.ca_file))
    with smtplib.SMTP_SSL("localhost", server.smtps, context=context) as line:
        line.login(customer.address, customer.password)
        line.send_message(mail)


def _reply_with_mail_program(server: MailServer, customer: Mailbox, text: str, folder: Path) -> None:
    """s-nail opens the customer's mailbox and replies to the newest mail; quote and headers are its own."""
    user = customer.address.replace("@", "%40")
    script = folder / "mailrc"
    script.write_text(
        f"""set v15-compat
set from="Customer <{customer.address}>"
set tls-ca-file={server.ca_file}
set quote
set sendwait
set smtp-auth=login
set mta=smtps://{user}:{customer.password}@localhost:{server.smtps}
""",
        encoding="utf-8",
    )
    mailbox = f"imaps://{user}:{customer.password}@localhost:{server.imaps}/INBOX"
    subprocess.run(
        ["s-nail", "-#", "-f", mailbox],
        input=f"reply $\n{text}\n~.\nx\n".encode(),
        env={**os.environ, "MAILRC": str(script)},
        check=True,
        timeout=PATIENCE_S,
        capture_output=True,
    )
