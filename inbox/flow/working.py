"""The working set of one batch: what was loaded, and what the units decided on top of it.

A unit's ``decide`` is a plain function over a ``Layer``. It says with ``need`` what it wants to see; whatever is not loaded yet
ends the attempt with ``NotLoaded``, the committer loads it for all units at once, and the unit decides again from the start.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import sla
from inbox.core.agent import Agent
from inbox.core.conversation import Category, Conversation
from inbox.core.customer import Customer
from inbox.core.events import Event, EventType, Facets, facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId, digest
from inbox.core.lifecycle import Changed, Happened, occupies
from inbox.core.message import Author, Message
from inbox.records import AGENTS, CONVERSATIONS, CUSTOMERS, MESSAGES, TIMERS, Batch, LoadChange, Noun, Put, Removal, Settled, Timer

S = TypeVar("S", bound=Struct)
Key = tuple[Noun[Any], str]
A_NUMBER: Key = (Noun("numbers", Struct), "")
"""Asks for leased conversation numbers rather than for a stored value."""


class NotLoaded(Exception):
    """The unit asked for values that are not in the working set yet."""

    def __init__(self, keys: frozenset[Key]) -> None:
        super().__init__(f"{len(keys)} values are not loaded")
        self.keys = keys


@dataclass(frozen=True)
class ChannelFacts:
    """What deciding needs to know of a channel. On a ``live`` one an answer not seen for ``unseen_ms`` goes out by mail as well.

    ``reply_by``: the channel that answers what comes in here; None: it does so itself.
    """

    id: ChannelId
    kind: str
    scope: str
    team: str | None = None
    conversational: bool = False
    reply_keys: bool = False
    live: bool = False
    unseen_ms: int = 5 * 60 * 1000
    name: str = ""
    weight: int = 1
    text_limit: int | None = None
    window: int | None = None
    title: str = ""
    policy: sla.Policy | None = None
    bot: AgentId | None = None
    own: frozenset[str] = frozenset()
    reply_by: ChannelId | None = None


Channels = Mapping[ChannelId, ChannelFacts]


@dataclass
class Origin:
    """What a batch starts from besides stored values: the time, the writer, leased conversation numbers, the channels, and
    ``derive``, which makes an id nobody outside can guess from parts that are the same at every attempt."""

    now: Instant
    writer: int
    derive: Callable[..., str]
    numbers: deque[int]
    channels: Channels


@dataclass
class WorkingSet:
    """Values as stored, and as they will be stored; ``None`` stands for "nothing is stored"."""

    origin: Origin
    stored: dict[Key, Any] = field(default_factory=dict)
    current: dict[Key, Any] = field(default_factory=dict)
    removed: set[Key] = field(default_factory=set)
    loads: list[LoadChange] = field(default_factory=list)
    load_of: Counter[AgentId] = field(default_factory=Counter)
    settled: list[Settled] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def loaded(self, keys: Iterable[Key], values: Mapping[Noun[Any], Mapping[str, Any]]) -> None:
        """Take over what the journal returned for ``keys``."""
        for noun, id in keys:
            self.stored[noun, id] = values.get(noun, {}).get(id)

    def outcome(self) -> dict[Key, Any]:
        """What this set writes, as it will be stored; agents, whose load changes beside it, are left out."""
        after: dict[Key, Any] = dict.fromkeys(self.removed)
        after.update(self.current)
        return {key: value for key, value in after.items() if key[0] is not AGENTS}

    def batch(self) -> Batch:
        """What has to be written."""
        out = Batch(settled=self.settled, events=self.events, loads=self.loads)
        for key, value in self.current.items():
            before = self.stored.get(key)
            out.puts.append(Put(key[0], value, None if before is None else before.version))
        out.removals = [Removal(*key) for key in self.removed if key not in self.stored or self.stored[key] is not None]
        return out


class Layer:
    """One unit's view of the working set; its writes reach the set only when the unit has decided.

    ``numbers`` are the conversation numbers the unit was given at earlier attempts; it takes the same ones again.
    """

    def __init__(self, base: WorkingSet, numbers: list[int]) -> None:
        self._base = base
        self.now = base.origin.now
        self.channels = base.origin.channels
        self.numbered = 0
        self._numbers = numbers
        self._absent: set[Key] = set()
        self._put: dict[Key, Any] = {}
        self._removed: set[Key] = set()
        self._loads: list[LoadChange] = []
        self._settled: list[Settled] = []
        self._events: list[Event] = []

    def derive(self, *parts: str) -> str:
        """An id that nobody can guess, the same for the same parts however often the unit decides."""
        return self._base.origin.derive(*parts)

    def number(self) -> int:
        """The next conversation number; raises ``NotLoaded`` when the leased ones are used up."""
        if self.numbered == len(self._numbers):
            if not self._base.origin.numbers:
                raise NotLoaded(frozenset({A_NUMBER}))
            self._numbers.append(self._base.origin.numbers.popleft())
        self.numbered += 1
        return self._numbers[self.numbered - 1]

    def need(self, *keys: tuple[Noun[Any], Iterable[str]]) -> None:
        """Make sure that these can be read with ``get``; raises ``NotLoaded`` naming all that are missing."""
        missing = frozenset((noun, id) for noun, ids in keys for id in ids if not self._known((noun, id)))
        if missing:
            raise NotLoaded(missing)

    def _known(self, key: Key) -> bool:
        base = self._base
        here = key in self._put or key in self._removed or key in self._absent
        return here or key in base.current or key in base.removed or key in base.stored

    def get(self, noun: Noun[S], id: str) -> S | None:
        """The value as this unit sees it; None when there is none."""
        key = (noun, id)
        base = self._base
        for put, removed in ((self._put, self._removed), (base.current, base.removed)):
            if key in put:
                return cast(S, put[key])
            if key in removed:
                return None
        if key in self._absent:
            return None
        if key not in base.stored:
            raise NotLoaded(frozenset({key}))
        return cast("S | None", base.stored[key])

    def put(self, noun: Noun[S], value: S) -> S:
        """Store a value; its version becomes one more than what is there."""
        id: str = value.id  # type: ignore[attr-defined]  # every noun's struct has id and version, see records.Noun
        before = self.get(noun, id)
        version = 1 if before is None else before.version + 1  # type: ignore[attr-defined]  # see above
        stamped = replace(value, version=version)
        self._put[noun, id] = stamped
        self._removed.discard((noun, id))
        return stamped

    def insert(self, noun: Noun[S], value: S) -> S:
        """Store a value under an id that was never used; should it be there nevertheless, the commit fails."""
        key = (noun, value.id)  # type: ignore[attr-defined]  # see above
        if not self._known(key):
            self._absent.add(key)
        return self.put(noun, value)

    def remove(self, noun: Noun[Any], id: str) -> None:
        """Remove a value."""
        self._put.pop((noun, id), None)
        self._removed.add((noun, id))

    def moment(self, conversation: Conversation | None) -> Instant:
        """When the next message of a conversation arrives: now, but after all that is there, so that threads keep their order."""
        last = None if conversation is None else conversation.last
        return self.now if last is None else max(self.now, last.at + 1)

    def settle(self, settled: Settled) -> None:
        """A delivery of the ledger is dealt with."""
        self._settled.append(settled)

    def event(self, event: Event) -> None:
        """Write an entry; its number is stamped by the committer."""
        self._events.append(event)

    def conversation(self, id: ConversationId) -> Conversation | None:
        """A conversation, following merges."""
        for _ in range(8):
            self.need((CONVERSATIONS, (id,)))
            found = self.get(CONVERSATIONS, id)
            if found is None or found.merged_into is None:
                return found
            id = found.merged_into
        return None

    def agent(self, id: AgentId) -> Agent | None:
        """An account with its load as of this unit."""
        self.need((AGENTS, (id,)))
        found = self.get(AGENTS, id)
        if found is None:
            return None
        delta = self._base.load_of[id] + sum(change.delta for change in self._loads if change.agent == id)
        return replace(found, load=found.load + delta) if delta else found

    def change(
        self,
        before: Conversation | None,
        changed: Changed,
        actor: Author,
        message: Message | None = None,
        cause: str = "",
        at_most: int | None = None,
    ) -> Conversation:
        """Store a changed conversation with everything that follows from it: events, timers, its agents' loads.

        ``at_most`` makes the new agent's load a claim that fails in the database if it would exceed this.
        """
        if before is not None and not changed.happened and changed.conversation == before:
            return before
        store = self.insert if before is None else self.put
        after = store(CONVERSATIONS, changed.conversation)
        was, now = (None if before is None else facets(before)), facets(after)
        for happened in changed.happened:
            self.event(self._entry(after, happened, actor, message, was, now, cause))
            was = now
        self._follow_timers(before, after)
        self._follow_load(before, after, at_most)
        return after

    def _entry(
        self, c: Conversation, happened: Happened, actor: Author, message: Message | None, was: Facets | None, now: Facets, cause: str
    ) -> Event:
        about_message = happened.type in _ABOUT_MESSAGE
        return Event(
            type=happened.type,
            at=self.now,
            actor=actor,
            conversation=c.id,
            version=c.version,
            customer=c.customer,
            agent=c.assignee,
            message=message.id if message is not None and about_message else None,
            before=was,
            after=now,
            reason=happened.reason,
            cause=cause,
        )

    def _follow_timers(self, before: Conversation | None, after: Conversation) -> None:
        old = {} if before is None else {t.id: t for t in timers_of(before, 0)}
        new = {t.id: t for t in timers_of(after, self._base.origin.writer)}
        for id in old.keys() - new.keys():
            self.remove(TIMERS, id)
        for id in new.keys() - old.keys():
            self.insert(TIMERS, new[id])

    def _follow_load(self, before: Conversation | None, after: Conversation, at_most: int | None) -> None:
        facts = self.channels.get(after.channel)
        chatty, weight = (facts.conversational, facts.weight) if facts else (False, 1)
        was = None if before is None else occupies(before, conversational=chatty)
        now = occupies(after, conversational=chatty)
        if was == now:
            return
        if was is not None:
            self._loads.append(LoadChange(was, -weight))
        if now is not None:
            self._loads.append(LoadChange(now, weight, at_most, self.now))

    def add_message(self, message: Message) -> Message:
        """Store a new message or a changed one."""
        return self.put(MESSAGES, message)

    def merge(self) -> None:
        """Hand this unit's writes to the working set."""
        base = self._base
        for key in self._absent:
            base.stored.setdefault(key, None)
        base.current.update(self._put)
        base.removed.difference_update(self._put)
        for key in self._removed:
            base.current.pop(key, None)
        base.removed |= self._removed
        base.loads += self._loads
        for change in self._loads:
            base.load_of[change.agent] += change.delta
        base.settled += self._settled
        base.events += self._events


