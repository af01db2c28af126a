"""Web chat on the wire: the visitors' sockets, their uploads and files, and the widget's configuration.

Public, and open to pages of other origins, but only to those the channel lists: the browser's Origin header decides, and what
carries none or ``null`` gets no socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from html import escape
from typing import Final
from urllib.parse import quote, urlsplit

from aiohttp import WSMsgType, web

from inbox.core.errors import Denied, Invalid, NotAuthentic, NotFound
from inbox.core.ids import ChannelId, FileId
from inbox.core.visitor import FILE_LIMIT, PICTURE_TYPES, TEXT_LIMIT, VisitorFile, VisitorId, origin_allowed, picture_matches
from inbox.gateway.visitor_limits import network_of
from inbox.gateway.visitor_protocol import HEARTBEAT_MS, MAX_INBOUND_BYTES, FileRow, Uploaded, WidgetConfig, encode
from inbox.gateway.visitor_session import VisitorSession
from inbox.gateway.visitor_tokens import UploadTicket
from inbox.gateway.visitors import POLICY, Services, VisitorChannel, Visitors
from inbox.ports import Files
from inbox.records import StoredFile

OPEN_WITHIN_S: Final = 10
SEND_WITHIN_S: Final = 20
UPLOAD_WITHIN_S: Final = 300
CONFIG_MAX_AGE_S: Final = 60
HEAD_BYTES: Final = 16
PREFIX: Final = "/chat/"
PAGE: Final = """<!doctype html><html><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark"><title>{title}</title></head>
<body><script src="/widget/widget.js" data-channel="{channel}" data-embed></script></body></html>"""
PAGE_POLICY: Final = "default-src 'none'; script-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'"


class VisitorServer:
    """Routes and their handlers. Errors leave as the project's own; the application's middleware gives them a status."""

    def __init__(
        self,
        services: Services,
        visitors: Visitors,
        files: Files,
        channel: Callable[[ChannelId], VisitorChannel | None],
        address: Callable[[web.Request], str],
    ) -> None:
        """``channel`` finds an enabled web chat; ``address`` is the client's network address, whatever proxies stand before us."""
        self._services = services
        self._visitors = visitors
        self._files = files
        self._find = channel
        self._address = address

    def routes(self) -> list[web.RouteDef]:
        """To be added to the application."""
        return [
            web.get(PREFIX + "{channel}/ws", self.socket),
            web.get(PREFIX + "{channel}/config", self.config),
            web.get(PREFIX + "{channel}/page", self.page),
            web.options(PREFIX + "{channel}/files", self.preflight),
            web.post(PREFIX + "{channel}/files", self.upload),
            web.get(PREFIX + "{channel}/files/{file}", self.file),
        ]

    async def allow_origin(self, request: web.Request, response: web.StreamResponse) -> None:
        """An ``on_response_prepare`` signal: lets pages of the channel's origins read answers, refusals among them (Fetch standard)."""
        if not request.path.startswith(PREFIX):
            return
        response.headers["Vary"] = "Origin"
        channel = self._find(ChannelId(request.match_info.get("channel", "")))
        origin = request.headers.get("Origin")
        if channel and origin and origin_allowed(origin, channel.settings.origins):
            response.headers["Access-Control-Allow-Origin"] = origin

    async def config(self, request: web.Request) -> web.Response:
        """What the launcher needs; nothing in it is secret, so a same-origin request, which carries no Origin, may read it too."""
        channel = self._channel(request)
        if request.headers.get("Origin"):
            _check_origin(request, channel)
        settings = channel.settings
        known = WidgetConfig(
            title=settings.title,
            greeting=settings.greeting,
            accent=settings.accent,
            position=settings.position,
            prechat=settings.prechat,
            identity_required=settings.identity_required,
            files=settings.files,
            file_types=settings.file_types,
            file_limit=FILE_LIMIT,
            text_limit=TEXT_LIMIT,
            theme=settings.theme,
            language=settings.language,
            launcher=settings.launcher,
            agents=settings.agents,
            sound=settings.sound,
            answer_time=settings.answer_time,
            online_text=settings.online_text,
            offline_text=settings.offline_text,
            greetings=settings.greetings,
            greeting_days=settings.greeting_days,
            transcript=self._services.past.mails(),
        )
        headers = {"Cache-Control": f"public, max-age={CONFIG_MAX_AGE_S}"}
        return web.Response(body=encode(known), content_type="application/json", headers=headers)

    async def page(self, request: web.Request) -> web.Response:
        """A page that is nothing but the chat, for an iframe on the channel's sites or as a link."""
        channel = self._channel(request)
        body = PAGE.format(channel=channel.id, title=escape(channel.settings.title or "Chat"))
        sites = " ".join(("'self'", *channel.settings.origins))
        policy = f"{PAGE_POLICY}; connect-src 'self' {_socket_source(request)}; frame-ancestors {sites}"
        return web.Response(text=body, content_type="text/html", headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})

    async def preflight(self, request: web.Request) -> web.Response:
        """May a page of this origin upload? (Fetch standard, 4.8)"""
        _check_origin(request, self._channel(request))
        headers = {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "authorization, content-type",
            "Access-Control-Max-Age": "600",
        }
        return web.Response(headers=headers)

    # Sockets

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """One tab, from its first frame to its end."""
        channel = self._channel(request)
        _check_origin(request, channel)
        ip = self._services.tickets.blind(network_of(self._address(request)))
        with self._visitors.seat(ip):
            socket = web.WebSocketResponse(heartbeat=HEARTBEAT_MS / 1000, compress=False, max_msg_size=MAX_INBOUND_BYTES)
            await socket.prepare(request)
            session = VisitorSession(self._services, self._visitors, channel, ip)
            try:
                async with asyncio.TaskGroup() as tasks:
                    writing = tasks.create_task(_write(request, socket, session))
                    await _read(socket, session)
                    writing.cancel()
            finally:
                session.leave()
        return socket

    # Files

    async def upload(self, request: web.Request) -> web.Response:
        """Store the one file a ticket from the socket allows."""
        channel = self._channel(request)
        _check_origin(request, channel)
        now = self._services.now()
        ticket = self._ticket(request, channel)
        if request.content_length != ticket.size:
            raise Invalid("size", "is not what was announced")
        described = StoredFile(ticket.file, ticket.name, ticket.type, ticket.size, f"visitor:{ticket.visitor}", now)
        async with asyncio.timeout(UPLOAD_WITHIN_S):
            stored = await self._files.store(described, _checked(request.content.iter_chunked(65_536), ticket))
        file = VisitorFile(FileId(stored.id), stored.name, stored.type, stored.size)
        reference = self._services.tickets.reference(VisitorId(ticket.visitor), file, now)
        url = self._services.tickets.address(channel.id, stored.id, now)
        answer = Uploaded(reference, FileRow(stored.id, stored.name, stored.type, stored.size, url))
        return web.Response(body=encode(answer), content_type="application/json")

    async def file(self, request: web.Request) -> web.StreamResponse:
        """One file by its signed address. Pictures may show; all else is a download, and nothing in it may run."""
        id = self._linked(request, self._channel(request))
        file = await self._files.find(id)
        if file is None:
            raise NotFound
        shown = file.type in PICTURE_TYPES
        response = web.StreamResponse(
            headers={
                "Content-Type": file.type if shown else "application/octet-stream",
                "Content-Length": str(file.size),
                "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "cross-origin",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "private, max-age=3600, immutable",
            }
        )
        await response.prepare(request)
        async for chunk in self._files.open(id):
            await response.write(chunk)
        await response.write_eof()
        return response

    def _ticket(self, request: web.Request, channel: VisitorChannel) -> UploadTicket:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            ticket = self._services.tickets.read_upload(shown, self._services.now())
        except NotAuthentic:
            raise Denied("ticket") from None
        if ticket.channel != channel.id:
            raise Denied("ticket")
        return ticket

    def _linked(self, request: web.Request, channel: VisitorChannel) -> str:
        try:
            link = self._services.tickets.read_link(request.query.get("token", ""), self._services.now())
        except NotAuthentic:
            raise Denied("link") from None
        if (link.channel, link.file) != (channel.id, request.match_info["file"]):
            raise Denied("link")
        return link.file

    def _channel(self, request: web.Request) -> VisitorChannel:
        channel = self._find(ChannelId(request.match_info["channel"]))
        if channel is None:
            raise NotFound
        return channel


