"""The two addresses of a consent that a browser visits: the one that leads to the provider, and the one it comes back to.

Pages of their own rather than the screen's, because the provider sends people to an address that never changes.
"""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from inbox.admission import Session
from inbox.api.handlers.consents import client_of
from inbox.api.origin import client_address
from inbox.api.page import shown
from inbox.api.parts import AGENT, ApiParts
from inbox.api.resets import entry
from inbox.connector import Health
from inbox.core.errors import Denied, InboxError, NeedsLogin, NotFound, Rejected, TryLater, Unauthenticated
from inbox.core.ids import ChannelId
from inbox.core.permissions import Actor
from inbox.flow.lights import PROBE

PROBE_SECONDS = 30.0
LOG_IN = "Log in first", "Log in as an admin in this browser, then open this address again."
DENIED = {
    "too_late": ("This took too long", "Begin again; the provider's page is good for a quarter of an hour."),
    "not_begun_here": ("This was not begun here", "Begin again in this browser, logged in as an admin."),
}
REFUSED = {
    "access_denied": ("No consent was given", "Nothing was changed. Begin again if that was a mistake."),
    "no_refresh_token": ("The provider gave no lasting access", "Ask for offline access in the channel's oauth.scopes, then begin again."),
}
NOT_ALLOWED = "Not allowed", "Only an admin may let a channel into an account."
NO_SUCH = "There is no such channel", "It does not run here, or it needs nobody's consent."
AWAY = "The login service did not answer", "Nothing was changed. Begin again in a few minutes."

log = structlog.get_logger(__name__)

Page = tuple[str, str]
"""A heading and a sentence."""


def routes(parts: ApiParts) -> list[web.RouteDef]:
    """``/oauth/start/{channel}`` and ``/oauth/return``."""

    async def start(request: web.Request) -> web.Response:
        try:
            actor, session = await _who(parts, request)
            channel = ChannelId(request.match_info["channel"])
            url = parts.consents.begin(actor, channel, client_of(parts, channel), session.id)
        except InboxError as error:
            return _shown(parts, *_explained(error))
        return web.Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})

    async def back(request: web.Request) -> web.Response:
        try:
            return _shown(parts, *await _returned(parts, request))
        except InboxError as error:
            return _shown(parts, *_explained(error))

    return [
        web.get("/oauth/start/{channel:[A-Za-z0-9_-]{1,64}}", start, name="consent_start", allow_head=False),
        web.get("/oauth/return", back, name="consent_return", allow_head=False),
    ]


async def _who(parts: ApiParts, request: web.Request) -> tuple[Actor, Session]:
    actor, session = await parts.auth.current(request)
    request[AGENT] = actor.id
    return actor, session


async def _returned(parts: ApiParts, request: web.Request) -> Page:
    """The consent is kept and tried at once, so that the page tells whether it was given for the right account."""
    actor, session = await _who(parts, request)
    state = request.query.get("state", "")
    channel = parts.consents.channel_of(state, session.id)
    client = client_of(parts, channel)
    if "code" not in request.query:
        raise Rejected(request.query.get("error", "no_code")[:100])
    await parts.consents.give(actor, client, session.id, state, request.query["code"])
    await parts.accounts.audit(entry(parts.clock.now(), actor.id, "consent_given", client_address(request, parts.settings), channel))
    await parts.resume(channel)
    health = await _probe(parts, channel)
    if health.ok:
        return f"{client.provider} lets this channel in", f"{client.user or 'The account'} was tried and works. You may close this page."
    return "Signed in, but it does not work yet", f"{health.problem}\n{health.remedy}"


async def _probe(parts: ApiParts, channel: ChannelId) -> Health:
    connector = parts.channels.find(channel)
    if connector is None:
        raise NotFound
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            health = await connector.probe()
    except TimeoutError:
        health = Health(False, "The provider did not answer.", "It is tried again by itself.")
    parts.channels.lights.report(channel, health, PROBE)
    return health


def _explained(error: InboxError) -> Page:
    match error:
        case Unauthenticated():
            return LOG_IN
        case Denied(reason=reason):
            return DENIED.get(reason, NOT_ALLOWED)
        case NotFound():
            return NO_SUCH
        case Rejected(reason=reason):
            return REFUSED.get(reason, ("The provider gave no consent", f"It said: {reason}. Nothing was changed. Begin again."))
        case NeedsLogin(reason=reason):
            return reason, "Check oauth.client_id, oauth.client_secret and the address registered at the provider."
        case TryLater():
            return AWAY
    log.error("consent_failed", error=error.code)
    return "This did not work", "See the log."


def _shown(parts: ApiParts, heading: str, text: str) -> web.Response:
    way = ("/settings/channels", "Back to the channels")
    return shown(heading, text.splitlines(), "Address to register at the provider:", parts.consents.redirect, way)
