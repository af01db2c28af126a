"""Service-level clocks against a stopwatch that counts every millisecond."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core import policies, sla
from inbox.core.conversation import FAR_FUTURE, Category, ClockState, Priority, SlaClock
from inbox.core.events import EventType
from inbox.core.policies import Policy, Targets
from inbox.core.sla import DueTimer, Fired, Metric, News, Stale
from tests.core import strategies as some

T = some.NOW


def policy(id: str = "p", version: int = 1, shares: tuple[int, ...] = (80,), **targets: int) -> Policy:
    return Policy(id, version, targets=Targets(**targets), warn_shares=shares)


POLICY = policy("gold", 7, first_response=100, next_response=50, resolution=1000)


def clock(clocks: sla.Clocks, metric: Metric) -> SlaClock:
    return next(c for c in clocks if c.metric == metric)


def written(policy: Policy, now: int = T) -> sla.Clocks:
    """The clocks of a conversation that a customer began at ``now``."""
    return sla.on_category(sla.on_customer_message(policies.start(policy, Priority.NORMAL), now), Category.OPEN, now).clocks


def kinds(news: tuple[News, ...]) -> list[tuple[EventType, str]]:
    return [(item.type, item.reason.ids[0]) for item in news]


def fired(clocks: sla.Clocks, now: int) -> tuple[sla.Clocks, list[News]]:
    """Let everything go off that is due, the earliest first."""
    news = []
    while due := [timer for timer in sla.due_timers(clocks) if timer.due_at <= now]:
        outcome = sla.fire(clock(clocks, Metric(due[0].metric)), due[0].kind, due[0].epoch, now)
        assert isinstance(outcome, Fired)
        clocks = tuple(outcome.clock if c.metric == due[0].metric else c for c in clocks)
        news.append(outcome.news)
    return clocks, news


# --- what is promised when


def test_no_policy_no_clocks() -> None:
    assert policies.start(None, Priority.NORMAL) == ()
    assert policies.start(Policy("none"), Priority.NORMAL) == ()
    assert sla.sort_due(()) == FAR_FUTURE


def test_a_customers_first_message_owes_a_first_response_and_a_resolution() -> None:
    clocks = written(POLICY)
    assert {c.metric: (c.state, c.due_at) for c in clocks} == {
        "first_response": (ClockState.RUNNING, T + 100),
        "next_response": (ClockState.IDLE, None),
        "resolution": (ClockState.RUNNING, T + 1000),
    }
    assert sla.due_timers(clocks) == (
        DueTimer(T + 80, "first_response", "warn", 1),
        DueTimer(T + 100, "first_response", "breach", 1),
        DueTimer(T + 800, "resolution", "warn", 1),
        DueTimer(T + 1000, "resolution", "breach", 1),
    )
    assert sla.sort_due(clocks) == T + 100


def test_nothing_is_owed_before_a_customer_writes() -> None:
    begun_by_us = sla.on_reply(policies.start(POLICY, Priority.NORMAL), T)
    assert begun_by_us.news == ()
    assert clock(begun_by_us.clocks, Metric.FIRST_RESPONSE).state is ClockState.MET
    clocks = sla.on_category(begun_by_us.clocks, Category.OPEN, T).clocks
    assert sla.due_timers(clocks) == ()
    answered = sla.on_category(sla.on_customer_message(clocks, T + 5), Category.OPEN, T + 5).clocks
    assert [(c.metric, c.due_at) for c in answered if c.state is ClockState.RUNNING] == [
        ("next_response", T + 55),
        ("resolution", T + 1005),
    ]


def test_an_answer_in_time_keeps_the_promise() -> None:
    step = sla.on_reply(written(POLICY), T + 100)
    first = clock(step.clocks, Metric.FIRST_RESPONSE)
    assert (first.state, first.met_at, first.due_at, first.used) == (ClockState.MET, T + 100, T + 100, 100)
    assert kinds(step.news) == [(EventType.SLA_MET, "first_response")]
    assert step.news[0].reason.numbers == {"policy_version": 7, "epoch": 1, "target": 100, "used": 100}
    assert step.news[0].reason.code == "sla_met"
    assert sla.on_reply(step.clocks, T + 101) == sla.Step(step.clocks)


def test_an_answer_that_overtakes_the_timer_is_still_a_breach() -> None:
    step = sla.on_reply(written(POLICY), T + 101)
    first = clock(step.clocks, Metric.FIRST_RESPONSE)
    assert (first.state, first.breached_at, first.met_at, first.used) == (ClockState.BREACHED, T + 100, T + 101, 101)
    assert kinds(step.news) == [(EventType.SLA_BREACHED, "first_response")]
    assert step.news[0].reason.numbers["late_by"] == 1


def test_the_next_response_counts_from_the_oldest_unanswered_message() -> None:
    clocks = sla.on_category(sla.on_reply(written(POLICY), T + 10).clocks, Category.WAITING, T + 10).clocks
    for at in (T + 20, T + 30):
        clocks = sla.on_category(sla.on_customer_message(clocks, at), Category.OPEN, at).clocks
    assert clock(clocks, Metric.NEXT_RESPONSE).due_at == T + 70
    assert clock(clocks, Metric.NEXT_RESPONSE).armed_at == T + 20
    assert clock(clocks, Metric.FIRST_RESPONSE).state is ClockState.MET


def test_each_next_response_starts_anew_even_after_a_late_one() -> None:
    clocks = sla.on_category(sla.on_reply(written(POLICY), T).clocks, Category.WAITING, T).clocks
    clocks = sla.on_category(sla.on_customer_message(clocks, T), Category.OPEN, T).clocks
    late = sla.on_reply(fired(clocks, T + 90)[0], T + 95)
    assert late.news == ()
    assert clock(late.clocks, Metric.NEXT_RESPONSE).met_at == T + 95
    again = sla.on_category(sla.on_customer_message(late.clocks, T + 200), Category.OPEN, T + 200).clocks
    fresh = clock(again, Metric.NEXT_RESPONSE)
    assert (fresh.state, fresh.due_at, fresh.warn_at, fresh.used) == (ClockState.RUNNING, T + 250, T + 240, 0)
    assert (fresh.warned_at, fresh.breached_at, fresh.met_at) == (None, None, None)
    assert fresh.epoch > clock(clocks, Metric.NEXT_RESPONSE).epoch


def test_a_promise_armed_while_a_bot_serves_has_no_deadline_yet() -> None:
    clocks = sla.on_category(sla.on_reply(written(POLICY), T + 10).clocks, Category.WAITING, T + 10).clocks
    clocks = sla.on_category(sla.on_customer_message(clocks, T + 20), Category.OPEN, T + 20).clocks
    clocks = sla.on_reply(clocks, T + 30).clocks
    held = sla.on_category(sla.on_customer_message(clocks, T + 40), Category.OPEN, T + 40, held=True).clocks
    following = clock(held, Metric.NEXT_RESPONSE)
    assert (following.state, following.due_at, following.warn_at) == (ClockState.PAUSED, None, None)
    assert sla.sort_due(held) == FAR_FUTURE


def test_without_a_first_response_promise_the_next_one_holds_at_once() -> None:
    clocks = written(policy(next_response=50))
    assert clock(clocks, Metric.NEXT_RESPONSE).due_at == T + 50


# --- pausing


def test_pausing_keeps_what_was_used_and_shifts_the_deadline() -> None:
    clocks = written(POLICY)
    paused = sla.on_category(clocks, Category.SNOOZED, T + 30).clocks
    assert sla.due_timers(paused) == ()
    assert [(c.due_at, c.warn_at) for c in paused] == [(None, None)] * 3
    assert sla.sort_due(paused) == FAR_FUTURE
    first = clock(sla.on_category(paused, Category.OPEN, T + 500).clocks, Metric.FIRST_RESPONSE)
    assert (first.due_at, first.warn_at, first.epoch, first.used) == (T + 570, T + 550, 2, 30)


def test_a_bot_holds_the_clocks() -> None:
    held = sla.on_category(written(POLICY), Category.OPEN, T + 10, held=True).clocks
    assert sla.due_timers(held) == ()
    assert clock(sla.on_category(held, Category.OPEN, T + 60).clocks, Metric.FIRST_RESPONSE).due_at == T + 150


def test_a_missed_warning_is_given_on_return_and_only_once() -> None:
    paused = sla.on_category(written(POLICY), Category.WAITING, T + 90).clocks
    back = sla.on_category(paused, Category.OPEN, T + 200).clocks
    assert clock(back, Metric.FIRST_RESPONSE).warn_at == T + 200
    warned, news = fired(back, T + 201)
    assert kinds(tuple(news)) == [(EventType.SLA_WARNED, "first_response")]
    twice = sla.on_category(sla.on_category(warned, Category.WAITING, T + 202).clocks, Category.OPEN, T + 203).clocks
    assert clock(twice, Metric.FIRST_RESPONSE).warn_at is None


def test_pausing_too_late_is_a_breach_and_does_not_hide_it() -> None:
    step = sla.on_category(written(POLICY), Category.SNOOZED, T + 150)
    assert kinds(step.news) == [(EventType.SLA_BREACHED, "first_response")]
    late = clock(step.clocks, Metric.FIRST_RESPONSE)
    assert (late.breached_at, late.warn_at) == (T + 100, None)
    assert sla.sort_due(step.clocks) == T + 100


# --- resolving


def test_resolving_keeps_the_resolution_promise_and_reopening_owes_it_again() -> None:
    step = sla.on_category(written(POLICY), Category.RESOLVED, T + 60)
    assert kinds(step.news) == [(EventType.SLA_MET, "resolution")]
    assert clock(step.clocks, Metric.FIRST_RESPONSE).state is ClockState.PAUSED
    back = sla.on_category(step.clocks, Category.OPEN, T + 500).clocks
    resolution = clock(back, Metric.RESOLUTION)
    assert (resolution.state, resolution.met_at, resolution.due_at, resolution.epoch) == (ClockState.RUNNING, None, T + 1440, 2)


def test_a_late_resolution_stays_late_and_is_owed_again_after_reopening() -> None:
    step = sla.on_category(written(POLICY), Category.RESOLVED, T + 1001)
    assert (EventType.SLA_BREACHED, "resolution") in kinds(step.news)
    late = clock(step.clocks, Metric.RESOLUTION)
    assert (late.state, late.met_at, late.used) == (ClockState.BREACHED, T + 1001, 1001)
    assert sla.sort_due((late,)) == FAR_FUTURE
    back = clock(sla.on_category(step.clocks, Category.WAITING, T + 2000).clocks, Metric.RESOLUTION)
    assert (back.state, back.met_at) == (ClockState.BREACHED, None)
    assert sla.sort_due((back,)) == T + 1000


@pytest.mark.parametrize(("at", "state", "news"), [(50, ClockState.IDLE, 0), (51, ClockState.BREACHED, 1)])
def test_resolving_ends_the_wait_for_a_next_response(at: int, state: ClockState, news: int) -> None:
    """A customer's "thanks" needs no answer; one that was overdue before stays a breach, but is owed no longer."""
    clocks = written(policy(next_response=50))
    step = sla.on_category(clocks, Category.RESOLVED, T + at)
    closed = clock(step.clocks, Metric.NEXT_RESPONSE)
    assert closed.state is state
    assert len(step.news) == news
    assert sla.sort_due(step.clocks) == FAR_FUTURE
    again = sla.on_category(sla.on_customer_message(step.clocks, T + 900), Category.OPEN, T + 900).clocks
    assert clock(again, Metric.NEXT_RESPONSE).due_at == T + 950


