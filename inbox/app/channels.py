"""The channels of the settings file and of the database: checked, stored with their secrets sealed, and built."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import structlog
from msgspec.structs import replace

from inbox.app.crosschecks import mistakes_between, mistakes_of_keys
from inbox.app.resealing import reseal
from inbox.app.stores import Stores
from inbox.connector import Connector, Health, Tools
from inbox.core.errors import CannotStart, NeedsLogin
from inbox.core.ids import ChannelId, FileId, TeamId, digest
from inbox.core.links import LINK_MS, file_link
from inbox.core.mistakes import mistakes
from inbox.core.policies import Policy, Targets
from inbox.flow import channels as running
from inbox.flow.channels import Broken, Channels, Entry
from inbox.flow.committer import Committer
from inbox.flow.consents import Consents
from inbox.flow.lights import Lights
from inbox.flow.registry import discover
from inbox.flow.reloading import BUILD
from inbox.flow.resuming import Submit
from inbox.flow.sealing import Seal, joined, split
from inbox.flow.setups import Setups
from inbox.records import FILE, ChannelRecord
from inbox.settings import Settings
from inbox.store.secrets import Keyring

MINUTE = 60_000
LINKS = "media links"
"""What the keys that sign addresses of files are derived for."""

CONSENTS = "consents"
"""What the keys are derived for that sign what providers send back with a person."""

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
            acknowledgement=given.acknowledgement,
            readers=tuple(TeamId(team) for team in given.readers),
        )
        kind = running.known(classes, record)
        running.checked(kind, record.id, record.settings)
        found.append((record, kind))
    return found


@dataclass(frozen=True)
class Built:
    """The channels of this process, what builds one of them anew, and what admins change them by."""

    channels: Channels
    entry: Callable[[ChannelRecord], Entry]
    own: frozenset[ChannelId]
    """Those of the settings file."""
    setups: Callable[[Committer], Setups]


async def build_channels(settings: Settings, stores: Stores, keyring: Keyring, classes: Classes, consents: Consents) -> Built:
    """Store what the settings say about channels, their secrets sealed, and build these and those that were made in the workspace.

    One of the settings that they no longer name is kept as removed: its conversations stay, it runs no more, and what waits to be sent
    by it waits as long as for any channel. Raises ``CannotStart`` for one of the settings that cannot be built; another is ``Broken``.
    """
    await reseal(stores, keyring)
    own = await _store_given(settings, stores, keyring, classes)
    records = await stores.queries.channels()
    lights = Lights(stores.clock.now)
    tools, unseal, policy = _tools(settings, stores, keyring, lights, consents), _unsealing(keyring), _policy(settings)
    built = running.build([r for r in records if r.managed == FILE], classes, unseal, tools, policy)
    channels = Channels(built, lights, running.removed(records, classes))
    for record in records:
        if record.managed != FILE and record.enabled:
            entry = running.stand(record, classes, unseal, tools, policy)
            channels.put(entry)
            if isinstance(entry, Broken):
                lights.report(record.id, Health(False, entry.problem, entry.remedy), BUILD)

    def build(record: ChannelRecord) -> Entry:
        return running.stand(record, classes, unseal, tools, policy)

    return Built(channels, build, own, lambda committer: setups(settings, stores, keyring, classes, committer))


async def _store_given(settings: Settings, stores: Stores, keyring: Keyring, classes: Classes) -> frozenset[ChannelId]:
    given = given_channels(settings, classes)
    known = {record.id: record for record in await stores.queries.channels()}
    for record, kind in given:
        before = known.pop(record.id, None)
        if before is not None and before.managed != FILE and before.enabled:
            log.warning("channel_taken_over_by_the_settings_file", channel=record.id)
        sealed = split(kind.Settings, record, _sealing(keyring))
        await stores.directory.save_channel(replace(sealed, version=before.version + 1 if before else 1))
    for record in known.values():
        if record.enabled and record.managed == FILE:
            await stores.directory.save_channel(replace(record, enabled=False, version=record.version + 1))
            log.warning("channel_removed", channel=record.id)
    return frozenset(record.id for record, _ in given)


def setups(settings: Settings, stores: Stores, keyring: Keyring, classes: Classes, committer: Committer) -> Setups:
    """The door for changes to channels."""
    consents = consents_of(settings, stores, keyring, committer.submit)
    tools = _tools(settings, stores, keyring, Lights(), consents)  # what a trial reports is nobody's light
    key = keyring.derived("channel calls")[0]
    own = [("the service", settings.server.host, settings.server.port), ("metrics", settings.metrics.host, settings.metrics.port)]
    known = stores.queries.channels
    return Setups(committer, classes, _sealing(keyring), _unsealing(keyring), tools, partial(digest, key), known, own)


async def look_at_channels(settings: Settings, stores: Stores) -> Sequence[ChannelRecord]:
    """The channels as a start with these settings would find them, removed ones not enabled; nothing is stored."""
    given = [ChannelRecord(ChannelId(c.id), c.connector, c.name, c.team or None, c.settings, bot=c.bot or None) for c in settings.channels]
    known = {record.id for record in given}
    others = [record for record in await stores.queries.channels() if record.id not in known]
    found = [record if record.managed != FILE else replace(record, enabled=False) for record in others]
    return sorted([*given, *found], key=lambda record: record.id)


def connect_to(
    record: ChannelRecord, classes: Classes, settings: Settings, stores: Stores, keyring: Keyring, consents: Consents
) -> Connector:
    """The connector of one channel, to be tried out. Raises ``CannotStart`` when it cannot be built."""
    kind = running.known(classes, record)
    own = running.checked(kind, record.id, joined(record, _unsealing(keyring)))
    return kind(record.id, own, _tools(settings, stores, keyring, Lights(), consents)(record.id))


def _sealing(keyring: Keyring) -> Seal:
    return lambda value, channel, field: keyring.seal(value, channel=channel, field=field)


def _unsealing(keyring: Keyring) -> Seal:
    def unseal(sealed: str, channel: str, field: str) -> str:
        try:
            return keyring.unseal(sealed, channel=channel, field=field)
        except NeedsLogin as lost:
            raise CannotStart(lost.reason, "put the old key back behind the new one in secrets.keys, or enter the value anew") from lost

    return unseal


def consents_of(settings: Settings, stores: Stores, keyring: Keyring, submit: Submit) -> Consents:
    """The consents by which some channels work; ``submit`` commits."""
    keys = keyring.derived(CONSENTS)
    return Consents(submit, stores.journal, stores.clock, stores.outside, keyring, keys, settings.server.public_url)


def _tools(settings: Settings, stores: Stores, keyring: Keyring, lights: Lights, consents: Consents) -> Callable[[ChannelId], Tools]:
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
        return Tools(stores.clock.now, open_file, ChannelCursor(stores, channel), report, stores.outside, link, hook, consents.of(channel))

    return tools


def _policy(settings: Settings) -> Policy | None:
    minutes = settings.sla.first_response_minutes
    if not minutes:
        return None
    return Policy("default", targets=Targets(first_response=minutes * MINUTE), warn_shares=(settings.sla.warn_share,))
