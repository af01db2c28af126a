"""Which policy holds, and what becomes of running promises when another one does."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import lifecycle, policies, sla
from inbox.core.business_hours import Calendar, Interval
from inbox.core.conditions import Condition, Facts
from inbox.core.conversation import Category, ClockState, Conversation, Priority, SlaClock
from inbox.core.errors import Invalid
from inbox.core.message import Kind
from inbox.core.policies import Action, ByPriority, Policy, Targets
from tests.core.strategies import HOUR, NOW, begun, message

MAIL = Condition(field="channel_kind", op="is", value="email")
NIGHT = Calendar("night", "Never by day", "UTC", ((),) * 7, version=4)
DAYS = Calendar("days", "Always", "UTC", ((Interval(0, 1440),),) * 7, version=2)
GOLD = Policy("gold", 3, targets=Targets(HOUR, HOUR, 9 * HOUR), by_priority=ByPriority(urgent=Targets(first_response=HOUR // 4)))


def clocks(c: Conversation) -> dict[str, SlaClock]:
    return {clock.metric: clock for clock in c.sla}


def under(policy: Policy | None) -> Conversation:
    """A conversation that a customer has just begun, under this policy."""
    return policies.adopt(replace(begun(), sla=()), policy, NOW, {})


# --- choosing


def test_the_first_policy_that_holds_is_chosen_and_the_default_when_none_does() -> None:
    mail, everybody, off = Policy("mail", conditions=MAIL), Policy("all"), Policy("off", enabled=False)
    assert policies.choose((off, mail, everybody), Facts(channel_kind="email"), None) is mail
    assert policies.choose((off, mail, everybody), Facts(channel_kind="sms"), None) is everybody
    assert policies.choose((off, mail), Facts(channel_kind="sms"), GOLD) is GOLD
    assert policies.choose((), Facts(), None) is None


def test_only_policies_that_ask_about_the_customer_need_him() -> None:
    vip = Policy("vip", conditions=Condition(all=(Condition(field="attribute", op="present", name="plan"),)))
    assert policies.asks_about_customers((Policy("mail", conditions=MAIL), vip))
    assert not policies.asks_about_customers((Policy("mail", conditions=MAIL),))


def test_a_priority_has_targets_of_its_own_as_a_whole() -> None:
    assert [(p.metric, p.target) for p in policies.promises(GOLD, Priority.URGENT, {})] == [("first_response", HOUR // 4)]
    assert len(policies.promises(GOLD, Priority.HIGH, {})) == 3
    assert policies.promises(None, Priority.HIGH, {}) == ()


def test_a_promise_knows_its_calendar_thresholds_and_where_it_goes_on() -> None:
    policy = replace(GOLD, calendar="days", warn_shares=(90, 50, 50), pauses=(Category.SNOOZED,))
    first = policies.promises(policy, Priority.NORMAL, {"days": DAYS})[0]
    assert (first.calendar, first.calendar_version, first.warns, first.runs_in) == ("days", 2, (HOUR // 2, HOUR * 9 // 10), ("waiting",))
    gone = policies.promises(policy, Priority.NORMAL, {})[0]
    assert (gone.calendar, gone.calendar_version) == ("", 0)


# --- another policy


def test_the_same_policy_changes_nothing() -> None:
    c = under(GOLD)
    assert policies.adopt(c, GOLD, NOW + 5, {}) is c


def test_a_new_conversation_owes_what_its_policy_promises() -> None:
    owed = clocks(under(GOLD))
    assert {m: (x.state, x.due_at) for m, x in owed.items()} == {
        "first_response": (ClockState.RUNNING, NOW + HOUR),
        "next_response": (ClockState.IDLE, None),
        "resolution": (ClockState.RUNNING, NOW + 9 * HOUR),
    }


def test_a_shorter_target_counts_what_was_used_and_is_due_now_at_the_earliest() -> None:
    c = policies.adopt(under(GOLD), Policy("fast", targets=Targets(first_response=HOUR // 2)), NOW + HOUR // 4, {})
    assert [(x.metric, x.due_at, x.used, x.policy) for x in c.sla] == [("first_response", NOW + HOUR // 2, HOUR // 4, "fast")]
    late = policies.adopt(under(GOLD), Policy("fast", targets=Targets(first_response=HOUR // 2)), NOW + HOUR * 3 // 4, {})
    assert late.sla[0].due_at == NOW + HOUR * 3 // 4
    assert late.sort_due == NOW + HOUR * 3 // 4
    broken = lifecycle.sla_fired(late, "first_response", "breach", late.sla[0].epoch, NOW + HOUR * 3 // 4)
    assert broken.reason is not None
    numbers = broken.reason.numbers
    assert (numbers["paused_for"], numbers["used"], numbers["over"]) == (0, HOUR * 3 // 4, HOUR // 4), "nothing stood still"
    calm = policies.adopt(late, GOLD, NOW + HOUR * 4 // 5, {})
    assert (clocks(calm)["first_response"].due_at, clocks(calm)["first_response"].over) == (NOW + HOUR, 0)


def test_what_was_kept_or_broken_stays_with_its_policy() -> None:
    answered = lifecycle.reply_queued(under(GOLD), message(Kind.REPLY, id="r"), NOW + 1).conversation
    broken = lifecycle.sla_fired(answered, "resolution", "breach", clocks(answered)["resolution"].epoch, NOW + 99 * HOUR)
    after = policies.adopt(answered, Policy("other", targets=Targets(first_response=1000)), NOW + 2, {})
    assert clocks(after)["first_response"].policy == "gold"
    assert broken.types == () or clocks(broken.conversation)["resolution"].state is ClockState.BREACHED
    assert policies.adopt(after, None, NOW + 3, {}).sla == (clocks(after)["first_response"],)


def test_a_promise_that_is_new_begins_now_if_the_customer_waits_for_it() -> None:
    later = NOW + 5 * HOUR
    c = policies.adopt(under(Policy("p", targets=Targets(first_response=HOUR))), GOLD, later, {})
    assert clocks(c)["resolution"].due_at == later + 9 * HOUR
    assert clocks(c)["next_response"].state is ClockState.IDLE
    answered = lifecycle.reply_queued(under(None), message(Kind.REPLY, id="r"), NOW + 1).conversation
    owed = clocks(policies.adopt(answered, GOLD, later, {}))
    assert {m: x.state for m, x in owed.items()} == {
        "first_response": ClockState.MET,
        "next_response": ClockState.IDLE,
        "resolution": ClockState.PAUSED,
    }
    again = lifecycle.customer_wrote(answered, message(id="m2", at=NOW + 2), NOW + 2).conversation
    assert clocks(policies.adopt(again, GOLD, later, {}))["next_response"].due_at == later + HOUR


@pytest.mark.parametrize("category", [Category.RESOLVED, Category.SPAM])
def test_nothing_new_is_owed_where_nobody_waits(category: Category) -> None:
    c = policies.adopt(lifecycle.set_category(under(None), category, NOW + 1).conversation, GOLD, NOW + 2, {})
    assert {x.state for x in c.sla} == {ClockState.IDLE}


def test_another_version_of_the_calendar_counts_anew_and_an_older_one_is_left_alone() -> None:
    calm = replace(GOLD, calendar="days")
    c = policies.adopt(under(None), calm, NOW, {"days": DAYS})
    closed = replace(DAYS, version=3, week=NIGHT.week)
    recounted = clocks(policies.adopt(c, calm, NOW + HOUR // 2, {"days": closed}))["first_response"]
    assert (recounted.used, recounted.due_at, recounted.calendar_version) == (0, None, 3)
    newer = policies.adopt(c, calm, NOW + HOUR // 2, {"days": closed})
    assert policies.adopt(newer, calm, NOW + HOUR // 2, {"days": DAYS}) is newer


def test_pauses_stay_uncounted_when_time_is_counted_anew() -> None:
    c = lifecycle.set_category(under(GOLD), Category.SNOOZED, NOW + HOUR // 4, NOW + 9 * HOUR).conversation
    c = lifecycle.set_category(c, Category.OPEN, NOW + 3 * HOUR).conversation
    first = clocks(policies.adopt(c, replace(GOLD, version=4, calendar="days"), NOW + 3 * HOUR, {"days": DAYS}))["first_response"]
    assert (first.used, first.due_at) == (HOUR // 4, NOW + 3 * HOUR + HOUR * 3 // 4)


# --- what is refused


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"targets": Targets(), "by_priority": ByPriority()}, "targets"),
        ({"pauses": (Category.RESOLVED,)}, "pauses"),
        ({"conditions": Condition(field="time", op="inside", value="days")}, "conditions"),
        ({"conditions": Condition(field="moon", op="is", value="full")}, "conditions.field"),
        ({"on_breach": (Action("tag", ""),)}, "tags"),
        ({"on_breach": (Action("team"),)}, "on_breach.0.value"),
        ({"on_warning": (Action("priority", "asap"),)}, "on_warning.0.value"),
        ({"on_warning": (Action("tag", "late"), Action("unassign", "ann"))}, "on_warning.1.value"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_the_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        policies.check(replace(GOLD, **wrong))
    assert refused.value.field == field


def test_an_ordinary_policy_is_accepted() -> None:
    actions = (Action("tag", "late"), Action("priority", "high"), Action("unassign"), Action("team", "t1"))
    policies.check(replace(GOLD, on_breach=actions, conditions=MAIL))


def test_no_policy_starts_no_clocks() -> None:
    assert policies.start(None, Priority.NORMAL) == ()
    assert sla.due_timers(policies.start(GOLD, Priority.NORMAL)) == ()