# --- alarms


def test_a_warning_and_a_breach_carry_their_proof() -> None:
    clocks, news = fired(written(POLICY), T + 104)
    assert [(n.type, n.reason.code, n.reason.ids) for n in news] == [
        (EventType.SLA_WARNED, "sla_warned", ("first_response", "gold")),
        (EventType.SLA_BREACHED, "sla_breached", ("first_response", "gold")),
    ]
    known = {"policy_version": 7, "epoch": 1, "target": 100}
    assert news[0].reason.numbers == known | {"used": 80, "due_at": T + 100, "late_by": 24}
    assert news[1].reason.numbers == known | {"used": 100, "due_at": T + 100, "paused_for": 0, "late_by": 4}
    first = clock(clocks, Metric.FIRST_RESPONSE)
    assert (first.state, first.warned_at, first.breached_at, first.warn_at) == (ClockState.BREACHED, T + 80, T + 100, None)


def test_the_proof_says_how_long_it_was_paused_and_used_includes_the_time_before() -> None:
    paused = sla.on_category(written(POLICY), Category.WAITING, T + 30).clocks
    back = sla.on_category(paused, Category.OPEN, T + 1030).clocks
    numbers = [n.reason.numbers for n in fired(back, T + 1101)[1]]
    assert (numbers[0]["used"], numbers[1]["paused_for"]) == (80, 1000)