def _check_origin(request: web.Request, channel: VisitorChannel) -> None:
    """One of the channel's sites, or our own page in a frame on one of them, which only these may show."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc == request.host:
        return
    if not origin_allowed(origin, channel.settings.origins):
        raise Denied("origin")


def _socket_source(request: web.Request) -> str:
    """Our own sockets; some browsers do not count them as 'self' (CSP 3 does)."""
    return f"ws://{request.host} wss://{request.host}"


async def _read(socket: web.WebSocketResponse, session: VisitorSession) -> None:
    """Until the client goes. Who does not say within ten seconds what he wants is sent away."""
    try:
        async with asyncio.timeout(OPEN_WITHIN_S) as deadline:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await session.receive(message.data)
                if session.opened:
                    deadline.reschedule(None)
    except TimeoutError:
        await socket.close(code=POLICY)


async def _write(request: web.Request, socket: web.WebSocketResponse, session: VisitorSession) -> None:
    """Until it is time to close. A client that takes nothing for twenty seconds is cut off; it will ask for what it missed."""
    try:
        while (data := await session.out.next()) is not None:
            async with asyncio.timeout(SEND_WITHIN_S):
                await socket.send_frame(data, WSMsgType.TEXT)
        await socket.close(code=session.out.code or POLICY)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    except ConnectionError:
        return


async def _checked(chunks: AsyncIterator[bytes], ticket: UploadTicket) -> AsyncIterator[bytes]:
    """The chunks, as long as they are what the ticket says; raises ``Invalid`` otherwise, and then nothing may be kept."""
    head, size, looked = b"", 0, False
    async for chunk in chunks:
        size += len(chunk)
        head = head if looked else (head + chunk)[:HEAD_BYTES]
        if not looked and (len(head) == HEAD_BYTES or size == ticket.size):
            looked = True
            if not picture_matches(ticket.type, head):
                raise Invalid("type", "is not what was announced")
        yield chunk
    if size != ticket.size:
        raise Invalid("size", "is not what was announced")
