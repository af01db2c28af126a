"""Which survey is planned for a resolved conversation, and for which none is."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core.conditions import Condition
from inbox.core.conversation import Asking, Category, Conversation, LastMessage
from inbox.core.customer import Customer
from inbox.core.errors import Invalid
from inbox.core.ids import CustomerId, MessageId
from inbox.core.message import Kind
from inbox.core.rating import DAY, SurveyKind, Words
from inbox.core.surveys import STALE_MS, Survey, checked, is_asked_about, is_news, plan, rests
from inbox.testing.builders import a_conversation

NOON = 1_795_262_400_000
WORDS = Words("How was it?", ("1", "2", "3", "4", "5"), "Why?", "Send", "Thanks!", "Too late.")
SURVEY = Survey("b", "All", SurveyKind.CSAT, WORDS, 1, wait_ms=60_000, order=2)
VIPS = Survey("a", "VIPs", SurveyKind.CSAT, WORDS, 1, conditions=Condition(field="tag", op="has", value="vip"))
BOTH = {"b": SURVEY, "a": VIPS}


def resolved(**fields: Any) -> Conversation:
    reply = LastMessage(MessageId("r"), NOON - 1, Kind.REPLY, "mia", "")
    made = replace(a_conversation("x"), category=Category.RESOLVED, status="resolved", heard_at=NOON - 2, last_reply=reply)
    return replace(made, **fields)


def test_the_first_whose_conditions_hold_is_planned_after_its_wait() -> None:
    assert plan(resolved(), BOTH, None, "email", NOON).asking == Asking("b", NOON + 60_000)
    assert plan(resolved(tags=("vip",)), BOTH, None, "email", NOON).asking == Asking("a", NOON)
    off = {"b": replace(SURVEY, enabled=False), "a": VIPS}
    assert plan(resolved(), off, None, "email", NOON).asking is None


@pytest.mark.parametrize(
    "fields",
    [
        {"category": Category.SPAM},
        {"category": Category.OPEN},
        {"heard_at": None},
        {"last_reply": None},
        {"last_reply": LastMessage(MessageId("r"), NOON, Kind.REPLY, "system", "")},
        {"heard_at": NOON - STALE_MS - 2, "last_reply": LastMessage(MessageId("r"), NOON - STALE_MS - 1, Kind.REPLY, "mia", "")},
    ],
    ids=["spam", "not resolved", "only machines or we wrote", "nobody answered", "only the house answered", "long ago"],
)
def test_nobody_is_asked_about_what_was_no_service(fields: dict[str, Any]) -> None:
    assert not is_asked_about(resolved(**fields), NOON)
    assert plan(resolved(**fields), BOTH, None, "email", NOON).asking is None


def test_a_customer_is_left_alone_for_a_while() -> None:
    asked = Customer(CustomerId("c"), surveyed_at=NOON - 30 * DAY + 1)
    assert plan(resolved(), BOTH, asked, "email", NOON).asking is None
    assert plan(resolved(), BOTH, asked, "email", NOON + 1).asking is not None
    assert not rests(0, SURVEY, NOON)


def test_only_the_step_to_resolved_counts() -> None:
    opened = resolved(category=Category.OPEN)
    assert is_news(opened, resolved())
    assert not is_news(None, resolved())
    assert not is_news(resolved(), resolved())
    assert not is_news(resolved(), opened)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"words": replace(WORDS, question=" ")}, "words.question"),
        ({"words": replace(WORDS, labels=("a", "b"))}, "words.labels"),
        ({"words": replace(WORDS, labels=("a", "A", "b", "c", "d"))}, "words.labels"),
        ({"words": replace(WORDS, labels=("a" * 21, "c", "b", "e", "d"))}, "words.labels"),
        ({"kind": SurveyKind.NPS}, "words.labels"),
        ({"conditions": Condition(field="time", op="inside", value="h")}, "conditions"),
        ({"conditions": Condition(field="nonsense", op="is")}, "conditions"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(replace(SURVEY, **changes))
    assert refused.value.field.startswith(field)


def test_labels_are_one_line() -> None:
    assert checked(replace(SURVEY, words=replace(WORDS, labels=(" a  b ", "2", "3", "4", "5")))).words.labels[0] == "a b"
