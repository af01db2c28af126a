"""The small values agents sort by: previews, subjects, tags and participants, brought into one form and kept within limits."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from msgspec.structs import replace

from inbox.core.conversation import Conversation, LastMessage, Mention, Participant
from inbox.core.errors import Invalid, NotFound
from inbox.core.ids import AgentId, Instant
from inbox.core.message import DeliveryState, Kind, Message, Stood
from inbox.core.plain import plain

MAX_PREVIEW = 120
MAX_SUBJECT = 500
MAX_TAG = 50
MAX_TAGS = 50
MAX_PARTICIPANTS = 200
MAX_MENTIONS = 50
MAX_FOLLOWERS = 50

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
    """What the list shows of a message: its new text without markup, else its first file's name or card, else its subject; at most 120
    characters. Nothing of a whisper."""
    if message.whisper is not None:
        return ""
    names = (attachment.name for attachment in message.attachments[:1])
    cards = (card.title or card.text for card in message.cards[:1])
    text = message.text[: message.fresh][:_LOOKED_AT]
    sources = (text if message.kind is Kind.CUSTOMER else plain(text), *names, *cards, message.subject)
    lines = (one_line(source[:_LOOKED_AT]) for source in sources)
    return _shortened(next((line for line in lines if line), ""))


def newest(message: Message) -> LastMessage:
    """A conversation's newest message as the list shows it."""
    by = message.author.id or message.author.kind
    return LastMessage(message.id, message.arrived_at, message.kind, by, preview(message), _content(message))


def reply(message: Message) -> LastMessage:
    """A conversation's newest answer, as it guards against answering twice."""
    return LastMessage(message.id, message.arrived_at, message.kind, message.author.id or message.author.kind, "")


def is_taken_back(message: Message) -> bool:
    """Whether its author called it back before it left; one that something else called back says what that was."""
    return message.delivery is not None and message.delivery.state is DeliveryState.CANCELLED and not message.delivery.error


def stood(message: Message) -> Stood | None:
    """How its conversation stood before it; None for one that began it, and where it is not known."""
    return message.delivery.stood if message.delivery is not None else None


def is_listed(message: Message) -> bool:
    """Whether lists may show it as the newest message: a whisper is for one alone, and what was taken back was never said."""
    return message.whisper is None and not is_taken_back(message)


def _content(message: Message) -> str:
    if message.deleted_at is not None:
        return "withdrawn"
    if message.call is not None:
        return "call"
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
    gone = {folded(tag(one)) for one in remove}
    kept = {folded(one): one for one in present if folded(one) not in gone}
    for one in map(tag, add):
        kept.setdefault(folded(one), one)
    if len(kept) > MAX_TAGS:
        raise Invalid("tags", f"at most {MAX_TAGS} tags")
    return tuple(kept.values())


def tag(text: str) -> str:
    """A tag as stored. Raises ``Invalid`` for an empty one, and one over 50 characters."""
    line = unicodedata.normalize("NFC", one_line(text[:_LOOKED_AT]))
    if not line:
        raise Invalid("tags", "a tag must not be empty")
    if len(line) > MAX_TAG or len(text) > _LOOKED_AT:
        raise Invalid("tags", f"a tag has at most {MAX_TAG} characters")
    return line


def followers(present: tuple[AgentId, ...], add: Iterable[AgentId], remove: Iterable[AgentId] = ()) -> tuple[AgentId, ...]:
    """Who follows it afterwards, in the order they came. Raises ``Invalid`` for more than 50."""
    gone = frozenset(remove)
    kept = tuple(dict.fromkeys((*(one for one in present if one not in gone), *add)))
    if len(kept) > max(MAX_FOLLOWERS, len(present)):
        raise Invalid("follow", f"at most {MAX_FOLLOWERS} can follow a conversation")
    return kept


def folded(tag: str) -> str:
    """What makes two spellings one tag."""
    return unicodedata.normalize("NFC", tag.casefold())


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


def unscheduled(c: Conversation, message: Message) -> Conversation:
    """Without an answer that does not wait for its time any more."""
    if message.delivery is not None and message.delivery.state is DeliveryState.PENDING:
        return c
    return replace(c, scheduled=tuple(id for id in c.scheduled if id != message.id))


def with_message(c: Conversation, message: Message, now: Instant) -> Conversation:
    """A message that arrives out of order is counted, but the list keeps showing the newest of those it may show."""
    if not is_listed(message):
        return replace(c, messages=c.messages + 1, hidden_at=max(c.hidden_at, message.arrived_at))
    last = newest(message)
    is_newest = c.last is None or (c.last.at, c.last.id) <= (last.at, last.id)
    added = message.channel is not None and message.channel not in c.channels
    return replace(
        c,
        last=last if is_newest else c.last,
        messages=c.messages + 1,
        inbound=c.inbound + (message.kind is Kind.CUSTOMER),
        updated_at=max(c.updated_at, now),
        channels=(*c.channels, message.channel) if added else c.channels,
        mentions=with_mentions(c.mentions, (Mention(agent, message.id) for agent in message.mentions)),
    )


def with_mentions(mentions: tuple[Mention, ...], more: Iterable[Mention]) -> tuple[Mention, ...]:
    """The newest so many of both."""
    return tuple(dict.fromkeys((*mentions, *more)))[-MAX_MENTIONS:]


def with_participant(c: Conversation, message: Message) -> Conversation:
    """Who writes takes part from then on, if there is room."""
    sender = message.sender
    present = {(p.kind, p.value) for p in c.participants}
    if sender is None or len(present) >= MAX_PARTICIPANTS or (sender.kind, sender.value) in present:
        return c
    newcomer = Participant(sender.kind, sender.value, sender.name, accepted=not message.new_participant, customer=message.customer)
    return replace(c, participants=(*c.participants, newcomer))


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
