"""What reports count follows from the journal's entries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from inbox.core.conversation import Category
from inbox.core.events import Event, EventType, Facets
from inbox.core.facts import ENTERED, LEFT, Dims, Fact, FactKind, Folded, Ruler, follow
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, TeamId
from inbox.core.message import Author, Reason
from inbox.core.reports import Asked, Behind, Period

MINUTE = 60_000
NOON = 1_795_262_400_000  # Saturday 2026-11-21, 12:00 UTC
CUSTOMER, MIA, BOT, SYSTEM = Author("customer", "c1"), Author("agent", "mia"), Author("bot", "echo"), Author("system")


def state(category: Category = Category.OPEN, assignee: str | None = None, **more: object) -> Facets:
    agent = AgentId(assignee) if assignee else None
    return Facets(category, ChannelId("mail"), CustomerId("c1"), agent, TeamId("support"), **more)  # type: ignore[arg-type]  # any facet


def told(type: EventType, minutes: int, actor: Author, after: Facets, **more: object) -> Event:
    return Event(type, NOON + minutes * MINUTE, actor, 1, minutes + 1, ConversationId("x"), after=after, **more)  # type: ignore[arg-type]  # any field of an entry


def folded(events: Iterable[Event], ruler: Ruler | None = None) -> Folded:
    out = Folded()
    for n, event in enumerate(events, 1):
        follow(
            Event(**{**{f: getattr(event, f) for f in event.__struct_fields__}, "n": n}),
            out.known.get(ConversationId("x")),
            ruler or Ruler(),
            out,
        )
    return out


def steps(out: Folded) -> list[Fact]:
    """What happened beside messages and stays in the backlog."""
    return [f for f in out.facts if f.kind not in (FactKind.RECEIVED, FactKind.SENT, FactKind.BACKLOG)]


def a_life() -> list[Event]:
    """Asked at noon, queued, given to Mia after 2 minutes, answered after 5, closed after 9, asked again, closed."""
    opened, mine = state(), state(assignee="mia")
    return [
        told(EventType.CONVERSATION_STARTED, 0, CUSTOMER, opened),
        told(EventType.MESSAGE_RECEIVED, 0, CUSTOMER, opened),
        told(EventType.QUEUED, 0, SYSTEM, state(queued=True)),
        told(EventType.ASSIGNED, 2, SYSTEM, mine),
        told(EventType.MESSAGE_QUEUED, 5, MIA, mine),
        told(EventType.STATUS_CHANGED, 9, MIA, state(Category.RESOLVED, "mia")),
        told(EventType.MESSAGE_RECEIVED, 20, CUSTOMER, mine),
        told(EventType.STATUS_CHANGED, 20, CUSTOMER, mine),
        told(EventType.MESSAGE_QUEUED, 23, MIA, mine),
        told(EventType.STATUS_CHANGED, 24, MIA, state(Category.RESOLVED, "mia")),
    ]


def test_a_conversations_life_is_told_by_its_facts() -> None:
    out = folded(a_life())
    assert [(f.kind, (f.value or 0) // MINUTE, f.dims.agent) for f in steps(out)] == [
        (FactKind.STARTED, 0, ""),
        (FactKind.WAITED, 2, "mia"),
        (FactKind.FIRST_RESPONSE, 5, "mia"),
        (FactKind.RESOLVED, 9, "mia"),
        (FactKind.REOPENED, 0, "mia"),
        (FactKind.RESPONSE, 3, "mia"),
        (FactKind.RESOLVED, 4, "mia"),
    ]
    assert len({f.id for f in steps(out)}) == len(steps(out))
    counts = merged_counts(out)
    assert (counts["received"], counts["sent"]) == (2, 2)
    messages = [f for f in out.facts if f.kind in (FactKind.RECEIVED, FactKind.SENT)]
    assert [(f.kind, (f.at - NOON) // MINUTE, f.dims.agent) for f in messages] == [
        (FactKind.RECEIVED, 0, ""),
        (FactKind.SENT, 5, "mia"),
        (FactKind.RECEIVED, 20, "mia"),
        (FactKind.SENT, 23, "mia"),
    ]
    assert {f.hour for f in messages} == {5 * 24 + 12}
    assert counts[ENTERED] - counts[LEFT] == 0


def test_a_wait_ends_with_an_agent_and_what_is_passed_on_at_once_waits_no_second_time() -> None:
    waits, elsewhere = state(queued=True), state(queued=True, queue="backup")
    mine, his = state(assignee="mia"), state(assignee="ben")
    events = [
        told(EventType.CONVERSATION_STARTED, 0, CUSTOMER, waits),
        told(EventType.QUEUED, 0, SYSTEM, waits),
        told(EventType.ASSIGNED, 1, MIA, elsewhere),
        told(EventType.ASSIGNED, 3, SYSTEM, mine),
        told(EventType.UNASSIGNED, 5, MIA, waits),
        told(EventType.QUEUED, 5, MIA, waits),
        told(EventType.ASSIGNED, 5, SYSTEM, his),
        told(EventType.UNASSIGNED, 7, MIA, waits),
        told(EventType.QUEUED, 7, MIA, waits),
        told(EventType.ASSIGNED, 11, SYSTEM, mine),
    ]
    found = [(f.value, f.dims.agent) for f in folded(events).facts if f.kind is FactKind.WAITED]
    assert found == [(3 * MINUTE, "mia"), (4 * MINUTE, "mia")]


def late(metric: str, minutes: int, after: Facets, late_by: int = 5, **numbers: int) -> Event:
    return told(
        EventType.SLA_BREACHED, minutes, SYSTEM, after, reason=Reason("sla_breached", (metric, "gold"), {"late_by": late_by, **numbers})
    )


def missed(out: Folded) -> list[tuple[str, bool, int | None]]:
    """Of each promise missed what it was, whether it is owed still, and by how long it was missed."""
    return [(f.metric, f.owed, f.value) for f in {f.id: f for f in out.facts if f.kind is FactKind.SLA_BREACHED}.values()]


def test_a_promise_is_missed_by_how_late_it_was_kept_and_not_by_how_late_that_was_noticed() -> None:
    asked_at, mine = told(EventType.MESSAGE_RECEIVED, 0, CUSTOMER, state()), state(assignee="mia")
    broken = [asked_at, late("first_response", 10, mine), late("resolution", 12, mine)]
    assert missed(folded(broken)) == [("first_response", True, 5), ("resolution", True, 5)]
    answered = [*broken, told(EventType.MESSAGE_QUEUED, 25, BOT, mine), told(EventType.MESSAGE_QUEUED, 30, MIA, mine)]
    assert missed(folded(answered)) == [("first_response", False, 20 * MINUTE + 5), ("resolution", True, 5)]
    closed = [*answered, told(EventType.STATUS_CHANGED, 40, MIA, state(Category.RESOLVED, "mia"))]
    assert missed(folded(closed))[1] == ("resolution", False, 28 * MINUTE + 5)
    assert not folded(closed).known[ConversationId("x")].missed


def test_who_was_over_a_shorter_promise_is_late_from_its_change_and_an_answer_that_outran_the_alarm_has_kept_it_late() -> None:
    mine = state(assignee="mia")
    events = [
        told(EventType.MESSAGE_RECEIVED, 0, CUSTOMER, mine),
        told(EventType.MESSAGE_QUEUED, 30, MIA, mine),
        late("first_response", 30, mine, 3 * MINUTE, over=MINUTE),
    ]
    assert missed(folded(events)) == [("first_response", False, 3 * MINUTE)]


def test_what_somebody_gets_the_moment_it_comes_in_waited_for_no_time() -> None:
    events = [told(EventType.QUEUED, 0, SYSTEM, state(queued=True)), told(EventType.ASSIGNED, 0, SYSTEM, state(assignee="mia"))]
    assert [(f.value, f.dims.agent) for f in folded(events).facts if f.kind is FactKind.WAITED] == [(0, "mia")]


def merged_counts(out: Folded) -> dict[str, int]:
    total: dict[str, int] = {}
    for (_, dims), one in out.sums.items():
        for what, n in one.counts.items() if not dims.label else ():
            total[what] = total.get(what, 0) + n
    return total


def test_the_backlog_is_with_whoever_holds_it() -> None:
    out = folded(a_life()[:4])
    held = {dims.agent: one.counts.get(ENTERED, 0) - one.counts.get(LEFT, 0) for (_, dims), one in out.sums.items()}
    assert held == {"": 0, "mia": 1}


lives = st.lists(
    st.tuples(st.integers(1, 3 * 24 * 60), st.sampled_from(list(Category)), st.sampled_from([None, "mia", "ben"]), st.booleans()),
    min_size=1,
    max_size=12,
)


@given(lives)
def test_what_lasts_at_the_end_of_a_day_is_what_the_backlog_counts_then(life: list[tuple[int, Category, str | None, bool]]) -> None:
    at, events = 0, []
    for after, category, agent, merged_away in life:
        at += after
        events.append(told(EventType.STATUS_CHANGED, at, MIA, state(category, agent, merged=merged_away)))
    out = folded(events)
    facts = list({f.id: f for f in out.facts}.values())
    for days in range(at // (24 * 60) + 3):
        day = date(2026, 11, 21) + timedelta(days=days)
        end = NOON - 12 * 60 * MINUTE + (days + 1) * 24 * 60 * MINUTE
        for agent in ("", "mia", "ben"):
            sums = [s.counts for (at_day, dims), s in out.sums.items() if at_day <= day.isoformat() and dims.agent == agent]
            counted = sum(counts.get(ENTERED, 0) - counts.get(LEFT, 0) for counts in sums)
            asked = Asked(Period(day, day), agent=agent)
            behind = Behind(asked, FactKind.BACKLOG, (end - 1, end), none="" if agent else "agent")
            assert len([f for f in facts if behind.holds(f)]) == counted


def test_who_is_given_to_another_team_waits_on() -> None:
    events = [
        told(EventType.QUEUED, 0, SYSTEM, state(queued=True)),
        told(EventType.ASSIGNED, 3, MIA, state(queued=True)),
        told(EventType.ASSIGNED, 8, SYSTEM, state(assignee="mia")),
    ]
    assert [(f.kind, f.value, f.dims.agent) for f in steps(folded(events))] == [(FactKind.WAITED, 8 * MINUTE, "mia")]


def test_what_a_bot_or_nobody_wrote_answers_nobody() -> None:
    opened = state()
    events = [
        told(EventType.CONVERSATION_STARTED, 0, CUSTOMER, opened),
        told(EventType.MESSAGE_RECEIVED, 0, CUSTOMER, opened),
        told(EventType.MESSAGE_QUEUED, 1, BOT, opened),
        told(EventType.MESSAGE_QUEUED, 2, SYSTEM, opened),
        told(EventType.MESSAGE_QUEUED, 7, MIA, opened),
    ]
    out = folded(events)
    assert [(f.kind, f.value) for f in steps(out)][1:] == [(FactKind.FIRST_RESPONSE, 7 * MINUTE)]
    assert merged_counts(out)["bot_sent"] == 2


def asked(kind: str, **numbers: int) -> Reason:
    return Reason(kind, ("s", "m1", "mail", "support", "", "mia"), {"asked_at": NOON, **numbers})


def test_a_score_counts_for_whom_it_was_asked_about_on_the_day_of_the_first_and_is_corrected_there() -> None:
    """Answered the next day, when Ben has the conversation; changed after midnight of the day after."""
    day, after = 24 * 60, state(Category.RESOLVED, "ben", tags=("vip",))
    first = NOON + day * MINUTE
    out = folded(
        [
            told(EventType.SURVEY_ASKED, 0, SYSTEM, state(Category.RESOLVED, "mia"), reason=asked("csat")),
            told(EventType.SURVEY_ANSWERED, day, CUSTOMER, after, reason=asked("csat", score=2, scored_at=first)),
            told(EventType.SURVEY_ANSWERED, 2 * day - 1, CUSTOMER, after, reason=asked("csat", score=5, scored_at=first, was=2)),
            told(EventType.SURVEY_ANSWERED, 2 * day - 1, CUSTOMER, after, reason=asked("csat", score=5, scored_at=first, was=5)),
        ]
    )
    dims = Dims("mail", "support", "", "mia")
    by_day = {day: one.counts for (day, found), one in out.sums.items() if found == dims}
    assert {k: v for k, v in by_day["2026-11-21"].items() if k.startswith("csat")} == {"csat_asked": 1, "csat_returned": 1}
    assert {k: v for k, v in by_day["2026-11-22"].items() if v and k.startswith("csat")} == {"csat": 1, "csat_5": 1}
    [fact] = steps(out)
    assert (fact.kind, fact.value, fact.at, fact.dims, fact.message) == (FactKind.CSAT, 5, first, dims, "m1")


def test_an_automatic_message_counts_as_none() -> None:
    out = folded(
        [told(EventType.MESSAGE_RECEIVED, 0, CUSTOMER, state(), data={"automatic": 1}), told(EventType.MESSAGE_QUEUED, 5, MIA, state())]
    )
    assert [f.kind for f in out.facts if f.kind is FactKind.RECEIVED] == []
    assert "received" not in merged_counts(out)


def test_a_conversation_that_was_started_by_a_colleague_is_no_arrival() -> None:
    out = folded([told(EventType.CONVERSATION_STARTED, 0, MIA, state(assignee="mia"))])
    assert steps(out) == []
    assert merged_counts(out) == {ENTERED: 1}


def test_who_left_the_queue_unanswered_was_lost() -> None:
    queued = state(queued=True)
    events = [
        told(EventType.CONVERSATION_STARTED, 0, CUSTOMER, queued),
        told(EventType.MESSAGE_RECEIVED, 0, CUSTOMER, queued),
        told(EventType.QUEUED, 0, SYSTEM, queued),
        told(EventType.STATUS_CHANGED, 30, SYSTEM, state(Category.RESOLVED)),
    ]
    assert [(f.kind, f.value) for f in folded(events).facts if f.kind is FactKind.ABANDONED] == [(FactKind.ABANDONED, 30 * MINUTE)]
    spam = [*events[:3], told(EventType.STATUS_CHANGED, 30, MIA, state(Category.SPAM))]
    assert [f.kind for f in steps(folded(spam))] == [FactKind.STARTED]


def test_promises_are_told_by_metric_and_policy() -> None:
    proof = Reason("sla_breached", ids=("first_response", "gold"), numbers={"late_by": 4 * MINUTE})
    out = folded([told(EventType.SLA_BREACHED, 3, SYSTEM, state(), reason=proof), told(EventType.SLA_MET, 4, SYSTEM, state())])
    assert [(f.kind, f.policy, f.value) for f in steps(out)] == [(FactKind.SLA_BREACHED, "gold", 4 * MINUTE), (FactKind.SLA_MET, "", None)]
    assert out.sums["2026-11-21", Dims(label="policy:gold")].counts == {"sla_breached": 1, "sla_breached_first_response": 1}


def test_tags_have_sums_of_their_own() -> None:
    out = folded([told(EventType.CONVERSATION_STARTED, 0, CUSTOMER, state(tags=("vip", "late")))])
    labels = {dims.label: one.counts for (_, dims), one in out.sums.items() if dims.label}
    assert labels == {"tag:vip": {"started": 1}, "tag:late": {"started": 1}}


def test_days_and_hours_are_those_of_the_zone() -> None:
    ruler = Ruler(ZoneInfo("Pacific/Auckland"))
    out = folded([told(EventType.CONVERSATION_STARTED, 0, CUSTOMER, state())], ruler)
    ((day, _), found) = next((key, one) for key, one in out.sums.items() if "started" in one.counts)
    assert day == "2026-11-22"
    assert found.hours["started"] == {6 * 24 + 1: 1}  # Sunday, 1 a.m.


def test_opening_hours_are_counted_beside_the_calendars() -> None:
    out = folded(a_life()[:5], Ruler(business=lambda a, b: (b - a) // 2))
    first = next(f for f in out.facts if f.kind is FactKind.FIRST_RESPONSE)
    assert (first.value, first.open) == (5 * MINUTE, 5 * MINUTE // 2)
    assert all(f.open is None for f in folded(a_life()).facts)


def test_who_was_not_waiting_did_not_wait_and_closing_twice_is_closing_once() -> None:
    mine, closed = state(assignee="mia"), state(Category.RESOLVED, "mia")
    events = [
        told(EventType.CONVERSATION_STARTED, 0, CUSTOMER, mine),
        told(EventType.ASSIGNED, 1, MIA, mine),
        told(EventType.TAGS_CHANGED, 1, MIA, mine),
        told(EventType.STATUS_CHANGED, 2, MIA, state(Category.WAITING, "mia")),
        told(EventType.STATUS_CHANGED, 3, MIA, closed),
        told(EventType.STATUS_CHANGED, 4, MIA, closed),
        told(EventType.STATUS_CHANGED, 5, MIA, state(Category.SNOOZED, "mia")),
    ]
    assert [f.kind for f in steps(folded(events))] == [FactKind.STARTED, FactKind.RESOLVED]


def test_entries_about_no_conversation_lead_to_nothing() -> None:
    out = folded([Event(EventType.AGENT_CHANGED, NOON, MIA), Event(EventType.CATALOG_CHANGED, NOON, MIA, conversation=ConversationId("x"))])
    assert (out.facts, out.sums, out.known) == ([], {}, {})
