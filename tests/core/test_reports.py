"""What is asked of reports, and the figures that sums give."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.errors import Invalid
from inbox.core.facts import Dims, Fact, FactKind
from inbox.core.ids import ConversationId
from inbox.core.reports import (
    LONGEST_DAYS,
    MOST_ROWS,
    Asked,
    Behind,
    By,
    Period,
    added,
    by_hour,
    check,
    check_list,
    figures_of,
    fits,
    group_of,
    grown,
    keys_of,
    spread_of,
    whole_months,
)
from inbox.core.sums import Sum

TODAY = date(2026, 11, 22)
MONTH = Period(date(2026, 11, 1), TODAY)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 900))
def test_months_and_loose_days_cover_a_period_exactly_once(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days))
    months, loose = whole_months(period)
    covered = [(month, date.fromisoformat(f"{month}-01") + timedelta(days=n)) for month in months for n in range(31)]
    inside = [day for month, day in covered if day.isoformat()[:7] == month]
    for start, end in loose:
        at = date.fromisoformat(start)
        while at <= date.fromisoformat(end):
            inside.append(at)
            at += timedelta(days=1)
    assert sorted(inside) == [period.first + timedelta(days=n) for n in range(period.days)]


@pytest.mark.parametrize("by", By)
def test_every_plain_report_has_a_meaning(by: By) -> None:
    check(Asked(MONTH, by))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked(Period(TODAY, TODAY - timedelta(days=1))), "last"),
        (Asked(Period(TODAY - timedelta(days=LONGEST_DAYS), TODAY)), "last"),
        (Asked(Period(TODAY - timedelta(days=MOST_ROWS), TODAY), By.DAY), "by"),
        (Asked(MONTH, By.POLICY, team="support"), "team"),
        (Asked(MONTH, By.TAG, queue="gold"), "queue"),
        (Asked(MONTH, By.STATE, channel="shop"), "channel"),
        (Asked(MONTH, By.STATE, team="red", agent="mia"), "team"),
        (Asked(MONTH, agent="mia", tag="vip"), "agent"),
        (Asked(MONTH, By.CHANNEL, tag="vip"), "by"),
        (Asked(MONTH, By.STATE, agent="mia", tag="vip"), "by"),
    ],
)
def test_a_report_without_meaning_is_refused(asked: Asked, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(asked)
    assert refused.value.field == field


def test_a_refusal_says_why() -> None:
    with pytest.raises(Invalid, match="time in states is counted by agent, not by channel; leave it out"):
        check(Asked(MONTH, By.STATE, channel="shop"))


def test_time_in_states_is_of_one_person_or_of_all() -> None:
    check(Asked(MONTH, By.STATE, agent="mia"))
    mia, mi = Dims(label="state:mia"), Dims(label="state:mi")
    assert [fits(Asked(MONTH, By.STATE, agent=who), dims) for who in ("mi", "mia") for dims in (mi, mia)] == [True, False, False, True]
    assert fits(Asked(MONTH, By.STATE), mia)


def test_the_days_before_are_as_many() -> None:
    assert (MONTH.days, MONTH.before) == (22, Period(date(2026, 10, 10), date(2026, 10, 31)))


@pytest.mark.parametrize(
    ("by", "day", "dims", "key"),
    [
        (By.ALL, "2026-11-22", Dims("mail"), ""),
        (By.DAY, "2026-11-22", Dims("mail"), "2026-11-22"),
        (By.WEEK, "2026-11-22", Dims("mail"), "2026-11-16"),
        (By.WEEK, "2026-11-16", Dims("mail"), "2026-11-16"),
        (By.MONTH, "2026-11-22", Dims("mail"), "2026-11"),
        (By.CHANNEL, "2026-11", Dims("mail"), "mail"),
        (By.AGENT, "2026-11", Dims("mail", agent="mia"), "mia"),
        (By.TAG, "2026-11", Dims(label="tag:a:b"), "a:b"),
        (By.POLICY, "2026-11", Dims(label="policy:gold"), "gold"),
    ],
)
def test_each_sum_has_its_row(by: By, day: str, dims: Dims, key: str) -> None:
    assert group_of(Asked(MONTH, by), day, dims) == key


def test_conditions_choose_sums() -> None:
    dims = Dims("mail", "support", "vip", "mia")
    assert fits(Asked(MONTH), dims)
    assert fits(Asked(MONTH, channel="mail", team="support", queue="vip", agent="mia"), dims)
    assert not fits(Asked(MONTH, agent="ben"), dims)
    assert not fits(Asked(MONTH), Dims(label="tag:vip"))
    assert fits(Asked(MONTH, By.TAG), Dims(label="tag:vip"))
    assert not fits(Asked(MONTH, By.TAG), Dims(label="policy:vip"))
    assert fits(Asked(MONTH, tag="vip"), Dims(label="tag:vip"))
    assert not fits(Asked(MONTH, tag="vip"), Dims(label="tag:vip2"))


def test_every_row_over_time_is_there_even_if_nothing_happened() -> None:
    assert len(keys_of(Asked(MONTH, By.DAY))) == 22
    assert keys_of(Asked(MONTH, By.WEEK)) == ["2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"]
    assert keys_of(Asked(MONTH, By.MONTH)) == ["2026-11"]
    assert keys_of(Asked(MONTH, By.AGENT)) == []


def test_durations_have_mean_and_percentiles() -> None:
    found = Sum()
    for minutes in (1, 2, 3, 4, 100):
        found.add("first_response", None, minutes * 60_000)
        found.add("first_response_open", None, 30_000)
    figures = figures_of("mia", found)
    spread = figures.spreads["first_response"]
    assert (spread.count, spread.mean) == (5, 22 * 60_000)
    assert (spread.p50, spread.p95) == (180_000, 6_000_000)
    assert figures.open_spreads["first_response"].mean == 30_000
    assert figures.counts == {"first_response": 5}
    assert spread_of(Sum(), "waited") is None


def test_the_backlog_grows_and_shrinks_from_what_it_was() -> None:
    one, two = Sum({"entered": 5, "left": 2}), Sum({"left": 4})
    assert [f.backlog for f in grown([("a", one), ("b", two), ("c", Sum())], 10, "c")] == [13, 9, 9]
    assert [f.backlog for f in grown([("a", one)], None, "a")] == [None]


def test_days_to_come_have_no_backlog_yet() -> None:
    days = [(key, Sum()) for key in ("2026-11-22", "2026-11-23", "2026-11-24")]
    assert [f.backlog for f in grown(days, 10, "2026-11-23")] == [10, 10, None]
    assert [f.backlog for f in grown(days, 10, "2026-11-21")] == [None, None, None]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"hour": 168}, "hour"),
        ({"none": "tag"}, "none"),
        ({"kind": FactKind.BACKLOG, "asked": Asked(MONTH, tag="vip")}, "tag"),
        ({"state": "online"}, "state"),
        ({"kind": FactKind.STATE}, "state"),
        ({"kind": FactKind.STATE, "state": "online"}, "agent"),
        ({"kind": FactKind.STATE, "state": "online", "asked": Asked(MONTH, agent="mia", team="red")}, "team"),
    ],
)
def test_a_list_without_meaning_is_refused_with_the_field(more: dict[str, Any], field: str) -> None:
    good = Behind(Asked(MONTH, tag="vip"), FactKind.SENT, (0, 1), 0)
    check_list(good)
    with pytest.raises(Invalid) as refused:
        check_list(replace(good, **more))
    assert refused.value.field == field


def test_a_list_holds_what_its_conditions_say() -> None:
    fact = Fact("f", FactKind.SLA_BREACHED, 5, ConversationId("c"), Dims("mail"), ("vip",), policy="gold", hour=3)
    lists = Behind(Asked(MONTH, channel="mail"), FactKind.SLA_BREACHED, (5, 6), 3, "gold", "agent")
    assert lists.holds(fact)
    others = ({"hour": 4}, {"policy": "p"}, {"none": "channel"}, {"span": (6, 9)}, {"span": (0, 5)}, {"kind": FactKind.SLA_MET})
    assert not any(replace(lists, **more).holds(fact) for more in (*others, {"asked": Asked(MONTH, tag="x")}))


def test_a_list_of_a_state_holds_what_reaches_into_the_days() -> None:
    stretch = Fact("f", FactKind.STATE, 5, ConversationId(""), Dims(agent="mia"), value=10, metric="online")
    lists = Behind(Asked(MONTH, By.STATE, agent="mia"), FactKind.STATE, (14, 20), state="online")
    check_list(lists)
    assert [replace(lists, span=span).holds(stretch) for span in ((14, 20), (15, 20), (0, 5), (0, 6))] == [True, False, False, True]


def test_several_sums_are_one() -> None:
    one, two = Sum(), Sum()
    one.add("sent", 5, 2_000)
    two.add("sent", 5, 2_000)
    two.add("received", 167)
    both = added([one, two])
    assert (both.counts, both.totals) == ({"sent": 2, "received": 1}, {"sent": 4_000})
    assert both.hours == {"sent": {5: 2}, "received": {167: 1}}
    assert (sum(both.classes["sent"].values()), both.few) == (2, {"sent": [2_000, 2_000]})
    assert {hour: found.counts for hour, found in by_hour(both).items()} == {"5": {"sent": 2}, "167": {"received": 1}}


def test_satisfaction_is_a_share_a_mean_and_a_rate() -> None:
    found = figures_of("", Sum({"csat_5": 3, "csat_4": 1, "csat_3": 1, "csat_1": 1, "csat": 6, "csat_asked": 10, "csat_returned": 5}))
    csat = found.satisfaction["csat"]
    assert (csat.answers, csat.mean, csat.good, csat.bad, csat.score, csat.asked, csat.returned) == (6, 3.83, 4, 1, 67, 10, 5)
    nps = figures_of("", Sum({"nps_10": 2, "nps_9": 1, "nps_8": 1, "nps_6": 1, "nps_0": 3, "nps_asked": 8})).satisfaction["nps"]
    assert (nps.answers, nps.good, nps.bad, nps.score) == (8, 3, 4, -12)
    asked = figures_of("", Sum({"nps_asked": 3})).satisfaction
    assert (asked["nps"].score, asked["nps"].answers, list(asked)) == (None, 0, ["nps"])
    assert figures_of("", Sum({"started": 1})).satisfaction == {}