def test_an_alarm_before_its_time_says_when_to_come_back() -> None:
    first = clock(written(POLICY), Metric.FIRST_RESPONSE)
    assert sla.fire(first, "warn", 1, T + 79) == Stale(T + 80)
    assert sla.fire(first, "breach", 1, T + 99) == Stale(T + 100)
    assert isinstance(sla.fire(first, "warn", 1, T + 80), Fired)
    assert isinstance(sla.fire(first, "breach", 1, T + 100), Fired)


def test_alarms_of_another_epoch_or_of_a_stopped_clock_are_void() -> None:
    first = clock(written(POLICY), Metric.FIRST_RESPONSE)
    assert sla.fire(first, "breach", 2, T + 100) == Stale()
    met = clock(sla.on_reply((first,), T + 1).clocks, Metric.FIRST_RESPONSE)
    assert sla.fire(met, "breach", 1, T + 100) == Stale()
    warned = sla.fire(first, "warn", 1, T + 80)
    assert isinstance(warned, Fired)
    assert sla.fire(warned.clock, "warn", 1, T + 81) == Stale()


@pytest.mark.parametrize(("shares", "after"), [((), None), ((1,), 1), ((50,), 51), ((99,), 100)])
def test_the_share_at_which_it_warns(shares: tuple[int, ...], after: int | None) -> None:
    """In whole milliseconds, rounded down: 99% of 102 ms are 100."""
    first = clock(written(policy(first_response=102, shares=shares)), Metric.FIRST_RESPONSE)
    assert (first.warn_at, first.warn_after) == ((None, None) if after is None else (T + after, after))
    assert not isinstance(first.warn_at, float)


