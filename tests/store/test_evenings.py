"""What lasted over a day is found by one block of days, and by no more than one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inbox.store.evenings import DAY_MS, LASTING, LENGTHS, around, blocks

instants = st.integers(0, 200 * 365 * DAY_MS // 4)


@given(st.tuples(instants, instants).map(sorted), instants)
def test_a_day_shares_one_block_with_what_touched_it_and_none_with_the_rest(span: list[int], at: int) -> None:
    began, over = span
    held = blocks(began, over)
    assert len(held) == len(set(held)) <= 2 * LENGTHS
    touched = began // DAY_MS <= at // DAY_MS <= over // DAY_MS
    assert len(set(held) & set(around(at))) == touched
    for inside in (began, over, (began + over) // 2):
        assert len(set(held) & set(around(inside))) == 1


def test_what_lasts_is_found_from_any_day() -> None:
    assert LASTING in around(0)
    assert LASTING in around(20_000 * DAY_MS)
    assert LASTING not in blocks(0, 20_000 * DAY_MS)
