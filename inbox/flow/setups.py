"""What admins do with channels: checked, tried out, their secrets sealed, and committed with the entry that tells every server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from inbox.connector import Connector, ConnectorRole, Health, Tools
from inbox.core.acknowledgement import Acknowledgement
from inbox.core.errors import Conflict, Invalid, NotFound, Prevented
from inbox.core.events import Event, EventType
from inbox.core.ids import ChannelId, TeamId
from inbox.core.listening import Place, clash, listener_of
from inbox.core.mistakes import mistakes
from inbox.core.oauth import OAuthClient
from inbox.core.permissions import Action, Actor, require
from inbox.flow.committer import Committer, Rank
from inbox.flow.idempotency import repeated
from inbox.flow.probing import tried
from inbox.flow.sealing import Seal, joined, kept, split
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import CHANNELS, FILE, TEAMS, WORKSPACE, ChannelRecord

TRIAL_S = 20.0

Classes = Mapping[str, type[Connector]]


@dataclass(frozen=True)
class Setup:
    """A channel as somebody wants it. ``settings`` are whole, but of a secret that is empty the stored value stays, unless ``forget``
    names it."""

    id: ChannelId
    connector: str
    name: str
    team: str = ""
    bot: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    forget: frozenset[str] = frozenset()
    paused: bool = False
    acknowledgement: Acknowledgement | None = None
    readers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SaveChannel:
    """Store a channel. ``version`` is what was seen, 0 for a new one. ``bots``: the connectors that are bots."""

    actor: Actor
    record: ChannelRecord
    version: int
    bots: frozenset[str]
    key: str = ""
    body: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 2000

    @property
    def group(self) -> str:
        """One channel's changes keep their order."""
        return self.record.id

    def decide(self, layer: Layer) -> ChannelRecord:
        """The channel as stored. Raises ``NotFound``, ``Invalid``, and ``Conflict`` for an id that is taken, for a channel of the
        settings file, and when somebody changed it since."""
        require(self.actor, Action.MANAGE_CHANNELS)
        record = self.record
        layer.need((CHANNELS, (record.id, *filter(None, [record.bot]))), (TEAMS, (*filter(None, [record.team]), *record.readers)))
        before = layer.get(CHANNELS, record.id)
        if repeated(layer, self.actor.id, self.key, "save_channel", record.id, self.body) and before is not None:
            return before
        _replaceable(before, record, self.version)
        self._known(layer, before)
        return _stored(layer, replace(record, managed=WORKSPACE), self.actor)

    def _known(self, layer: Layer, before: ChannelRecord | None) -> None:
        """Team and bot are there; one that vanished since keeps nobody from changing something else."""
        team, bot = self.record.team, self.record.bot
        if team and (before is None or before.team != team) and layer.get(TEAMS, team) is None:
            raise Invalid("team", f"there is no team {team!r}")
        for reader in self.record.readers:
            if (before is None or reader not in before.readers) and layer.get(TEAMS, reader) is None:
                raise Invalid("readers", f"there is no team {reader!r}")
        if team and self.record.readers and team not in self.record.readers:
            raise Invalid("readers", "must hold the team that new conversations are given to")
        if not bot or (before is not None and before.bot == bot):
            return
        found = layer.get(CHANNELS, bot)
        if found is None or not found.enabled or found.connector not in self.bots:
            raise Invalid("bot", f"there is no bot {bot!r}")


def _replaceable(before: ChannelRecord | None, after: ChannelRecord, version: int) -> None:
    if before is None:
        if version:
            raise NotFound
        return
    _not_the_files(before)
    if before.connector != after.connector:
        raise Prevented(
            "taken", f"The id {before.id!r} belongs to conversations that came by another kind of channel; choose another one.", before.id
        )
    if not version and before.enabled:
        raise Prevented("taken", f"There is a channel {before.id!r} already.", before.id)
    if version and before.version != version:
        raise Conflict("Somebody else changed this channel; load again.")


def _not_the_files(record: ChannelRecord) -> None:
    if record.managed == FILE and record.enabled:
        raise Prevented("managed", "This channel is managed by the settings file of the service; change it there.")


@dataclass(frozen=True)
class RemoveChannel:
    """Nothing is received or sent by it any more; its conversations stay."""

    actor: Actor
    channel: ChannelId
    rank: Rank = Rank.COMMAND
    size: int = 2000

    @property
    def group(self) -> str:
        """One channel's changes keep their order."""
        return self.channel

    def decide(self, layer: Layer) -> ChannelRecord:
        """The channel afterwards; one that was removed before stays as it is. Raises ``NotFound``, ``Conflict``."""
        require(self.actor, Action.MANAGE_CHANNELS)
        layer.need((CHANNELS, (self.channel,)))
        before = layer.get(CHANNELS, self.channel)
        if before is None:
            raise NotFound
        if not before.enabled:
            return before
        _not_the_files(before)
        return _stored(layer, replace(before, enabled=False, paused=False), self.actor)


