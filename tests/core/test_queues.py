"""Queues take what their conditions name, keep an order that needs no sorting again, and change by time alone only when they say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core import queues
from inbox.core.conditions import Condition, Facts
from inbox.core.conversation import Offer, Priority, Waiting, Want
from inbox.core.errors import Invalid
from inbox.core.ids import AgentId, QueueId
from inbox.core.queues import (
    ALWAYS_OPEN,
    Hours,
    Queue,
    Strategy,
    Wanted,
    begun,
    checked,
    continued,
    entered,
    overdue,
    sticks,
    turn,
    wants,
)
from inbox.testing.builders import a_conversation

MINUTE = 60_000
VIP = Condition(field="tag", op="has", value="vip")
FRENCH = Queue(
    QueueId("french"),
    "French",
    skills=(Wanted("french", 3, MINUTE), Wanted("billing")),
    sticky_ms=30_000,
    overflow=QueueId("all"),
    overflow_ms=10 * MINUTE,
)
ALL = Queue(QueueId("all"), "All")
KNOWN = {queue.id: queue for queue in (FRENCH, ALL)}


def test_the_first_queue_in_order_whose_conditions_hold_is_entered() -> None:
    vips, rest = Queue(QueueId("v"), "V", order=1, conditions=VIP), Queue(QueueId("r"), "R", order=2)
    assert entered([rest, vips], Facts(tags=("vip",))) == vips
    assert entered([rest, vips], Facts()) == rest
    assert entered([vips], Facts()) is None


def test_skills_are_asked_for_less_the_longer_somebody_waits() -> None:
    assert wants(FRENCH, 0) == (Want("french", 3), Want("billing", 1))
    assert wants(FRENCH, MINUTE) == (Want("french", 2), Want("billing", 1))
    assert wants(FRENCH, 3 * MINUTE) == (Want("billing", 1),)


def test_time_is_told_when_it_changes_something_and_not_before() -> None:
    waiting = begun(FRENCH, 0, ALWAYS_OPEN)
    told = []
    while waiting.next_at is not None:
        told.append(waiting.next_at)
        waiting = continued(FRENCH, waiting, waiting.next_at, ALWAYS_OPEN)
    assert told == [30_000, MINUTE, 2 * MINUTE, 3 * MINUTE, 10 * MINUTE]
    assert begun(ALL, 0, ALWAYS_OPEN).next_at is None
    assert begun(ALL, 0, Hours(False, 99)) == Waiting(0, closed=True, next_at=99)
    offered = replace(begun(ALL, 0, ALWAYS_OPEN), offer=Offer(AgentId("a"), 5), declined=(Offer(AgentId("b"), 9),))
    assert continued(ALL, offered, 1, ALWAYS_OPEN).next_at == 5
    assert continued(ALL, replace(offered, offer=None), 9, ALWAYS_OPEN) == Waiting(0)


def test_its_time_is_over_at_the_instant() -> None:
    waiting = begun(FRENCH, 0, ALWAYS_OPEN)
    assert not overdue(FRENCH, waiting, 10 * MINUTE - 1)
    assert overdue(FRENCH, waiting, 10 * MINUTE)
    assert not overdue(replace(FRENCH, overflow_ms=0), waiting, 10 * MINUTE)
    assert not overdue(ALL, begun(ALL, 0, ALWAYS_OPEN), 10 * MINUTE)


def test_it_is_kept_for_who_knows_the_customer_for_a_while() -> None:
    waiting = begun(FRENCH, 0, ALWAYS_OPEN)
    assert sticks(FRENCH, waiting, 29_999)
    assert not sticks(FRENCH, waiting, 30_000)
    assert not sticks(ALL, waiting, 0)
    assert not sticks(None, None, 0)


def test_order() -> None:
    low = a_conversation("low", queued_at=0)
    high = a_conversation("high", queued_at=MINUTE, priority=Priority.HIGH)
    ageing, ahead = replace(ALL, ageing_ms=2 * MINUTE), replace(ALL, ahead_ms=2 * MINUTE)
    assert turn(high, ALL) < turn(low, ALL)
    assert turn(high, None) < turn(low, None)
    assert turn(high, ageing) < turn(low, ageing)
    assert turn(replace(high, queued_at=2 * MINUTE + 1), ageing) > turn(low, ageing), "who waits long enough is next"
    assert turn(replace(low, queued_at=MINUTE), ahead) < turn(low, ALL)
    back = a_conversation("back", queued_at=9 * MINUTE, waiting=Waiting(0, front=True))
    assert turn(back, ageing) < turn(high, ageing)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"conditions": Condition(field="colour", op="is", value="red")}, "conditions.field"),
        ({"conditions": Condition(field="queue", op="is", value="all")}, "conditions"),
        ({"overflow": None}, "overflow"),
        ({"overflow": None, "overflow_ms": 0, "overflow_empty": True}, "overflow"),
        ({"overflow": QueueId("french")}, "overflow"),
        ({"overflow": QueueId("gone")}, "overflow"),
        ({"skills": (Wanted("French"), Wanted("french"))}, "skills"),
        ({"strategy": Strategy.MANUAL, "offer_ms": 1}, "offer_ms"),
        ({"closed_text": "Closed."}, "calendar"),
        ({"limit": 5}, "full_text"),
        ({"full_text": "Many wait."}, "full_text"),
    ],
)
def test_what_is_unsound_is_refused(wrong: dict[str, object], field: str) -> None:
    assert checked(FRENCH, KNOWN) == FRENCH
    with pytest.raises(Invalid) as refused:
        checked(replace(FRENCH, **wrong), KNOWN)
    assert refused.value.field == field


@given(st.integers(0, 20 * MINUTE), st.integers(1, 5), st.integers(0, 5 * MINUTE))
def test_what_is_asked_for_never_grows(waited: int, level: int, more: int) -> None:
    queue = replace(FRENCH, skills=(Wanted("french", level, MINUTE),))
    before, after = wants(queue, waited), wants(queue, waited + more)
    assert sum(want.level for want in after) <= sum(want.level for want in before) <= level
    assert queues.wants(queue, level * MINUTE) == ()
