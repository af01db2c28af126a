"""How far a folder was read, and what is fetched together."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from connectors.email.imap_position import AT_ONCE, AT_ONCE_BYTES, OVERLAP, Position, groups, position, stored

uids = st.lists(st.integers(1, 500), min_size=1, max_size=30, unique=True)


@given(st.lists(uids, max_size=8))
def test_every_uid_in_the_overlap_is_either_done_or_asked_about_again(rounds: list[list[int]]) -> None:
    at, done = Position(7), set[int]()
    for group in rounds:
        at = at.after(group)
        done |= set(group)
    assert at.last_uid == max(done, default=0)
    assert set(at.recent) == {uid for uid in done if uid >= at.low}
    assert at.low > at.last_uid - OVERLAP
    assert position(stored(at), 7) == at


def test_another_uidvalidity_begins_anew() -> None:
    assert position(stored(Position(7).after([1, 2, 3])), 8) == Position(8)
    assert position({}, 8) == Position(8)


def test_what_is_set_aside_stays_until_it_is_done() -> None:
    at = Position(7).after([1], aside=[1]).after([2])
    assert at.aside == (1,)
    assert at.after([1]).aside == ()


@given(st.dictionaries(st.integers(1, 10_000), st.integers(0, 3 << 20), max_size=200), st.sets(st.integers(1, 10_000), max_size=5))
def test_groups_hold_everything_once_in_order_and_suspects_alone(sizes: dict[int, int], suspects: set[int]) -> None:
    made = list(groups(sizes, Counter(suspects)))
    assert [uid for group in made for uid in group] == sorted(sizes)
    for group in made:
        assert len(group) <= AT_ONCE
        assert len(group) == 1 or sum(sizes[uid] for uid in group) <= AT_ONCE_BYTES
        assert len(group) == 1 or not set(group) & suspects
