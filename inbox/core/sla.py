"""Service-level clocks: what is promised, how much of it is used, when to warn, and the proof of a breach.

A clock runs while the conversation is open and no bot serves it, and is paused otherwise. All times here are milliseconds
used; ``_elapsed`` and ``_after`` are the only two places that turn them into instants and back.

Theory of operation. Decisions are made at one instant and know no calendars. Who loads a conversation brings its clocks up to that
instant (``brought_to``), so that nothing lies between it and ``since``; who stores one dates the deadlines of those that were started
(``dated``). In between, a clock with a calendar is like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import business_hours
from inbox.core.business_hours import Calendar, Calendars
from inbox.core.conversation import FAR_FUTURE, Category, ClockState, Pause, SlaClock
from inbox.core.events import EventType
from inbox.core.ids import Instant, MessageId
from inbox.core.message import Reason

MAX_PAUSES = 200

Clocks = tuple[SlaClock, ...]
Alarm = Literal["warn", "breach"]


class Metric(StrEnum):
    """The promises there are."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class Promise(Struct, frozen=True):
    """What one clock shall keep: the target and the thresholds of its warnings in milliseconds, whose it is, and how time counts."""

    metric: Metric
    target: int
    warns: tuple[int, ...] = ()
    policy: str = ""
    policy_version: int = 1
    calendar: str = ""
    calendar_version: int = 0
    runs_in: tuple[str, ...] = ()


class News(Struct, frozen=True):
    """Something a clock has to tell: met, warned or breached, with the proof."""

    type: EventType
    reason: Reason


class Step(Struct, frozen=True):
    """The clocks afterwards and what they have to tell."""

    clocks: Clocks
    news: tuple[News, ...] = ()


_Told = tuple[SlaClock, tuple[News, ...]]


class DueTimer(Struct, frozen=True, order=True):
    """An alarm to be armed; void as soon as the clock's epoch is another one."""

    due_at: Instant
    metric: str
    kind: Alarm
    epoch: int


class Fired(Struct, frozen=True):
    """The alarm was due: the clock afterwards and the proof."""

    clock: SlaClock
    news: News


class Stale(Struct, frozen=True):
    """The alarm is void (``due_at`` None), or not due before ``due_at``."""

    due_at: Instant | None = None


def start(promises: tuple[Promise, ...]) -> Clocks:
    """The clocks of these promises, all idle: the first message of a customer arms them."""
    return tuple(promised(SlaClock(p.metric.value, ClockState.IDLE, p.target), p) for p in promises)


def promised(clock: SlaClock, promise: Promise) -> SlaClock:
    """The clock with another promise to keep; what it has used and its alarms are left to the caller."""
    return replace(
        clock,
        target=promise.target,
        warns=promise.warns,
        warn_after=_next_warning(promise.warns, clock.used) if clock.state is not ClockState.IDLE else next(iter(promise.warns), None),
        policy=promise.policy,
        policy_version=promise.policy_version,
        calendar=promise.calendar,
        calendar_version=promise.calendar_version,
        runs_in=promise.runs_in,
    )


def brought_to(clocks: Clocks, now: Instant, calendars: Calendars) -> Clocks:
    """The clocks with all that they have used until ``now``; a calendar that is gone counts every hour."""

    def counted(clock: SlaClock) -> SlaClock:
        if not _counts(clock) or clock.since >= now:
            return clock
        return replace(clock, used=clock.used + _elapsed(clock.since, now, calendars.get(clock.calendar)), since=now)

    return tuple(counted(clock) for clock in clocks) if any(clock.calendar for clock in clocks) else clocks


def dated(clocks: Clocks, before: Clocks, calendars: Calendars) -> Clocks:
    """The clocks with the deadlines of those that were started since ``before``, in the time of their calendars."""
    known = {clock.metric: clock.epoch for clock in before}

    def date(clock: SlaClock) -> SlaClock:
        calendar = calendars.get(clock.calendar)
        started = clock.state is ClockState.RUNNING and clock.epoch != known.get(clock.metric, 0)
        if calendar is None or not started:
            return clock
        anew = _alarmed(clock, calendar)
        overdue = clock.due_at is not None and clock.due_at < clock.since  # a warning came so late that the deadline lies behind it
        return replace(anew, due_at=clock.due_at, over=clock.over) if overdue else anew

    return tuple(date(clock) for clock in clocks)


