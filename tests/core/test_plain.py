"""Markdown as plain text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.plain import plain


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Hello", "Hello"),
        ("**Yes**, _really_, ***both***, `code`", "Yes, really, both, code"),
        ("# Title\ntext", "Title\ntext"),
        ("* one\n* two\n  * three", "- one\n- two\n  - three"),
        ("- one\n1. two", "- one\n1. two"),
        ("See [our terms](https://a.example/t).", "See our terms (https://a.example/t)."),
        ("[https://a.example](https://a.example) <https://b.example/x>", "https://a.example https://b.example/x"),
        ("[anna@a.example](mailto:anna@a.example)", "anna@a.example"),
        ("![map](https://a.example/m.png)", "map (https://a.example/m.png)"),
        ("```python\nx = 1\n```", "x = 1"),
        ("2 * 3 * 4, 2*3*4 and snake_case_name, #1042", "2 * 3 * 4, 2*3*4 and snake_case_name, #1042"),
        (r"\*not bold\* and 1\. no list", "*not bold* and 1. no list"),
        ("> quoted\n> twice", "> quoted\n> twice"),
        ("a [b] (c) [d]", "a [b] (c) [d]"),
    ],
)
def test_markup_goes_and_words_stay(written: str, shown: str) -> None:
    assert plain(written) == shown


@given(st.text(alphabet=st.characters(categories=["L", "N", "Zs"])))
def test_a_text_without_markup_stays_as_it_is(text: str) -> None:
    assert plain(text) == text.strip()


@pytest.mark.parametrize("piece", ["*", "**a ", "_a ", "[", "![](", "`", "<http://", "```\n", "\\", "# ", "[a](", "*a*_"])
def test_no_text_takes_longer_than_its_length_deserves(piece: str) -> None:
    started = time.process_time()
    plain(piece * 20_000)
    assert time.process_time() - started < 1
