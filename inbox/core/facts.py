"""What reports count: facts that follow from the journal's entries, and their sums per day.

An entry leads to *facts*, single happenings that a figure can be traced back to, and to *increments* of the sums that the figures
are read from. ``follow`` does one step: it needs the entry, what is known of its conversation so far, and the time zone of the days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import spells
from inbox.core.conversation import Category
from inbox.core.events import Event, EventType, Facets
from inbox.core.ids import ConversationId, Instant, MessageId, digest
from inbox.core.message import Reason
from inbox.core.sums import Sum

PASSED_ON_MS = 1000
"""What is given back and has an agent again so soon was passed on; it did not wait a second time."""
BACKLOG = (Category.OPEN, Category.WAITING, Category.SNOOZED)


class FactKind(StrEnum):
    """Happenings. ``first_response``, ``response``, ``resolved`` and ``waited`` have a duration in milliseconds, ``csat`` and
    ``nps`` the score that a customer gave. ``backlog`` is a stay in somebody's backlog, how long once it is over. ``state`` is how long
    an agent was in a state, and is about no conversation."""

    RECEIVED = "received"
    SENT = "sent"
    BACKLOG = "backlog"
    STARTED = "started"
    FIRST_RESPONSE = "first_response"
    RESPONSE = "response"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    WAITED = "waited"
    ABANDONED = "abandoned"
    SLA_MET = "sla_met"
    SLA_BREACHED = "sla_breached"
    CSAT = "csat"
    NPS = "nps"
    STATE = "state"


BOT_SENT, ENTERED, LEFT = "bot_sent", "entered", "left"
"""Counted without facts of their own: what bots wrote, and what came into a backlog or left it. Beside the answers to surveys,
which count on the day of the first score, there are ``csat_1`` to ``csat_5`` and ``nps_0`` to ``nps_10``; ``csat_asked`` and
``csat_returned`` are how many were asked on a day, and how many of those have answered since."""


class Dims(Struct, frozen=True, omit_defaults=True):
    """By what figures are told apart; '' stands for none. A sum with a ``label`` is of one tag (``tag:``) or policy
    (``policy:``), or of the states of one agent (``state:``)."""

    channel: str = ""
    team: str = ""
    queue: str = ""
    agent: str = ""
    label: str = ""


class Fact(Struct, frozen=True, omit_defaults=True):
    """One happening. ``value`` is its duration in milliseconds of the calendar, ``open`` in those of opening hours, None for no such.

    A score is one fact however often it is changed; ``message`` is the one that asked for it, or the one that was received or sent.
    ``hour`` is that of the week, 0 to 167, in the zone of the reports. Of a promise missed ``value`` is by how long, from when it was due,
    around the clock: while it is ``owed`` as far as it was known when it was missed, and then how late it was kept. ``metric``: what was
    promised, '' for what was counted before that was kept; of a state its name.
    """

    id: str
    kind: FactKind
    at: Instant
    conversation: ConversationId
    dims: Dims
    tags: tuple[str, ...] = ()
    value: int | None = None
    open: int | None = None
    policy: str = ""
    message: MessageId | None = None
    hour: int | None = None
    metric: str = ""
    owed: bool = False

    @property
    def until(self) -> Instant | None:
        """When what lasted was over; None while it lasts."""
        return None if self.value is None else self.at + self.value


class Known(Struct, frozen=True, omit_defaults=True):
    """What reports know of a conversation so far. ``owed_since``: a customer's message that nobody has answered yet;
    ``returned``: somebody had it before it entered the queue; ``stay``: what is not over in a backlog;
    ``missed``: the promises that are late and still owed."""

    id: ConversationId
    version: int = 1
    begun_at: Instant = 0
    answered: bool = False
    owed_since: Instant | None = None
    queued_at: Instant | None = None
    returned: bool = False
    resolved: bool = False
    dims: Dims = Dims()
    backlog: bool = False
    stay: Fact | None = None
    missed: tuple[Fact, ...] = ()


Sums = dict[tuple[str, Dims], Sum]
"""By day (``2026-11-22``) and dimensions."""
ANSWERED = ("first_response", "next_response")
"""The promises that an answer keeps."""
Business = Callable[[Instant, Instant], int]
"""Milliseconds of opening hours between two instants."""


@dataclass(frozen=True)
class Ruler:
    """How instants are told: the zone of the days, and opening hours if there are any."""

    zone: tzinfo = UTC
    business: Business | None = None

    def day(self, at: Instant) -> tuple[str, int]:
        """The day and the hour of the week."""
        local = datetime.fromtimestamp(at / 1000, self.zone)
        return local.strftime("%Y-%m-%d"), local.weekday() * 24 + local.hour


@dataclass
class Folded:
    """What some entries lead to."""

    known: dict[ConversationId, Known] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    sums: Sums = field(default_factory=dict)

    def sum(self, day: str, dims: Dims) -> Sum:
        """The sum of a day and dimensions, to be added to."""
        return self.sums.setdefault((day, dims), Sum())


def follow(event: Event, known: Known | None, ruler: Ruler, out: Folded) -> None:
    """Add what one entry leads to; entries of a conversation come in its order. Of the others only agents' states are counted."""
    if event.type is EventType.STATE_CHANGED:
        _spell(event, ruler, out)
    if event.conversation is None or event.after is None:
        return
    step = _Step(event, event.after, ruler, out, known or Known(event.conversation))
    step.carry_out()
    out.known[event.conversation] = step.known


