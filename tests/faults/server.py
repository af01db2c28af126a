"""The service as a child process that can be killed, paused and started again on the same data."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

START_SECONDS = 120


class Server:
    """One server process with its settings file. ``failpoint`` and ``plant`` go into its environment."""

    def __init__(self, settings: Path, base: str) -> None:
        self.settings = settings
        self.base = base
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None, "it runs"
        return self._process.pid

    async def start(self, environment: Mapping[str, str] | None = None, *, wait: bool = True) -> None:
        """Start; returns when it takes requests, or has died at its failpoint before."""
        env = {**os.environ, **(environment or {})}
        log = self.settings.with_suffix(".log").open("ab")
        arguments = (sys.executable, "-m", "tests.faults.serve", str(self.settings))
        self._process = await asyncio.create_subprocess_exec(*arguments, env=env, stdout=log, stderr=log)
        log.close()
        if wait:
            await self.ready()

    async def ready(self) -> bool:
        """Whether it came to take requests; False when it died before."""
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as http:
            while self.alive:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{self.base}/health/ready") as answer:
                        if answer.status == 200:
                            return True
                await asyncio.sleep(0.05)
        return False

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    def kill(self) -> None:
        """``kill -9``."""
        if self._process is not None and self.alive:
            self._process.kill()

    def send_signal(self, number: signal.Signals) -> None:
        """SIGSTOP, SIGCONT and the like."""
        if self._process is not None and self.alive:
            self._process.send_signal(number)

    async def dead(self, seconds: float) -> bool:
        """Whether it is dead within so many seconds."""
        assert self._process is not None, "it was started"
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """SIGTERM, and wait until it has drained."""
        if self._process is not None and self.alive:
            self._process.terminate()
            if not await self.dead(40):
                self._process.kill()
                await self._process.wait()
