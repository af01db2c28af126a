"""Web chat over real sockets: a client that is not ours talks to the server on loopback."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from inbox.api.errors import status_of
from inbox.core.errors import InboxError
from inbox.core.ids import ChannelId, FileId
from inbox.core.message import Attachment
from inbox.gateway import visitor_server, visitors
from inbox.gateway.visitor_protocol import MAX_INBOUND_BYTES
from inbox.gateway.visitor_server import VisitorServer
from inbox.gateway.visitors import VisitorChannel
from inbox.testing.memory_records import MemoryFiles
from inbox.testing.tables import Tables
from tests.eventually import PATIENCE_S, eventually
from tests.gateway.visitor_world import SHOP, World

ORIGIN = "https://shop.example"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)


@web.middleware
async def as_status(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    try:
        return await handler(request)
    except InboxError as error:
        return web.Response(status=status_of(error), text=error.code)


@dataclass
class Served:
    """A running server and the world behind it."""

    world: World
    files: MemoryFiles
    port: int

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, *, channel: str = "shop", origin: str | None = ORIGIN) -> Any:
        headers = {"Origin": origin} if origin is not None else {}
        return connect(f"ws://127.0.0.1:{self.port}/chat/{channel}/ws", additional_headers=headers, compression="deflate")

    @contextlib.asynccontextmanager
    async def writer(self) -> AsyncIterator[ClientConnection]:
        async with self.connect() as socket:
            await ask(socket, {"t": "open"})
            await ask(socket, {"t": "start"})
            yield socket


async def ask(socket: ClientConnection, frame: dict[str, Any]) -> dict[str, Any]:
    """Send a frame and read the next one that comes."""
    await socket.send(json.dumps(frame))
    return await read(socket)


async def read(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        frame: dict[str, Any] = json.loads(await socket.recv())
        return frame


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    world, files = World(), MemoryFiles(Tables())
    server = VisitorServer(
        world.services,
        world.visitors,
        files,
        {id: VisitorChannel(id, world.channel.settings, world.channel.address_kind) for id in (SHOP, ChannelId("help"))}.get,
        lambda request: request.remote or "",
    )
    app = web.Application(middlewares=[as_status])
    app.add_routes(server.routes())
    app.on_response_prepare.append(server.allow_origin)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield Served(world, files, runner.addresses[0][1])
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Origin": ORIGIN}) as session:
        yield session


async def test_a_line_goes_in_and_an_answer_comes_out(served: Served) -> None:
    async with served.connect() as socket:
        assert (await ask(socket, {"t": "open"}))["visitor"] == "unknown"
        token = (await ask(socket, {"t": "start"}))["token"]
        said = await ask(socket, {"t": "say", "client_id": "line-0001", "text": "Hello?"})
        assert said["t"] == "said"
        served.world.place()
        assert (await read(socket))["row"]["id"] == said["id"]
        (visitor,) = served.world.store.stored
        served.world.answer(visitor, "Hello!")
        assert (await read(socket))["row"]["text"] == "Hello!"
    async with served.connect() as socket:
        ready = await ask(socket, {"t": "open", "token": token, "have": {said["id"]: 1}})
        assert [row["text"] for row in ready["messages"]] == ["Hello!"]


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "https://shop.example.evil.example", "http://shop.example"])
async def test_pages_that_are_not_listed_get_no_socket(served: Served, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await served.connect(origin=origin)
    assert refused.value.response.status_code == 403


async def test_a_channel_that_is_not_there_gets_no_socket(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await served.connect(channel="nowhere")
    assert refused.value.response.status_code == 404


async def test_frames_are_not_compressed_and_kept_small(served: Served) -> None:
    async with served.connect() as socket:
        assert socket.protocol.extensions == []
        await ask(socket, {"t": "open"})
        await socket.send("x" * (MAX_INBOUND_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await read(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_hostile_frames_are_refused_and_the_socket_stays(served: Served) -> None:
    async with served.connect() as socket:
        await ask(socket, {"t": "open"})
        for data in ("", "{", "[" * 5000, '{"t":"say"}', "\x00", b"\xff\xfe", b'{"t":"start"', '{"t":"open","token":{"$ne":null}}'):
            await socket.send(data)
            assert (await read(socket))["code"] == "malformed"
        assert (await ask(socket, {"t": "beat"}))["t"] == "beaten"


async def test_too_many_sockets_of_one_address_are_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "SOCKETS_PER_IP", 2)
    async with served.connect(), served.connect():
        with pytest.raises(InvalidStatus) as refused:
            await served.connect()
        assert refused.value.response.status_code == 429
    await eventually(lambda: not served.world.visitors.sockets, what="the places to be free again")
    async with served.connect() as socket:
        assert (await ask(socket, {"t": "open"}))["t"] == "ready"


async def test_who_says_nothing_is_sent_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_server, "OPEN_WITHIN_S", 0.05)
    async with served.connect() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await read(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == visitors.POLICY


async def test_a_flooding_client_is_told_and_cut_off_while_others_go_on(served: Served) -> None:
    async with served.writer() as calm, served.connect() as flood:
        await ask(flood, {"t": "open"})
        with contextlib.suppress(ConnectionClosed):
            for _ in range(2000):
                await flood.send('{"t":"typing"}')
        kinds = set()
        with contextlib.suppress(ConnectionClosed):
            while True:
                kinds.add((await read(flood))["t"])
        assert flood.close_code == visitors.POLICY
        assert kinds == {"refused", "slow_down"}
        assert (await ask(calm, {"t": "say", "client_id": "line-0001", "text": "still here"}))["t"] == "said"


async def test_a_client_that_does_not_read_is_cut_off_and_holds_up_nobody(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_server, "SEND_WITHIN_S", 0.2)
    async with served.writer() as deaf, served.writer() as other:
        first, second = served.world.store.stored
        deaf.transport.pause_reading()
        for _ in range(600):
            served.world.answer(first, "x" * 20_000)
            await asyncio.sleep(0)
        served.world.answer(second, "for you")
        assert (await read(other))["row"]["text"] == "for you"
        await eventually(lambda: served.world.visitors.tabs(served.world.channel.id, first) == (), what="the deaf one to be dropped")
        deaf.transport.abort()


async def test_draining_closes_with_the_code_for_restarting(served: Served) -> None:
    async with served.writer() as socket:
        served.world.visitors.drain(iter([700]))
        assert await read(socket) == {"t": "reconnect", "after": 700}
        with pytest.raises(ConnectionClosed):
            await read(socket)
        assert socket.close_code == visitors.RESTARTING


async def test_only_visitors_of_a_channel_that_changed_come_anew(served: Served) -> None:
    async with served.writer() as socket:
        served.world.visitors.drain(iter([100]), ChannelId("another"))
        served.world.visitors.drain(iter([700]), served.world.channel.id)
        assert await read(socket) == {"t": "reconnect", "after": 700}


class TestConfig:
    """What the launcher reads before anybody clicks."""

    async def test_it_is_readable_for_listed_pages(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with http.get(f"{served.http}/chat/shop/config") as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert "Origin" in answer.headers["Vary"]
            config = await answer.json()
        assert config["accent"] == "#2257bf"
        assert "identity_secret" not in json.dumps(config)

    async def test_same_origin_requests_carry_no_origin_and_are_fine(self, served: Served) -> None:
        async with aiohttp.ClientSession() as plain, plain.get(f"{served.http}/chat/shop/config") as answer:
            assert answer.status == 200
            assert "Access-Control-Allow-Origin" not in answer.headers

    async def test_other_pages_are_refused(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with http.get(f"{served.http}/chat/shop/config", headers={"Origin": "https://evil.example"}) as answer:
            assert (answer.status, "Access-Control-Allow-Origin" in answer.headers) == (403, False)


class TestFiles:
    """Uploads by ticket, downloads by signed address."""

    async def ticket(self, socket: ClientConnection, size: int = len(PNG), type: str = "image/png", name: str = "Straße.png") -> str:
        asked = {"t": "upload", "client_id": "file-0001", "name": name, "type": type, "size": size}
        return str((await ask(socket, asked))["ticket"])

    async def test_a_picture_goes_up_and_can_be_seen(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with served.writer() as socket:
            bearer = {"Authorization": f"Bearer {await self.ticket(socket)}"}
            async with http.post(f"{served.http}/chat/shop/files", data=PNG, headers=bearer) as answer:
                assert answer.status == 200
                uploaded = await answer.json()
            said = await ask(socket, {"t": "say", "client_id": "line-0001", "files": [uploaded["ref"]]})
            assert said["t"] == "said"
        async with http.get(served.http + uploaded["file"]["url"]) as shown:
            assert await shown.read() == PNG
            assert shown.content_type == "image/png"
            assert shown.headers["Content-Disposition"] == f"inline; filename*=UTF-8''{quote('Straße.png')}"
            assert "sandbox" in shown.headers["Content-Security-Policy"]
            assert shown.headers["X-Content-Type-Options"] == "nosniff"
        (stored,) = served.files.all
        assert stored.owner == f"visitor:{next(iter(served.world.store.stored))}"

    async def test_what_is_no_picture_is_a_download_whatever_it_says(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with served.writer() as socket:
            page = b"<script>alert(1)</script>"
            bearer = {"Authorization": f"Bearer {await self.ticket(socket, len(page), 'text/plain', 'x.html')}"}
            async with http.post(f"{served.http}/chat/shop/files", data=page, headers=bearer) as answer:
                url = (await answer.json())["file"]["url"]
        async with http.get(served.http + url) as shown:
            assert shown.content_type == "application/octet-stream"
            assert shown.headers["Content-Disposition"].startswith("attachment;")

    @pytest.mark.parametrize("body", [b"<html>" + bytes(len(PNG) - 6), PNG[:-1], PNG + b"x", b""])
    async def test_other_bytes_than_announced_are_refused(self, served: Served, http: aiohttp.ClientSession, body: bytes) -> None:
        async with served.writer() as socket:
            bearer = {"Authorization": f"Bearer {await self.ticket(socket)}"}
            async with http.post(f"{served.http}/chat/shop/files", data=body, headers=bearer) as answer:
                assert answer.status == 422
        assert not served.files.all

    async def test_a_body_of_unknown_length_is_refused(self, served: Served, http: aiohttp.ClientSession) -> None:
        async def endless() -> AsyncIterator[bytes]:
            yield PNG

        async with served.writer() as socket:
            bearer = {"Authorization": f"Bearer {await self.ticket(socket)}"}
            async with http.post(f"{served.http}/chat/shop/files", data=endless(), headers=bearer) as answer:
                assert answer.status == 422

    async def test_a_ticket_stores_one_file_however_often_it_is_used(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with served.writer() as socket:
            bearer = {"Authorization": f"Bearer {await self.ticket(socket)}"}
            for _ in range(3):
                async with http.post(f"{served.http}/chat/shop/files", data=PNG, headers=bearer) as answer:
                    assert answer.status == 200
        assert len(served.files.all) == 1

    async def test_what_one_channel_signs_is_nothing_to_another(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with served.writer() as socket:
            bearer = {"Authorization": f"Bearer {await self.ticket(socket)}"}
            async with http.post(f"{served.http}/chat/help/files", data=PNG, headers=bearer) as answer:
                assert answer.status == 403
            async with http.post(f"{served.http}/chat/shop/files", data=PNG, headers=bearer) as answer:
                url = (await answer.json())["file"]["url"]
        async with http.get(served.http + url.replace("/shop/", "/help/")) as answer:
            assert answer.status == 403

    @pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer nonsense", "Basic abc"])
    async def test_nobody_uploads_without_a_ticket(self, served: Served, http: aiohttp.ClientSession, authorization: str) -> None:
        async with http.post(f"{served.http}/chat/shop/files", data=PNG, headers={"Authorization": authorization}) as answer:
            assert answer.status == 403

    async def test_a_late_ticket_or_link_is_refused(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with served.writer() as socket:
            bearer = {"Authorization": f"Bearer {await self.ticket(socket)}"}
            async with http.post(f"{served.http}/chat/shop/files", data=PNG, headers=bearer) as answer:
                url = (await answer.json())["file"]["url"]
            served.world.now += 3 * 3600 * 1000
            async with http.post(f"{served.http}/chat/shop/files", data=PNG, headers=bearer) as answer:
                assert answer.status == 403
            async with http.get(served.http + url) as answer:
                assert answer.status == 403

    async def test_a_link_opens_its_own_file_only(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with served.writer() as socket:
            (visitor,) = served.world.store.stored
            served.world.answer(visitor, attachments=(Attachment(FileId("f1"), "a.pdf", "application/pdf", 3),))
            url = (await read(socket))["row"]["files"][0]["url"]
        for path in (url.replace("/f1?", "/f2?"), url.partition("?")[0], url[:-3]):
            async with http.get(served.http + path) as answer:
                assert answer.status == 403
        async with http.get(served.http + url) as answer:
            assert answer.status == 404

    async def test_a_browser_may_ask_beforehand(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with http.options(f"{served.http}/chat/shop/files") as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
        async with http.options(f"{served.http}/chat/shop/files", headers={"Origin": "null"}) as answer:
            assert answer.status == 403

    async def test_a_refused_upload_is_readable_for_the_page_that_made_it(self, served: Served, http: aiohttp.ClientSession) -> None:
        async with http.post(f"{served.http}/chat/shop/files", data=PNG) as answer:
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (403, ORIGIN)
