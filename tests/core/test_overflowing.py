"""What waits goes on to where somebody on duty could take it, passes over where nobody could, and never goes round in circles."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import overflowing, queueing
from inbox.core.conditions import Facts
from inbox.core.conversation import Conversation, Waiting
from inbox.core.ids import AgentId, QueueId, TeamId
from inbox.core.message import Reason
from inbox.core.overflowing import Path
from inbox.core.queueing import Desk
from inbox.core.queues import Hours, Queue, Wanted
from inbox.core.routing import Available, Needs
from inbox.testing.builders import a_conversation

MIA, BEN, ZOE = (Available(AgentId(name), 0, 4, (TeamId("floor"),)) for name in ("mia", "ben", "zoe"))
FIRST, SECOND, THIRD = QueueId("first"), QueueId("second"), QueueId("third")
ONE = Queue(FIRST, "First", agents=(MIA.agent,), overflow=SECOND, overflow_ms=1_000)
TWO = Queue(SECOND, "Second", order=1, agents=(BEN.agent,), overflow=THIRD, overflow_empty=True)
THREE = Queue(THIRD, "Third", order=2, agents=(ZOE.agent,), overflow=FIRST, overflow_empty=True)
DESK = Desk({queue.id: queue for queue in (ONE, TWO, THREE)})
OVERDUE = Path(FIRST, 0, overdue=True)
NEEDS = Needs(a_conversation("c").id)


def goes(path: Path, *there: Available, desk: Desk = DESK, needs: Needs = NEEDS) -> tuple[str, str] | None:
    """Why it goes on, and whereto."""
    found = overflowing.onward(path, needs, desk, there)
    return None if found is None else (found.code, found.ids[1])


def with_queue(**fields: object) -> Desk:
    """The second queue is another."""
    return Desk(dict(DESK.queues) | {SECOND: replace(TWO, **fields)})


def test_by_time_it_goes_to_the_first_queue_of_the_chain_where_somebody_could_take_it() -> None:
    assert goes(OVERDUE, MIA, BEN, ZOE) == ("overflow", "second")
    assert goes(OVERDUE, MIA, ZOE) == ("overflow", "third"), "nobody of the second is on duty"
    assert goes(OVERDUE, MIA) is None, "it stays where somebody is"
    assert goes(OVERDUE) is None
    assert goes(replace(OVERDUE, overdue=False), MIA, BEN) is None


@pytest.mark.parametrize(
    "why_not",
    [
        {"paused": True},
        {"calendar": "night"},
        {"skills": (Wanted("french"),)},
        {"agents": (), "teams": (TeamId("none"),)},
    ],
)
def test_what_nobody_could_be_given_from_is_passed_over(why_not: dict[str, object]) -> None:
    desk = replace(with_queue(**why_not), hours=lambda calendar: Hours(False))
    assert goes(OVERDUE, MIA, BEN, ZOE, desk=desk) == ("overflow", "third")


def test_a_skill_that_is_waived_some_day_and_a_full_colleague_keep_nothing_from_it() -> None:
    assert goes(OVERDUE, MIA, BEN, desk=with_queue(skills=(Wanted("french", 3, 60_000),))) == ("overflow", "second")
    assert goes(OVERDUE, MIA, replace(BEN, load=4)) == ("overflow", "second")
    assert goes(OVERDUE, MIA, replace(BEN, limits={"chat": 0}), needs=replace(NEEDS, kind="chat")) is None
    assert goes(OVERDUE, MIA, BEN, needs=replace(NEEDS, readers=(TeamId("others"),))) is None, "he does not see its channel"


def test_with_nobody_on_duty_it_goes_on_only_where_the_queue_says_so() -> None:
    assert goes(Path(SECOND, 0), ZOE) == ("nobody_there", "third")
    assert goes(Path(SECOND, 0), MIA) == ("nobody_there", "first"), "the third is passed over"
    assert goes(Path(SECOND, 0), BEN, ZOE) is None
    assert goes(Path(FIRST, 0), BEN) is None, "it has its time"
    assert goes(Path(QueueId("gone"), 0), BEN) is None


def test_what_overflowed_comes_back_only_while_nobody_serves_where_it_is() -> None:
    over = Path(SECOND, 0, been=(FIRST,), origin=FIRST)
    assert goes(over, MIA) == ("nobody_there", "first")
    assert goes(over, MIA, BEN) is None
    assert goes(over, MIA, ZOE) == ("nobody_there", "third"), "onward before back"
    assert goes(Path(THIRD, 0, been=(FIRST,), origin=FIRST), BEN) == ("nobody_there", "second"), "that it had passed over"
    assert goes(Path(THIRD, 0, been=(FIRST,), origin=FIRST), MIA, BEN, ZOE) is None
    assert goes(Path(SECOND, 0, been=(FIRST,)), MIA) is None, "somebody put it there"


def test_by_time_no_queue_comes_twice() -> None:
    circle = Desk({FIRST: ONE, SECOND: replace(TWO, overflow=FIRST, overflow_ms=1_000)})
    assert goes(Path(SECOND, 0, been=(FIRST,), origin=FIRST, overdue=True), MIA, BEN, desk=circle) is None
    back = Path(FIRST, 0, been=(FIRST, SECOND), origin=FIRST, overdue=True)
    assert goes(back, MIA, BEN, ZOE) == ("overflow", "third")


def in_first(now: int = 0) -> Conversation:
    return queueing.enter(a_conversation("c", queued_at=0, waiting_since=0), DESK, Facts(), now).conversation


def test_it_goes_as_was_decided_and_its_way_is_kept() -> None:
    late = queueing.time_passed(in_first(), DESK, 1_000).conversation
    path = overflowing.path_of(late, DESK, 1_000)
    assert path == OVERDUE
    went = overflowing.gone_on(late, path, Reason("overflow", ids=(FIRST, THIRD)), DESK, 1_500)
    assert (went.conversation.queue, went.reason) == ("third", Reason("overflow", (FIRST, THIRD), {"waited": 1_500}))
    assert went.conversation.waiting == Waiting(1_500, been=(FIRST,), origin=FIRST)
    there = overflowing.path_of(went.conversation, DESK, 1_500)
    assert there is not None
    back = overflowing.gone_on(went.conversation, there, Reason("nobody_there", ids=(THIRD, FIRST)), DESK, 2_000).conversation
    assert (back.queue, back.waiting) == ("first", Waiting(2_000, been=(FIRST, THIRD), origin=FIRST, next_at=3_000))
    again = overflowing.gone_on(back, path, Reason("overflow", ids=(FIRST, THIRD)), DESK, 2_000)
    assert again.conversation == back, "that was decided for an earlier stay there"


def test_what_is_offered_or_in_no_queue_goes_nowhere() -> None:
    inside = in_first()
    offered = queueing.offer(inside, ONE, MIA.agent, Reason("least_loaded"), 0).conversation
    assert overflowing.path_of(offered, DESK, 5_000) is None
    assert overflowing.path_of(replace(inside, queue=None), DESK, 0) is None
    assert overflowing.path_of(replace(inside, queued_at=None), DESK, 0) is None
    passed = queueing.decline(offered, MIA.agent, DESK, 5_000).conversation
    assert overflowing.path_of(passed, DESK, 5_000) == OVERDUE, "its time was over while it was offered"
    gone = Desk({FIRST: ONE})
    assert overflowing.gone_on(inside, OVERDUE, Reason("overflow", ids=(FIRST, SECOND)), gone, 0).conversation == inside
