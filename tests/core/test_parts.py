"""Which parts of a message belong together, what they say, and when it has waited long enough."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core.ids import DeliveryId, MessageId
from inbox.core.parts import OVER, WAIT, Parted, Piece, added


def came(number: int, key: str = "", at: int = 0, total: int = 5) -> Parted:
    key = key or f"k{number}"
    return Parted("p", key, total, at, (Piece(number, key, f"<{number}>", DeliveryId(key)),))


def gathered(*numbers: int) -> Parted:
    there = None
    for number in numbers:
        there = added(there, came(number), 0)
    assert there is not None
    return there


def test_parts_stand_in_their_order_and_one_mark_for_those_beside_each_other_that_are_missing() -> None:
    assert gathered(5, 1, 3, 2, 4).text == "<1><2><3><4><5>"
    assert gathered(4).text == "[…]<4>[…]"
    assert gathered(1, 5).text == "<1>[…]<5>"


def test_the_same_part_again_changes_nothing() -> None:
    there = gathered(1, 2)
    assert added(there, came(2), 10) == there


def test_it_is_due_when_it_is_whole_or_has_waited_or_is_shown() -> None:
    assert not gathered(1, 2).is_due(WAIT - 1)
    assert gathered(1, 2).is_due(WAIT)
    assert gathered(1, 2, 3, 4, 5).is_due(0)
    assert replace(gathered(1), message=MessageId("m")).is_due(0)


def test_a_taken_place_waits_for_a_message_that_is_not_shown_and_begins_another_after_one_that_is() -> None:
    other = came(1, "other", at=5)
    assert added(gathered(1, 2), other, 5) is None
    assert added(replace(gathered(1, 2), message=MessageId("m")), other, 5) == other


def test_a_shown_message_takes_its_missing_parts_for_a_day() -> None:
    there = replace(gathered(1), message=MessageId("m"))
    late = added(there, came(2, at=OVER), OVER)
    assert late is not None
    assert late.text == "<1><2>[…]"
    later = came(2, at=OVER + 1)
    assert added(there, later, OVER + 1) == later
