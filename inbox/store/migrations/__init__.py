"""Steps from one shape of the data to the next. Each only adds, so that the version before keeps running beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from pymongo import timeout

from inbox.core.errors import CannotStart
from inbox.store.client import Database
from inbox.store.migrations import (
    m0001_baseline,
    m0002_rank_by_waiting,
    m0003_lists_share_indexes,
    m0004_lists_of_tags,
    m0005_pressing,
    m0006_tags_are_entries,
    m0007_scheduled,
    m0008_evenings,
    m0009_channels,
)

STEPS: Final[tuple[Callable[[Database], Awaitable[None]], ...]] = (
    m0001_baseline.expand,
    m0002_rank_by_waiting.expand,
    m0003_lists_share_indexes.expand,
    m0004_lists_of_tags.expand,
    m0005_pressing.expand,
    m0006_tags_are_entries.expand,
    m0007_scheduled.expand,
    m0008_evenings.expand,
    m0009_channels.expand,
)
"""Step ``n`` leads to version ``n``, counted from 1; each may run several times, also on several servers at once."""

LONGEST_STEP_S: Final = 24 * 60 * 60.0
BESIDE: Final = timedelta(days=1)
"""For how long servers of the version before may run on beside the first one of this version."""


async def migrate(db: Database) -> None:
    """Take every step that was not taken, and again those that an older version's data took a short time ago: its servers may have stored
    in the old shape since. Raises ``CannotStart`` if the data is of a version two or more ahead of this one."""
    stored = await db["meta"].find_one({"_id": "schema"}) or {}
    at, taken = int(stored.get("version", 0)), stored.get("taken", {})
    if at > len(STEPS) + 1:
        remedy = "Start the newer version again, or restore a backup made by this one."
        raise CannotStart(f"the data is of version {at}, this program knows {len(STEPS)}", remedy)
    hello = await db.command("hello")
    for version, step in enumerate(STEPS, 1):
        first = taken.get(str(version))
        if version <= at and (first is None or hello["localTime"] - first > BESIDE):
            continue
        with timeout(LONGEST_STEP_S):  # instead of the socket's: over millions of documents it takes minutes
            await step(db)
        done: dict[str, Any] = {"version": {"$max": ["$version", version]}}
        if at:  # a new database has no servers of a version before
            done[f"taken.{version}"] = {"$ifNull": [f"$taken.{version}", "$$NOW"]}
        await db["meta"].update_one({"_id": "schema"}, [{"$set": done}], upsert=True)
