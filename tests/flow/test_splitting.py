"""Splitting a participant off: all he wrote goes with him, is announced where it is now, and nothing else changes."""

from __future__ import annotations

import asyncio

import pytest

from inbox.core import commands as c
from inbox.core.errors import Invalid, NotFound
from inbox.core.events import EventType
from inbox.core.message import Message
from inbox.core.permissions import Actor
from inbox.testing.builders import a_team
from tests.flow.house import ANNA, BOB, TEAM, House
from tests.store.conftest import Store


async def a_crowd(house: House) -> tuple[Actor, Message, list[Message]]:
    """Bob came into Anna's conversation by himself and wrote three times."""
    await house.store.directory.save_team(a_team(TEAM))
    mia = await house.hire("mia", teams=(TEAM,))
    question = await house.write("Where is my order?", key="q", cc=(BOB,))
    await house.do(mia, c.Assign(question.conversation, mia.id, TEAM))
    bobs = [await house.write(f"bob {n}", key=f"b{n}", sender=BOB, references=("<q@x>",)) for n in range(3)]
    await house.write("anna again", key="a2", references=("<q@x>",))
    return mia, question, bobs


async def test_a_participant_is_split_off_with_all_he_wrote(house: House) -> None:
    mia, question, bobs = await a_crowd(house)
    await house.rest()
    house.heard.clear()
    left = (await house.do(mia, c.SplitParticipant(question.conversation, BOB.kind, BOB.value))).conversation
    assert left is not None
    assert await house.thread(left.id) == ["Where is my order?", "anna again"]
    assert (left.messages, left.inbound, [p.value for p in left.participants]) == (2, 2, [ANNA.value])
    (other,) = [await house.conversation(id) for id in left.related]
    assert await house.thread(other.id) == ["bob 0", "bob 1", "bob 2"]
    assert (other.messages, other.inbound, other.team, other.customer) == (3, 3, TEAM, bobs[0].customer)
    assert other.related == (left.id,)
    await house.rest()
    moved = [x.event.message for x in house.heard if x.event.type is EventType.MESSAGE_RECEIVED and x.event.conversation == other.id]
    assert moved == [m.id for m in bobs], "every moved message is announced where it is now"
    later = await house.write("bob 3", key="b3", sender=BOB, references=("<b2@x>",))
    assert later.conversation == other.id
    assert (await house.write("anna 3", key="a3", references=("<q@x>",))).conversation == left.id


async def test_what_cannot_be_split_off_says_why_and_changes_nothing(house: House) -> None:
    mia, question, _ = await a_crowd(house)
    before = await house.conversation(question.conversation)
    ghost = c.SplitParticipant(question.conversation, "email", "ghost@example.org")
    with pytest.raises((NotFound, Invalid)):
        await house.do(mia, ghost)
    alone = await house.write("alone", key="x", subject="Alone", sender=BOB)
    with pytest.raises(Invalid):
        await house.do(mia, c.SplitParticipant(alone.conversation, BOB.kind, BOB.value))
    assert await house.conversation(question.conversation) == before


async def test_what_comes_in_during_a_split_goes_with_its_author(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, question, _ = await a_crowd(house)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.do(mia, c.SplitParticipant(question.conversation, BOB.kind, BOB.value)))
            writes = [house.write(f"late {n}", key=f"late{n}", sender=BOB, references=("<b0@x>",)) for n in range(5)]
            late = await asyncio.gather(*writes)
        left = await house.conversation(question.conversation)
        assert await house.thread(left.id) == ["Where is my order?", "anna again"]
        assert {(await house.message(m.id)).conversation for m in late}.isdisjoint({left.id})
        assert left.messages == 2
