"""What the screen needs to start, and who and what there is."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from inbox.api import show
from inbox.api import structs as s
from inbox.api.parts import ApiParts, Signed
from inbox.connector import ConnectorRole
from inbox.core.agent import Role
from inbox.core.conversation import Category
from inbox.core.message import Kind
from inbox.core.permissions import ALLOWED, Action, Actor, Scope, may, require, scope
from inbox.core.removed import Removed
from inbox.core.tags import WORKSPACE
from inbox.core.views import BUILTIN, View
from inbox.flow import removing
from inbox.flow.views import Views
from inbox.records import TAGGING, TAGS

CEILING = 1000
NEWEST = 50
PRODUCT = "Inbox"


async def bootstrap(asked: Signed[None]) -> s.Bootstrap:
    """One answer instead of six."""
    parts = asked.parts
    agent = (await parts.directory.agents())[asked.actor.id]
    teams = sorted((await parts.directory.teams()).values(), key=lambda team: (team.name.casefold(), team.id))
    tags = sorted((await parts.directory.entries(TAGS)).values(), key=lambda tag: (tag.name.casefold(), tag.name))
    rules = (await parts.directory.entries(TAGGING)).get(WORKSPACE)
    return s.Bootstrap(
        me=await show.me(parts, agent, asked.session),
        agents=await show.agents(parts),
        teams=tuple(s.TeamRow(team.id, team.name) for team in teams),
        channels=_channels(parts, asked.actor),
        views=tuple(s.ViewRow(view.id, view.sort.value) for view in BUILTIN.values()),
        tags=tuple(tag.name for tag in tags),
        tag_colours={tag.name: tag.colour for tag in tags if tag.colour},
        new_tags=may(asked.actor, Action.MANAGE_TAGS) == ALLOWED or rules is None or not rules.closed,
        now=parts.clock.now(),
        zone=(await parts.measure()).zone,
        product=PRODUCT,
        version=parts.version,
    )


async def get_beginning(asked: Signed[None]) -> s.Beginning:
    """Whether somebody was answered is looked for among the newest conversations: what a new workspace has."""
    require(asked.actor, Action.MANAGE_CHANNELS)
    parts = asked.parts
    people = {agent.id for agent in (await parts.directory.agents()).values() if agent.active and agent.role is not Role.BOT}
    newest, _ = await parts.queries.page(View("newest", tuple(Category)), Scope(all=True), asked.actor.id, None, NEWEST)
    answered = any(c.last_reply is not None and c.last_reply.kind is Kind.REPLY and c.last_reply.author in people for c in newest)
    channel = any(c.connector.role is ConnectorRole.CHANNEL for c in parts.channels.running.values())
    return s.Beginning(channel, len(people) > 1, answered)


def _channels(parts: ApiParts, actor: Actor) -> tuple[s.ChannelRow, ...]:
    """Those that run and those that were removed, by name; bots are among the agents."""
    running = [c for c in parts.channels.running.values() if c.connector.role is ConnectorRole.CHANNEL]
    removed = [c for c in parts.channels.removed.values() if c.kind is None or c.kind.role is ConnectorRole.CHANNEL]
    broken = [c for c in parts.channels.broken.values() if c.kind is None or c.kind.role is ConnectorRole.CHANNEL]
    rows = [show.broken_channel(c, parts.channels.lights.standing(c.record.id)) for c in broken]
    rows += [show.channel(c, parts.channels.lights.standing(c.record.id)) for c in running] + [show.removed_channel(c) for c in removed]
    unread = scope(actor).barred
    rows = [replace(row, reads=row.id not in unread) for row in rows]
    return tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.id)))


async def list_agents(asked: Signed[None]) -> tuple[s.AgentRow, ...]:
    """Active colleagues and bots."""
    return await show.agents(asked.parts)


async def list_removed(asked: Signed[None]) -> tuple[Removed, ...]:
    """Of lists that everybody sees, the newest first."""
    return tuple(await removing.removed(asked.parts.directory))


async def get_counts(asked: Signed[None]) -> s.CountsRow:
    """Counted within the reader's scope, up to 1000 each."""
    seen = scope(asked.actor)
    views = await Views(asked.parts.directory).of(asked.actor)
    counts = await asyncio.gather(*(asked.parts.queries.count(view, seen, asked.actor.id, CEILING) for view in views))
    return s.CountsRow({view.id: count for view, count in zip(views, counts, strict=True)})
