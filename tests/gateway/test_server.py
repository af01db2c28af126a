"""The agents' sockets on the wire: our server, an independent client, loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from inbox.api.errors import status_of
from inbox.api.origin import known_host, require_own_page
from inbox.api.web_settings import WebSettings
from inbox.core.errors import Denied, InboxError, Unauthenticated
from inbox.core.ids import AgentId
from inbox.core.permissions import Actor
from inbox.core.roles import actor_of
from inbox.gateway import protocol as p
from inbox.gateway.server import SWEEP_MS, AgentSockets, Limits
from inbox.gateway.session import FRAMES_PER_MINUTE, Login
from inbox.records import AGENTS
from tests.eventually import PATIENCE_S, eventually
from tests.gateway.live_tab import frames_of
from tests.gateway.live_world import Token, World

COOKIE = "inbox_session"


class Served:
    """The sockets of a world behind a real port."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world = world
        self.logins = {agent: AgentId(agent) for agent in world.tables.of(AGENTS)}
        self.sockets = AgentSockets(world.live, world.feed, world.clock, self.authenticate, self.own_page, COOKIE, limits)
        app = web.Application(middlewares=[_statuses])
        app.router.add_get("/ws", self.sockets.handle)
        self.server = TestServer(app, host="127.0.0.1")

    async def authenticate(self, token: str) -> tuple[Actor, Login]:
        agent = self.world.tables.of(AGENTS).get(self.logins.get(token, ""))
        if agent is None:
            raise Unauthenticated
        return actor_of(agent, {}, {}), Token(f"login-{token}")

    def own_page(self, request: web.Request) -> None:
        settings = WebSettings(public_url=self.origin)
        if not known_host(request, settings):
            raise Denied("host")
        require_own_page(request, settings)

    @property
    def origin(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def connect(self, token: str = "mia", **options: Any) -> connect:
        headers = {"Cookie": f"{COOKIE}={token}"} | options.pop("headers", {})
        options = {"origin": self.origin, "compression": None, "max_size": None, "ping_interval": None, "close_timeout": 1} | options
        return connect(self.origin.replace("http", "ws") + "/ws", additional_headers=headers, **options)


@web.middleware
async def _statuses(request: web.Request, handler: Callable[..., Any]) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except InboxError as error:
        return web.Response(status=status_of(error))
    return response


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
async def served(world: World, limits: Limits) -> AsyncIterator[Served]:
    made = Served(world, limits)
    await made.server.start_server()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.sockets.run())
        yield made
        await made.server.close()
        running.cancel()


async def take(client: ClientConnection, kind: type[Any]) -> Any:
    """The next frame of a kind, passing over others."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            data = await client.recv(decode=False)
            (frame,) = frames_of([data])
            if isinstance(frame, kind):
                return frame


async def say(client: ClientConnection, frame: p.ClientFrame) -> None:
    await client.send(msgspec.json.encode(frame), text=True)


async def identified(client: ClientConnection, *subs: p.SubscribeView | p.SubscribeConversation) -> p.Ready:
    await say(client, p.Identify("csrf", None, subs))
    ready: p.Ready = await take(client, p.Ready)
    return ready


async def code_of(client: ClientConnection) -> int:
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await client.recv(decode=False)
    code = client.close_code
    assert code is not None
    return code


async def status(served: Served, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with served.connect(**options):
            pass
    return refused.value.response.status_code


async def test_an_agent_follows_a_list_over_the_wire(served: Served) -> None:
    async with served.connect() as client:
        assert await take(client, p.Hello) == p.Hello(p.VERSION, p.HEARTBEAT_MS)
        await identified(client, p.SubscribeView("l", "all"))
        await served.world.conversation("c1", subject="Überraschung \u2028 \U0001f600")
        put = await take(client, p.Put)
        assert put.row.subject == "Überraschung \u2028 \U0001f600"
        await say(client, p.Beat())
        assert (await take(client, p.BeatAck)).cursor == {"1": 1}


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://127.0.0.1:1", "http://127.0.0.1.evil.example", "file://", "http://[::1]"]
)
async def test_no_other_page_opens_a_socket(served: Served, origin: str | None) -> None:
    assert await status(served, origin=origin) == 403


async def test_two_origins_are_none(served: Served) -> None:
    assert await status(served, headers={"Origin": served.origin}) == 403


async def test_a_name_that_merely_resolves_to_us_is_refused(served: Served) -> None:
    port = served.server.port
    evil = f"http://rebind.example:{port}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = [
        "GET /ws HTTP/1.1",
        f"Host: rebind.example:{port}",
        f"Origin: {evil}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
        f"Cookie: {COOKIE}=mia",
    ]
    writer.write(("\r\n".join(request) + "\r\n\r\n").encode())
    async with asyncio.timeout(PATIENCE_S):
        line = await reader.readline()
    writer.close()
    assert b" 403 " in line


@pytest.mark.parametrize("token", ["", "nobody", "$gt"])
async def test_without_a_login_the_page_is_told_so(served: Served, token: str) -> None:
    async with served.connect(token) as client:
        assert (await take(client, p.Problem)).code == "unauthenticated"
        assert await code_of(client) == p.CloseCode.UNAUTHENTICATED


class TestShortPatience:
    """With a quarter of a second to say who one is."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(identify_within_s=0.25)

    async def test_who_says_nothing_is_sent_away(self, served: Served) -> None:
        async with served.connect() as client:
            assert await code_of(client) == p.CloseCode.IDENTIFY_TIMEOUT

    async def test_pings_are_not_an_introduction(self, served: Served) -> None:
        async with served.connect() as client:
            await client.ping()
            assert await code_of(client) == p.CloseCode.IDENTIFY_TIMEOUT

    async def test_who_is_identified_may_stay_silent(self, served: Served) -> None:
        async with served.connect() as client:
            await identified(client, p.SubscribeView("l", "all"))
            async with served.connect() as other:
                await code_of(other)
            await served.world.conversation("c1")
            assert (await take(client, p.Put)).row.id == "c1"


