"""Meta's Graph API on loopback: numbers, pages and accounts that take messages and files, and whatever goes wrong with them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

TOKEN = "EAAGexampletoken0123456789"
PICTURE = b"\x89PNG not really a picture" * 50
Accident = Literal["reset", "silence"]


@dataclass(frozen=True)
class Trouble:
    """Instead of the right answer this one, once. ``accident``: the line breaks after the request, or no answer ever comes.

    With neither all is well.
    """

    status: int = 0
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    accident: Accident | None = None


def refusal(status: int, code: int, subcode: int = 0, details: str = "", message: str = "It was refused", **headers: str) -> Trouble:
    """An error as Meta describes it."""
    error: dict[str, Any] = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": "AbC"}
    error |= {"error_subcode": subcode} if subcode else {}
    error |= {"error_data": {"messaging_product": "whatsapp", "details": details}} if details else {}
    return Trouble(status, json.dumps({"error": error}), {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Asked:
    """One request as it came in; ``form`` the fields of a form, files as bytes."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    payload: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)


class GraphApi:
    """``sent`` are the messages that were accepted, ``media`` the files that can be fetched by id, ``window_open`` whether customers
    have written within 24 hours. ``templates`` are listed in pages of ``page_of_templates``."""

    def __init__(self) -> None:
        self.base = ""
        self.asked: list[Asked] = []
        self.sent: list[dict[str, Any]] = []
        self.media: dict[str, bytes] = {"1003380000001": PICTURE}
        self.troubles: deque[Trouble] = deque()
        self.window_open = True
        self.templates: list[Any] = []
        self.page_of_templates = 100
        self.webhooks: dict[str, str] = {}
        self.me: dict[str, Any] = {"id": "106540352242922", "name": "Tea Shop"}
        self._end = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[GraphApi]:
        """It listens until the end of the block."""
        app = web.Application(client_max_size=30_000_000)
        app.router.add_get("/bytes/{id}", self._bytes)
        app.router.add_get("/public/{path:.*}", self._public)
        app.router.add_route("*", "/v23.0/{path:.+}", self._handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self._end.set()
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = await _asked(request)
        self.asked.append(asked)
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is not None and trouble != Trouble():
            return await self._go_wrong(request, trouble)
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _response(refusal(401, 190, 463, message="Error validating access token: Session has expired"))
        if asked.method == "POST" and asked.path.endswith(("/comments", "/replies")):
            self.sent.append(asked.payload)
            return web.json_response({"id": f"reply_{len(self.sent):02}"})
        return self._answer(asked)

    async def _go_wrong(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        if trouble.accident == "silence":
            await self._end.wait()
        if trouble.accident is not None:
            assert request.transport is not None
            request.transport.abort()
        return _response(trouble)

    def _answer(self, asked: Asked) -> web.Response:
        match asked.method, asked.path.rpartition("/")[2]:
            case "POST", "messages":
                return self._message(asked.payload)
            case "POST", "media":
                id = f"upload-{len(self.media)}"
                self.media[id] = asked.form["file"]
                return web.json_response({"id": id})
            case "POST", "message_attachments":
                id = f"attachment-{len(self.media)}"
                self.media[id] = asked.form["filedata"]
                return web.json_response({"attachment_id": id})
            case "GET", "message_templates":
                return self._templates(int(asked.query.get("after", "0")))
            case "GET", "me":
                return web.json_response(self.me)
            case "GET", id if id in self.media:
                url = f"{self.base}/bytes/{id}"
                return web.json_response({"messaging_product": "whatsapp", "url": url, "mime_type": "image/png", "id": id})
            case "GET", id:
                told = {"webhook_configuration": self.webhooks} if asked.query.get("fields") == "webhook_configuration" else {}
                return web.json_response({"id": id, "display_phone_number": "+49 30 12345670", **told})
        return _response(refusal(400, 100))

    def _templates(self, start: int) -> web.Response:
        end = start + self.page_of_templates
        more = {"next": f"{self.base}/next"} if end < len(self.templates) else {}
        paging = {"cursors": {"before": str(start), "after": str(end)}, **more}
        return web.json_response({"data": self.templates[start:end], "paging": paging})

    def _message(self, payload: dict[str, Any]) -> web.Response:
        tagged = payload.get("tag") == "HUMAN_AGENT" and payload.get("messaging_type") == "MESSAGE_TAG"
        if not self.window_open and not tagged and payload.get("type") != "template":
            if "messaging_product" in payload:
                return _response(refusal(400, 131047, details="More than 24 hours have passed"))
            return _response(refusal(400, 10, 2018278, message="This message is sent outside of allowed window."))
        self.sent.append(payload)
        if "messaging_product" in payload:
            return web.json_response({"messaging_product": "whatsapp", "messages": [{"id": f"wamid.OURS{len(self.sent):02}"}]})
        return web.json_response({"recipient_id": payload["recipient"]["id"], "message_id": f"m_OURS{len(self.sent):02}"})

    async def _bytes(self, request: web.Request) -> web.Response:
        """A medium; its address alone is not enough."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        return web.Response(body=self.media[request.match_info["id"]])

    async def _public(self, request: web.Request) -> web.Response:
        """A medium whose address is enough; a token must not come along."""
        if "Authorization" in request.headers:
            return web.Response(status=400)
        return web.Response(body=PICTURE)


async def _asked(request: web.Request) -> Asked:
    asked = Asked(request.method, request.match_info["path"], dict(request.query), dict(request.headers))
    if request.content_type == "multipart/form-data":
        fields = await request.post()
        asked.form = {k: v.file.read() if isinstance(v, web.FileField) else v for k, v in fields.items()}
    elif request.body_exists:
        asked.payload = await request.json()
    return asked


def _response(trouble: Trouble) -> web.Response:
    return web.Response(status=trouble.status, text=trouble.body, headers=dict(trouble.headers), content_type="application/json")
