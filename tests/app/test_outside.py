"""What is asked of a provider ends in one of three ways, and an address out of a message never leads inside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from inbox.app.outside import MOST_ANSWER, Outside, is_public
from inbox.core.errors import Rejected, TryLater, Unknown
from inbox.provider import FORM, Part, form

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def provider(handler: Handler) -> AsyncIterator[str]:
    """A server on loopback that answers everything with this handler."""
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """The client, closed afterwards."""
    client = Outside()
    yield client
    await client.close()


async def read(content: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in content])


async def test_a_request_arrives_as_it_was_made_and_its_answer_as_it_was_given(outside: Outside) -> None:
    async def echo(request: web.Request) -> web.Response:
        seen = f"{request.method} {request.path_qs} {request.headers['Authorization']} {await request.text()}"
        return web.Response(text=seen, status=201, headers={"X-Id": "7"})

    async with provider(echo) as base:
        answer = await outside.request("POST", f"{base}/a?b=c", headers={"Authorization": "me", **FORM}, body=form({"x": "ä &"}))
    assert answer.ok
    assert (answer.status, answer.headers["x-id"]) == (201, "7")
    assert answer.body == b"POST /a?b=c me x=%C3%A4+%26"


async def test_files_are_streamed_as_a_form(outside: Outside) -> None:
    async def count(request: web.Request) -> web.Response:
        found = await request.post()
        file = found["photo"]
        assert isinstance(file, web.FileField)
        return web.Response(text=f"{found['chat']!s} {file.filename} {file.content_type} {len(file.file.read())}")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 100_000

    async with provider(count) as base:
        parts = (Part("chat", b"7"), Part("photo", pieces(), 'März "a".png', "image/png"))
        answer = await outside.request("POST", base, parts=parts)
    assert answer.body == '7 März "a".png image/png 1000000'.encode()


async def test_no_connection_means_nothing_was_asked(outside: Outside) -> None:
    with pytest.raises(TryLater):
        await outside.request("POST", "http://127.0.0.1:1/")


async def test_an_answer_that_stays_away_or_breaks_off_leaves_everything_open(outside: Outside) -> None:
    async def never(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def torn(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with provider(never) as base:
        with pytest.raises(Unknown):
            await outside.request("POST", base, body=b"x", seconds=0.2)
    async with provider(torn) as base:
        with pytest.raises(Unknown):
            await outside.request("POST", base, body=b"x")


async def test_redirects_are_not_followed_and_endless_answers_are_cut(outside: Outside) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"})

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 100_000)

    async with provider(away) as base:
        assert (await outside.request("POST", base, body=b"x")).status == 307
    async with provider(endless) as base:
        assert len((await outside.request("GET", base)).body) == MOST_ANSWER


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"),
        *(
            "::1",
            "::",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "ff02::1",
            "no address",
        ),
    ],
)
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"])
def test_addresses_outside_are_public(address: str) -> None:
    assert is_public(address)


async def test_a_medium_is_fetched_from_the_configured_provider_with_its_key(outside: Outside) -> None:
    async def medium(request: web.Request) -> web.Response:
        if request.path == "/moved":
            return web.Response(status=302, headers={"Location": "/there"})
        return web.Response(body=request.headers.get("Authorization", "").encode())

    async with provider(medium) as base:
        assert await read(outside.download(f"{base}/moved", headers={"Authorization": "key"}, own=f"{base}/v1")) == b"key"


INSIDE = (
    "http://127.0.0.1:{p}/",
    "http://localhost:{p}/",
    "http://127.1:{p}/",
    "http://2130706433:{p}/",
    "http://[::1]:{p}/",
    "http://0x7f.1:{p}/",
)


@pytest.mark.parametrize("url", [*INSIDE, "file:///etc/passwd", "ftp://x/", "http:///", "gopher://x", "http://[bad/"])
async def test_an_address_out_of_a_message_never_leads_inside(outside: Outside, url: str) -> None:
    asked = []

    async def secret(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text="secret")

    async with provider(secret) as base:
        with pytest.raises(Rejected):
            await read(outside.download(url.replace("{p}", base.rpartition(":")[2]), headers={"Authorization": "key"}))
    assert asked == []


async def test_a_redirect_does_not_lead_inside_either(outside: Outside) -> None:
    asked = []

    async def inside(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text="secret")

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{target}/latest"})

    async with provider(inside) as target, provider(away) as base:
        with pytest.raises(Rejected):
            await read(outside.download(f"{base}/", own=base))
    assert asked == []


async def test_what_is_gone_too_large_or_circular_is_refused_and_a_stumbling_provider_is_asked_again(outside: Outside) -> None:
    async def answers(request: web.Request) -> web.Response:
        match request.path:
            case "/gone":
                return web.Response(status=404)
            case "/large":
                return web.Response(body=b"x" * 2_000)
            case "/circle":
                return web.Response(status=301, headers={"Location": "/circle"})
            case _:
                return web.Response(status=503)

    async with provider(answers) as base:
        for path in ("/gone", "/large", "/circle"):
            with pytest.raises(Rejected):
                await read(outside.download(base + path, own=base, most=1_000))
        with pytest.raises(TryLater):
            await read(outside.download(f"{base}/away", own=base))
    with pytest.raises(TryLater):
        await read(outside.download("http://127.0.0.1:1/", own="http://127.0.0.1:1"))
