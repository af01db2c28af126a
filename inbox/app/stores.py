"""Opens the database, the service's own or the one it is told, everything that reads and writes it, and the way to providers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from inbox.app.outside import Outside
from inbox.core.errors import CannotStart
from inbox.settings import Settings
from inbox.store.accounts import MongoAccounts
from inbox.store.client import Database, connect, verify
from inbox.store.clock import DatabaseClock
from inbox.store.cursors import MongoCursors
from inbox.store.datadir import InUse
from inbox.store.directory import MongoDirectory
from inbox.store.embedded import EmbeddedMongo
from inbox.store.facts import MongoFacts
from inbox.store.files import MongoFiles
from inbox.store.journal import MongoJournal
from inbox.store.ledger import MongoLedger
from inbox.store.migrations import migrate
from inbox.store.notices import MongoNotices
from inbox.store.own import MongoOwn
from inbox.store.presence import PresenceDocuments
from inbox.store.queries import MongoQueries
from inbox.store.retention import MongoRetention
from inbox.store.schema import prepare
from inbox.store.search import MongoSearch
from inbox.store.visitors import MongoVisitors

LEAST_FREE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Stores:
    """The ports as MongoDB fills them, and HTTP to the outside."""

    db: Database
    embedded: EmbeddedMongo | None
    clock: DatabaseClock
    journal: MongoJournal
    ledger: MongoLedger
    retention: MongoRetention
    files: MongoFiles
    queries: MongoQueries
    own: MongoOwn
    notices: MongoNotices
    search: MongoSearch
    accounts: MongoAccounts
    visitors: MongoVisitors
    directory: MongoDirectory
    facts: MongoFacts
    presence: PresenceDocuments
    cursors: MongoCursors
    outside: Outside


@asynccontextmanager
async def open_stores(settings: Settings, *, beside: bool = False) -> AsyncIterator[Stores]:
    """Everything ready to be used: reachable, prepared, migrated, its clock measured. Raises ``CannotStart``.

    ``beside``: a service that runs on the same ``data.dir`` is no obstacle; its database is used and left running.
    """
    if settings.mongodb.uri:
        async with _connected(settings, settings.mongodb.uri, None) as stores:
            yield stores
        return
    if not beside:
        _check_disk(settings)
    own = EmbeddedMongo(settings.data.path, port=settings.mongodb.port or None, cache_gb=settings.mongodb.cache_gb)
    async with AsyncExitStack() as stack:
        try:
            uri = await stack.enter_async_context(own)
            embedded: EmbeddedMongo | None = own
        except InUse:
            if not beside:
                raise
            uri, embedded = own.beside(), None
        yield await stack.enter_async_context(_connected(settings, uri, embedded))


@asynccontextmanager
async def _connected(settings: Settings, uri: str, embedded: EmbeddedMongo | None) -> AsyncIterator[Stores]:
    db = connect(uri, settings.mongodb.database)
    outside = Outside()
    try:
        await verify(db)
        await prepare(db)
        await migrate(db)
        clock = DatabaseClock(db)
        await clock.measure()
        yield Stores(
            db=db,
            embedded=embedded,
            clock=clock,
            journal=MongoJournal(db),
            ledger=MongoLedger(db),
            retention=MongoRetention(db),
            files=MongoFiles(db),
            queries=MongoQueries(db),
            own=MongoOwn(db),
            notices=MongoNotices(db),
            search=MongoSearch(db),
            accounts=MongoAccounts(db),
            visitors=MongoVisitors(db),
            directory=MongoDirectory(db),
            facts=MongoFacts(db),
            presence=PresenceDocuments(db),
            cursors=MongoCursors(db),
            outside=outside,
        )
    finally:
        await outside.close()
        await db.client.close()


def _check_disk(settings: Settings) -> None:
    """A database that runs out of disk dies in the middle; better not to begin."""
    folder = settings.data.path
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        found = f"{free // 2**20} MiB are free, {LEAST_FREE_BYTES // 2**20} are needed"
        remedy = "free some space, or set data.dir to another disk"
        raise CannotStart(f"there is too little room on the disk of {settings.data.path}: {found}", remedy)
