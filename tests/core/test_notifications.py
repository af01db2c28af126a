"""Who is told of what, and that nobody is told of his own doing."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from inbox.core.conversation import Category
from inbox.core.events import Event, EventType, facets
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Author, Delivery, DeliveryState, Kind, Message, Reason
from inbox.core.notifications import KINDS, data_of, made
from inbox.core.scheduling import CUSTOMER_WROTE
from inbox.testing.builders import a_conversation, a_message, a_note, a_reply

MIA, TOM = AgentId("mia"), AgentId("tom")
FAILED, SENT = Delivery(DeliveryState.FAILED), Delivery(DeliveryState.SENT)
CUSTOMER = a_message("m1", kind=Kind.CUSTOMER, author=Author("customer", "anna"))
FOLLOWED = facets(a_conversation("c1", assignee=MIA, followers=(TOM, MIA)))
BY_TOM = {"author": Author("agent", "tom")}


def an_entry(type: EventType, actor: Author | None = None, **changes: Any) -> Event:
    """About a conversation of Mia's, unless its facets are given."""
    after = facets(a_conversation("c1", assignee=MIA))
    made_of = {"after": after, "conversation": ConversationId("c1"), "o": 2, "n": 7, **changes}
    return Event(type, 1_000, actor or Author("system"), **made_of)


def told(event: Event, message: Message | None = None) -> list[tuple[str, str]]:
    return [(n.agent, n.kind) for n in made(event, message)]


@pytest.mark.parametrize(
    ("event", "message", "expected"),
    [
        (an_entry(EventType.ASSIGNED), None, [("mia", "assigned")]),
        (an_entry(EventType.ASSIGNED, Author("agent", "mia")), None, []),
        (an_entry(EventType.ASSIGNED, cause="job:1"), None, []),
        (an_entry(EventType.ASSIGNED, after=None), None, []),
        (an_entry(EventType.ASSIGNED, conversation=None), None, []),
        (an_entry(EventType.ASSIGNED, after=facets(a_conversation("c1"))), None, []),
        (an_entry(EventType.MESSAGE_RECEIVED), CUSTOMER, [("mia", "reply")]),
        (an_entry(EventType.MESSAGE_RECEIVED), None, []),
        (an_entry(EventType.MESSAGE_RECEIVED), replace(CUSTOMER, automatic="auto-replied"), []),
        (an_entry(EventType.MESSAGE_RECEIVED), replace(CUSTOMER, late=True), []),
        (an_entry(EventType.MESSAGE_RECEIVED, after=facets(a_conversation("c1", assignee=MIA, category=Category.SPAM))), CUSTOMER, []),
        (an_entry(EventType.MESSAGE_RECEIVED, after=FOLLOWED), CUSTOMER, [("mia", "reply"), ("tom", "followed")]),
        (
            an_entry(EventType.MESSAGE_RECEIVED, after=replace(FOLLOWED, assignee=None)),
            CUSTOMER,
            [("tom", "followed"), ("mia", "followed")],
        ),
        (an_entry(EventType.MESSAGE_RECEIVED, after=FOLLOWED), replace(CUSTOMER, automatic="auto-replied"), []),
        (an_entry(EventType.MESSAGE_RECEIVED, after=replace(FOLLOWED, category=Category.SPAM)), CUSTOMER, []),
        (an_entry(EventType.MESSAGE_QUEUED, after=FOLLOWED), a_reply("r1"), []),
        (an_entry(EventType.ASSIGNED, after=FOLLOWED), None, [("mia", "assigned")]),
        (an_entry(EventType.SLA_WARNED), None, [("mia", "sla_warning")]),
        (an_entry(EventType.SLA_BREACHED), None, [("mia", "sla_breach")]),
        (an_entry(EventType.OFFERED, after=replace(facets(a_conversation("c1")), offered=TOM)), None, [("tom", "offer")]),
        (an_entry(EventType.OFFERED), None, []),
        (an_entry(EventType.NOTE_WRITTEN, **{"actor": Author("agent", "tom")}), a_note("n1", mentions=(MIA, TOM)), [("mia", "mention")]),
        (an_entry(EventType.DELIVERY_CHANGED, data={"failed": 1}), a_reply("r1", delivery=FAILED, **BY_TOM), [("tom", "send_failed")]),
        (an_entry(EventType.DELIVERY_CHANGED, data={"failed": 1}), a_reply("r1", delivery=FAILED, author=Author("bot", "b")), []),
        (an_entry(EventType.DELIVERY_CHANGED), a_reply("r1", delivery=FAILED, **BY_TOM), []),
        (an_entry(EventType.DELIVERY_CHANGED, data={"failed": 1}), a_reply("r1", delivery=SENT, **BY_TOM), []),
        (an_entry(EventType.DELIVERY_CHANGED, reason=Reason(CUSTOMER_WROTE)), a_reply("r1", **BY_TOM), [("tom", "send_cancelled")]),
        (an_entry(EventType.DELIVERY_CHANGED, reason=Reason("else")), a_reply("r1", **BY_TOM), []),
    ],
)
def test_who_is_told_of_what(event: Event, message: Message | None, expected: list[tuple[str, str]]) -> None:
    assert told(event, message) == expected
    assert {kind for _, kind in expected} <= set(KINDS)


def test_an_entry_tells_somebody_once() -> None:
    both = an_entry(EventType.NOTE_WRITTEN)
    assert told(both, a_note("n1", mentions=(MIA, MIA))) == [("mia", "mention")]
    (one,) = made(both, a_note("n1", mentions=(MIA,)))
    assert (one.id, one.at, one.conversation) == ("000000000007-2-mia", 1_000, "c1")


def test_only_the_change_that_made_it_fail_says_so() -> None:
    failed, sent = a_reply("r1", delivery=FAILED), a_reply("r1", delivery=SENT)
    assert data_of(failed, sent) == data_of(failed, None) == {"failed": 1}
    assert data_of(failed, failed) == data_of(sent, failed) == data_of(a_note("n1"), None) == {}
    assert data_of(replace(CUSTOMER, automatic="auto-replied"), None) == {"automatic": 1}
