"""People outside the service, over its public doors only: an agent with cookie and socket, a visitor with the widget's socket."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import websockets
from websockets.asyncio.client import ClientConnection

from tests.eventually import PATIENCE_S

Frame = dict[str, Any]


class Refused(AssertionError):
    """The service answered with an error; ``status`` and the problem's ``code`` say which."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status} {problem}")
        self.status = status
        self.code = problem.get("code", "") if isinstance(problem, dict) else ""
        self.problem = problem


class AgentClient:
    """Somebody who is logged in."""

    def __init__(self, base: str, http: aiohttp.ClientSession, me: Frame) -> None:
        self.base = base
        self.http = http
        self.me = me

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """One call of the API; raises ``Refused``."""
        headers = {"X-CSRF-Token": self.me["csrf"], "Origin": self.base}
        if method == "POST":
            headers["Idempotency-Key"] = secrets.token_hex(16)
        async with self.http.request(method, f"{self.base}/api/v1{path}", json=body, params=query, headers=headers) as answer:
            text = await answer.text()
            content = json.loads(text) if text else None
            if answer.status >= 400:
                raise Refused(answer.status, content)
            return content

    async def reply(self, conversation: str, text: str, client_id: str = "", **more: Any) -> Any:
        """Answer; the same ``client_id`` is the same message."""
        body = {"kind": "reply", "text": text, "client_id": client_id or secrets.token_hex(12), "anyway": True, **more}
        return await self.call("POST", f"/conversations/{conversation}/messages", body)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[AgentSocket]:
        """His live connection, identified."""
        cookie = "; ".join(f"{c.key}={c.value}" for c in self.http.cookie_jar)
        url = self.base.replace("http", "ws", 1) + "/ws"
        async with websockets.connect(url, origin=self.base, additional_headers={"Cookie": cookie}, compression=None) as line:  # type: ignore[arg-type]  # a plain string is an origin
            live = AgentSocket(line)
            await live.until("hello")
            await live.send({"t": "identify", "csrf": self.me["csrf"]})
            live.ready = await live.until("ready")
            yield live


class AgentSocket:
    """Frames of an agent's socket."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.ready: Frame = {}
        self.seen: list[Frame] = []

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        await self.line.send(json.dumps(frame))

    async def follow(self, view: str, sub: str = "list") -> None:
        """Follow a list."""
        await self.send({"t": "view", "view": view, "sub": sub})
        await self.until("subscribed", lambda f: f["sub"] == sub)

    async def open(self, conversation: str, sub: str = "thread") -> None:
        """Follow a conversation."""
        await self.send({"t": "thread", "conversation": conversation, "sub": sub})
        await self.until("subscribed", lambda f: f["sub"] == sub)

    async def until(self, kind: str, fits: Callable[[Frame], bool] = lambda f: True, seconds: float = PATIENCE_S) -> Frame:
        """The next frame of a kind that fits; those before it are kept in ``seen``."""
        async with asyncio.timeout(seconds):
            while True:
                frame: Frame = json.loads(await self.line.recv())
                self.seen.append(frame)
                if frame["t"] == kind and fits(frame):
                    return frame


@asynccontextmanager
async def agent(base: str, email: str, password: str = "inbox-demo") -> AsyncIterator[AgentClient]:
    """Log in."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60), cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.post(f"{base}/api/v1/session", json={"email": email, "password": password}, headers={"Origin": base}) as answer:
            me = await answer.json()
            if answer.status >= 400:
                raise Refused(answer.status, me)
        yield AgentClient(base, http, me)


class VisitorClient:
    """One browser with the widget open. ``token`` is what it keeps for tomorrow."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.token: str | None = None
        self.ready: Frame = {}
        self.seen: list[Frame] = []

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        await self.line.send(json.dumps(frame))

    async def until(self, kind: str, fits: Callable[[Frame], bool] = lambda f: True, seconds: float = PATIENCE_S) -> Frame:
        """The next frame of a kind that fits."""
        async with asyncio.timeout(seconds):
            while True:
                frame: Frame = json.loads(await self.line.recv())
                self.seen.append(frame)
                if frame["t"] == kind and fits(frame):
                    return frame

    async def say(self, text: str, client_id: str = "", **more: Any) -> str:
        """Write a line and wait until the service has it for good; the id under which it was sent."""
        if self.token is None:
            await self.send({"t": "start"})
            self.token = (await self.until("visitor"))["token"]
        client_id = client_id or secrets.token_hex(12)
        await self.send({"t": "say", "client_id": client_id, "text": text, **more})
        await self.until("said", lambda f: f["client_id"] == client_id)
        return client_id


@asynccontextmanager
async def visitor(base: str, channel: str = "shop", token: str | None = None) -> AsyncIterator[VisitorClient]:
    """Open the widget."""
    url = base.replace("http", "ws", 1) + f"/chat/{channel}/ws"
    async with websockets.connect(url, origin=base, compression=None) as line:  # type: ignore[arg-type]  # a plain string is an origin
        client = VisitorClient(line)
        await client.send({"t": "open", "token": token} if token else {"t": "open"})
        client.ready = await client.until("ready")
        client.token = token
        yield client
