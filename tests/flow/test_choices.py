"""Answers to choose from, offered by agents and bots: by buttons where the channel has them, in words elsewhere."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.connector import BotAction
from inbox.core.errors import Invalid
from inbox.core.ids import ConversationId
from inbox.core.message import Message
from inbox.core.permissions import Actor
from inbox.testing.recording_connector import RecordingChat
from tests.flow.house import CHAT, House
from tests.store.conftest import in_memory

OFFER = ("Refund", "New tent", "Something else")


async def ask(house: House, mia: Actor, conversation: ConversationId, **fields: object) -> Message:
    return await house.reply(mia, conversation, "What would you like?", choices=OFFER, **fields)


@pytest.mark.parametrize(("able", "shown"), [(10, True), (3, True), (2, False), (0, False)])
async def test_a_channel_shows_as_many_as_it_can_and_else_numbers_them(
    house: House, monkeypatch: pytest.MonkeyPatch, able: int, shown: bool
) -> None:
    monkeypatch.setattr(RecordingChat, "capabilities", replace(RecordingChat.capabilities, choices=able))
    mia, line = await house.hire("mia"), await house.write("it is torn", key="1", channel=CHAT)
    message = await house.sent(await ask(house, mia, line.conversation))
    assert (message.text, message.choices) == ("What would you like?", OFFER)
    [outbound] = house.world.chat.accepted
    if shown:
        assert (outbound.text, outbound.choices) == ("What would you like?", OFFER)
    else:
        assert (outbound.text, outbound.choices) == ("What would you like?\n\n1. Refund\n2. New tent\n3. Something else", ())


async def test_mail_has_them_in_words(house: House) -> None:
    mia, mail = await house.hire("mia"), await house.write("it is torn", key="m")
    await house.sent(await ask(house, mia, mail.conversation))
    assert house.world.mail.accepted[0].text.endswith("1. Refund\n2. New tent\n3. Something else")


async def test_what_no_channel_shows_is_refused(house: House) -> None:
    mia, line = await house.hire("mia"), await house.write("it is torn", key="1", channel=CHAT)
    with pytest.raises(Invalid, match="20 characters"):
        await house.reply(mia, line.conversation, "What?", choices=("x" * 21,))


async def test_a_bot_offers_choices_and_hears_the_chosen_one() -> None:
    async with House(in_memory(), bot=True).running() as house:
        house.world.bot.extend([[BotAction("reply", "What would you like?", OFFER)], [BotAction("hand_over", "wants_refund")]])
        await house.write("it is torn", key="1", channel=CHAT)
        await house.pass_time(10)
        [asked] = house.world.chat.accepted
        assert (asked.text, asked.by_bot) == ("What would you like?\n\n1. Refund\n2. New tent\n3. Something else", True)
        await house.write("Refund", key="2", channel=CHAT)
        await house.pass_time(10)
        assert house.world.turns[1].lines[-1] == ("customer", "Refund")
