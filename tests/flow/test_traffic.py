"""A provider that is away holds up its own channel only, is not hammered, and everything is sent once it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from inbox.core import pacing
from inbox.core.errors import NeedsLogin, TryLater
from inbox.core.ids import MessageId
from inbox.core.message import DeliveryState
from inbox.testing.recording_connector import raises
from tests.eventually import PATIENCE_S
from tests.flow.house import CHAT, MAIL, House

MINUTE = 60_000


async def states(house: House, ids: Sequence[MessageId]) -> set[DeliveryState]:
    found = [await house.message(id) for id in ids]
    return {m.delivery.state for m in found if m.delivery is not None}


async def test_a_provider_that_is_away_is_left_alone_and_everything_is_sent_when_it_is_back(house: House) -> None:
    mia = await house.hire("mia", capacity=50)
    questions = [await house.write(f"q{n}", key=f"q{n}", subject=f"{n}") for n in range(12)]
    mail = house.world.mail
    mail.will(*[raises(TryLater("unreachable", away=True))] * 60)
    answers = [(await house.reply(mia, q.conversation, f"a{n}")).id for n, q in enumerate(questions)]
    await house.pass_time(1_000)
    tried = len(mail.asked)
    assert pacing.FAILURES <= tried <= len(answers)
    assert [h.ok for c, h in house.health if c == MAIL][:1] == [False]
    await house.pass_time(10 * MINUTE)
    assert len(mail.asked) <= tried + 12, "one at a time while it is away"
    for _ in range(60):
        await house.pass_time(10 * MINUTE)
    assert await states(house, answers) == {DeliveryState.SENT}
    assert house.health[-1][1].ok


async def test_another_channel_goes_on_meanwhile(house: House) -> None:
    mia = await house.hire("mia", capacity=50)
    house.world.mail.will(*[raises(NeedsLogin("expired"))] * 50)
    for n in range(8):
        q = await house.write(f"q{n}", key=f"q{n}", subject=f"{n}")
        await house.reply(mia, q.conversation, f"a{n}")
    await house.pass_time(1_000)
    line = await house.write("hello", key="c", channel=CHAT)
    answer = await house.reply(mia, line.conversation, "hello")
    await house.pass_time(1_000)
    assert await states(house, [answer.id]) == {DeliveryState.SENT}


async def test_who_stops_does_not_wait_for_a_pause_to_end(house: House) -> None:
    mia = await house.hire("mia", capacity=50)
    house.world.mail.will(*[raises(TryLater("busy", after=30 * MINUTE, away=True))] * 50)
    for n in range(8):
        q = await house.write(f"q{n}", key=f"q{n}", subject=f"{n}")
        await house.reply(mia, q.conversation, f"a{n}")
    await house.pass_time(1_000)
    async with asyncio.timeout(PATIENCE_S):
        await house.outbox.stop()
