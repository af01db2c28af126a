"""Makes messages findable: a projection behind the journal that remembers how far it has come.

What the feed passes on is indexed with the values it carries; the journal is read for what was missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from inbox.core.conversation import Conversation
from inbox.core.errors import TryLater
from inbox.core.events import Event, EventType
from inbox.core.ids import ConversationId, Instant, MessageId
from inbox.core.lifecycle import TAKEN_BACK
from inbox.core.message import Address, Message
from inbox.core.triage import is_listed
from inbox.core.words import field_words, words
from inbox.flow.feed import Change, attach
from inbox.flow.heard import Heard
from inbox.ports import RETRY_S, Clock, Journal, Queries, Search

BATCH = 500
MAX_TEXT = 100_000
PAUSE_S = 0.5
"""Between two rounds, so that many messages share one write: nobody searches within this time for what he has just read."""
LONGEST_PAUSE_S = 2.0
SHARE = 4
"""A pause is this many times as long as the round before it, so that under load the index takes a fifth of the time."""

_WRITTEN = frozenset(
    {EventType.CONVERSATION_STARTED, EventType.MESSAGE_RECEIVED, EventType.MESSAGE_QUEUED, EventType.NOTE_WRITTEN, EventType.CALL_LOGGED}
)
_RESHAPES = frozenset(
    {EventType.PARTICIPANT_SPLIT, EventType.MESSAGES_MOVED, EventType.CONVERSATION_MERGED, EventType.CONVERSATION_UNMERGED}
)
log = structlog.get_logger(__name__)


class Indexer:
    """Reads the journal in batches and hands words to the search store."""

    def __init__(
        self,
        journal: Journal,
        queries: Queries,
        search: Search,
        clock: Clock,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pause = pause
        self._heard = Heard()
        self._journal = journal
        self._queries = queries
        self._search = search
        self._clock = clock
        self._wake = asyncio.Event()
        self._wake.set()
        self._oldest: Instant | None = None

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        if self._oldest is None and changes:
            self._oldest = changes[0].event.at
        self._heard.extend(changes)
        self._wake.set()

    def lag(self) -> int:
        """By how many milliseconds the index is behind; 0 when it is not."""
        return 0 if self._oldest is None else max(0, self._clock.now() - self._oldest)

    async def run(self) -> None:
        """Index until cancelled."""
        cursor: dict[int, int] | None = None
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = self._clock.now()
            try:
                cursor = await self._catch_up(await self._search.position() if cursor is None else cursor)
            except TryLater:
                await asyncio.sleep(RETRY_S)
                self._wake.set()
            else:
                await self._pause(min(max(PAUSE_S, SHARE * (self._clock.now() - began) / 1000), LONGEST_PAUSE_S))

    async def _catch_up(self, cursor: dict[int, int]) -> dict[int, int]:
        """Index what was heard, and read what was not; then what comes meanwhile waits for the next round."""
        while True:
            self._oldest = None
            changes = self._heard.after(cursor)
            heard = bool(changes)
            if not changes:
                events = await self._journal.events_after(cursor, BATCH)
                changes = [Change(event) for event in events]
            if not changes:
                return cursor
            self._oldest = changes[0].event.at
            await self._index(changes)
            for change in changes:
                cursor[change.event.o] = max(cursor.get(change.event.o, 0), change.event.n)
            await self._search.save_position(cursor)
            if heard or len(changes) < BATCH:
                self._wake.set()
                return cursor
            await asyncio.sleep(0)  # catching up on a long journal must not hold up who writes

    async def _index(self, changes: Sequence[Change]) -> None:
        events = [c.event for c in changes]
        written = [c for c in changes if c.event.type in _WRITTEN]
        bare = [c.event for c in written if c.conversation is None or c.message is None]
        whole = [*written, *await attach(bare, self._queries)]
        found = {c.message.id: (c.conversation, c.message) for c in whole if c.conversation is not None and c.message is not None}
        taken = await attach([e for e in events if _is_taken_back(e)], self._queries)
        found |= await self._renamed([e.conversation for e in events if e.type is EventType.SUBJECT_CHANGED and e.conversation])
        if found:
            await self._search.index([(c, m, _words(c, m)) for c, m in found.values()])
        gone = {c.message.id: c.conversation for c in taken if c.conversation is not None and c.message is not None}
        if gone:
            await self._search.forget(gone)
        left = {e.conversation for e in events if e.type in _RESHAPES and e.conversation}
        if left:
            await self._search.moved(list((await self._queries.conversations(list(left))).values()))

    async def _renamed(self, ids: Sequence[ConversationId]) -> dict[MessageId, tuple[Conversation, Message]]:
        """A conversation's new name is found through its newest message."""
        conversations = await self._queries.conversations(ids)
        named = {c.last.id: c for c in conversations.values() if c.last is not None}
        return {m.id: (named[m.id], m) for m in (await self._queries.messages(list(named))).values()}


def _is_taken_back(event: Event) -> bool:
    return event.type is EventType.DELIVERY_CHANGED and event.reason is not None and event.reason.code == TAKEN_BACK


def _words(c: Conversation, m: Message) -> frozenset[str]:
    """What the message is found by; one whose words cannot be told is not found, but stops none behind it.
    Whispers are not found: what is found tells everybody that it is there; nor is what was taken back."""
    if not is_listed(m):
        return frozenset()
    try:
        return searchable(c, m)
    except Exception:
        log.exception("message_not_indexed", message=m.id)
        return frozenset()


def searchable(c: Conversation, m: Message) -> frozenset[str]:
    """Every word a message is found by, those of its sender and recipients also as ``from:`` and ``to:``.

    The text comes last: should it exhaust the number of words, the subject and the people are still found.
    """
    sender = "" if m.sender is None else _spoken(m.sender)
    recipients = "\n".join(_spoken(a) for a in (*m.to, *m.cc))
    files = "\n".join(a.name for a in m.attachments)
    cards = "\n".join(f"{card.title}\n{card.text}" for card in m.cards)
    parts = (m.subject, c.subject, f"#{c.number}", sender, recipients, files, cards, m.text[:MAX_TEXT])
    return words("\n".join(parts)) | field_words("from", sender) | field_words("to", recipients)


def _spoken(address: Address) -> str:
    return f"{address.name} {address.value}"
