"""The small values agents sort by: previews, subjects, tags and participants, brought into one form and kept within limits."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from msgspec.structs import replace

from inbox.core.conversation import LastMessage, Participant
from inbox.core.errors import Invalid, NotFound
from inbox.core.message import Message

MAX_PREVIEW = 120
MAX_SUBJECT = 500
MAX_TAG = 50
MAX_TAGS = 50

_LOOKED_AT = 4_000
"""Characters a preview looks at: a body of megabytes costs no more than a short one."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Direction controls (UAX 9): in one line beside other fields they make text read as something it is not."""


def one_line(text: str) -> str:
    """The text without controls, direction marks and lone surrogates, each run of white space as one blank."""
    line = " ".join(text.split())
    if line.isprintable() and line.isascii():
        return line
    return " ".join("".join(ch for ch in line if _is_visible(ch)).split())


def preview(message: Message) -> str:
    """What the list shows of a message: its new text, else its first file's name or card, else its subject; at most 120 characters."""
    names = (attachment.name for attachment in message.attachments[:1])
    cards = (card.title or card.text for card in message.cards[:1])
    sources = (message.text[: message.fresh][:_LOOKED_AT], *names, *cards, message.subject)
    lines = (one_line(source[:_LOOKED_AT]) for source in sources)
    return _shortened(next((line for line in lines if line), ""))


def newest(message: Message) -> LastMessage:
    """A conversation's newest message as the list shows it."""
    by = message.author.id or message.author.kind
    return LastMessage(message.id, message.arrived_at, message.kind, by, preview(message), _content(message))


def _content(message: Message) -> str:
    if message.deleted_at is not None:
        return "withdrawn"
    wordless = message.cards and not one_line(message.text[: message.fresh][:_LOOKED_AT])
    return message.cards[0].kind if wordless else ""


def subject(text: str) -> str:
    """A subject as stored. Raises ``Invalid`` when it is empty or over 500 characters."""
    if len(text) > _LOOKED_AT:
        raise Invalid("subject", f"at most {MAX_SUBJECT} characters")
    line = one_line(text)
    if not line:
        raise Invalid("subject", "must not be empty")
    if len(line) > MAX_SUBJECT:
        raise Invalid("subject", f"at most {MAX_SUBJECT} characters")
    return line


def tags(present: tuple[str, ...], add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """The tags afterwards, in the order they came. Case makes no difference; the first spelling stays.

    Raises ``Invalid`` for an empty tag, one over 50 characters, or more than 50 of them.
    """
    gone = {_folded(_tag(tag)) for tag in remove}
    kept = {_folded(tag): tag for tag in present if _folded(tag) not in gone}
    for tag in map(_tag, add):
        kept.setdefault(_folded(tag), tag)
    if len(kept) > MAX_TAGS:
        raise Invalid("tags", f"at most {MAX_TAGS} tags")
    return tuple(kept.values())


def accepted(participants: tuple[Participant, ...], kind: str, value: str) -> tuple[Participant, ...]:
    """The participants with this one accepted. Raises ``NotFound``."""
    _find(participants, kind, value)
    return tuple(replace(p, accepted=True) if (p.kind, p.value) == (kind, value) else p for p in participants)


def answered(participants: tuple[Participant, ...]) -> tuple[Participant, ...]:
    """Whom an answer to all is for: everybody accepted, in the place of each the accepted ones of those he wants answered."""
    found: dict[tuple[str, str], Participant] = {(p.kind, p.value): p for p in participants if p.accepted}
    wanted = ((p, [found[key] for value in p.reply_to if (key := (p.kind, value)) in found]) for p in found.values())
    return tuple(dict.fromkeys(one for p, instead in wanted for one in instead or [p]))


def without(participants: tuple[Participant, ...], kind: str, value: str) -> tuple[Participant, ...]:
    """The participants but this one. Raises ``NotFound``, and ``Invalid`` for the last one."""
    _find(participants, kind, value)
    rest = tuple(p for p in participants if (p.kind, p.value) != (kind, value))
    if not rest:
        raise Invalid("participant", "the only participant cannot be split off")
    return rest


def _find(participants: tuple[Participant, ...], kind: str, value: str) -> Participant:
    for participant in participants:
        if (participant.kind, participant.value) == (kind, value):
            return participant
    raise NotFound("There is no such participant.")


def _is_visible(ch: str) -> bool:
    return ch not in _BIDI and unicodedata.category(ch) not in ("Cc", "Cs")


def _shortened(line: str) -> str:
    if len(line) <= MAX_PREVIEW:
        return line
    return line[: MAX_PREVIEW - 1].rstrip() + "…"


def _tag(text: str) -> str:
    tag = unicodedata.normalize("NFC", one_line(text[:_LOOKED_AT]))
    if not tag:
        raise Invalid("tags", "a tag must not be empty")
    if len(tag) > MAX_TAG or len(text) > _LOOKED_AT:
        raise Invalid("tags", f"a tag has at most {MAX_TAG} characters")
    return tag


def _folded(tag: str) -> str:
    return unicodedata.normalize("NFC", tag.casefold())
