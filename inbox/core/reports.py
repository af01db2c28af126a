"""What is asked of reports, and the figures that the sums of ``core/facts.py`` give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from inbox.core.errors import Invalid
from inbox.core.facts import ENTERED, LEFT, Dims, Fact, FactKind
from inbox.core.ids import Instant
from inbox.core.rating import SCORES, SurveyKind
from inbox.core.spells import STATE
from inbox.core.sums import FEW, Sum, merged

LONGEST_DAYS = 5 * 366
MOST_ROWS = 400
HOURS = 7 * 24


class By(StrEnum):
    """What each row of a report stands for. ``HOUR``: an hour of the week, 0 to 167, Monday's first; ``ALL``: everything in one row.
    ``STATE``: an agent, with the time spent in each state."""

    ALL = "all"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    HOUR = "hour"
    CHANNEL = "channel"
    TEAM = "team"
    QUEUE = "queue"
    AGENT = "agent"
    TAG = "tag"
    POLICY = "policy"
    STATE = "state"


class Period(Struct, frozen=True):
    """Days, both inclusive, in the time zone of the reports."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """The same number of days just before, to compare with."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


class Asked(Struct, frozen=True, omit_defaults=True):
    """One report: over these days, a row per ``by``, of what has these dimensions ('' for any) and this tag ('' for any)."""

    period: Period
    by: By = By.ALL
    channel: str = ""
    team: str = ""
    queue: str = ""
    agent: str = ""
    tag: str = ""

    @property
    def labelled(self) -> str:
        """The label whose sums are read, or the beginning of theirs unless it is ``one_label``; '' for those of dimensions."""
        if self.one_label:
            return f"tag:{self.tag}" if self.tag else f"state:{self.agent}"
        return {By.TAG: "tag:", By.POLICY: "policy:", By.STATE: "state:"}.get(self.by, "")

    @property
    def one_label(self) -> bool:
        """Whether it is of one tag, or of one agent's states."""
        return bool(self.tag) or (self.by is By.STATE and bool(self.agent))

    def counts(self, what: str, key: str) -> bool:
        """Whether a row can have any of it. What nobody has yet when it happens is not counted by person."""
        return not (what in UNOWNED and (self.agent or (self.by is By.AGENT and key)))


UNOWNED = (FactKind.STARTED.value, FactKind.ABANDONED.value)
DIMENSIONS = ("channel", "team", "queue", "agent")


class Behind(Struct, frozen=True, omit_defaults=True):
    """Which list: the happenings of a kind that ``asked`` counts in a span, from its first instant to before the second; of stays in
    the backlog those that lasted at its end, of ``state`` of an agent those that reach into it. ``hour``: of the week. ``none``: the
    dimension that they lack.
    """

    asked: Asked
    kind: FactKind
    span: tuple[Instant, Instant]
    hour: int | None = None
    policy: str = ""
    none: str = ""
    state: str = ""

    @property
    def dims(self) -> dict[str, str]:
        """The dimensions that are asked for, with their values."""
        wanted = {name: found for name in DIMENSIONS if (found := getattr(self.asked, name))}
        return wanted | ({self.none: ""} if self.none else {})

    def holds(self, fact: Fact) -> bool:
        """Whether a happening is in it."""
        return (
            fact.kind is self.kind
            and self._in_time(fact)
            and all(getattr(fact.dims, name) == found for name, found in self.dims.items())
            and (not self.asked.tag or self.asked.tag in fact.tags)
            and (self.hour is None or fact.hour == self.hour)
            and (not self.policy or fact.policy == self.policy)
            and (not self.state or fact.metric == self.state)
        )

    def _in_time(self, fact: Fact) -> bool:
        first, end = self.span
        if self.kind is FactKind.BACKLOG:
            return fact.at < end and (fact.until is None or fact.until >= end)
        if self.kind is FactKind.STATE:
            return fact.at < end and (fact.until is None or fact.until > first)
        return first <= fact.at < end


_WHOLE = {
    By.TAG: "what has a tag is counted over everything",
    By.POLICY: "each promise is counted over everything",
    By.STATE: "time in states is counted by agent",
}


def check_list(behind: Behind) -> None:
    """Raise ``Invalid`` for a list that has no meaning."""
    if behind.none not in ("", *DIMENSIONS):
        raise Invalid("none", f"must be one of {', '.join(DIMENSIONS)}")
    if behind.hour is not None and not 0 <= behind.hour < HOURS:
        raise Invalid("hour", f"must be from 0 to {HOURS - 1}, Monday's first hour being 0")
    if behind.kind is FactKind.BACKLOG and behind.asked.tag:
        raise Invalid("tag", "the backlog is not counted by tag")
    if (behind.kind is FactKind.STATE) != bool(behind.state):
        raise Invalid("state", "is asked of the kind state, and nothing else")
    if behind.state:
        _check_states(behind.asked)


