"""The one web application: calls, hooks, health, documents, the screen, and the sockets that are handed in."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from inbox.api import consent_pages, faces, health, hooks, media, openapi, sso_pages, static, survey_pages
from inbox.api.middleware import middlewares, restricting
from inbox.api.parts import ApiParts
from inbox.api.parts import Live as Live
from inbox.api.routes import api_routes


def build(parts: ApiParts, extra_routes: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
    """The application. Raises ``CannotStart`` when the contract and the handlers differ.

    Give its runner ``access_log=None`` (requests are logged here, without addresses and query strings).
    """
    app = web.Application(middlewares=middlewares(parts))
    app.on_response_prepare.append(restricting(parts))
    app.add_routes(api_routes(parts))
    app.add_routes(hooks.routes(parts))
    app.add_routes(media.routes(parts))
    app.add_routes(faces.routes(parts))
    app.add_routes(consent_pages.routes(parts))
    app.add_routes(sso_pages.routes(parts))
    app.add_routes(survey_pages.routes(parts))
    app.add_routes(health.routes(parts))
    app.add_routes(_documents(parts))
    app.add_routes(extra_routes)
    app.add_routes(static.routes(parts.settings))
    return app


def _documents(parts: ApiParts) -> list[web.RouteDef]:
    described = openapi.encode(openapi.openapi(parts.frames))

    async def document(request: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    return [web.get("/api/openapi.json", document, name="openapi", allow_head=False)]
