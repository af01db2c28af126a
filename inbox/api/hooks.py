"""Deliveries by HTTP: verified, stored, and only then acknowledged in the way this provider understands."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from aiohttp import web
from msgspec.structs import replace

from inbox.api.attempts import Limit
from inbox.api.bodies import READ_SECONDS, TooSlow, read
from inbox.api.origin import client_address, limited_as
from inbox.api.parts import ApiParts
from inbox.connector import Answer, Connector, RawDelivery
from inbox.core.errors import NotAuthentic, TooLarge, TooMany, TryLater
from inbox.core.ids import ChannelId, digest

MAX_HEADER = 8 * 1024
MAX_HEADERS = 64

HOUR_MS = 60 * 60 * 1000

STATUSES = {"accepted": 200, "challenge": 200, "redirect": 303, "invalid": 400, "refused": 403, "too_many": 429, "later": 503}

_KEPT = frozenset(
    ["authorization", "content-type", "content-language", "date", "digest", "origin", "signature", "signature-input", "user-agent"]
)
_KEPT_PREFIXES = ("x-", "webhook-", "i-", "ce-")
_NEVER = ("x-forwarded-", "x-real-", "x-request-id")
_SECRET = ("authorization", "secret", "token", "password", "key")

log = structlog.get_logger(__name__)


def routes(parts: ApiParts) -> list[web.RouteDef]:
    """``/hooks/{connector}/{channel}``, which is also what ``attach`` registers at a provider."""

    async def hook(request: web.Request) -> web.Response:
        outcome, answer = await _deliver(parts, request)
        parts.metrics.delivered(request.match_info["channel"], outcome)
        return _response(answer)

    path = "/hooks/{connector:[a-z0-9_-]{1,64}}/{channel:[A-Za-z0-9_-]{1,64}}"
    return [web.post(path, hook, name="hook"), web.get(path, hook, name="hook_challenge", allow_head=False)]


async def _deliver(parts: ApiParts, request: web.Request) -> tuple[str, Answer]:
    """What became of it, for the metrics, and what the provider shall hear."""
    channel = parts.channels.running.get(ChannelId(request.match_info["channel"]))
    if channel is None or channel.record.connector != request.match_info["connector"]:
        raise web.HTTPNotFound
    if channel.record.paused:
        return "paused", Answer("later")
    try:
        raw = await _raw(parts, request, channel.record.id, channel.connector)
        channel.connector.verify(raw)
        await _count(parts, channel.connector, raw)
    except NotAuthentic:
        return "not_authentic", Answer("refused")
    except TooMany:
        return "too_many", Answer("too_many", "Too many messages. Please try again in an hour.")
    except (TooLarge, TooSlow, TryLater):
        return "later", Answer("later")
    return await _store(parts, channel.connector, raw)


async def _count(parts: ApiParts, connector: Connector, raw: RawDelivery) -> None:
    """Raises ``TooMany`` when this address has sent enough for an hour, ``TryLater`` when that cannot be said."""
    most = connector.per_hour()
    if most is not None:
        await parts.auth.count(Limit(f"hook-{raw.channel}", most, HOUR_MS), limited_as(raw.context["peer"]))


async def _store(parts: ApiParts, connector: Connector, raw: RawDelivery) -> tuple[str, Answer]:
    """A challenge changes nothing and is answered at once, as is what its sender has to write anew; all else when it is durable."""
    answer = connector.answer(raw)
    if answer.kind in ("challenge", "invalid"):
        return answer.kind, answer
    try:
        await parts.accept(_without_secrets(raw))
    except TryLater:
        log.warning("delivery_not_stored", channel=raw.channel)
        return "later", Answer("later")
    return "accepted" if answer.kind == "redirect" else answer.kind, answer


async def _raw(parts: ApiParts, request: web.Request, channel: ChannelId, connector: Connector) -> RawDelivery:
    """The exact bytes, the headers a signature may need, and the address as the provider wrote it."""
    body = await read(request, parts.settings.max_delivery, READ_SECONDS)
    now = parts.clock.now()
    hour = () if connector.per_hour() is None else (str(now // HOUR_MS),)  # people, unlike providers, may say the same thing again
    return RawDelivery(
        channel=channel,
        key=digest("hook", request.method, request.query_string, body, *hour),
        body=body,
        arrived_at=now,
        headers=_headers(request),
        context={
            **connector.context(),
            "method": request.method,
            "url": f"{parts.settings.public_url}{request.raw_path}",
            "query": request.query_string,
            "peer": client_address(request, parts.settings),
        },
    )


def _headers(request: web.Request) -> dict[str, str]:
    """Lower-case names. Raises ``NotAuthentic`` for one that comes twice: nobody could say which was signed."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        if lower in _KEPT or (lower.startswith(_KEPT_PREFIXES) and not lower.startswith(_NEVER)):
            if lower in found or len(value) > MAX_HEADER or len(found) >= MAX_HEADERS:
                raise NotAuthentic(f"header {lower}")
            found[lower] = value
    return found


def _without_secrets(raw: RawDelivery) -> RawDelivery:
    """What proved the sender has done its work and is not kept."""
    headers: Mapping[str, str] = {name: value for name, value in raw.headers.items() if not any(s in name for s in _SECRET)}
    return replace(raw, headers=dict(headers))


def _response(answer: Answer) -> web.Response:
    if answer.kind == "redirect":
        return web.Response(status=STATUSES[answer.kind], headers={"Location": answer.body})
    response = web.Response(text=answer.body, status=STATUSES[answer.kind], content_type=answer.type)
    if answer.kind == "later":
        response.headers["Retry-After"] = "5"
    return response
