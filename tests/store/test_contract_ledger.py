"""The ledger's promises: stored before acknowledged, once, whatever its size, and found again until settled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from inbox.core.errors import NotFound, Unavailable
from inbox.core.ids import DeliveryId
from inbox.records import Batch, Settled
from inbox.store.client import Database
from inbox.store.ledger import INLINE_BYTES, MongoLedger, _Entry
from inbox.testing.builders import a_delivery
from inbox.testing.clock import START
from tests.eventually import PATIENCE_S
from tests.store.conftest import Store

D1, D2, D3 = DeliveryId("d1"), DeliveryId("d2"), DeliveryId("d3")


async def test_a_delivery_is_kept_as_it_came(store: Store) -> None:
    raw = a_delivery(body=bytes(range(256)), headers={"X.Odd": "1", "$x": "2"}, context={"mailbox": "INBOX"})
    assert await store.ledger.record([(D1, raw)]) == [True]
    row = await store.ledger.get(D1)
    assert row is not None
    assert (row.raw, row.state, row.attempts) == (raw, "received", 0)
    assert await store.ledger.get(D2) is None
    assert await store.ledger.record([]) == []


async def test_the_same_delivery_twice_is_stored_once_and_the_first_stays(store: Store) -> None:
    await store.ledger.record([(D1, a_delivery(body=b"first"))])
    again = await store.ledger.record([(D2, a_delivery("k2")), (D1, a_delivery(body=b"second")), (D3, a_delivery("k3"))])
    assert again == [True, False, True]
    row = await store.ledger.get(D1)
    assert row is not None
    assert row.raw.body == b"first"


async def test_many_at_once_are_all_stored_and_of_twins_one_is_new(store: Store) -> None:
    keys = [f"k{i % 60}" for i in range(120)]
    answers = await asyncio.gather(*(store.ledger.record([(DeliveryId(key), a_delivery(key))]) for key in keys))
    assert len(answers) == 120
    assert len(await store.ledger.unsettled(START + 1, 500)) == 60
    assert sum(new for (new,) in answers) == 60


async def test_a_large_body_is_kept_whole(store: Store) -> None:
    body = bytes(INLINE_BYTES * 5 + 3)
    assert await store.ledger.record([(D1, a_delivery(body=body))]) == [True]
    assert await store.ledger.record([(D1, a_delivery(body=body))]) == [False]
    row = await store.ledger.get(D1)
    assert row is not None
    assert row.raw.body == body
    (unsettled,) = await store.ledger.unsettled(START + 1, 10)
    assert unsettled.raw.body == body


async def test_what_is_not_settled_is_found_oldest_first(store: Store) -> None:
    rows = [
        (D2, a_delivery("k2", arrived_at=START)),
        (D1, a_delivery("k1", arrived_at=START)),
        (D3, a_delivery("k3", arrived_at=START - 1)),
    ]
    late = (DeliveryId("late"), a_delivery("late", arrived_at=START + 5))
    await store.ledger.record([*rows, late])
    assert [row.id for row in await store.ledger.unsettled(START + 5, 10)] == [D3, D1, D2]
    first = await store.ledger.unsettled(START + 5, 2)
    assert [row.id for row in first] == [D3, D1]
    assert [row.id for row in await store.ledger.unsettled(START + 5, 2, first[-1])] == [D2]
    await store.journal.commit(Batch(settled=[Settled(D3, "done"), Settled(D1, "unsupported", "a read mark")]))
    assert [row.id for row in await store.ledger.unsettled(START + 5, 10)] == [D2]


async def test_failures_are_counted(store: Store) -> None:
    await store.ledger.record([(D1, a_delivery())])
    assert [await store.ledger.note_failure(D1, "boom"), await store.ledger.note_failure(D1, "bang")] == [1, 2]
    row = await store.ledger.get(D1)
    assert row is not None
    assert (row.attempts, row.error, row.state) == (2, "bang", "received")
    with pytest.raises(NotFound):
        await store.ledger.note_failure(D2, "boom")


async def test_a_caller_who_gives_up_leaves_the_others_be(mongo: Database) -> None:
    ledger = MongoLedger(mongo, PATIENCE_S)

    async def record(i: int) -> list[bool]:
        return await ledger.record([(DeliveryId(f"d{i}"), a_delivery(f"k{i}"))])

    for turn in range(10):
        tasks = [asyncio.ensure_future(record(100 * turn + i)) for i in range(20)]  # noqa: TID251  # each is awaited below
        for _ in range(turn):
            await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), PATIENCE_S)
        assert [a for i, a in enumerate(answers) if i % 3] == [[True]] * 13
    assert await record(9_999) == [True]


async def test_whoever_gives_up_just_as_his_turn_comes_hands_it_on(mongo: Database) -> None:
    callers: list[asyncio.Task[list[bool]]] = []

    class Watched(MongoLedger):
        """Cancels the second caller at the moment the first one hands over to him."""

        def _pass_on(self, group: Sequence[_Entry], mine: _Entry) -> None:
            super()._pass_on(group, mine)
            callers[1].cancel()

        def _take(self, mine: _Entry) -> list[_Entry]:
            self._waiting.remove(mine)
            return [mine]  # a group of one, so that there is a next turn

    ledger = Watched(mongo, PATIENCE_S)
    async with asyncio.TaskGroup() as tasks:
        callers += [tasks.create_task(ledger.record([(DeliveryId(f"d{i}"), a_delivery(f"k{i}"))])) for i in range(3)]
    assert callers[1].cancelled()
    assert [callers[0].result(), callers[2].result()] == [[True], [True]]


async def test_nothing_is_acknowledged_while_the_database_is_frozen(frozen: Database) -> None:
    ledger = MongoLedger(frozen)
    answers = await asyncio.gather(*(ledger.record([(DeliveryId(f"d{i}"), a_delivery())]) for i in range(3)), return_exceptions=True)
    assert [type(a) for a in answers] == [Unavailable] * 3


async def test_a_duplicate_that_no_majority_has_is_not_acknowledged(mongo: Database) -> None:
    """A duplicate key proves nothing while a majority read does not see the row; here the row is seen by neither."""

    class Forgetful(MongoLedger):
        """Meets the key of a first copy that is about to be rolled back, while its neighbour in the group is fine."""

        async def _insert(self, rows):  # type: ignore[no-untyped-def]  # as in the base
            return {i for i, row in enumerate(rows) if row["_id"] == "doubtful"} | await super()._insert(
                [row for row in rows if row["_id"] != "doubtful"]
            )

    ledger = Forgetful(mongo)
    names = ["fine", "doubtful", "fine too"]
    answers = await asyncio.gather(*(ledger.record([(DeliveryId(n), a_delivery(n))]) for n in names), return_exceptions=True)
    assert [a if isinstance(a, list) else type(a) for a in answers] == [[True], Unavailable, [True]]
