"""The baseline of the whole path: the same HTTP server checks the same signature and makes one ``insert_one``. URI DATABASE PORT."""

from __future__ import annotations

import sys
from typing import Any

import uvloop
from aiohttp import web

from inbox.app import collector
from inbox.store.client import connect
from tests.faults.load import SECRET
from tests.probe.connector import sign


async def application(uri: str, database: str) -> web.Application:
    """One route."""
    bare = connect(uri, database)["bench_bare"]

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("X-Signature") != sign(SECRET, body):
            return web.Response(status=403)
        await bare.insert_one({"body": body})
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks/probe/probe", take)
    app.router.add_get("/health/ready", _ready)
    return app


async def _ready(request: web.Request) -> web.Response:
    return web.Response()


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    uri, database, port = arguments
    uvloop.install()
    collector.spare()
    made: Any = application(uri, database)
    web.run_app(made, host="127.0.0.1", port=int(port), print=None, access_log=None)


if __name__ == "__main__":
    main(sys.argv[1:])
