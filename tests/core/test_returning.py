"""When what an absent agent holds comes back, and why."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core.conversation import Category, Conversation
from inbox.core.ids import AgentId, ConversationId, Instant, QueueId
from inbox.core.message import Reason
from inbox.core.queues import GONE_MS, Hours, Queue
from inbox.core.returning import RECONNECT_MS, Absence, due_at, reason
from inbox.testing.builders import a_conversation

MIA = AgentId("mia")
HELD = a_conversation("c", assignee="mia")
GONE = Absence(MIA, 1_000)
QUEUE = Queue(QueueId("q"), "Q", gone_ms=90_000)
SHIFTS = replace(QUEUE, ends_with_shift=True)


@pytest.mark.parametrize(
    "c",
    [
        replace(HELD, assignee=AgentId("ben")),
        replace(HELD, assignee=None),
        replace(HELD, category=Category.WAITING),
        replace(HELD, merged_into=ConversationId("other")),
    ],
)
def test_only_what_he_holds_open_comes_back(c: Conversation) -> None:
    assert due_at(c, None, GONE, 10**9, conversational=True) is None


@pytest.mark.parametrize(
    ("queue", "absence", "live", "due"),
    [
        (None, GONE, True, 1_000 + GONE_MS),
        (QUEUE, GONE, True, 91_000),
        (replace(QUEUE, gone_ms=1), GONE, True, 1_000 + RECONNECT_MS),
        (replace(QUEUE, gone_ms=0), GONE, True, None),
        (QUEUE, GONE, False, None),
        (QUEUE, replace(GONE, hours=Hours(open=False)), False, None),
        (SHIFTS, GONE, False, None),
        (SHIFTS, replace(GONE, hours=Hours(open=False)), False, 5_000_000),
        (SHIFTS, Absence(MIA, 4_999_999, Hours(open=False)), False, 4_999_999 + RECONNECT_MS),
        (SHIFTS, replace(GONE, hours=Hours(open=True, changes_at=6_000_000)), False, 6_000_000),
        (SHIFTS, replace(GONE, hours=Hours(open=True)), False, None),
        (SHIFTS, replace(GONE, hours=Hours(open=True, changes_at=6_000_000)), True, 91_000),
    ],
)
def test_chats_come_back_soon_and_the_rest_when_working_hours_are_over(
    queue: Queue | None, absence: Absence, live: bool, due: Instant | None
) -> None:
    assert due_at(HELD, queue, absence, 5_000_000, conversational=live) == due


def test_it_says_why() -> None:
    assert reason(HELD, QUEUE, GONE, 91_000) == Reason("agent_gone", ("mia",), {"gone": 90_000})
    over = replace(GONE, hours=Hours(open=False))
    assert reason(HELD, SHIFTS, over, 91_000).code == "shift_over"
    assert reason(HELD, QUEUE, over, 91_000).code == reason(HELD, None, over, 91_000).code == "agent_gone"
    assert reason(HELD, SHIFTS, replace(GONE, hours=Hours()), 91_000).code == "agent_gone"
