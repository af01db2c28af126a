"""A link opens one file for an hour, and nothing else ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.ids import FileId
from inbox.core.links import file_link, linked_file

OLD, NEW = b"o" * 32, b"n" * 32
FILE = FileId("0123456789abcdef")


def test_a_link_opens_its_file_until_its_time_is_over() -> None:
    link = file_link(NEW, FILE, 1_000)
    assert linked_file((NEW,), link, 999) == FILE
    assert linked_file((NEW,), link, 1_000) is None


def test_links_made_with_the_key_before_stay_good() -> None:
    assert linked_file((NEW, OLD), file_link(OLD, FILE, 1_000), 0) == FILE
    assert linked_file((NEW,), file_link(OLD, FILE, 1_000), 0) is None


@pytest.mark.parametrize("change", [lambda f, u, m: f"{f}0.{u}.{m}", lambda f, u, m: f"{f}.{u}0.{m}", lambda f, u, m: f"{f}.0{u}.{m}"])
def test_nothing_in_a_link_can_be_changed(change: object) -> None:
    assert callable(change)
    assert linked_file((NEW,), change(*file_link(NEW, FILE, 1_000).split(".")), 0) is None


@given(st.text())
def test_any_text_is_no_link(text: str) -> None:
    assert linked_file((NEW,), text, 0) is None


@given(st.text("0123456789abcdef.", max_size=80))
def test_anything_that_looks_like_one_is_no_link(text: str) -> None:
    assert linked_file((NEW,), text, 0) is None