def _stored(layer: Layer, record: ChannelRecord, actor: Actor) -> ChannelRecord:
    stored = layer.put(CHANNELS, record)
    layer.event(Event(EventType.CHANNEL_CHANGED, layer.now, author_of(actor), data={"channel": stored.id}))
    return stored


class Setups:
    """The door for changes to channels; everything is durable when it returns."""

    def __init__(
        self,
        committer: Committer,
        classes: Classes,
        seal: Seal,
        unseal: Seal,
        tools: Callable[[ChannelId], Tools],
        derive: Callable[..., str],
        known: Callable[[], Awaitable[Sequence[ChannelRecord]]],
        taken: Sequence[Place] = (),
    ) -> None:
        """``tools`` are for trials: nothing that is reported by them is seen. ``derive`` makes a digest that tells nobody what it is of.
        ``known`` are all channels, ``taken`` the ports on which the service itself listens."""
        self._all = known
        self._taken = taken
        self._committer = committer
        self.classes = classes
        self._seal = seal
        self._unseal = unseal
        self._tools = tools
        self._derive = derive
        self._bots = frozenset(name for name, kind in classes.items() if kind.role is ConnectorRole.BOT)

    def whole(self, setup: Setup, before: ChannelRecord | None) -> dict[str, Any]:
        """The settings with the secrets that stay. Raises ``Invalid`` for the first mistake in them."""
        kind = self._kind(setup)
        settings = kept(kind.Settings, setup.settings, self._secrets(before), setup.forget)
        if "\\u0000" in msgspec.json.encode(settings).decode():
            raise Invalid("settings", "hold a character that is not allowed here")
        for line in mistakes(settings, kind.Settings, "settings"):
            at, _, reason = line.partition(" ")
            raise Invalid(at.rstrip(":"), reason)
        return settings

    def secrets(self, record: ChannelRecord) -> dict[str, Any]:
        """All settings of a record, the secrets in their places. Raises ``CannotStart`` when their key is gone."""
        return joined(record, self._unseal)

    def _secrets(self, before: ChannelRecord | None) -> Mapping[str, str]:
        if before is None:
            return {}
        return {name: self._unseal(sealed, before.id, name) for name, sealed in before.secrets.items()}

    def _kind(self, setup: Setup) -> type[Connector]:
        if setup.connector not in self.classes:
            raise Invalid("connector", f"there is no connector {setup.connector!r}")
        return self.classes[setup.connector]

    async def tried(self, setup: Setup, before: ChannelRecord | None) -> Health:
        """What the provider says to these settings, which are not stored. Raises ``Invalid``."""
        kind, settings = self._kind(setup), self.whole(setup, before)
        connector = kind(setup.id, msgspec.convert(settings, kind.Settings), self._tools(setup.id))
        try:
            return await tried(connector, TRIAL_S)
        finally:
            await connector.close()

    def consent(self, setup: Setup, before: ChannelRecord | None) -> OAuthClient | None:
        """Whose consent a channel with these settings works by; None: by what they hold. Raises ``Invalid``."""
        kind, settings = self._kind(setup), self.whole(setup, before)
        return kind(setup.id, msgspec.convert(settings, kind.Settings), self._tools(setup.id)).consent()

    async def save(self, actor: Actor, setup: Setup, before: ChannelRecord | None, key: str = "") -> ChannelRecord:
        """``before``: the channel as the writer saw it, None for a new one. Raises ``Denied``, ``Invalid``, ``NotFound``, ``Conflict``."""
        require(actor, Action.MANAGE_CHANNELS)
        kind, settings = self._kind(setup), self.whole(setup, before)
        await self._check_port(setup.id, settings)
        plain = ChannelRecord(
            id=setup.id,
            connector=setup.connector,
            name=setup.name,
            team=setup.team or None,
            settings=settings,
            bot=setup.bot or None,
            paused=setup.paused,
            acknowledgement=setup.acknowledgement,
            readers=tuple(TeamId(team) for team in dict.fromkeys(setup.readers)),
        )
        body = self._derive("channel", msgspec.json.encode(plain, order="deterministic").hex())
        record = split(kind.Settings, plain, self._seal)
        return await self._committer.submit(SaveChannel(actor, record, before.version if before else 0, self._bots, key, body))

    async def _check_port(self, id: ChannelId, settings: Mapping[str, Any]) -> None:
        """Raises ``Invalid`` where something else listens where this channel would."""
        own = listener_of(settings)
        if own is None:
            return
        others = [(one.name, listener_of(one.settings)) for one in await self._all() if one.enabled and one.id != id]
        who = clash(*own, (*self._taken, *((name, *place) for name, place in others if place is not None)))
        if who:
            raise Invalid("settings.listener.port", f"{who} listens there already; choose another one")

    async def remove(self, actor: Actor, channel: ChannelId) -> ChannelRecord:
        """Raises ``Denied``, ``NotFound``, ``Conflict``."""
        return await self._committer.submit(RemoveChannel(actor, channel))
