"""A channel's approved templates: listed for those who write, fetched anew for admins."""

from __future__ import annotations

from inbox.api import writing_structs as w
from inbox.api.parts import ApiParts, Signed
from inbox.connector import ConnectorRole
from inbox.core import templates
from inbox.core.errors import NotFound
from inbox.core.ids import ChannelId
from inbox.core.permissions import Action, require
from inbox.records import ChannelTemplate


async def list_templates(asked: Signed[None]) -> w.TemplateList:
    """Everything that is kept for the channel, with what stands in the way of single ones."""
    require(asked.actor, Action.START_CONVERSATION)
    return await _listed(asked.parts, _channel(asked))


async def fetch_templates(asked: Signed[None]) -> w.TemplateList:
    """Ask the provider now."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    channel = _channel(asked)
    await asked.parts.templates.fetch(channel)
    return await _listed(asked.parts, channel)


def _channel(asked: Signed[None]) -> ChannelId:
    id = ChannelId(asked.path["id"])
    running = asked.parts.channels.running.get(id)
    if running is None or running.connector.role is not ConnectorRole.CHANNEL or not running.connector.capabilities.templates:
        raise NotFound
    return id


async def _listed(parts: ApiParts, channel: ChannelId) -> w.TemplateList:
    rows = tuple(_row(kept) for kept in await parts.queries.templates(channel))
    fetched = parts.templates.fetched(channel)
    return w.TemplateList(rows, fetched.at if fetched else None, fetched.problem if fetched else "")


def _row(kept: ChannelTemplate) -> w.TemplateRow:
    found = kept.template
    return w.TemplateRow(
        id=kept.id,
        name=found.name,
        language=found.language,
        category=found.category,
        header_kind=found.header_kind,
        header=found.header,
        body=found.body,
        footer=found.footer,
        buttons=found.buttons,
        slots=tuple(w.SlotRow(slot.key, slot.place, slot.name) for slot in templates.slots(found)),
        problem=found.problem,
    )
