"""What the bench of large workspaces fills its database with is what the service would have stored."""

from __future__ import annotations

import bson
import pytest

from inbox.flow.indexing import searchable
from inbox.records import CONVERSATIONS, CUSTOMERS, IDENTITIES, MESSAGES, Batch, Put
from inbox.store.client import connect
from inbox.store.journal import MongoJournal
from inbox.store.schema import prepare
from inbox.store.search import MongoSearch
from tests.bench import bulk, corpus


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> corpus.Block:
    """A block of few conversations, some of them long."""
    monkeypatch.setattr(corpus, "BLOCK", 20)
    monkeypatch.setattr(corpus, "MESSAGES_PER_BLOCK", 200)
    return corpus.block(0, 1)


async def test_the_documents_are_those_of_the_service(mongo_uri: str, small: corpus.Block) -> None:
    db = connect(mongo_uri, "bulk")
    try:
        await prepare(db)
        by_id = {c.id: c for c in small.conversations}
        puts = [Put(CONVERSATIONS, c, None) for c in small.conversations] + [Put(MESSAGES, m, None) for m in small.messages]
        puts += [Put(CUSTOMERS, c, None) for c in small.customers] + [Put(IDENTITIES, i, None) for i in small.identities]
        await MongoJournal(db).commit(Batch(puts=puts))
        await MongoSearch(db).index([(c := by_id[m.conversation], m, searchable(c, m)) for m in small.messages])
        for name, made in bulk.documents(small).items():
            stored = {doc["_id"]: doc for doc in await db[name].find().to_list()}
            assert {doc["_id"]: bson.decode(doc.raw) for doc in made} == stored, name
    finally:
        await db.client.drop_database("bulk")
        await db.client.close()


def test_the_same_block_is_the_same_for_ever_and_has_the_words_at_their_rate(small: corpus.Block) -> None:
    assert corpus.block(0, 1) == small
    assert len(small.messages) == 200
    share = sum("order" in m.text.split() for m in small.messages) / len(small.messages)
    assert 0.1 < share < 0.3