def recounted(clock: SlaClock, now: Instant, calendars: Calendars) -> SlaClock:
    """The clock with what it has used until ``now`` counted again by its calendar, and with new alarms if it runs."""
    if clock.state not in (ClockState.RUNNING, ClockState.PAUSED):
        return clock
    calendar = calendars.get(clock.calendar)
    if clock.base_at:
        paused = sum(_elapsed(p.start, now if p.end is None else p.end, calendar) for p in clock.pauses)
        used = max(0, clock.base_used + _elapsed(clock.base_at, now, calendar) - paused)
    else:  # begun before there was a ledger
        used = clock.used + (_elapsed(clock.since, now, calendar) if clock.state is ClockState.RUNNING else 0)
    fresh = replace(clock, used=used, since=now, epoch=clock.epoch + 1, warn_after=_next_warning(clock.warns, used))
    return _alarmed(fresh, calendar) if clock.state is ClockState.RUNNING else fresh


def armed(clock: SlaClock, now: Instant) -> SlaClock:
    """The promise begins; it starts to run by the ``on_category`` that follows."""
    return replace(
        clock,
        state=ClockState.PAUSED,
        armed_at=now,
        base_at=now,
        base_used=0,
        used=0,
        pauses=(),
        due_at=None,
        warn_at=None,
        warn_after=next(iter(clock.warns), None),
        warned_at=None,
        breached_at=None,
        met_at=None,
        met_by=None,
        over=0,
    )


def on_customer_message(clocks: Clocks, now: Instant) -> Clocks:
    """A person wrote: the first response is owed, or once that was given the next one, counted from the oldest unanswered message.

    What is armed here starts to run by the ``on_category`` that follows.
    """
    first = next((c for c in clocks if c.metric == Metric.FIRST_RESPONSE), None)
    answered_once = first is None or first.met_at is not None

    def owed(clock: SlaClock) -> SlaClock:
        if clock.metric == Metric.NEXT_RESPONSE:
            return clock if not answered_once or is_owed(clock) else armed(clock, now)
        return armed(clock, now) if clock.state is ClockState.IDLE else clock

    return tuple(owed(c) for c in clocks)


def on_reply(clocks: Clocks, now: Instant, by: MessageId | None = None) -> Step:
    """A colleague answered: both response promises are kept, or kept late. Writing first leaves no first response to give."""

    def answered(clock: SlaClock) -> _Told:
        if clock.metric == Metric.RESOLUTION:
            return clock, ()
        if clock.metric == Metric.FIRST_RESPONSE and clock.state is ClockState.IDLE:
            return replace(clock, state=ClockState.MET, met_at=now, met_by=by), ()
        kept, news = _meet(clock, now)
        return (kept if kept is clock else replace(kept, met_by=by)), news

    return _each(clocks, answered)


def on_reply_lost(clocks: Clocks, lost: MessageId) -> Clocks:
    """The answer that kept a promise did not arrive: it is owed as if nobody had answered, and the time since counts."""

    def again(clock: SlaClock) -> SlaClock:
        if clock.met_by != lost or clock.met_at is None or not clock.armed_at:
            return clock
        owed = replace(clock, met_at=None, met_by=None)
        if clock.state is ClockState.BREACHED:
            return owed
        if clock.due_at is None:
            return replace(owed, state=ClockState.PAUSED, pauses=(*clock.pauses, Pause(Category.WAITING.value, clock.met_at)))
        return _alarmed(replace(owed, state=ClockState.RUNNING, epoch=clock.epoch + 1, since=clock.met_at), None)

    return tuple(again(clock) for clock in clocks)


def on_category(clocks: Clocks, category: Category, now: Instant, *, held: bool = False) -> Step:
    """The conversation is in this category now, and ``held`` by a bot or not. Safe to repeat.

    Only open and not held lets every clock run. Resolved keeps the resolution promise and ends the wait for a next response;
    any other category after that owes the resolution again, with what was already used.
    """
    if category is Category.RESOLVED:
        return _each(clocks, lambda clock: _close(clock, now))
    why = "bot" if held else category.value

    def settled(clock: SlaClock) -> _Told:
        clock = _reopen(clock)
        runs = not held and (category is Category.OPEN or category.value in clock.runs_in)
        return (_resume(clock, now), ()) if runs else _pause(clock, now, why)

    return _each(clocks, settled)


