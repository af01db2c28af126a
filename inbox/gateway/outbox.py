"""Frames on their way to one client, bounded: who reads too slowly is closed and comes back for what he missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from inbox.gateway.protocol import CloseCode

MAX_FRAMES = 256
MAX_BYTES = 1024 * 1024

Line = Callable[[Sequence[bytes]], bool]
"""Writes frames to a socket without waiting; False, and nothing is written, when the client does not keep up."""


class Flusher:
    """Once in a turn of the event loop, writes what was offered to any outbox in that turn: a thousand sockets, one callback."""

    def __init__(self) -> None:
        self._due: list[Outbox] = []

    def soon(self, outbox: Outbox) -> None:
        """Flush the outbox at the end of this turn."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._flush)
        self._due.append(outbox)

    def _flush(self) -> None:
        due, self._due = self._due, []
        for outbox in due:
            outbox.flush()


class Outbox:
    """Filled by anybody without waiting. Emptied through ``line`` at the end of each turn; whenever the client does not keep
    up, by the one task that waits in ``take``.

    The bound counts what neither has taken yet. ``code`` is set once the connection is to end; what waits then still goes
    out, except after an overflow, where it is dropped.
    """

    __slots__ = ("_bytes", "_due", "_flusher", "_frames", "_line", "_room", "_waiter", "code", "reason")

    def __init__(self, line: Line | None = None, flusher: Flusher | None = None) -> None:
        self._line = line
        self._flusher = flusher
        self._due = False
        self._frames: list[bytes] = []
        self._bytes = 0
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self.code: int | None = None
        self.reason = ""

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._frames)

    def offer(self, frame: bytes) -> None:
        """Never waits; too much waiting ends the connection, and after its end this does nothing."""
        if self.code is not None:
            return
        if self._full(frame):
            self.close(CloseCode.RESUME, "resume", drop=True)
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        if self._waiter is not None and not self._due:
            if self._flusher is None:
                _wake(self._waiter)
            else:
                self._due = True
                self._flusher.soon(self)

    def flush(self) -> None:
        """Write what waits if the line takes it; once the task is at it, because it was woken or the end has come, it is the task's."""
        self._due = False
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if self._line is not None and self._line(self._frames):
            self._emptied()
        else:
            waiter.set_result(None)

    async def put(self, frame: bytes) -> None:
        """Wait until there is room; for frames of this client alone, never in a fan-out."""
        while self.code is None and self._full(frame):
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await self._room
        self.offer(frame)

    def close(self, code: int, reason: str = "", farewell: bytes = b"", *, drop: bool = False) -> None:
        """End the connection with ``code`` and ``reason`` (RFC 6455, 7.4) once the rest is out; the first call counts.

        ``farewell`` is a last frame, for which there is always room; with ``drop`` nothing else goes out any more.
        """
        if self.code is None:
            self.code, self.reason = code, reason
            if drop:
                self._frames.clear()
            if farewell:
                self._frames.append(farewell)
        for waiting in (self._waiter, self._room):
            if waiting is not None:
                _wake(waiting)

    async def take(self) -> list[bytes]:
        """Everything that waits, as soon as something does; empty when the connection is to be closed now."""
        if not self._frames and self.code is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        taken = self._frames
        self._emptied()
        return taken

    def _emptied(self) -> None:
        self._frames, self._bytes = [], 0
        if self._room is not None:
            _wake(self._room)
            self._room = None

    def _full(self, frame: bytes) -> bool:
        """A single frame always fits, however large."""
        return bool(self._frames) and (len(self._frames) >= MAX_FRAMES or self._bytes + len(frame) > MAX_BYTES)


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
