"""The channels of the settings file and of the database: checked, stored with their secrets sealed, and built."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import structlog
from msgspec.structs import replace

from inbox.app.crosschecks import mistakes_between, mistakes_of_keys
from inbox.app.stores import Stores
from inbox.connector import Connector, Health, Tools
from inbox.core import sla
from inbox.core.errors import CannotStart, NeedsLogin
from inbox.core.ids import ChannelId, FileId
from inbox.core.links import LINK_MS, file_link
from inbox.core.mistakes import mistakes
from inbox.flow import channels as running
from inbox.flow.channels import Channels
from inbox.flow.lights import Lights
from inbox.flow.registry import discover
from inbox.records import ChannelRecord
from inbox.settings import Settings
from inbox.store.secrets import Keyring

MINUTE = 60_000
LINKS = "media links"
"""What the keys that sign addresses of files are derived for."""

log = structlog.get_logger(__name__)

Classes = Mapping[str, type[Connector]]
"""Connectors by name."""


class ChannelCursor:
    """``connector.Cursor`` of one channel, kept in the database."""

    def __init__(self, stores: Stores, channel: ChannelId) -> None:
        self._cursors = stores.cursors
        self._channel = channel

    async def load(self, name: str) -> dict[str, Any]:
        """The stored value, or an empty dict."""
        return await self._cursors.load(self._channel, name)

    async def save(self, name: str, value: Mapping[str, Any]) -> None:
        """Majority-committed when it returns."""
        await self._cursors.save(self._channel, name, value)


def mistakes_of_channels(tree: Mapping[str, Any]) -> list[str]:
    """What is wrong with the channels' connectors, with the settings these check themselves, and between them; for ``settings.load``."""
    outside, given = tree.get("connectors"), tree.get("channels")
    named = outside.get("outside") if isinstance(outside, dict) else ()
    try:
        classes = discover([name for name in named or () if isinstance(name, str)])
    except CannotStart as error:
        return [f"connectors.outside: {error}; {error.remedy}"]
    tables = [channel for channel in given if isinstance(channel, dict)] if isinstance(given, list) else []
    own = [line for channel in tables for line in _mistakes_of(channel, classes)]
    return [*own, *mistakes_between(tree, tables, classes)]


def mistakes_for_serving(tree: Mapping[str, Any]) -> list[str]:
    """The same and what only a service needs: keys."""
    return [*mistakes_of_keys(tree), *mistakes_of_channels(tree)]


def _mistakes_of(channel: Mapping[str, Any], classes: Classes) -> list[str]:
    id, connector, settings = channel.get("id"), channel.get("connector"), channel.get("settings", {})
    if not isinstance(connector, str) or not isinstance(settings, dict):
        return []
    if connector not in classes:
        return [f'channels.{id}.connector must be one of {", ".join(sorted(classes))}; it is the text "{connector}"']
    return mistakes(settings, classes[connector].Settings, f"channels.{id}.settings")


def given_channels(settings: Settings, classes: Classes) -> list[tuple[ChannelRecord, type[Connector]]]:
    """The channels of the settings file with their connectors. Raises ``CannotStart`` for one that is unknown or refuses its settings."""
    found = []
    for given in settings.channels:
        record = ChannelRecord(
            id=ChannelId(given.id),
            connector=given.connector,
            name=given.name,
            team=given.team or None,
            settings=given.settings,
            bot=given.bot or None,
        )
        kind = running.known(classes, record)
        running.checked(kind, record.id, record.settings)
        found.append((record, kind))
    return found


async def build_channels(settings: Settings, stores: Stores, keyring: Keyring, classes: Classes) -> Channels:
    """Store what the settings say about channels, their secrets sealed, and build these. A stored one they no longer name is kept as
    removed: its conversations stay, it runs no more, and what waits to be sent by it waits as long as for any channel."""
    given = given_channels(settings, classes)
    for record, kind in given:
        await stores.directory.save_channel(running.split(kind.Settings, record, _sealing(keyring)))
    named = {record.id for record, _ in given}
    for record in await stores.queries.channels():
        if record.enabled and record.id not in named:
            await stores.directory.save_channel(replace(record, enabled=False))
            log.warning("channel_removed", channel=record.id)
    records = await stores.queries.channels()
    lights = Lights(stores.clock.now)
    tools = _tools(settings, stores, keyring, lights)
    built = running.build(records, classes, _unsealing(keyring), tools, _policy(settings))
    return Channels(built, lights, running.removed(records, classes))


async def look_at_channels(settings: Settings, stores: Stores) -> Sequence[ChannelRecord]:
    """The channels as a start with these settings would find them, removed ones not enabled; nothing is stored."""
    given = [ChannelRecord(ChannelId(c.id), c.connector, c.name, c.team or None, c.settings, bot=c.bot or None) for c in settings.channels]
    known = {record.id for record in given}
    gone = [replace(record, enabled=False) for record in await stores.queries.channels() if record.id not in known]
    return sorted([*given, *gone], key=lambda record: record.id)


def connect_to(record: ChannelRecord, classes: Classes, settings: Settings, stores: Stores, keyring: Keyring) -> Connector:
    """The connector of one channel, to be tried out. Raises ``CannotStart`` when it cannot be built."""
    kind = running.known(classes, record)
    own = running.checked(kind, record.id, running.joined(record, _unsealing(keyring)))
    return kind(record.id, own, _tools(settings, stores, keyring, Lights())(record.id))


def _sealing(keyring: Keyring) -> running.Seal:
    return lambda value, channel, field: keyring.seal(value, channel=channel, field=field)


def _unsealing(keyring: Keyring) -> running.Seal:
    def unseal(sealed: str, channel: str, field: str) -> str:
        try:
            return keyring.unseal(sealed, channel=channel, field=field)
        except NeedsLogin as lost:
            raise CannotStart(lost.reason, "put the old key back behind the new one in secrets.keys, or enter the value anew") from lost

    return unseal


def _tools(settings: Settings, stores: Stores, keyring: Keyring, lights: Lights) -> Callable[[ChannelId], Tools]:
    key = keyring.derived(LINKS)[0]

    def link(file: str, name: str) -> str:
        signed = file_link(key, FileId(file), stores.clock.now() + LINK_MS)
        return f"{settings.server.public_url}/media/{signed}/{quote(name, safe='')}"

    def tools(channel: ChannelId) -> Tools:
        def report(now: Health) -> None:
            lights.report(channel, now)

        def open_file(id: str) -> AsyncIterator[bytes]:
            return stores.files.open(id)

        hook = f"{settings.server.public_url}/hooks/"
        return Tools(stores.clock.now, open_file, ChannelCursor(stores, channel), report, stores.outside, link, hook)

    return tools


def _policy(settings: Settings) -> sla.Policy | None:
    minutes = settings.sla.first_response_minutes
    return sla.Policy("default", first_response=minutes * MINUTE, warn_share=settings.sla.warn_share) if minutes else None