_ABOUT_MESSAGE = frozenset(
    {
        EventType.CONVERSATION_STARTED,
        EventType.MESSAGE_RECEIVED,
        EventType.MESSAGE_QUEUED,
        EventType.NOTE_WRITTEN,
        EventType.DELIVERY_CHANGED,
        EventType.MESSAGE_CHANGED,
    }
)


def timers_of(c: Conversation, writer: int) -> Iterator[Timer]:
    """The timers a conversation in this state has armed; nothing else arms or disarms them."""
    if c.merged_into is not None:
        return
    for due in sla.due_timers(c.sla):
        kind = f"sla:{due.metric}:{due.kind}"
        yield Timer(digest("timer", c.id, kind, str(due.epoch)), c.id, kind, due.epoch, due.due_at, armed_by=writer)
    if c.category is Category.SNOOZED and c.snoozed_until is not None:
        id = digest("timer", c.id, "snooze", str(c.snooze_epoch))
        yield Timer(id, c.id, "snooze", c.snooze_epoch, c.snoozed_until, armed_by=writer)
    if c.bot is not None and c.category is Category.OPEN and c.waiting_since is not None:
        yield Timer(digest("timer", c.id, "bot", str(c.inbound)), c.id, "bot", c.inbound, c.waiting_since, armed_by=writer)
    if c.mail_due is not None:
        yield Timer(digest("timer", c.id, "mail", str(c.mail_due)), c.id, "mail", c.mail_due, c.mail_due, armed_by=writer)


def values(ws: WorkingSet, event: Event) -> tuple[Conversation | None, Message | None, Customer | None]:
    """What an event of this batch is about, as the batch stores it."""
    c: Conversation | None = ws.current.get((CONVERSATIONS, event.conversation or ConversationId("")))
    m: Message | None = ws.current.get((MESSAGES, event.message or MessageId("")))
    p: Customer | None = ws.current.get((CUSTOMERS, event.customer or CustomerId("")))
    return c, m, p
