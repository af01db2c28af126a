"""What becomes of a message that its author changes: a new wording, a withdrawal, a reaction. Order of arrival makes no difference."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core import triage
from inbox.core.conversation import Conversation
from inbox.core.events import EventType
from inbox.core.ids import Instant
from inbox.core.lifecycle import Changed, Happened
from inbox.core.message import Author, Message, Reacted, Reason, Wording

MAX_WORDINGS = 20
MAX_REACTIONS = 50


def reworded(message: Message, text: str, at: Instant) -> Message:
    """The message with its new text, the one before kept. What is older than the newest wording joins the earlier ones; a message
    that was taken back stays so."""
    if message.deleted_at is not None:
        return message
    said = Wording(message.text, message.edited_at or message.at)
    if message.edited_at is not None and at <= message.edited_at:
        late = Wording(text, at)
        known = late in message.earlier or (text, at) == (message.text, message.edited_at)
        return message if known else replace(message, earlier=_earlier((*message.earlier, late)))
    if text == message.text:
        return message
    return replace(message, text=text, fresh=None, html="", edited_at=at, earlier=_earlier((*message.earlier, said)))


def _earlier(wordings: tuple[Wording, ...]) -> tuple[Wording, ...]:
    return tuple(sorted(wordings, key=lambda w: (w.at, w.text))[-MAX_WORDINGS:])


def withdrawn(message: Message, at: Instant) -> Message:
    """The message without what it said: whoever takes a message back does not want it read."""
    if message.deleted_at is not None:
        return message
    return replace(message, text="", fresh=None, html="", subject="", attachments=(), cards=(), earlier=(), deleted_at=at)


def reacted(message: Message, author: Author, emoji: str, at: Instant) -> Message:
    """The message with this author's reaction, the newest he gave; '' takes it back."""
    mine = next((r for r in message.reactions if r.author == author), None)
    if mine is not None and (mine.at, mine.emoji) >= (at, emoji):
        return message
    others = tuple(r for r in message.reactions if r.author != author)
    if mine is None and len(others) >= MAX_REACTIONS:
        return message
    return replace(message, reactions=(*others, Reacted(author, emoji[:32], at)))


def in_conversation(c: Conversation, message: Message, reason: Reason) -> Changed:
    """The conversation of a message that was changed: lists show what its newest message says now."""
    happened = (Happened(EventType.MESSAGE_CHANGED, reason),)
    if c.last is None or c.last.id != message.id:
        return Changed(c, happened)
    return Changed(replace(c, last=triage.newest(message)), happened)
