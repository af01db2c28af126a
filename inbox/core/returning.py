"""What somebody held comes back when he is gone: chats soon, mails when his working hours are over."""

from __future__ import annotations

from msgspec import Struct

from inbox.core.conversation import Category, Conversation
from inbox.core.ids import AgentId, Instant
from inbox.core.message import Reason
from inbox.core.queues import GONE_MS, Hours, Queue

RECONNECT_MS = 60_000
"""Whoever is gone shorter than this may only be connecting anew, to another server too: nothing comes back for that."""


class Absence(Struct, frozen=True):
    """Somebody is connected nowhere since ``since``. ``hours``: where his working hours stand, None where he has none."""

    agent: AgentId
    since: Instant
    hours: Hours | None = None


def due_at(c: Conversation, queue: Queue | None, absence: Absence, now: Instant, *, conversational: bool) -> Instant | None:
    """When it comes back, maybe in the past; None: not by itself. Working hours that end later are looked at when they do."""
    if c.category is not Category.OPEN or c.assignee != absence.agent or c.merged_into is not None:
        return None
    gone_ms = GONE_MS if queue is None else queue.gone_ms
    ends = [absence.since + max(gone_ms, RECONNECT_MS)] if conversational and gone_ms else []
    if queue is not None and queue.ends_with_shift and absence.hours is not None:
        over_at = now if not absence.hours.open else absence.hours.changes_at
        ends += [] if over_at is None else [max(over_at, absence.since + RECONNECT_MS)]
    return min(ends, default=None)


def reason(c: Conversation, queue: Queue | None, absence: Absence, now: Instant) -> Reason:
    """Why it comes back now. Codes: ``shift_over``, ``agent_gone``; the id is who held it, ``gone`` the milliseconds since he went."""
    over = queue is not None and queue.ends_with_shift and absence.hours is not None and not absence.hours.open
    return Reason("shift_over" if over else "agent_gone", ids=(absence.agent,), numbers={"gone": now - absence.since})
