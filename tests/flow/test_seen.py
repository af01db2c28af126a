"""A customer in the chat is told once that his line was seen; nothing else comes of it."""

from __future__ import annotations

import pytest

from inbox.core import commands as c
from inbox.core.errors import NotFound
from inbox.core.events import EventType
from tests.flow.house import CHAT, House


async def test_the_first_look_at_a_line_of_the_chat_is_kept(house: House) -> None:
    mia = await house.hire("mia")
    line = await house.write("hi", channel=CHAT)
    before = await house.conversation(line.conversation)
    await house.do(mia, c.MarkSeen(line.conversation, line.id))
    seen = (await house.message(line.id)).seen_at
    assert seen is not None
    assert house.heard[-1].event.type is EventType.MESSAGE_CHANGED
    await house.pass_time(5_000)
    entries = len(house.heard)
    await house.do(mia, c.MarkSeen(line.conversation, line.id))
    assert ((await house.message(line.id)).seen_at, len(house.heard)) == (seen, entries)
    after = await house.conversation(line.conversation)
    assert (after.updated_at, after.waiting_since, after.category) == (before.updated_at, before.waiting_since, before.category)


async def test_mails_and_answers_are_not_marked(house: House) -> None:
    mia = await house.hire("mia")
    mail = await house.write("hello")
    reply = await house.reply(mia, mail.conversation)
    for message in (mail, reply):
        await house.do(mia, c.MarkSeen(mail.conversation, message.id))
        assert (await house.message(message.id)).seen_at is None
    other = await house.write("hi", channel=CHAT)
    with pytest.raises(NotFound):
        await house.do(mia, c.MarkSeen(mail.conversation, other.id))
