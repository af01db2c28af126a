"""A Bot API server on loopback. Every call is held against the signature of the same method of python-telegram-bot.

It keeps updates until an offset above them is asked for, as Telegram does, and fails the way a test tells it to.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import telegram
from aiohttp import BodyPartReader, web

SENT_AT = 1_795_255_300


@dataclass(frozen=True)
class Call:
    """One call as it came: parameters decoded from JSON or a form, and the bytes of its file."""

    method: str
    fields: dict[str, Any]
    file: bytes = b""
    filename: str = ""
    file_field: str = ""
    file_type: str = ""


@dataclass(frozen=True)
class Trouble:
    """How the next call ends: well, with this status and body, cut off (after it was carried out, if ``done``), or never."""

    kind: Literal["fine", "refused", "html", "cut", "silent"] = "refused"
    status: int = 400
    description: str = "Bad Request"
    parameters: dict[str, int] | None = None
    headers: dict[str, str] | None = None
    done: bool = False


def refused(status: int, description: str, **parameters: int) -> Trouble:
    """Telegram says no."""
    return Trouble("refused", status, description, parameters or None)


@dataclass
class BotApiServer:
    """State of one bot. ``url`` goes into ``base_url``."""

    token: str
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    webhook_info: dict[str, Any] = field(default_factory=dict)
    troubles: dict[str, deque[Trouble]] = field(default_factory=dict)
    next_number: int = 9001
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, *updates: dict[str, Any]) -> None:
        """Something happened at Telegram."""
        self.updates.extend(updates)
        self.arrived.set()

    def fail(self, method: str, *troubles: Trouble) -> None:
        """The next calls of this method end like this."""
        self.troubles.setdefault(method, deque()).extend(troubles)

    def made(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """``/bot<token>/<method>``."""
        if request.match_info["token"] != self.token:
            return _no(401, "Unauthorized")
        call = await _read(request)
        self.calls.append(call)
        wrong = violations(call)
        self.violations.extend(wrong)
        waiting = self.troubles.get(call.method)
        trouble = waiting.popleft() if waiting else None
        if trouble is not None:
            return await self._in_trouble(request, call, trouble)
        return _no(404, "Not Found") if wrong else await self._do(call)

    async def _in_trouble(self, request: web.Request, call: Call, trouble: Trouble) -> web.StreamResponse:
        if trouble.done:
            await self._do(call)
        match trouble.kind:
            case "fine":
                return await self._do(call)
            case "html":
                return web.Response(status=trouble.status, text="<html>Bad gateway</html>", content_type="text/html")
            case "cut":
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case "silent":
                await asyncio.Event().wait()
        return _no(trouble.status, trouble.description, trouble.parameters, trouble.headers)

    async def _do(self, call: Call) -> web.Response:
        handler = getattr(self, f"_{call.method}", None)
        if handler is not None:
            answer: web.Response = await handler(call)
            return answer
        if call.method.startswith("send"):
            self.next_number += 1
            chat = {"id": call.fields["chat_id"], "type": "private"}
            return _yes({"message_id": self.next_number - 1, "date": SENT_AT, "chat": chat})
        return _yes(True)

    async def _getMe(self, call: Call) -> web.Response:
        return _yes({"id": 123456789, "is_bot": True, "first_name": "Shop", "username": "shop_bot"})

    async def _setWebhook(self, call: Call) -> web.Response:
        self.webhook = call.fields
        return _yes(True)

    async def _deleteWebhook(self, call: Call) -> web.Response:
        self.webhook = {}
        return _yes(True)

    async def _getWebhookInfo(self, call: Call) -> web.Response:
        base = {"url": self.webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": 0}
        return _yes(base | self.webhook_info)

    async def _getUpdates(self, call: Call) -> web.Response:
        if self.webhook:
            return _no(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
        offset = call.fields.get("offset", 0)
        self.updates = [update for update in self.updates if update["update_id"] >= offset]
        until = time.monotonic() + call.fields.get("timeout", 0)
        while not self.updates and time.monotonic() < until:
            self.arrived.clear()
            await self.arrived.wait()
        return _yes(self.updates[: call.fields.get("limit", 100)])

    async def _getFile(self, call: Call) -> web.Response:
        id = call.fields["file_id"]
        if id not in self.files:
            return _no(400, "Bad Request: invalid file_id")
        return _yes({"file_id": id, "file_unique_id": f"u{id}", "file_size": len(self.files[id]), "file_path": f"documents/{id} 1.bin"})

    async def download(self, request: web.Request) -> web.Response:
        """``/file/bot<token>/<path>``."""
        id = request.match_info["name"].removesuffix(" 1.bin")
        known = request.match_info["token"] == self.token and id in self.files
        return web.Response(body=self.files[id]) if known else web.Response(status=404)


def violations(call: Call) -> list[str]:
    """What python-telegram-bot would not have sent: unknown methods and parameters, missing ones."""
    method = getattr(telegram.Bot, re.sub(r"(?=[A-Z])", "_", call.method).lower(), None)
    if method is None:
        return [f"unknown method {call.method}"]
    known = inspect.signature(method).parameters
    given = {*call.fields, *([call.file_field] if call.file_field else [])}
    wrong = [f"{call.method}: unknown parameter {name}" for name in sorted(given - known.keys())]
    needed = {name for name, p in known.items() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD and name != "self"}
    return wrong + [f"{call.method}: missing {name}" for name in sorted(needed - given)]


async def _read(request: web.Request) -> Call:
    method = request.match_info["method"]
    if request.content_type == "application/json":
        return Call(method, await request.json())
    fields: dict[str, Any] = {}
    file: dict[str, Any] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        content = bytes(await part.read())
        if part.filename:
            mime = part.headers.get("Content-Type", "")
            file = {"file": content, "filename": part.filename, "file_field": str(part.name), "file_type": mime}
        else:
            fields[str(part.name)] = _decoded(content.decode())
    return Call(method, fields, **file)


def _decoded(text: str) -> Any:
    """Numbers and objects of a form are JSON, the rest is text."""
    return json.loads(text) if re.fullmatch(r"-?\d+|[\[{].*|true|false", text, re.DOTALL) else text


def _yes(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _no(status: int, description: str, parameters: dict[str, int] | None = None, headers: dict[str, str] | None = None) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description} | ({"parameters": parameters} if parameters else {})
    return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def bot_api(token: str) -> AsyncIterator[BotApiServer]:
    """The server while it runs."""
    server = BotApiServer(token)
    app = web.Application(client_max_size=60_000_000)
    app.router.add_post("/bot{token}/{method}", server.handle)
    app.router.add_get("/file/bot{token}/documents/{name}", server.download)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
