"""What counts as an answer to a survey, and until when."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core.errors import Conflict, Invalid
from inbox.core.rating import (
    CHANGE_MS,
    LONGEST_COMMENT,
    MOST_CHANGES,
    OPEN_MS,
    Asked,
    SurveyKind,
    Words,
    answered,
    choices,
    comment_of,
    is_open,
    score_of,
)

NOON = 1_795_262_400_000
WORDS = Words("How was it?", ("Very bad", "Bad", "Okay", "Good", "Very good"), "Why?", "Send", "Thanks!", "Too late.", "en")
CSAT = Asked("s", SurveyKind.CSAT, WORDS, NOON)
NPS = Asked("s", SurveyKind.NPS, replace(WORDS, labels=("Never", "Surely")), NOON)


def test_choices_go_from_the_worst_to_the_best() -> None:
    assert choices(CSAT) == WORDS.labels
    assert choices(NPS) == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")


@pytest.mark.parametrize(
    ("asked", "text", "digits", "score"),
    [
        (CSAT, " very  GOOD ", False, 5),
        (CSAT, "Very bad", True, 1),
        (CSAT, "4", True, 4),
        (CSAT, "4", False, None),
        (CSAT, "0", True, None),
        (CSAT, "6", True, None),
        (CSAT, "good, thanks", True, None),
        (CSAT, "", True, None),
        (NPS, "10", True, 10),
        (NPS, "0", True, 0),
        (NPS, "7", False, None),
        (NPS, "11", True, None),
    ],
)
def test_only_a_choice_or_its_number_is_a_score(asked: Asked, text: str, digits: bool, score: int | None) -> None:
    assert score_of(asked, text, digits=digits) == score


def test_a_score_and_a_comment_are_kept_and_changed_for_a_day() -> None:
    first = answered(CSAT, 2, None, NOON + 1)
    assert (first.score, first.scored_at, first.comment) == (2, NOON + 1, "")
    later = answered(first, 5, "  Found it.\r\nSorry! ", NOON + CHANGE_MS)
    assert (later.score, later.scored_at, later.comment) == (5, NOON + 1, "Found it.\nSorry!")
    assert answered(later, None, None, NOON + 2) is later
    assert answered(later, 5, None, NOON + 2) is later
    assert answered(later, None, "", NOON + 2).comment == ""
    with pytest.raises(Conflict):
        answered(first, 1, None, NOON + 1 + CHANGE_MS)


def test_it_is_open_for_thirty_days_until_it_is_answered() -> None:
    assert is_open(CSAT, NOON + OPEN_MS - 1)
    assert not is_open(CSAT, NOON + OPEN_MS)
    with pytest.raises(Conflict):
        answered(CSAT, 5, None, NOON + OPEN_MS)


def test_nobody_plays_with_it_for_ever() -> None:
    played = CSAT
    for turn in range(MOST_CHANGES):
        played = answered(played, 1 + turn % 5, None, NOON + 1)
    with pytest.raises(Conflict):
        answered(played, 3, "x", NOON + 2)


@pytest.mark.parametrize("score", [0, 6, -1, 99])
def test_a_score_that_is_not_there_is_refused(score: int) -> None:
    with pytest.raises(Invalid):
        answered(CSAT, score, None, NOON)


def test_a_comment_needs_a_score_and_has_an_end() -> None:
    with pytest.raises(Invalid):
        answered(CSAT, None, "bad", NOON)
    assert len(answered(CSAT, 1, "x" * 9_999, NOON).comment) == LONGEST_COMMENT


@pytest.mark.parametrize("text", ["And when does it come?", "それは何ですか\uff1f", "متى يصل\u061f"])
def test_who_asks_something_after_his_score_waits_for_an_answer(text: str) -> None:
    rated = answered(CSAT, 2, None, NOON)
    assert comment_of(rated, text, NOON + 1) is None
    assert comment_of(rated, "It took long.", NOON + 1) == "It took long."
