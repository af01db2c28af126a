"""Channels, for admins: what there can be, what there is, and every change to it."""

from __future__ import annotations

from typing import Any

from msgspec import UnsetType
from msgspec.structs import replace

from inbox.api import channel_structs as ch
from inbox.api.audit import note
from inbox.api.parts import ApiParts, Signed
from inbox.connector import Connector, ConnectorRole, Health
from inbox.core.errors import Conflict, Invalid, NotFound, NotWorking
from inbox.core.ids import ChannelId
from inbox.core.permissions import Action, require
from inbox.flow.channels import Running
from inbox.flow.forms import form_of, words_of
from inbox.flow.lights import Standing
from inbox.flow.setups import Setup
from inbox.records import FILE, ChannelRecord

GONE = Standing(False, "This channel was removed.", "Nothing is received or sent by it; its conversations stay.")
UNKNOWN = Standing(False, "The connector of this channel is not installed here.", "Install it, or remove the channel.")


async def list_connectors(asked: Signed[None]) -> tuple[ch.ConnectorRow, ...]:
    """Everything a channel can be made of, by name."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    rows = [_connector(kind) for kind in asked.parts.setups.classes.values()]
    return tuple(sorted(rows, key=lambda row: (row.role, row.title.casefold())))


async def list_channels(asked: Signed[None]) -> tuple[ch.ChannelSetup, ...]:
    """All channels and bots, removed ones last."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    rows = [_row(asked.parts, record) for record in await asked.parts.queries.channels()]
    return tuple(sorted(rows, key=lambda row: (not row.enabled, row.name.casefold(), row.id)))


async def test_channel(asked: Signed[ch.TestChannel]) -> ch.Trial:
    """Nothing is stored. Raises ``Invalid`` for settings that the connector does not take."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    body = asked.body
    before = await _find(asked.parts, body.id) if body.id else None
    if before is not None and before.connector != body.connector:
        raise Invalid("connector", "the channel has another one")
    setup = Setup(ChannelId(body.id or "trial"), body.connector, "", settings=body.settings, forget=frozenset(body.forget))
    health, waits = await _tried(asked.parts, setup, before)
    return ch.Trial(health.ok, health.problem, health.remedy, waits)


async def create_channel(asked: Signed[ch.CreateChannel]) -> ch.ChannelSetup:
    """The same key makes one channel. Raises ``NotWorking``, and ``Conflict`` when the id is taken."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    body, parts = asked.body, asked.parts
    setup = Setup(
        ChannelId(body.id),
        body.connector,
        body.name.strip(),
        body.team,
        body.bot,
        body.settings,
        paused=body.paused,
        acknowledgement=body.acknowledgement,
        readers=body.readers,
    )
    waits = not body.anyway and await _prove(parts, setup, None)
    stored = await parts.setups.save(asked.actor, setup, None, asked.key)
    await note(asked, "channel_created", stored.id, name=stored.name, connector=stored.connector)
    row = _row(parts, stored)
    return replace(row, consent=row.consent or waits)


async def edit_channel(asked: Signed[ch.EditChannel]) -> ch.ChannelSetup:
    """Raises ``NotWorking``, and ``Conflict`` when somebody else changed it since or the settings file manages it."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    body, parts = asked.body, asked.parts
    before = await _find(parts, asked.path["id"])
    if before.version != body.version:
        raise Conflict("Somebody else changed this channel; load again.")
    if not before.enabled and body.enabled is not True:
        raise Conflict("This channel was removed; bring it back first.")
    setup = _edited(before, body)
    if not isinstance(body.settings, UnsetType) and not body.anyway and not setup.paused:
        await _prove(parts, setup, before)
    stored = await parts.setups.save(asked.actor, setup, before)
    await note(asked, "channel_changed", stored.id, name=stored.name, fields=",".join(_given(body)))
    return _row(parts, stored)


async def remove_channel(asked: Signed[None]) -> None:
    """Its conversations stay. Raises ``Conflict`` when the settings file manages it."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    stored = await asked.parts.setups.remove(asked.actor, ChannelId(asked.path["id"]))
    await note(asked, "channel_removed", stored.id)


