"""Satisfaction surveys: what is asked of a customer once his matter is resolved, and of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.conditions import ALWAYS, Condition, Field, check, facts_of, holds, parts_of
from inbox.core.conversation import Asking, Category, Conversation
from inbox.core.customer import Customer
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.core.order import tried
from inbox.core.rating import DAY, LABELS, LONGEST_LABEL, SurveyKind, Words
from inbox.core.segments import Segment, among

STALE_MS: Final = 30 * DAY
"""Nobody is asked about a matter in which nothing was said for so long, such as when an old backlog is cleared away."""


class Survey(Struct, frozen=True):
    """One survey. The first by ``order`` and name that is ``enabled`` and whose ``conditions`` hold is asked ``wait_ms`` after
    the resolution.

    A customer who was asked anything is not asked again for ``again_days``.
    """

    id: str
    name: str
    kind: SurveyKind
    words: Words
    version: int
    order: int = 0
    enabled: bool = True
    conditions: Condition = ALWAYS
    wait_ms: int = 0
    again_days: int = 30


def checked(survey: Survey) -> Survey:
    """The survey, if it can be asked. Raises ``Invalid``."""
    words = survey.words
    for name in ("question", "comment_question", "send", "thanks", "closed"):
        if not getattr(words, name).strip():
            raise Invalid(f"words.{name}", "must not be empty")
    if len(words.labels) != LABELS[survey.kind]:
        raise Invalid("words.labels", f"give {LABELS[survey.kind]}, from the worst to the best")
    lines = [" ".join(label.split()) for label in words.labels]
    if any(not line or len(line) > LONGEST_LABEL for line in lines):
        raise Invalid("words.labels", f"each has 1 to {LONGEST_LABEL} characters")
    if len({line.casefold() for line in lines}) < len(lines):
        raise Invalid("words.labels", "each only once")
    if any(test.field == Field.TIME for test in parts_of(check(survey.conditions))):
        raise Invalid("conditions", "a survey does not go by opening hours; have it wait instead")
    return replace(survey, words=replace(words, labels=tuple(lines)))


def is_news(before: Conversation | None, after: Conversation) -> bool:
    """Whether it has just been resolved."""
    resolved = after.category is Category.RESOLVED and after.merged_into is None
    return resolved and before is not None and before.category is not Category.RESOLVED


def plan(
    c: Conversation, surveys: Mapping[str, Survey], customer: Customer | None, kind: str, now: Instant, segments: Iterable[Segment] = ()
) -> Conversation:
    """A resolved conversation with the survey its customer is to be asked, if any; ``kind`` is that of its channel."""
    if not is_asked_about(c, now):
        return c
    facts = facts_of(c, kind, customer, queue=c.queue or "", segments=among(customer, segments))
    fit = (s for s in surveys.values() if s.enabled and holds(s.conditions, facts))
    survey = min(fit, key=tried, default=None)
    if survey is None or (customer is not None and rests(customer.surveyed_at, survey, now)):
        return c
    return replace(c, asking=Asking(survey.id, now + survey.wait_ms))


def is_asked_about(c: Conversation, now: Instant) -> bool:
    """Whether it is a matter to be asked about: a customer wrote, somebody answered him, and that is not long ago.

    Machines' mails, what we began and nobody answered, and what was closed without a word are none.
    """
    if c.category is not Category.RESOLVED or c.heard_at is None or c.last_reply is None or c.last_reply.author == "system":
        return False
    return now <= max(c.heard_at, c.last_reply.at) + STALE_MS


def rests(surveyed_at: Instant, survey: Survey, now: Instant) -> bool:
    """Whether the customer was asked too lately to be asked again."""
    return bool(surveyed_at) and now < surveyed_at + survey.again_days * DAY
