"""Attributes of customers: which values are of which kind."""

from __future__ import annotations

import pytest

from inbox.core.attributes import WANTED, Attribute, Kind, attribute_id, check, entered, fits
from inbox.core.errors import Invalid


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", ("", "anything\tat all"), ()),
        ("number", ("0", "-12.5", "007"), ("", "1,5", "1e3", "٣", "--1", "1.", " 1")),
        ("date", ("2026-11-22", "2024-02-29"), ("", "22.11.2026", "2026-02-30", "20261122", "2026-W01-1", "٢٠٢٦-١١-٢٢")),
        ("yes_no", ("yes", "no"), ("", "Yes", "true")),
        ("choice", ("Gold",), ("", "gold", "Silver")),
        (
            "link",
            ("https://example.org/x?y", "http://a"),
            ("", "example.org", "javascript:alert(1)", "https://", "https://a b", "https://["),
        ),
    ],
)
def test_values_of_a_kind(kind: Kind, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    made = Attribute("a", "A", "a", kind=kind, choices=("Gold",) if kind == "choice" else ())
    check(made)
    assert [value for value in good if not fits(made, value)] == []
    assert [value for value in bad if fits(made, value)] == []
    assert kind == "text" or kind in WANTED


@pytest.mark.parametrize(("kind", "choices"), [("choice", ()), ("text", ("a",)), ("choice", ("a", "A")), ("choice", (" ",))])
def test_choices_that_make_no_sense(kind: Kind, choices: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        check(Attribute("a", "A", "a", kind=kind, choices=choices))


def test_a_key_is_one_however_it_is_written() -> None:
    assert attribute_id("Plan") == attribute_id("plan") != attribute_id("plans")


def test_what_is_told_stands_under_the_key_that_is_there() -> None:
    assert entered({"Plan": "Trail"}, {"plan": "Gold", "shoe": "44", "Shoe": "45"}) == {"Plan": "Gold", "shoe": "45"}
    assert entered({"Plan": "Trail", "b": "2"}, {"PLAN": None, "c": None}) == {"b": "2"}
    assert entered({"Plan": "Trail", "plan": "old"}, {"plan": None}) == {"Plan": "Trail"}, "what was there twice is told apart"
