"""Choices are what every channel can show whole, and a numbered list where one shows none."""

from __future__ import annotations

import pytest

from inbox.core.choices import checked, numbered
from inbox.core.errors import Invalid


def test_each_choice_is_one_line() -> None:
    assert checked((" Yes,\n please ", "No"), "Shall we?") == ("Yes, please", "No")
    assert checked((), "") == ()
    assert len(checked([str(n) for n in range(10)], "x" * 1000)) == 10


@pytest.mark.parametrize(
    ("choices", "text", "field"),
    [
        (("Yes",), " ", "text"),
        (("Yes",), "x" * 1001, "text"),
        ([str(n) for n in range(11)], "?", "choices"),
        (("",), "?", "choices"),
        ((" \n",), "?", "choices"),
        (("x" * 21,), "?", "choices"),
        (("Yes", "yes "), "?", "choices"),
    ],
)
def test_what_no_button_shows_is_refused(choices: tuple[str, ...], text: str, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        checked(choices, text)
    assert wrong.value.field == field


def test_without_buttons_they_are_numbered_below_the_question() -> None:
    assert numbered("Shall we? \n", ("Yes", "No")) == "Shall we?\n\n1. Yes\n2. No"
    assert numbered("Hello \n", ()) == "Hello \n"
