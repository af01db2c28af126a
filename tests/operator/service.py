"""A service of an operator's own: its settings file on free ports, its commands as he types them."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from inbox.store.secrets import make_key
from tests.eventually import PATIENCE_S
from tests.journeys.service import process
from tests.ports import free_ports

CHAT = """
[[channels]]
id = "shop"
connector = "webchat"
name = "Shop chat"
[channels.settings]
origins = ["https://shop.example"]
"""
PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Printed:
    """What a command left."""

    code: int
    text: str


@dataclass
class Operator:
    """Somebody with a settings file in ``folder``; without ``uri`` its database is started by the service."""

    folder: Path
    uri: str = ""
    database: str = "inbox"
    channels: str = CHAT
    key: str = field(default_factory=lambda: make_key("k1"))
    more: str = ""
    name: str = "inbox"

    def __post_init__(self) -> None:
        self.port, self.metrics = free_ports(2)

    @property
    def base(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        """The settings as they stand now."""
        file = self.folder / f"{self.name}.toml"
        file.write_text(
            f"""
[server]
port = {self.port}
public_url = "{self.base}"
drain_seconds = 5
[metrics]
port = {self.metrics}
[mongodb]
uri = "{self.uri}"
database = "{self.database}"
cache_gb = 0.25
[data]
dir = "{self.folder / "data"}"
[secrets]
keys = ["{self.key}"]
{self.more}
{self.channels}
""",
            encoding="utf-8",
        )
        return file

    async def run(
        self, command: str, *arguments: str, environment: Mapping[str, str] | None = None, seconds: float = PATIENCE_S
    ) -> Printed:
        """One command until its end."""
        words = (sys.executable, "-m", "inbox", command, "--config", str(self.file), *arguments)
        env = {**os.environ, "INBOX_ADMIN_PASSWORD": PASSWORD, **(environment or {})}
        child = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=STDOUT, env=env)
        try:
            async with asyncio.timeout(seconds):
                out, _ = await child.communicate()
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return Printed(child.returncode or 0, out.decode())

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """``inbox serve`` until the end of the block; its pid."""
        async with process(("serve", "--config", str(self.file)), self.folder / f"{self.name}.log", self.base) as pid:
            yield pid
