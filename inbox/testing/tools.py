"""Tools for a connector under test: a clock that stands, no files, a cursor in memory, no way out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from inbox.connector import Health, Tools
from inbox.core.ids import Instant
from inbox.provider import NO_HTTP, Http
from inbox.testing.memory_records import MemoryCursor


def no_tools(
    now: Instant = 1_795_255_200_000,
    http: Http = NO_HTTP,
    files: Mapping[str, bytes] | None = None,
    reports: list[Health] | None = None,
) -> Tools:
    """Tools that lead nowhere, apart from what is given."""
    stored = dict(files or {})

    async def open_file(file: str) -> AsyncIterator[bytes]:
        yield stored[file]

    def report(health: Health) -> None:
        if reports is not None:
            reports.append(health)

    def link(file: str, name: str) -> str:
        return f"https://inbox.example.test/media/{file}/{name}"

    return Tools(lambda: now, open_file, MemoryCursor(), report, http, link, "https://inbox.example.test/hooks/")
