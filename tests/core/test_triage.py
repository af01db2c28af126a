"""Previews, subjects, tags and participants: one form, within limits, whatever comes in."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core import triage
from inbox.core.conversation import Participant
from inbox.core.errors import Invalid, NotFound
from inbox.core.ids import FileId
from inbox.core.message import Attachment, Card, Kind
from tests.core import strategies as some
from tests.core.strategies import message

FILE = Attachment(FileId("f"), "invoice.pdf", "application/pdf", 10)


@given(some.texts, some.maybe(st.integers(0, 80)))
def test_a_preview_is_one_short_line_that_can_be_stored(text: str, fresh: int | None) -> None:
    line = triage.preview(message(text=text, fresh=fresh))
    assert len(line) <= triage.MAX_PREVIEW
    assert line == line.strip()
    assert len(line.splitlines()) <= 1
    assert msgspec.json.decode(msgspec.json.encode(line)) == line


@given(some.texts)
def test_one_line_is_settled_after_the_first_time(text: str) -> None:
    assert triage.one_line(triage.one_line(text)) == triage.one_line(text)


def test_a_preview_leaves_quoted_history_out() -> None:
    assert triage.preview(message(text="Yes.\n> Do you?", fresh=5)) == "Yes."


def test_a_preview_shows_no_markup_of_ours_and_leaves_what_customers_write() -> None:
    written = "## Hello\n**Yes**, see [the page](https://x.test)"
    assert triage.preview(message(text=written, kind=Kind.REPLY)) == "Hello Yes, see the page (https://x.test)"
    assert triage.preview(message(text="2 **for** 1", kind=Kind.CUSTOMER)) == "2 **for** 1"


def test_a_preview_of_an_empty_text_names_the_first_file_or_the_subject() -> None:
    other = Attachment(FileId("g"), "other.png", "image/png", 10)
    assert triage.preview(message(text=" \n", attachments=(FILE, other), subject="Bill")) == "invoice.pdf"
    unnamed = Attachment(FileId("h"), " ", "image/png", 10)
    assert triage.preview(message(text="", attachments=(unnamed, other), subject="Bill")) == "Bill"
    assert triage.preview(message(text="", subject="Bill")) == "Bill"
    assert triage.preview(message(text="")) == ""


def test_the_list_says_what_a_message_without_text_is() -> None:
    place, button = Card("location", "Hauptbahnhof"), Card("choice", "Yes")
    shown = triage.newest(replace(message(text=""), cards=(place, button)))
    assert (shown.preview, shown.content) == ("Hauptbahnhof", "location")
    assert triage.newest(replace(message(text="Yes"), cards=(button,))).content == ""
    assert triage.newest(replace(message(text="> You wrote", fresh=0), cards=(button,))).content == "choice"
    assert triage.newest(replace(message(text=""), deleted_at=1)).content == "withdrawn"
    assert triage.newest(message(text="")).content == ""


def test_a_long_preview_ends_in_an_ellipsis() -> None:
    assert triage.preview(message(text="x" * 120)) == "x" * 120
    assert triage.preview(message(text="x" * 121)) == "x" * 119 + "…"
    assert triage.preview(message(text="y" * 118 + " zz z")) == "y" * 118 + "…"


def test_invisible_characters_do_not_reach_a_list() -> None:
    assert triage.one_line("a\u202eb\x00c\x1b[31m\ud800d\u2028e\u00a0f") == "abc[31md e f"
    assert triage.one_line("a\x00b\x7f") == "ab"
    assert triage.one_line("é\u200e!") == "é!"
    assert triage.one_line("می‌خواهم 👩‍👧") == "می‌خواهم 👩‍👧"


def test_a_subject_is_one_line_of_at_most_500_characters() -> None:
    assert triage.subject("  Re:\r\n  order ") == "Re: order"
    assert triage.subject("x" * 500) == "x" * 500
    for bad in ("", " \n\u202e", "x" * 501, " " * 5_000 + "x"):
        with pytest.raises(Invalid, match="subject"):
            triage.subject(bad)


def test_tags_differ_by_more_than_case() -> None:
    assert triage.tags(("VIP",), ("vip", " Straße ", "STRASSE", "a  b"), ()) == ("VIP", "Straße", "a b")
    assert triage.tags(("VIP", "x"), (), ("vip", "unknown")) == ("x",)
    assert triage.tags((), ("e\u0301",), ()) == ("é",)
    assert triage.tags(("é",), (), ("e\u0301",)) == ()


def test_removing_and_adding_the_same_tag_takes_the_new_spelling() -> None:
    assert triage.tags(("vip", "x"), ("VIP",), ("vip",)) == ("x", "VIP")


def test_tags_have_limits() -> None:
    assert triage.tags((), ("x" * 50,), ()) == ("x" * 50,)
    for bad in ("x" * 51, "", " ", "\u202e", " " * 4_000 + "x"):
        with pytest.raises(Invalid, match="tags"):
            triage.tags((), (bad,), ())
    fifty = tuple(f"t{n}" for n in range(50))
    assert triage.tags(fifty[1:], fifty[:1], ()) == (*fifty[1:], "t0")
    with pytest.raises(Invalid, match="at most 50"):
        triage.tags(fifty, ("more",), ())


@given(some.tags, st.lists(some.texts, max_size=4), st.lists(some.texts, max_size=4))
def test_tags_never_hold_two_that_are_equal(present: tuple[str, ...], add: list[str], remove: list[str]) -> None:
    try:
        kept = triage.tags(present, add, remove)
    except Invalid:
        return
    assert len({tag.casefold() for tag in kept}) == len(kept)
    assert triage.tags(kept, kept, ()) == kept


def test_participants_are_found_by_kind_and_value() -> None:
    kim, eve = Participant("email", "kim@x.org"), Participant("email", "eve@x.org", accepted=False)
    mal = Participant("email", "mal@x.org", accepted=False)
    assert triage.accepted((kim, eve, mal), "email", "eve@x.org") == (kim, Participant("email", "eve@x.org"), mal)
    assert triage.without((kim, eve), "email", "kim@x.org") == (eve,)
    for change in (triage.accepted, triage.without):
        with pytest.raises(NotFound):
            change((kim, eve), "phone", "kim@x.org")
    with pytest.raises(Invalid, match="only"):
        triage.without((kim,), "email", "kim@x.org")
