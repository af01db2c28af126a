"""For those who watch the process: is it alive, can it work, what does it count."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from inbox.api.bodies import encode
from inbox.api.errors import NOT_NOW, OK
from inbox.api.metrics import Metrics
from inbox.api.parts import ApiParts
from inbox.core.errors import InboxError

CHECK_SECONDS = 2.0

log = structlog.get_logger(__name__)


def routes(parts: ApiParts) -> list[web.RouteDef]:
    """``/health/live``: the loop turns. ``/health/ready``: every check is fine; 503 names those that are not."""

    async def live(request: web.Request) -> web.Response:
        return web.Response(body=encode({"status": "ok"}), content_type="application/json")

    async def ready(request: web.Request) -> web.Response:
        results = dict(zip(parts.checks, await asyncio.gather(*(_check(parts, name) for name in parts.checks)), strict=True))
        fine = not any(results.values())
        answer = {"status": "ok" if fine else "not_ready", "checks": {name: problem or "ok" for name, problem in results.items()}}
        return web.Response(body=encode(answer), status=OK if fine else NOT_NOW, content_type="application/json")

    return [
        web.get("/health/live", live, name="health_live", allow_head=False),
        web.get("/health/ready", ready, name="health_ready", allow_head=False),
    ]


async def _check(parts: ApiParts, name: str) -> str:
    """A short code of what is wrong, '' when nothing is."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await parts.checks[name]()
    except TimeoutError:
        return "no_answer"
    except InboxError as error:
        return error.code
    except OSError as error:
        log.warning("check_failed", check=name, error=type(error).__name__)
        return "failed"


def metrics_app(metrics: Metrics) -> web.Application:
    """``/metrics``, for a loopback port of its own: it is never part of the public application."""

    async def read(request: web.Request) -> web.Response:
        body, kind = metrics.text()
        return web.Response(body=body, headers={"Content-Type": kind, "Cache-Control": "no-store"})

    app = web.Application()
    app.router.add_get("/metrics", read, allow_head=False)
    return app
