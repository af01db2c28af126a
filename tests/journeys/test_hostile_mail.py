"""Mails that break and exhaust, through mailbox and listener into the running service: each is shown, none holds up the next.

``python -m pytest -s`` prints how long each took until an agent could see it, and what the service used at most.
"""

import asyncio
import secrets
import smtplib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inbox.app.accounts import create_admin
from inbox.settings import load
from inbox.store.secrets import make_key
from tests import clients
from tests.eventually import eventually
from tests.journeys.service import process
from tests.peers.mail_server import Mailbox, MailServer, running_mail_server
from tests.ports import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.peer("dovecot", "doveadm", "exim4")]
EMAIL, PASSWORD = "agent@journeys.test", "a long enough password"
ADDRESS = "support@example.test"
MOST_MEMORY = 600 << 20
"""Of the service's own process; the parser has processes of its own with 1 GiB each."""


def head(name: str, sender: str = "Jo <jo@customer.test>") -> bytes:
    return f"From: {sender}\r\nTo: {ADDRESS}\r\nSubject: {name}\r\nMessage-ID: <{secrets.token_hex(8)}@customer.test>\r\n".encode()


def attached(name: str, size: int) -> bytes:
    """A mail of about so many bytes, nearly all of them a file."""
    mime = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\n'
    file = b'Content-Type: video/mp4; name="film.mp4"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + (b"QUJD" * 19 + b"\r\n") * (
        size // 78
    )
    return head(name) + mime + file + b"--b--\r\n"


def hostile() -> dict[str, tuple[bytes, str]]:
    """Mails by the beginning of their subject, and what is said of each."""
    parts = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n"
    words = b" ".join([b"words", *[b"=?utf-8?q?w=C3=B6rter?="] * 22_000])
    plain, html = (b"Content-Type: text/" + kind + b"; charset=" for kind in (b"plain", b"html"))
    nobody = head("addresses that are none", '"<<>>" <@,:x@[::> (((') + b"Reply-To: a@[::\r\nCc: " + b"(" * 20_000 + b"\r\n"
    return {
        "34 MB": (attached("34 MB", 34_000_000), ""),
        "38 MB": (attached("38 MB", 38_000_000), "too_large"),
        "80 MB": (attached("80 MB", 80_000_000), "too_large"),
        "500 KB of subject": (head("500 KB of subject " + "x" * 500_000) + b"\r\nhello\r\n", "header_too_large"),
        "encoded words": (head("encoded words").replace(b"words", words, 1) + b"\r\nhello\r\n", "header_too_large"),
        "100,000 parts": (head("100,000 parts") + parts, "too_many_parts"),
        "broken charset": (head("broken charset") + plain + b"x-evil\r\n\r\nGr\xfc\xdfe \xff\xfe\r\n", ""),
        "a lie about the charset": (head("a lie about the charset") + html + b"utf-16\r\n\r\n<p>hello\r\n", ""),
        "raw bytes in the head": (head("raw bytes in the head").replace(b"Jo", b"\xff\xfe\x80J"), ""),
        "addresses that are none": (nobody + b"\r\nhello\r\n", ""),
        "no colon": (head("no colon") + b"this is no field\r\n\r\nhello\r\n", ""),
    }


def settings(folder: Path, uri: str, server: MailServer, box: Mailbox, port: int) -> tuple[Path, str]:
    web, metrics = free_ports(2)
    base = f"http://127.0.0.1:{web}"
    file = folder / "inbox.toml"
    file.write_text(
        f"""
[server]
port = {web}
public_url = "{base}"
[metrics]
port = {metrics}
[mongodb]
uri = "{uri}"
database = "hostile_{secrets.token_hex(4)}"
[secrets]
keys = ["{make_key("hostile")}"]
[[channels]]
id = "support"
connector = "email"
name = "Support"
[channels.settings]
address = "{ADDRESS}"
aliases = ["{box.address}"]
[channels.settings.listener]
port = {port}
protocol = "smtp"
[channels.settings.imap]
host = "localhost"
port = {server.imaps}
user = "{box.address}"
password = "{box.password}"
ca_file = "{server.ca_file}"
""",
        encoding="utf-8",
    )
    return file, base


def hand_over(port: int, mail: bytes) -> None:
    """As a mail server would."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as line:
        refused = line.sendmail("jo@customer.test", [ADDRESS], mail, mail_options=["BODY=8BITMIME"])
        assert refused == {}


def most_memory(pid: int) -> int:
    """The most that a process ever held, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) << 10


async def shown(agent: clients.AgentClient, name: str) -> dict[str, Any]:
    """The only message of the conversation whose subject begins so; empty as long as there is none."""
    rows = (await agent.call("GET", "/conversations", view="all"))["rows"]
    row = next((row for row in rows if row["subject"].startswith(name)), None)
    if row is None:
        return {}
    items = (await agent.call("GET", f"/conversations/{row['id']}/timeline"))["items"]
    (message,) = [item for item in items if item["t"] == "message"]
    return dict(message)


async def seen(agent: clients.AgentClient, name: str) -> dict[str, Any]:
    """That message once the agent can see it."""
    found: dict[str, Any] = await eventually(lambda: shown(agent, name), what=name)
    return found


@pytest.mark.parametrize("way", ["mailbox", "listener"])
async def test_each_is_shown_and_none_holds_up_the_next(mongo_uri: str, tmp_path: Path, way: str) -> None:
    mails = hostile()
    with running_mail_server() as server:
        box, (port,) = server.add(), free_ports(1)
        file, base = settings(tmp_path, mongo_uri, server, box, port)
        await create_admin(load(file), EMAIL, "Mira", PASSWORD)
        give: Callable[[bytes], None] = (lambda mail: server.save(box, mail)) if way == "mailbox" else (lambda mail: hand_over(port, mail))
        serving = process(("serve", "--config", str(file)), tmp_path / "serve.log", base)
        async with serving as pid, clients.agent(base, EMAIL, PASSWORD) as agent:
            began = time.monotonic()
            took: dict[str, float] = {}
            for name, (mail, unreadable) in mails.items():
                since = time.monotonic()
                await asyncio.to_thread(give, mail)
                found = await seen(agent, name)
                took[name] = time.monotonic() - since
                assert found["unreadable"] == unreadable, name
                assert found["raw"]
            (film,) = (await shown(agent, "34 MB"))["attachments"]
            assert 24_000_000 < film["size"] < 26_000_000
            again = [mail.replace(b"Message-ID: <", b"Message-ID: <again-") for mail, _ in mails.values()]
            await asyncio.gather(*(asyncio.to_thread(give, mail) for mail in again))
            since = time.monotonic()
            await asyncio.to_thread(give, head("a plain one") + b"\r\nhello\r\n")
            await seen(agent, "a plain one")
            took["a plain one behind all of them at once"] = time.monotonic() - since
            memory = most_memory(pid)
        lines = [f"{way} {seconds:6.2f} s  {name}\n" for name, seconds in took.items()]
        sys.stdout.writelines([*lines, f"{way} {time.monotonic() - began:.1f} s, at most {memory >> 20} MiB\n"])
        assert memory < MOST_MEMORY
