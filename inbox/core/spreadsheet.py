"""A report as lines of a spreadsheet: the same columns in the same order whatever the days, under heads that people understand.

Programs read these files, too: a head is never changed, and new ones come after the others (docs/howto/read-reports.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from inbox.core.reports import OVER_TIME, TIMED, Asked, By, Figures, Satisfaction

Cell = str | int

COUNTS: Mapping[str, str] = {
    "started": "New conversations",
    "received": "Messages in",
    "sent": "Answers",
    "bot_sent": "Messages of bots",
    "first_response": "First answers",
    "response": "Further answers",
    "resolved": "Closed",
    "reopened": "Reopened",
    "waited": "Waits for an agent",
    "abandoned": "Left unanswered",
}
PROMISES: Mapping[str, str] = {
    "sla_met": "Promises kept",
    "sla_breached": "Promises missed",
    "sla_met_first_response": "First replies in time",
    "sla_breached_first_response": "First replies late",
    "sla_met_next_response": "Next replies in time",
    "sla_breached_next_response": "Next replies late",
    "sla_met_resolution": "Resolutions in time",
    "sla_breached_resolution": "Resolutions late",
}
DURATIONS: Mapping[str, str] = {
    "first_response": "First answer",
    "response": "Further answer",
    "resolved": "Time to close",
    "waited": "Wait for an agent",
}
MEASURES: Mapping[str, str] = {"mean": "mean", "p50": "median", "p90": "9 of 10 within", "p95": "95 of 100 within"}
FLOWS: Mapping[str, str] = {"entered": "Backlog: came in", "left": "Backlog: went out"}
BACKLOG = "Backlog: at the end"
SURVEYS: Mapping[str, tuple[str, range]] = {"csat": ("CSAT", range(1, 6)), "nps": ("NPS", range(11))}
STATES: Mapping[str, str] = {"online": "Online", "busy": "Busy", "break": "On a break", "away": "Away", "offline": "Offline"}
NAMES: Mapping[By, str] = {
    By.ALL: "Everything",
    By.DAY: "Day",
    By.WEEK: "Week from",
    By.MONTH: "Month",
    By.HOUR: "Hour of the week",
    By.CHANNEL: "Channel",
    By.TEAM: "Team",
    By.QUEUE: "Queue",
    By.AGENT: "Person",
    By.TAG: "Tag",
    By.POLICY: "Promise",
    By.STATE: "Person",
}
KEY = "Id"
"""What the row is called by the API; names may be given to another one day."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def harmless(text: str) -> str:
    """A cell as no spreadsheet runs it: one that begins like a formula is made a text (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


class Column(Struct, frozen=True):
    """One column: its head, and what stands in it of a row; '' where there is nothing to tell."""

    head: str
    of: Callable[[Figures], Cell]


def table(asked: Asked, rows: Sequence[Figures], names: Mapping[str, str], reasons: Mapping[str, str]) -> Iterator[list[Cell]]:
    """The head and a line for each row. ``names`` of what has them by their keys; ``reasons`` for breaks, by their ids."""
    found = list(columns(asked, reasons))
    yield [NAMES[asked.by], KEY, *(column.head for column in found)]
    for row in rows:
        yield [_named(asked.by, row.key, names), row.key, *(column.of(row) for column in found)]


def columns(asked: Asked, reasons: Mapping[str, str]) -> Iterator[Column]:
    """What is counted of such rows, and nothing else: so a 0 always says that there was none."""
    if asked.by is By.STATE:
        yield from _states(reasons)
        return
    if asked.by is not By.POLICY:
        yield from (_count(asked, what, head) for what, head in COUNTS.items())
    yield from (_count(asked, what, head) for what, head in PROMISES.items())
    if asked.by in (By.POLICY, By.HOUR):
        return
    yield from (_duration(what, measure) for what in TIMED for measure in MEASURES)
    if asked.labelled:
        return
    for kind in SURVEYS:
        yield from _survey(asked, kind)
    yield from (_count(asked, what, head) for what, head in FLOWS.items())
    if asked.by in OVER_TIME:
        yield Column(BACKLOG, lambda row: "" if row.backlog is None else row.backlog)


def _count(asked: Asked, what: str, head: str) -> Column:
    return Column(head, lambda row: row.counts.get(what, 0) if asked.counts(what, row.key) else "")


def _duration(what: str, measure: str) -> Column:
    def told(row: Figures) -> Cell:
        spread = row.spreads.get(what)
        return "" if spread is None else round(getattr(spread, measure) / 1000)

    return Column(f"{DURATIONS[what]}: {MEASURES[measure]} (s)", told)


def _survey(asked: Asked, kind: str) -> Iterator[Column]:
    name, scores = SURVEYS[kind]

    def score(row: Figures) -> Cell:
        rated: Satisfaction | None = row.satisfaction.get(kind)
        return "" if rated is None or rated.score is None else rated.score

    yield Column(f"{name}: score", score)
    yield _count(asked, f"{kind}_asked", f"{name}: asked")
    yield _count(asked, f"{kind}_returned", f"{name}: answered of those")
    yield from (_count(asked, f"{kind}_{one}", f"{name}: answers with {one}") for one in scores)


def _states(reasons: Mapping[str, str]) -> Iterator[Column]:
    """All breaks together, and then those for each reason, also of those that were removed."""
    yield from (_time(head, state) for state, head in STATES.items())
    for id, reason in sorted(reasons.items(), key=lambda one: (one[1].casefold(), one[0])):
        yield _time(f"Break: {reason}", f"break:{id}")


def _time(head: str, state: str) -> Column:
    def told(row: Figures) -> Cell:
        ms = sum(ms for name, ms in row.times.items() if name == state or name.startswith(f"{state}:"))
        return round(ms / 1000)

    return Column(f"{head} (s)", told)


def _named(by: By, key: str, names: Mapping[str, str]) -> str:
    if by is By.HOUR:
        day, hour = divmod(int(key), 24)
        return f"{_DAYS[day]} {hour:02}:00"
    return "All" if by is By.ALL else names.get(key, key)
