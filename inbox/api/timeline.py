"""A thread page by page: messages and quiet lines in one order, without gaps or repetitions between pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from inbox.api import show
from inbox.api.parts import ApiParts
from inbox.api.structs import TimelinePage
from inbox.core.errors import Invalid
from inbox.core.events import Event
from inbox.core.ids import ConversationId, Instant
from inbox.core.message import Message
from inbox.flow.rows import QUIET, EventRow, MessageRow, event_row

Place = tuple[Instant, str] | tuple[Instant, int, int]
"""Where an item stands: a message at (instant, id), a quiet line at (instant, writer, n), behind the messages of its instant."""

_CURSOR = re.compile(r"([0-9]{1,15})\.(?:m([A-Za-z0-9_-]{1,64})|e([0-9]{1,9})\.([0-9]{1,15}))")


async def page(parts: ApiParts, conversation: ConversationId, before: str | None, limit: int) -> TimelinePage:
    """The newest ``limit`` items, or those before the cursor of the page after. Raises ``Invalid`` for a cursor nobody gave out."""
    end = None if before is None else _parse(before)
    messages = await parts.queries.timeline(conversation, _messages_before(end), limit + 1)
    lines = await parts.queries.quiet_lines(conversation, QUIET, _lines_before(end), limit + 1)
    both: list[Message | Event] = [*messages, *lines]
    merged = sorted(both, key=_order, reverse=True)
    shown = merged[:limit]
    return TimelinePage(
        items=tuple(await _rows(parts, shown[::-1])),
        before=_cursor(shown[-1]) if len(merged) > limit else None,
    )


async def _rows(parts: ApiParts, items: Sequence[Message | Event]) -> list[MessageRow | EventRow]:
    rows = iter(await show.messages(parts, [item for item in items if isinstance(item, Message)]))
    return [next(rows) if isinstance(item, Message) else event_row(item) for item in items]


def _order(item: Message | Event) -> tuple[Instant, int, str, int, int]:
    if isinstance(item, Message):
        return item.arrived_at, 0, item.id, 0, 0
    return item.at, 1, "", item.o, item.n


def _cursor(item: Message | Event) -> str:
    return f"{item.arrived_at}.m{item.id}" if isinstance(item, Message) else f"{item.at}.e{item.o}.{item.n}"


def _parse(cursor: str) -> Place:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise Invalid("before", "is not a cursor")
    at = int(match[1])
    return (at, match[2]) if match[2] else (at, int(match[3]), int(match[4]))


def _messages_before(end: Place | None) -> tuple[Instant, str] | None:
    """All messages of a quiet line's instant stand before it, hence those before the next instant."""
    return end if end is None or len(end) == 2 else (end[0] + 1, "")


def _lines_before(end: Place | None) -> tuple[Instant, int, int] | None:
    """No quiet line of a message's instant stands before it."""
    return (end[0], 0, 0) if end is not None and len(end) == 2 else end