def due_timers(clocks: Clocks) -> tuple[DueTimer, ...]:
    """The alarms of all running clocks, earliest first."""
    running = [c for c in clocks if c.state is ClockState.RUNNING]
    warnings = [DueTimer(c.warn_at, c.metric, "warn", c.epoch) for c in running if c.warn_at is not None]
    breaches = [DueTimer(c.due_at, c.metric, "breach", c.epoch) for c in running if c.due_at is not None]
    return tuple(sorted(warnings + breaches))


def sort_due(clocks: Clocks) -> Instant:
    """The earliest deadline still owed, a missed one included; ``FAR_FUTURE`` when there is none."""
    return min((c.due_at for c in clocks if c.due_at is not None and is_owed(c)), default=FAR_FUTURE)


def fire(clock: SlaClock, kind: Alarm, epoch: int, now: Instant) -> Fired | Stale:
    """Let an alarm go off. A late one is dated to the instant it was due, and says how late it came. ``due_at`` is the deadline's."""
    if clock.epoch != epoch or clock.state is not ClockState.RUNNING:
        return Stale()
    due_at = clock.warn_at if kind == "warn" else clock.due_at
    if due_at is None:
        return Stale()
    if now < due_at:
        return Stale(due_at)
    if kind == "breach":
        return Fired(*_breach(clock, due_at, now))
    reached = clock.warn_after or 0
    proof = _proof("sla_warned", replace(clock, used=reached), due_at=clock.due_at or due_at, late_by=now - due_at)
    left = tuple(at for at in clock.warns if at > reached)
    warned = replace(clock, warn_at=None, warn_after=next(iter(left), None), warned_at=due_at)
    return Fired(_warned_again(warned, due_at, reached), News(EventType.SLA_WARNED, proof))


def is_owed(clock: SlaClock) -> bool:
    """Whether somebody still waits for what was promised."""
    return clock.state in (ClockState.RUNNING, ClockState.PAUSED) or (clock.state is ClockState.BREACHED and clock.met_at is None)


def _warned_again(clock: SlaClock, warned_at: Instant, reached: int) -> SlaClock:
    """There is a further warning: under a new epoch, because an alarm's name holds nothing else that could tell the two apart."""
    if clock.warn_after is None:
        return clock
    again = replace(clock, epoch=clock.epoch + 1)
    return again if clock.calendar else replace(again, warn_at=_after(warned_at, clock.warn_after - reached, None))


def _each(clocks: Clocks, change: Callable[[SlaClock], _Told]) -> Step:
    changes = [change(clock) for clock in clocks]
    return Step(tuple(clock for clock, _ in changes), tuple(item for _, news in changes for item in news))


def _counts(clock: SlaClock) -> bool:
    return clock.state is ClockState.RUNNING or (clock.state is ClockState.BREACHED and clock.met_at is None)


def _next_warning(warns: tuple[int, ...], used: int) -> int | None:
    return next((at for at in warns if at > used), None)


def _resume(clock: SlaClock, now: Instant) -> SlaClock:
    if clock.state is not ClockState.PAUSED:
        return clock
    running = replace(clock, state=ClockState.RUNNING, epoch=clock.epoch + 1, since=now, pauses=_ended(clock.pauses, now))
    return _alarmed(running, None)


def _alarmed(clock: SlaClock, calendar: Calendar | None) -> SlaClock:
    """The instants of a running clock's alarms, counted from ``since``; what should have been over before is due now."""
    warns = clock.warn_after is not None
    return replace(
        clock,
        over=max(0, clock.used - clock.target),
        due_at=_after(clock.since, max(0, clock.target - clock.used), calendar),
        warn_at=_after(clock.since, max(0, (clock.warn_after or 0) - clock.used), calendar) if warns else None,
    )


def _pause(clock: SlaClock, now: Instant, why: str) -> _Told:
    if clock.state is ClockState.PAUSED and not (clock.pauses and clock.pauses[-1].end is None):
        return _paused(clock, now, why), ()
    if clock.state is not ClockState.RUNNING:
        return clock, ()
    stopped, news = _stop(clock, now)
    return (stopped if news else _paused(stopped, now, why)), news


