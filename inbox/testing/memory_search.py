"""Search by looking at every message: the plain meaning of a query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from inbox.core.conversation import Conversation
from inbox.core.events import facets
from inbox.core.ids import AgentId, ConversationId, Instant, MessageId
from inbox.core.message import Message
from inbox.core.permissions import Scope, sees
from inbox.core.views import matches
from inbox.core.words import SearchQuery, normalised
from inbox.records import CONVERSATIONS, MESSAGES
from inbox.testing.memory_queries import paged
from inbox.testing.tables import Tables

HOUR_MS = 60 * 60 * 1000
Hit = tuple[ConversationId, MessageId | None]


Entry = tuple[Message, set[str]]


class MemorySearch:
    """``ports.Search``. A conversation is found by the messages of one calendar month (UTC) that together hold all words."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._indexed: dict[str, tuple[Message, set[str]]] = {}
        self._position: dict[int, int] = {}

    async def index(self, entries: Sequence[tuple[Conversation, Message, frozenset[str]]]) -> None:
        """Make messages findable; repeating is harmless."""
        self._tables.reach()
        for _, message, words in entries:
            self._indexed.setdefault(message.id, (message, set()))[1].update(words)

    async def moved(self, conversations: Sequence[Conversation]) -> None:
        """Messages that were moved out of these conversations are found where they are now."""
        stored = self._tables.of(MESSAGES)
        self._indexed = {id: (stored.get(m.id, m), words) for id, (m, words) in self._indexed.items()}

    async def forget(self, gone: Mapping[MessageId, Conversation]) -> None:
        """These messages are found no more."""
        self._tables.reach()
        self._indexed = {id: entry for id, entry in self._indexed.items() if id not in gone}

    async def find(self, query: SearchQuery, scope: Scope, me: AgentId, after: str | None, limit: int) -> tuple[list[Hit], str | None]:
        """Conversations that hold all words, by the hour of their newest message there."""
        stored = self._tables.of(CONVERSATIONS)
        seen = [c for c in stored.values() if sees(scope, facets(c)) and _wanted(query, c, me)]
        if not query.words and not query.prefixes:
            seen = [c for c in seen if _overlaps(query, c.created_at, c.updated_at)]
            rows, more = paged(seen, lambda c: (-c.updated_at, c.id), after, limit)
            return [(c.id, None) for c in rows], more
        held = self._held()
        hits = [(*best, c) for c in seen if (best := max(_matches(query, held.get(c.id, ())), default=None)) is not None]
        found, more = paged(hits, lambda hit: (-(hit[0] // HOUR_MS), -hit[2].number), after, limit)
        return [(c.id, message) for _, message, c in found], more

    def _held(self) -> dict[ConversationId, list[Entry]]:
        """What is indexed, by the conversation it is shown in: that into which its own was merged."""
        stored = self._tables.of(CONVERSATIONS)
        held: dict[ConversationId, list[Entry]] = {}
        for entry in self._indexed.values():
            home = entry[0].conversation
            for _ in range(20):  # as far as every reader follows
                found = stored.get(home)
                if found is None or found.merged_into is None:
                    break
                home = found.merged_into
            held.setdefault(home, []).append(entry)
        return held

    async def position(self) -> dict[int, int]:
        """Up to which entries the projection has come."""
        self._tables.reach()
        return dict(self._position)

    async def save_position(self, cursor: Mapping[int, int]) -> None:
        """Remember how far it is."""
        self._tables.reach()
        self._position = dict(cursor)


def _matches(query: SearchQuery, indexed: Sequence[Entry]) -> Iterator[tuple[Instant, MessageId]]:
    """Per month that holds all words: when its newest message came, and a message that holds the most of them."""
    months: dict[str, list[Entry]] = {}
    for message, words in indexed:
        months.setdefault(datetime.fromtimestamp(message.arrived_at / 1000, UTC).strftime("%Y%m"), []).append((message, words))
    for entries in months.values():
        inside = [(m, words) for m, words in entries if _within(query, m.arrived_at) and _says(query.phrases, m)]
        held = set().union(*(words for _, words in inside))
        if all(_has(held, term, query) for term in (*query.words, *query.prefixes)):
            best = max(inside, key=lambda e: (_score(e[1], query), e[0].arrived_at, e[0].id))
            yield max(m.arrived_at for m, _ in entries), best[0].id


def _has(words: set[str], term: str, query: SearchQuery) -> bool:
    return term in words if term in query.words else any(word.startswith(term) for word in words)


def _score(words: set[str], query: SearchQuery) -> int:
    return sum(_has(words, term, query) for term in {*query.words, *query.prefixes})


def _says(phrases: Sequence[str], message: Message) -> bool:
    text = " ".join(normalised(f"{message.subject}\n{message.text}").split())
    return all(" ".join(phrase.split()) in text for phrase in phrases)


def _within(query: SearchQuery, at: Instant) -> bool:
    return (query.after is None or at >= query.after) and (query.before is None or at < query.before)


def _overlaps(query: SearchQuery, start: Instant, end: Instant) -> bool:
    return (query.after is None or end >= query.after) and (query.before is None or start < query.before)


def _wanted(query: SearchQuery, c: Conversation, me: AgentId) -> bool:
    return (
        matches(replace(query.where, tags=()), facets(c), me)
        and {tag.casefold() for tag in query.where.tags} <= {tag.casefold() for tag in c.tags}
        and query.number in (None, c.number)
    )
