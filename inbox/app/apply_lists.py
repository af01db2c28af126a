"""Lists of the catalog in a file for `inbox apply`: every list whose entries can be removed has tables, made from its shelf."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from msgspec import NODEFAULT

from inbox.api.shelves import SHELVES, Shelf
from inbox.core.agent import Role
from inbox.core.errors import CannotStart, Conflict, Invalid
from inbox.core.ids import AgentId
from inbox.core.permissions import Actor
from inbox.flow.catalog import Catalog
from inbox.flow.directory import Directory
from inbox.flow.dispatching import Webhooks
from inbox.ports import Clock, Files
from inbox.records import CALENDARS, SEGMENTS
from inbox.settings import Id, Section

ANYBODY = Actor(AgentId("somebody-else"), Role.ADMIN)


@dataclass(frozen=True)
class Lists:
    """What shelves ask, and where what they hold is saved. ``kinds``: those of addresses that channels here can have."""

    directory: Directory
    clock: Clock
    catalog: Catalog
    files: Files
    kinds: frozenset[str]
    webhooks: Webhooks


@dataclass(frozen=True)
class Wish:
    """What has to be done about one entry; ``what``: add, change, remove or keep."""

    what: str
    fields: tuple[str, ...] = ()
    do: Callable[[], Any] | None = None


def table_of(shelf: Shelf) -> type[Any]:
    """One table: what a client of the calls gives, and the id, which is whoever wrote the file's to choose."""
    fields: list[Any] = [("id", Id)]
    for field in msgspec.structs.fields(shelf.body):
        if field.name == "version":
            continue
        default = field.default if field.default_factory is NODEFAULT else msgspec.field(default_factory=field.default_factory)
        fields.append((field.name, field.type) if default is NODEFAULT else (field.name, field.type, default))
    return msgspec.defstruct(f"{shelf.one}_table", [*fields, ("removed", bool, False)], bases=(Section,), frozen=True, kw_only=True)


TABLES: Mapping[str, tuple[Shelf, type[Any]]] = {
    shelf.many: (shelf, table_of(shelf))
    for shelf in sorted(SHELVES, key=lambda one: one.noun not in (CALENDARS, SEGMENTS))
    if shelf.removable  # what ends in a way of its own is no entry alone: conversations hold tags
}
"""By the name of the list; opening hours and segments first, because others go by them."""


async def wishes(shelf: Shelf, tables: Sequence[Any], at: Lists, actor: Actor) -> list[Wish]:
    """What has to be done, in the order of the file. Raises ``CannotStart`` with a line for every mistake."""
    known = await at.directory.entries(shelf.noun)
    found, lines = [], []
    for table in tables:
        try:
            id = table.id if shelf.id_of is None else shelf.id_of(table)
            found.append(await _wish(shelf, table, id, known.get(id), at, actor))
        except (Invalid, Conflict) as wrong:
            lines.append(f"{shelf.many}.{table.id}.{wrong}" if isinstance(wrong, Invalid) else f"{shelf.many}.{table.id}: {wrong}")
    if lines:
        raise CannotStart("\n  - ".join(lines), "the calls of the list in docs/reference/openapi.json explain its fields")
    return found


async def _wish(shelf: Shelf, table: Any, id: str, before: Any, at: Lists, actor: Actor) -> Wish:
    if table.removed:
        if before is None:
            return Wish("keep")
        await shelf.ask(at, actor, before, None)
        return Wish("remove", (), partial(at.catalog.delete, actor, shelf.noun, id, 0, shelf.rule))
    version = 0 if before is None else shelf.noun.version_of(before)
    given = {field.name: getattr(table, field.name) for field in msgspec.structs.fields(shelf.body) if field.name != "version"}
    wanted = await shelf.complete(at, shelf.entry(shelf.body(version=version, **given), id, actor, before))
    if not shelf.sees(ANYBODY, wanted):
        raise Invalid("id", "nobody would see this: what is personal is made on the screen")
    await shelf.ask(at, actor, before, wanted)
    save = partial(at.catalog.save, actor, shelf.noun, wanted, version, shelf.rule)
    if before is None:
        return Wish("add", (), save)
    fields = tuple(name for name in before.__struct_fields__ if name != "version" and getattr(before, name) != getattr(wanted, name))
    return Wish("change", fields, save) if fields else Wish("keep")
