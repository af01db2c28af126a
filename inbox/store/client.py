"""The connection to MongoDB, and the border at which its errors become ours."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bson.errors import BSONError
from pymongo import AsyncMongoClient, lock
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    DocumentTooLarge,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
)

from inbox.core.errors import CannotStart, Conflict, InboxError, Invalid, TooLarge, Unavailable

Document = dict[str, Any]
Client = AsyncMongoClient[Document]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]

DUPLICATE_KEY = 11000
_REFUSED = frozenset({13, 18, 8000})
"""Unauthorized, AuthenticationFailed, AtlasError for a wrong password."""
OLDEST_SERVER = (6, 0)

TIMEOUTS: Mapping[str, Any] = {
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 3_000,
    "heartbeatFrequencyMS": 2_000,
    "socketTimeoutMS": 20_000,
    "waitQueueTimeoutMS": 2_000,
}

_P = ParamSpec("_P")
_R = TypeVar("_R")


async def _wait_for(awaited: Awaitable[_R], seconds: float | None) -> _R:
    """As ``asyncio.wait_for`` is from Python 3.12 on: without a task of its own."""
    async with asyncio.timeout(seconds):
        return await awaited


if sys.version_info < (3, 12):
    # The driver waits in conditions with this. Cancelled just as its time is up, the older one leaves its task behind, which then takes
    # the condition's lock for ever: once the database was away for some seconds, no call would come back any more.
    lock.wait_for = _wait_for  # type: ignore[assignment, attr-defined]  # not meant to be replaced


def connect(uri: str, database: str) -> Database:
    """The database, not yet reached; ``await db.client.close()`` ends it. Raises ``CannotStart`` for a URI that makes no sense.

    Every write is majority-committed and journaled and every read sees only such writes, whatever the URI says. Timeouts
    that it gives are kept.
    """
    if not uri.startswith(("mongodb://", "mongodb+srv://")):  # without a scheme the driver takes it for a host's name
        raise _unusable("it must begin with mongodb:// or mongodb+srv://")
    try:
        client: Client = AsyncMongoClient(
            uri,
            appname="inbox",
            w="majority",
            journal=True,
            readConcernLevel="majority",
            retryWrites=True,
            retryReads=True,
            **{name: value for name, value in TIMEOUTS.items() if f"{name}=".lower() not in uri.lower()},
        )
        return client[database]
    except (PyMongoError, ValueError) as error:
        raise _unusable(str(error)) from error


def _unusable(why: str) -> CannotStart:
    return CannotStart(f"mongodb.uri cannot be used: {why}", "Give a URI such as mongodb://host:27017/?replicaSet=rs0")


async def verify(db: Database) -> None:
    """Raises ``CannotStart`` unless the server answers, is new enough and belongs to a replica set, which transactions need."""
    try:
        hello = await db.client.admin.command("hello")
        build = await db.client.admin.command("buildInfo")
    except PyMongoError as error:
        raise _unreachable(error) from error
    if tuple(build["versionArray"][:2]) < OLDEST_SERVER:
        raise CannotStart(f"MongoDB {build['version']} is too old", "Use MongoDB 6.0 or newer.")
    if "setName" not in hello:
        remedy = "Start mongod with --replSet NAME and run rs.initiate() once; one node is enough."
        raise CannotStart("MongoDB does not run as a replica set, so it has no transactions", remedy)


def _unreachable(error: PyMongoError) -> CannotStart:
    """One line of what the driver says in many."""
    if isinstance(error, OperationFailure) and error.code in _REFUSED:
        remedy = "Check user, password and authSource of mongodb.uri, and that this user has the role readWrite on the database."
        return CannotStart("MongoDB refuses the user or the password of mongodb.uri", remedy)
    said = str(error).split(", Timeout:")[0].split(" (configured timeouts")[0].split(", full error:")[0]
    remedy = "Check that the server runs, and host, port and replicaSet in mongodb.uri; rs.initiate() must have been run once."
    return CannotStart(f"MongoDB does not answer: {said}", remedy)


def translate(error: Exception) -> InboxError:
    """Our error for one of the driver's: what was lost to somebody else, what can never be stored, and what may work later."""
    match error:
        case DuplicateKeyError():
            return Conflict("something with this key exists")
        case BulkWriteError() if any(e.get("code") == DUPLICATE_KEY for e in (error.details or {}).get("writeErrors", ())):
            return Conflict("something with this key exists")
        case DocumentTooLarge() | BSONError():
            return TooLarge("This cannot be stored as one document.")
        case OperationFailure() if error.code == 10334:  # BSONObjectTooLarge
            return TooLarge("This cannot be stored as one document.")
        case OperationFailure() if error.has_error_label("TransientTransactionError") and error.code in _OVERTAKEN:
            return Conflict("another transaction was faster")
        case UnicodeEncodeError() | OverflowError():
            return Invalid("", "holds a character or number that cannot be looked up")
        case ConfigurationError():
            return Unavailable(f"database: {error}")
        case _:
            return Unavailable(f"database: {type(error).__name__}")


_FOREIGN = (PyMongoError, BSONError, UnicodeEncodeError, OverflowError)
"""What the driver raises; the last two for strings and numbers BSON does not have."""

_OVERTAKEN = frozenset({24, 112, 246, 251})
"""LockTimeout, WriteConflict, SnapshotUnavailable, NoSuchTransaction."""


def cancellations() -> int:
    """How often the running task was asked to stop."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def heed(before: int) -> None:
    """Stop if the task was asked to since ``before``: below Python 3.12, a ``wait_for`` inside the driver can swallow that."""
    if cancellations() > before:
        raise asyncio.CancelledError


@contextmanager
def border() -> Iterator[None]:
    """Inside, the driver's errors; outside, ours."""
    before = cancellations()
    try:
        yield
    except _FOREIGN as error:
        raise translate(error) from error
    heed(before)


def translated(method: Callable[_P, Coroutine[Any, Any, _R]]) -> Callable[_P, Coroutine[Any, Any, _R]]:
    """The method with its errors translated."""

    @wraps(method)
    async def outside(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with border():
            return await method(*args, **kwargs)

    return outside
