"""What a start says of a MongoDB that it cannot use: one line without the driver's inner life, and what to do."""

from __future__ import annotations

import pytest
from pymongo.uri_parser import parse_uri

from inbox.core.errors import CannotStart
from inbox.store.client import connect, verify
from tests.faults.rounds import free_ports


# The driver leaves the socket of a probe that its close() came upon to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


async def said(uri: str) -> CannotStart:
    db = connect(uri, "nowhere")
    with pytest.raises(CannotStart) as stopped:
        await verify(db)
    await db.client.close()
    assert "\n" not in str(stopped.value)
    assert len(str(stopped.value)) < 200
    return stopped.value


async def test_a_wrong_password(mongo_uri: str) -> None:
    password = parse_uri(mongo_uri)["password"]
    error = await said(mongo_uri.replace(password, "hunter2"))
    assert str(error) == "MongoDB refuses the user or the password of mongodb.uri"
    assert "authSource" in error.remedy


async def test_nobody_there() -> None:
    (port,) = free_ports(1)
    error = await said(f"mongodb://127.0.0.1:{port}/?replicaSet=rs0&serverSelectionTimeoutMS=300")
    assert str(error).startswith(f"MongoDB does not answer: 127.0.0.1:{port}")
    assert "rs.initiate()" in error.remedy
