"""What happens around every request: an id, a log line, a measurement, headers that restrict the browser, errors as problems."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from types import MappingProxyType
from typing import Any

import structlog
from aiohttp import web

from inbox.api import show
from inbox.api.bodies import encode
from inbox.api.errors import CLOSED_BY_CLIENT, PROBLEM_TYPE, REFUSED_HOST, problem, refusal
from inbox.api.origin import known_host
from inbox.api.parts import AGENT, REQUEST_ID, ApiParts
from inbox.api.structs import Problem
from inbox.core.errors import InboxError, NewerReply
from inbox.core.ids import MessageId

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Middleware = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]

POLICY = (
    "default-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; frame-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
HSTS = "max-age=31536000"
ANY_HOST = ("/health/",)
"""Asked by an address that a balancer knows and no browser."""


def middlewares(parts: ApiParts) -> tuple[Any, ...]:
    """From the outside in."""
    return _observed(parts), _explained(parts), _meant_for_us(parts)


def restricting(parts: ApiParts) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Signal before every response's headers: whatever a handler did not set itself is set strictly."""
    strict = HEADERS | ({"Strict-Transport-Security": HSTS} if parts.settings.secure else {})

    async def restrict(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in strict.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-Id"] = request.get(REQUEST_ID, "")

    return restrict


def _observed(parts: ApiParts) -> Middleware:
    @web.middleware
    async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[REQUEST_ID] = id = secrets.token_hex(8)
        started, status = perf_counter(), CLOSED_BY_CLIENT
        try:
            with structlog.contextvars.bound_contextvars(request=id):
                response = await handler(request)
                status = response.status
                return response
        finally:
            seconds = perf_counter() - started
            call, place = _call(request)
            parts.metrics.answered(call, status, seconds)
            log.info(
                "request",
                request=id,
                method=request.method,
                route=place,
                status=status,
                ms=round(seconds * 1000, 1),
                agent=request.get(AGENT, ""),
            )

    return observed


def _call(request: web.Request) -> tuple[str, str]:
    """The call's name and its path as in the contract: what stands in the place of a parameter may be a secret."""
    route = request.match_info.route
    resource = route.resource
    return route.name or "page", resource.canonical if resource is not None else "-"


def _explained(parts: ApiParts) -> Middleware:
    @web.middleware
    async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPRedirection:
            raise
        except web.HTTPError as refused:
            return _response(refusal(refused.status, refused.reason.lower().replace(" ", "_")), refused.headers)
        except NewerReply as newer:
            found = await parts.queries.messages([MessageId(id) for id in newer.newer])
            rows = await show.messages(parts, [found[id] for id in newer.newer if id in found])
            return _response(problem(newer, rows))
        except InboxError as error:
            answer = problem(error, error_id=request[REQUEST_ID])
            if answer.id:
                log.exception("unexpected", error=type(error).__name__)
            return _response(answer)
        except Exception as bug:
            log.exception("unexpected", error=type(bug).__name__)
            return _response(problem(bug, error_id=request[REQUEST_ID]))

    return explained


def _response(answer: Problem, told: Mapping[str, str] = MappingProxyType({})) -> web.Response:
    """``told``: headers of a refusal by HTTP itself; those that say what would be accepted go on."""
    response = web.Response(body=encode(answer), status=answer.status, content_type=PROBLEM_TYPE)
    response.headers.update({name: told[name] for name in ("Allow", "Content-Range") if name in told})
    if answer.after:
        response.headers["Retry-After"] = str(-(-answer.after // 1000))
    return response


def _meant_for_us(parts: ApiParts) -> Middleware:
    @web.middleware
    async def meant_for_us(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(ANY_HOST) and not known_host(request, parts.settings):
            return _response(refusal(REFUSED_HOST, "wrong_host", "This host name is not served here."))
        return await handler(request)

    return meant_for_us
