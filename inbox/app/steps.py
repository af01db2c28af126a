"""Builds the steps of the flow over the stores, in the order in which they depend on each other."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from inbox.app.channels import build_channels, consents_of
from inbox.app.stores import Stores
from inbox.connector import Connector, ConnectorRole
from inbox.core.agent import Agent, Role
from inbox.core.ids import AgentId, TeamId, digest
from inbox.flow.accounts import save_agent
from inbox.flow.amending import Amendments
from inbox.flow.bots import Bots
from inbox.flow.channels import Channels, Entry, Running
from inbox.flow.committer import Committer
from inbox.flow.composing import Composer
from inbox.flow.consents import Consents
from inbox.flow.conversations import Conversations
from inbox.flow.departures import Departures
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.feed import Feed
from inbox.flow.folding import Folder, Measure
from inbox.flow.indexing import Indexer
from inbox.flow.intake import Intake
from inbox.flow.jobs import Jobs, Moved
from inbox.flow.lights import PROBE, RECEIVING, SENDING
from inbox.flow.merging import Merging
from inbox.flow.naming import Naming
from inbox.flow.outbox import Outbox
from inbox.flow.probing import Probing
from inbox.flow.promises import PromiseBook
from inbox.flow.receivers import Receivers
from inbox.flow.recounting import Recounting
from inbox.flow.registry import discover
from inbox.flow.reloading import Reloading
from inbox.flow.resuming import Resume
from inbox.flow.retention import Trimmer
from inbox.flow.returns import Returns
from inbox.flow.router import Router, Who
from inbox.flow.sandbox import Sandbox
from inbox.flow.setups import Setups
from inbox.flow.signalling import Signalling, Signals
from inbox.flow.surveying import Surveys
from inbox.flow.telling import Telling
from inbox.flow.templates import TemplateSync
from inbox.flow.timers import Timers
from inbox.flow.traffic import Traffic
from inbox.flow.unseen import Unseen
from inbox.flow.watermarks import Watermarks
from inbox.ports import Clock
from inbox.records import CALENDARS, WORKSPACE
from inbox.settings import Settings
from inbox.store.secrets import Keyring

THREADS = "threads"
"""What the keys that sign reply tokens and message ids are derived for."""


async def nobody_asks(entry: Entry) -> None:
    """For a flow whose channels nobody looks at."""


@dataclass(frozen=True)
class Observed:
    """Where the steps' figures go."""

    committed: Callable[[int, int], None] = lambda events, tries: None
    sent: Callable[[str], None] = lambda state: None
    fired: Callable[[int], None] = lambda late_by: None
    trimmed: Callable[[str, int], None] = lambda what, count: None
    became: Callable[[Entry], Awaitable[None]] = nobody_asks


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
    composer: Composer
    sandbox: Sandbox
    intake: Intake
    desks: Desks
    router: Router
    timers: Timers
    outbox: Outbox
    indexer: Indexer
    folder: Folder
    receivers: Receivers
    probing: Probing
    reloading: Reloading
    setups: Setups
    templates: TemplateSync
    naming: Naming
    trimmer: Trimmer
    departures: Departures
    returns: Returns
    telling: Telling
    jobs: Jobs
    merging: Merging
    consents: Consents
    promises: PromiseBook
    recounting: Recounting
    resume: Resume
    signalling: Signalling
    surveys: Surveys
    amendments: Amendments


@dataclass(frozen=True)
class Base:
    """What steps and sockets both stand on: committed changes, names, and the events that somebody became available, and that
    somebody came or went."""

    server: str
    feed: Feed
    directory: Directory
    came: asyncio.Event
    moved: asyncio.Event
    signals: Signals


def build_base(stores: Stores) -> Base:
    """The directory listens first, so that everybody after it finds names that are up to date."""
    directory = Directory(stores.queries)
    feed = Feed(stores.journal, stores.queries)
    feed.listen(directory.heard)
    return Base(
        f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}", feed, directory, asyncio.Event(), asyncio.Event(), Signals()
    )


