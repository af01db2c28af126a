"""Entries of lists that others name by id: their names outlive them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inbox.core.message import Author
from inbox.core.removed import Removed, marked, removed_id
from inbox.flow.directory import Directory
from inbox.flow.working import Layer
from inbox.records import AGENTS, BREAK_REASONS, CALENDARS, POLICIES, QUEUES, REMOVED, TEAMS, Noun

NAMED: tuple[Noun[Any], ...] = (QUEUES, CALENDARS, POLICIES, BREAK_REASONS, TEAMS)
"""Lists that everybody sees and that events, proofs and figures name entries of; what is private keeps no name."""


def remove(layer: Layer, noun: Noun[Any], entry: Any, by: Author) -> None:
    """Remove an entry, and keep its name where something may go on naming it."""
    id = noun.id_of(entry)
    if noun in NAMED:
        kept = removed_id(noun.name, id)
        layer.need((REMOVED, (kept,)))
        layer.put(REMOVED, Removed(kept, noun.name, id, entry.name, layer.now))
        layer.entry_changed(REMOVED, kept, by)
    layer.remove(noun, id)


async def there(directory: Directory, noun: Noun[Any]) -> Mapping[str, Any]:
    """The entries of a list that are there, by id."""
    return await directory.teams() if noun is TEAMS else await directory.entries(noun)


async def removed(directory: Directory) -> list[Removed]:
    """What is not there any more, the newest first, and people and bots whose accounts are switched off."""
    known = {noun.name: await there(directory, noun) for noun in NAMED}
    kept = (await directory.entries(REMOVED)).values()
    gone = [one for one in kept if one.entry not in known.get(one.kind, {})]
    off = [agent for agent in (await directory.agents()).values() if not agent.active]
    gone += [Removed(removed_id(AGENTS.name, agent.id), AGENTS.name, agent.id, agent.name) for agent in off]
    return sorted(gone, key=lambda one: (-(one.removed_at or 0), one.id))


async def names(directory: Directory, noun: Noun[Any]) -> dict[str, str]:
    """What the entries of a list are called, those that were removed marked as such."""
    gone = {one.entry: marked(one.name) for one in await removed(directory) if one.kind == noun.name}
    return gone | {id: entry.name for id, entry in (await there(directory, noun)).items()}
