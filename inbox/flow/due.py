"""What follows from a change beside it: timers from a conversation's state, and whom an entry of the journal is told."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.core import dispatching, notifications, sla
from inbox.core.conversation import Category, Conversation
from inbox.core.events import Event
from inbox.core.ids import digest
from inbox.core.message import Message
from inbox.records import DISPATCHES, NOTIFICATIONS, Put, Timer


def timers_of(c: Conversation, writer: int) -> Iterator[Timer]:
    """The timers a conversation in this state has armed; nothing else arms or disarms them."""
    if c.merged_into is not None:
        return
    for due in sla.due_timers(c.sla):
        kind = f"sla:{due.metric}:{due.kind}"
        yield Timer(digest("timer", c.id, kind, str(due.epoch)), c.id, kind, due.epoch, due.due_at, armed_by=writer)
    if c.category is Category.SNOOZED and c.snoozed_until is not None:
        id = digest("timer", c.id, "snooze", str(c.snooze_epoch))
        yield Timer(id, c.id, "snooze", c.snooze_epoch, c.snoozed_until, armed_by=writer)
    if c.bot is not None and c.category is Category.OPEN and c.waiting_since is not None:
        yield Timer(digest("timer", c.id, "bot", str(c.inbound)), c.id, "bot", c.inbound, c.waiting_since, armed_by=writer)
    if c.queued_at is not None and c.waiting is not None and c.waiting.next_at is not None:
        at = c.waiting.next_at
        yield Timer(digest("timer", c.id, "queue", str(at)), c.id, "queue", at, at, armed_by=writer)
    if c.mail_due is not None:
        yield Timer(digest("timer", c.id, "mail", str(c.mail_due)), c.id, "mail", c.mail_due, c.mail_due, armed_by=writer)
    if c.asking is not None:
        at = c.asking.due_at
        yield Timer(digest("timer", c.id, "survey", str(at)), c.id, "survey", at, at, armed_by=writer)


def told_of(event: Event, message: Message | None, c: Conversation | None) -> list[Put]:
    """What an entry means for those who are told of it: notices of people, and calls of webhooks."""
    notices = [Put(NOTIFICATIONS, told, None) for told in notifications.made(event, message)]
    return notices + [Put(DISPATCHES, call, None) for call in dispatching.of_alarm(event, c)]