def _edited(before: ChannelRecord, body: ch.EditChannel) -> Setup:
    def given(value: Any, otherwise: Any) -> Any:
        return otherwise if isinstance(value, UnsetType) else value

    return Setup(
        id=before.id,
        connector=before.connector,
        name=given(body.name, before.name).strip(),
        team=given(body.team, before.team or ""),
        bot=given(body.bot, before.bot or ""),
        settings=given(body.settings, before.settings),
        forget=frozenset(body.forget),
        paused=given(body.paused, before.paused),
        acknowledgement=given(body.acknowledgement, before.acknowledgement),
        readers=given(body.readers, before.readers),
    )


def _given(body: ch.EditChannel) -> list[str]:
    names = ("name", "team", "bot", "settings", "paused", "acknowledgement", "readers", "enabled")
    return [name for name in names if not isinstance(getattr(body, name), UnsetType)]


async def _prove(parts: ApiParts, setup: Setup, before: ChannelRecord | None) -> bool:
    """Whether it works but for a consent, which can be given to a saved channel only. Raises ``NotWorking``."""
    health, waits = await _tried(parts, setup, before)
    if not health.ok and not waits:
        raise NotWorking(f"{health.problem} {health.remedy}".strip())
    return waits


async def _tried(parts: ApiParts, setup: Setup, before: ChannelRecord | None) -> tuple[Health, bool]:
    """What the provider says, and whether that is no more than that nobody has signed in there for these settings yet."""
    health, client = await parts.setups.tried(setup, before), parts.setups.consent(setup, before)
    if health.ok or client is None:
        return health, False
    missing = (await parts.consents.standing(setup.id, client)).problem
    if not missing or health.problem != missing:
        return health, False
    return Health(False, missing, f"Save this channel, then sign in at {client.provider}."), True


async def _find(parts: ApiParts, id: str) -> ChannelRecord:
    found = next((record for record in await parts.queries.channels() if record.id == id), None)
    if found is None:
        raise NotFound
    return found


def _row(parts: ApiParts, record: ChannelRecord) -> ch.ChannelSetup:
    kind = parts.setups.classes.get(record.connector)
    here = parts.channels.entries.get(record.id)
    applied = here is not None and (here.record.version == record.version or record.managed == FILE)
    light = _light(parts, record, kind, gone=not record.enabled)
    return ch.ChannelSetup(
        id=record.id,
        connector=record.connector,
        role=kind.role.value if kind else ConnectorRole.CHANNEL.value,
        name=record.name,
        team=record.team,
        bot=record.bot,
        managed=record.managed,
        enabled=record.enabled,
        paused=record.paused,
        acknowledgement=record.acknowledgement,
        readers=record.readers,
        settings=record.settings,
        secrets=tuple(sorted(record.secrets)),
        webhook=f"{parts.settings.public_url}/hooks/{record.connector}/{record.id}" if kind and _takes_webhooks(kind) else "",
        consent=isinstance(here, Running) and here.connector.consent() is not None,
        version=record.version,
        applied=applied,
        healthy=light.ok,
        problem=light.problem,
        remedy=light.remedy,
        since=light.since,
        last_ok_at=light.last_ok_at,
    )


def _light(parts: ApiParts, record: ChannelRecord, kind: type[Connector] | None, *, gone: bool) -> Standing:
    if gone:
        return GONE
    return UNKNOWN if kind is None else parts.channels.lights.standing(record.id)


def _connector(kind: type[Connector]) -> ch.ConnectorRow:
    able = kind.capabilities
    return ch.ConnectorRow(
        name=kind.name,
        title=kind.title or words_of(kind.name),
        about=kind.purpose,
        role=kind.role.value,
        kind=able.address_kind,
        sign=able.sign,
        form=form_of(kind.Settings),
        webhook=_takes_webhooks(kind),
        first=_writes_first(kind),
        sends=kind.role is ConnectorRole.CHANNEL and able.sends,
        docs=f"docs/channels/{kind.name}.md",
    )


def _writes_first(kind: type[Connector]) -> bool:
    """Whether somebody can be written to who has not written, by this channel itself and not by one that answers for it."""
    able = kind.capabilities
    answers_itself = able.sends and "reply_by" not in kind.Settings.__struct_fields__
    return kind.role is ConnectorRole.CHANNEL and answers_itself and able.window is None and not able.typing


def _takes_webhooks(kind: type[Connector]) -> bool:
    return kind.verify is not Connector.verify
