"""Service-level clocks in business time, over pauses, with several warnings, and after an answer that did not arrive."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from inbox.core import policies, sla
from inbox.core.business_hours import Calendar, Interval
from inbox.core.conversation import Category, ClockState, Pause, Priority
from inbox.core.events import EventType
from inbox.core.ids import MessageId
from inbox.core.policies import Policy, Targets
from inbox.core.sla import Fired, Metric
from tests.core.test_sla import POLICY, T, clock, fired, kinds, policy, written

# --- business time: who loads brings the clocks to now, who stores dates them

OFFICE = Calendar("office", "Office", "UTC", ((Interval(9 * 60, 17 * 60),),) * 5 + ((), ()), version=5)
OPEN = {"office": OFFICE}
H = 3_600_000
FRIDAY = int(datetime(2026, 7, 10, tzinfo=UTC).timestamp() * 1000)
MONDAY = FRIDAY + 3 * 24 * H
BUSY = Policy("busy", 2, targets=Targets(first_response=2 * H, resolution=8 * H), calendar="office", warn_shares=(50, 75))


def stored(clocks: sla.Clocks, before: sla.Clocks = ()) -> sla.Clocks:
    return sla.dated(clocks, before, OPEN)


def begun_at(now: int) -> sla.Clocks:
    idle = sla.start(policies.promises(BUSY, Priority.NORMAL, OPEN))
    return stored(sla.on_category(sla.on_customer_message(idle, now), Category.OPEN, now).clocks)


def changed(clocks: sla.Clocks, category: Category, now: int) -> sla.Clocks:
    loaded = sla.brought_to(clocks, now, OPEN)
    return stored(sla.on_category(loaded, category, now).clocks, loaded)


def test_a_deadline_in_business_time_lies_behind_the_weekend() -> None:
    first = clock(begun_at(FRIDAY + 16 * H), Metric.FIRST_RESPONSE)
    assert (first.due_at, first.warn_at, first.calendar_version) == (MONDAY + 10 * H, FRIDAY + 17 * H, 5)


def test_what_is_loaded_has_used_only_open_time_and_can_be_loaded_twice() -> None:
    clocks = begun_at(FRIDAY + 16 * H)
    once = sla.brought_to(clocks, MONDAY + 9 * H + H // 2, OPEN)
    assert clock(once, Metric.FIRST_RESPONSE).used == H + H // 2
    assert sla.brought_to(once, MONDAY + 9 * H + H // 2, OPEN) == once
    plain = written(POLICY)
    assert sla.brought_to(plain, T + 50, OPEN) is plain


def test_a_pause_over_the_weekend_costs_nothing_and_the_proof_tells_closed_from_paused() -> None:
    clocks = changed(begun_at(FRIDAY + 16 * H), Category.WAITING, FRIDAY + 16 * H + H // 2)
    clocks = changed(clocks, Category.OPEN, MONDAY + 12 * H)
    first = clock(clocks, Metric.FIRST_RESPONSE)
    assert (first.used, first.due_at) == (H // 2, MONDAY + 13 * H + H // 2)
    assert first.pauses == (Pause("waiting", FRIDAY + 16 * H + H // 2, MONDAY + 12 * H),)
    loaded = clock(sla.brought_to(clocks, MONDAY + 14 * H, OPEN), Metric.FIRST_RESPONSE)
    broken = sla.fire(loaded, "breach", loaded.epoch, MONDAY + 14 * H)
    assert isinstance(broken, Fired)
    numbers = broken.news.reason.numbers
    assert broken.news.reason.ids == ("first_response", "busy", "office")
    paused = MONDAY + 12 * H - (FRIDAY + 16 * H + H // 2)
    assert (numbers["used"], numbers["paused_for"], numbers["closed_for"], numbers["late_by"]) == (2 * H, paused, 0, H // 2)
    assert (numbers["policy_version"], numbers["calendar_version"]) == (2, 5)
    answered = clock(sla.on_reply(sla.brought_to((broken.clock,), MONDAY + 16 * H, OPEN), MONDAY + 16 * H).clocks, Metric.FIRST_RESPONSE)
    assert answered.used == 4 * H + H // 2


def test_closed_time_is_told_in_the_proof() -> None:
    loaded = clock(sla.brought_to(begun_at(FRIDAY + 16 * H), MONDAY + 10 * H, OPEN), Metric.FIRST_RESPONSE)
    broken = sla.fire(loaded, "breach", loaded.epoch, MONDAY + 10 * H)
    assert isinstance(broken, Fired)
    assert (broken.news.reason.numbers["closed_for"], broken.news.reason.numbers["paused_for"]) == (64 * H, 0)


def test_several_warnings_come_one_after_the_other() -> None:
    clocks = written(policy(first_response=100, shares=(50, 80)))
    warned, news = fired(clocks, T + 79)
    assert [n.reason.numbers["used"] for n in news] == [50]
    assert clock(warned, Metric.FIRST_RESPONSE).warn_at == T + 80
    _, rest = fired(warned, T + 100)
    assert kinds(tuple(rest)) == [(EventType.SLA_WARNED, "first_response"), (EventType.SLA_BREACHED, "first_response")]


def test_several_warnings_in_business_time() -> None:
    clocks = sla.brought_to(begun_at(FRIDAY + 16 * H), FRIDAY + 17 * H, OPEN)
    first = clock(clocks, Metric.FIRST_RESPONSE)
    warned = sla.fire(first, "warn", first.epoch, FRIDAY + 17 * H)
    assert isinstance(warned, Fired)
    after = stored((warned.clock,), clocks)[0]
    assert (after.warn_at, after.due_at, after.epoch) == (MONDAY + 9 * H + H // 2, MONDAY + 10 * H, first.epoch + 1)


def test_a_warning_that_comes_after_the_deadline_does_not_move_it() -> None:
    clocks = sla.brought_to(begun_at(FRIDAY + 16 * H), MONDAY + 12 * H, OPEN)
    first = clock(clocks, Metric.FIRST_RESPONSE)
    warned = sla.fire(first, "warn", first.epoch, MONDAY + 12 * H)
    assert isinstance(warned, Fired)
    after = stored((warned.clock,), clocks)[0]
    broken = sla.fire(after, "breach", after.epoch, MONDAY + 12 * H)
    assert isinstance(broken, Fired)
    assert (broken.clock.breached_at, broken.news.reason.numbers["late_by"]) == (MONDAY + 10 * H, 2 * H)


def test_a_clock_can_go_on_while_the_customer_is_waited_for() -> None:
    keen = Policy("keen", targets=Targets(resolution=100), pauses=(Category.SNOOZED,))
    waiting = sla.on_category(written(keen), Category.WAITING, T + 10).clocks
    assert clock(waiting, Metric.RESOLUTION).state is ClockState.RUNNING
    snoozed = sla.on_category(waiting, Category.SNOOZED, T + 20).clocks
    assert clock(snoozed, Metric.RESOLUTION).used == 20
    held = sla.on_category(waiting, Category.WAITING, T + 20, held=True).clocks
    assert clock(held, Metric.RESOLUTION).pauses == (Pause("bot", T + 20),)


# --- an answer that does not arrive


def test_an_answer_that_failed_leaves_the_promise_as_if_nobody_had_answered() -> None:
    answered = sla.on_reply(written(POLICY), T + 40, MessageId("r1")).clocks
    assert sla.on_reply_lost(answered, MessageId("r2")) == answered
    first = clock(sla.on_reply_lost(answered, MessageId("r1")), Metric.FIRST_RESPONSE)
    assert (first.state, first.due_at, first.met_at, first.met_by, first.epoch) == (ClockState.RUNNING, T + 100, None, None, 2)
    late, news = fired((first,), T + 150)
    assert late[0].breached_at == T + 100
    assert news[-1].reason.numbers["late_by"] == 50


def test_a_late_answer_that_failed_is_owed_again_and_broken_once() -> None:
    late = sla.on_reply(written(POLICY), T + 150, MessageId("r1")).clocks
    first = clock(sla.on_reply_lost(late, MessageId("r1")), Metric.FIRST_RESPONSE)
    assert (first.state, first.breached_at, first.met_at) == (ClockState.BREACHED, T + 100, None)
    assert sla.sort_due((first,)) == T + 100


def test_an_answer_given_while_the_clock_stood_still_leaves_it_standing() -> None:
    paused = sla.on_category(written(POLICY), Category.SNOOZED, T + 30).clocks
    answered = sla.on_reply(paused, T + 40, MessageId("r1")).clocks
    owed = sla.on_category(sla.on_reply_lost(answered, MessageId("r1")), Category.OPEN, T + 60).clocks
    first = clock(owed, Metric.FIRST_RESPONSE)
    assert (first.state, first.used, first.due_at) == (ClockState.RUNNING, 30, T + 130)
    assert first.pauses == (Pause("snoozed", T + 30, T + 40), Pause("waiting", T + 40, T + 60))


def test_whoever_wrote_first_owes_nothing_when_that_fails() -> None:
    begun = sla.on_reply(policies.start(POLICY, Priority.NORMAL), T, MessageId("r1")).clocks
    assert sla.on_reply_lost(begun, MessageId("r1")) == begun


# --- the ledger of pauses


def test_a_full_ledger_begins_anew_and_nothing_that_was_used_is_lost() -> None:
    clocks = written(Policy("p", targets=Targets(resolution=10_000)))
    now = T
    for _ in range(sla.MAX_PAUSES + 5):
        clocks = sla.on_category(clocks, Category.WAITING, now + 3).clocks
        clocks = sla.on_category(clocks, Category.OPEN, now + 10).clocks
        now += 10
    [c] = clocks
    assert len(c.pauses) == 5
    assert c.used == 3 * (sla.MAX_PAUSES + 5)
    assert sla.recounted(c, now, {}).used == c.used
    assert sla.recounted(c, now, {}).due_at == c.due_at


def test_a_clock_from_before_the_ledger_keeps_what_it_has_used() -> None:
    [old] = written(Policy("p", targets=Targets(resolution=1000)))
    again = sla.recounted(replace(old, base_at=0, used=100), T + 50, {})
    assert (again.used, again.due_at) == (150, T + 900)
    paused = replace(old, base_at=0, used=100, state=ClockState.PAUSED, due_at=None)
    assert (sla.recounted(paused, T + 50, {}).used, sla.recounted(paused, T + 50, {}).due_at) == (100, None)
    idle = policies.start(POLICY, Priority.NORMAL)[0]
    assert sla.recounted(idle, T, {}) is idle


def test_a_reopened_resolution_has_its_time_as_resolved_in_the_ledger() -> None:
    closed = sla.on_category(written(Policy("p", targets=Targets(resolution=1000))), Category.RESOLVED, T + 60).clocks
    [c] = sla.on_category(closed, Category.OPEN, T + 500).clocks
    assert c.pauses == (Pause("resolved", T + 60, T + 500),)
    assert sla.recounted(c, T + 510, {}).used == 70
