"""Cleaned HTML in a real browser, without the policy that would stop it anyway: nothing may run and nothing may be loaded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from inbox.api.clean import Job, clean
from tests.api.test_files import VECTORS
from tests.eventually import PATIENCE_S

TAGS = (
    "a b body button details div embed form frameset iframe img input isindex link marquee math meta mglyph mtext noscript object p"
    " select script span style svg table td template textarea title video xmp foreignObject annotation-xml desc audio base math:x"
)
ATTRIBUTES = (
    "onerror onload onclick onfocus onstart ontoggle style src href srcset background action formaction data srcdoc poster xlink:href"
)
VALUES = (
    "HIT",
    "javascript:HIT",
    "java\tscript:HIT",
    "&#106;avascript:HIT",
    "LEAK",
    "url(LEAK)",
    "background:url(LEAK)",
    "data:text/html,<script>HIT</script>",
    "<script>HIT</script>",
    "cid:pic",
)
GLUE = ("", " ", "\t", "\n", "\f", "/", "\x00", '"', "'", "`", ">", "<!--", "-->", "]]>", "<![CDATA[", "&lt;", "<")

pytestmark = pytest.mark.peer("chromium")


def made(seed: int, count: int) -> list[str]:
    """Broken HTML by chance, the same for the same seed."""
    dice = random.Random(seed)
    names, tags = ATTRIBUTES.split(), TAGS.split()

    def piece() -> str:
        if dice.random() < 0.2:
            return dice.choice(GLUE)
        if dice.random() < 0.2:
            return f"</{dice.choice(tags)}>"
        attributes = "".join(
            f"{dice.choice(GLUE[:7]) or ' '}{dice.choice(names)}={dice.choice(GLUE)}{dice.choice(VALUES)}{dice.choice(GLUE)}"
            for _ in range(dice.randint(0, 3))
        )
        tag = dice.choice(tags)
        return f"<{tag.upper() if dice.random() < 0.2 else tag}{attributes}{dice.choice(GLUE)}>"

    return ["".join(piece() for _ in range(dice.randint(1, 8))) for _ in range(count)]


async def seen_by_a_browser(folder: Path, bodies: Sequence[str]) -> list[str]:
    """What the browser asked the server for beside the page itself while it showed these bodies one below the other."""
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        if request.path != "/page":
            asked.append(request.path)
            return web.Response(status=404)
        address = f"http://127.0.0.1:{request.url.port}"
        blocks = "".join(f"<div>{body}</div>\n" for body in bodies)
        page = blocks.replace("HIT", f"new Image().src='{address}/hit'").replace("LEAK", f"{address}/leak")
        return web.Response(text=f"<!doctype html><meta charset=utf-8><title>t</title><body>{page}</body>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    async with TestServer(app) as server:
        options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions")
        quiet = asyncio.subprocess.DEVNULL
        address = str(server.make_url("/page"))
        browser = await asyncio.create_subprocess_exec(
            "chromium", *options, f"--user-data-dir={folder}", "--dump-dom", address, stdout=quiet, stderr=quiet
        )
        async with asyncio.timeout(PATIENCE_S):
            assert await browser.wait() == 0
    return [path for path in asked if path != "/favicon.ico"]


async def test_the_browser_would_notice(tmp_path: Path) -> None:
    """Without cleaning the same page runs and loads; else the tests below would prove nothing."""
    asked = await seen_by_a_browser(tmp_path, ['<img src=x onerror="HIT">', '<div style="background:url(LEAK)">x</div>'])
    assert {"/hit", "/leak"} <= set(asked)


async def test_known_vectors_run_and_load_nothing(tmp_path: Path) -> None:
    vectors = [v.replace("alert(1)", "HIT").replace("https://evil.example", "LEAK") for v in VECTORS]
    assert await seen_by_a_browser(tmp_path, [clean(Job(v, False, {})) for v in vectors]) == []


async def test_thousands_of_broken_documents_run_and_load_nothing(tmp_path: Path) -> None:
    assert (
        await seen_by_a_browser(tmp_path, [clean(Job(html, False, {"pic": "data:image/png;base64,AA=="})) for html in made(1, 5000)]) == []
    )


async def test_with_remote_pictures_allowed_pictures_are_all_that_loads(tmp_path: Path) -> None:
    html = [h.replace("LEAK", "http://127.0.0.1:1/LEAK") for h in made(2, 5000)]
    assert "/hit" not in await seen_by_a_browser(tmp_path, [clean(Job(h, True, {})) for h in html])
