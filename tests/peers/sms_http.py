"""A provider on loopback: what it does is a function, what goes wrong is a list of troubles that are used up one by one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from aiohttp import web

Accident = Literal["reset", "silence", "reset_after"]
"""The line breaks before anything is done; no answer ever comes; it is done and the line breaks."""


@dataclass
class Trouble:
    """Instead of the right answer this one, once."""

    status: int = 0
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    accident: Accident | None = None


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> list[tuple[str, str]]:
        """Its form."""
        return parse_qsl(self.body.decode(), keep_blank_values=True)


class SmsProvider:
    """Subclasses say what the provider does."""

    def __init__(self) -> None:
        self.base = ""
        self.asked: list[Asked] = []
        self.troubles: deque[Trouble] = deque()
        self._end = asyncio.Event()

    async def do(self, asked: Asked) -> web.Response:
        """The right answer."""
        raise NotImplementedError

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """It listens until the end of the block."""
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            self._end.set()
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        query = parse_qsl(request.query_string, keep_blank_values=True)
        asked = Asked(request.method, request.path, query, dict(request.headers), await request.read())
        self.asked.append(asked)
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is None:
            return await self.do(asked)
        if trouble.accident is None:
            return web.Response(status=trouble.status, text=trouble.body, headers=dict(trouble.headers))
        if trouble.accident == "reset_after":
            await self.do(asked)
        if trouble.accident == "silence":
            await self._end.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
