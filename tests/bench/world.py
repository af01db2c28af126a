"""A database and the service for the benches: in this process for a single stage, as a process of its own for the whole path."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from inbox.app.accounts import create_admin
from inbox.app.stores import Stores, open_stores
from inbox.settings import MongoDB, Settings, load
from inbox.settings import Secrets as Keys
from inbox.store.embedded import EmbeddedMongo
from inbox.store.secrets import make_key
from tests.faults.rounds import EMAIL, PASSWORD, settings_file
from tests.faults.server import Server

CACHE_GB = 2.0


@dataclass(frozen=True)
class World:
    """Where the database is, and the folder of this run."""

    uri: str
    folder: Path

    @asynccontextmanager
    async def stores(self, database: str) -> AsyncIterator[Stores]:
        """The stores of an empty database, for a stage measured in this process."""
        settings = Settings(mongodb=MongoDB(uri=self.uri, database=database), secrets=Keys(keys=(make_key("bench"),)))
        async with open_stores(settings) as stores:
            yield stores

    @asynccontextmanager
    async def server(self, database: str) -> AsyncIterator[tuple[Server, str, str]]:
        """The service with the probe channel as a process of its own, and a login."""
        file = settings_file(self.folder, "bench", self.uri, database, make_key("bench"), witness_port=9)
        await create_admin(load(file), EMAIL, "Bench", PASSWORD)
        server = Server(file, load(file).server.public_url)
        await server.start()
        try:
            yield server, EMAIL, PASSWORD
        finally:
            await server.stop()


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """A mongod of the benches' own."""
    async with EmbeddedMongo(folder / "db", cache_gb=CACHE_GB) as uri:
        yield World(uri, folder)


def fresh() -> str:
    """A database name nobody has used."""
    return f"bench_{secrets.token_hex(4)}"
