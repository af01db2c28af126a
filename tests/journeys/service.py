"""The service as a user starts it, on free ports and with data of its own."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from inbox.demo.start import SETTINGS
from inbox.store.secrets import make_key
from tests.ports import free_ports

START_SECONDS = 240
IDENTITY_SECRET = "a secret of the host site, 32 bytes"
MEMBERS = f"""
[[channels]]
id = "members"
connector = "webchat"
name = "Members' chat"
team = "support"

[channels.settings]
origins = []
identity_secret = "{IDENTITY_SECRET}"
starts_per_ip = 1000
unseen_seconds = 2
"""
"""A chat whose site says who is logged in, and whose visitors are not waited for, beside those of the demo."""


def settings_file(folder: Path, uri: str, more: str) -> tuple[Path, str]:
    """The settings an operator would write, with ``more`` behind those of every service; and where it will be."""
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
database = "journey_{secrets.token_hex(4)}"
[log]
format = "json"
[secrets]
keys = ["{make_key("journey")}"]
{more}""",
        encoding="utf-8",
    )
    return file, base


@dataclass(frozen=True)
class Demo:
    """A running demo: where it is, where mail goes in, and where the mail it sends is kept."""

    base: str
    folder: Path
    mail_port: int

    @property
    def sent(self) -> Path:
        """The folder with what was sent, one file a mail."""
        return self.folder / "data" / "sent"


@asynccontextmanager
async def demo(folder: Path, more: str = "") -> AsyncIterator[Demo]:
    """``inbox demo`` until the end of the block, with ``more`` in its settings."""
    web, metrics, mail, office = free_ports(4)
    text = SETTINGS.read_text(encoding="utf-8")
    for old, new in (("2525", mail), ("2526", office)):
        text = re.sub(rf"port = {old}\b", f"port = {new}", text)
    text = text.replace("8080", str(web))
    base = f"http://127.0.0.1:{web}"
    head = f'[server]\nport = {web}\npublic_url = "{base}"\n[metrics]\nport = {metrics}\n[data]\ndir = "{folder / "data"}"\n'
    settings = folder / "demo.toml"
    settings.write_text(head + more + text + MEMBERS, encoding="utf-8")
    async with process(("demo", "--config", str(settings)), folder / "demo.log", base):
        yield Demo(base, folder, mail)


@asynccontextmanager
async def process(arguments: Sequence[str], log: Path, base: str) -> AsyncIterator[int]:
    """``inbox ARGUMENTS`` as a child, ready when its block begins and drained when it ends; its pid."""
    with log.open("wb") as out:
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", "inbox", *arguments, stdout=out, stderr=out)
    try:
        await _ready(child, base, log)
        yield child.pid
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(child.wait(), 90)
        except TimeoutError:
            os.kill(child.pid, signal.SIGKILL)
            raise


async def _ready(child: asyncio.subprocess.Process, base: str, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as http:
        while child.returncode is None:
            try:
                async with http.get(f"{base}/health/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError(f"it ended before it was ready: {await asyncio.to_thread(_tail, log)}")


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]
