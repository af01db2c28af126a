"""Builds what people and programs connect to: the API, the agents' and visitors' sockets, the metrics."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from inbox import __version__
from inbox.api.auth import COOKIE, Auth
from inbox.api.cleaner import Cleaner
from inbox.api.health import metrics_app
from inbox.api.metrics import Metrics
from inbox.api.origin import client_address, require_own_page
from inbox.api.parts import ApiParts
from inbox.api.passwords import Passwords
from inbox.api.resets import INVITATIONS, Purpose, Resets, Send
from inbox.api.server import build
from inbox.api.web_settings import WebSettings
from inbox.app.channels import LINKS
from inbox.app.crosschecks import sends_mail
from inbox.app.steps import Base, Steps
from inbox.app.stores import Stores
from inbox.connector import OutboundMessage
from inbox.core.agent import Agent
from inbox.core.errors import NeedsLogin
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.core.visitor import WidgetSettings
from inbox.flow.accounts import logins_ended
from inbox.flow.people import People
from inbox.flow.staff import Staff
from inbox.gateway.live import Live
from inbox.gateway.protocol import ClientFrame, ServerFrame
from inbox.gateway.server import AgentSockets, Limits
from inbox.gateway.visitor_feed import JournalVisitorFeed, Whereabouts, tell_agent_types
from inbox.gateway.visitor_server import VisitorServer
from inbox.gateway.visitor_tokens import Tickets
from inbox.gateway.visitors import Services, VisitorChannel, Visitors
from inbox.settings import Settings

RESET_TEXT = (
    "Hello {name},\n\nsomebody, probably you, asked for a new password for this inbox. "
    "Open this link within 48 hours to set one:\n\n{link}\n\n"
    "If it was not you, do nothing: your password stays as it is."
)
INVITATION_TEXT = (
    "Hello {name},\n\nan administrator of this inbox sends you a link to set your password. "
    "Open it within seven days:\n\n{link}\n\nAfterwards you log in with {email}."
)
TEXTS: Mapping[Purpose, tuple[str, str]] = {
    "reset": ("Set a new password", RESET_TEXT),
    "invitation": ("Your account", INVITATION_TEXT),
}


@dataclass(frozen=True)
class Sockets:
    """The live side, built before the steps because routing asks it who is there."""

    live: Live
    visitors: Visitors
    whereabouts: Whereabouts


@dataclass(frozen=True)
class Front:
    """Everything that listens."""

    app: web.Application
    metrics: web.Application
    agents: AgentSockets
    visitor_feed: JournalVisitorFeed
    resets: Resets
    cleaner: Cleaner


def build_sockets(stores: Stores, base: Base) -> Sockets:
    """The live side of this process."""
    visitors, whereabouts = Visitors(), Whereabouts()
    live = Live(
        base.feed,
        stores.journal,
        stores.queries,
        stores.own,
        base.directory,
        stores.presence,
        stores.clock,
        base.server,
        came=base.came.set,
        agent_typing=tell_agent_types(visitors, whereabouts, base.directory),
    )
    return Sockets(live, visitors, whereabouts)


def build_front(
    settings: Settings, stores: Stores, steps: Steps, sockets: Sockets, metrics: Metrics, draining: Callable[[], bool], *, demo: bool
) -> Front:
    """The web application and what runs beside it. ``demo``: the sample shop is served."""
    server = settings.server
    web_settings = WebSettings(
        public_url=server.public_url,
        hosts=server.hosts,
        trusted_proxies=server.proxy_networks,
        max_upload=settings.limits.max_upload_bytes,
        max_delivery=settings.limits.max_message_bytes,
        demo=demo,
    )
    auth = Auth(stores.accounts, steps.directory, Passwords(), stores.clock, metrics, partial(logins_ended, steps.committer))
    resets = Resets(
        stores.accounts, stores.clock, server.public_url, _mailer(settings, steps, stores), steps.keyring.derived(INVITATIONS)[0]
    )
    cleaner = Cleaner()
    agents = AgentSockets(
        sockets.live,
        steps.feed,
        stores.clock,
        auth.authenticate,
        lambda request: require_own_page(request, web_settings),
        COOKIE,
        Limits(per_agent=settings.limits.sockets_per_agent),
    )
    visitor_feed, visitor_server = _build_visitors(stores, steps, sockets, web_settings)
    parts = ApiParts(
        settings=web_settings,
        clock=stores.clock,
        queries=stores.queries,
        own=stores.own,
        files=stores.files,
        search=stores.search,
        ledger=stores.ledger,
        accounts=stores.accounts,
        conversations=steps.conversations,
        people=People(steps.committer),
        staff=Staff(steps.committer),
        directory=steps.directory,
        live=sockets.live,
        auth=auth,
        resets=resets,
        cleaner=cleaner,
        metrics=metrics,
        channels=steps.channels,
        accept=steps.intake.accept,
        links=steps.keyring.derived(LINKS),
        search_lag=steps.indexer.lag,
        checks={"database": _database_answers(stores), "draining": _not_draining(draining)},
        frames={"ServerFrame": ServerFrame, "ClientFrame": ClientFrame},
        version=__version__,
    )
    app = build(parts, [*visitor_server.routes(), web.get("/ws", agents.handle, name="socket", allow_head=False)])
    app.on_response_prepare.append(visitor_server.allow_origin)
    return Front(app, metrics_app(metrics), agents, visitor_feed, resets, cleaner)


def _build_visitors(stores: Stores, steps: Steps, sockets: Sockets, web_settings: WebSettings) -> tuple[JournalVisitorFeed, VisitorServer]:
    feed = JournalVisitorFeed(
        stores.journal,
        stores.queries,
        steps.directory,
        sockets.visitors,
        sockets.whereabouts,
        steps.channels.facts,
        sockets.live.available,
        sockets.live.visitor_typing,
    )
    steps.feed.listen(feed.heard)
    services = Services(
        store=stores.visitors,
        feed=feed,
        deliver=steps.intake.accept,
        tickets=Tickets(steps.keyring.derived("visitors")[0]),
        now=stores.clock.now,
        new_id=lambda: secrets.token_hex(16),
        new_token=lambda: secrets.token_urlsafe(32),
    )

    def channel(id: ChannelId) -> VisitorChannel | None:
        found = steps.channels.running.get(id)
        if found is None or not isinstance(found.connector.settings, WidgetSettings):
            return None
        return VisitorChannel(id, found.connector.settings, found.facts.kind)

    address = lambda request: client_address(request, web_settings)  # noqa: E731  a name for a closure of one expression
    return feed, VisitorServer(services, sockets.visitors, stores.files, channel, address)


def _mailer(settings: Settings, steps: Steps, stores: Stores) -> Send:
    """Mails a link by the system channel, or the first one that writes to mail addresses."""

    async def mail(agent: Agent, link: str, purpose: Purpose) -> None:
        subject, text = TEXTS[purpose]
        connectors = sorted(steps.channels.connectors().items())
        able = [id for id, one in connectors if sends_mail(type(one), getattr(one.settings, "smtp", None))]
        id = ChannelId(settings.mail.system_channel) if settings.mail.system_channel else next(iter(able), None)
        connector = steps.channels.find(id) if id else None
        if id is None or connector is None:
            raise NeedsLogin("no channel can send mail; set mail.system_channel")
        message = OutboundMessage(
            id=MessageId(secrets.token_hex(16)),
            channel=id,
            author="",
            text=text.format(name=agent.name, link=link, email=agent.email),
            at=stores.clock.now(),
            to=(Address(connector.capabilities.address_kind, agent.email, agent.name),),
            subject=subject,
            automatic=True,
        )
        await connector.send(message)

    return mail


def _database_answers(stores: Stores) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        await stores.journal.heads()
        return ""

    return check


def _not_draining(draining: Callable[[], bool]) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        return "draining" if draining() else ""

    return check
