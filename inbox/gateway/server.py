"""The agents' sockets: who may open one, its limits, and the two tasks that move frames between socket and session."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import WSMsgType, web

from inbox.core.errors import Denied, TooMany, TryLater, Unauthenticated
from inbox.core.events import EventType
from inbox.core.ids import AgentId
from inbox.core.permissions import Actor
from inbox.flow.feed import Change, Feed
from inbox.gateway.live import Live
from inbox.gateway.outbox import Flusher, Outbox
from inbox.gateway.protocol import MAX_INBOUND_BYTES, CloseCode, Problem, encode
from inbox.gateway.session import Login, Session
from inbox.ports import Clock

CLOSE_WITHIN_S = 5.0
SWEEP_MS = 5_000
CONGESTED_BYTES = 64 * 1024
"""So much may wait in the socket itself before frames wait in the outbox."""
DRAIN_WITHIN_S = 10.0
RETRY_MS = 2_000
SPREAD_MS = 20_000
SPREAD_STEP_MS = 20
"""Fewer clients than it takes to fill the spread come back fifty a second."""

Authenticate = Callable[[str], Awaitable[tuple[Actor, Login]]]
"""The account and login behind a session cookie's value. Raises ``Unauthenticated``."""

_ABOUT_LOGINS = frozenset({EventType.AGENT_CHANGED, EventType.LOGINS_ENDED})
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Limits:
    """What one agent and one process may hold open, and how long a client may take to say who it is."""

    per_agent: int = 5
    sockets: int = 5_000
    identify_within_s: float = 5.0
    ping_every_s: float = 30.0
    recheck_every_ms: int = 60_000


