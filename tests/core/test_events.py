"""What an event says of its conversation."""

from __future__ import annotations

from msgspec.structs import replace

from inbox.core.events import Facets, facets
from inbox.core.ids import AgentId, ConversationId
from tests.core.strategies import NOW, seed


def test_facets_are_what_the_conversation_says() -> None:
    c = replace(seed(assignee="ann", bot="bot", team="red"), tags=("vip",), queued_at=NOW, merged_into=ConversationId("c2"))
    assert facets(c) == Facets(
        c.category, c.channel, c.customer, AgentId("ann"), c.team, c.priority, ("vip",), queued=True, bot=AgentId("bot"), merged=True
    )
    assert not facets(seed()).queued
    assert not facets(seed()).merged
