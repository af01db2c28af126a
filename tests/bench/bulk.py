"""Fills a database with the made-up workspace: the documents that the service would have written, without its commits.

Only what lists and searches read is there: no journal, no ledger, no thread keys. Blocks are written by several processes,
each once; what was begun is written again under the same ids. The indexes are built at the end, which leaves them
tighter than years of single inserts would.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.errors import BulkWriteError

from inbox.core.agent import Agent, Role, Team
from inbox.core.conversation import Conversation
from inbox.core.message import Address, Message
from inbox.core.triage import folded
from inbox.core.words import MAX_WORD, field_words, words
from inbox.flow.indexing import searchable
from inbox.store.client import DUPLICATE_KEY, Database, Document
from inbox.store.documents import document, encoded, raw
from inbox.store.schema import prepare
from inbox.store.sheets import MAX_MESSAGES, Sheet, sheet_id
from tests.bench.baseline import say
from tests.bench.corpus import AGENTS, BLOCK, TAGS, TEAMS, Block, block

DONE = "bench_done"
PROCESSES = os.cpu_count() or 1
EVERY_S = 10.0

Writes = Mapping[str, Sequence[Any]]


async def fill(db: Database, uri: str, conversations: int) -> None:
    """Bring the database to so many conversations, as far as it is not there yet, then build what indexes are missing."""
    blocks = conversations // BLOCK
    done = {doc["_id"] for doc in await db[DONE].find().to_list()}
    left = [n for n in range(blocks) if n not in done]
    if left:
        await _write_all(uri, db.name, blocks, left)
    if "workspace" not in done:
        await _workspace(db)
    started = time.monotonic()
    await prepare(db)
    if time.monotonic() - started > 1:
        say(f"  indexes built in {time.monotonic() - started:.0f} s")


async def _write_all(uri: str, database: str, blocks: int, left: Sequence[int]) -> None:
    """All blocks that are left. Ended early, it waits for those that are being written."""
    started = said = time.monotonic()
    pool = ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn"))
    try:
        loop = asyncio.get_running_loop()
        running = [loop.run_in_executor(pool, _write_block, uri, database, n, blocks) for n in left]
        for count, finished in enumerate(asyncio.as_completed(running), 1):
            await finished
            now = time.monotonic()
            if now - said > EVERY_S or count == len(left):
                said = now
                remaining = (now - started) / count * (len(left) - count)
                say(f"  {blocks - len(left) + count} of {blocks} thousand conversations, {remaining:.0f} s to go")
    finally:
        pool.shutdown(cancel_futures=True)


_clients: dict[str, MongoClient[Document]] = {}


def _write_block(uri: str, database: str, number: int, blocks: int) -> None:
    """In a process of its own. Durability is for the end: a block that was lost is not marked as done, or the mark is lost too."""
    client = _clients.setdefault(uri, MongoClient(uri))
    db = client.get_database(database, write_concern=WriteConcern(w=1, j=False))
    for name, docs in documents(block(number, blocks)).items():
        try:
            db[name].insert_many(docs, ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != DUPLICATE_KEY for e in (error.details or {}).get("writeErrors", ())):
                raise
    client[database][DONE].insert_one({"_id": number})


def documents(made: Block) -> Writes:
    """The block as the service would have stored it."""
    return {
        "customers": [encoded(c) for c in made.customers],
        "identities": [encoded(i) for i in made.identities],
        "conversations": [encoded(c) for c in made.conversations],
        "messages": [encoded(m) for m in made.messages],
        "search": [raw({**page.document(), "v": 1}) for page in pages(made)],
    }


def pages(made: Block) -> Iterable[Sheet]:
    """The search projection of a block. Raises ``AssertionError`` when the short cut here and the indexer disagree."""
    conversations = {c.id: c for c in made.conversations}
    found: dict[str, Sheet] = {}
    held: dict[str, dict[str, bytearray]] = defaultdict(lambda: defaultdict(bytearray))
    for n, message in enumerate(made.messages):
        conversation = conversations[message.conversation]
        said = _searchable(conversation, message)
        if n % 500 == 0:
            assert said == searchable(conversation, message)
        id = sheet_id(conversation.id, message.arrived_at)
        page = found.setdefault(id, Sheet(id, conversation.id, conversation.number))
        place = len(page.messages).to_bytes(2, "little")
        page.messages.append((message.id, message.arrived_at))
        for word in said:
            held[id][word] += place
    for id, page in found.items():
        assert len(page.messages) <= MAX_MESSAGES
        page.postings = {word: bytes(places) for word, places in held[id].items()}
    return found.values()


def _searchable(c: Conversation, m: Message) -> frozenset[str]:
    """``searchable``, each word looked at once per process rather than once per message."""
    found: set[str] = set()
    for part in (m.subject, c.subject, f"#{c.number}", m.text):
        for piece in part.split():
            found |= _of_piece(piece) if len(piece) <= MAX_WORD else words(piece)
    for field, addresses in (("from", (m.sender,) if m.sender else ()), ("to", (*m.to, *m.cc))):
        for address in addresses:
            found |= _of_address(field, address)
    return frozenset(found)


@lru_cache(300_000)
def _of_piece(piece: str) -> frozenset[str]:
    return words(piece)


@lru_cache(10_000)
def _of_address(field: str, address: Address) -> frozenset[str]:
    spoken = f"{address.name} {address.value}"
    return words(spoken) | field_words(field, spoken)


async def _workspace(db: Database) -> None:
    """Accounts, teams and tags."""
    agents = [Agent(id, f"{id}@example.com", id.title(), Role.AGENT, (TEAMS[n % len(TEAMS)],)) for n, id in enumerate(AGENTS)]
    for name, docs in {
        "agents": [document(agent) for agent in agents],
        "teams": [document(Team(id, id.title())) for id in TEAMS],
        "tags": [{"_id": tag, "k_tag": folded(tag)} for tag in TAGS],
        DONE: [{"_id": "workspace"}],
    }.items():
        for doc in docs:
            await db[name].replace_one({"_id": doc["_id"]}, doc, upsert=True)
