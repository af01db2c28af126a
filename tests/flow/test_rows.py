"""What rows tell the screen beyond the stored fields."""

from __future__ import annotations

import pytest

from inbox.core.events import Event, EventType, Facets, facets
from inbox.core.ids import AgentId, ConversationId
from inbox.core.message import Author, Reason
from inbox.flow.rows import event_row
from inbox.testing.builders import a_conversation

FREE = facets(a_conversation())
SERVED = facets(a_conversation(bot=AgentId("echo")))


@pytest.mark.parametrize(
    ("type", "before", "after", "bot"),
    [
        (EventType.BOT_ENTERED, None, SERVED, "echo"),
        (EventType.BOT_ENTERED, FREE, SERVED, "echo"),
        (EventType.BOT_LEFT, SERVED, FREE, "echo"),
        (EventType.TAGS_CHANGED, FREE, FREE, None),
    ],
)
def test_a_line_names_the_bot_that_comes_or_goes(type: EventType, before: Facets | None, after: Facets, bot: str | None) -> None:
    why = Reason("asked_for_person")
    event = Event(type, 0, Author("system"), conversation=ConversationId("c1"), before=before, after=after, reason=why, o=1, n=2)
    row = event_row(event)
    assert (row.bot, row.reason, row.id) == (bot, why, "1-2")
