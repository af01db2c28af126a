"""A report as a spreadsheet: the same columns whatever happened, each described in the docs."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from inbox.core.reports import Asked, By, Figures, Period, figures_of
from inbox.core.spreadsheet import Cell, harmless, table
from inbox.core.sums import Sum

PERIOD = Period(date(2026, 11, 1), date(2026, 11, 22))
DOCS = Path(__file__).parents[2] / "docs" / "howto" / "read-reports.md"
LUNCH = {"r1": "Lunch"}


def read(asked: Asked, *rows: Figures) -> list[dict[str, Cell]]:
    head, *lines = table(asked, rows, {"mia": "Mia"}, LUNCH)
    return [dict(zip(map(str, head), line, strict=True)) for line in lines]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_a_text(formula: str) -> None:
    assert harmless(formula) == f"'{formula}"
    assert harmless(f"Sum {formula}") == f"Sum {formula}"


@pytest.mark.parametrize("by", By)
def test_every_head_is_described(by: By) -> None:
    described = DOCS.read_text()
    for head in map(str, next(table(Asked(PERIOD, by), [], {}, LUNCH))):
        general = re.sub("answers with [0-9]+", "answers with N", head.replace("Lunch", "REASON"))
        assert f"`{general}`" in described


def test_a_row_holds_what_was_counted_and_empty_cells_where_nothing_can_be_told() -> None:
    found = Sum({"sent": 3, "csat_asked": 4, "csat_returned": 2, "csat_5": 1, "csat_2": 1, "entered": 2})
    found.add("resolved", None, 61_400)
    (mia,) = read(Asked(PERIOD, By.AGENT), figures_of("mia", found))
    assert (mia["Person"], mia["Id"], mia["Answers"], mia["Reopened"], mia["New conversations"]) == ("Mia", "mia", 3, 0, "")
    assert (mia["Time to close: median (s)"], mia["Wait for an agent: median (s)"]) == (61, "")
    assert (mia["CSAT: score"], mia["CSAT: asked"], mia["CSAT: answers with 5"], mia["NPS: score"]) == (50, 4, 1, "")
    assert mia["Backlog: came in"] == 2


def test_breaks_are_there_all_together_and_by_reason() -> None:
    times = {"state_online": 5_000, "state_break": 1_000, "state_break:r1": 2_000, "state_break:gone": 4_000}
    (mia,) = read(Asked(PERIOD, By.STATE), figures_of("mia", Sum(totals=times)))
    assert mia == {
        "Person": "Mia",
        "Id": "mia",
        "Online (s)": 5,
        "Busy (s)": 0,
        "On a break (s)": 7,
        "Away (s)": 0,
        "Offline (s)": 0,
        "Break: Lunch (s)": 2,
    }


def test_rows_have_names() -> None:
    hours = read(Asked(PERIOD, By.HOUR), Figures("0"), Figures("167"))
    assert [(row["Hour of the week"], row["Id"]) for row in hours] == [("Monday 00:00", "0"), ("Sunday 23:00", "167")]
    assert read(Asked(PERIOD), Figures(""))[0]["Everything"] == "All"
