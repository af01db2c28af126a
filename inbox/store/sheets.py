"""The search projection's unit: which messages of one conversation and month hold which words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from struct import unpack
from typing import Any, Final, NamedTuple

import msgspec

from inbox.core.conversation import FAR_FUTURE
from inbox.core.ids import ConversationId, Instant, MessageId
from inbox.core.words import SearchQuery
from inbox.store.client import Document

HOUR_MS: Final = 60 * 60 * 1000
MAX_MESSAGES: Final = 1_000
"""A conversation that has more in a month gets a further sheet."""


@dataclass
class Sheet:
    """Messages by position as (id, arrived_at), and per word the positions of those that hold it. ``version`` 0: not stored yet.

    Positions are packed, two bytes each, because a search reads hundreds of sheets and needs few of their words.
    ``number`` is the conversation's: in the index of words it is an eighth of the size of an id.
    """

    id: str
    conversation: ConversationId
    number: int
    messages: list[tuple[MessageId, Instant]] = field(default_factory=list)
    postings: dict[str, bytes] = field(default_factory=dict)
    version: int = 0

    @property
    def newest(self) -> Instant:
        """When its newest message arrived."""
        return max((at for _, at in self.messages), default=0)

    @property
    def hour(self) -> int:
        """The hour since 1970 of its newest message. A finer time in its keys would rewrite them with every line of a chat."""
        return self.newest // HOUR_MS

    @property
    def size(self) -> int:
        """How much it holds: messages and different words."""
        return len(self.messages) + len(self.postings)

    def add(self, id: MessageId, at: Instant, words: Iterable[str]) -> bool:
        """Note a message's words; False when nothing was new."""
        place = next((i for i, (known, _) in enumerate(self.messages) if known == id), None)
        fresh = place is None
        if place is None:
            place = len(self.messages)
            self.messages.append((id, at))
            new = list(dict.fromkeys(words))
        else:
            new = [word for word in words if place not in self.places(word)]
        for word in new:
            self.postings[word] = self.postings.get(word, b"") + place.to_bytes(2, "little")
        return fresh or bool(new)

    def places(self, word: str) -> tuple[int, ...]:
        """The messages that hold a word."""
        return _unpacked(self.postings.get(word, b""))

    def without(self, gone: Iterable[MessageId]) -> tuple[Sheet, list[tuple[MessageId, Instant, list[str]]]]:
        """The sheet without these messages, and the messages taken out with their words."""
        left, out = set(gone), Sheet(self.id, self.conversation, self.number, version=self.version)
        taken: list[tuple[MessageId, Instant, list[str]]] = []
        for place, (id, at) in enumerate(self.messages):
            words = [word for word in self.postings if place in self.places(word)]
            if id in left:
                taken.append((id, at, words))
            else:
                out.add(id, at, words)
        return out, taken

    def document(self) -> Document:
        """As stored: words sorted, positions packed, because the index only needs the words."""
        words = sorted(self.postings)
        return {
            "_id": self.id,
            "c": self.conversation,
            "n": self.number,
            "t": self.hour,
            "v": self.version,
            "m": self.messages,
            "w": words,
            "p": msgspec.msgpack.encode([self.postings[word] for word in words]),
        }


def _unpacked(packed: bytes) -> tuple[int, ...]:
    return unpack(f"<{len(packed) // 2}H", packed)


_PACKED = msgspec.msgpack.Decoder(list[bytes])


def sheet(doc: Mapping[str, Any]) -> Sheet:
    """The sheet a document holds."""
    places = _PACKED.decode(doc["p"])
    return Sheet(
        doc["_id"],
        ConversationId(doc["c"]),
        int(doc["n"]),
        [(MessageId(id), int(at)) for id, at in doc["m"]],
        dict(zip(doc["w"], places, strict=True)),
        int(doc["v"]),
    )


def sheet_id(conversation: ConversationId, at: Instant, part: int = 0) -> str:
    """The id of a conversation's sheet for the calendar month (UTC) of an instant."""
    month = datetime.fromtimestamp(min(max(at, 0), FAR_FUTURE) / 1000, UTC).strftime("%Y%m")
    return f"{conversation}:{month}:{part}"


def next_part(id: str) -> str:
    """The id of the sheet that follows when this one is full."""
    base, part = id.rsplit(":", 1)
    return f"{base}:{int(part) + 1}"


class Term(NamedTuple):
    """A word that is asked for, or with ``begun`` the beginning of one."""

    text: str
    begun: bool

    @property
    def test(self) -> dict[str, Any]:
        """Sheets with it. The server reads such a pattern from the index alone, unlike two bounds on an array."""
        return {"w": {"$regex": f"^{re.escape(self.text)}"} if self.begun else {"$eq": self.text}}


def terms_of(query: SearchQuery) -> tuple[Term, ...]:
    """All that the query wants to stand in one month of a conversation."""
    return tuple(Term(word, False) for word in query.words) + tuple(Term(prefix, True) for prefix in query.prefixes)


@dataclass(frozen=True)
class Excerpt:
    """What a search needs of a sheet: its messages, and per term the positions of those that hold it."""

    conversation: ConversationId
    number: int
    hour: int
    messages: Sequence[Sequence[Any]]
    held: Sequence[frozenset[int]]

    @property
    def newest(self) -> Instant:
        """When its newest message arrived."""
        return int(max((at for _, at in self.messages), default=0))

    def inside(self, query: SearchQuery) -> set[int]:
        """The messages in the query's span of time."""
        if query.after is None and query.before is None:
            return set(range(len(self.messages)))
        start, end = query.after or 0, FAR_FUTURE + 1 if query.before is None else query.before
        return {place for place, (_, at) in enumerate(self.messages) if start <= at < end}

    def match(self, places: Set[int]) -> MessageId | None:
        """Of these messages, if together they hold all terms, the newest among those that hold the most."""
        terms = [places & held for held in self.held]
        if not all(terms):
            return None
        best = max(
            set().union(*terms), key=lambda place: (sum(place in term for term in terms), self.messages[place][1], self.messages[place][0])
        )
        return MessageId(self.messages[best][0])


def excerpted(terms: Sequence[Term]) -> dict[str, Any]:
    """What to ask the server for. All words of a sheet take longer to send than to look up, unless a beginning is among them."""
    every: dict[str, Any] = {"_id": 0, "c": 1, "n": 1, "t": 1, "m": 1, "p": 1}
    if any(term.begun for term in terms):
        return {**every, "w": 1}
    return {**every, "i": [{"$indexOfArray": ["$w", {"$literal": term.text}]} for term in terms]}


def excerpt(doc: Mapping[str, Any], terms: Sequence[Term]) -> Excerpt:
    """The excerpt a document holds that was asked for so."""
    places = _PACKED.decode(doc["p"])
    found = [_stretch(doc["w"], term) for term in terms] if "w" in doc else [(i, i + 1) if i >= 0 else (0, 0) for i in doc["i"]]
    held = [frozenset(place for packed in places[start:end] for place in _unpacked(packed)) for start, end in found]
    return Excerpt(ConversationId(doc["c"]), doc["n"], doc["t"], doc["m"], held)


def _stretch(words: Sequence[str], term: Term) -> tuple[int, int]:
    """From where and up to where a sheet's words, which are sorted, are meant by a term."""
    start = bisect_left(words, term.text)
    if not term.begun:
        return start, start + (words[start : start + 1] == [term.text])
    return start, bisect_left(words, term.text + _LAST, start)


_LAST: Final = chr(0x10FFFF)
"""Sorts behind everything that can stand in a word."""
