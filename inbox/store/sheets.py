"""The search projection's unit: which messages of one conversation and month hold which words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from struct import unpack
from typing import Any, Final

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

    def add(self, id: MessageId, at: Instant, words: Iterable[str]) -> bool:
        """Note a message's words; False when nothing was new."""
        place = next((i for i, (known, _) in enumerate(self.messages) if known == id), None)
        fresh = place is None
        if place is None:
            place = len(self.messages)
            self.messages.append((id, at))
        for word in words:
            if place not in self.places(word):
                self.postings[word] = self.postings.get(word, b"") + place.to_bytes(2, "little")
                fresh = True
        return fresh

    def places(self, word: str) -> tuple[int, ...]:
        """The messages that hold a word."""
        packed = self.postings.get(word, b"")
        return unpack(f"<{len(packed) // 2}H", packed)

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
            "m": [list(entry) for entry in self.messages],
            "w": words,
            "p": msgspec.msgpack.encode([self.postings[word] for word in words]),
        }


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


def inside(sheet: Sheet, query: SearchQuery) -> set[int]:
    """The messages in the query's span of time."""
    start, end = query.after or 0, FAR_FUTURE + 1 if query.before is None else query.before
    return {place for place, (_, at) in enumerate(sheet.messages) if start <= at < end}


def holding(sheet: Sheet, words: Iterable[str]) -> set[MessageId]:
    """The messages of a sheet that each hold all of these words."""
    places = set(range(len(sheet.messages))).intersection(*(sheet.places(word) for word in words))
    return {sheet.messages[place][0] for place in places}


def match(sheet: Sheet, query: SearchQuery, places: set[int]) -> MessageId | None:
    """Of these messages of a sheet, if together they hold all words, the newest among those that hold the most."""
    terms = [places.intersection(sheet.places(word)) for word in query.words]
    terms += [places.intersection(_begun(sheet, prefix)) for prefix in query.prefixes]
    if not places or not all(terms):
        return None
    score = {place: sum(place in term for term in terms) for place in places}
    best = max(places, key=lambda place: (score[place], sheet.messages[place][1], sheet.messages[place][0]))
    return sheet.messages[best][0]


def _begun(sheet: Sheet, prefix: str) -> Iterator[int]:
    words = list(sheet.postings)  # sorted, as stored
    for word in words[bisect_left(words, prefix) :]:
        if not word.startswith(prefix):
            return
        yield from sheet.places(word)
