"""What happens to a conversation while it waits: it enters, goes on, is offered, accepted, let pass, and keeps its place."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import queueing
from inbox.core.conditions import Condition, Facts
from inbox.core.conversation import Conversation, Offer, Priority, Waiting, Want
from inbox.core.errors import Conflict
from inbox.core.events import EventType
from inbox.core.ids import AgentId, QueueId, TeamId
from inbox.core.lifecycle import Changed, occupies
from inbox.core.message import Reason
from inbox.core.queueing import NO_QUEUES, Desk
from inbox.core.queues import Hours, Queue, Strategy, Wanted
from inbox.testing.builders import a_conversation

MIA, BEN = AgentId("mia"), AgentId("ben")
VIP = Queue(QueueId("vip"), "VIP", conditions=Condition(field="tag", op="has", value="vip"), overflow=QueueId("all"), overflow_ms=1_000)
ALL = Queue(QueueId("all"), "All", order=1)
CHATS = Queue(QueueId("chats"), "Chats", offer_ms=30_000, skills=(Wanted("french", 1, 60_000),))
DESK = Desk({queue.id: queue for queue in (VIP, ALL)})
OFFERS = Desk({CHATS.id: CHATS})
WAITS = a_conversation("c", queued_at=0, waiting_since=0)
BECAUSE = Reason("least_loaded", ids=("mia",))


def offered(c: Conversation = WAITS, now: int = 0) -> Conversation:
    inside = queueing.enter(c, OFFERS, Facts(), now).conversation
    return queueing.offer(inside, CHATS, MIA, BECAUSE, now).conversation


def test_its_queue_is_found_when_it_queues_and_when_what_queues_look_at_changes() -> None:
    assert queueing.is_to_be_placed(None, WAITS)
    assert queueing.is_to_be_placed(replace(WAITS, queued_at=None), WAITS)
    assert queueing.is_to_be_placed(WAITS, replace(WAITS, tags=("a",)))
    assert not queueing.is_to_be_placed(WAITS, replace(WAITS, messages=5))
    assert not queueing.is_to_be_placed(WAITS, replace(WAITS, queued_at=None))


def test_entering() -> None:
    changed = queueing.enter(WAITS, DESK, Facts(tags=("vip",)), 5)
    assert (changed.conversation.queue, changed.types) == ("vip", (EventType.QUEUE_CHANGED,))
    assert changed.conversation.waiting == Waiting(5, next_at=1_005)
    inside = changed.conversation
    assert queueing.enter(inside, DESK, Facts(tags=("vip",)), 9) == Changed(inside), "it is there already"
    elsewhere = queueing.enter(inside, DESK, Facts(), 9)
    assert (elsewhere.conversation.queue, elsewhere.reason) == ("all", Reason("conditions", ("vip", "all")))
    again = queueing.enter(replace(inside, waiting=None), DESK, Facts(tags=("vip",)), 9)
    assert (again.conversation.waiting, again.types) == (Waiting(9, next_at=1_009), ())
    nowhere = queueing.enter(inside, Desk({VIP.id: VIP}), Facts(), 9)
    assert (nowhere.conversation.queue, nowhere.conversation.waiting) == (None, None)
    assert queueing.enter(WAITS, NO_QUEUES, Facts(), 9) == Changed(WAITS)


def test_what_went_on_to_another_queue_stays_there_whatever_conditions_say() -> None:
    inside = queueing.enter(WAITS, DESK, Facts(tags=("vip",)), 0).conversation
    on = queueing.move(inside, ALL, DESK, BECAUSE, 1_000).conversation
    assert queueing.enter(on, DESK, Facts(tags=("vip",)), 1_001) == Changed(on)
    assert queueing.move(WAITS, ALL, DESK, BECAUSE, 3).conversation.waiting == Waiting(3)


def test_time_before_its_instant_changes_nothing() -> None:
    inside = queueing.enter(WAITS, DESK, Facts(tags=("vip",)), 0).conversation
    for c, now in ((inside, 999), (WAITS, 5), (replace(inside, queued_at=None), 1_000), (queueing.to_front(WAITS), 5)):
        assert queueing.time_passed(c, DESK, now) == Changed(c)


def test_less_is_asked_for_and_hours_begin() -> None:
    inside = queueing.enter(WAITS, OFFERS, Facts(), 0).conversation
    less = queueing.time_passed(inside, OFFERS, 60_000)
    assert (less.conversation.waiting, less.reason) == (Waiting(0), Reason("relaxed", ("chats",)))
    half = Desk({QueueId("q"): Queue(QueueId("q"), "Q", skills=(Wanted("french", 2, 60_000),))})
    assert queueing.time_passed(queueing.enter(WAITS, half, Facts(), 0).conversation, half, 60_000).reason == Reason(
        "relaxed", ("q",), {"skill:french": 1}
    )
    closed = Desk({ALL.id: replace(ALL, calendar="office")}, lambda calendar: Hours(False, 50))
    shut = queueing.enter(WAITS, closed, Facts(), 0).conversation
    assert queueing.needs_of(shut, closed.queue(ALL.id), 1, "email", 0).held == "closed"
    opened = Desk(closed.queues, lambda calendar: Hours(True, 90))
    change = queueing.time_passed(shut, opened, 50)
    assert (change.reason, change.conversation.waiting) == (Reason("opened", ("all",)), Waiting(0, next_at=90))
    assert queueing.time_passed(change.conversation, closed, 90).reason == Reason("closed", ("all",))
    assert queueing.time_passed(change.conversation, opened, 90).reason == Reason("time", ("all",))


def test_an_offer_keeps_its_place_takes_capacity_and_becomes_an_assignment() -> None:
    c = offered()
    assert c.queued_at == 0
    assert occupies(c, conversational=True) == MIA
    taken = queueing.accept(c, MIA, 10)
    because = replace(BECAUSE, numbers=BECAUSE.numbers | {"accepted": 1})
    assert (taken.conversation.assignee, taken.conversation.assign_reason) == (MIA, because)
    assert (taken.conversation.queued_at, taken.conversation.waiting) == (None, None)
    with pytest.raises(Conflict):
        queueing.accept(c, BEN, 10)
    with pytest.raises(Conflict):
        queueing.decline(WAITS, MIA, OFFERS, 10)
    fresh = queueing.offer(WAITS, CHATS, MIA, BECAUSE, 5).conversation.waiting
    assert fresh == Waiting(5, offer=Offer(MIA, 30_005, BECAUSE, 5), next_at=30_005)


def test_who_lets_it_pass_is_not_asked_again_for_a_while() -> None:
    declined = queueing.decline(offered(), MIA, OFFERS, 10)
    waiting = declined.conversation.waiting
    assert waiting is not None
    assert (waiting.offer, waiting.declined) == (None, (Offer(MIA, 60_010),))
    assert declined.reason == Reason("declined", ("mia",), {"passed": 1})
    assert queueing.needs_of(declined.conversation, CHATS, 1, "chat", 10).declined == (MIA,)
    later = queueing.time_passed(queueing.time_passed(declined.conversation, OFFERS, 60_000).conversation, OFFERS, 60_010).conversation
    assert queueing.needs_of(later, CHATS, 1, "chat", 60_010).declined == ()


def test_silence_and_leaving_end_an_offer() -> None:
    silent = queueing.time_passed(offered(), OFFERS, 30_000)
    assert silent.reason == Reason("no_answer", ("mia",), {"passed": 1})
    again = queueing.offer(silent.conversation, CHATS, BEN, BECAUSE, 40_000).conversation
    assert queueing.withdraw(again, OFFERS, 40_005).reason == Reason("gone", ("ben",), {"passed": 2}), (
        "each counts on from the one before it"
    )
    assert queueing.withdraw(WAITS, OFFERS, 5) == Changed(WAITS)


def test_an_offer_outlives_its_queue() -> None:
    silent = queueing.time_passed(offered(), NO_QUEUES, 30_000).conversation
    assert silent.waiting is not None
    assert silent.waiting.next_at == 90_000
    after = queueing.time_passed(silent, NO_QUEUES, 90_000).conversation
    assert after.waiting is not None
    assert (after.waiting.declined, after.waiting.next_at) == ((), None)


def test_a_changed_queue_counts_for_what_waits() -> None:
    inside = queueing.enter(WAITS, OFFERS, Facts(), 0).conversation
    easier = Desk({CHATS.id: replace(CHATS, skills=())})
    assert queueing.renewed(inside, easier, 5).conversation.waiting == Waiting(0)
    assert queueing.renewed(inside, OFFERS, 5) == Changed(inside)
    assert queueing.renewed(WAITS, OFFERS, 5) == Changed(WAITS)


def test_what_comes_back_waits_in_front_since_its_customer_waits() -> None:
    back = queueing.to_front(replace(WAITS, queued_at=50, waiting_since=20))
    assert (back.queued_at, back.waiting) == (20, Waiting(50, front=True))
    assert queueing.to_front(replace(WAITS, queued_at=None)).waiting is None
    assert queueing.enter(back, DESK, Facts(), 60).conversation.waiting == Waiting(60, front=True)


def test_what_is_asked_for() -> None:
    queue = replace(ALL, teams=(TeamId("a"),), agents=(MIA,), strategy=Strategy.ROUND_ROBIN, sticky_ms=100)
    c = replace(WAITS, waiting=Waiting(0, (Want("french"),)), team=TeamId("b"), assign_reason=Reason("by_hand", ("x", "ben")))
    needs = queueing.needs_of(c, queue, 2, "email", 50, (MIA, 7))
    assert (needs.teams, needs.agents, needs.skills, needs.strategy) == (("a",), (MIA,), (Want("french"),), Strategy.ROUND_ROBIN)
    assert (needs.preferred, needs.spoke_at, needs.kept, needs.given_back_by) == (MIA, 7, True, BEN)
    assert queueing.needs_of(c, replace(queue, paused=True), 1, "", 0).held == "paused"
    assert queueing.needs_of(c, replace(queue, strategy=Strategy.MANUAL), 1, "", 0).held == "manual"
    assert queueing.needs_of(replace(WAITS, priority=Priority.HIGH), None, 1, "", 0).held == ""


def test_a_desk_knows_what_its_conditions_look_at() -> None:
    timed = Queue(QueueId("t"), "T", conditions=Condition(field="time", op="inside", value=("office", "night")))
    day = replace(timed, id=QueueId("n"), conditions=Condition(field="time", op="outside", value="day"))
    asking = Queue(QueueId("l"), "L", conditions=Condition(field="language", op="is", value="fr"))
    desk = Desk({queue.id: queue for queue in (timed, asking, day)})
    assert desk.asks_of_customers
    assert not DESK.asks_of_customers
    assert desk.calendars == {"office", "night", "day"}
    assert desk.open_calendars() == {"office", "night", "day"}
    assert desk.queue(None) is None
