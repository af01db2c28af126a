"""Builds what people and programs connect to: the API, the agents' and visitors' sockets, the metrics."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from inbox import __version__
from inbox.api.attempts import Attempts
from inbox.api.auth import COOKIE, Auth
from inbox.api.cleaner import Cleaner
from inbox.api.factors import Seal, SecondFactors
from inbox.api.health import metrics_app
from inbox.api.metrics import Metrics
from inbox.api.origin import client_address, require_own_page
from inbox.api.parts import ApiParts
from inbox.api.passkeys import PasskeyChecks
from inbox.api.passwords import Passwords
from inbox.api.programs import Programs
from inbox.api.resets import INVITATIONS, Purpose, Resets, Send
from inbox.api.server import build
from inbox.api.web_settings import WebSettings
from inbox.app.channels import LINKS
from inbox.app.dispatching import build_dispatching, send_by_house
from inbox.app.pushing import build_push
from inbox.app.sso import sso_of
from inbox.app.steps import Base, Steps, measuring
from inbox.app.stores import Stores
from inbox.connector import OutboundMessage
from inbox.core.agent import Agent
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.core.widget import WidgetSettings
from inbox.flow.accounts import logins_ended
from inbox.flow.alerting import Alerting
from inbox.flow.catalog import Catalog
from inbox.flow.channel_facts import Channels
from inbox.flow.dispatching import Dispatcher
from inbox.flow.faces import Faces
from inbox.flow.floor import LiveFloor
from inbox.flow.people import People
from inbox.flow.pushing import Pusher
from inbox.flow.spells import Spells
from inbox.flow.staff import Staff
from inbox.flow.today import Today
from inbox.gateway.live import Live
from inbox.gateway.protocol import ClientFrame, ServerFrame
from inbox.gateway.server import AgentSockets, Limits
from inbox.gateway.visitor_feed import JournalVisitorFeed, Whereabouts, tell_agent_types
from inbox.gateway.visitor_reading import JournalPast
from inbox.gateway.visitor_server import VisitorServer
from inbox.gateway.visitor_tokens import Tickets
from inbox.gateway.visitors import Services, VisitorChannel, Visitors
from inbox.settings import Settings
from inbox.store.secrets import Keyring

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
    pusher: Pusher
    dispatcher: Dispatcher


def build_sockets(settings: Settings, stores: Stores, base: Base, channels: Callable[[], Channels]) -> Sockets:
    """The live side of this process; ``channels`` tell what conversations weigh."""
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
        moved=base.moved.set,
        agent_typing=tell_agent_types(visitors, whereabouts, base.directory, base.signals),
        agent_read=base.signals.read,
        floor=LiveFloor(stores.queries, channels),
        today=Today(stores.facts, measuring(settings, base.directory), stores.clock),
    )
    return Sockets(live, visitors, whereabouts)


def build_alerting(stores: Stores, steps: Steps, sockets: Sockets) -> Alerting:
    """What watches the thresholds of alerts; to be called once the live side has begun to follow the floor."""
    live = sockets.live
    alerting = Alerting(steps.committer, stores.queries, steps.directory, steps.desks, live.floor, live.available, stores.clock)
    steps.feed.listen(alerting.heard)
    live.on_presence(alerting.came_or_went)
    return alerting


def build_spells(stores: Stores, steps: Steps, sockets: Sockets) -> Spells:
    """What writes down how long agents are in which state."""
    spells = Spells(steps.committer, stores.clock, sockets.live.everybody)
    sockets.live.on_presence(spells.came_or_went)
    return spells


async def build_front(
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
    attempts = Attempts(stores.accounts, stores.clock)
    factors = SecondFactors(stores.accounts, stores.clock, attempts, *_locks(steps.keyring))
    passkeys = PasskeyChecks(stores.accounts, stores.clock, server.public_url)
    ended = partial(logins_ended, steps.committer)
    auth = Auth(stores.accounts, steps.directory, Passwords(), stores.clock, metrics, factors, passkeys, ended)
    sso = sso_of(settings, stores, steps.keyring, steps.committer.submit)
    auth.single_sign_on = bool(sso.providers)
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
    pusher, browsers = await build_push(settings, stores, steps, sockets.live)
    dispatcher, webhooks = build_dispatching(settings, stores, steps)
    visitor_feed, visitor_server = _build_visitors(stores, steps, sockets, web_settings, settings.mail.system_channel)
    parts = ApiParts(
        settings=web_settings,
        clock=stores.clock,
        queries=stores.queries,
        own=stores.own,
        notices=stores.notices,
        files=stores.files,
        search=stores.search,
        facts=stores.facts,
        ledger=stores.ledger,
        accounts=stores.accounts,
        conversations=steps.conversations,
        composer=steps.composer,
        jobs=steps.jobs,
        merging=steps.merging,
        router=steps.router,
        people=People(steps.committer),
        staff=Staff(steps.committer),
        faces=Faces(steps.committer, stores.journal),
        catalog=Catalog(steps.committer),
        browsers=browsers,
        webhooks=webhooks,
        consents=steps.consents,
        sso=sso,
        resume=steps.resume,
        surveys=steps.surveys,
        directory=steps.directory,
        live=sockets.live,
        auth=auth,
        programs=Programs(stores.accounts, steps.directory, stores.clock),
        resets=resets,
        cleaner=cleaner,
        metrics=metrics,
        channels=steps.channels,
        setups=steps.setups,
        templates=steps.templates,
        accept=steps.intake.accept,
        links=steps.keyring.derived(LINKS),
        search_lag=steps.indexer.lag,
        reports_lag=steps.folder.lag,
        measure=steps.folder.measure,
        checks={"database": _database_answers(stores), "draining": _not_draining(draining)},
        frames={"ServerFrame": ServerFrame, "ClientFrame": ClientFrame},
        version=__version__,
    )
    app = build(parts, [*visitor_server.routes(), web.get("/ws", agents.handle, name="socket", allow_head=False)])
    app.on_response_prepare.append(visitor_server.allow_origin)
    return Front(app, metrics_app(metrics), agents, visitor_feed, resets, cleaner, pusher, dispatcher)


def _build_visitors(
    stores: Stores, steps: Steps, sockets: Sockets, web_settings: WebSettings, mailbox: str
) -> tuple[JournalVisitorFeed, VisitorServer]:
    def channel(id: ChannelId) -> VisitorChannel | None:
        found = steps.channels.running.get(id)
        if found is None or found.record.paused or not isinstance(found.connector.settings, WidgetSettings):
            return None
        return VisitorChannel(id, found.connector.settings, found.facts.kind)

    feed = JournalVisitorFeed(
        stores.journal,
        stores.queries,
        steps.directory,
        steps.desks,
        sockets.visitors,
        sockets.whereabouts,
        steps.channels.facts,
        sockets.live.available,
        sockets.live.visitor_typing,
        sockets.live.visitor_in_front,
        steps.router.standing,
        hours=lambda id: found.settings.hours if (found := channel(id)) else "",
        now=stores.clock.now,
    )
    steps.feed.listen(feed.heard)
    sockets.live.on_presence(feed.came_or_went)
    services = Services(
        store=stores.visitors,
        feed=feed,
        deliver=steps.intake.accept,
        tickets=Tickets(steps.keyring.derived("visitors")[0]),
        now=stores.clock.now,
        new_id=lambda: secrets.token_hex(16),
        new_token=lambda: secrets.token_urlsafe(32),
        rated_at=steps.surveys.address,
        comment=steps.surveys.comment,
        past=JournalPast(stores.journal, stores.queries, steps.committer, steps.channels.facts, mailbox),
    )

    address = partial(client_address, settings=web_settings)
    return feed, VisitorServer(services, sockets.visitors, stores.files, channel, address)


def _mailer(settings: Settings, steps: Steps, stores: Stores) -> Send:
    """Mails a link by the system channel, or the first one that writes to mail addresses."""

    async def mail(agent: Agent, link: str, purpose: Purpose) -> None:
        subject, text = TEXTS[purpose]
        await send_by_house(
            steps,
            settings.mail.system_channel,
            lambda channel, kind: OutboundMessage(
                id=MessageId(secrets.token_hex(16)),
                channel=channel,
                author="",
                text=text.format(name=agent.name, link=link, email=agent.email),
                at=stores.clock.now(),
                to=(Address(kind, agent.email, agent.name),),
                subject=subject,
                automatic=True,
            ),
        )

    return mail


def _locks(keyring: Keyring) -> tuple[Seal, Seal]:
    """Seals and opens what belongs to an account, as channels' credentials are."""
    return (
        lambda value, account, field: keyring.seal(value, channel=account, field=field),
        lambda value, account, field: keyring.unseal(value, channel=account, field=field),
    )


def _database_answers(stores: Stores) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        await stores.journal.heads()
        return ""

    return check


def _not_draining(draining: Callable[[], bool]) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        return "draining" if draining() else ""

    return check