def _check_states(asked: Asked) -> None:
    if not asked.agent:
        raise Invalid("agent", "must be given: a list of states is that of one agent")
    for name in ("channel", "team", "queue", "tag"):
        if getattr(asked, name):
            raise Invalid(name, f"{_WHOLE[By.STATE]}, not by {name}; leave it out")


def check(asked: Asked) -> None:
    """Raise ``Invalid`` for a report that has no meaning, or too many rows."""
    if asked.period.last < asked.period.first:
        raise Invalid("last", "it lies before the first day")
    if asked.period.days > LONGEST_DAYS:
        raise Invalid("last", f"a report covers at most {LONGEST_DAYS} days")
    if asked.by is By.DAY and asked.period.days > MOST_ROWS:
        raise Invalid("by", f"at most {MOST_ROWS} days are shown one by one; ask by week or month")
    if asked.tag and asked.by not in (By.ALL, By.DAY, By.WEEK, By.MONTH, By.HOUR, By.TAG):
        raise Invalid("by", f"of a tag there are figures over time only, none by {asked.by}")
    for name in DIMENSIONS:
        if asked.labelled and getattr(asked, name) and not (asked.by is By.STATE and name == "agent"):
            raise Invalid(name, f"{_WHOLE[By.TAG if asked.tag else asked.by]}, not by {name}; leave it out")


def group_of(asked: Asked, day: str, dims: Dims) -> str:
    """The row that a sum belongs to; those by hour are told apart inside of it. Weeks are told by their Monday."""
    match asked.by:
        case By.DAY | By.MONTH:
            return day if asked.by is By.DAY else day[:7]
        case By.WEEK:
            found = date.fromisoformat(day)
            return (found - timedelta(days=found.weekday())).isoformat()
        case By.CHANNEL | By.TEAM | By.QUEUE | By.AGENT:
            return str(getattr(dims, asked.by.value))
        case By.TAG | By.POLICY | By.STATE:
            return dims.label.partition(":")[2]
    return ""


def fits(asked: Asked, dims: Dims) -> bool:
    """Whether a sum belongs to the report."""
    if asked.labelled:
        return dims.label == asked.labelled if asked.one_label else dims.label.startswith(asked.labelled)
    wanted = ((asked.channel, dims.channel), (asked.team, dims.team), (asked.queue, dims.queue), (asked.agent, dims.agent))
    return not dims.label and all(not value or value == has for value, has in wanted)


def whole_months(period: Period) -> tuple[list[str], list[tuple[str, str]]]:
    """The months (``2026-11``) that lie inside, and the days beside them as ranges, both ends inclusive."""
    months: list[str] = []
    loose: list[tuple[str, str]] = []
    at = period.first
    while at <= period.last:
        end = _last_of_month(at)
        if at.day == 1 and end <= period.last:
            months.append(at.isoformat()[:7])
        else:
            loose.append((at.isoformat(), min(end, period.last).isoformat()))
        at = end + timedelta(days=1)
    return months, loose


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


class Spread(Struct, frozen=True):
    """Durations in milliseconds: how many, their mean, and under what half, nine of ten and 95 of a hundred lie: between two
    the middle of them, exact of up to ten durations, to within 2.5% of more.
    """

    count: int
    mean: int
    p50: int
    p90: int
    p95: int


class Satisfaction(Struct, frozen=True):
    """What customers answered: how many, the mean score, and how many were content (4 and 5; NPS: 9 and 10) or not (1 and 2; 0 to 6).

    ``score`` in percent: those who are content; for NPS less those who are not, -100 to 100. None without answers. ``asked``: how many
    were asked in these days, of whom ``returned`` have answered by now.
    """

    answers: int
    mean: float
    good: int
    bad: int
    score: int | None
    asked: int
    returned: int


class Figures(Struct, frozen=True):
    """One row. ``counts`` by what was counted; ``spreads`` by the kind of duration, ``open_spreads`` the same in opening hours.

    ``backlog`` at the end of its days, or now where they are not over; None for days to come, and where it is not counted.
    ``satisfaction`` by the kind of survey, ``csat`` and ``nps``, where anybody was asked.
    ``times``: milliseconds an agent spent ``online``, ``busy``, in ``break`` (``break:REASON``), ``away`` and ``offline``.
    """

    key: str
    counts: dict[str, int] = {}
    spreads: dict[str, Spread] = {}
    open_spreads: dict[str, Spread] = {}
    backlog: int | None = None
    satisfaction: dict[str, Satisfaction] = {}
    times: dict[str, int] = {}


