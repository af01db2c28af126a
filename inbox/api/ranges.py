"""One range of a file's bytes, as players ask for them when somebody jumps ahead (RFC 9110, 14)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Range:
    """Bytes from ``start`` up to, not including, ``end`` of a file of ``size`` bytes."""

    start: int
    end: int
    size: int

    @property
    def header(self) -> str:
        """``Content-Range``."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def wanted(request: web.Request, size: int, tag: str) -> Range | None:
    """The range asked for; None for the whole file. Several at once, what is no range, and a range of another file count as none.

    Raises ``HTTPRequestRangeNotSatisfiable`` for one that lies behind the end.
    """
    unless = request.headers.get("If-Range")
    if "Range" not in request.headers or (unless is not None and unless != f'"{tag}"'):
        return None
    try:
        asked = request.http_range
    except ValueError:
        return None
    start, end, _ = asked.indices(size)
    if start >= end:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return Range(start, end, size)


async def cut(content: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    """The first ``length`` bytes."""
    async for piece in content:
        yield piece[:length]
        length -= len(piece)
        if length <= 0:
            return