def _paused(clock: SlaClock, now: Instant, why: str) -> SlaClock:
    """The ledger with one more pause; when it is full, what was used so far is where counting begins."""
    if len(clock.pauses) < MAX_PAUSES:
        return replace(clock, pauses=(*clock.pauses, Pause(why, now)))
    return replace(clock, pauses=(Pause(why, now),), base_at=now, base_used=clock.used)


def _ended(pauses: tuple[Pause, ...], now: Instant) -> tuple[Pause, ...]:
    if not pauses or pauses[-1].end is not None:
        return pauses
    last = pauses[-1]
    return pauses[:-1] if last.start == now else (*pauses[:-1], replace(last, end=now))


def _stop(clock: SlaClock, now: Instant) -> _Told:
    if clock.due_at is not None and now > clock.due_at:
        late, news = _breach(clock, clock.due_at, now)
        return late, (news,)
    used = clock.used + _elapsed(clock.since, now, None)
    return replace(clock, state=ClockState.PAUSED, used=used, since=now, due_at=None, warn_at=None), ()


def _meet(clock: SlaClock, now: Instant) -> _Told:
    """An overdue alarm that did not go off yet is told here, so that no command can outrun a breach."""
    if not is_owed(clock):
        return clock, ()
    due_at = clock.due_at
    stopped, news = _stop(clock, now) if clock.state is ClockState.RUNNING else (clock, ())
    if stopped.state is ClockState.BREACHED:
        return replace(stopped, met_at=now, used=stopped.used + _elapsed(stopped.since, now, None), since=now), news
    met = replace(stopped, state=ClockState.MET, met_at=now, due_at=due_at, pauses=_ended(stopped.pauses, now))
    return met, (News(EventType.SLA_MET, _proof("sla_met", stopped)),)


def _close(clock: SlaClock, now: Instant) -> _Told:
    if clock.metric == Metric.RESOLUTION:
        return _meet(clock, now)
    clock, news = _pause(clock, now, Category.RESOLVED.value)
    if clock.metric != Metric.NEXT_RESPONSE or not is_owed(clock):
        return clock, news
    if clock.state is ClockState.BREACHED:
        return replace(clock, met_at=now), news
    return replace(clock, state=ClockState.IDLE), news


def _reopen(clock: SlaClock) -> SlaClock:
    if clock.metric != Metric.RESOLUTION or clock.met_at is None:
        return clock
    state = ClockState.BREACHED if clock.state is ClockState.BREACHED else ClockState.PAUSED
    pause = (Pause(Category.RESOLVED.value, clock.met_at),) if state is ClockState.PAUSED else ()
    return replace(clock, state=state, met_at=None, pauses=(*clock.pauses, *pause))


def _breach(clock: SlaClock, due_at: Instant, now: Instant) -> tuple[SlaClock, News]:
    late = replace(clock, state=ClockState.BREACHED, breached_at=due_at, warn_at=None)
    waited = due_at - clock.armed_at - clock.target - clock.over
    paused_for = sum(max(0, min(p.end or due_at, due_at) - p.start) for p in clock.pauses) if clock.calendar else waited
    further = {"closed_for": waited - paused_for} if clock.calendar else {}
    further |= {"over": clock.over} if clock.over else {}
    used = clock.target + clock.over
    proof = _proof("sla_breached", replace(late, used=used), due_at=due_at, paused_for=paused_for, late_by=now - due_at, **further)
    return late, News(EventType.SLA_BREACHED, proof)


def _proof(code: str, clock: SlaClock, **numbers: int) -> Reason:
    known = {"policy_version": clock.policy_version, "epoch": clock.epoch, "target": clock.target, "used": clock.used}
    if clock.calendar:
        known["calendar_version"] = clock.calendar_version
    ids = (clock.metric, clock.policy, clock.calendar) if clock.calendar else (clock.metric, clock.policy)
    return Reason(code, ids=ids, numbers=known | numbers)


def _elapsed(since: Instant, now: Instant, calendar: Calendar | None) -> int:
    return max(0, now - since) if calendar is None else business_hours.between(calendar, since, now)


def _after(since: Instant, remaining: int, calendar: Calendar | None) -> Instant | None:
    return since + remaining if calendar is None else business_hours.add(calendar, since, remaining)
