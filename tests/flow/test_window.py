"""Some channels let a company write only for a while after the customer did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inbox.core import commands as c
from inbox.core.errors import Invalid
from tests.flow.house import CHAT, House

DAY = 24 * 60 * 60 * 1000


@pytest.fixture
def narrow(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The chat has a window of a day."""
    facts = {id: replace(f, window=DAY, templates=False) if id == CHAT else f for id, f in house.channels.facts().items()}
    monkeypatch.setattr(house.channels, "_facts", facts)
    return house


async def test_within_the_window_an_answer_goes_and_afterwards_it_is_refused_in_words(narrow: House) -> None:
    mia = await narrow.hire("mia")
    line = await narrow.write("hello", key="1", channel=CHAT)
    assert (await narrow.conversation(line.conversation)).heard_at == line.at
    await narrow.pass_time(DAY)
    await narrow.reply(mia, line.conversation, "still in time")
    await narrow.pass_time(1)
    with pytest.raises(Invalid, match="within 24 hours"):
        await narrow.reply(mia, line.conversation, "too late")
    await narrow.do(mia, c.Note(line.conversation, "n", "notes are always possible"))


async def test_the_window_opens_again_when_the_customer_writes(narrow: House) -> None:
    mia = await narrow.hire("mia")
    line = await narrow.write("hello", key="1", channel=CHAT)
    await narrow.pass_time(2 * DAY)
    await narrow.write("are you there?", key="2", channel=CHAT)
    await narrow.reply(mia, line.conversation, "yes")


async def test_nobody_is_written_to_first(narrow: House) -> None:
    mia = await narrow.hire("mia")
    with pytest.raises(Invalid, match="write first"):
        await narrow.do(mia, c.StartConversation("n", CHAT, (c.Addressee("visitor", "v"),), text="hello"))
