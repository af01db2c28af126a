"""Where HTML is cleaned: small and plain ones in a thread, the others in one limited process that ends when it is idle.

A cleaner's work can be made to grow with the square of its input (measured with nh3 0.3.8: a megabyte of ``&`` takes 14 s, 17 KB
of nested formatting 280 MB), so what is not small gets limits that the system enforces.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process

import msgspec
import structlog

from inbox.api import clean
from inbox.api.clean import MAX_HTML, Job
from inbox.core.errors import Malformed, TooLarge, TooMany

SMALL = 32 * 1024
SMALL_PRODUCT = 200_000
WAITING = 20
ANSWER_SECONDS = 8.0
IDLE_SECONDS = 60.0
JOBS_EACH = 500

_START_TAG = re.compile(r"<[a-z]", re.IGNORECASE)
_FORMATTING = re.compile(r"<(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s>/]", re.IGNORECASE)

log = structlog.get_logger(__name__)


class Cleaner:
    """One child process at most, one job at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._child: Process | None = None
        self._jobs = 0
        self._idle: asyncio.TimerHandle | None = None

    async def clean(self, job: Job) -> str:
        """The harmless part. Raises ``TooLarge``, ``TooMany`` when many wait, ``Malformed`` when it takes too much time or memory."""
        if len(job.html) > MAX_HTML:
            raise TooLarge("The HTML of this message is too large to be shown.")
        if self._waiting >= WAITING:
            raise TooMany(1_000)
        self._waiting += 1
        try:
            async with self._turn:
                if _is_small(job.html):
                    return await asyncio.to_thread(clean.clean, job)
                return await self._outside(msgspec.msgpack.encode(job))
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the child."""
        async with self._turn:
            await self._end()

    async def _outside(self, job: bytes) -> str:
        if self._idle is not None:
            self._idle.cancel()
        if self._child is None or self._child.returncode is not None or self._jobs >= JOBS_EACH:
            await self._end()
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-m", clean.__name__, stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL, cwd="/", env={}
            )
            self._jobs = 0
        self._jobs += 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await _exchange(self._child, job)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            await self._end()
            log.warning("html_not_cleaned", bytes=len(job))
            raise Malformed("The HTML of this message cannot be shown.") from None
        except asyncio.CancelledError:
            await self._end()
            raise
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._stop)
        return answer

    def _stop(self) -> None:
        """The idle child ends itself when its input does."""
        if self._child is not None and self._child.stdin is not None and not self._turn.locked():
            self._child.stdin.close()

    async def _end(self) -> None:
        child, self._child = self._child, None
        if self._idle is not None:
            self._idle.cancel()
        if child is not None:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)  # Process.kill() polls first and would take the exit status from asyncio
            await child.wait()


async def _exchange(child: Process, job: bytes) -> str:
    if child.stdin is None or child.stdout is None:
        raise OSError("the child has no pipes")
    child.stdin.write(len(job).to_bytes(4, "big") + job)
    await child.stdin.drain()
    length = int.from_bytes(await child.stdout.readexactly(4), "big")
    return (await child.stdout.readexactly(length)).decode()


def _is_small(html: str) -> bool:
    """Whether its worst cost is known to be small: the parser may copy every open formatting element into every other element."""
    return len(html) <= SMALL and len(_FORMATTING.findall(html)) * len(_START_TAG.findall(html)) <= SMALL_PRODUCT
