"""An answer with a time of its own: no answer before, one like any other from then on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import delivery, lifecycle, scheduling
from inbox.core.conversation import Category
from inbox.core.errors import Conflict, Invalid
from inbox.core.events import EventType
from inbox.core.message import Delivery, DeliveryState, Message
from inbox.testing.builders import a_conversation, a_reply

NOW = 1_000_000
DAY = 24 * 60 * 60 * 1000


def planned_for(at: int, then: Category | None = None, id: str = "r") -> Message:
    return replace(a_reply(id), delivery=scheduling.put_in(Delivery(DeliveryState.PENDING), at, then))


@pytest.mark.parametrize(("at", "hold", "due"), [(None, 0, NOW), (None, 10_000, NOW + 10_000), (NOW + 1, 10_000, NOW + 1)])
def test_a_chosen_time_counts_else_the_hold(at: int | None, hold: int, due: int) -> None:
    assert scheduling.due(at, hold, NOW) == due


@pytest.mark.parametrize("at", [NOW - 1, NOW, NOW + scheduling.FURTHEST + 1])
def test_a_time_that_cannot_be_meant_is_refused(at: int) -> None:
    with pytest.raises(Invalid):
        scheduling.due(at, 0, NOW)


def test_a_planned_answer_changes_nobodys_turn_and_is_counted_as_a_message() -> None:
    before = a_conversation("c", waiting_since=5)
    message = planned_for(NOW + DAY)
    after = scheduling.planned(before, message, NOW)
    assert after.types == (EventType.MESSAGE_QUEUED,)
    c = after.conversation
    assert (c.category, c.waiting_since, c.last_reply, c.scheduled) == (before.category, 5, before.last_reply, (message.id,))
    assert c.messages == before.messages + 1


def test_too_many_and_spam_are_refused() -> None:
    full = a_conversation("c", scheduled=tuple(str(n) for n in range(scheduling.MOST)))
    for c in (full, a_conversation("c", category=Category.SPAM)):
        with pytest.raises(Invalid):
            scheduling.planned(c, planned_for(NOW + DAY), NOW)


@pytest.mark.parametrize(("then", "category"), [(None, Category.WAITING), (Category.RESOLVED, Category.RESOLVED)])
def test_when_its_time_has_come_it_is_an_answer(then: Category | None, category: Category) -> None:
    message = planned_for(NOW, then)
    leaving = scheduling.leaves(a_conversation("c", waiting_since=5, scheduled=(message.id, "other")), message, NOW).conversation
    assert (leaving.category, leaving.waiting_since, leaving.scheduled) == (category, None, ("other",))
    assert leaving.last_reply is not None
    assert leaving.last_reply.id == message.id


def test_without_a_delivery_there_is_nothing_to_follow() -> None:
    message = replace(planned_for(NOW), delivery=None)
    assert scheduling.leaves(a_conversation("c"), message, NOW).conversation.category is Category.WAITING


def test_called_back_it_says_why_and_is_forgotten() -> None:
    message = planned_for(NOW + DAY)
    assert message.delivery is not None
    cancelled = replace(message, delivery=delivery.cancel(message.delivery, scheduling.CUSTOMER_WROTE))
    after = scheduling.overtaken(a_conversation("c", scheduled=(message.id,)), cancelled)
    assert after.conversation.scheduled == ()
    assert after.reason is not None
    assert (after.reason.code, after.reason.ids) == ("customer_wrote", (message.id,))


def test_moved_up_it_still_waits_for_its_turn_and_once_only() -> None:
    message = planned_for(NOW + DAY)
    assert message.delivery is not None
    moved = replace(message, delivery=delivery.send_now(message.delivery, NOW))
    c = lifecycle.delivery_changed(a_conversation("c", scheduled=(message.id,)), moved, NOW).conversation
    assert c.scheduled == (message.id,)
    assert moved.delivery is not None
    with pytest.raises(Conflict):
        delivery.send_now(moved.delivery, NOW)


def test_a_retry_is_no_planned_answer_any_more() -> None:
    failed = replace(scheduling.put_in(Delivery(DeliveryState.PENDING), NOW, Category.RESOLVED), state=DeliveryState.FAILED, attempts=3)
    again = delivery.again(failed, NOW + 1)
    assert not delivery.waits(again)
    assert (again.scheduled_for, again.then) == (None, "")


def test_only_spam_makes_it_void() -> None:
    assert [c for c in Category if scheduling.is_void(a_conversation("c", category=c))] == [Category.SPAM]
