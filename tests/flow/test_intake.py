"""Acknowledged means durable; what is durable becomes a message, whatever dies, is away or breaks in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from inbox.connector import InboundFile, RawDelivery
from inbox.core.errors import Rejected, TryLater, Unavailable
from inbox.core.ids import ChannelId, DeliveryId, delivery_id, message_id
from inbox.core.message import Message
from inbox.flow import intake
from inbox.flow.intake import RECOVER_EVERY_MS, RECOVER_OLDER_THAN_MS
from inbox.ports import Ledger
from inbox.records import MESSAGES, LedgerRow, StoredFile
from inbox.testing.clock import ManualClock, settle
from inbox.testing.memory_store import MemoryStore
from tests.flow.house import MAIL, MINUTE, House, a_mail, load, stored_in
from tests.store.conftest import Store, in_memory

NOWHERE = ChannelId("nowhere")


class SlowLedger:
    """``ports.Ledger`` in front of another one: it answers when the test lets it, and fails when told."""

    def __init__(self, inner: Ledger) -> None:
        self.inner = inner
        self.answers = asyncio.Event()
        self.groups: list[int] = []
        self.fails: Exception | None = None

    async def record(self, rows: Sequence[tuple[DeliveryId, RawDelivery]]) -> list[bool]:
        """Counted; held up until ``answers`` is set."""
        self.groups.append(len(rows))
        await self.answers.wait()
        if self.fails is not None:
            raise self.fails
        return await self.inner.record(rows)

    async def get(self, id: DeliveryId) -> LedgerRow | None:
        """Passed on."""
        return await self.inner.get(id)

    async def unsettled(self, before: int, limit: int, after: LedgerRow | None = None) -> list[LedgerRow]:
        """Passed on."""
        return await self.inner.unsettled(before, limit, after)

    async def note_failure(self, id: DeliveryId, error: str) -> int:
        """Passed on."""
        return await self.inner.note_failure(id, error)


def slowed() -> tuple[House, SlowLedger]:
    store = in_memory()
    ledger = SlowLedger(store.ledger)
    return House(replace(store, ledger=ledger)), ledger


async def state(house: House, raw: RawDelivery) -> str:
    row = await house.store.ledger.get(delivery_id(raw.channel, raw.key))
    return "" if row is None else row.state


async def test_nothing_is_acknowledged_before_it_is_durable_and_what_waits_is_recorded_together() -> None:
    house, ledger = slowed()
    async with house.running(), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(house.deliver(a_mail("1", key="1")))
        await settle()
        others = [tasks.create_task(house.deliver(a_mail(f"{n}", key=f"{n}"))) for n in range(2, 8)]
        await settle()
        assert not any(t.done() for t in (first, *others))
        ledger.answers.set()
        await asyncio.wait((first, *others))
        assert ledger.groups == [1, 6]
        for t in (first, *others):
            assert await state(house, t.result())


@pytest.mark.parametrize("error", [Unavailable("away"), LookupError("a bug")], ids=lambda e: type(e).__name__)
async def test_what_was_not_stored_is_refused_so_that_the_sender_comes_again(error: Exception) -> None:
    house, ledger = slowed()
    ledger.answers.set()
    ledger.fails = error
    async with house.running():
        with pytest.raises(Unavailable):
            await house.deliver(a_mail("hello", key="k"))
        ledger.fails = None
        assert (await house.write("hello", key="k")).text == "hello"


async def test_at_the_end_nobody_is_left_without_an_answer() -> None:
    house, _ = slowed()
    async with house.running():
        waiting = asyncio.gather(*(house.deliver(a_mail(f"{n}", key=f"{n}")) for n in range(300)), return_exceptions=True)
        await settle()
        house.kill()
        assert {type(result) for result in await waiting} == {Unavailable}
        with pytest.raises(TryLater):
            await house.deliver(a_mail("late", key="late"))


async def test_what_a_dead_process_had_acknowledged_is_taken_up_at_the_next_start(any_store: Store) -> None:
    clock = ManualClock()
    async with House(any_store, clock).running(without=("committer",)) as dying:
        for n in range(300):
            await dying.deliver(a_mail(f"mail {n}", key=f"k{n}"))
        clock.set(clock.now() + 1)
        dying.kill()
    async with House(any_store, clock, name="two").running() as after:
        await after.until(lambda: load(any_store.journal, MESSAGES, *(message_id(MAIL, f"k{n}") for n in range(300))), "all of them")
        await after.until(lambda: _unsettled_none(any_store, clock))


async def _unsettled_none(store: Store, clock: ManualClock) -> bool:
    return await store.ledger.unsettled(clock.now() + 1, 10) == []


async def test_what_was_put_off_is_tried_again_and_meanwhile_holds_up_nothing() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory)).running() as house:
        house.gone.add(MAIL)
        put_off = [await house.deliver(a_mail(f"early {n}", key=f"e{n}")) for n in range(2 * intake.MAX_ROWS)]
        await house.rest()
        house.gone.clear()
        await house.write("fine", key="fine")
        assert [await state(house, raw) for raw in put_off] == ["received"] * len(put_off)
        await house.pass_time(RECOVER_OLDER_THAN_MS + RECOVER_EVERY_MS + 1)
        assert [await state(house, raw) for raw in put_off] == ["done"] * len(put_off)


async def test_deliveries_of_a_channel_that_is_gone_for_good_hide_none_behind_them(house: House) -> None:
    gone = [await house.deliver(a_mail(f"g{n}", key=f"g{n}"), channel=NOWHERE) for n in range(2 * intake.MAX_ROWS)]
    house.gone.add(MAIL)
    behind = await house.deliver(a_mail("behind", key="behind"))
    await house.rest()
    house.gone.clear()
    await house.pass_time(RECOVER_OLDER_THAN_MS + RECOVER_EVERY_MS + 1)
    assert await state(house, behind) == "done"
    assert await state(house, gone[0]) == "received"


async def test_a_flood_is_worked_on_piece_by_piece(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_UNDER_WAY", 5)
    raws = await asyncio.gather(*(house.deliver(a_mail(f"{n}", key=f"{n}")) for n in range(60)))
    assert house.intake.backlog <= 5
    await house.rest()
    await house.pass_time(RECOVER_OLDER_THAN_MS + RECOVER_EVERY_MS + 1)
    for _ in range(20):
        await house.pass_time(RECOVER_EVERY_MS)
    assert {await state(house, raw) for raw in raws} == {"done"}


async def test_large_deliveries_wait_in_the_database_rather_than_in_memory(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_BYTES", 10_000)
    raws = await asyncio.gather(*(house.deliver(a_mail("x" * 6_000, key=f"{n}")) for n in range(8)))
    assert house.intake.backlog == 1
    await house.rest()
    for _ in range(20):
        await house.pass_time(RECOVER_OLDER_THAN_MS + RECOVER_EVERY_MS)
    assert {await state(house, raw) for raw in raws} == {"done"}


def files(*given: InboundFile) -> dict[str, Any]:
    return {"files": given}


async def test_attachments_are_stored_before_the_message_names_them(any_store: Store) -> None:
    async with House(any_store).running() as house:
        house.world.mail.media["ref-1"] = b"far away"
        mail = files(InboundFile("a.txt", "text/plain", b"bytes"), InboundFile("b.png", "image/png", ref="ref-1", inline=True))
        message = await house.write("see attached", key="k", **mail)
        assert [(a.name, a.size, a.inline) for a in message.attachments] == [("a.txt", 5, False), ("b.png", 8, True)]
        assert [await content(house, a.file) for a in message.attachments] == [b"bytes", b"far away"]
        stored = await house.store.files.find(message.attachments[0].file)
        assert stored is not None
        assert stored.owner == f"message:{message.id}"


async def content(house: House, file: str) -> bytes:
    return b"".join([piece async for piece in house.store.files.open(file)])


@pytest.mark.parametrize("gone", [Rejected("expired"), LookupError("a bug")], ids=["expired", "bug"])
async def test_a_medium_that_cannot_be_had_costs_the_message_nothing(house: House, gone: Exception) -> None:
    house.world.mail.media["ref"] = gone
    message = await house.write("look at this", key="k", **files(InboundFile("photo.jpg", "image/jpeg", ref="ref")))
    assert [(a.name, a.size) for a in message.attachments] == [("photo.jpg", 0)]
    house.world.mail.media["ref"] = b"there after all"
    row = await house.store.ledger.get(message.raw or DeliveryId(""))
    assert row is not None
    await house.intake.reprocess(row)
    assert await content(house, message.attachments[0].file) == b"there after all"


async def test_a_medium_that_is_late_is_waited_for_but_not_for_ever(house: House) -> None:
    house.world.mail.media["soon"] = house.world.mail.media["never"] = TryLater("not ready")
    for name in ("soon", "never"):
        await house.deliver(a_mail(name, key=name, **files(InboundFile("f", "image/png", ref=name))))
    await house.pass_time(30_000)
    assert await load(house.store.journal, MESSAGES, message_id(MAIL, "soon")) == {}
    house.world.mail.media["soon"] = b"here"
    await house.pass_time(3 * MINUTE)
    sizes = [(await house.message(message_id(MAIL, name))).attachments[0].size for name in ("soon", "never")]
    assert sizes == [4, 0]


async def test_our_own_fault_is_shown_as_unreadable_at_last_and_the_source_is_kept() -> None:
    store = in_memory()
    broken = BrokenFiles(store)
    async with House(replace(store, files=broken)).running() as house:
        raw = await house.deliver(a_mail("hello", key="k", **files(InboundFile("a", "text/plain", b"x"))))
        await house.pass_time(6 * (RECOVER_OLDER_THAN_MS + RECOVER_EVERY_MS))
        message: Message = await house.message(message_id(MAIL, f"unreadable:{raw.key}"))
        assert message.unreadable == "internal_error"
        row = await house.store.ledger.get(delivery_id(MAIL, raw.key))
        assert row is not None
        assert (row.state, row.attempts) == ("unreadable", 5)
        broken.works = True
        await house.intake.reprocess(row)
        assert (await house.message(message_id(MAIL, "k"))).text == "hello"


class BrokenFiles:
    """``ports.Files`` with a bug in it until it ``works``."""

    def __init__(self, store: Store) -> None:
        self.inner = store.files
        self.works = False

    async def store(self, file: StoredFile, content: AsyncIterator[bytes] | bytes) -> StoredFile:
        """Fails."""
        if not self.works:
            raise LookupError("a bug")
        return await self.inner.store(file, content)

    async def find(self, id: str) -> StoredFile | None:
        """Passed on."""
        return await self.inner.find(id)

    def open(self, id: str, start: int = 0) -> AsyncIterator[bytes]:
        """Passed on."""
        return self.inner.open(id, start)

    async def adopt(self, ids: Sequence[str], owner: str, conversation: Any) -> None:
        """Passed on."""
        await self.inner.adopt(ids, owner, conversation)

    async def keep(self, ids: Sequence[str], owner: str) -> None:
        """Passed on."""
        await self.inner.keep(ids, owner)

    async def copy(self, id: str, copy: StoredFile) -> StoredFile:
        """Passed on."""
        return await self.inner.copy(id, copy)

    async def sweep(self, before: int) -> int:
        """Passed on."""
        return await self.inner.sweep(before)


async def test_a_database_that_goes_away_after_the_acknowledgement_loses_nothing() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory)).running() as house:
        raws = [await house.deliver(a_mail(f"{n}", key=f"{n}")) for n in range(5)]
        memory.away = True
        await house.rest()
        memory.away = False
        await house.pass_time(RECOVER_OLDER_THAN_MS + 2 * RECOVER_EVERY_MS)
        assert [await state(house, raw) for raw in raws] == ["done"] * 5