async def build_steps(
    settings: Settings,
    stores: Stores,
    base: Base,
    available: Who,
    observed: Observed | None = None,
    clock: Clock | None = None,
    more: Mapping[str, type[Connector]] | None = None,
    read_moved: Moved = lambda agent, conversation, inbound: None,
    there: Who | None = None,
) -> Steps:
    """The flow for these settings. ``available`` says who takes new work, ``there`` who is connected at all;
    ``clock`` is another than the database's for the demo's past;
    ``more`` are connectors beside those that are found; ``read_moved`` hears of read marks that a change in bulk moved.

    Raises ``CannotStart`` for channels that cannot be built.
    """
    observed = observed or Observed()
    clock = clock or stores.clock
    keyring = Keyring(settings.secrets.keys)
    signing = keyring.derived(THREADS)
    consents = consents_of(settings, stores, keyring, lambda unit: committer.submit(unit))
    built = await build_channels(settings, stores, keyring, {**discover(settings.connectors.outside), **(more or {})}, consents)
    channels = built.channels
    feed, directory = base.feed, base.directory
    desks, promises = Desks(directory), await PromiseBook.read(stores.queries)
    committer: Committer = Committer(
        stores.journal,
        feed,
        clock,
        deriving(signing[0]),
        channels.facts,
        base.server,
        observed.committed,
        desks.at,
        promises.current,
    )
    conversations = Conversations(committer, stores.queries, stores.files, signing)
    sandbox, marks = Sandbox(), Watermarks(committer, stores.queries)
    intake = Intake(stores.ledger, stores.files, committer, sandbox, channels.find, clock, signing, marks)
    router = Router(committer, stores.queries, available, base.came, clock, channels.facts, desks)
    bots = Bots(conversations, stores.queries, directory, channels.active)
    unseen, naming, surveys = (
        Unseen(committer, stores.queries, channels.facts, settings.mail.system_channel),
        Naming(committer, stores.queries, channels.find),
        Surveys(committer, stores.queries, signing, settings.server.public_url),
    )
    timers = Timers(committer, stores.queries, clock, {"bot": bots.turn, "mail": unseen.copy}, observed.fired)
    composer = Composer(stores.queries, directory, signing, surveys.address)
    lights = channels.lights
    traffic = Traffic(clock, channels.find, partial(lights.report, who=SENDING))
    outbox = Outbox(
        committer,
        stores.queries,
        clock,
        channels.find,
        composer,
        random.random,
        traffic,
        observed.sent,
        channels.paused,
        channels.hold,
    )
    amendments = Amendments(committer, stores.queries, channels.active, traffic, channels.hold, clock)
    (indexer, folder, trimmer), receivers = (
        _behind(settings, stores, clock, directory, observed),
        Receivers(channels.connectors(), intake.accept, partial(lights.report, who=RECEIVING), random.random),
    )
    departures, returns, telling = (
        Departures(committer, stores.queries, directory),
        Returns(committer, stores.queries, directory, desks, channels.facts, clock, there or available, base.moved, base.came),
        Telling(committer, stores.queries, desks, clock, router.position),
    )
    probing, resume = (
        Probing(channels.connectors, partial(lights.report, who=PROBE), clock, random.random),
        Resume(committer.submit, stores.queries, clock),
    )
    followers = (partial(_begin_anew, traffic, outbox, probing, resume), partial(ensure_bot, committer, directory), observed.became)
    reloading = Reloading(channels, stores.queries, receivers, built.entry, built.own, followers)
    jobs, recounting = (
        Jobs(committer, stores.journal, stores.queries, stores.own, directory, clock, signing, base.server, read_moved),
        Recounting(committer, stores.queries, promises, clock, base.server, digest(repr(settings.sla))),
    )
    for step in (
        naming,
        promises,
        recounting,
        desks,
        consents,
        traffic,
        reloading,
        jobs,
        departures,
        returns,
        router,
        telling,
        timers,
        outbox,
        amendments,
        indexer,
        folder,
    ):
        feed.listen(step.heard)
    return Steps(
        keyring=keyring,
        signing=signing,
        channels=channels,
        directory=directory,
        feed=feed,
        committer=committer,
        conversations=conversations,
        composer=composer,
        sandbox=sandbox,
        intake=intake,
        desks=desks,
        router=router,
        timers=timers,
        outbox=outbox,
        indexer=indexer,
        folder=folder,
        receivers=receivers,
        probing=probing,
        reloading=reloading,
        setups=built.setups(committer),
        templates=TemplateSync(committer, stores.queries, channels.connectors, clock, random.random),
        naming=naming,
        departures=departures,
        returns=returns,
        telling=telling,
        jobs=jobs,
        merging=Merging(committer, stores.queries, signing),
        consents=consents,
        promises=promises,
        recounting=recounting,
        resume=resume,
        signalling=Signalling(base.signals, stores.queries, channels.active, traffic, channels.hold, clock),
        surveys=surveys,
        amendments=amendments,
        trimmer=trimmer,
    )


async def _begin_anew(traffic: Traffic, outbox: Outbox, probing: Probing, resume: Resume, entry: Entry) -> None:
    """Nothing of what was learned of the channel as it was holds for what it is now: its credentials may be good again."""
    id = entry.record.id
    traffic.forget(id)
    outbox.resumed(id)
    probing.ask(id)
    resume.ask(id)


def deriving(key: bytes) -> Callable[..., str]:
    """Ids that only who has the key can compute."""
    return lambda *parts: digest(key, *parts)


def _behind(settings: Settings, stores: Stores, clock: Clock, directory: Directory, observed: Observed) -> tuple[Indexer, Folder, Trimmer]:
    """What reads the journal behind everybody else, and what removes it once they have."""
    kept = settings.retention
    return (
        Indexer(stores.journal, stores.queries, stores.search, clock),
        Folder(stores.journal, stores.facts, clock, measuring(settings, directory)),
        Trimmer(stores.retention, stores.search, stores.facts, clock, kept.journal_days, kept.sources_days, observed.trimmed),
    )


def measuring(settings: Settings, directory: Directory) -> Callable[[], Awaitable[Measure]]:
    """In which time zone reports tell days, and in whose opening hours they also count: the first by name of those that are for reports,
    unless the settings file names one."""
    zone, id = settings.reports.time_zone, settings.reports.calendar

    async def measure() -> Measure:
        calendars = await directory.entries(CALENDARS)
        chosen = (one for one in calendars.values() if one.reports)
        return Measure(zone, calendars.get(id) if id else min(chosen, key=lambda one: (one.name.casefold(), one.id), default=None))

    return measure


async def ensure_bots(steps: Steps) -> None:
    """Every bot that runs has an account to act under; its id is its channel's."""
    for bot in steps.channels.running.values():
        await ensure_bot(steps.committer, steps.directory, bot)


async def ensure_bot(committer: Committer, directory: Directory, entry: Entry) -> None:
    """The same for one; for a channel nothing. Its name and team follow the channel's."""
    if not isinstance(entry, Running) or entry.connector.role is not ConnectorRole.BOT:
        return
    record = entry.record
    known = (await directory.agents()).get(record.id)
    teams = (TeamId(record.team),) if record.team else ()
    if known is None or (record.managed == WORKSPACE and (known.name, known.teams) != (record.name, teams)):
        await save_agent(committer, Agent(AgentId(record.id), f"{record.id}@bots.invalid", record.name, Role.BOT, teams))
