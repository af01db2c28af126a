"""Phone calls that people log: what is kept of one, and what it means for its conversation."""

from __future__ import annotations

from urllib.parse import urlsplit

from inbox.core import lifecycle
from inbox.core.conversation import Category, Conversation
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.core.lifecycle import Changed
from inbox.core.message import Call, Message
from inbox.core.phone import e164

AHEAD = 5 * 60 * 1000
"""By how much the caller's clock may be ahead of ours."""
LONGEST_S = 24 * 60 * 60


def checked(call: Call, now: Instant) -> Call:
    """The call as it is kept. Raises ``Invalid`` for a number without its country, a time to come, or a recording without https."""
    number = e164(call.number)
    if not number:
        raise Invalid("number", "is not a phone number with its country, such as +49 30 123456")
    if call.started_at > now + AHEAD:
        raise Invalid("started_at", "lies in the future")
    if call.seconds and call.outcome not in ("answered", "voicemail"):
        raise Invalid("seconds", "nobody spoke in this call")
    if call.recording and not _is_address(call.recording):
        raise Invalid("recording", "must be an address that begins with https://")
    return Call(number, call.direction, call.outcome, call.started_at, min(call.seconds, LONGEST_S), call.recording)


def logged(c: Conversation, message: Message, now: Instant, *, settled: bool = False) -> Changed:
    """A colleague logged a call. One of ours that was answered is an answer; the customer's own is owed one, unless the matter was
    ``settled`` in it. Raises ``Invalid`` for spam, as an answer does."""
    if c.category is Category.SPAM:
        raise Invalid("conversation", "it is marked as spam; open it before you log a call")
    call = message.call
    if call is None:
        raise Invalid("call", "is missing")
    changed = lifecycle.noted_call(c, message, now)
    if call.direction == "in":
        changed = changed.then(lambda x: lifecycle.owed(x, min(now, call.started_at), now))
    spoken = settled or (call.direction == "out" and call.outcome == "answered")
    if spoken:
        changed = changed.then(lambda x: lifecycle.answered(x, message, now))
    return changed.then(lambda x: lifecycle.set_category(x, Category.RESOLVED, now)) if settled else changed


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and not any(ch.isspace() for ch in text)
    except ValueError:
        return False
