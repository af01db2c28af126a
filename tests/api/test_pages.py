"""Health, metrics, and the files of the screen and the widget."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from inbox.api.contract import CALLS
from inbox.api.health import metrics_app
from inbox.api.routes import HANDLERS, api_routes
from inbox.api.server import build
from inbox.core.errors import CannotStart, Unavailable
from tests.api.world import World, a_world


@pytest.fixture
async def built(tmp_path: Path) -> AsyncIterator[World]:
    """A service whose screen is built."""
    ui = tmp_path / "ui"
    for name, text in {
        "index.html": "<!doctype html><title>Inbox</title>",
        "theme.js": "1",
        "assets/index-D4f8aB12.js": "console.log(1)" * 50,
        "assets/style.css": "body{}",
        "widget/loader.js": "widget",
        "widget/panel-9aZ8yX7w.js": "panel",
        "demo/shop.html": "<h1>Shop</h1>",
        ".vite/manifest.json": "{}",
    }.items():
        (ui / name).parent.mkdir(parents=True, exist_ok=True)
        (ui / name).write_text(text)
    (ui / "assets/index-D4f8aB12.js.gz").write_bytes(gzip.compress(b"console.log(1)" * 50))
    (tmp_path / "secret.txt").write_text("secret")
    (ui / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with a_world(ui=ui) as world:
        yield world


async def exactly(world: World, path: str) -> tuple[int, bytes]:
    """GET a path that no client would send as it is."""
    reader, writer = await asyncio.open_connection(world.client.host, world.client.port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize("path", ["/", "/index.html", "/c/1042", "/login", "/search/words", "/reset"])
async def test_every_page_of_the_screen_is_the_screen_and_never_stale(built: World, path: str) -> None:
    answer = await built.client.get(path)
    assert (answer.status, answer.content_type, answer.headers["Cache-Control"]) == (200, "text/html", "no-cache")
    assert "<title>Inbox</title>" in await answer.text()
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_hashed_files_are_kept_for_ever_and_sent_packed(built: World) -> None:
    answer = await built.client.get("/assets/index-D4f8aB12.js", headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert (await built.client.get("/assets/style.css")).headers["Cache-Control"] == "no-cache"


async def test_the_widget_may_be_loaded_by_any_site_and_nothing_else_may(built: World) -> None:
    loader = await built.client.get("/widget/loader.js")
    assert loader.headers["Access-Control-Allow-Origin"] == "*"
    assert loader.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=300" in loader.headers["Cache-Control"]
    assert "immutable" in (await built.client.get("/widget/panel-9aZ8yX7w.js")).headers["Cache-Control"]
    for path in ("/theme.js", "/api/v1/session", "/"):
        answer = await built.client.get(path, headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "//etc/passwd",
        "/%00",
        "/assets/missing.js",
        "/widget/missing",
        "/.vite/manifest.json",
        "/demo/shop.html",
        "/assets/index-D4f8aB12.js.gz",
        "/link.txt",
        f"/{'a' * 4000}.",
    ],
)
async def test_nothing_else_is_served(built: World, path: str) -> None:
    status, body = await exactly(built, path)
    assert status == 404
    assert b"secret" not in body


async def test_the_sample_shop_is_there_only_in_the_demo(built: World) -> None:
    settings = replace(built.parts.settings, demo=True)
    async with TestClient(TestServer(build(replace(built.parts, settings=settings)))) as client:
        assert (await client.get("/demo/shop.html")).status == 200


async def test_without_a_built_screen_a_page_says_what_to_do(world: World) -> None:
    answer = await world.client.get("/")
    assert answer.status == 503
    assert "scripts/setup" in await answer.text()


# Health and metrics


async def test_ready_means_every_check_is_fine(world: World) -> None:
    draining = ""

    async def database() -> str:
        await world.store.queries.teams()
        return ""

    async def drain() -> str:
        return draining

    async def hung() -> str:
        raise OSError("no route to 10.0.0.1")

    parts = replace(world.parts, checks={"database": database, "drain": drain})
    async with TestClient(TestServer(build(parts))) as client:
        answer = await client.get("/health/ready")
        assert (answer.status, (await answer.json())["checks"]) == (200, {"database": "ok", "drain": "ok"})
        draining = "draining"
        answer = await client.get("/health/ready")
        assert (answer.status, (await answer.json())["checks"]["drain"]) == (503, "draining")
        world.memory.away = True
        answer = await client.get("/health/ready")
        assert (await answer.json())["checks"]["database"] == Unavailable.code
        assert (await client.get("/health/live")).status == 200, "it lives, and would not be better after a restart"
    async with TestClient(TestServer(build(replace(world.parts, checks={"hung": hung})))) as client:
        answer = await client.get("/health/ready")
        assert (answer.status, (await answer.json())["checks"]) == (503, {"hung": "failed"})


async def test_health_is_answered_under_any_host_name(world: World) -> None:
    assert (await world.client.get("/health/live", headers={"Host": "10.1.2.3:8080"})).status == 200


async def test_metrics_are_on_their_own_port_only(world: World) -> None:
    await world.client.get("/api/v1/session")
    world.parts.metrics.watch("inbox_sockets", "open sockets", lambda: 7)
    assert (await world.client.get("/metrics")).status != 200
    async with TestClient(TestServer(metrics_app(world.parts.metrics))) as client:
        text = await (await client.get("/metrics")).text()
    assert 'inbox_http_seconds_count{call="who_am_i",status="401"} 1.0' in text
    assert "inbox_sockets 7.0" in text


async def test_a_call_without_handler_and_a_handler_without_call_stop_the_start(world: World) -> None:
    missing = {name: handler for name, handler in HANDLERS.items() if name != "search"}
    for handlers in (missing, {**HANDLERS, "extra": HANDLERS["search"]}):
        with pytest.raises(CannotStart, match="search" if handlers is missing else "extra"):
            api_routes(world.parts, handlers)
    assert len(api_routes(world.parts)) == len(CALLS)
