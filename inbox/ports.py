"""What the flow needs from outside, as Protocols that speak of purposes, never of collections or filters.

Writes that make an event go through one ``Batch``; everything else here reads, or stores what has no event (raw deliveries,
files, read marks, drafts, sessions).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from msgspec import Struct

from inbox.admission import Accounts as Accounts
from inbox.admission import AuditEntry as AuditEntry
from inbox.admission import Credentials as Credentials
from inbox.admission import Session as Session
from inbox.connector import RawDelivery
from inbox.core.agent import Agent, Team
from inbox.core.blocking import Block
from inbox.core.bulk import Job
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer, Identity
from inbox.core.dispatching import Dispatch
from inbox.core.events import Event, EventType
from inbox.core.facts import Fact, Folded, Known
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, DeliveryId, Instant, MessageId
from inbox.core.merging import Repair
from inbox.core.message import Message
from inbox.core.notifications import Notification
from inbox.core.permissions import Scope
from inbox.core.persons import CustomerMerge
from inbox.core.reports import Asked, Behind
from inbox.core.sums import Sum
from inbox.core.views import View
from inbox.core.words import SearchQuery
from inbox.records import Batch, ChannelRecord, ChannelTemplate, Draft, LedgerRow, Loaded, Noun, ReadState, Slot, StoredFile, Timer, Wanted

S = TypeVar("S", bound=Struct)

RETRY_S = 0.5
"""How long a loop waits after ``TryLater`` before it asks again."""


class Journal(Protocol):
    """The one way in for state and events, and the one way to read events."""

    async def load(self, wanted: Wanted) -> Loaded:
        """The stored values by noun and id, as of a majority of the database."""

    async def commit(self, batch: Batch) -> None:
        """All or nothing, majority-durable. ``Conflict`` when an expectation fails, ``Fenced`` when an event's number is taken
        by another process, ``Unavailable`` when the database does not answer."""

    async def lease_writer(self, owner: str, now: Instant) -> Slot:
        """A free writer number for this process."""

    async def renew_writer(self, slot: Slot, now: Instant) -> None:
        """Keep the number; ``Fenced`` when another process holds it."""

    async def release_writer(self, slot: Slot) -> None:
        """Give the number back."""

    async def highest(self, o: int) -> int:
        """The number of the writer's last entry, 0 for none."""

    async def lease_numbers(self, count: int) -> range:
        """Conversation numbers nobody else gets."""

    async def return_numbers(self, numbers: range) -> None:
        """Give back the end of a lease; harmless when somebody has leased after it."""

    async def heads(self) -> dict[int, int]:
        """The highest entry of every writer."""

    async def events_after(self, cursor: Mapping[int, int], limit: int) -> list[Event]:
        """Entries after the cursor, in order per writer."""

    def changes(self) -> AsyncIterator[Mapping[int, int]]:
        """Yields whenever some process wrote entries: the highest number per writer among them. First of all an empty mapping."""


class Ledger(Protocol):
    """Raw deliveries, stored before anything else happens."""

    async def record(self, rows: Sequence[tuple[DeliveryId, RawDelivery]]) -> list[bool]:
        """Majority-durable when it returns; False where the delivery was there before. ``Unavailable``: none is acknowledged."""

    async def get(self, id: DeliveryId) -> LedgerRow | None:
        """One delivery."""

    async def unsettled(self, before: Instant, limit: int, after: LedgerRow | None = None) -> list[LedgerRow]:
        """Deliveries recorded before ``before`` and not settled, oldest first, those behind ``after``; maybe fewer than there are."""

    async def note_failure(self, id: DeliveryId, error: str) -> int:
        """Count one failed attempt; the number of attempts so far."""


class Retention(Protocol):
    """Removing what has been kept long enough. Each call does a bounded piece of work: how many it removed, and whether there is more."""

    async def trim_journal(self, before: Instant, read: Mapping[int, int], limit: int) -> tuple[int, bool]:
        """Entries written before an instant and up to ``read``, from each writer's beginning; its last one stays."""

    async def trim_ledger(self, before: Instant, limit: int) -> tuple[int, bool]:
        """Deliveries that arrived before an instant and are dealt with. Waiting and unreadable ones stay."""


class Files(Protocol):
    """Bytes of any size under random or deterministic ids."""

    async def store(self, file: StoredFile, content: AsyncIterator[bytes] | bytes) -> StoredFile:
        """Majority-durable when it returns; storing the same id again is harmless."""

    async def find(self, id: str) -> StoredFile | None:
        """What is known of a file."""

    def open(self, id: str, start: int = 0) -> AsyncIterator[bytes]:
        """Its bytes from ``start`` on; ``NotFound``."""

    async def adopt(self, ids: Sequence[str], owner: str, conversation: ConversationId) -> None:
        """A message names these files now."""

    async def keep(self, ids: Sequence[str], owner: str) -> None:
        """A saved reply, the ``owner``, is about to name these uploads."""

    async def copy(self, id: str, copy: StoredFile) -> StoredFile:
        """The same bytes under another id, stored once; an id that is stored already stays as it is. Raises ``NotFound``."""

    async def sweep(self, before: Instant) -> int:
        """Remove uploads and copies that nothing named since ``before``; how many."""


