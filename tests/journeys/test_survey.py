"""A customer who wrote by mail is asked by mail how satisfied he is: scanners that follow the link answer nothing, his button does, and
a service that dies in between asks once and forgets nothing."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import smtplib
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from inbox.app.accounts import create_admin
from inbox.demo.post_office import PostOffice
from inbox.settings import load
from inbox.store.secrets import make_key
from tests import clients
from tests.eventually import eventually
from tests.journeys.service import process
from tests.ports import free_ports

pytestmark = [pytest.mark.slow]
EMAIL, PASSWORD = "agent@journeys.test", "a long enough password"
SUPPORT, CUSTOMER = "support@journeys.test", "ada@customers.test"
SURVEY = {
    "name": "After mail",
    "kind": "csat",
    "again_days": 0,
    "words": {
        "question": "How satisfied are you?",
        "labels": ["Very bad", "Bad", "So-so", "Good", "Very good"],
        "comment_question": "Why?",
        "send": "Send",
        "thanks": "Thank you.",
        "closed": "It is too late to answer.",
    },
}


def settings_file(folder: Path, uri: str, mail_in: int, mail_out: int) -> tuple[Path, str]:
    """A mailbox that takes mail by SMTP and sends by SMTP."""
    web, metrics = free_ports(2)
    base = f"http://127.0.0.1:{web}"
    file = folder / "inbox.toml"
    file.write_text(
        f"""
[server]
port = {web}
public_url = "{base}"
drain_seconds = 5
[metrics]
port = {metrics}
[mongodb]
uri = "{uri}"
database = "survey_{secrets.token_hex(4)}"
[secrets]
keys = ["{make_key("journey")}"]
[[channels]]
id = "support"
connector = "email"
name = "Support"
[channels.settings]
address = "{SUPPORT}"
[channels.settings.listener]
port = {mail_in}
protocol = "smtp"
[channels.settings.smtp]
host = "127.0.0.1"
port = {mail_out}
security = "plain"
""",
        encoding="utf-8",
    )
    return file, base


def write(port: int) -> None:
    """The customer's mail."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = f"Ada <{CUSTOMER}>", SUPPORT, "My tent"
    mail["Message-ID"] = f"<{secrets.token_hex(8)}@customers.test>"
    mail.set_content("The zip is broken.\n")
    with smtplib.SMTP("127.0.0.1", port) as line:
        line.send_message(mail)


def asked(folder: Path) -> list[str]:
    """The links in all mails that asked him."""
    found = []
    for file in sorted(folder.glob("*.eml")):
        body = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
        text = str(body.get_content()) if body is not None else ""
        found += re.findall(r"http://\S+/s/\w+", text)
    return found


async def resolved(agent: clients.AgentClient, mail_in: int) -> str:
    """A survey, a mail, an answer, and the matter is closed; the conversation's id."""
    await agent.call("POST", "/surveys", SURVEY)
    await asyncio.to_thread(write, mail_in)
    rows: list[Any] = await eventually(lambda: _rows(agent), what="the mail on the screen")
    await agent.reply(rows[0]["id"], "We send you a new one.")
    await agent.call("PATCH", f"/conversations/{rows[0]['id']}", {"status": "resolved"})
    return str(rows[0]["id"])


async def _rows(agent: clients.AgentClient) -> list[Any]:
    rows: list[Any] = (await agent.call("GET", "/conversations", view="all"))["rows"]
    return rows


async def score(agent: clients.AgentClient, conversation: str) -> Any:
    """What the agent sees of the rating."""
    return (await agent.call("GET", f"/conversations/{conversation}"))["row"]["rating"]


async def test_asked_once_by_mail_and_only_the_button_answers(mongo_uri: str, tmp_path: Path) -> None:
    mail_in, mail_out = free_ports(2)
    sent = tmp_path / "sent"
    file, base = settings_file(tmp_path, mongo_uri, mail_in, mail_out)
    serve = ("serve", "--config", str(file))
    await create_admin(load(file), EMAIL, "Mira", PASSWORD)
    with PostOffice(sent, "127.0.0.1", mail_out):
        async with process(serve, tmp_path / "one.log", base) as pid, clients.agent(base, EMAIL, PASSWORD) as agent:
            conversation = await resolved(agent, mail_in)
            os.kill(pid, signal.SIGKILL)
        async with process(serve, tmp_path / "two.log", base) as pid, clients.agent(base, EMAIL, PASSWORD) as agent:
            (link,) = await eventually(lambda: asked(sent), what="the question in his mailbox")
            async with aiohttp.ClientSession() as browser:
                for method in ("HEAD", "GET", "GET"):
                    async with browser.request(method, link) as page:
                        assert page.status == 200
                async with browser.post(link, data=b'{"score": 1}', headers={"Content-Type": "application/json"}) as page:
                    assert page.status == 422, "only the page's own button counts"
                assert (await score(agent, conversation))["score"] is None
                async with browser.post(link, data={"score": "4"}) as page:
                    assert "Thank you." in await page.text()
            os.kill(pid, signal.SIGKILL)
        async with process(serve, tmp_path / "three.log", base), clients.agent(base, EMAIL, PASSWORD) as agent:
            assert (await score(agent, conversation))["score"] == 4
            assert (await agent.call("GET", f"/conversations/{conversation}"))["row"]["category"] == "resolved"
            assert len(asked(sent)) == 1, "he is asked once, whatever dies"
