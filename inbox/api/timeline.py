"""A thread page by page: messages and quiet lines in one order, without gaps or repetitions between pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from inbox.api import show
from inbox.api.parts import ApiParts
from inbox.api.structs import TimelinePage
from inbox.core.conversation import Conversation
from inbox.core.errors import Invalid, NotFound
from inbox.core.events import Event
from inbox.core.ids import ConversationId, Instant, MessageId
from inbox.core.message import DeliveryState, Kind, Message
from inbox.core.permissions import Actor, hears, supervises
from inbox.flow.rows import QUIET, EventRow, MessageRow, event_row

Place = tuple[Instant, str] | tuple[Instant, int, int]
"""Where an item stands: a message at (instant, id), a quiet line at (instant, writer, n), behind the messages of its instant."""

SAID = (Kind.CUSTOMER, Kind.REPLY)
"""What passes between the customer and the house."""
_CURSOR = re.compile(r"([0-9]{1,15})\.(?:m([A-Za-z0-9_-]{1,64})|e([0-9]{1,9})\.([0-9]{1,15}))")


async def page(parts: ApiParts, actor: Actor, conversation: ConversationId, before: str | None, limit: int) -> TimelinePage:
    """The newest ``limit`` items, or those before the cursor of the page after. Raises ``Invalid`` for a cursor nobody gave out."""
    end = None if before is None else _parse("before", before)
    messages = await parts.queries.timeline(conversation, _messages_before(end), limit + 1)
    lines = await parts.queries.quiet_lines(conversation, QUIET, _lines_before(end), limit + 1)
    both: list[Message | Event] = [*messages, *lines]
    merged = sorted(both, key=_order, reverse=True)
    shown = merged[:limit]
    return TimelinePage(
        items=tuple(await _rows(parts, actor, shown[::-1])),
        before=_cursor(shown[-1]) if len(merged) > limit else None,
        after=_cursor(shown[0]) if shown and before is not None else before,
    )


async def later(parts: ApiParts, actor: Actor, conversation: ConversationId, after: str, limit: int) -> TimelinePage:
    """The ``limit`` items behind the cursor of the page before. Raises ``Invalid`` for a cursor nobody gave out."""
    start = _parse("later", after)
    messages = await parts.queries.timeline_after(conversation, _messages_after(start), limit + 1)
    lines = await parts.queries.quiet_lines_after(conversation, QUIET, _lines_after(start), limit + 1)
    both: list[Message | Event] = [*messages, *lines]
    merged = sorted(both, key=_order)
    shown = merged[:limit]
    return TimelinePage(
        items=tuple(await _rows(parts, actor, shown)),
        before=_cursor(shown[0]) if shown else after,
        after=_cursor(shown[-1]) if len(merged) > limit else None,
    )


async def around(parts: ApiParts, actor: Actor, conversation: Conversation, id: str, limit: int) -> TimelinePage:
    """A message of the conversation amid what stands before and behind it. Raises ``NotFound``."""
    found = await parts.queries.message(MessageId(id))
    if found is None or found.conversation not in conversation.whole or not _heard(actor, found):
        raise NotFound
    older = await page(parts, actor, conversation.id, _cursor(found), limit // 2)
    newer = await later(parts, actor, conversation.id, _cursor(found), limit // 2)
    return TimelinePage((*older.items, *await _rows(parts, actor, [found]), *newer.items), older.before, newer.after)


async def transcript(
    parts: ApiParts, actor: Actor, conversation: ConversationId, after: str | None, limit: int, *, notes: bool
) -> TimelinePage:
    """The next ``limit`` messages from the beginning or behind the cursor, without quiet lines and what was taken back; without
    ``notes`` only what the customer wrote and got. A page may be short, even empty, although there is more."""
    start = (0, "") if after is None else _messages_after(_parse("later", after))
    found = await parts.queries.timeline_after(conversation, start, limit + 1)
    shown = found[:limit]
    said = [m for m in shown if m.deleted_at is None and (m.kind in SAID or (notes and m.kind in (Kind.NOTE, Kind.CALL)))]
    left = [m for m in said if m.delivery is None or m.delivery.state is not DeliveryState.CANCELLED]
    return TimelinePage(
        items=tuple(await _rows(parts, actor, left)),
        before=None,
        after=_cursor(shown[-1]) if len(found) > limit else None,
    )


async def _rows(parts: ApiParts, actor: Actor, items: Sequence[Message | Event]) -> list[MessageRow | EventRow]:
    """What the reader may hear of the items."""
    heard = [item for item in items if not isinstance(item, Message) or _heard(actor, item)]
    rows = iter(await show.messages(parts, [item for item in heard if isinstance(item, Message)]))
    return [next(rows) if isinstance(item, Message) else event_row(item) for item in heard]


def _heard(actor: Actor, message: Message) -> bool:
    return hears(message, actor.id, supervising=supervises(actor))


def _order(item: Message | Event) -> tuple[Instant, int, str, int, int]:
    if isinstance(item, Message):
        return item.arrived_at, 0, item.id, 0, 0
    return item.at, 1, "", item.o, item.n


def _cursor(item: Message | Event) -> str:
    return f"{item.arrived_at}.m{item.id}" if isinstance(item, Message) else f"{item.at}.e{item.o}.{item.n}"


def _parse(name: str, cursor: str) -> Place:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise Invalid(name, "is not a cursor")
    at = int(match[1])
    return (at, match[2]) if match[2] else (at, int(match[3]), int(match[4]))


def _messages_before(end: Place | None) -> tuple[Instant, str] | None:
    """All messages of a quiet line's instant stand before it, hence those before the next instant."""
    return end if end is None or len(end) == 2 else (end[0] + 1, "")


def _lines_before(end: Place | None) -> tuple[Instant, int, int] | None:
    """No quiet line of a message's instant stands before it."""
    return (end[0], 0, 0) if end is not None and len(end) == 2 else end


def _messages_after(start: Place) -> tuple[Instant, str]:
    """No message of a quiet line's instant stands behind it."""
    return start if len(start) == 2 else (start[0] + 1, "")


def _lines_after(start: Place) -> tuple[Instant, int, int]:
    """All quiet lines of a message's instant stand behind it."""
    return (start[0], -1, 0) if len(start) == 2 else start
