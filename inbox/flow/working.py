"""The working set of one batch: what was loaded, and what the units decided on top of it.

A unit's ``decide`` is a plain function over a ``Layer``. It says with ``need`` what it wants to see; whatever is not loaded yet
ends the attempt with ``NotLoaded``, the committer loads it for all units at once, and the unit decides again from the start.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import business_hours, notifications, queueing, sla, surveys
from inbox.core.agent import Agent
from inbox.core.conditions import facts_of
from inbox.core.conversation import Category, Conversation
from inbox.core.customer import MAX_ABSORBED, Customer
from inbox.core.events import ABOUT_MESSAGE, Event, EventType, Facets, facets, in_turn
from inbox.core.ids import AgentId, ConversationId, CustomerId, Instant, MessageId
from inbox.core.lifecycle import Changed, Happened, occupies
from inbox.core.message import Author, Message
from inbox.core.segments import among
from inbox.core.tags import Tag, tag_id
from inbox.flow.channel_facts import ChannelFacts as ChannelFacts
from inbox.flow.channel_facts import Channels as Channels
from inbox.flow.due import timers_of as timers_of
from inbox.flow.due import told_of
from inbox.flow.promises import Place, Promises, follow
from inbox.records import (
    AGENTS,
    CONVERSATIONS,
    CUSTOMERS,
    MESSAGES,
    NOTIFICATIONS,
    TAGS,
    TIMERS,
    Batch,
    LoadChange,
    Noun,
    Put,
    Removal,
    Settled,
)

S = TypeVar("S", bound=Struct)
Key = tuple[Noun[Any], str]
A_NUMBER: Key = (Noun("numbers", Struct), "")
"""Asks for leased conversation numbers rather than for a stored value."""
_OTHERWISE = (Happened(EventType.CONVERSATION_CHANGED),)


class NotLoaded(Exception):
    """The unit asked for values that are not in the working set yet."""

    def __init__(self, keys: frozenset[Key]) -> None:
        super().__init__(f"{len(keys)} values are not loaded")
        self.keys = keys


@dataclass
class Origin:
    """What a batch starts from besides stored values: the time, the writer, leased conversation numbers, the channels, what is promised
    to customers, and ``derive``, which makes an id nobody outside can guess from parts that are the same at every attempt."""

    now: Instant
    writer: int
    derive: Callable[..., str]
    numbers: deque[int]
    channels: Channels
    desk: queueing.Desk = queueing.NO_QUEUES
    promises: Promises = field(default_factory=Promises)


@dataclass
class WorkingSet:
    """Values as stored, and as they will be stored; ``None`` stands for "nothing is stored"."""

    origin: Origin
    stored: dict[Key, Any] = field(default_factory=dict)
    current: dict[Key, Any] = field(default_factory=dict)
    removed: set[Key] = field(default_factory=set)
    loads: list[LoadChange] = field(default_factory=list)
    load_of: Counter[AgentId] = field(default_factory=Counter)
    held_of: Counter[tuple[AgentId, str]] = field(default_factory=Counter)
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
        for event in self.events:
            message = self.current.get((MESSAGES, event.message or MessageId("")))
            out.puts += told_of(event, message, self.current.get((CONVERSATIONS, event.conversation or "")))
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
        self.desk = base.origin.desk
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

    @property
    def promises(self) -> Promises:
        """What is promised to customers, and what they are asked."""
        return self._base.origin.promises

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

    def is_new(self, noun: Noun[Any], id: str) -> bool:
        """Whether this very unit made it."""
        return (noun, id) in self._absent

    def remove(self, noun: Noun[Any], id: str) -> None:
        """Remove a value."""
        self._put.pop((noun, id), None)
        self._removed.add((noun, id))

    def moment(self, conversation: Conversation | None) -> Instant:
        """When the next message of a conversation arrives: now, but after all that is there, so that threads keep their order."""
        return self.now if conversation is None else max(self.now, conversation.newest_at + 1)

    def is_open(self, calendar: str, at: Instant | None = None) -> bool:
        """Whether these opening hours hold, now or at an instant; hours that are not there always do."""
        found = self.promises.calendars.get(calendar)
        return found is None or business_hours.is_open(found, self.now if at is None else at)

    def settle(self, settled: Settled) -> None:
        """A delivery of the ledger is dealt with."""
        self._settled.append(settled)

    def event(self, event: Event) -> None:
        """Write an entry; its number is stamped by the committer."""
        self._events.append(event)

    def entry_changed(self, noun: Noun[Any], id: str, by: Author) -> None:
        """Write that an entry of a list is there, is another, or is gone."""
        self.event(Event(EventType.CATALOG_CHANGED, self.now, by, data={"noun": noun.name, "entry": id}))

    def conversation(self, id: ConversationId) -> Conversation | None:
        """A conversation, following merges, its clocks brought to now."""
        for _ in range(8):
            self.need((CONVERSATIONS, (id,)))
            found = self.get(CONVERSATIONS, id)
            if found is None:
                return None
            if found.merged_into is None:
                clocks = sla.brought_to(found.sla, self.now, self._base.origin.promises.calendars)
                return found if clocks is found.sla else replace(found, sla=clocks)
            id = found.merged_into
        return None

    def people(self, id: CustomerId, most: int = MAX_ABSORBED) -> list[Customer]:
        """A customer and whom he was merged into, one after the other: the last is who he is. Empty for nobody."""
        self.need((CUSTOMERS, (id,)))
        found = self.get(CUSTOMERS, id)
        further = [] if found is None or found.merged_into is None or not most else self.people(found.merged_into, most - 1)
        return [] if found is None else [found, *further]

    def person(self, id: CustomerId) -> Customer | None:
        """Who a customer is, following merges."""
        return next(reversed(self.people(id)), None)

    def counted(self, c: Conversation) -> Conversation:
        """This very conversation, whatever it was merged into, its clocks brought to now."""
        return replace(c, sla=sla.brought_to(c.sla, self.now, self._base.origin.promises.calendars))

    def agent(self, id: AgentId) -> Agent | None:
        """An account with its load as of this unit."""
        self.need((AGENTS, (id,)))
        found = self.get(AGENTS, id)
        if found is None:
            return None
        own = [change for change in self._loads if change.agent == id]
        delta = self._base.load_of[id] + sum(change.delta for change in own)
        kinds = {kind: n for (agent, kind), n in self._base.held_of.items() if agent == id}
        for change in own:
            kinds[change.kind] = kinds.get(change.kind, 0) + (1 if change.delta > 0 else -1)
        held = {kind: max(0, found.held.get(kind, 0) + kinds.get(kind, 0)) for kind in {*found.held, *kinds}}
        return replace(found, load=found.load + delta, held=held) if own or kinds or delta else found

    def change(
        self,
        before: Conversation | None,
        changed: Changed,
        actor: Author,
        message: Message | None = None,
        cause: str = "",
        at_most: int | None = None,
    ) -> Conversation:
        """Store a changed conversation with everything that follows from it: its queue, promises, events, timers, its agents' loads.

        ``at_most`` makes the new agent's load a claim that fails in the database if it would exceed this.
        """
        changed = self.surveyed(before, self.promised(before, changed))
        if before is not None and not changed.happened and changed.conversation == before:
            return before
        if self.desk.queues and queueing.is_to_be_placed(before, changed.conversation):
            changed = self.promised(before, changed.then(self.placed))
        store = self.insert if before is None else self.put
        self._follow_tags(before, changed.conversation, actor)
        after = store(CONVERSATIONS, changed.conversation)
        was, now = (None if before is None else facets(before)), facets(after)
        for entry in in_turn(self._entry(after, happened, actor, message, was, now, cause) for happened in changed.happened or _OTHERWISE):
            self.event(entry)
        self._follow_timers(before, after)
        self._follow_load(before, after, at_most)
        return after

    def placed(self, c: Conversation, *, front: bool = False) -> Changed:
        """A waiting conversation in the queue whose conditions hold; ``front``: it was served and came back."""
        facts = self.channels.get(c.channel)
        known = self.person(c.customer) if self.desk.asks_of_customers else None
        groups = among(known, self.desk.segments)
        found = facts_of(c, facts.kind if facts else "", known, open=self.desk.open_calendars(), segments=groups)
        return queueing.enter(c, self.desk, found, self.now, front=front)

    def promised(self, before: Conversation | None, changed: Changed) -> Changed:
        """The change with what follows from it for the promises to the customer."""
        promises, facts = self.promises, self.channels.get(changed.conversation.channel)
        customer = self.person(changed.conversation.customer) if promises.about_customers else None
        if facts is None:
            return changed
        return follow(promises, Place(facts.kind, facts.policy, self.desk), customer, before, changed, self.now)

    def surveyed(self, before: Conversation | None, changed: Changed) -> Changed:
        """The change with what it means for asking the customer how satisfied he is."""
        c = changed.conversation
        promises = self.promises
        if not surveys.is_news(before, c) or not promises.surveys:
            return changed if c.category is Category.RESOLVED or c.asking is None else Changed(replace(c, asking=None), changed.happened)
        facts = self.channels.get(c.channel)
        customer, kind = self.person(c.customer), facts.kind if facts else ""
        return Changed(surveys.plan(c, promises.surveys, customer, kind, self.now, promises.segments), changed.happened)

    def _entry(
        self, c: Conversation, happened: Happened, actor: Author, message: Message | None, was: Facets | None, now: Facets, cause: str
    ) -> Event:
        said = message if happened.type in ABOUT_MESSAGE else None
        return Event(
            type=happened.type,
            at=self.now,
            actor=actor,
            conversation=c.id,
            version=c.version,
            customer=c.customer,
            agent=c.assignee,
            message=None if said is None else said.id,
            before=was,
            after=now,
            reason=happened.reason,
            cause=cause,
            data=({} if said is None else self._data(said)) | notifications.to_tell(happened.tell, happened.call),
        )

    def _data(self, message: Message) -> dict[str, int | str | None]:
        key = (MESSAGES, message.id)
        return notifications.data_of(message, self._base.current.get(key, self._base.stored.get(key)))

    def _follow_tags(self, before: Conversation | None, after: Conversation, actor: Author) -> None:
        """Whatever tag was given can be chosen from then on."""
        given = {tag_id(name): name for name in after.tags if before is None or name not in before.tags}
        self.need((TAGS, given))
        for id, name in given.items():
            if self.get(TAGS, id) is None:
                self.insert(TAGS, Tag(id, name))
                self.entry_changed(TAGS, id, actor)

    def _follow_timers(self, before: Conversation | None, after: Conversation) -> None:
        old = {} if before is None else {t.id: t for t in timers_of(before, 0)}
        new = {t.id: t for t in timers_of(after, self._base.origin.writer)}
        for id in old.keys() - new.keys():
            self.remove(TIMERS, id)
        for id in new.keys() - old.keys():
            self.insert(TIMERS, new[id])
        if (offer := notifications.of_offer(before)) not in (None, notifications.of_offer(after)):
            self.remove(NOTIFICATIONS, offer)

    def _follow_load(self, before: Conversation | None, after: Conversation, at_most: int | None) -> None:
        facts = self.channels.get(after.channel)
        chatty, weight, kind = (facts.conversational, facts.weight, facts.kind) if facts else (False, 1, "")
        was = None if before is None else occupies(before, conversational=chatty)
        now = occupies(after, conversational=chatty)
        if was == now:
            return
        limited = None if now is None or at_most is None else self.agent(now)
        most = None if limited is None else limited.limits.get(kind)
        if was is not None:
            self._loads.append(LoadChange(was, -weight, freed_at=self.now, kind=kind))
        if now is not None:
            self._loads.append(LoadChange(now, weight, at_most, self.now, kind=kind, kind_at_most=most))

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
            base.held_of[change.agent, change.kind] += 1 if change.delta > 0 else -1
        base.settled += self._settled
        base.events += self._events
