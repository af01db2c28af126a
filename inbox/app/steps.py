"""Builds the steps of the flow over the stores, in the order in which they depend on each other."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from inbox.app.channels import build_channels
from inbox.app.stores import Stores
from inbox.connector import Connector, ConnectorRole
from inbox.core.agent import Agent, Role
from inbox.core.ids import AgentId, TeamId, digest
from inbox.flow.accounts import save_agent
from inbox.flow.bots import Bots
from inbox.flow.channels import Channels
from inbox.flow.committer import Committer
from inbox.flow.composing import Composer
from inbox.flow.conversations import Conversations
from inbox.flow.departures import Departures
from inbox.flow.directory import Directory
from inbox.flow.feed import Feed
from inbox.flow.indexing import Indexer
from inbox.flow.intake import Intake
from inbox.flow.lights import PROBE, RECEIVING, SENDING
from inbox.flow.outbox import Outbox
from inbox.flow.probing import Probing
from inbox.flow.receivers import Receivers
from inbox.flow.registry import discover
from inbox.flow.retention import Trimmer
from inbox.flow.router import Router
from inbox.flow.sandbox import Sandbox
from inbox.flow.timers import Timers
from inbox.flow.traffic import Traffic
from inbox.flow.unseen import Unseen
from inbox.ports import Clock
from inbox.settings import Settings
from inbox.store.secrets import Keyring

THREADS = "threads"
"""What the keys that sign reply tokens and message ids are derived for."""


@dataclass(frozen=True)
class Observed:
    """Where the steps' figures go."""

    committed: Callable[[int, int], None] = lambda events, tries: None
    sent: Callable[[str], None] = lambda state: None
    fired: Callable[[int], None] = lambda late_by: None
    trimmed: Callable[[str, int], None] = lambda what, count: None


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
    probing: Probing
    trimmer: Trimmer
    departures: Departures


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
    channels = await build_channels(settings, stores, keyring, {**discover(settings.connectors.outside), **(more or {})})
    feed, directory = base.feed, base.directory
    committer = Committer(stores.journal, feed, clock, deriving(signing[0]), channels.facts, base.server, observed.committed)
    conversations = Conversations(committer, stores.queries, stores.files, signing)
    sandbox = Sandbox()
    intake = Intake(stores.ledger, stores.files, committer, sandbox, channels.find, clock, signing)
    router = Router(committer, stores.queries, available, base.came)
    bots = Bots(conversations, stores.queries, directory, channels.find)
    unseen = Unseen(committer, stores.queries, channels.facts, settings.mail.system_channel)
    timers = Timers(committer, stores.queries, clock, {"bot": bots.turn, "mail": unseen.copy}, observed.fired)
    composer = Composer(stores.queries, directory, signing)
    lights = channels.lights
    traffic = Traffic(clock, channels.find, partial(lights.report, who=SENDING))
    outbox = Outbox(committer, stores.queries, clock, channels.find, composer, random.random, traffic, observed.sent)
    indexer = Indexer(stores.journal, stores.queries, stores.search, clock)
    receivers = Receivers(channels.connectors(), intake.accept, partial(lights.report, who=RECEIVING), random.random)
    departures = Departures(committer, stores.queries, directory)
    for listener in (departures.heard, router.heard, timers.heard, outbox.heard, indexer.heard):
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
        probing=Probing(channels.connectors(), partial(lights.report, who=PROBE), clock, random.random),
        departures=departures,
        trimmer=Trimmer(
            stores.retention, stores.search, clock, settings.retention.journal_days, settings.retention.sources_days, observed.trimmed
        ),
    )


def deriving(key: bytes) -> Callable[..., str]:
    """Ids that only who has the key can compute."""
    return lambda *parts: digest(key, *parts)


async def ensure_bots(steps: Steps) -> None:
    """Every bot that runs has an account to act under; its id is its channel's."""
    known = await steps.directory.agents()
    for id, bot in steps.channels.running.items():
        if bot.connector.role is ConnectorRole.BOT and id not in known:
            teams = (TeamId(bot.record.team),) if bot.record.team else ()
            await save_agent(steps.committer, Agent(AgentId(id), f"{id}@bots.invalid", bot.record.name, Role.BOT, teams))
