"""Questions answered by looking at everything: the plain meaning against which the indexed answers are tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from inbox.core import amending, delivery, views
from inbox.core.agent import Agent, Team
from inbox.core.blocking import Block
from inbox.core.bulk import RUNNING, Job
from inbox.core.conversation import PRIORITY_RANK, Conversation
from inbox.core.customer import MAX_ABSORBED, Customer, Identity
from inbox.core.dispatching import Dispatch
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId
from inbox.core.merging import Repair
from inbox.core.message import Kind, Message
from inbox.core.permissions import Scope, sees
from inbox.core.persons import CustomerMerge
from inbox.core.triage import folded
from inbox.core.views import ACTIVE, View
from inbox.records import (
    AGENTS,
    BLOCKS,
    CONVERSATIONS,
    CUSTOMER_MERGES,
    CUSTOMERS,
    DISPATCHES,
    IDENTITIES,
    JOBS,
    MESSAGES,
    REPAIRS,
    TEMPLATES,
    TIMERS,
    ChannelRecord,
    ChannelTemplate,
    Noun,
    Timer,
)
from inbox.store.keyset import pack, unpack
from inbox.testing.tables import Tables

S = TypeVar("S", bound=Struct)
T = TypeVar("T")
SortKey = tuple[int | str, ...]


def paged(rows: Iterable[T], key: Callable[[T], SortKey], after: str | None, limit: int) -> tuple[list[T], str | None]:
    """The rows behind a position, in the order of their keys, and the position of the last one if more follow."""
    ordered = sorted(((key(row), row) for row in rows), key=lambda pair: pair[0])
    if after is not None:
        types = tuple(type(part) for part in ordered[0][0]) if ordered else ()
        behind = unpack(after, *types) if ordered else ()
        ordered = [pair for pair in ordered if pair[0] > behind]
    more = pack(*ordered[limit - 1][0]) if len(ordered) > limit > 0 else None
    return [row for _, row in ordered[: max(limit, 0)]], more


class MemoryQueries:
    """``ports.Queries``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def _in(self, view: View, scope: Scope, me: AgentId) -> list[Conversation]:
        stored = self._tables.of(CONVERSATIONS).values()
        return [c for c in stored if views.matches(view, facets(c), me) and sees(scope, facets(c))]

    async def page(self, view: View, scope: Scope, me: AgentId, after: str | None, limit: int) -> tuple[list[Conversation], str | None]:
        """Conversations of a view in its order; the second value continues."""
        return paged(self._in(view, scope, me), lambda c: views.sort_key(view, c), after, limit)

    async def count(self, view: View, scope: Scope, me: AgentId, ceiling: int = 1000) -> int:
        """How many, counted up to ``ceiling``."""
        return min(ceiling, len(self._in(view, scope, me)))

    async def all_in(self, view: View, scope: Scope, me: AgentId, limit: int) -> list[ConversationId]:
        """The ids of a view's conversations in its order."""
        return [c.id for c in sorted(self._in(view, scope, me), key=lambda c: views.sort_key(view, c))[:limit]]

    async def repair(self, id: str) -> Repair | None:
        """What somebody put right."""
        return self._tables.of(REPAIRS).get(id)

    async def running_jobs(self, limit: int) -> list[Job]:
        """Jobs that are not through, those first whose server has held them longest."""
        running = [job for job in self._tables.of(JOBS).values() if job.state == RUNNING]
        return sorted(running, key=lambda job: (job.held_until, job.id))[:limit]

    async def jobs_of(self, agent: AgentId, limit: int) -> list[Job]:
        """What an agent began, newest first."""
        own = [job for job in self._tables.of(JOBS).values() if job.agent == agent]
        return sorted(own, key=lambda job: -job.created_at)[:limit]

    async def conversation(self, id: ConversationId) -> Conversation | None:
        """One by id, following ``merged_into``."""
        table = self._tables.of(CONVERSATIONS)
        found = table.get(id)
        for _ in range(20):
            if found is None or found.merged_into is None:
                break
            found = table.get(found.merged_into)
        return found

    async def numbered(self, number: int) -> Conversation | None:
        """One by number, following ``merged_into``."""
        found = next((c for c in self._tables.of(CONVERSATIONS).values() if c.number == number), None)
        return None if found is None else await self.conversation(found.id)

    async def conversations(self, ids: Sequence[ConversationId]) -> dict[str, Conversation]:
        """Several by id."""
        return {id: c for id in ids if (c := self._tables.of(CONVERSATIONS).get(id))}

    async def message(self, id: MessageId) -> Message | None:
        """One message."""
        return self._tables.of(MESSAGES).get(id)

    async def messages(self, ids: Sequence[MessageId]) -> dict[str, Message]:
        """Several by id."""
        return {id: m for id in ids if (m := self._tables.of(MESSAGES).get(id))}

    def _whole(self, conversation: ConversationId) -> tuple[ConversationId, ...]:
        found = self._tables.of(CONVERSATIONS).get(conversation)
        return found.whole if found is not None else (conversation,)

    def _thread(self, conversation: ConversationId, *, home: bool = False) -> list[Message]:
        homes = (conversation,) if home else self._whole(conversation)
        return sorted((m for m in self._tables.of(MESSAGES).values() if m.conversation in homes), key=lambda m: (m.arrived_at, m.id))

    async def timeline(
        self, conversation: ConversationId, before: tuple[Instant, str] | None, limit: int, *, home: bool = False
    ) -> list[Message]:
        """Messages of it and of all that was merged into it, newest first, older than (arrived_at, id); ``home``: only its own."""
        return [m for m in reversed(self._thread(conversation, home=home)) if before is None or (m.arrived_at, m.id) < before][:limit]

    def _entries(self, *homes: ConversationId) -> list[Event]:
        self._tables.reach()
        return sorted((e for e in self._tables.events.values() if e.conversation in homes), key=lambda e: (e.at, e.o, e.n))

    async def quiet_lines(
        self, conversation: ConversationId, types: frozenset[EventType], before: tuple[Instant, int, int] | None, limit: int
    ) -> list[Event]:
        """Entries of these types, newest first, older than (at, o, n)."""
        newest = reversed(self._entries(*self._whole(conversation)))
        return [e for e in newest if e.type in types and (before is None or (e.at, e.o, e.n) < before)][:limit]

    async def timeline_after(self, conversation: ConversationId, after: tuple[Instant, str], limit: int) -> list[Message]:
        """Oldest first, newer than (arrived_at, id)."""
        return [m for m in self._thread(conversation) if (m.arrived_at, m.id) > after][:limit]

    async def quiet_lines_after(
        self, conversation: ConversationId, types: frozenset[EventType], after: tuple[Instant, int, int], limit: int
    ) -> list[Event]:
        """Oldest first, newer than (at, o, n)."""
        oldest = self._entries(*self._whole(conversation))
        return [e for e in oldest if e.type in types and (e.at, e.o, e.n) > after][:limit]

    async def events_between(self, conversation: ConversationId, start: Instant, end: Instant, limit: int) -> list[Event]:
        """Entries of a conversation, oldest first, start inclusive, end exclusive."""
        return [e for e in self._entries(conversation) if start <= e.at < end][:limit]

    async def replies_after(self, conversation: ConversationId, after: MessageId) -> list[Message]:
        """Replies written after that message, oldest first; all of the conversation's when it has no such message."""
        thread = self._thread(conversation)
        position = next(((m.arrived_at, m.id) for m in thread if m.id == after), None)
        return [m for m in thread if m.kind is Kind.REPLY and (position is None or (m.arrived_at, m.id) > position)]

    async def waiting(self, limit: int, after: Conversation | None = None) -> list[Conversation]:
        """Conversations in the queue, most urgent and longest waiting first, those behind ``after``."""
        queued = [c for c in self._tables.of(CONVERSATIONS).values() if c.queued_at is not None and c.merged_into is None]
        return sorted((c for c in queued if after is None or _turn(c) > _turn(after)), key=_turn)[:limit]

    async def customer(self, id: CustomerId) -> Customer | None:
        """One by id, following ``merged_into``."""
        found = self._tables.of(CUSTOMERS).get(id)
        for _ in range(MAX_ABSORBED):
            if found is None or found.merged_into is None:
                break
            found = self._tables.of(CUSTOMERS).get(found.merged_into)
        return found

    async def customers(self, ids: Sequence[CustomerId]) -> dict[str, Customer]:
        """Several by id, merged or not."""
        return {id: c for id in ids if (c := self._tables.of(CUSTOMERS).get(id))}

    async def customer_merges(self, ids: Sequence[str]) -> dict[str, CustomerMerge]:
        """Several by id, undone or not."""
        return {id: merge for id in ids if (merge := self._tables.of(CUSTOMER_MERGES).get(id))}

    async def identities_of(self, *customers: CustomerId) -> list[Identity]:
        """All addresses of these customers, in the order they became known."""
        return sorted((i for i in self._tables.of(IDENTITIES).values() if i.customer in customers), key=lambda i: (i.since, i.id))

    async def identities_like(self, values: Sequence[str], limit: int) -> list[Identity]:
        """Some of the addresses of any kind that read so, without regard to case."""
        wanted = {value.strip().casefold()[:200] for value in values}
        return [i for i in self._tables.of(IDENTITIES).values() if i.value.strip().casefold()[:200] in wanted][:limit]

    async def find_customers(self, prefix: str, after: str | None, limit: int) -> tuple[list[Customer], str | None]:
        """Persons whose name starts with ``prefix``, by name; then those of whom only an address does, by address."""
        begins = prefix.strip().casefold()[:200]
        places: dict[str, SortKey] = {}
        standing = [c for c in self._tables.of(CUSTOMERS).values() if c.merged_into is None]
        owners = {id: c.id for c in standing for id in c.whole}
        for i in self._tables.of(IDENTITIES).values():
            value = i.value.strip().casefold()[:200]
            place: SortKey = ("b", value, i.id)
            if value.startswith(begins) and i.customer in owners:
                places[owners[i.customer]] = min(places.get(owners[i.customer], place), place)
        for c in standing:
            name = c.name.strip().casefold()[:200]
            if name.startswith(begins):
                places[c.id] = ("a", name, c.id)
        people = [c for c in standing if c.id in places]
        return paged(people, lambda c: places[c.id], after, limit)

    async def customers_by_id(self, after: CustomerId, limit: int) -> list[Customer]:
        """Persons whose id is behind ``after``, by id; none who was merged into another."""
        standing = (c for c in self._tables.of(CUSTOMERS).values() if c.id > after and c.merged_into is None)
        return sorted(standing, key=lambda c: c.id)[:limit]

    async def blocks(self, after: str | None, limit: int) -> tuple[list[Block], str | None]:
        """Who is blocked now, newest first."""
        standing = [b for b in self._tables.of(BLOCKS).values() if b.lifted_at is None]
        return paged(standing, lambda b: (-b.at, b.id), after, limit)

    async def blocks_among(self, ids: Sequence[str]) -> list[Block]:
        """Those of these entries that stand."""
        found = (self._tables.of(BLOCKS).get(id) for id in ids)
        return [b for b in found if b is not None and b.lifted_at is None]

    async def agents(self) -> list[Agent]:
        """All accounts, by id."""
        return sorted(self._tables.of(AGENTS).values(), key=lambda a: a.id)

    async def teams(self) -> list[Team]:
        """All teams, by id."""
        self._tables.reach()
        return sorted(self._tables.teams.values(), key=lambda t: t.id)

    async def channels(self) -> list[ChannelRecord]:
        """All channels, by id."""
        self._tables.reach()
        return sorted(self._tables.channels.values(), key=lambda c: c.id)

    async def entries(self, noun: Noun[S]) -> list[S]:
        """All values of a noun of the catalog, by id."""
        return [stored for _, stored in sorted(self._tables.of(noun).items())]

    async def templates(self, channel: ChannelId) -> list[ChannelTemplate]:
        """A channel's templates, by name and language."""
        own = [t for t in self._tables.of(TEMPLATES).values() if t.channel == channel]
        return sorted(own, key=lambda t: (t.template.name, t.template.language, t.id))

    async def spellings(self, tag: str) -> list[str]:
        """All the ways a tag was ever written."""
        self._tables.reach()
        return sorted(known for known in self._tables.tags if folded(known) == folded(tag))

    async def tag_counts(self, scope: Scope) -> dict[str, int]:
        """How many active conversations have which tag, by its spelling."""
        self._tables.reach()
        live = [c for c in self._tables.of(CONVERSATIONS).values() if c.merged_into is None and c.category in ACTIVE]
        return dict(Counter(tag for c in live if sees(scope, facets(c)) for tag in c.tags))

    async def due_messages(
        self, now: Instant, limit: int, *, only: ChannelId | None = None, without: Collection[ChannelId] = ()
    ) -> list[Message]:
        """Outbound messages that a worker may take, oldest first."""
        asked = [m for m in self._tables.of(MESSAGES).values() if m.delivery and m.channel not in without and only in (None, m.channel)]
        due = [(at, m.id, m) for m in asked if (at := _free_at(m)) is not None and at <= now]
        return [m for _, _, m in sorted(due, key=lambda entry: entry[:2])[:limit]]

    async def amendings(self, before: Instant, limit: int) -> list[Message]:
        """Messages of which something is wanted that may be tried before an instant, soonest first."""
        due = [(at, m.id, m) for m in self._tables.of(MESSAGES).values() if (at := amending.due(m)) is not None and at < before]
        return [m for _, _, m in sorted(due, key=lambda entry: entry[:2])[:limit]]

    async def timers_due(self, before: Instant, limit: int) -> list[Timer]:
        """Timers due before an instant, soonest first."""
        due = [t for t in self._tables.of(TIMERS).values() if t.due_at < before]
        return sorted(due, key=lambda t: (t.due_at, t.id))[:limit]

    async def dispatches_due(self, before: Instant, limit: int) -> list[Dispatch]:
        """Calls and mails that may be tried before an instant, soonest first."""
        due = [(d.due_at, d.id, d) for d in self._tables.of(DISPATCHES).values() if d.due_at is not None and d.due_at < before]
        return [d for _, _, d in sorted(due, key=lambda entry: entry[:2])[:limit]]

    async def dispatches(self, limit: int) -> list[Dispatch]:
        """The newest first."""
        return sorted(self._tables.of(DISPATCHES).values(), key=lambda d: (d.at, d.id), reverse=True)[:limit]

    async def inbound_up_to(self, conversation: ConversationId, arrived_at: Instant, message: MessageId) -> int:
        """How many of the customer's messages lie at or before (arrived_at, id)."""
        thread = self._thread(conversation, home=True)
        return sum(m.kind is Kind.CUSTOMER and (m.arrived_at, m.id) <= (arrived_at, message) for m in thread)


def _turn(c: Conversation) -> SortKey:
    return -PRIORITY_RANK[c.priority], c.queued_at or 0, c.id


def _free_at(message: Message) -> Instant | None:
    """Asks the rule itself: a claim that comes too early is told when it will not be."""
    if message.delivery is None:
        return None
    match delivery.claim(message.delivery, -1, 1):
        case delivery.NotDue(due_at):
            return due_at
        case delivery.Claim():
            return -1
