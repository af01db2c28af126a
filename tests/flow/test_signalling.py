"""Customers see that somebody types and has read, where their provider shows it; nothing else depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inbox.connector import SignalKind
from inbox.core.errors import TryLater
from inbox.core.ids import ChannelId
from inbox.flow.signalling import AGAIN_MS, Signalling, Signals
from tests.flow.house import CHAT, MAIL, House
from tests.flow.sending import HOUR
from tests.store.conftest import in_memory

TYPING, READ = SignalKind.TYPING, SignalKind.READ


@asynccontextmanager
async def shown() -> AsyncIterator[tuple[House, Signals]]:
    """A house that signals."""
    house, signals = House(in_memory()), Signals()
    signalling = Signalling(signals, house.store.queries, house.channels.active, house.traffic, house.channels.hold, house.clock)
    async with house.running(), asyncio.TaskGroup() as tasks:
        loop = tasks.create_task(signalling.run())
        yield house, signals
        loop.cancel()


def kinds(house: House, channel: ChannelId = CHAT) -> list[SignalKind]:
    provider = house.world.chat if channel == CHAT else house.world.mail
    return [signal.kind for signal in provider.signals]


async def test_typing_is_shown_once_in_a_while_to_who_wrote_last() -> None:
    async with shown() as (house, signals):
        line = await house.write("Hello?", channel=CHAT, external_id="from-provider")
        for _ in range(5):
            signals.typing(line.conversation, True)
            await house.pass_time(100)
        signals.typing(line.conversation, False)
        await house.pass_time(100)
        assert [(s.kind, s.to, s.message) for s in house.world.chat.signals] == [(TYPING, "v1", "from-provider")]
        await house.pass_time(AGAIN_MS)
        signals.typing(line.conversation, True)
        await house.pass_time(100)
        assert kinds(house) == [TYPING, TYPING]


async def test_a_message_is_shown_as_read_once() -> None:
    async with shown() as (house, signals):
        line = await house.write("Hello?", channel=CHAT)
        for _ in range(3):
            signals.read(line.conversation)
            await house.pass_time(HOUR)
        assert kinds(house) == [READ]
        await house.write("Are you there?", channel=CHAT, key="second")
        signals.read(line.conversation)
        await house.pass_time(100)
        assert kinds(house) == [READ, READ]


async def test_channels_that_show_nothing_are_not_asked() -> None:
    async with shown() as (house, signals):
        mail = await house.write("Where is it?")
        signals.typing(mail.conversation, True)
        signals.read(mail.conversation)
        await house.pass_time(100)
        assert kinds(house, MAIL) == []


async def test_trouble_is_left_at_that_and_a_troubled_provider_is_left_alone() -> None:
    async with shown() as (house, signals):
        line = await house.write("Hello?", channel=CHAT)
        house.world.chat.answers_signal = TryLater("slow down")
        signals.typing(line.conversation, True)
        await house.pass_time(AGAIN_MS)
        assert kinds(house) == [TYPING]
        assert house.health == [], "a signal that fails says nothing of the channel"
        house.traffic.failed(CHAT, TryLater("away", away=True))
        signals.typing(line.conversation, True)
        await house.pass_time(AGAIN_MS)
        assert kinds(house) == [TYPING]
        house.traffic.went(CHAT)
        house.world.chat.answers_signal = LookupError("a bug")
        for expected in (2, 3):
            signals.typing(line.conversation, True)
            await house.pass_time(AGAIN_MS)
            assert len(kinds(house)) == expected
