"""Uploads become a message's when it is committed, and stay their author's as long as it is not."""

from __future__ import annotations

import pytest

from inbox.core import commands as c
from inbox.core.errors import Denied, Invalid, NewerReply, NotFound
from inbox.core.ids import FileId
from inbox.testing.builders import a_file
from tests.flow.house import MAIL, TEAM, House
from tests.flow.test_conversations import a_question


async def test_attachments_are_the_authors_own_uploads_and_become_the_messages(house: House) -> None:
    mia, question = await a_question(house)
    for name, owner in (("mine", "agent:mia"), ("hers", "agent:eve"), ("first", "agent:mia")):
        await house.store.files.store(a_file(name, owner=owner), b"bytes")
    for foreign in ("hers", "none"):
        with pytest.raises(Invalid) as refused:
            await house.reply(mia, question.conversation, files=(FileId(foreign),))
        assert refused.value.field == "files"
    reply = await house.reply(mia, question.conversation, "", files=(FileId("mine"), FileId("mine")))
    assert [(a.file, a.size) for a in reply.attachments] == [("mine", 5)]
    to = (c.Addressee("email", "x@example.org"),)
    started = (await house.do(mia, c.StartConversation("s", MAIL, to, "", files=(FileId("first"),)))).message
    assert started is not None
    for message, name in ((reply, "mine"), (started, "first")):
        file = await house.store.files.find(name)
        assert file is not None
        assert (file.owner, file.conversation) == (f"message:{message.id}", message.conversation)
    with pytest.raises(Invalid):
        await house.reply(mia, question.conversation, "again", files=(FileId("mine"),))


async def owner_of(house: House, id: str) -> str:
    file = await house.store.files.find(id)
    assert file is not None
    return file.owner


async def test_a_refused_answer_leaves_its_files_to_be_sent_with_the_next_one(house: House) -> None:
    mia, question = await a_question(house)
    ben = await house.hire("ben", teams=(TEAM,))
    await house.reply(ben, question.conversation, "I was faster", seen=question.id)
    await house.store.files.store(a_file("mine", owner="agent:mia"), b"bytes")
    with pytest.raises(NewerReply):
        await house.reply(mia, question.conversation, "late", client_id="one", seen=question.id, files=(FileId("mine"),))
    assert await owner_of(house, "mine") == "agent:mia"
    sent = await house.reply(mia, question.conversation, "late", client_id="two", anyway=True, files=(FileId("mine"),))
    again = await house.reply(mia, question.conversation, "late", client_id="two", anyway=True, files=(FileId("mine"),))
    assert (await owner_of(house, "mine"), again.id) == (f"message:{sent.id}", sent.id)


async def test_the_gate_is_asked_before_any_file_is_touched(house: House) -> None:
    _, question = await a_question(house)
    eve = await house.hire("eve", teams=("elsewhere",))
    await house.store.files.store(a_file("hers", owner="agent:eve"), b"bytes")
    for files in ((FileId("hers"),), (FileId("none"),)):
        with pytest.raises((NotFound, Denied)):
            await house.reply(eve, question.conversation, files=files)
    assert await owner_of(house, "hers") == "agent:eve"
