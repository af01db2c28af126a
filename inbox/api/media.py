"""Files for providers that fetch what they send on: one file under a signed address that ends after an hour."""

from __future__ import annotations

from aiohttp import web

from inbox.api.handlers.files import FILE_POLICY, OCTETS, attachment
from inbox.api.parts import ApiParts
from inbox.core.links import linked_file


def routes(parts: ApiParts) -> list[web.RouteDef]:
    """``/media/{link}/{name}``; the name is for the provider's eyes."""

    async def medium(request: web.Request) -> web.StreamResponse:
        id = linked_file(parts.links, request.match_info["link"], parts.clock.now())
        found = await parts.files.find(id) if id is not None else None
        if found is None:
            raise web.HTTPNotFound
        response = web.StreamResponse(
            headers={
                "Content-Type": found.type or OCTETS,
                "Content-Disposition": attachment(found.name),
                "Content-Security-Policy": FILE_POLICY,
                "Content-Length": str(found.size),
                "Cache-Control": "private, no-store",
            }
        )
        await response.prepare(request)
        if request.method != "HEAD":
            async for chunk in parts.files.open(found.id):
                await response.write(chunk)
        await response.write_eof()
        return response

    return [web.get("/media/{link:[A-Za-z0-9._-]{1,200}}/{name:[^/]{1,400}}", medium, name="medium")]