class AgentSockets:
    """``handle`` serves /ws. Refusals before the upgrade leave as the project's errors; the application gives them a status."""

    def __init__(
        self,
        live: Live,
        feed: Feed,
        clock: Clock,
        authenticate: Authenticate,
        own_page: Callable[[web.Request], None],
        cookie: str,
        limits: Limits | None = None,
    ) -> None:
        """``own_page`` raises ``Denied`` for a page or host that is not ours; ``cookie`` is the session cookie's name."""
        self._live = live
        self._clock = clock
        self._authenticate = authenticate
        self._own_page = own_page
        self._cookie = cookie
        self._limits = limits or Limits()
        self._connections: dict[Session, _Connection] = {}
        self._flusher, self._wire = Flusher(), _Wire()
        self._per_agent: Counter[AgentId] = Counter()
        self._doubted: set[Session] = set()
        self._wake = asyncio.Event()
        self._none_open = asyncio.Event()
        self._draining = False
        feed.listen(self._heard)

    @property
    def open(self) -> int:
        """How many sockets are open."""
        return len(self._connections)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One tab, from its request to its end."""
        self._check_page(request)
        token = request.cookies.get(self._cookie, "")
        try:
            actor, login = await self._authenticate(token)
        except Unauthenticated:
            return await self._turn_away(request, "unauthenticated", CloseCode.UNAUTHENTICATED)
        self._check_room()
        if self._per_agent[actor.id] >= self._limits.per_agent:
            return await self._turn_away(request, "too_many", CloseCode.TOO_MANY)
        self._per_agent[actor.id] += 1
        try:
            return await self._serve(request, actor, login, token)
        finally:
            self._per_agent -= Counter([actor.id])

    async def run(self) -> None:
        """Until cancelled: end the connections of logins that are over, looked for every minute and after changes of an
        account, and cut off who does not take the end."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._doubt_regularly())
            tasks.create_task(self._recheck())
            tasks.create_task(self._sweep())

    async def drain(self) -> None:
        """Take no more sockets and send everybody away, to come back one after the other; returns when they are gone."""
        self._draining = True
        step = min(SPREAD_STEP_MS, SPREAD_MS // max(1, len(self._connections)))
        for place, session in enumerate(tuple(self._connections)):
            session.drain(place * step)
        try:
            async with asyncio.timeout(DRAIN_WITHIN_S):
                while self._connections:
                    self._none_open.clear()
                    await self._none_open.wait()
        except TimeoutError:
            log.warning("sockets_left", count=len(self._connections))

    def _check_page(self, request: web.Request) -> None:
        """A cookie is sent along by any page, so that only the Origin tells who opened the socket (RFC 6455, 10.2)."""
        origins = request.headers.getall("Origin", [])
        if len(origins) != 1 or origins[0].strip().lower() in ("", "null"):
            raise Denied("origin")
        self._own_page(request)

    def _check_room(self) -> None:
        if self._draining:
            raise TryLater("restarting", RETRY_MS)
        if len(self._connections) >= self._limits.sockets:
            raise TooMany(SPREAD_MS)

    async def _turn_away(self, request: web.Request, code: str, close: CloseCode) -> web.WebSocketResponse:
        """Said over the socket, because a page cannot read why its upgrade was refused."""
        socket = await self._accept(request)
        try:
            await socket.send_frame(encode(Problem(code, "", fatal=True)), WSMsgType.TEXT)
            await socket.close(code=close, message=code.encode(), drain=False)
        except ConnectionError:
            log.debug("left_before_refusal")
        return socket

    async def _accept(self, request: web.Request) -> web.WebSocketResponse:
        """Upgrade. Unanswered pings end the connection, so that half-open ones do not stay."""
        ping = self._limits.ping_every_s
        socket = web.WebSocketResponse(timeout=CLOSE_WITHIN_S, heartbeat=ping, compress=False, max_msg_size=MAX_INBOUND_BYTES)
        await socket.prepare(request)
        return socket

    async def _serve(self, request: web.Request, actor: Actor, login: Login, token: str) -> web.WebSocketResponse:
        socket = await self._accept(request)
        connection = _Connection(socket, request.transport, self._wire, token)
        session = self._live.open(actor, login, Outbox(connection.write, self._flusher))
        self._connections[session] = connection
        session.greet()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_write(socket, session.outbox))
                await self._read(socket, session)
                session.end()
        finally:
            self._live.close(session)
            del self._connections[session]
            if not self._connections:
                self._none_open.set()
        return socket

    async def _read(self, socket: web.WebSocketResponse, session: Session) -> None:
        """Until the connection ends, from either side."""
        try:
            async with asyncio.timeout(self._limits.identify_within_s):
                first = await socket.receive()
        except TimeoutError:
            return session.outbox.close(CloseCode.IDENTIFY_TIMEOUT, "identify")
        if first.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            await session.receive(first.data)
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await session.receive(message.data)
        return None

    # Logins that end elsewhere

    def _heard(self, changes: Sequence[Change]) -> None:
        agents = {change.event.agent for change in changes if change.event.type in _ABOUT_LOGINS}
        if agents:
            self._doubt({session for session in self._connections if session.agent in agents})

    def _doubt(self, sessions: set[Session]) -> None:
        self._doubted |= sessions
        self._wake.set()

    async def _doubt_regularly(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now() + self._limits.recheck_every_ms)
            self._doubt(set(self._connections))

    async def _sweep(self) -> None:
        """A socket that should be closed has one round to take it."""
        while True:
            await self._clock.sleep_until(self._clock.now() + SWEEP_MS)
            for session, connection in tuple(self._connections.items()):
                if connection.closing:
                    connection.abort()
                connection.closing = session.outbox.code is not None

    async def _recheck(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._doubted:
                await self._recheck_one(self._doubted.pop())

    async def _recheck_one(self, session: Session) -> None:
        """Only whether the login stands; what it may see the hub tells, in the order of the journal."""
        try:
            if session in self._connections:
                await self._authenticate(self._connections[session].cookie)
        except Unauthenticated:
            session.revoke()
        except TryLater as away:
            log.warning("login_not_checked", error=away.code)


async def _write(socket: web.WebSocketResponse, outbox: Outbox) -> None:
    """Send what the line did not take, at the client's pace, and close the socket at the end."""
    try:
        while frames := await outbox.take():
            for frame in frames:
                await socket.send_frame(frame, WSMsgType.TEXT)
        await socket.close(code=outbox.code or CloseCode.RESUME, message=outbox.reason.encode(), drain=False)
    except ConnectionError:
        outbox.close(CloseCode.RESUME)


class _Connection:
    """A socket with its transport. ``write`` goes past aiohttp's writer: driving a coroutine and a task for each frame and
    socket costs twice the sending (``tests/bench/fanout``). Whole frames may be mixed with those the writer sends."""

    __slots__ = ("_socket", "_transport", "_wire", "closing", "cookie")

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, wire: _Wire, cookie: str) -> None:
        self._socket = socket
        self._transport = transport
        self._wire = wire
        self.cookie = cookie
        self.closing = False

    def write(self, frames: Sequence[bytes]) -> bool:
        """All at once; False when the client does not keep up or is gone."""
        transport = self._transport
        if transport is None or self._socket.closed or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > CONGESTED_BYTES:
            return False
        transport.write(self._wire.of(frames))
        return True

    def abort(self) -> None:
        """Cut the line without a word."""
        if self._transport is not None:
            self._transport.abort()


class _Wire:
    """Frames as bytes of the protocol: unmasked text (RFC 6455, 5.2). What many sockets get in one turn is put together once."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._bytes = b""

    def of(self, frames: Sequence[bytes]) -> bytes:
        """The frames one after the other, each with its header."""
        if frames != self._frames:  # the same objects are equal at once
            self._frames = list(frames)
            self._bytes = b"".join([part for frame in frames for part in (_header(len(frame)), frame)])
        return self._bytes


def _header(size: int) -> bytes:
    if size < 126:
        return bytes((0x81, size))
    return b"\x81\x7e" + size.to_bytes(2, "big") if size < 65_536 else b"\x81\x7f" + size.to_bytes(8, "big")
