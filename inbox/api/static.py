"""The built screen, the visitors' widget and the sample shop, from the files that were there at the start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from aiohttp import web

from inbox.api.errors import NOT_NOW
from inbox.api.web_settings import WebSettings

YEAR = "public, max-age=31536000, immutable"
MINUTES = "public, max-age=300"
PREVIEW = "/widget/preview.html"
"""The settings page shows the chat in a frame of its own."""
PREVIEW_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Inbox</title><h1>The screen is not built</h1>
<p>The service runs, but its web files are missing. Run <code>scripts/setup</code> and start it again.</p>"""

_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.(?:js|css|woff2?|svg|png|webp|json)$")
_PACKED = (".br", ".gz")
_PAGES = re.compile(r"/(?!widget/|assets/|demo/)(?:[^/.\x00-\x1f]+(?:/|\Z))*")
"""Addresses of the screen itself; none of them has a dot or an empty part."""


def routes(settings: WebSettings) -> list[web.RouteDef]:
    """One route for everything that no other route took. A path outside the folder cannot be asked for: only listed files exist."""
    files = _listed(settings.ui)

    async def serve(request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith("/demo/") and not settings.demo:
            raise web.HTTPNotFound
        found = files.get(path) or files.get(f"{path.rstrip('/')}/index.html")
        if found is not None and path not in ("/", "/index.html"):
            return _file(found, path)
        if path != "/index.html" and not _PAGES.fullmatch(path):
            raise web.HTTPNotFound
        return _index(files)

    return [web.get("/{path:(?!(?:api|hooks|health|oauth|ws|chat)(?:/|$)).*}", serve, name="page", allow_head=False)]


def _index(files: Mapping[str, Path]) -> web.StreamResponse:
    found = files.get("/index.html")
    if found is None:
        return web.Response(text=NOT_BUILT, status=NOT_NOW, content_type="text/html", headers={"Cache-Control": "no-store"})
    return web.FileResponse(found, headers={"Cache-Control": "no-cache"})


def _file(found: Path, path: str) -> web.FileResponse:
    headers = {"Cache-Control": YEAR if _HASHED.search(path) else "no-cache"}
    if path.startswith("/widget/"):
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if path == PREVIEW:
            headers["Content-Security-Policy"] = PREVIEW_POLICY
        if not _HASHED.search(path):
            headers["Cache-Control"] = MINUTES
    return web.FileResponse(found, headers=headers)


def _listed(folder: Path) -> Mapping[str, Path]:
    """Files by the path they are asked for; packed ones are chosen by aiohttp beside the plain one."""
    found: Iterable[Path] = folder.rglob("*") if folder.is_dir() else ()
    plain = (path for path in found if path.is_file() and not path.is_symlink() and path.suffix not in _PACKED)
    names = ((path.relative_to(folder).as_posix(), path) for path in plain)
    return {f"/{name}": path for name, path in names if not any(part.startswith(".") for part in name.split("/"))}
