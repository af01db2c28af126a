"""The channels and bots that run in this process: built from their records, replaced while it runs, with their facts and health."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import msgspec
import structlog

from inbox.connector import Connector, ConnectorRole, Tools
from inbox.core.errors import CannotStart
from inbox.core.ids import AgentId, ChannelId, TeamId
from inbox.core.mistakes import mistakes
from inbox.core.policies import Policy
from inbox.flow.lights import Lights
from inbox.flow.sealing import Seal, joined
from inbox.flow.working import ChannelFacts
from inbox.records import ChannelRecord

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Running:
    """One channel or bot as it runs here."""

    record: ChannelRecord
    connector: Connector
    facts: ChannelFacts


@dataclass(frozen=True)
class Removed:
    """A channel that was taken out of the settings: its conversations stay, nothing is received or sent by it."""

    record: ChannelRecord
    kind: type[Connector] | None
    """What served it; None when that is not installed any more."""


@dataclass(frozen=True)
class Broken:
    """A channel that should run and cannot be built in this process; it may well run in another."""

    record: ChannelRecord
    kind: type[Connector] | None
    problem: str
    remedy: str


Entry = Running | Removed | Broken


class Channels:
    """All channels of this process by id. They change while it runs, so ask anew each time."""

    def __init__(
        self,
        running: Mapping[ChannelId, Running],
        lights: Lights | None = None,
        removed: Mapping[ChannelId, Removed] = MappingProxyType({}),
    ) -> None:
        """``lights`` is what the connectors report into."""
        self.lights = lights or Lights()
        self._entries: dict[ChannelId, Entry] = {**running, **removed}
        self._uses: dict[Connector, int] = {}
        self._waited: dict[Connector, asyncio.Event] = {}
        self._sort()

    def _sort(self) -> None:
        """New mappings, so that whoever holds the former ones is not surprised in the middle of something."""
        entries = self._entries.items()
        self._running = {id: entry for id, entry in entries if isinstance(entry, Running)}
        self._facts = {id: self._seen(r) for id, r in self._running.items() if r.connector.role is ConnectorRole.CHANNEL}

    def _seen(self, running: Running) -> ChannelFacts:
        """A bot that is not at work is not asked first."""
        bot = running.facts.bot
        absent = bot is not None and self.active(ChannelId(bot)) is None
        return replace(running.facts, bot=None) if absent else running.facts

    @property
    def entries(self) -> Mapping[ChannelId, Entry]:
        """Everything that is known here."""
        return self._entries

    @property
    def running(self) -> Mapping[ChannelId, Running]:
        """Everything that runs, what is paused among it."""
        return self._running

    @property
    def removed(self) -> Mapping[ChannelId, Removed]:
        """What ran once and is known by name only."""
        return {id: entry for id, entry in self._entries.items() if isinstance(entry, Removed)}

    @property
    def broken(self) -> Mapping[ChannelId, Broken]:
        """What should run and does not."""
        return {id: entry for id, entry in self._entries.items() if isinstance(entry, Broken)}

    def facts(self) -> Mapping[ChannelId, ChannelFacts]:
        """What deciding needs to know of the channels customers write to."""
        return self._facts

    def find(self, id: ChannelId) -> Connector | None:
        """The connector of a channel or bot, paused or not: what has arrived is understood in any case."""
        found = self._running.get(id)
        return found.connector if found else None

    def active(self, id: ChannelId) -> Connector | None:
        """The connector of a channel or bot that is not paused."""
        found = self._running.get(id)
        return found.connector if found and not found.record.paused else None

    def paused(self, id: ChannelId) -> bool:
        """Whether it runs, but takes and sends nothing for now."""
        found = self._running.get(id)
        return found is not None and found.record.paused

    def connectors(self) -> Mapping[ChannelId, Connector]:
        """Every connector that is not paused, by channel id."""
        return {id: r.connector for id, r in self._running.items() if not r.record.paused}

    @contextmanager
    def hold(self, connector: Connector) -> Iterator[None]:
        """While something is done with a connector it is not closed, though its channel may have another one by then."""
        self._uses[connector] = self._uses.get(connector, 0) + 1
        try:
            yield
        finally:
            self._uses[connector] -= 1
            if not self._uses[connector]:
                del self._uses[connector]
                if (done := self._waited.pop(connector, None)) is not None:
                    done.set()

    def put(self, entry: Entry) -> Connector | None:
        """The channel is this from now on. Returns the connector it had before, which the caller retires."""
        before = self._entries.get(entry.record.id)
        self._entries = {**self._entries, entry.record.id: entry}
        self._sort()
        return before.connector if isinstance(before, Running) else None

    async def retire(self, connector: Connector) -> None:
        """Let a connector that was replaced release what it holds, once nothing is done with it any more."""
        if connector in self._uses:
            await self._waited.setdefault(connector, asyncio.Event()).wait()
        await _close(connector)

    async def close(self) -> None:
        """Let every connector release what it holds."""
        for running in self._running.values():
            await _close(running.connector)


async def _close(connector: Connector) -> None:
    try:
        await connector.close()
    except Exception:
        log.exception("connector_not_closed", channel=connector.channel)


def stand(
    record: ChannelRecord,
    classes: Mapping[str, type[Connector]],
    unseal: Seal,
    tools: Callable[[ChannelId], Tools],
    policy: Policy | None,
) -> Entry:
    """What a record is in this process; a channel that cannot be built is ``Broken`` and disturbs no other."""
    kind = classes.get(record.connector)
    if not record.enabled:
        return Removed(record, kind)
    try:
        return run(record, classes, unseal, tools, policy)
    except CannotStart as wrong:
        return Broken(record, kind, str(wrong), wrong.remedy)
    except Exception as bug:
        log.exception("channel_not_built", channel=record.id)
        return Broken(record, kind, f"Building it failed ({type(bug).__name__}).", "See the log of this server.")


def run(
    record: ChannelRecord,
    classes: Mapping[str, type[Connector]],
    unseal: Seal,
    tools: Callable[[ChannelId], Tools],
    policy: Policy | None,
) -> Running:
    """Build one. Raises ``CannotStart`` for an unknown connector or settings it refuses."""
    kind = known(classes, record)
    settings = checked(kind, record.id, joined(record, unseal))
    connector = kind(record.id, settings, tools(record.id))
    return Running(record, connector, facts(record, connector, policy))


def build(
    records: list[ChannelRecord],
    classes: Mapping[str, type[Connector]],
    unseal: Seal,
    tools: Callable[[ChannelId], Tools],
    policy: Policy | None,
) -> Mapping[ChannelId, Running]:
    """Build what the records name. Raises ``CannotStart`` for an unknown connector or settings it refuses."""
    running: dict[ChannelId, Running] = {}
    for record in records:
        if record.enabled:
            running[record.id] = run(record, classes, unseal, tools, policy)
    for record in records:
        bot = running.get(ChannelId(record.bot)) if record.bot and record.enabled else None
        if record.bot and record.enabled and (bot is None or bot.connector.role is not ConnectorRole.BOT):
            raise CannotStart(
                f"channels.{record.id}.bot: there is no bot {record.bot!r}", "name the id of a channel whose connector is a bot"
            )
    return running


def removed(records: Iterable[ChannelRecord], classes: Mapping[str, type[Connector]]) -> Mapping[ChannelId, Removed]:
    """Those of the records that do not run."""
    return {record.id: Removed(record, classes.get(record.connector)) for record in records if not record.enabled}


def known(classes: Mapping[str, type[Connector]], record: ChannelRecord) -> type[Connector]:
    """The connector a record names. Raises ``CannotStart``."""
    if record.connector not in classes:
        raise CannotStart(f"channels.{record.id}.connector: {record.connector!r} is unknown", f"known are {', '.join(sorted(classes))}")
    return classes[record.connector]


def checked(kind: type[Connector], channel: str, settings: Mapping[str, Any]) -> Any:
    """The connector's own settings struct. Raises ``CannotStart`` that names every mistake."""
    lines = mistakes(dict(settings), kind.Settings, f"channels.{channel}.settings")
    if lines:
        raise CannotStart("; ".join(lines), f"the page of the connector {kind.name} in docs/ explains its settings")
    return msgspec.convert(dict(settings), kind.Settings)


def facts(record: ChannelRecord, connector: Connector, policy: Policy | None) -> ChannelFacts:
    """What deciding needs to know of a channel."""
    able = connector.capabilities
    return ChannelFacts(
        id=record.id,
        kind=able.address_kind,
        scope=record.id if able.scoped else "",
        team=TeamId(record.team) if record.team else None,
        conversational=able.conversational,
        reply_keys=able.reply_keys,
        live=able.typing and able.receipts,
        name=record.name,
        weight=able.weight,
        text_limit=able.text_limit,
        window=able.window,
        opt_out=able.opt_out,
        sends=able.sends,
        templates=able.templates,
        choices=able.choices,
        stickers=able.stickers,
        public=able.public,
        amends=frozenset(able.amends),
        title=getattr(connector.settings, "title", ""),
        policy=policy,
        bot=AgentId(record.bot) if record.bot else None,
        own=getattr(connector.settings, "own", frozenset()),
        reply_by=ChannelId(getattr(connector.settings, "reply_by", "")) or None,
        acknowledgement=record.acknowledgement,
        unseen_ms=1000 * getattr(connector.settings, "unseen_seconds", ChannelFacts.unseen_ms // 1000),
    )
