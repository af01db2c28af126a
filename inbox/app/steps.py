"""Builds the steps of the flow over the stores, in the order in which they depend on each other."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inbox.app.stores import Stores
from inbox.connector import Connector, ConnectorRole, Health, Tools
from inbox.core import sla
from inbox.core.agent import Agent, Role
from inbox.core.errors import CannotStart, NeedsLogin
from inbox.core.ids import AgentId, ChannelId, TeamId, digest
from inbox.flow import channels as running
from inbox.flow.accounts import save_agent
from inbox.flow.bots import Bots
from inbox.flow.channels import Channels
from inbox.flow.committer import Committer
from inbox.flow.composing import Composer
from inbox.flow.conversations import Conversations
from inbox.flow.directory import Directory
from inbox.flow.feed import Feed
from inbox.flow.indexing import Indexer
from inbox.flow.intake import Intake
from inbox.flow.outbox import Outbox
from inbox.flow.receivers import Receivers
from inbox.flow.registry import discover
from inbox.flow.router import Router
from inbox.flow.sandbox import Sandbox
from inbox.flow.timers import Timers
from inbox.flow.unseen import Unseen
from inbox.ports import Clock
from inbox.records import ChannelRecord
from inbox.settings import Settings
from inbox.store.secrets import Keyring

MINUTE = 60_000
THREADS = "threads"
"""What the keys that sign reply tokens and message ids are derived for."""


@dataclass(frozen=True)
class Observed:
    """Where the steps' figures go."""

    committed: Callable[[int, int], None] = lambda events, tries: None
    sent: Callable[[str], None] = lambda state: None
    fired: Callable[[int], None] = lambda late_by: None


@dataclass(frozen=True)
class Steps:
    """The flow, built and not yet running."""

    keyring: Keyring
    signing: tuple[bytes, ...]
    channels: Channels
    directory: Directory
    feed: Feed
    committer: Committer
    conversations: Conversations
    sandbox: Sandbox
    intake: Intake
    router: Router
    timers: Timers
    outbox: Outbox
    indexer: Indexer
    receivers: Receivers


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


@dataclass(frozen=True)
class Base:
    """What steps and sockets both stand on: committed changes, names, and the event that somebody became available."""

    server: str
    feed: Feed
    directory: Directory
    came: asyncio.Event


def build_base(stores: Stores) -> Base:
    """The directory listens first, so that everybody after it finds names that are up to date."""
    directory = Directory(stores.queries)
    feed = Feed(stores.journal, stores.queries)
    feed.listen(directory.heard)
    return Base(f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}", feed, directory, asyncio.Event())


async def build_steps(
    settings: Settings,
    stores: Stores,
    base: Base,
    available: Callable[[], frozenset[AgentId]],
    observed: Observed | None = None,
    clock: Clock | None = None,
    more: Mapping[str, type[Connector]] | None = None,
) -> Steps:
    """The flow for these settings. ``available`` says who takes new work; ``clock`` is another than the database's for the demo's past;
    ``more`` are connectors beside those that are found.

    Raises ``CannotStart`` for channels that cannot be built.
    """
    observed = observed or Observed()
    clock = clock or stores.clock
    keyring = Keyring(settings.secrets.keys)
    signing = keyring.derived(THREADS)
    channels = await _build_channels(settings, stores, keyring, {**discover(settings.connectors.outside), **(more or {})})
    feed, directory = base.feed, base.directory
    committer = Committer(stores.journal, feed, clock, deriving(signing[0]), channels.facts, base.server, observed.committed)
    conversations = Conversations(committer, stores.queries, stores.files, signing)
    sandbox = Sandbox()
    intake = Intake(stores.ledger, stores.files, committer, sandbox, channels.find, clock, signing)
    router = Router(committer, stores.queries, available, base.came)
    bots = Bots(conversations, stores.queries, directory, channels.find)
    unseen = Unseen(committer, stores.queries, channels.facts)
    timers = Timers(committer, stores.queries, clock, {"bot": bots.turn, "mail": unseen.copy}, observed.fired)
    composer = Composer(stores.queries, directory, signing)
    outbox = Outbox(committer, stores.queries, clock, channels.find, composer, random.random, observed.sent)
    indexer = Indexer(stores.journal, stores.queries, stores.search, clock)
    receivers = Receivers(channels.connectors(), intake.accept, channels.report, random.random)
    for listener in (router.heard, timers.heard, outbox.heard, indexer.heard):
        feed.listen(listener)
    return Steps(
        keyring=keyring,
        signing=signing,
        channels=channels,
        directory=directory,
        feed=feed,
        committer=committer,
        conversations=conversations,
        sandbox=sandbox,
        intake=intake,
        router=router,
        timers=timers,
        outbox=outbox,
        indexer=indexer,
        receivers=receivers,
    )


def deriving(key: bytes) -> Callable[..., str]:
    """Ids that only who has the key can compute."""
    return lambda *parts: digest(key, *parts)


def given_channels(settings: Settings, classes: Mapping[str, type[Connector]]) -> list[tuple[ChannelRecord, type[Connector]]]:
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


async def _build_channels(settings: Settings, stores: Stores, keyring: Keyring, classes: Mapping[str, type[Connector]]) -> Channels:
    """Store what the settings say about channels, their secrets sealed, and build all stored ones."""
    for record, kind in given_channels(settings, classes):
        await stores.directory.save_channel(running.split(kind.Settings, record, _sealing(keyring)))
    records = await stores.queries.channels()
    health: dict[ChannelId, Health] = {}
    built = running.build(records, classes, _unsealing(keyring), _tools(stores, health), _policy(settings))
    return Channels(built, health)


def _sealing(keyring: Keyring) -> running.Seal:
    return lambda value, channel, field: keyring.seal(value, channel=channel, field=field)


def _unsealing(keyring: Keyring) -> running.Seal:
    def unseal(sealed: str, channel: str, field: str) -> str:
        try:
            return keyring.unseal(sealed, channel=channel, field=field)
        except NeedsLogin as lost:
            raise CannotStart(lost.reason, "put the old key back behind the new one in secrets.keys, or enter the value anew") from lost

    return unseal


def _tools(stores: Stores, health: dict[ChannelId, Health]) -> Callable[[ChannelId], Tools]:
    def tools(channel: ChannelId) -> Tools:
        def report(now: Health) -> None:
            health[channel] = now

        def open_file(id: str) -> AsyncIterator[bytes]:
            return stores.files.open(id)

        return Tools(stores.clock.now, open_file, ChannelCursor(stores, channel), report)

    return tools


def _policy(settings: Settings) -> sla.Policy | None:
    minutes = settings.sla.first_response_minutes
    return sla.Policy("default", first_response=minutes * MINUTE, warn_share=settings.sla.warn_share) if minutes else None


async def ensure_bots(steps: Steps) -> None:
    """Every bot that runs has an account to act under; its id is its channel's."""
    known = await steps.directory.agents()
    for id, bot in steps.channels.running.items():
        if bot.connector.role is ConnectorRole.BOT and id not in known:
            teams = (TeamId(bot.record.team),) if bot.record.team else ()
            await save_agent(steps.committer, Agent(AgentId(id), f"{id}@bots.invalid", bot.record.name, Role.BOT, teams))