def test_a_warning_at_once_is_a_warning() -> None:
    assert clock(written(policy(first_response=1)), Metric.FIRST_RESPONSE).warn_at == T


def test_a_clock_that_jumps_back_gives_no_time_away() -> None:
    paused = clock(sla.on_category(written(POLICY), Category.WAITING, T - 50).clocks, Metric.FIRST_RESPONSE)
    assert paused.used == 0


# --- against the stopwatch

steps = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([c for c in Category if c is not Category.RESOLVED]), st.booleans()), max_size=12
)


@given(steps, st.integers(0, 60), st.booleans())
def test_used_time_and_deadline_are_what_a_stopwatch_says(script: list[tuple[int, Category, bool]], target: int, timers: bool) -> None:
    """Whether the timers fire in time or never, the breach is dated to the first millisecond too many."""
    clocks = written(policy(resolution=target))
    ticks: list[int] = []
    now, running, breaches = T, True, 0
    for wait, category, held in script:
        ticks += range(now, now + wait) if running else ()
        now += wait
        if timers:
            clocks, news = fired(clocks, now - 1)
            breaches += sum(n.type is EventType.SLA_BREACHED for n in news)
        step = sla.on_category(clocks, category, now, held=held)
        clocks, running = step.clocks, category is Category.OPEN and not held
        breaches += len(step.news)
        [c] = clocks
        assert sla.on_category(clocks, category, now, held=held) == sla.Step(clocks)
        if c.state is ClockState.BREACHED:
            assert c.breached_at == ticks[target]
            assert breaches == 1
        else:
            assert len(ticks) <= target or running
            assert c.used + (now - c.since if running else 0) == len(ticks)
            assert (c.due_at == now + target - len(ticks)) == running
            assert (c.state is ClockState.RUNNING) == running


@given(steps)
def test_every_alarm_belongs_to_one_epoch(script: list[tuple[int, Category, bool]]) -> None:
    clocks = written(POLICY)
    seen = [clocks]
    now = T
    for wait, category, held in script:
        now += wait
        clocks = sla.on_category(clocks, category, now, held=held).clocks
        seen.append(clocks)
    for before, after in pairwise(seen):
        for old, new in zip(before, after, strict=True):
            assert new.epoch in (old.epoch, old.epoch + 1)
            if old.state is new.state is ClockState.RUNNING:
                assert (old.epoch, old.due_at) == (new.epoch, new.due_at)
    for timer in {t for clocks in seen[:-1] for t in sla.due_timers(clocks)} - set(sla.due_timers(clocks)):
        assert isinstance(sla.fire(clock(clocks, Metric(timer.metric)), timer.kind, timer.epoch, now + 10_000), Stale)
