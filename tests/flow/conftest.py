"""A running house for every test of the flow, in memory, and on MongoDB where transactions are the point."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from inbox.store.client import connect
from inbox.store.schema import prepare
from tests.flow.house import House
from tests.store.conftest import Store, in_memory, on_mongodb, wipe

prepared: set[str] = set()


@pytest.fixture
async def mongo_store(mongo_uri: str) -> AsyncIterator[Store]:
    """A prepared, empty database."""
    db = connect(mongo_uri, "flow")
    try:
        if mongo_uri not in prepared:
            await prepare(db)
            prepared.add(mongo_uri)
        await wipe(db)
        yield on_mongodb(db)
    finally:
        await db.client.close()


@pytest.fixture(params=["memory", "mongodb"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """An empty store; the test runs on both."""
    if request.param == "memory":
        return in_memory()
    store: Store = request.getfixturevalue("mongo_store")
    return store


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A running process in memory."""
    async with House(in_memory()).running() as house:
        yield house


@pytest.fixture
async def unrouted(any_store: Store) -> AsyncIterator[House]:
    """A running process that gives out nothing by itself; the test runs on both stores."""
    async with House(any_store).running(without=["router"]) as house:
        yield house
