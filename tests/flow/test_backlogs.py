"""However much waits for one channel, the others send, and in the end everything has gone out once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from inbox.core.errors import TryLater
from inbox.core.ids import ConversationId
from inbox.core.message import Address, Delivery, DeliveryState, Message
from inbox.flow import outbox
from inbox.flow.channels import Running
from inbox.records import CONVERSATIONS, MESSAGES, Batch, Put
from inbox.testing.builders import a_conversation, a_reply
from inbox.testing.clock import START
from tests.flow.house import CHAT, MAIL, MINUTE, House
from tests.flow.sending import HOUR, SENT, said, state
from tests.store.conftest import in_memory

MANY = 10_001


def pause(house: House, paused: bool = True) -> None:
    """An admin pauses the mailbox, or resumes it."""
    running = house.channels.running[MAIL]
    house.channels.put(Running(replace(running.record, paused=paused), running.connector, running.facts))


def away(house: House) -> None:
    """The mailbox's provider takes nothing, and this is known."""
    for _ in range(5):
        house.traffic.failed(MAIL, TryLater("unreachable", after=HOUR, away=True))


async def waiting(house: House, count: int) -> Message:
    """So many old answers wait for the mailbox; one younger answer for the chat."""
    old = [
        a_reply(f"{n:032x}", conversation=ConversationId(f"c{n}"), channel=MAIL, text=f"m{n}", delivery=Delivery(DeliveryState.PENDING, n))
        for n in range(count)
    ]
    last = a_reply(
        f"{count:032x}",
        conversation=ConversationId("chat"),
        channel=CHAT,
        to=(Address("visitor", "v1"),),
        delivery=Delivery(DeliveryState.PENDING, START),
    )
    puts = [Put(MESSAGES, m, None) for m in (*old, last)]
    talks = [Put(CONVERSATIONS, a_conversation(m.conversation, channel=m.channel), None) for m in (*old, last)]
    await house.store.journal.commit(Batch(puts=[*talks, *puts]))
    return last


@pytest.mark.parametrize("trouble", [pause, away])
async def test_ten_thousand_old_answers_of_one_channel_do_not_hold_up_another(trouble: Callable[[House], None]) -> None:
    house = House(in_memory())
    answer = await waiting(house, MANY)
    trouble(house)
    async with house.running():
        await house.pass_time(1_000)
        assert (await state(house, answer))[0] is SENT
        assert said(house.world.mail) == []


async def test_what_is_left_of_a_large_backlog_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST", 20)
    house = House(in_memory())
    await waiting(house, 101)
    pause(house)
    async with house.running():
        await house.pass_time(1_000)
        pause(house, False)
        house.outbox.resumed(MAIL)
        for _ in range(12):
            await house.pass_time(1_000)
        assert sorted(said(house.world.mail)) == sorted(f"m{n}" for n in range(101))


async def test_a_backlog_is_read_on_before_the_channel_runs_dry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST", 20)
    house = House(in_memory())
    await waiting(house, 101)
    async with house.running():
        for _ in range(12):
            await house.pass_time(1_000)
        assert len(said(house.world.mail)) == 101
        await house.pass_time(10 * MINUTE)
        assert len(house.world.mail.asked) == 101, "nothing twice"