TIMED = (FactKind.FIRST_RESPONSE.value, FactKind.RESPONSE.value, FactKind.RESOLVED.value, FactKind.WAITED.value)


def spread_of(sum: Sum, what: str) -> Spread | None:
    """The durations of one kind, None when there are none."""
    count = sum.counts.get(what, 0) if sum.classes.get(what) else 0
    if not count:
        return None
    half, most, nearly = (sum.percentile(what, share) or 0 for share in (0.5, 0.9, 0.95))
    return Spread(count, round(sum.totals.get(what, 0) / count), half, most, nearly)


def figures_of(key: str, sum: Sum, backlog: int | None = None) -> Figures:
    """A row of the report."""
    plain = {what: found for what in TIMED if (found := spread_of(sum, what)) is not None}
    business = {what: found for what in TIMED if (found := spread_of(sum, f"{what}_open")) is not None}
    counts = {what: n for what, n in sorted(sum.counts.items()) if not what.endswith("_open")}
    rated = {kind.value: answered for kind in SurveyKind if (answered := satisfaction_of(sum.counts, kind)) is not None}
    times = {what.removeprefix(STATE): ms for what, ms in sorted(sum.totals.items()) if what.startswith(STATE)}
    return Figures(key, counts, plain, business, backlog, rated, times)


_GOOD = {SurveyKind.CSAT: 4, SurveyKind.NPS: 9}
_BAD = {SurveyKind.CSAT: 2, SurveyKind.NPS: 6}


def satisfaction_of(counts: Mapping[str, int], kind: SurveyKind) -> Satisfaction | None:
    """What the counts of one kind of survey come to; None where nobody was asked or answered."""
    scores = {score: counts.get(f"{kind.value}_{score}", 0) for score in SCORES[kind]}
    answers = sum(scores.values())
    asked, returned = (counts.get(f"{kind.value}_{what}", 0) for what in ("asked", "returned"))
    if not answers and not asked:
        return None
    good = sum(n for score, n in scores.items() if score >= _GOOD[kind])
    bad = sum(n for score, n in scores.items() if score <= _BAD[kind])
    mean = sum(score * n for score, n in scores.items()) / answers if answers else 0.0
    less = bad if kind is SurveyKind.NPS else 0
    return Satisfaction(answers, round(mean, 2), good, bad, round(100 * (good - less) / answers) if answers else None, asked, returned)


def added(sums: Sequence[Sum]) -> Sum:
    """Several sums as one."""
    out = Sum()
    for one in sums:
        _into(out.counts, one.counts)
        _into(out.totals, one.totals)
    out.classes = {what: merged(one.classes.get(what, {}) for one in sums) for what in {w for one in sums for w in one.classes}}
    for one in sums:
        for what, known in one.few.items():
            out.few[what] = [*out.few.get(what, ()), *known][:FEW]
    out.hours = {what: merged(one.hours.get(what, {}) for one in sums) for what in {w for one in sums for w in one.hours}}
    return out


def _into(out: dict[str, int], more: Mapping[str, int]) -> None:
    for name, number in more.items():
        out[name] = out.get(name, 0) + number


def by_hour(sum: Sum) -> dict[str, Sum]:
    """A sum told apart by the hour of the week, its counts only."""
    out: dict[str, Sum] = {}
    for what, hours in sum.hours.items():
        for hour, times in hours.items():
            out.setdefault(str(hour), Sum()).counts[what] = times
    return out


def grown(rows: Sequence[tuple[str, Sum]], before: int | None, current: str) -> list[Figures]:
    """Rows over time, in their order, each with the backlog at its end; ``before`` is the backlog at the beginning, None for what has
    none. ``current``: the row of today; it has that of now, and later ones have none yet."""
    out, backlog = [], before
    for key, found in rows:
        if backlog is None or key > current:
            out.append(figures_of(key, found))
            continue
        backlog += found.counts.get(ENTERED, 0) - found.counts.get(LEFT, 0)
        out.append(figures_of(key, found, backlog))
    return out


OVER_TIME = (By.DAY, By.WEEK, By.MONTH)


def keys_of(asked: Asked) -> list[str]:
    """Every row of a report over time, those too in which nothing happened."""
    days = (asked.period.first + timedelta(days=n) for n in range(asked.period.days))
    return list(dict.fromkeys(group_of(asked, day.isoformat(), Dims()) for day in days)) if asked.by in OVER_TIME else []
