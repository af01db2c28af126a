"""Service-level policies that admins write: for which conversations they hold, what they promise, how a running promise changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from inbox.core import conditions, sla
from inbox.core.business_hours import Calendars
from inbox.core.conditions import ALWAYS, Condition, Facts, Field
from inbox.core.conversation import Category, ClockState, Conversation, Priority, SlaClock
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.core.sla import Clocks, Metric, Promise
from inbox.core.triage import tags

MINUTE_MS = 60_000
LONGEST_MS = 366 * 24 * 60 * MINUTE_MS
PAUSABLE = frozenset({Category.WAITING, Category.SNOOZED})

Target = Annotated[int, Meta(ge=1000, le=LONGEST_MS)]
Share = Annotated[int, Meta(ge=1, le=99)]


class Targets(Struct, frozen=True, forbid_unknown_fields=True):
    """What is promised, in milliseconds; None: nothing."""

    first_response: Target | None = None
    next_response: Target | None = None
    resolution: Target | None = None


class ByPriority(Struct, frozen=True, forbid_unknown_fields=True):
    """Targets of one priority, which outrank the policy's as a whole; None: it has none of its own."""

    low: Targets | None = None
    normal: Targets | None = None
    high: Targets | None = None
    urgent: Targets | None = None


class Action(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done with the conversation: give it a tag, raise it to a priority, take it from its agent, give it to a team,
    let it go on in another queue if it waits, give a notice to everybody of a role or to one person, call a webhook."""

    kind: Literal["tag", "priority", "unassign", "team", "queue", "notify", "webhook"]
    value: Annotated[str, Meta(max_length=100, pattern=r"^[^\u0000-\u001f\u007f]*(?![\s\S])")] = ""


class Policy(Struct, frozen=True):
    """One policy. The first one by ``order`` and name whose ``conditions`` hold is the conversation's.

    ``by_priority`` outranks ``targets`` as a whole. With a ``calendar`` they are open milliseconds, else elapsed ones.
    ``warn_shares`` are percentages of the target; ``pauses`` the categories, of waiting and snoozed, in which clocks stand still.
    """

    id: str
    version: int = 1
    name: str = ""
    order: int = 0
    enabled: bool = True
    conditions: Condition = ALWAYS
    targets: Targets = Targets()
    by_priority: ByPriority = ByPriority()
    calendar: str = ""
    warn_shares: tuple[Share, ...] = (80,)
    pauses: tuple[Category, ...] = (Category.WAITING, Category.SNOOZED)
    on_warning: tuple[Action, ...] = ()
    on_breach: tuple[Action, ...] = ()


def check(policy: Policy) -> None:
    """Raise ``Invalid`` naming the first field that is wrong."""
    conditions.check(policy.conditions)
    if conditions.values_of(policy.conditions, Field.TIME):
        raise Invalid("conditions", "a promise does not begin or end by the time of day; give the policy a calendar")
    if not any(_given(targets) for targets in (policy.targets, *(getattr(policy.by_priority, priority.value) for priority in Priority))):
        raise Invalid("targets", "promise at least one thing")
    if set(policy.pauses) - PAUSABLE:
        raise Invalid("pauses", "only waiting and snoozed can be chosen; a clock never runs while resolved or spam")
    for field, actions in (("on_warning", policy.on_warning), ("on_breach", policy.on_breach)):
        for number, action in enumerate(actions):
            _check_action(f"{field}.{number}.value", action)


def _check_action(field: str, action: Action) -> None:
    match action.kind:
        case "unassign":
            if action.value:
                raise Invalid(field, "taking it from its agent needs nothing more")
        case "priority":
            if action.value not in set(Priority):
                raise Invalid(field, f"must be one of: {', '.join(Priority)}")
        case "tag":
            tags((), (action.value,), ())
        case _:
            if not action.value:
                raise Invalid(field, "name the team, the queue, the role, the person or the webhook")


def _given(targets: Targets | None) -> bool:
    return targets is not None and any(getattr(targets, metric) is not None for metric in Metric)


def asks_about_customers(policies: Iterable[Policy]) -> bool:
    """Whether choosing among them takes the customer's own data."""
    return any(conditions.asks_of_the_customer(policy.conditions) for policy in policies)


def choose(policies: Iterable[Policy], facts: Facts, default: Policy | None) -> Policy | None:
    """The policy of a conversation: the first that holds, in the order given; else the default."""
    return next((p for p in policies if p.enabled and conditions.holds(p.conditions, facts)), default)


def promises(policy: Policy | None, priority: Priority, calendars: Calendars) -> tuple[Promise, ...]:
    """What a policy promises at this priority. A calendar that is gone counts every hour."""
    if policy is None:
        return ()
    targets = getattr(policy.by_priority, priority.value) or policy.targets
    calendar = calendars.get(policy.calendar)
    made = []
    for metric in Metric:
        target = getattr(targets, metric)
        if target is not None:
            made.append(
                Promise(
                    metric,
                    target,
                    warns=tuple(target * share // 100 for share in sorted(set(policy.warn_shares))),
                    policy=policy.id,
                    policy_version=policy.version,
                    calendar=calendar.id if calendar is not None else "",
                    calendar_version=calendar.version if calendar is not None else 0,
                    runs_in=tuple(sorted(c.value for c in PAUSABLE - set(policy.pauses))),
                )
            )
    return tuple(made)


def start(policy: Policy | None, priority: Priority) -> Clocks:
    """The policy's clocks, all idle, for a conversation that begins; whoever stores it adopts the calendar."""
    return sla.start(promises(policy, priority, {}))


def adopt(c: Conversation, policy: Policy | None, now: Instant, calendars: Calendars) -> Conversation:
    """The conversation under this policy. What was kept or broken stays as it is; what is owed is counted anew by the new calendar and
    target, at the earliest due now; a promise that was not there before begins now."""
    wanted = {promise.metric.value: promise for promise in promises(policy, c.priority, calendars)}
    known = {clock.metric: clock for clock in c.sla}
    if all(_agree(clock, wanted.get(clock.metric)) for clock in c.sla) and not wanted.keys() - known.keys():
        return c
    kept = (_kept(known.get(metric), wanted.get(metric), c, now, calendars) for metric in Metric)
    step = sla.on_category(tuple(clock for clock in kept if clock is not None), c.category, now, held=c.bot is not None)
    return replace(c, sla=step.clocks, sort_due=sla.sort_due(step.clocks))


def _settled(clock: SlaClock) -> bool:
    return clock.state in (ClockState.MET, ClockState.BREACHED)


def _agree(clock: SlaClock, promise: Promise | None) -> bool:
    """Whether the clock keeps what is promised, or knows a newer version of it than this process has heard of."""
    if _settled(clock):
        return True
    if promise is None:
        return False
    newer = clock.policy == promise.policy and clock.policy_version > promise.policy_version
    later = clock.calendar == promise.calendar and clock.calendar_version > promise.calendar_version
    return newer or later or replace(sla.promised(clock, promise), warn_after=clock.warn_after) == clock


def _kept(clock: SlaClock | None, promise: Promise | None, c: Conversation, now: Instant, calendars: Calendars) -> SlaClock | None:
    if clock is not None and (_settled(clock) or (promise is not None and _agree(clock, promise))):
        return clock
    if promise is None:
        return None
    if clock is None:
        return _begun(promise, c, now)
    return sla.recounted(sla.promised(clock, promise), now, calendars)


def _begun(promise: Promise, c: Conversation, now: Instant) -> SlaClock:
    """A promise that is new to a conversation: owed from now on, if the customer waits for what it is about."""
    (clock,) = sla.start((promise,))
    waits = c.waiting_since is not None and c.category not in (Category.RESOLVED, Category.SPAM)
    match promise.metric:
        case Metric.FIRST_RESPONSE:
            if c.last_reply is not None:
                return replace(clock, state=ClockState.MET, met_at=c.last_reply.at)
            return sla.armed(clock, now) if waits else clock
        case Metric.NEXT_RESPONSE:
            return sla.armed(clock, now) if waits and c.last_reply is not None else clock
        case _:
            going = c.category not in (Category.RESOLVED, Category.SPAM) and (waits or c.last_reply is not None)
            return sla.armed(clock, now) if going else clock
