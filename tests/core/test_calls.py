"""What is kept of a logged call, and what it means for promises and turns."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core import calls, policies, sla
from inbox.core.conversation import Category, ClockState, Priority
from inbox.core.errors import Invalid
from inbox.core.events import EventType
from inbox.core.message import Author, Call, Kind, Message
from inbox.core.policies import Policy, Targets
from inbox.testing.builders import a_conversation, a_message

NOW = 1_800_000_000_000
HOUR = 3_600_000
PROMISES = policies.start(Policy("gold", targets=Targets(first_response=HOUR)), Priority.NORMAL)


def a_call(**changes: Any) -> Call:
    defaults: dict[str, Any] = {"number": "+49 30 123456", "direction": "out", "outcome": "answered", "started_at": NOW - 600_000}
    return Call(**defaults | changes)


def logged(call: Call) -> Message:
    fields: dict[str, Any] = {"kind": Kind.CALL, "author": Author("agent", "mia"), "sender": None, "channel": None}
    return a_message("m2", at=call.started_at, arrived_at=NOW, call=call, **fields)


def test_a_call_is_kept_with_its_number_in_one_form() -> None:
    assert calls.checked(a_call(seconds=90_000), NOW) == a_call(number="+4930123456", seconds=86_400)
    assert calls.checked(a_call(recording="https://rec.example/a?b=1"), NOW).recording == "https://rec.example/a?b=1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "030 123456"}, "number"),
        ({"number": "nobody"}, "number"),
        ({"started_at": NOW + calls.AHEAD + 1}, "started_at"),
        ({"outcome": "busy", "seconds": 1}, "seconds"),
        ({"recording": "http://rec.example"}, "recording"),
        ({"recording": "https://"}, "recording"),
        ({"recording": "https://a:b@rec.example"}, "recording"),
        ({"recording": "https://rec.example/a b"}, "recording"),
        ({"recording": "https://[rec"}, "recording"),
        ({"recording": "javascript:alert(1)"}, "recording"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        calls.checked(a_call(**changes), NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("call", "settled", "category", "waits", "first"),
    [
        (a_call(), False, Category.WAITING, False, ClockState.MET),
        (a_call(outcome="no_answer"), False, Category.OPEN, True, ClockState.RUNNING),
        (a_call(outcome="no_answer"), True, Category.RESOLVED, False, ClockState.MET),
        (a_call(direction="in"), False, Category.OPEN, True, ClockState.RUNNING),
        (a_call(direction="in"), True, Category.RESOLVED, False, ClockState.MET),
    ],
)
def test_what_a_call_means(call: Call, settled: bool, category: Category, waits: bool, first: ClockState) -> None:
    clocks = sla.on_category(sla.on_customer_message(PROMISES, NOW - HOUR // 2), Category.OPEN, NOW - HOUR // 2).clocks
    before = a_conversation("c", assignee="mia", sla=clocks, waiting_since=NOW - HOUR // 2, inbound=1, messages=1)
    changed = calls.logged(before, logged(call), NOW, settled=settled)
    c = changed.conversation
    assert (c.category, c.waiting_since is not None, c.sla[0].state) == (category, waits, first)
    assert (c.messages, c.inbound) == (2, 1)
    assert c.last is not None
    assert (c.last.kind, c.last.content) == (Kind.CALL, "call")
    assert changed.types[0] is EventType.CALL_LOGGED


def test_the_customers_call_opens_what_was_closed_and_he_waits_since_it_began() -> None:
    closed = a_conversation("c", category=Category.RESOLVED, status="resolved", resolved_at=NOW - HOUR, waiting_since=None)
    c = calls.logged(closed, logged(a_call(direction="in")), NOW).conversation
    assert (c.category, c.waiting_since) == (Category.OPEN, NOW - 600_000)


def test_no_call_is_logged_into_spam_and_none_without_a_call() -> None:
    spam = a_conversation("c", category=Category.SPAM, status="spam")
    with pytest.raises(Invalid, match="spam"):
        calls.logged(spam, logged(a_call()), NOW)
    with pytest.raises(Invalid, match="call"):
        calls.logged(a_conversation("c"), a_message("m"), NOW)
