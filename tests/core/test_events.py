"""What an event says of its conversation."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core.conversation import Priority
from inbox.core.events import Event, EventType, Facets, facets, in_turn, named
from inbox.core.ids import AgentId, ConversationId, QueueId
from inbox.core.message import Author
from tests.core.strategies import NOW, seed


def test_the_first_entry_of_a_change_moves_it_and_the_others_say_what_they_are_about() -> None:
    before, after = facets(seed()), facets(replace(seed(), priority=Priority.HIGH, tags=("late",), queue=QueueId("q")))
    types = (EventType.SLA_BREACHED, EventType.TAGS_CHANGED, EventType.PRIORITY_CHANGED, EventType.QUEUE_CHANGED)
    first, tags, priority, queue = in_turn(Event(t, 1, Author("system"), before=before, after=after) for t in types)
    assert (first.before, first.after, first.data) == (before, after, {})
    assert {entry.before for entry in (tags, priority, queue)} == {after}
    assert (tags.data, priority.data, queue.data) == ({"was_tags": ""}, {"was_priority": "normal"}, {}), "it had no queue before"
    moved = replace(before, queue=QueueId("p"))
    assert [e.data for e in in_turn(Event(t, 1, Author("system"), before=moved, after=after) for t in types)][3] == {"was_queue": "p"}
    new = [Event(t, 1, Author("system"), after=after) for t in types[:2]]
    assert [e.data for e in in_turn(new)] == [{}, {}]


def test_who_is_named_sees_it_otherwise_than_his_colleagues() -> None:
    held = replace(facets(seed(assignee="ann", bot="bot")), offered=AgentId("bea"))
    assert named(held) == {"ann", "bot", "bea"}
    assert named(facets(seed())) == named(None) == frozenset()


def test_facets_are_what_the_conversation_says() -> None:
    c = replace(seed(assignee="ann", bot="bot", team="red"), tags=("vip",), queued_at=NOW, merged_into=ConversationId("c2"))
    assert facets(c) == Facets(
        c.category, c.channel, c.customer, AgentId("ann"), c.team, c.priority, ("vip",), queued=True, bot=AgentId("bot"), merged=True
    )
    assert not facets(seed()).queued
    assert not facets(seed()).merged