class Queries(Protocol):
    """Reads for screens and loops. Whoever shows results to somebody passes that reader's ``Scope``."""

    async def page(self, view: View, scope: Scope, me: AgentId, after: str | None, limit: int) -> tuple[list[Conversation], str | None]:
        """Conversations of a view in its order; the second value continues."""

    async def count(self, view: View, scope: Scope, me: AgentId, ceiling: int = 1000) -> int:
        """How many, counted up to ``ceiling``."""

    async def all_in(self, view: View, scope: Scope, me: AgentId, limit: int) -> list[ConversationId]:
        """The ids of a view's conversations as of one moment, in its order, at most ``limit``."""

    async def conversation(self, id: ConversationId) -> Conversation | None:
        """One by id, following ``merged_into``."""

    async def numbered(self, number: int) -> Conversation | None:
        """One by number, following ``merged_into``."""

    async def conversations(self, ids: Sequence[ConversationId]) -> dict[str, Conversation]:
        """Several by id."""

    async def message(self, id: MessageId) -> Message | None:
        """One message."""

    async def messages(self, ids: Sequence[MessageId]) -> dict[str, Message]:
        """Several by id."""

    async def timeline(
        self, conversation: ConversationId, before: tuple[Instant, str] | None, limit: int, *, home: bool = False
    ) -> list[Message]:
        """Messages of it and of all that was merged into it, newest first, older than (arrived_at, id); ``home``: only its own."""

    async def quiet_lines(
        self, conversation: ConversationId, types: frozenset[EventType], before: tuple[Instant, int, int] | None, limit: int
    ) -> list[Event]:
        """Entries of these types, of it and of all that was merged into it, newest first, older than (at, o, n)."""

    async def timeline_after(self, conversation: ConversationId, after: tuple[Instant, str], limit: int) -> list[Message]:
        """The same the other way: oldest first, newer than (arrived_at, id)."""

    async def quiet_lines_after(
        self, conversation: ConversationId, types: frozenset[EventType], after: tuple[Instant, int, int], limit: int
    ) -> list[Event]:
        """The same the other way: oldest first, newer than (at, o, n)."""

    async def events_between(self, conversation: ConversationId, start: Instant, end: Instant, limit: int) -> list[Event]:
        """Entries of a conversation, oldest first, start inclusive, end exclusive."""

    async def replies_after(self, conversation: ConversationId, after: MessageId) -> list[Message]:
        """Replies written after that message, oldest first, in it and in all that was merged into it."""

    async def waiting(self, limit: int, after: Conversation | None = None) -> list[Conversation]:
        """Conversations in the queue, most urgent and longest waiting first, those behind ``after``."""

    async def running_jobs(self, limit: int) -> list[Job]:
        """Jobs that are not through, those first whose server has held them longest."""

    async def jobs_of(self, agent: AgentId, limit: int) -> list[Job]:
        """What an agent began, newest first."""

    async def repair(self, id: str) -> Repair | None:
        """What somebody put right."""

    async def customer(self, id: CustomerId) -> Customer | None:
        """One by id, following ``merged_into``."""

    async def customers(self, ids: Sequence[CustomerId]) -> dict[str, Customer]:
        """Several by id, merged or not."""

    async def customer_merges(self, ids: Sequence[str]) -> dict[str, CustomerMerge]:
        """Several by id, undone or not."""

    async def identities_of(self, *customers: CustomerId) -> list[Identity]:
        """All addresses of these customers, in the order they became known."""

    async def identities_like(self, values: Sequence[str], limit: int) -> list[Identity]:
        """Some of the addresses of any kind that read so, without regard to case."""

    async def find_customers(self, prefix: str, after: str | None, limit: int) -> tuple[list[Customer], str | None]:
        """Persons whose name or address starts with ``prefix``; who was merged is found by his addresses, as the one that stayed."""

    async def customers_by_id(self, after: CustomerId, limit: int) -> list[Customer]:
        """Persons whose id is behind ``after``, by id, which come in no particular order; none who was merged into another."""

    async def blocks(self, after: str | None, limit: int) -> tuple[list[Block], str | None]:
        """Who is blocked now, newest first."""

    async def blocks_among(self, ids: Sequence[str]) -> list[Block]:
        """Those of these entries that stand."""

    async def agents(self) -> list[Agent]:
        """All accounts."""

    async def teams(self) -> list[Team]:
        """All teams."""

    async def channels(self) -> list[ChannelRecord]:
        """All channels."""

    async def entries(self, noun: Noun[S]) -> list[S]:
        """All values of a noun of the catalog."""

    async def templates(self, channel: ChannelId) -> list[ChannelTemplate]:
        """A channel's templates, by name and language."""

    async def spellings(self, tag: str) -> list[str]:
        """All the ways a tag was ever written."""

    async def tag_counts(self, scope: Scope) -> dict[str, int]:
        """How many active conversations have which tag, by its spelling; tags without any are left out."""

    async def due_messages(
        self, now: Instant, limit: int, *, only: ChannelId | None = None, without: Collection[ChannelId] = ()
    ) -> list[Message]:
        """Outbound messages pending and due, or whose sending lease ran out, oldest first: of one channel, or of all but these."""

    async def amendings(self, before: Instant, limit: int) -> list[Message]:
        """Messages of which something is wanted that may be tried before an instant, see ``core/amending.due``, soonest first."""

    async def timers_due(self, before: Instant, limit: int) -> list[Timer]:
        """Timers due before an instant, soonest first."""

    async def dispatches_due(self, before: Instant, limit: int) -> list[Dispatch]:
        """Calls and mails that may be tried before an instant, soonest first."""

    async def dispatches(self, limit: int) -> list[Dispatch]:
        """The newest first."""

    async def inbound_up_to(self, conversation: ConversationId, arrived_at: Instant, message: MessageId) -> int:
        """How many of the customer's messages of its own lie at or before (arrived_at, id)."""


