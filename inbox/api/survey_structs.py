"""Bodies about satisfaction surveys, for admins."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from inbox.api.segment_structs import require_known
from inbox.api.structs import NO_NUL, ONE_LINE, Count, Input, Name
from inbox.core.conditions import ALWAYS, Condition
from inbox.core.permissions import Action, Actor, require
from inbox.core.rating import DAY, SurveyKind, Words
from inbox.core.surveys import Survey, checked

Said = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_NUL)]
Label = Annotated[str, Meta(min_length=1, max_length=40, pattern=ONE_LINE)]


class SurveyWords(Input, frozen=True):
    """What the customer reads, in one language (``language``: its BCP 47 tag); ``labels`` from the worst to the best, five for CSAT, for
    NPS the two ends. ``send`` is on the button below the comment, ``closed`` is said when it is too late to answer."""

    question: Said
    labels: Annotated[tuple[Label, ...], Meta(max_length=5)]
    comment_question: Said
    send: Label
    thanks: Said
    closed: Said
    language: Annotated[str, Meta(max_length=35, pattern=r"^[A-Za-z0-9-]*\Z")] = ""


class SaveSurvey(Input, frozen=True):
    """A survey as it shall be. ``version`` is the one that was seen, 0 for a new one; the other fields are as in a survey itself."""

    name: Name
    kind: SurveyKind
    words: SurveyWords
    version: Count = 0
    order: Annotated[int, Meta(ge=0, le=10_000)] = 0
    enabled: bool = True
    conditions: Condition = ALWAYS
    wait_ms: Annotated[int, Meta(ge=0, le=30 * DAY)] = 0
    again_days: Annotated[int, Meta(ge=0, le=3650)] = 30


def survey(body: SaveSurvey, id: str, actor: Actor, before: Survey | None) -> Survey:
    """The survey to be stored. Raises ``Invalid``."""
    w = body.words
    words = Words(w.question, w.labels, w.comment_question, w.send, w.thanks, w.closed, w.language)
    return checked(
        Survey(
            id=id,
            name=body.name,
            kind=body.kind,
            words=words,
            version=body.version,
            order=body.order,
            enabled=body.enabled,
            conditions=body.conditions,
            wait_ms=body.wait_ms,
            again_days=body.again_days,
        )
    )


def stands(layer: Any, actor: Actor, before: Survey | None, after: Survey | None) -> None:
    """Who may make surveys makes them, for segments that are there."""
    require(actor, Action.MANAGE_SURVEYS)
    if after is not None:
        require_known(layer, after.conditions)
