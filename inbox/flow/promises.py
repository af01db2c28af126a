"""What is promised to customers as this process knows it, and what follows from it for a conversation that changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from inbox.core import conditions, policies, proof, sla
from inbox.core.business_hours import Calendars
from inbox.core.conversation import Conversation, SlaClock
from inbox.core.customer import Customer
from inbox.core.errors import TryLater
from inbox.core.events import EventType
from inbox.core.ids import AgentId, Instant
from inbox.core.lifecycle import Changed, Happened
from inbox.core.message import Reason
from inbox.core.order import tried
from inbox.core.policies import Policy
from inbox.core.queueing import NO_QUEUES, Desk
from inbox.core.roles import role_of
from inbox.core.segments import Segment, among
from inbox.core.sla_actions import Means, act
from inbox.core.surveys import Survey
from inbox.flow.feed import Change
from inbox.ports import RETRY_S, Queries
from inbox.records import CALENDARS, POLICIES, SEGMENTS, SURVEYS

MAX_SPANS = 60


@dataclass(frozen=True)
class Promises:
    """The policies in their order, the calendars, and the surveys by which customers are asked whether it was kept. ``people``:
    active accounts by the id of their role. ``segments``: those of customers that policies and surveys may name."""

    policies: tuple[Policy, ...] = ()
    calendars: Calendars = field(default_factory=dict)
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    people: Mapping[str, tuple[AgentId, ...]] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()

    @cached_property
    def about_customers(self) -> bool:
        """Whether choosing a policy takes the customer's own data."""
        return policies.asks_about_customers(self.policies)

    @cached_property
    def by_id(self) -> dict[str, Policy]:
        """The policies by id."""
        return {policy.id: policy for policy in self.policies}


@dataclass(frozen=True)
class Place:
    """Where a conversation goes on: its channel's kind, the policy that holds there when no other does, and the queues there are."""

    kind: str
    default: Policy | None
    desk: Desk = NO_QUEUES


def follow(
    promises: Promises, place: Place, customer: Customer | None, before: Conversation | None, changed: Changed, now: Instant
) -> Changed:
    """The change with the policy that now holds, with what its alarms do, with deadlines in business time, and with proofs of breaches."""
    changed = _followed(promises, place, customer, before, changed, now)
    acted = act(changed, promises.by_id, Means(place.desk, promises.people), now)
    if acted is not changed:
        changed = _followed(promises, place, customer, before, acted, now)
    c = changed.conversation
    clocks = sla.dated(c.sla, () if before is None else before.sla, promises.calendars)
    if clocks != c.sla:
        changed = Changed(replace(c, sla=clocks, sort_due=sla.sort_due(clocks)), changed.happened)
    return Changed(changed.conversation, tuple(_proved(h, changed.conversation, promises.calendars) for h in changed.happened))


def _followed(
    promises: Promises, place: Place, customer: Customer | None, before: Conversation | None, changed: Changed, now: Instant
) -> Changed:
    c = changed.conversation
    if c.merged_into is not None:
        return changed
    facts = conditions.facts_of(c, place.kind, customer, queue=c.queue or "", segments=among(customer, promises.segments))
    policy = policies.choose(promises.policies, facts, place.default)
    adopted = policies.adopt(c, policy, now, promises.calendars)
    if adopted is c:
        return changed
    if before is None or not before.sla or {_terms(x) for x in before.sla} == {_terms(x) for x in adopted.sla}:
        return Changed(adopted, changed.happened)
    return Changed(adopted, (*changed.happened, Happened(EventType.SLA_CHANGED, _because(policy, promises.calendars))))


def _terms(clock: SlaClock) -> tuple[str, int, str, int]:
    return clock.metric, clock.target, clock.calendar, clock.calendar_version


def _because(policy: Policy | None, calendars: Calendars) -> Reason:
    if policy is None:
        return Reason("sla_no_policy")
    calendar = calendars.get(policy.calendar)
    if calendar is None:
        return Reason("sla_policy", (policy.id,), {"policy_version": policy.version})
    return Reason("sla_policy", (policy.id, calendar.id), {"policy_version": policy.version, "calendar_version": calendar.version})


def _proved(happened: Happened, c: Conversation, calendars: Calendars) -> Happened:
    """A breach with the times that counted and those that did not, the newest if there are very many."""
    reason = happened.reason
    if happened.type is not EventType.SLA_BREACHED or reason is None or reason.spans:
        return happened
    clock = next((clock for clock in c.sla if clock.metric == reason.ids[0]), None)
    if clock is None:
        return happened
    spans = proof.spans(clock, reason.numbers["due_at"], calendars)
    return replace(happened, reason=replace(reason, spans=spans[-MAX_SPANS:], numbers=reason.numbers | {"spans": len(spans)}))


class PromiseBook:
    """The promises of this process, read again when somebody changed a policy, a calendar, a survey, a segment or an account."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._known = Promises()
        self._stale = asyncio.Event()
        self._reading = asyncio.Lock()

    @classmethod
    async def read(cls, queries: Queries) -> PromiseBook:
        """A book with what is promised now."""
        book = cls(queries)
        await book.refresh()
        return book

    def current(self) -> Promises:
        """What is promised, as last read."""
        return self._known

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        nouns = {POLICIES.name, CALENDARS.name, SURVEYS.name, SEGMENTS.name}
        about = any(c.event.type is EventType.CATALOG_CHANGED and c.event.data.get("noun") in nouns for c in changes)
        if about or any(c.event.type is EventType.AGENT_CHANGED for c in changes):
            self._stale.set()

    async def refresh(self) -> None:
        """Read them now; one reading after the other, so that none ends with what an older one found."""
        async with self._reading:
            self._stale.clear()
            try:
                self._known = await self._read()
            except BaseException:
                self._stale.set()
                raise

    async def _read(self) -> Promises:
        found = await self._queries.entries(POLICIES)
        calendars = {calendar.id: calendar for calendar in await self._queries.entries(CALENDARS)}
        surveys = {survey.id: survey for survey in await self._queries.entries(SURVEYS)}
        segments = tuple(await self._queries.entries(SEGMENTS))
        people: dict[str, tuple[AgentId, ...]] = {}
        for agent in await self._queries.agents():
            if agent.active:
                people[role_of(agent)] = (*people.get(role_of(agent), ()), agent.id)
        return Promises(tuple(sorted(found, key=tried)), calendars, surveys, people, segments)

    async def run(self) -> None:
        """Read again whenever it is needed, until cancelled."""
        while True:
            await self._stale.wait()
            try:
                await self.refresh()
            except TryLater:
                await asyncio.sleep(RETRY_S)