class Own(Protocol):
    """What belongs to one agent alone: read marks and drafts."""

    async def reads(self, agent: AgentId, conversations: Sequence[ConversationId]) -> dict[str, ReadState]:
        """Marks by conversation."""

    async def mark(self, state: ReadState) -> None:
        """Set the mark."""

    async def drafts(self, agent: AgentId, conversations: Sequence[ConversationId]) -> list[Draft]:
        """Drafts in these conversations."""

    async def save_draft(self, draft: Draft, base: int) -> Draft:
        """Store; ``Conflict`` when a newer revision than ``base`` is there."""

    async def delete_draft(self, agent: AgentId, conversation: ConversationId, mode: str) -> None:
        """Drop it."""


class Notices(Protocol):
    """What one agent was told personally. They come with the entries that tell it (see ``core/notifications``); only reading them is
    stored here."""

    async def page(self, agent: AgentId, after: str | None, limit: int) -> tuple[list[Notification], str | None]:
        """Newest first; the second value continues."""

    async def unread(self, agent: AgentId, limit: int) -> list[Notification]:
        """The newest ones he has not seen."""

    async def mark(self, agent: AgentId, ids: Sequence[str], now: Instant) -> int:
        """He has seen these; how many of them were new."""

    async def mark_of(self, agent: AgentId, conversations: Collection[ConversationId] | None, until: Instant, now: Instant) -> int:
        """He has seen all up to an instant, or those of these conversations; how many were new."""


class Search(Protocol):
    """The search projection behind the journal."""

    async def index(self, entries: Sequence[tuple[Conversation, Message, frozenset[str]]]) -> None:
        """Make messages findable; repeating is harmless."""

    async def moved(self, conversations: Sequence[Conversation]) -> None:
        """These conversations' stored facets (status, assignee, team, tags, ...) changed: found messages follow."""

    async def forget(self, gone: Mapping[MessageId, Conversation]) -> None:
        """These messages are found no more, each with the conversation that shows it; repeating is harmless."""

    async def find(
        self, query: SearchQuery, scope: Scope, me: AgentId, after: str | None, limit: int
    ) -> tuple[list[tuple[ConversationId, MessageId | None]], str | None]:
        """Conversations that hold all words, newest first."""

    async def position(self) -> dict[int, int]:
        """Up to which entries the projection has come."""

    async def save_position(self, cursor: Mapping[int, int]) -> None:
        """Remember how far it is."""


class PresenceBoard(Protocol):
    """Which agents are connected to which server, under leases, so that a server that dies takes nobody along for long."""

    async def beat(self, server: str, agents: Mapping[AgentId, bool], until: Instant) -> None:
        """These agents are connected to ``server`` until then; the value tells whether a human was active lately.
        The last beat counts: one that ends now takes the agent off."""

    async def online(self, now: Instant, besides: str = "") -> dict[AgentId, bool]:
        """Who is connected to any server but ``besides``, and whether he is active on one of them."""


class Clock(Protocol):
    """Database time."""

    def now(self) -> Instant:
        """Milliseconds UTC."""

    async def sleep_until(self, instant: Instant) -> None:
        """Returns at or after the instant."""


class Facts(Protocol):
    """What reports are read from, see ``core/facts.py``."""

    async def position(self) -> dict[int, int]:
        """Up to which entries the facts have come."""

    async def known(self, ids: Collection[ConversationId]) -> dict[ConversationId, Known]:
        """What was noted of conversations."""

    async def fold(self, folded: Folded, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Add all of it and move the place, or nothing: ``Conflict`` when the place is not ``before`` any more."""

    async def sums(self, asked: Asked) -> dict[str, Sum]:
        """The sums of a report by the key of its row (see ``reports.group_of``)."""

    async def backlog(self, asked: Asked) -> int:
        """How many conversations were in the backlog when the report's first day began."""

    async def facts(self, behind: Behind, after: str | None, limit: int) -> tuple[list[Fact], str | None]:
        """The happenings behind a figure, newest first."""
