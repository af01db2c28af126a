"""When a message counts as having arrived, and whether anybody still waits for an answer to it."""

from __future__ import annotations

from msgspec import Struct

from inbox.core.conversation import Category
from inbox.core.ids import Instant
from inbox.core.message import Message

TOLERANCE = 15 * 60 * 1000
"""What reaches us this soon after it reached its provider arrives when we get it, so that threads grow at their end."""

FRESH = 3 * 24 * 60 * 60 * 1000
"""What lay in a mailbox for longer than this when the mailbox was first read is history."""

_ANSWERS_ITSELF = frozenset({"auto-reply", "out-of-office", "bounce"})


class Arrival(Struct, frozen=True):
    """``at``: its place in the thread and in lists. ``late``: it is history; nobody waits for an answer any more."""

    at: Instant
    late: bool = False


def arrival(received_at: Instant | None, backlog: bool, now: Instant) -> Arrival:
    """``received_at``: when its provider took it in, if it says so; ``backlog``: it was there before we first looked.

    After an outage of ours whatever came meanwhile takes its place by ``received_at``, but is answered as if it came now.
    """
    if received_at is None or now - received_at <= TOLERANCE:
        return Arrival(now)
    return Arrival(received_at, backlog and now - received_at > FRESH)


def begins_as(message: Message) -> Category:
    """How a conversation stands that begins with this message.

    History is resolved. What a machine answered waits for its people: no agent is asked, and their next line opens it. Other
    automatic mail may come from somebody who filled in a form, and is looked at.
    """
    if message.late:
        return Category.RESOLVED
    return Category.WAITING if message.automatic in _ANSWERS_ITSELF else Category.OPEN
