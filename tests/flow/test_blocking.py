"""Somebody blocked: whatever he writes is kept, and nobody hears of it."""

from __future__ import annotations

import pytest

from inbox.core import commands as c
from inbox.core.blocking import Block, block_id
from inbox.core.conversation import Category, ClockState
from inbox.core.errors import Denied, Invalid, NotFound
from inbox.core.events import EventType
from inbox.core.ids import ConversationId
from inbox.core.message import Address
from inbox.core.notifications import made
from inbox.core.permissions import Actor
from inbox.flow.blocking import BlockSender
from inbox.records import BLOCKS
from tests.flow.house import ANNA, BOB, BOT_ACTOR, CHAT, VISITOR, House, load
from tests.store.conftest import Store

EVE = Address("email", "eve@spam.example", "Eve")


async def block(house: House, by: Actor, sender: Address = EVE, conversation: ConversationId | None = None, **fields: object) -> Block:
    wish = BlockSender(by, sender.kind, sender.value, conversation=conversation, **{"spam": conversation is not None} | fields)  # type: ignore[arg-type]  # fields by name
    return (await house.people.block(wish))[0]


async def stored(house: House, id: str) -> Block:
    found: Block = (await load(house.store.journal, BLOCKS, id))[id]
    return found


async def test_messages_of_a_blocked_sender_are_kept_counted_and_alarm_nobody(any_store: Store) -> None:
    async with House(any_store, bot=True).running() as house:
        mia = await house.hire("mia")
        entry = await block(house, mia)
        first = await house.write("Buy now", key="k1", sender=EVE)
        second = await house.write("Buy more", key="k2", sender=EVE)
        assert first.conversation == second.conversation
        c = await house.conversation(first.conversation)
        assert (c.category, c.assignee, c.queued_at, c.waiting_since, c.bot) == (Category.SPAM, None, None, None, None)
        assert {clock.state for clock in c.sla} <= {ClockState.IDLE}
        assert first.reason is not None
        assert (first.reason.code, first.reason.ids) == ("blocked_sender", (entry.id,))
        assert first.raw is not None
        assert await any_store.ledger.get(first.raw) is not None
        after = await stored(house, entry.id)
        assert (after.stopped, after.last_at is not None) == (2, True)
        assert not [e for e in house.heard if e.event.type is EventType.QUEUED]


async def test_a_whole_domain_is_blocked_with_what_is_below_it_and_each_sender_has_his_own_spam(house: House) -> None:
    mia = await house.hire("mia")
    entry = await block(house, mia, domain=True)
    one = await house.write("a", key="k1", sender=EVE)
    two = await house.write("b", key="k2", sender=Address("email", "mallory@mail.spam.example"))
    fine = await house.write("c", key="k3", sender=BOB)
    assert one.conversation != two.conversation
    assert [(await house.conversation(m.conversation)).category for m in (one, two, fine)] == [
        Category.SPAM,
        Category.SPAM,
        Category.OPEN,
    ]
    assert (await stored(house, entry.id)).stopped == 2


async def test_blocking_in_a_conversation_marks_it_as_spam_and_what_follows_lands_there_unheard(house: House) -> None:
    mia = await house.hire("mia")
    first = await house.write("question", key="q")
    await block(house, mia, ANNA, first.conversation)
    assert (await house.conversation(first.conversation)).category is Category.SPAM
    house.heard.clear()
    later = await house.write("answer me", key="r", references=("<q@x>",))
    assert later.conversation == first.conversation
    (change,) = [x for x in house.heard if x.event.type is EventType.MESSAGE_RECEIVED]
    assert change.event.after is not None
    assert change.event.after.assignee == mia.id
    assert made(change.event, change.message) == []
    assert (await house.write("no reference at all", key="s")).conversation == first.conversation


async def test_a_blocked_participant_does_not_reopen_the_conversation_of_others(house: House) -> None:
    mia = await house.hire("mia")
    question = await house.write("question", key="q", cc=(BOB,))
    await block(house, mia, BOB, question.conversation, spam=False)
    await house.do(mia, c.SetStatus(question.conversation, Category.RESOLVED))
    from_bob = await house.write("me too", key="b", sender=BOB, references=("<q@x>",))
    assert from_bob.conversation != question.conversation
    assert (await house.conversation(from_bob.conversation)).category is Category.SPAM
    assert (await house.conversation(question.conversation)).category is Category.RESOLVED


