"""The channels and bots that run in this process: built from their records, with their facts and their health."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct, inspect
from msgspec.structs import replace

from inbox.connector import Connector, ConnectorRole, Tools
from inbox.core import sla
from inbox.core.errors import CannotStart
from inbox.core.ids import AgentId, ChannelId
from inbox.core.mistakes import mistakes
from inbox.flow.lights import Lights
from inbox.flow.working import ChannelFacts
from inbox.records import ChannelRecord

Seal = Callable[[str, str, str], str]
"""(value, channel, field) to what may be stored, or back."""


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


class Channels:
    """All channels of this process by id."""

    def __init__(
        self,
        running: Mapping[ChannelId, Running],
        lights: Lights | None = None,
        removed: Mapping[ChannelId, Removed] = MappingProxyType({}),
    ) -> None:
        """``lights`` is what the connectors report into."""
        self._running = dict(running)
        self._removed = dict(removed)
        self.lights = lights or Lights()
        self._facts = {id: r.facts for id, r in running.items() if r.connector.role is ConnectorRole.CHANNEL}

    @property
    def running(self) -> Mapping[ChannelId, Running]:
        """Everything that runs."""
        return self._running

    @property
    def removed(self) -> Mapping[ChannelId, Removed]:
        """What ran once and is known by name only."""
        return self._removed

    def facts(self) -> Mapping[ChannelId, ChannelFacts]:
        """What deciding needs to know of the channels customers write to."""
        return self._facts

    def find(self, id: ChannelId) -> Connector | None:
        """The connector of a channel or bot."""
        found = self._running.get(id)
        return found.connector if found else None

    def connectors(self) -> Mapping[ChannelId, Connector]:
        """Every connector by channel id."""
        return {id: r.connector for id, r in self._running.items()}

    async def close(self) -> None:
        """Let every connector release what it holds."""
        for running in self._running.values():
            await running.connector.close()


def build(
    records: list[ChannelRecord],
    classes: Mapping[str, type[Connector]],
    unseal: Seal,
    tools: Callable[[ChannelId], Tools],
    policy: sla.Policy | None,
) -> Mapping[ChannelId, Running]:
    """Build what the records name. Raises ``CannotStart`` for an unknown connector or settings it refuses."""
    running: dict[ChannelId, Running] = {}
    for record in records:
        if record.enabled:
            kind = known(classes, record)
            settings = checked(kind, record.id, joined(record, unseal))
            connector = kind(record.id, settings, tools(record.id))
            running[record.id] = Running(record, connector, facts(record, connector, policy))
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


def facts(record: ChannelRecord, connector: Connector, policy: sla.Policy | None) -> ChannelFacts:
    """What deciding needs to know of a channel."""
    able = connector.capabilities
    return ChannelFacts(
        id=record.id,
        kind=able.address_kind,
        scope=record.id if able.scoped else "",
        team=record.team or None,
        conversational=able.conversational,
        reply_keys=able.reply_keys,
        live=able.typing and able.receipts,
        name=record.name,
        weight=able.weight,
        text_limit=able.text_limit,
        window=able.window,
        title=getattr(connector.settings, "title", ""),
        policy=policy,
        bot=AgentId(record.bot) if record.bot else None,
        own=getattr(connector.settings, "own", frozenset()),
        reply_by=ChannelId(getattr(connector.settings, "reply_by", "")) or None,
        unseen_ms=1000 * getattr(connector.settings, "unseen_seconds", ChannelFacts.unseen_ms // 1000),
    )


def split(kind: type[Struct], record: ChannelRecord, seal: Seal) -> ChannelRecord:
    """The record with every secret setting taken out of ``settings`` and sealed."""
    plain = msgspec.to_builtins(record.settings)
    secrets = dict(record.secrets)
    for path in secret_paths(kind):
        holder = _holder(plain, path)
        if holder is not None and holder.get(path[-1]):
            name = ".".join(path)
            secrets[name] = seal(str(holder.pop(path[-1])), record.id, name)
    return replace(record, settings=plain, secrets=secrets)


def joined(record: ChannelRecord, unseal: Seal) -> dict[str, Any]:
    """The settings with the secrets in their places."""
    whole: dict[str, Any] = msgspec.to_builtins(record.settings)
    for name, sealed in record.secrets.items():
        *outer, last = name.split(".")
        holder = whole
        for part in outer:
            holder = holder.setdefault(part, {})
        holder[last] = unseal(sealed, record.id, name)
    return whole


def _holder(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any] | None:
    for part in path[:-1]:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            return None
        tree = inner
    return tree


def secret_paths(kind: type[Struct]) -> list[tuple[str, ...]]:
    """The places of all secret settings: fields whose ``Meta`` says ``extra={"secret": True}``, at any depth."""
    return list(_secrets(inspect.type_info(kind), ()))


def _secrets(kind: inspect.Type, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    match kind:
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from _secrets(field.type, (*path, field.name))
        case inspect.UnionType(types=types):
            for inner in types:
                yield from _secrets(inner, path)
        case inspect.Metadata(extra=extra) if extra and extra.get("secret"):
            yield path
        case inspect.Metadata(type=inner):
            yield from _secrets(inner, path)
