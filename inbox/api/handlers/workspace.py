"""What the screen needs to start, and who and what there is."""

from __future__ import annotations

import asyncio

from inbox.api import show
from inbox.api import structs as s
from inbox.api.parts import ApiParts, Signed
from inbox.connector import ConnectorRole
from inbox.core.permissions import scope
from inbox.core.views import BUILTIN

CEILING = 1000
PRODUCT = "Inbox"


async def bootstrap(asked: Signed[None]) -> s.Bootstrap:
    """One answer instead of six."""
    parts = asked.parts
    agent = (await parts.directory.agents())[asked.actor.id]
    teams = sorted((await parts.directory.teams()).values(), key=lambda team: (team.name.casefold(), team.id))
    return s.Bootstrap(
        me=show.me(agent, asked.session),
        agents=await show.agents(parts),
        teams=tuple(s.TeamRow(team.id, team.name) for team in teams),
        channels=_channels(parts),
        views=tuple(s.ViewRow(view.id, view.sort.value) for view in BUILTIN.values()),
        tags=tuple(await parts.queries.tags()),
        now=parts.clock.now(),
        product=PRODUCT,
        version=parts.version,
    )


def _channels(parts: ApiParts) -> tuple[s.ChannelRow, ...]:
    """Those that run and those that were removed, by name; bots are among the agents."""
    running = [c for c in parts.channels.running.values() if c.connector.role is ConnectorRole.CHANNEL]
    removed = [c for c in parts.channels.removed.values() if c.kind is None or c.kind.role is ConnectorRole.CHANNEL]
    rows = [show.channel(c, parts.channels.lights.standing(c.record.id)) for c in running] + [show.removed_channel(c) for c in removed]
    return tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.id)))


async def list_agents(asked: Signed[None]) -> tuple[s.AgentRow, ...]:
    """Active colleagues and bots."""
    return await show.agents(asked.parts)


async def get_counts(asked: Signed[None]) -> s.CountsRow:
    """Counted within the reader's scope, up to 1000 each."""
    seen = scope(asked.actor)
    views = list(BUILTIN.values())
    counts = await asyncio.gather(*(asked.parts.queries.count(view, seen, asked.actor.id, CEILING) for view in views))
    return s.CountsRow({view.id: count for view, count in zip(views, counts, strict=True)})
