"""A projection gets what it heard in order, and is told by a gap that it missed something."""

from __future__ import annotations

from inbox.flow.feed import Change
from inbox.flow.heard import MOST, Heard
from inbox.testing.builders import an_event


def heard(*numbers: int, o: int = 1) -> list[Change]:
    """Changes of a writer."""
    return [Change(an_event(n, o=o)) for n in numbers]


def taken(changes: list[Change]) -> list[tuple[int, int]]:
    """Which entries they are."""
    return [(change.event.o, change.event.n) for change in changes]


def test_what_follows_on_the_cursor_is_taken_once() -> None:
    kept = Heard()
    kept.extend([*heard(4, 5), *heard(1, o=2)])
    assert taken(kept.after({1: 3})) == [(1, 4), (1, 5), (2, 1)]
    assert taken(kept.after({1: 5, 2: 1})) == []


def test_what_was_missed_is_left_to_the_journal_and_what_is_behind_it_stays() -> None:
    kept = Heard()
    kept.extend(heard(4, 6))
    assert taken(kept.after({1: 3})) == [(1, 4)]
    assert taken(kept.after({1: 4})) == []
    assert taken(kept.after({1: 5})) == [(1, 6)]


def test_what_the_cursor_is_past_is_let_go() -> None:
    kept = Heard()
    kept.extend(heard(1, 2, 3))
    assert taken(kept.after({1: 2})) == [(1, 3)]
    assert len(kept) == 0


def test_no_more_is_taken_than_asked_for_nor_kept_than_there_is_room() -> None:
    kept = Heard()
    kept.extend(heard(*range(1, MOST + 11)))
    assert taken(kept.after({1: 0})) == []
    assert taken(kept.after({1: 10}, limit=2)) == [(1, 11), (1, 12)]
    assert len(kept) == MOST - 2
