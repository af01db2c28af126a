"""The demo workspace, filled once into a database of its own for all tests that look at it."""

import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from inbox.app.stores import Stores, open_stores
from inbox.core.ids import Instant
from inbox.demo import start
from inbox.demo.post_office import PostOffice
from inbox.demo.workspace import load
from inbox.settings import Settings
from tests.ports import free_ports


def settings_file(folder: Path, mongo_uri: str = "") -> Path:
    """The demo's own settings on free ports, with its data in ``folder`` and a database of its own."""
    server, metrics, into, out = free_ports(4)
    text = start.SETTINGS.read_text(encoding="utf-8")
    text = re.sub(r"\b2525\b", str(into), re.sub(r"\b2526\b", str(out), text))
    head = f"""
[server]
port = {server}
[metrics]
port = {metrics}
[mongodb]
uri = "{mongo_uri}"
database = "demo_{secrets.token_hex(6)}"
[data]
dir = "{folder / "data"}"
"""
    file = folder / "demo.toml"
    file.write_text(head + text, encoding="utf-8")
    return file


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Stores]:
    """The stores, and a post office for what is sent; the database goes at the end."""
    mail = start.mail_of(settings)
    assert mail is not None
    with PostOffice(settings.data.path / "sent", mail.out_host, mail.out_port):
        async with open_stores(settings) as stores:
            yield stores
            await stores.db.client.drop_database(stores.db.name)


@dataclass(frozen=True)
class Filled:
    """A filled workspace. ``seconds`` of the processor are what it took, ``at`` when it began."""

    stores: Stores
    settings: Settings
    seconds: float
    at: Instant


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def filled(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Filled]:
    """The workspace as a newcomer finds it."""
    folder = tmp_path_factory.mktemp("demo")
    settings = start.demo_settings(settings_file(folder, mongo_uri))
    async with opened(settings) as stores:
        began, at = time.process_time(), stores.clock.now()
        await start.fill(settings, stores, load(), lambda done, of: None)
        yield Filled(stores, settings, time.process_time() - began, at)
