"""A transcript says who said what and when, in the customer's language, and never grows without bounds."""

from __future__ import annotations

import pytest

from inbox.core.transcript import MOST_CHARACTERS, WORDS, Line, mail_address, written

AT = 1_790_000_000_000


def test_it_names_who_said_what_and_when() -> None:
    made = written([Line(AT, None, "Where is it?"), Line(AT + 60_000, "Sam", "Here.", ("map.png",))], "Shop", "de-AT")
    assert made.subject == "Ihr Gespräch mit Shop"
    assert made.text[made.fresh :] == "\n\nSie, 2026-09-21 14:13 UTC\nWhere is it?\n\nSam, 2026-09-21 14:14 UTC\nHere.\n[map.png]"
    assert made.text[: made.fresh] == WORDS["de"].above


def test_an_unknown_language_is_english_and_somebody_nameless_is_the_house() -> None:
    made = written([Line(AT, "", "Thank you.")], "Shop", "xx")
    assert made.subject == "Your conversation with Shop"
    assert "\n\nShop, " in made.text


def test_of_what_is_too_long_the_end_is_kept() -> None:
    made = written([Line(AT, None, f"{n} " + "x" * 9_000) for n in range(30)], "Shop", "en")
    assert len(made.text) < MOST_CHARACTERS + 200
    assert "\n29 x" in made.text
    assert "\n0 x" not in made.text
    assert "\n\n…\n\n" in made.text


@pytest.mark.parametrize("text", ["a@b.de", " Ada.Lovelace+x@Example.ORG "])
def test_addresses_are_brought_to_one_form(text: str) -> None:
    assert mail_address(text) == text.strip().lower()


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a@b.", "a@.de", "a@b@c.de", "a b@c.de", "a@b.de,c@d.de", "a@b.de\nBcc: x@y.de", "x" * 65 + "@b.de"]
)
def test_what_is_no_address_or_more_than_one_is_refused(text: str) -> None:
    assert mail_address(text) == ""
