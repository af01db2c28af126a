"""A customer's answer to a survey: the question as it was put to him, his score, and until when he may change it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.errors import Conflict, Invalid
from inbox.core.ids import Instant

DAY: Final = 24 * 60 * 60 * 1000
OPEN_MS: Final = 30 * DAY
"""How long after it was asked a survey can be answered."""
CHANGE_MS: Final = DAY
"""How long after the first answer score and comment can be changed."""
COMMENT_MS: Final = 10 * 60 * 1000
"""How long after his score the next line of a customer in a chat answers what the thanks asked."""
MOST_CHANGES: Final = 50
LONGEST_COMMENT: Final = 2_000
ASKS, ANSWERS, THANKS = "survey", "survey-answer", "survey-thanks"
"""``Message.automatic`` of the question, of a score that came as a message, and of the thanks for it."""


class SurveyKind(StrEnum):
    """``CSAT``: how satisfied, 1 to 5. ``NPS``: how likely to recommend us, 0 to 10."""

    CSAT = "csat"
    NPS = "nps"


SCORES: Final = {SurveyKind.CSAT: range(1, 6), SurveyKind.NPS: range(11)}
LONGEST_LABEL: Final = 20
LABELS: Final = {SurveyKind.CSAT: 5, SurveyKind.NPS: 2}
"""How many words go with the scores: one for each, or one for each end."""


class Words(Struct, frozen=True, omit_defaults=True):
    """What a customer reads, all in one language. ``labels`` from the worst to the best. ``send`` is on the button below the comment,
    ``closed`` is said when it is too late to answer."""

    question: str
    labels: tuple[str, ...]
    comment_question: str
    send: str
    thanks: str
    closed: str
    language: str = ""


class Asked(Struct, frozen=True, omit_defaults=True):
    """A question as it was asked, with whom it is about, and the answer. ``score`` None: there is none yet.

    The words are those of that day, whatever becomes of the survey.
    """

    survey: str
    kind: SurveyKind
    words: Words
    at: Instant
    agent: str = ""
    team: str = ""
    queue: str = ""
    score: int | None = None
    scored_at: Instant = 0
    comment: str = ""
    changes: int = 0


def choices(asked: Asked) -> tuple[str, ...]:
    """What he chooses from, the worst first."""
    if asked.kind is SurveyKind.CSAT:
        return asked.words.labels
    return tuple(str(score) for score in SCORES[asked.kind])


def score_of(asked: Asked, text: str, *, digits: bool) -> int | None:
    """The score that a message gives, if it is one of the choices; with ``digits`` a bare number counts, too."""
    said = " ".join(text.split()).casefold()
    for score, label in zip(SCORES[asked.kind], choices(asked), strict=True):
        if said == label.casefold() and (digits or not label.isdigit()):
            return score
        if digits and said == str(score):
            return score
    return None


def is_open(asked: Asked, now: Instant) -> bool:
    """Whether an answer can be given or changed."""
    return asked.changes < MOST_CHANGES and now < (asked.at + OPEN_MS if asked.score is None else asked.scored_at + CHANGE_MS)


def comment_until(asked: Asked) -> Instant | None:
    """Until when a comment can be added to the score, or changed; None: there is no score, or no more can be said."""
    return None if asked.score is None or asked.changes >= MOST_CHANGES else asked.scored_at + CHANGE_MS


_ASKS = frozenset("?\uff1f\u061f\u037e")
"""Question marks: of Latin script, full width, Arabic, Greek."""


def comment_of(asked: Asked, text: str, now: Instant) -> str | None:
    """The comment that the line after a score in a chat is, if it is one: the first one, soon, not longer than a comment may be, and no
    question: who asks something waits for an answer."""
    line = text.strip()
    if _ASKS & set(line):
        return None
    waits = asked.score is not None and not asked.comment and now < asked.scored_at + COMMENT_MS
    return line if waits and is_open(asked, now) and 0 < len(line) <= LONGEST_COMMENT else None


def answered(asked: Asked, score: int | None, comment: str | None, now: Instant) -> Asked:
    """With a score, a comment or both; None leaves that part as it is.

    Raises ``Conflict`` when it is too late, ``Invalid`` for a score there is not, and for a comment without one.
    """
    if not is_open(asked, now):
        raise Conflict("It is too late to answer.")
    if score is not None and score not in SCORES[asked.kind]:
        raise Invalid("score", "there is no such score")
    if score is None and asked.score is None:
        raise Invalid("score", "choose a score first")
    told = asked.comment if comment is None else comment.replace("\r\n", "\n").strip()[:LONGEST_COMMENT]
    after = replace(asked, score=asked.score if score is None else score, comment=told, scored_at=asked.scored_at or now)
    return asked if after == asked else replace(after, changes=asked.changes + 1)
