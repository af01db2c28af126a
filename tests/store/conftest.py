"""One set of ports, filled twice: by dictionaries and by a real MongoDB. Every test of the contract runs on both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from inbox.ports import Accounts, Facts, Files, Journal, Ledger, Notices, Own, PresenceBoard, Queries, Retention, Search
from inbox.store.accounts import MongoAccounts
from inbox.store.client import Database, connect
from inbox.store.directory import MongoDirectory
from inbox.store.facts import MongoFacts
from inbox.store.files import MongoFiles
from inbox.store.journal import MongoJournal
from inbox.store.ledger import MongoLedger
from inbox.store.notices import MongoNotices
from inbox.store.own import MongoOwn
from inbox.store.presence import PresenceDocuments
from inbox.store.queries import MongoQueries
from inbox.store.retention import MongoRetention
from inbox.store.schema import INDEXES, prepare
from inbox.store.search import MongoSearch
from inbox.testing.memory_records import MemoryDirectory
from inbox.testing.memory_store import MemoryStore
from tests.eventually import PATIENCE_S

DATABASE = "contract"
prepared: set[str] = set()
AGAINST_MONGODB = 40
"""Examples of a property that asks the database: each costs a hundred round trips, so the core's hundreds would take an hour."""


@dataclass(frozen=True)
class Store:
    """The ports under test."""

    journal: Journal
    queries: Queries
    ledger: Ledger
    files: Files
    own: Own
    search: Search
    accounts: Accounts
    directory: MongoDirectory | MemoryDirectory
    presence: PresenceBoard
    retention: Retention
    facts: Facts
    notices: Notices


def on_mongodb(db: Database) -> Store:
    """The ports as MongoDB fills them."""
    return Store(
        MongoJournal(db),
        MongoQueries(db),
        MongoLedger(db, PATIENCE_S),
        MongoFiles(db),
        MongoOwn(db),
        MongoSearch(db),
        MongoAccounts(db),
        MongoDirectory(db),
        PresenceDocuments(db),
        MongoRetention(db),
        MongoFacts(db),
        MongoNotices(db),
    )


def in_memory() -> Store:
    """The ports as dictionaries fill them."""
    m = MemoryStore()
    return Store(
        m.journal,
        m.queries,
        m.ledger,
        m.files,
        m.own,
        m.search,
        m.accounts,
        m.directory,
        m.presence,
        m.retention,
        m.facts,
        m.notices,
    )


async def wipe(db: Database) -> None:
    """Empty every collection; quicker than making all the indexes anew."""
    for name in INDEXES:
        await db[name].delete_many({})


@pytest.fixture
async def mongo(mongo_uri: str) -> AsyncIterator[Database]:
    """A prepared, empty database."""
    db = connect(mongo_uri, DATABASE)
    try:
        if mongo_uri not in prepared:
            await prepare(db)
            prepared.add(mongo_uri)
        await wipe(db)
        yield db
    finally:
        await db.client.close()


@pytest.fixture
async def frozen() -> AsyncIterator[Database]:
    """A database whose server takes connections and never says a word."""
    thawed = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await thawed.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    db = connect(f"mongodb://127.0.0.1:{port}/?replicaSet=rs&serverSelectionTimeoutMS=300", DATABASE)
    yield db
    await db.client.close()
    thawed.set()
    server.close()
    await server.wait_closed()


@pytest.fixture(params=["memory", "mongodb"])
def store(request: pytest.FixtureRequest) -> Store:
    """The ports under test, empty."""
    return in_memory() if request.param == "memory" else on_mongodb(request.getfixturevalue("mongo"))
