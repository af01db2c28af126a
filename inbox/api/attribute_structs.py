"""Bodies about attributes of customers."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from inbox.api.structs import ONE_LINE, Count, Input, Name
from inbox.core.attributes import MOST, Attribute, Kind, attribute_id, check
from inbox.core.errors import Invalid
from inbox.core.permissions import Actor
from inbox.records import ATTRIBUTES

Choice = Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]


class SaveAttribute(Input, frozen=True):
    """An attribute as it shall be. ``version`` is the one that was seen, 0 for a new one. ``key`` stays what it was."""

    name: Name
    key: Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)]
    version: Count = 0
    kind: Kind = "text"
    choices: Annotated[tuple[Choice, ...], Meta(max_length=100)] = ()
    order: Annotated[int, Meta(ge=0, le=10_000)] = 0


def attribute(body: SaveAttribute, id: str, actor: Actor, before: Attribute | None) -> Attribute:
    """The attribute to be stored; its id follows from its key."""
    key = body.key.strip()
    if not key:
        raise Invalid("key", "must not be empty")
    if before is not None and key != before.key:
        raise Invalid("key", "stays what it was, as customers, forms and rules know it by that")
    made = Attribute(attribute_id(key), body.name.strip(), key, body.version, body.kind, tuple(map(str.strip, body.choices)), body.order)
    check(made)
    return made


async def room(parts: Any, actor: Actor, before: Attribute | None, after: Attribute | None) -> None:
    """Raises ``Invalid`` when there are as many as a customer may have."""
    if before is None and len(await parts.directory.entries(ATTRIBUTES)) >= MOST:
        raise Invalid("key", f"there are {MOST} already; remove one first")
