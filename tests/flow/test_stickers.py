"""Stickers that agents send: by their ids where the channel has them, as the emoji that says the same elsewhere."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core.errors import Invalid
from inbox.core.message import Card
from inbox.core.triage import preview
from inbox.testing.recording_connector import RecordingChat
from tests.flow.house import CHAT, House


async def test_a_sticker_is_all_the_answer_there_is(house: House) -> None:
    mia, line = await house.hire("mia"), await house.write("it has come", key="1", channel=CHAT)
    message = await house.sent(await house.reply(mia, line.conversation, "", sticker="1/2"))
    assert (message.text, message.cards, preview(message)) == ("", (Card("sticker", "👌"),), "👌")
    [outbound] = house.world.chat.accepted
    assert outbound.sticker == "1/2"


async def test_a_channel_that_has_it_no_more_says_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mia, line = await house.hire("mia"), await house.write("it has come", key="1", channel=CHAT)
    message = await house.reply(mia, line.conversation, "", sticker="1/2", send_at=house.clock.now() + 60_000)
    monkeypatch.setattr(RecordingChat, "capabilities", replace(RecordingChat.capabilities, stickers=()))
    await house.pass_time(60_000)
    await house.sent(message)
    [outbound] = house.world.chat.accepted
    assert (outbound.sticker, outbound.text) == ("", "👌")


async def test_what_the_channel_does_not_send_is_refused(house: House) -> None:
    mia, line = await house.hire("mia"), await house.write("it has come", key="1", channel=CHAT)
    mail = await house.write("it has come", key="m")
    with pytest.raises(Invalid, match="does not send"):
        await house.reply(mia, mail.conversation, "", sticker="1/2")
    with pytest.raises(Invalid, match="does not send"):
        await house.reply(mia, line.conversation, "", sticker="1/3")
    with pytest.raises(Invalid, match="alone"):
        await house.reply(mia, line.conversation, "Thanks", sticker="1/2")
    with pytest.raises(Invalid, match="alone"):
        await house.reply(mia, line.conversation, "", sticker="1/2", choices=("Yes", "No"))