def _spell(event: Event, ruler: Ruler, out: Folded) -> None:
    """The state that is over, on each of its days."""
    name = spells.name_of(str(event.data["was"]), str(event.data.get("was_reason") or ""))
    since = spells.counted_from(int(event.data["since"] or 0), event.at)
    id = digest("fact", str(event.o), str(event.n), FactKind.STATE.value)
    whose = Dims(agent=event.agent or "")
    out.facts.append(Fact(id, FactKind.STATE, since, ConversationId(""), whose, value=event.at - since, metric=name))
    for day, span in spells.by_day(since, event.at, ruler.zone):
        totals = out.sum(day, Dims(label=f"state:{event.agent}")).totals
        totals[spells.STATE + name] = totals.get(spells.STATE + name, 0) + span


@dataclass
class _Step:
    event: Event
    after: Facets
    ruler: Ruler
    out: Folded
    known: Known

    def carry_out(self) -> None:
        act = _ACTS.get(self.event.type)
        if act is not None:
            act(self)
        self._backlog()

    def _fact(
        self,
        kind: FactKind,
        agent: str = "",
        value: int | None = None,
        since: Instant | None = None,
        policy: str = "",
        metric: str = "",
    ) -> Fact:
        """A happening at this entry; ``since``: what its duration is counted from."""
        e, business = self.event, self.ruler.business
        if since is not None:
            value = max(0, e.at - since)
        dims = self._dims(agent)
        fact = Fact(
            id=digest("fact", str(e.o), str(e.n), kind.value, policy),
            kind=kind,
            at=e.at,
            conversation=self.known.id,
            dims=dims,
            tags=self.after.tags,
            value=value,
            open=business(since, e.at) if business is not None and since is not None and since < e.at else (None if since is None else 0),
            policy=policy,
            metric=metric,
            message=e.message if kind in (FactKind.RECEIVED, FactKind.SENT) else None,
            hour=self.ruler.day(e.at)[1],
        )
        if business is None:
            fact = replace(fact, open=None)
        self.out.facts.append(fact)
        self._count(kind.value, dims, value, fact.open, policy)
        return fact

    def _dims(self, agent: str) -> Dims:
        a = self.after
        return Dims(a.channel, a.team or "", a.queue or "", agent)

    def _count(self, what: str, dims: Dims, value: int | None = None, open: int | None = None, policy: str = "") -> None:
        day, hour = self.ruler.day(self.event.at)
        labels = [Dims(label=f"tag:{tag}") for tag in self.after.tags]
        if policy:
            labels.append(Dims(label=f"policy:{policy}"))
        for key in (dims, *labels):
            found = self.out.sum(day, key)
            found.add(what, hour, value)
            if open is not None:
                found.add(f"{what}_open", None, open)

    def _backlog(self) -> None:
        """Whoever holds it has it in his backlog: a change of hands leaves one and enters another."""
        inside = self.after.category in BACKLOG and not self.after.merged
        dims = self._dims(self.after.assignee or "")
        was = self.known
        if was.backlog == inside and (not inside or was.dims == dims):
            return
        e = self.event
        day, _ = self.ruler.day(e.at)
        if was.backlog:
            self.out.sum(day, was.dims).add(LEFT)
        if was.stay is not None:
            self.out.facts.append(replace(was.stay, value=max(0, e.at - was.stay.at)))
        stay = None
        if inside:
            self.out.sum(day, dims).add(ENTERED)
            stay = Fact(digest("fact", str(e.o), str(e.n), FactKind.BACKLOG.value), FactKind.BACKLOG, e.at, was.id, dims)
            self.out.facts.append(stay)
        self.known = replace(was, backlog=inside, dims=dims, stay=stay)

    def started(self) -> None:
        self.known = replace(self.known, begun_at=self.event.at)
        if self.event.actor.kind == "customer":
            self._fact(FactKind.STARTED)

    def received(self) -> None:
        if self.event.data.get("automatic"):
            return
        self._fact(FactKind.RECEIVED, self.after.assignee or "")
        owed = self.known.owed_since
        self.known = replace(self.known, owed_since=self.event.at if owed is None else owed)

    def queued_message(self) -> None:
        """Somebody answered; what a bot or the service wrote keeps no promise."""
        if self.event.actor.kind != "agent":
            self._count(BOT_SENT, self._dims(self.after.assignee or ""))
            return
        agent = self.event.actor.id
        self._fact(FactKind.SENT, agent)
        if self.known.owed_since is not None:
            self._fact(FactKind.RESPONSE if self.known.answered else FactKind.FIRST_RESPONSE, agent, since=self.known.owed_since)
            self.known = replace(self.known, answered=True, owed_since=None)
        self._kept_late(ANSWERED)

    def queued(self) -> None:
        self.known = replace(self.known, queued_at=self.known.queued_at or self.event.at)

    def assigned(self) -> None:
        """A wait ends with an agent: another team or queue ends none. What is passed on at once was not waiting."""
        since, agent = self.known.queued_at, self.after.assignee
        if since is None or agent is None:
            return
        if not self.known.returned or self.event.at - since >= PASSED_ON_MS:
            self._fact(FactKind.WAITED, agent, since=since)
        self.known = replace(self.known, queued_at=None, returned=False)

    def unassigned(self) -> None:
        self.known = replace(self.known, returned=True)

    def status_changed(self) -> None:
        now = self.after.category
        holder = self.after.assignee or ""
        if now is Category.RESOLVED and not self.known.resolved:
            self._fact(FactKind.RESOLVED, holder or _person(self.event), since=self.known.begun_at)
            if self.known.queued_at is not None and not self.known.answered and self.known.owed_since is not None:
                self._fact(FactKind.ABANDONED, since=self.known.queued_at)
            self.known = replace(self.known, resolved=True, owed_since=None, queued_at=None, returned=False)
            self._kept_late(None)
        elif now in (Category.OPEN, Category.WAITING) and self.known.resolved:
            self._fact(FactKind.REOPENED, holder)
            self.known = replace(self.known, resolved=False, begun_at=self.event.at)
        elif now is Category.SPAM:
            self.known = replace(self.known, owed_since=None, queued_at=None)

    def sla_met(self) -> None:
        self._promise(FactKind.SLA_MET)

    def sla_breached(self) -> None:
        self._promise(FactKind.SLA_BREACHED)

    def _promise(self, kind: FactKind) -> None:
        reason = self.event.reason
        metric, policy = (*(reason.ids if reason is not None else ()), "", "")[:2]
        numbers = reason.numbers if reason is not None else {}
        fact = self._fact(kind, self.after.assignee or "", value=numbers.get("late_by"), policy=policy, metric=metric)
        self._count(f"{kind.value}_{metric}", self._dims(self.after.assignee or ""), policy=policy)
        if kind is FactKind.SLA_BREACHED:
            self._missed(fact)

    def _missed(self, breach: Fact) -> None:
        """A promise just missed, which what keeps it late may have ended in the same commit."""
        owed = self.known.owed_since is not None if breach.metric in ANSWERED else not self.known.resolved
        self.out.facts[-1] = fact = replace(breach, owed=owed)
        if owed:
            self.known = replace(self.known, missed=(*self.known.missed, fact))

    def _kept_late(self, metrics: tuple[str, ...] | None) -> None:
        """What is owed no more was late until now; None: nothing is."""
        over = [fact for fact in self.known.missed if metrics is None or fact.metric in metrics]
        for fact in over:
            self.out.facts.append(replace(fact, owed=False, value=self.event.at - fact.at + (fact.value or 0)))
        self.known = replace(self.known, missed=tuple(fact for fact in self.known.missed if fact not in over))

    def survey_asked(self) -> None:
        reason = self.event.reason
        if reason is not None:
            self._score(self.event.at, f"{reason.code}_asked", _asked_about(reason))

    def survey_answered(self) -> None:
        """A score that is changed corrects the figures of the day of the first one."""
        reason = self.event.reason
        if reason is None:
            return
        kind, dims, numbers = FactKind(reason.code), _asked_about(reason), reason.numbers
        first_at, score, was = numbers["scored_at"], numbers["score"], numbers.get("was")
        if was is None:
            self._score(first_at, kind.value, dims)
            self._score(numbers["asked_at"], f"{kind.value}_returned", dims)
        else:
            self._score(first_at, f"{kind.value}_{was}", dims, -1)
        self._score(first_at, f"{kind.value}_{score}", dims)
        message = MessageId(reason.ids[1])
        fact = Fact(digest("fact", kind.value, message), kind, first_at, self.known.id, dims, self.after.tags, score, message=message)
        self.out.facts = [*(f for f in self.out.facts if f.id != fact.id), fact]

    def _score(self, at: Instant, what: str, dims: Dims, times: int = 1) -> None:
        day, _ = self.ruler.day(at)
        self.out.sum(day, dims).add(what, times=times)


def _asked_about(reason: Reason) -> Dims:
    """Where and with whom the matter was when the customer was asked, whoever has it now."""
    _, _, channel, team, queue, agent = reason.ids
    return Dims(channel, team, queue, agent)


def _person(event: Event) -> str:
    return event.actor.id if event.actor.kind == "agent" else ""


_ACTS: Mapping[EventType, Callable[[_Step], None]] = {
    EventType.CONVERSATION_STARTED: _Step.started,
    EventType.MESSAGE_RECEIVED: _Step.received,
    EventType.MESSAGE_QUEUED: _Step.queued_message,
    EventType.QUEUED: _Step.queued,
    EventType.ASSIGNED: _Step.assigned,
    EventType.UNASSIGNED: _Step.unassigned,
    EventType.STATUS_CHANGED: _Step.status_changed,
    EventType.SLA_MET: _Step.sla_met,
    EventType.SLA_BREACHED: _Step.sla_breached,
    EventType.SURVEY_ASKED: _Step.survey_asked,
    EventType.SURVEY_ANSWERED: _Step.survey_answered,
}
