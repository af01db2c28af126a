"""Phone numbers and the messages a text is cut into."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.phone import Segments, e164, segments


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("+49 30 123456", None, "+4930123456"),
        ("tel:+1-415-555-2671", None, "+14155552671"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        (" 030 123456 ", "DE", "+4930123456"),
        ("030 123456", None, ""),
        ("12345", None, ""),
        ("SHOP", None, ""),
        ("A+4917112345", None, ""),
        ("+1800FLOWERS", None, ""),
        ("+491", None, ""),
        ("+1415555", None, ""),
        ("", None, ""),
        ("+" + "1" * 300, None, ""),
    ],
)
def test_numbers_have_one_form(written: str, region: str | None, expected: str) -> None:
    assert e164(written, region) == expected


@given(st.text())
def test_whatever_is_written_is_a_number_or_none(written: str) -> None:
    number = e164(written)
    assert number == "" or (number.startswith("+") and number[1:].isdecimal() and e164(number) == number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("gsm-7", 0, 0)),
        ("a" * 160, Segments("gsm-7", 160, 1)),
        ("a" * 161, Segments("gsm-7", 161, 2)),
        ("a" * 306, Segments("gsm-7", 306, 2)),
        ("a" * 307, Segments("gsm-7", 307, 3)),
        ("€" * 80, Segments("gsm-7", 160, 1)),
        ("a" * 152 + "€" * 77, Segments("gsm-7", 306, 3)),  # the first message ends a septet early, so the last sign needs a third
        ("ç", Segments("ucs-2", 1, 1)),
        ("ж" * 70, Segments("ucs-2", 70, 1)),
        ("ж" * 71, Segments("ucs-2", 71, 2)),
        ("😀" * 35, Segments("ucs-2", 70, 1)),
        ("ж" * 66 + "😀" * 34, Segments("ucs-2", 134, 3)),
    ],
)
def test_a_text_is_cut_as_phones_cut_it(text: str, expected: Segments) -> None:
    assert segments(text) == expected


@given(st.text(alphabet=st.sampled_from("a€ç😀\n"), max_size=400))
def test_no_message_holds_more_than_it_can(text: str) -> None:
    cut = segments(text)
    alone, part = (160, 153) if cut.encoding == "gsm-7" else (70, 67)
    assert cut.units <= (alone if cut.count <= 1 else part * cut.count)
    assert cut.count <= 1 or cut.units > alone
    assert cut.count <= 1 or cut.units > (part - 1) * (cut.count - 1)
