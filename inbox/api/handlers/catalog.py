"""The calls of every list of the catalog, made from its shelf."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from inbox.api.audit import note
from inbox.api.parts import Handler, Signed
from inbox.api.shelves import SHELVES, Shelf
from inbox.core.errors import Invalid, NotFound, Prevented
from inbox.core.ids import digest
from inbox.core.permissions import Actor
from inbox.core.triage import folded
from inbox.flow.catalog import Rule
from inbox.flow.working import Layer


def handlers_of(shelf: Shelf) -> Mapping[str, Handler]:
    """The four calls by name."""

    async def listed(asked: Signed[None]) -> tuple[Any, ...]:
        known = await asked.parts.directory.entries(shelf.noun)
        made = (shelf.show(entry) for entry in sorted(known.values(), key=shelf.order) if shelf.sees(asked.actor, entry))
        return *shelf.fixed(asked.actor), *made

    async def create(asked: Signed[Any]) -> Any:
        if asked.body.version:
            raise Invalid("version", "must be 0 for a new one")
        id = digest(shelf.one, asked.actor.id, asked.key) if asked.key else secrets.token_hex(16)
        return await _save(shelf, asked, id, None, "created")

    async def edit(asked: Signed[Any]) -> Any:
        if not asked.body.version:
            raise Invalid("version", "must be the one that was seen")
        before = await _seen(shelf, asked)
        return await _save(shelf, asked, shelf.noun.id_of(before), before, "changed")

    async def delete(asked: Signed[None]) -> None:
        before = await _seen(shelf, asked)
        await shelf.ask(asked.parts, asked.actor, before, None)
        await asked.parts.catalog.delete(asked.actor, shelf.noun, asked.path["id"], 0, shelf.rule)
        await note(asked, f"{shelf.one}_deleted", asked.path["id"], name=before.name)

    return {
        f"list_{shelf.many}": listed,
        f"create_{shelf.one}": create,
        f"edit_{shelf.one}": edit,
        f"delete_{shelf.one}": delete,
    }


async def _seen(shelf: Shelf, asked: Signed[Any]) -> Any:
    found = (await asked.parts.directory.entries(shelf.noun)).get(asked.path["id"])
    if found is None or not shelf.sees(asked.actor, found):
        raise NotFound
    return found


async def _rule(shelf: Shelf, asked: Signed[Any], wanted: Any, before: Any) -> Rule:
    """The shelf's rule, and after it: two of one name, which nobody could tell apart, are refused as far as this process knows of them.
    What has its name already keeps it."""
    known = (*shelf.fixed(asked.actor), *(await asked.parts.directory.entries(shelf.noun)).values())
    renamed = shelf.distinct and (before is None or before.name != wanted.name)
    same = namesake(wanted, known) if renamed else None

    def rule(layer: Layer, actor: Actor, before: Any, after: Any) -> None:
        shelf.rule(layer, actor, before, after)
        if same is not None:
            raise Prevented("taken", f"There is one called {same.name!r} already.", same.name)

    return rule


def namesake(wanted: Any, known: Iterable[Any]) -> Any:
    """Another one that nobody could tell from it by its name; None: there is none."""
    name = _spelled(wanted.name)
    return next((other for other in known if other.id != wanted.id and _spelled(other.name) == name), None)


def _spelled(name: str) -> str:
    """What makes two names one to whoever reads them."""
    return folded(" ".join(name.split()))


async def _save(shelf: Shelf, asked: Signed[Any], id: str, before: Any, what: str) -> Any:
    wanted = await shelf.complete(asked.parts, shelf.entry(asked.body, id, asked.actor, before))
    await shelf.ask(asked.parts, asked.actor, before, wanted)
    rule = await _rule(shelf, asked, wanted, before)
    stored = await asked.parts.catalog.save(asked.actor, shelf.noun, wanted, asked.body.version, rule, asked.key)
    await note(asked, f"{shelf.one}_{what}", id, name=stored.name)
    return shelf.show(stored)


HANDLERS: Mapping[str, Handler] = {call.name: handlers_of(shelf)[call.name] for shelf in SHELVES for call in shelf.calls()}
