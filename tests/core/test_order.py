"""Of two things of the same order the one that stands first by its name is tried first, whatever their ids."""

from __future__ import annotations

from inbox.core.conditions import Facts
from inbox.core.ids import QueueId
from inbox.core.order import tried
from inbox.core.queues import Queue, entered


def test_ties_are_by_the_name_that_is_shown() -> None:
    made = [Queue(QueueId("a"), "refunds"), Queue(QueueId("b"), "Billing"), Queue(QueueId("c"), "Claims", order=1)]
    assert [queue.name for queue in sorted(made, key=tried)] == ["Billing", "refunds", "Claims"]
    assert entered(made, Facts()) == made[1]
    assert entered(reversed(made), Facts()) == made[1]


def test_of_the_same_order_and_name_one_always_comes_first() -> None:
    twins = [Queue(QueueId("b"), "Billing"), Queue(QueueId("a"), "billing")]
    assert [queue.id for queue in sorted(twins, key=tried)] == ["a", "b"]
