"""The baselines, fixed once: 50 tasks, a 300-byte document, the same client settings as the service."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence

from inbox.store.client import Database

TASKS = 50
BYTES = 300
RUNS = 5
DOCUMENT = {"text": "x" * BYTES}


async def per_second(work: Callable[[int], Awaitable[object]], count: int, tasks: int = TASKS) -> float:
    """How many ``work(i)`` a second, ``count`` of them, by so many tasks at once."""
    order = iter(range(count))

    async def worker() -> None:
        for i in order:
            await work(i)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(tasks)))
    return count / (time.perf_counter() - started)


async def bare_inserts(db: Database, run: int, count: int) -> float:
    """``insert_one`` with majority and journal, as the service's client writes."""
    bare = db["bench_bare"]

    async def one(i: int) -> None:
        await bare.insert_one({"_id": f"{run}-{i}", **DOCUMENT})

    return await per_second(one, count)


def spread(values: Sequence[float]) -> str:
    """Median, and from lowest to highest."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2] * 1000, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000


def report(name: str, measured: str, goal: str) -> None:
    """One line."""
    say(f"{name:<46} {measured:<52} goal {goal}")


def say(text: str) -> None:
    """A line that is no figure."""
    print(text, flush=True)  # noqa: T201  what a benchmark is for
