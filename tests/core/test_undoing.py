"""An undo takes back what still stands as the act left it, and nothing that somebody decided since."""

from __future__ import annotations

import pytest

from inbox.core.agent import Availability
from inbox.core.conversation import Category, LastMessage, Priority
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, MessageId, TeamId
from inbox.core.message import Kind, Reason
from inbox.core.undoing import Left, LeftAgent, require_left, require_left_agent
from inbox.testing.builders import a_conversation, an_agent

BEN = AgentId("ben")


def test_only_the_fields_the_act_was_about_count() -> None:
    stands = a_conversation(assignee=BEN, priority=Priority.HIGH, team=TeamId("sales"))
    require_left(stands, Left(assignee=BEN))
    require_left(stands, Left(priority=Priority.HIGH, team=TeamId("sales")))
    for left in (Left(assignee=AgentId("mia")), Left(assignee=None), Left(assignee=BEN, priority=Priority.LOW), Left(team=None)):
        with pytest.raises(Conflict):
            require_left(stands, left)


def test_a_snooze_that_was_moved_stays() -> None:
    stands = a_conversation(category=Category.SNOOZED, snoozed_until=9)
    require_left(stands, Left(category=Category.SNOOZED, snoozed_until=9))
    with pytest.raises(Conflict):
        require_left(stands, Left(category=Category.SNOOZED, snoozed_until=8))


def test_what_routing_has_given_on_comes_back_and_what_somebody_took_stays() -> None:
    given = a_conversation(assignee=BEN, assign_reason=Reason("least_loaded", (BEN,)))
    require_left(given, Left(assignee=None))
    for reason in (Reason("least_loaded", (BEN,), {"accepted": 1}), Reason("by_hand", ("sue",))):
        with pytest.raises(Conflict):
            require_left(a_conversation(assignee=BEN, assign_reason=reason), Left(assignee=None))


@pytest.mark.parametrize(
    ("author", "since", "comes_back"),
    [("ben", 8, False), ("ben", 9, False), ("ben", None, False), ("ben", 10, True), ("mia", 8, True)],
    ids=["since", "in the same instant", "nobody knows when", "before it was given to him", "somebody else"],
)
def test_what_its_new_holder_has_answered_since_stays_with_him(author: str, since: int | None, comes_back: bool) -> None:
    answer = LastMessage(MessageId("m1"), 9, Kind.REPLY, author, "On its way")
    given = a_conversation(assignee=BEN, assign_reason=Reason("least_loaded", (BEN,)), assigned_at=since, last_reply=answer)
    if comes_back:
        require_left(given, Left(assignee=None))
        return
    with pytest.raises(Conflict):
        require_left(given, Left(assignee=None))


def test_a_state_that_was_set_since_stays() -> None:
    lunch = an_agent("mia", availability=Availability.BREAK, break_reason="lunch")
    require_left_agent(lunch, LeftAgent(Availability.BREAK, "lunch"))
    for left in (LeftAgent(Availability.BREAK), LeftAgent(Availability.BUSY), LeftAgent(Availability.ONLINE)):
        with pytest.raises(Conflict):
            require_left_agent(lunch, left)
