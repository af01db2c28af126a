"""Faces for whoever was told their ids, agents and visitors on any page."""

from __future__ import annotations

from aiohttp import web

from inbox.api.handlers.files import FILE_POLICY
from inbox.api.parts import ApiParts

KEPT = "public, max-age=31536000, immutable"


def routes(parts: ApiParts) -> list[web.RouteDef]:
    """``/faces/{id}``; another picture has another id."""

    async def face(request: web.Request) -> web.Response:
        found = await parts.faces.find(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": KEPT, "Content-Security-Policy": FILE_POLICY, "Cross-Origin-Resource-Policy": "cross-origin"}
        return web.Response(body=found.picture, content_type="image/jpeg", headers=headers)

    return [web.get("/faces/{id:[0-9a-f]{32}}", face, name="face")]