async def test_an_unblocked_sender_is_heard_again_and_does_not_go_on_in_the_spam(house: House) -> None:
    mia = await house.hire("mia")
    entry = await block(house, mia)
    spam = await house.write("Buy now", key="k1", sender=EVE)
    await house.pass_time(10)
    await house.people.unblock(mia, entry.id)
    await house.pass_time(10)
    sorry = await house.write("Sorry, a real question", key="k2", sender=EVE, references=("<k1@x>",))
    assert sorry.conversation != spam.conversation
    opened = await house.conversation(sorry.conversation)
    assert (opened.category, opened.assignee) == (Category.OPEN, mia.id)
    with pytest.raises(NotFound):
        await house.people.unblock(mia, entry.id)
    # What is called spam by hand afterwards stays spam, as anybody's does.
    await house.do(mia, c.SetStatus(sorry.conversation, Category.SPAM))
    assert (await house.write("Hm", key="k3", sender=EVE, references=("<k2@x>",))).conversation == sorry.conversation


async def test_a_visitor_is_blocked_on_his_channel_only(any_store: Store) -> None:
    async with House(any_store, bot=True).running() as house:
        mia = await house.hire("mia")
        first = await house.write("hello", channel=CHAT, key="v1")
        entry = await block(house, mia, VISITOR, first.conversation)
        assert entry.id == block_id(VISITOR.kind, CHAT, VISITOR.value)
        turns = len(house.world.turns)
        again = await house.write("hello?", channel=CHAT, key="v2")
        assert again.conversation == first.conversation
        await house.rest()
        assert len(house.world.turns) == turns
        await house.pass_time(10)
        await house.people.unblock(mia, entry.id)
        await house.pass_time(10)
        third = await house.write("and now?", channel=CHAT, key="v3")
        assert third.conversation != first.conversation
        assert (await house.write("!", channel=CHAT, key="v4")).conversation == third.conversation


async def test_blocking_twice_is_blocking_once_and_again_after_an_end_counts_on(house: House) -> None:
    mia, ben = await house.hire("mia"), await house.hire("ben")
    entry = await block(house, mia, why="phishing")
    await house.write("x", key="k1", sender=EVE)
    assert (await block(house, ben)).by == mia.id
    await house.people.unblock(ben, entry.id)
    assert await house.store.queries.blocks(None, 10) == ([], None)
    anew = await block(house, ben)
    assert (anew.id, anew.by, anew.why, anew.stopped, anew.lifted_at) == (entry.id, ben.id, "", 1, None)
    assert [b.id for b in (await house.store.queries.blocks(None, 10))[0]] == [entry.id]


async def test_nobody_blocks_the_house_or_whom_he_does_not_see(house: House) -> None:
    mia = await house.hire("mia")
    with pytest.raises(Invalid, match="your own house"):
        await block(house, mia, staff=("eve@spam.example",))
    with pytest.raises(Invalid, match="your own house"):
        await block(house, mia, domain=True, staff=("boss@spam.example",))
    with pytest.raises(Denied):
        await block(house, BOT_ACTOR)
    question = await house.write("question", key="q")
    with pytest.raises(Invalid, match="takes part"):
        await block(house, mia, EVE, question.conversation)
    assert await house.store.queries.blocks(None, 10) == ([], None)


async def test_the_list_is_read_in_pages_newest_first(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia = await house.hire("mia")
        for n in range(5):
            await block(house, mia, Address("email", f"eve{n}@spam.example"))
            if n % 2:
                await house.pass_time(5)
        seen: list[str] = []
        after = None
        while True:
            rows, after = await any_store.queries.blocks(after, 2)
            seen += [b.value for b in rows]
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 5
        assert seen[0] == "eve4@spam.example"
        assert {b.value for b in await any_store.queries.blocks_among([block_id("email", "", "eve3@spam.example"), "nothing"])} == {
            "eve3@spam.example"
        }
