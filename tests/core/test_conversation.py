"""The homes of a conversation's messages."""

from __future__ import annotations

from inbox.core.ids import ConversationId
from inbox.testing.builders import a_conversation


def test_a_conversation_is_whole_with_what_was_merged_into_it() -> None:
    alone = a_conversation("c1")
    assert alone.whole == ("c1",)
    assert a_conversation("c1", absorbed=(ConversationId("c2"), ConversationId("c3"))).whole == ("c1", "c2", "c3")