class TestFewSockets:
    """Two for an agent."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(per_agent=2, sockets=3)

    async def test_one_agent_does_not_take_all_sockets(self, served: Served) -> None:
        async with served.connect() as one, served.connect() as two:
            async with served.connect() as three:
                assert (await take(three, p.Problem)).code == "too_many"
                assert await code_of(three) == p.CloseCode.TOO_MANY
            async with served.connect("max") as other:
                await identified(other)
                assert await status(served, token="sue") == 429
            await identified(one)
            await identified(two)
        await eventually(lambda: not served.sockets.open)
        async with served.connect() as again:
            await identified(again)


async def test_a_flood_is_cut_off(served: Served) -> None:
    async with served.connect() as client:
        await identified(client)
        for _ in range(FRAMES_PER_MINUTE):
            await say(client, p.Beat())
        assert await code_of(client) == p.CloseCode.TOO_MANY


async def test_an_oversized_frame_is_not_read(served: Served) -> None:
    async with served.connect() as client:
        await identified(client)
        await client.send("x" * (p.MAX_INBOUND_BYTES + 1))
        assert await code_of(client) == 1009


@pytest.mark.parametrize("data", ["", "{", "null", "[]", '{"t":"identify"}', '{"t":"nothing"}', b"\x00\xff"])
async def test_nonsense_first_is_the_end(served: Served, data: str | bytes) -> None:
    async with served.connect() as client:
        await client.send(data)
        assert await code_of(client) == p.CloseCode.MALFORMED


async def test_a_login_that_ends_elsewhere_ends_here_within_a_minute(served: Served) -> None:
    async with served.connect() as client:
        await identified(client)
        del served.logins["mia"]
        await served.world.clock.advance(60_000)
        assert (await take(client, p.Problem)).code == "unauthenticated"
        assert await code_of(client) == p.CloseCode.UNAUTHENTICATED


async def test_a_login_that_ends_with_a_change_of_the_account_ends_at_once(served: Served) -> None:
    async with served.connect() as client, served.connect("max") as other:
        await identified(client)
        await identified(other)
        del served.logins["mia"]
        await served.world.account("mia")
        assert await code_of(client) == p.CloseCode.UNAUTHENTICATED
        await say(other, p.Beat())
        await take(other, p.BeatAck)


async def test_a_login_that_ends_before_identify_opens_nothing(served: Served) -> None:
    async with served.connect() as client:
        await take(client, p.Hello)
        served.world.live.sessions_ended(["login-mia"])
        await say(client, p.Identify("csrf", None, (p.SubscribeView("l", "all"),)))
        assert await code_of(client) == p.CloseCode.UNAUTHENTICATED


async def test_a_database_that_is_away_ends_no_login(served: Served) -> None:
    async with served.connect() as client:
        await identified(client)
        served.world.tables.away = True
        await served.world.clock.advance(60_000)
        served.world.tables.away = False
        await say(client, p.Beat())
        await take(client, p.BeatAck)


async def test_a_slow_reader_is_closed_to_resume_and_a_quick_one_gets_everything(served: Served) -> None:
    async with served.connect("mia", max_queue=1) as slow, served.connect("sue") as quick:
        await identified(slow, p.SubscribeView("l", "all"))
        await identified(quick, p.SubscribeView("l", "all"))
        await served.world.conversation("c0")
        sent, filler = 1, "x" * 50_000
        while served.sockets.open == 2 and sent < 2_000:
            await served.world.change("c0", subject=f"{sent} {filler}")
            sent += 1
            assert (await take(quick, p.Put)).row.version == sent - 1
        assert await code_of(slow) == p.CloseCode.RESUME
        await say(quick, p.Beat())
        await take(quick, p.BeatAck)


async def test_a_reader_that_is_gone_for_good_is_cut_off(served: Served) -> None:
    async with served.connect("mia", max_queue=1) as dead:
        await identified(dead, p.SubscribeView("l", "all"))
        await served.world.conversation("c0")
        filler = "x" * 50_000
        for number in range(400):
            await served.world.change("c0", subject=f"{number} {filler}")
        await served.world.clock.advance(SWEEP_MS)
        assert served.sockets.open == 1, "it had its chance to take the end"
        await served.world.clock.advance(SWEEP_MS)
        await eventually(lambda: not served.sockets.open)
        dead.transport.abort()


async def test_a_drain_sends_everybody_away_one_after_the_other(served: Served) -> None:
    async with served.connect("mia") as one, served.connect("max") as two, served.connect("sue") as three:
        clients = (one, two, three)
        for client in clients:
            await identified(client)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(served.sockets.drain())
            waits = [(await take(client, p.Reconnect)).after for client in clients]
            assert [await code_of(client) for client in clients] == [p.CloseCode.RESTART] * 3
        assert sorted(waits) == [0, 20, 40]
        assert served.sockets.open == 0
        assert await status(served) == 503


async def test_a_client_that_vanishes_leaves_nothing_behind(served: Served) -> None:
    await served.world.conversation("c1")
    client = await served.connect()
    await identified(client, p.SubscribeView("l", "all"), p.SubscribeConversation("t", "c1"))
    sock: socket.socket = client.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    client.transport.abort()
    await eventually(lambda: not served.sockets.open)
    await served.world.message("c1", "m1")


async def test_frames_are_not_compressed(served: Served) -> None:
    async with served.connect(compression="deflate") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
