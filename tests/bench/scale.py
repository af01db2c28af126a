"""First pages of lists and searches at 200,000 conversations and 1.5 million messages, for three kinds of readers.

The database is filled once, in some ten minutes, under ``.inbox-bench`` or the folder that ``INBOX_BENCH_DIR`` names; a run
that was ended goes on from there. What is timed is what the API asks the store for one page, everything warm.
``INBOX_BENCH_CONVERSATIONS`` asks for another size.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from inbox.core.permissions import Scope
from inbox.core.views import BUILTIN, View
from inbox.core.words import query
from inbox.store.client import Database, connect
from inbox.store.embedded import EmbeddedMongo
from inbox.store.queries import MongoQueries
from inbox.store.search import MongoSearch
from tests.bench.baseline import report, say
from tests.bench.bulk import fill
from tests.bench.corpus import AGENTS, BLOCK, EDITION, TEAMS, common_word
from tests.bench.world import CACHE_GB

FOLDER: Final = Path(os.environ.get("INBOX_BENCH_DIR", ".inbox-bench"))
CONVERSATIONS: Final = int(os.environ.get("INBOX_BENCH_CONVERSATIONS", "200000"))
PAGE: Final = 50
ROUNDS: Final = 10
VIEW_GOAL_MS: Final = 30
SEARCH_GOAL_MS: Final = 50

ME: Final = AGENTS[0]
VIEWERS: Final[Mapping[str, Scope]] = {
    "admin": Scope(all=True),
    "team agent": Scope(agent=ME, teams=TEAMS[:2], teamless=True),
    "own only": Scope(agent=ME),
}

SEARCHES: Final = (
    "order",  # in 20% of all messages
    "order ",
    "invoice",
    "warranty",
    "zephyranthes",
    f"{common_word('en', 40)} {common_word('en', 90)}",
    "order invoice",
    "warranty invoice",
    '"credit card"',
    '"return label"',
    f'"{common_word("en", 10)} {common_word("en", 14)}"',
    "invo",
    "or",
    "Günther Tanaka",
    "customer12345@mail4.example",
    "from:customer12345@mail4.example",
    "tag:vip order",
    f"#{CONVERSATIONS * 3 // 4}",
    f"{common_word('zh', 5)}{common_word('zh', 9)}",
    f"{common_word('ru', 25)} {common_word('ru', 60)}",
)

Ask = Callable[[], Awaitable[int]]
"""Asks once and says how many rows came."""


async def scale() -> None:
    """Fill if need be, then time lists and searches beside a bare read."""
    async with EmbeddedMongo(FOLDER, cache_gb=CACHE_GB) as uri:
        db = connect(uri, f"scale_{EDITION}_{CONVERSATIONS}")
        try:
            await fill(db, uri, CONVERSATIONS)
            await _measure(db)
        finally:
            await db.client.close()


async def _measure(db: Database) -> None:
    say(f"  load average {os.getloadavg()[0]:.2f}")
    bare = await _bare(db)
    lists = [(view.id, {name: _list(db, view, scope) for name, scope in VIEWERS.items()}) for view in BUILTIN.values()]
    await _compare("first page of a view", lists, bare, VIEW_GOAL_MS)
    search = MongoSearch(db)
    searches = [(text, {name: _search(db, search, text, scope) for name, scope in VIEWERS.items()}) for text in SEARCHES]
    await _compare("first page of a search", searches, bare, SEARCH_GOAL_MS)
    say(f"  load average {os.getloadavg()[0]:.2f}")


async def _bare(db: Database) -> float:
    """Median milliseconds of the plainest read of a page: fifty conversations by id."""
    numbers = random.Random(0).sample(range(1, CONVERSATIONS // BLOCK * BLOCK + 1), PAGE)
    ids = [doc["_id"] for doc in await db["conversations"].find({"number": {"$in": numbers}}, {"_id": 1}).to_list()]
    taken = []
    for _ in range(5 * ROUNDS):
        started = time.perf_counter()
        await db["conversations"].find({"_id": {"$in": ids}}, batch_size=PAGE + 1).to_list()
        taken.append((time.perf_counter() - started) * 1000)
    p50, p95 = _percentiles(taken)
    report(f"bare read of {PAGE} conversations by id", f"p50 {p50:.1f}, p95 {p95:.1f} ms", "-")
    return p50


def _list(db: Database, view: View, scope: Scope) -> Ask:
    queries = MongoQueries(db)

    async def ask() -> int:
        rows, _ = await queries.page(view, scope, ME, None, PAGE)
        return len(rows)

    return ask


def _search(db: Database, search: MongoSearch, text: str, scope: Scope) -> Ask:
    queries = MongoQueries(db)

    async def ask() -> int:
        hits, _ = await search.find(query(text), scope, ME, None, PAGE)
        await queries.conversations([id for id, _ in hits])
        await queries.messages([id for _, id in hits if id is not None])
        return len(hits)

    return ask


async def _compare(what: str, asked: Sequence[tuple[str, Mapping[str, Ask]]], bare: float, goal: float) -> None:
    """All of them for all readers, round after round, the first of which only warms up."""
    taken: dict[tuple[str, str], list[float]] = {(name, viewer): [] for name, asks in asked for viewer in asks}
    rows: dict[tuple[str, str], int] = {}
    for _ in range(ROUNDS + 1):
        for name, asks in asked:
            for viewer, ask in asks.items():
                started = time.perf_counter()
                rows[name, viewer] = await ask()
                taken[name, viewer].append((time.perf_counter() - started) * 1000)
    say(f"{what:<38}" + "".join(f"{viewer + ': rows, p50, p95':>28}" for viewer in VIEWERS))
    for name, _ in asked:
        cells = ((rows[name, viewer], *_percentiles(taken[name, viewer][1:])) for viewer in VIEWERS)
        say(f"  {name:<36}" + "".join(f"{count:>12} {p50:>7.1f} {p95:>7.1f}" for count, p50, p95 in cells))
    for viewer in VIEWERS:
        p50, p95 = _percentiles([ms for (_, who), times in taken.items() if who == viewer for ms in times[1:]])
        report(
            f"{what}, {viewer}", f"p50 {p50:.1f}, p95 {p95:.1f} ms; {p50 / bare:.1f} and {p95 / bare:.1f} of bare", f"p95 < {goal:.0f} ms"
        )


def _percentiles(values: Sequence[float]) -> tuple[float, float]:
    """p50 and p95."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
