"""A commit whose answer is lost on the way is neither forgotten nor done twice; real server, real connection cut at the commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import Enum
from urllib.parse import urlsplit

import pytest

from inbox.core.errors import Unavailable
from inbox.core.ids import ConversationId, DeliveryId
from inbox.records import CONVERSATIONS, Batch, Put
from inbox.store import transaction
from inbox.store.client import Database, connect
from inbox.store.journal import MongoJournal
from inbox.store.ledger import MongoLedger
from inbox.store.queries import MongoQueries
from inbox.testing.builders import a_conversation, a_delivery, an_event
from inbox.testing.clock import START
from tests.eventually import PATIENCE_S
from tests.store.conftest import DATABASE

COMMIT = b"\x10commitTransaction\x00"
"""How the command begins in BSON: an int32 of this name."""
RECORD = b"\x02insert\x00\x0b\x00\x00\x00deliveries\x00"
"""An insert into the ledger."""


class Loss(Enum):
    """What happens to a message that asks for a commit."""

    NOTHING = "passes"
    ANSWER = "reaches the server, but its answer is lost"
    REQUEST = "never reaches the server"


class Relay:
    """Stands between client and server and loses the next ``times`` messages that hold ``marked``, in the way of ``losing``."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.own_port = 0
        self.marked = COMMIT
        self.losing = Loss.NOTHING
        self.times = 0
        self.lost = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the client's, until either end closes it or a message is lost on it."""
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        muted, answered = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            ways = [
                tasks.create_task(self._ask(reader, to_server, muted, answered)),
                tasks.create_task(self._answer(from_server, writer, muted, answered)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        for end in (writer, to_server):
            end.close()

    async def _ask(self, client: asyncio.StreamReader, server: asyncio.StreamWriter, muted: asyncio.Event, answered: asyncio.Event) -> None:
        while message := await _message(client):
            loss = self._loss_of(message)
            if loss is Loss.REQUEST:
                return
            if loss is Loss.ANSWER:
                muted.set()
            server.write(message)
            if loss is Loss.ANSWER:
                await answered.wait()
                return

    async def _answer(
        self, server: asyncio.StreamReader, client: asyncio.StreamWriter, muted: asyncio.Event, answered: asyncio.Event
    ) -> None:
        while part := await server.read(65_536):
            if muted.is_set():
                answered.set()
            else:
                client.write(part)

    def _loss_of(self, message: bytes) -> Loss:
        if self.marked not in message or self.lost == self.times:
            return Loss.NOTHING
        self.lost += 1
        return self.losing


async def _message(client: asyncio.StreamReader) -> bytes:
    """The next whole message of the wire protocol, which begins with its length; empty at the end."""
    try:
        head = await client.readexactly(4)
        return head + await client.readexactly(int.from_bytes(head, "little") - 4)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@pytest.fixture
async def relay(mongo_uri: str, mongo: Database) -> AsyncIterator[Relay]:
    """A relay before the test run's server, whose database is prepared and empty."""
    port = urlsplit(mongo_uri).port
    assert port is not None
    relay = Relay(port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.own_port = server.sockets[0].getsockname()[1]
    yield relay
    server.close()
    await server.wait_closed()


@pytest.fixture
async def relayed(mongo_uri: str, relay: Relay) -> AsyncIterator[Database]:
    """The database, reached through the relay alone."""
    parts = urlsplit(mongo_uri)
    options = "&".join(option for option in parts.query.split("&") if not option.startswith("replicaSet="))
    db = connect(f"mongodb://{parts.username}:{parts.password}@127.0.0.1:{relay.own_port}/?directConnection=true&{options}", DATABASE)
    yield db
    await db.client.close()


BATCH = Batch(puts=[Put(CONVERSATIONS, a_conversation(), None)], events=[an_event(1)])


async def stored(mongo: Database) -> tuple[bool, int]:
    """Whether the conversation is there, and how many entries are."""
    found = await MongoQueries(mongo).conversation(ConversationId("c1"))
    return found is not None, len(await MongoJournal(mongo).events_after({}, 10))


@pytest.mark.parametrize("losing", [Loss.ANSWER, Loss.REQUEST], ids=lambda loss: loss.value)
@pytest.mark.parametrize("times", [1, 3])
async def test_a_commit_is_asked_for_again_until_its_outcome_is_known(
    relayed: Database, relay: Relay, mongo: Database, losing: Loss, times: int
) -> None:
    relay.losing, relay.times = losing, times
    await MongoJournal(relayed).commit(BATCH)
    assert relay.lost == times
    assert await stored(mongo) == (True, 1)


@pytest.mark.parametrize("losing", [Loss.ANSWER, Loss.REQUEST], ids=lambda loss: loss.value)
async def test_a_delivery_whose_first_answer_was_lost_is_still_new(relayed: Database, relay: Relay, mongo: Database, losing: Loss) -> None:
    relay.marked, relay.losing, relay.times = RECORD, losing, 1
    ledger = MongoLedger(relayed, PATIENCE_S)
    assert await ledger.record([(DeliveryId("d1"), a_delivery())]) == [True]
    assert relay.lost == 1
    assert await ledger.record([(DeliveryId("d1"), a_delivery())]) == [False]
    assert len(await MongoLedger(mongo).unsettled(START + 1, 10)) == 1


async def test_a_commit_that_is_never_answered_is_looked_up(
    relayed: Database, relay: Relay, mongo: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "PATIENCE", 0.0)
    relay.losing, relay.times = Loss.ANSWER, 1_000
    await MongoJournal(relayed).commit(BATCH)
    assert relay.lost > 0
    assert await stored(mongo) == (True, 1)


async def test_a_commit_that_never_arrives_is_not_claimed_to_be_stored(
    relayed: Database, relay: Relay, mongo: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "PATIENCE", 0.0)
    relay.losing, relay.times = Loss.REQUEST, 1_000
    with pytest.raises(Unavailable):
        await MongoJournal(relayed).commit(BATCH)
    assert await stored(mongo) == (False, 0)
