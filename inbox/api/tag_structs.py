"""Bodies and answers about tags, and what their list asks."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from inbox.api.structs import ONE_LINE, Count, Input
from inbox.core import triage
from inbox.core.errors import Invalid
from inbox.core.permissions import Actor
from inbox.core.tags import Colour, Tag, tag_id
from inbox.records import TAGS

MOST = 10_000
TagName = Annotated[str, Meta(min_length=1, max_length=50, pattern=ONE_LINE)]


class SaveTag(Input, frozen=True):
    """A tag as it shall be. ``version`` is the one that was seen, 0 for a new one. Another name is given by ``retag``."""

    name: TagName
    version: Count = 0
    colour: Colour = ""
    description: Annotated[str, Meta(max_length=300, pattern=ONE_LINE)] = ""


class RenameTag(Input, frozen=True):
    """What a tag shall be called from now on, in all conversations: a new name, or that of another tag, with which it is merged.
    '' removes it. ``version`` is the one that was seen."""

    version: Count
    into: Annotated[str, Meta(max_length=50, pattern=ONE_LINE)] = ""


class TagCounts(Struct, frozen=True):
    """How many open and waiting conversations have which tag, by the tag's id; a tag without any is left out."""

    open: dict[str, int]


class TaggingRow(Struct, frozen=True):
    """The workspace's rules for tags. ``closed``: only those who look after tags make new ones."""

    version: int
    closed: bool


class EditTagging(Input, frozen=True):
    """The rules as they shall be; ``version`` is what was seen."""

    version: Count
    closed: bool


def tag(body: SaveTag, id: str, actor: Actor, before: Tag | None) -> Tag:
    """The tag to be stored; its id follows from its name."""
    name = triage.tag(body.name)
    if before is not None and name != before.name:
        raise Invalid("name", "another name reaches all conversations: ask for it by retag")
    return Tag(tag_id(name), name, body.version, body.colour, body.description.strip())


async def room(parts: Any, actor: Actor, before: Tag | None, after: Tag | None) -> None:
    """Raises ``Invalid`` when there are as many as anybody can look through."""
    if before is None and len(await parts.directory.entries(TAGS)) >= MOST:
        raise Invalid("name", f"there are {MOST} already; remove one first")
