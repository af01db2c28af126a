"""Service-level clocks: what is promised, how much of it is used, when to warn, and the proof of a breach.

A clock runs while the conversation is open and no bot serves it, and is paused otherwise. All times here are elapsed
milliseconds; ``_elapsed`` and ``_after`` are the only two places that turn them into instants and back.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.conversation import FAR_FUTURE, Category, ClockState, SlaClock
from inbox.core.events import EventType
from inbox.core.ids import Instant
from inbox.core.message import Reason

Clocks = tuple[SlaClock, ...]
Alarm = Literal["warn", "breach"]


class Metric(StrEnum):
    """The promises there are."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class Policy(Struct, frozen=True, omit_defaults=True):
    """Targets in milliseconds, None for no promise; ``warn_share`` is the percentage of the target used when it warns."""

    id: str
    version: int = 1
    first_response: int | None = None
    next_response: int | None = None
    resolution: int | None = None
    warn_share: int = 80


class News(Struct, frozen=True):
    """Something a clock has to tell: met, warned or breached, with the proof."""

    type: EventType
    reason: Reason


class Step(Struct, frozen=True):
    """The clocks afterwards and what they have to tell."""

    clocks: Clocks
    news: tuple[News, ...] = ()


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


def start(policy: Policy | None) -> Clocks:
    """The policy's clocks, all idle: the first message of a customer arms them."""
    if policy is None:
        return ()
    targets = ((metric, getattr(policy, metric)) for metric in Metric)
    return tuple(_idle(metric, target, policy) for metric, target in targets if target is not None)


def on_customer_message(clocks: Clocks, now: Instant) -> Clocks:
    """A person wrote: the first response is owed, or once that was given the next one, counted from the oldest unanswered message.

    What is armed here starts to run by the ``on_category`` that follows.
    """
    first = next((c for c in clocks if c.metric == Metric.FIRST_RESPONSE), None)
    answered_once = first is None or first.met_at is not None

    def owed(clock: SlaClock) -> SlaClock:
        if clock.metric == Metric.NEXT_RESPONSE:
            return clock if not answered_once or _is_owed(clock) else _arm(clock, now)
        return _arm(clock, now) if clock.state is ClockState.IDLE else clock

    return tuple(owed(c) for c in clocks)


def on_reply(clocks: Clocks, now: Instant) -> Step:
    """A colleague answered: both response promises are kept, or kept late. Writing first leaves no first response to give."""

    def answered(clock: SlaClock) -> tuple[SlaClock, tuple[News, ...]]:
        if clock.metric == Metric.RESOLUTION:
            return clock, ()
        if clock.metric == Metric.FIRST_RESPONSE and clock.state is ClockState.IDLE:
            return replace(clock, state=ClockState.MET, met_at=now), ()
        return _meet(clock, now)

    return _each(clocks, answered)


def on_category(clocks: Clocks, category: Category, now: Instant, *, held: bool = False) -> Step:
    """The conversation is in this category now, and ``held`` by a bot or not. Safe to repeat.

    Only open and not held lets clocks run. Resolved keeps the resolution promise and ends the wait for a next response;
    any other category after that owes the resolution again, with what was already used.
    """
    if category is Category.RESOLVED:
        return _each(clocks, lambda clock: _close(clock, now))
    runs = category is Category.OPEN and not held

    def settled(clock: SlaClock) -> tuple[SlaClock, tuple[News, ...]]:
        clock = _reopen(clock)
        return (_resume(clock, now), ()) if runs else _pause(clock, now)

    return _each(clocks, settled)


def due_timers(clocks: Clocks) -> tuple[DueTimer, ...]:
    """The alarms of all running clocks, earliest first."""
    running = [c for c in clocks if c.state is ClockState.RUNNING]
    warnings = [DueTimer(c.warn_at, c.metric, "warn", c.epoch) for c in running if c.warn_at is not None]
    breaches = [DueTimer(c.due_at, c.metric, "breach", c.epoch) for c in running if c.due_at is not None]
    return tuple(sorted(warnings + breaches))


def sort_due(clocks: Clocks) -> Instant:
    """The earliest deadline still owed, a missed one included; ``FAR_FUTURE`` when there is none."""
    return min((c.due_at for c in clocks if c.due_at is not None and _is_owed(c)), default=FAR_FUTURE)


def fire(clock: SlaClock, kind: Alarm, epoch: int, now: Instant) -> Fired | Stale:
    """Let an alarm go off. A late one is dated to the instant it was due, and says how late it came."""
    if clock.epoch != epoch or clock.state is not ClockState.RUNNING:
        return Stale()
    due_at = clock.warn_at if kind == "warn" else clock.due_at
    if due_at is None:
        return Stale()
    if now < due_at:
        return Stale(due_at)
    if kind == "breach":
        return Fired(*_breach(clock, due_at, now))
    used = clock.used + _elapsed(clock.since, due_at)
    proof = _proof("sla_warned", replace(clock, used=used), due_at=due_at, late_by=now - due_at)
    return Fired(replace(clock, warn_at=None, warned_at=due_at), News(EventType.SLA_WARNED, proof))


