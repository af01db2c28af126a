"""The life of a conversation: the table, asking for a category, and what holds after any walk through it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from inbox.core import lifecycle, sla
from inbox.core.conversation import Category, ClockState, Conversation
from inbox.core.errors import Invalid
from inbox.core.events import EventType
from inbox.core.ids import TeamId
from inbox.core.lifecycle import Changed
from inbox.core.message import Author, DeliveryState, Kind, Reason
from inbox.core.policies import Policy
from inbox.core.transitions import ASKED, TRANSITIONS, Trigger
from tests.core import strategies as some
from tests.core.strategies import ANN, BEA, BOT, BY_BOT, HOUR, NOW, as_category, begun, message, seed

ROOT = Path(__file__).resolve().parents[2]

# --- the table


def test_every_category_is_reached_and_none_is_a_trap() -> None:
    reached = {Category.OPEN}
    while more := {to for source in reached for to in TRANSITIONS[source].values()} - reached:
        reached |= more
    assert reached == set(Category)
    for category in Category:
        assert Category.OPEN in TRANSITIONS[category].values()


def test_asking_for_a_category_leads_there() -> None:
    assert set(ASKED) == set(Category)
    for row in TRANSITIONS.values():
        for category, trigger in ASKED.items():
            assert row.get(trigger, category) is category


def test_a_customer_always_gets_through_except_as_spam() -> None:
    targets = {category: row[Trigger.CUSTOMER_WROTE] for category, row in TRANSITIONS.items()}
    assert targets.pop(Category.SPAM) is Category.SPAM
    assert set(targets.values()) == {Category.OPEN}


def test_the_picture_is_up_to_date() -> None:
    check = subprocess.run([sys.executable, ROOT / "scripts" / "draw_lifecycle.py", "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr


# --- asking for a category


def test_snooze_needs_an_end_in_the_future() -> None:
    for until in (None, NOW, NOW - 1):
        with pytest.raises(Invalid, match="until"):
            lifecycle.set_category(begun(), Category.SNOOZED, NOW, until)
    changed = lifecycle.set_category(begun(), Category.SNOOZED, NOW, NOW + 1)
    assert changed.reason == Reason("snooze", numbers={"until": NOW + 1})
    c = changed.conversation
    assert (c.snoozed_until, c.snooze_epoch, c.queued_at, c.waiting_since) == (NOW + 1, 1, None, NOW)


def test_only_snooze_has_an_end() -> None:
    with pytest.raises(Invalid, match="until"):
        lifecycle.set_category(begun(), Category.WAITING, NOW, NOW + 1)


def test_snoozing_again_sets_another_end_and_voids_the_first_timer() -> None:
    once = lifecycle.set_category(begun(), Category.SNOOZED, NOW, NOW + 10).conversation
    twice = lifecycle.set_category(once, Category.SNOOZED, NOW + 1, NOW + 20)
    assert twice.types == (EventType.STATUS_CHANGED,)
    c = twice.conversation
    assert lifecycle.snooze_over(c, 1, NOW + 30) == Changed(c)
    assert lifecycle.snooze_over(c, 2, NOW + 19) == Changed(c)
    over = lifecycle.snooze_over(c, 2, NOW + 20)
    assert (over.types, over.reason) == ((EventType.STATUS_CHANGED, EventType.QUEUED), Reason("snooze_over"))
    assert (over.conversation.category, over.conversation.updated_at) == (Category.OPEN, NOW + 20)


def test_a_snooze_that_ended_otherwise_cannot_end_again() -> None:
    woken = lifecycle.set_category(as_category(Category.SNOOZED), Category.OPEN, NOW + 2).conversation
    assert lifecycle.snooze_over(woken, 1, NOW + 2 * HOUR) == Changed(woken)


def test_resolving_ends_the_wait_and_leaves_the_queue() -> None:
    changed = lifecycle.set_category(begun(), Category.RESOLVED, NOW + 5)
    c = changed.conversation
    assert changed.types == (EventType.STATUS_CHANGED, EventType.SLA_MET)
    assert (c.resolved_at, c.queued_at, c.waiting_since, c.updated_at) == (NOW + 5, None, None, NOW + 5)
    assert lifecycle.set_category(c, Category.OPEN, NOW + 6).conversation.resolved_at is None


def test_asking_for_what_is_so_changes_nothing() -> None:
    for category in (Category.OPEN, Category.WAITING, Category.RESOLVED, Category.SPAM):
        c = as_category(category)
        assert lifecycle.set_category(c, category, NOW + 50) == Changed(c)


def test_a_custom_status_stays_until_the_category_changes() -> None:
    named = lifecycle.set_category(begun(), Category.OPEN, NOW, status="escalated")
    assert (named.types, named.conversation.status) == ((EventType.STATUS_CHANGED,), "escalated")
    wrote = lifecycle.customer_wrote(named.conversation, message(id="m2"), NOW).conversation
    assert wrote.status == "escalated"
    assert lifecycle.set_category(wrote, Category.WAITING, NOW).conversation.status == "waiting"


@pytest.mark.parametrize("category", [Category.WAITING, Category.SNOOZED, Category.RESOLVED])
def test_spam_has_one_way_out(category: Category) -> None:
    until = NOW + 9 if category is Category.SNOOZED else None
    with pytest.raises(Invalid, match="spam"):
        lifecycle.set_category(as_category(Category.SPAM), category, NOW, until)
    assert lifecycle.set_category(as_category(Category.SPAM), Category.OPEN, NOW).conversation.category is Category.OPEN


# --- any walk

authors = st.sampled_from([Author("agent", "ann"), BY_BOT, Author("system")])
Step = Callable[[Conversation, int], Changed]
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda a, s: lambda c, now: lifecycle.customer_wrote(c, message(at=now, automatic=a, sender=s), now),
        st.sampled_from(["", "", "bounce"]),
        some.maybe(some.addresses),
    ),
    st.builds(
        lambda by, text: lambda c, now: lifecycle.reply_queued(c, message(Kind.REPLY, at=now, author=by, text=text), now),
        authors,
        some.texts,
    ),
    st.just(lambda c, now: lifecycle.note_written(c, message(Kind.NOTE, at=now), now)),
    st.builds(
        lambda to: lambda c, now: lifecycle.set_category(c, to, now, now + 5 if to is Category.SNOOZED else None),
        st.sampled_from(Category),
    ),
    st.builds(
        lambda agent, team: lambda c, now: lifecycle.assign(c, agent, team, None, now),
        st.sampled_from([UNSET, None, ANN, BEA]),
        st.sampled_from([UNSET, None, TeamId("red")]),
    ),
    st.just(lifecycle.queue),
    st.just(lambda c, now: lifecycle.bot_enters(c, BOT, now)),
    st.just(lifecycle.bot_leaves),
    st.just(lambda c, now: lifecycle.snooze_over(c, c.snooze_epoch, now)),
    st.builds(
        lambda state: lambda c, now: lifecycle.delivery_changed(c, message(Kind.REPLY, state=state), now), st.sampled_from(DeliveryState)
    ),
    st.builds(
        lambda at: (
            lambda c, now: (
                lifecycle.sla_fired(c, (t := sla.due_timers(c.sla)[at]).metric, t.kind, t.epoch, now)
                if len(sla.due_timers(c.sla)) > at
                else Changed(c)
            )
        ),
        st.integers(0, 3),
    ),
)


def check(before: Conversation, changed: Changed, now: int) -> None:
    c = changed.conversation
    if not changed.happened:
        assert c == before
    assert c.version == before.version
    assert (c.queued_at is not None) == (c.category is Category.OPEN and c.assignee is None and c.bot is None)
    assert (c.snoozed_until is not None) == (c.category is Category.SNOOZED)
    assert (c.resolved_at is not None) == (c.category is Category.RESOLVED)
    assert c.waiting_since is None or c.category in (Category.OPEN, Category.SNOOZED)
    assert c.sort_due == sla.sort_due(c.sla)
    assert c.updated_at >= before.updated_at
    agents_turn = c.category is Category.OPEN and c.bot is None
    assert all((clock.state is ClockState.RUNNING) <= agents_turn for clock in c.sla)
    assert all((clock.state is ClockState.PAUSED) <= (not agents_turn) for clock in c.sla)
    assert (EventType.STATUS_CHANGED in changed.types) == (
        (c.category, c.status, c.snooze_epoch) != (before.category, before.status, before.snooze_epoch)
    )
    assert c.category is before.category or c.category in TRANSITIONS[before.category].values()
    breaches = sum(clock.breached_at is not None for clock in c.sla)
    assert breaches <= sum(clock.breached_at is not None for clock in before.sla) + changed.types.count(EventType.SLA_BREACHED)


@given(some.policies, st.lists(st.tuples(steps, st.integers(0, 30)), max_size=15))
def test_any_walk_keeps_what_always_holds(policy: Policy, walk: list[tuple[Step, int]]) -> None:
    now = NOW
    c = lifecycle.started(seed(), message(), now, policy).conversation
    for step, wait in walk:
        now += wait
        try:
            changed = step(c, now)
        except Invalid:
            continue
        check(c, changed, now)
        c = changed.conversation
