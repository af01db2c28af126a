"""Builds what calls webhooks and mails alerts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import random
from urllib.parse import urlencode

from inbox.app.crosschecks import sends_mail
from inbox.app.outside import Outside
from inbox.app.steps import Steps
from inbox.app.stores import Stores
from inbox.connector import OutboundMessage
from inbox.core.alerts import Alert
from inbox.core.dispatching import Dispatch
from inbox.core.errors import NeedsLogin, Rejected, TryLater
from inbox.core.ids import ChannelId, Instant, MessageId
from inbox.core.message import Address
from inbox.flow.committer import Committer
from inbox.flow.directory import Directory
from inbox.flow.dispatching import FIELD, SECONDS, Call, Dispatcher, Mail, Webhooks
from inbox.ports import Clock, Queries
from inbox.provider import retry_after
from inbox.records import ALERTS
from inbox.settings import Settings
from inbox.store.secrets import Keyring


def build_dispatching(settings: Settings, stores: Stores, steps: Steps) -> tuple[Dispatcher, Webhooks]:
    """What brings them out, and the door for webhooks."""
    mail = mailing(steps, settings.mail.system_channel, stores.clock.now, settings.server.public_url)
    call = calling(stores.outside, stores.clock.now, inside=settings.webhooks.inside)
    unseal = partial(_unseal, steps.keyring)
    dispatcher = Dispatcher(steps.committer, stores.queries, stores.clock, call, mail, unseal, random)
    steps.feed.listen(dispatcher.heard)
    return dispatcher, webhooks_of(steps.keyring, steps.committer, stores.queries, steps.directory, stores.clock)


def webhooks_of(keyring: Keyring, committer: Committer, queries: Queries, directory: Directory, clock: Clock) -> Webhooks:
    """The door for webhooks, whose secrets are stored under these keys."""
    return Webhooks(committer, queries, directory, clock, partial(_seal, keyring), partial(_unseal, keyring))


def _seal(keyring: Keyring, value: str, webhook: str) -> str:
    return keyring.seal(value, channel=webhook, field=FIELD)


def _unseal(keyring: Keyring, value: str, webhook: str) -> str:
    return keyring.unseal(value, channel=webhook, field=FIELD)


def calling(outside: Outside, now: Callable[[], Instant], *, inside: bool) -> Call:
    """Calls by https at public addresses only; with ``inside`` at any."""

    async def call(url: str, headers: dict[str, str], body: bytes) -> None:
        if inside:
            answer = await outside.request("POST", url, headers=headers, body=body, seconds=SECONDS)
        else:
            answer = await outside.post_public(url, headers=headers, body=body, seconds=SECONDS)
        if answer.ok:
            return
        if answer.status == 410:
            raise Rejected("gone")
        raise TryLater(f"http_{answer.status}", retry_after(answer, now()))

    return call


def shown_at(alert: Alert | None, public_url: str) -> str:
    """The address of what an alert is about: what waits in its queue or for its team, or the board."""
    base = public_url.rstrip("/")
    if alert is not None and alert.queue:
        return f"{base}/inbox/queue:{alert.queue}"
    if alert is not None and alert.team:
        return f"{base}/inbox/queue?{urlencode({'filter': f'team:{alert.team} queue:none'})}"
    return f"{base}/board"


def mailing(steps: Steps, system_channel: str, now: Callable[[], Instant], public_url: str) -> Mail:
    """Mails about alerts by the system channel, or the first one that writes to mail addresses."""

    async def mail(d: Dispatch) -> None:
        address = shown_at((await steps.directory.entries(ALERTS)).get(d.about), public_url)
        await send_by_house(
            steps,
            system_channel,
            lambda channel, kind: OutboundMessage(
                id=MessageId(d.id),
                channel=channel,
                author="",
                text=f"{d.body}\n\n{address}",
                at=now(),
                to=(Address(kind, d.target),),
                subject=d.subject,
                automatic=True,
                attempt=d.attempts,
            ),
        )

    return mail


async def send_by_house(steps: Steps, system_channel: str, message: Callable[[ChannelId, str], OutboundMessage]) -> None:
    """Send what ``message`` makes for a channel and its kind of address. Raises ``NeedsLogin`` where no channel can, and what it raises."""
    connectors = sorted(steps.channels.connectors().items())
    able = [id for id, one in connectors if sends_mail(type(one), getattr(one.settings, "smtp", None))]
    id = ChannelId(system_channel) if system_channel else next(iter(able), None)
    connector = steps.channels.active(id) if id else None
    if id is None or connector is None:
        raise NeedsLogin("no channel can send mail; set mail.system_channel")
    await connector.send(message(id, connector.capabilities.address_kind))