def _each(clocks: Clocks, change: Callable[[SlaClock], tuple[SlaClock, tuple[News, ...]]]) -> Step:
    changes = [change(clock) for clock in clocks]
    return Step(tuple(clock for clock, _ in changes), tuple(item for _, news in changes for item in news))


def _idle(metric: Metric, target: int, policy: Policy) -> SlaClock:
    warns = 0 < policy.warn_share < 100
    return SlaClock(
        metric=metric.value,
        state=ClockState.IDLE,
        target=target,
        warn_after=target * policy.warn_share // 100 if warns else None,
        policy=policy.id,
        policy_version=policy.version,
    )


def _is_owed(clock: SlaClock) -> bool:
    return clock.state in (ClockState.RUNNING, ClockState.PAUSED) or (clock.state is ClockState.BREACHED and clock.met_at is None)


def _arm(clock: SlaClock, now: Instant) -> SlaClock:
    return replace(
        clock, state=ClockState.PAUSED, armed_at=now, used=0, due_at=None, warn_at=None, warned_at=None, breached_at=None, met_at=None
    )


def _resume(clock: SlaClock, now: Instant) -> SlaClock:
    if clock.state is not ClockState.PAUSED:
        return clock
    warns = clock.warn_after is not None and clock.warned_at is None
    return replace(
        clock,
        state=ClockState.RUNNING,
        epoch=clock.epoch + 1,
        since=now,
        due_at=_after(now, clock.target - clock.used),
        warn_at=_after(now, max(0, (clock.warn_after or 0) - clock.used)) if warns else None,
    )


def _pause(clock: SlaClock, now: Instant) -> tuple[SlaClock, tuple[News, ...]]:
    if clock.state is not ClockState.RUNNING:
        return clock, ()
    if clock.due_at is not None and now > clock.due_at:
        late, news = _breach(clock, clock.due_at, now)
        return late, (news,)
    used = clock.used + _elapsed(clock.since, now)
    return replace(clock, state=ClockState.PAUSED, used=used, due_at=None, warn_at=None), ()


def _meet(clock: SlaClock, now: Instant) -> tuple[SlaClock, tuple[News, ...]]:
    """An overdue alarm that did not go off yet is told here, so that no command can outrun a breach."""
    if not _is_owed(clock):
        return clock, ()
    due_at = clock.due_at
    stopped, news = _pause(clock, now)
    if stopped.state is ClockState.BREACHED:
        return replace(stopped, met_at=now, used=stopped.used + _elapsed(stopped.since, now)), news
    met = replace(stopped, state=ClockState.MET, met_at=now, due_at=due_at)
    return met, (News(EventType.SLA_MET, _proof("sla_met", stopped)),)


def _close(clock: SlaClock, now: Instant) -> tuple[SlaClock, tuple[News, ...]]:
    if clock.metric == Metric.RESOLUTION:
        return _meet(clock, now)
    clock, news = _pause(clock, now)
    if clock.metric != Metric.NEXT_RESPONSE or not _is_owed(clock):
        return clock, news
    if clock.state is ClockState.BREACHED:
        return replace(clock, met_at=now), news
    return replace(clock, state=ClockState.IDLE), news


def _reopen(clock: SlaClock) -> SlaClock:
    if clock.metric != Metric.RESOLUTION or clock.met_at is None:
        return clock
    state = ClockState.BREACHED if clock.state is ClockState.BREACHED else ClockState.PAUSED
    return replace(clock, state=state, met_at=None)


def _breach(clock: SlaClock, due_at: Instant, now: Instant) -> tuple[SlaClock, News]:
    late = replace(clock, state=ClockState.BREACHED, breached_at=due_at, since=due_at, used=clock.target, warn_at=None)
    paused_for = due_at - clock.armed_at - clock.target
    return late, News(EventType.SLA_BREACHED, _proof("sla_breached", late, due_at=due_at, paused_for=paused_for, late_by=now - due_at))


def _proof(code: str, clock: SlaClock, **numbers: int) -> Reason:
    known = {"policy_version": clock.policy_version, "epoch": clock.epoch, "target": clock.target, "used": clock.used}
    return Reason(code, ids=(clock.metric, clock.policy), numbers=known | numbers)


def _elapsed(since: Instant, now: Instant) -> int:
    return max(0, now - since)


def _after(since: Instant, remaining: int) -> Instant:
    return since + remaining
