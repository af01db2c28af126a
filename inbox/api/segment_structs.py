"""Bodies and answers about segments of customers, and what their list and whoever names one asks."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from inbox.api.structs import Count, Input, Name
from inbox.core import segments
from inbox.core.conditions import Condition, Field, values_of
from inbox.core.errors import Invalid, Prevented
from inbox.core.permissions import Action, Actor, require
from inbox.core.segments import MOST, Segment
from inbox.flow.recounts import begin
from inbox.flow.rows import PersonRow
from inbox.records import POLICIES, QUEUES, SEGMENTS, SURVEYS


class SaveSegment(Input, frozen=True):
    """A segment as it shall be: whoever the conditions hold for is in it; they ask for ``language``, ``company`` and ``attribute`` only.
    ``version`` is the one that was seen, 0 for a new one."""

    name: Name
    conditions: Condition
    version: Count = 0


class PreviewSegment(Input, frozen=True):
    """Conditions that might make a segment."""

    conditions: Condition


class SegmentPreview(Struct, frozen=True):
    """``count`` of ``looked_at`` customers would be in it, the ``first`` of them by name where they have one. ``complete``: these are all
    customers there are, else as many as are looked at in one go, in no particular order."""

    count: int
    looked_at: int
    complete: bool
    first: Annotated[tuple[PersonRow, ...], Meta(max_length=10)]


def segment(body: SaveSegment, id: str, actor: Actor, before: Segment | None) -> Segment:
    """The segment to be stored. Raises ``Invalid``."""
    return Segment(id, body.name.strip(), body.version, segments.check(body.conditions))


def stands(layer: Any, actor: Actor, before: Segment | None, after: Segment | None) -> None:
    """Whoever makes queues makes segments; what goes by them is looked at again."""
    require(actor, Action.MANAGE_QUEUES)
    begin(layer)


async def unneeded(parts: Any, actor: Actor, before: Segment | None, after: Segment | None) -> None:
    """There is room for one more, and one that something goes by stays. Raises ``Invalid``, ``Conflict``."""
    if before is None and len(await parts.directory.entries(SEGMENTS)) >= MOST:
        raise Invalid("name", f"there are {MOST} already; remove one first")
    if before is None or after is not None:
        return
    using = [
        entry.name
        for noun in (QUEUES, POLICIES, SURVEYS)
        for entry in (await parts.directory.entries(noun)).values()
        if before.id in values_of(entry.conditions, Field.SEGMENT)
    ]
    if using:
        raise Prevented("in_use", f"It is asked for by {', '.join(map(repr, using))}; change that first.", ", ".join(using))


def require_known(layer: Any, condition: Condition) -> None:
    """Raises ``Invalid`` where conditions name a segment that is not there."""
    named = values_of(condition, Field.SEGMENT) - {""}
    layer.need((SEGMENTS, named))
    for id in sorted(named):
        if layer.get(SEGMENTS, id) is None:
            raise Invalid("conditions", f"there is no segment {id!r}")
