"""What agents are told personally is stored with the entry that tells it: nothing that happened goes untold, and nothing twice."""

from __future__ import annotations

import pytest

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.errors import Invalid, NotFound, Rejected
from inbox.core.events import EventType
from inbox.core.ids import AgentId
from inbox.core.permissions import Actor
from inbox.core.triage import MAX_FOLLOWERS
from inbox.testing.memory_store import MemoryStore
from inbox.testing.recording_connector import raises
from tests.flow.house import House, stored_in
from tests.flow.sending import FAILED, asked, state
from tests.store.conftest import Store


async def told(house: House, actor: Actor) -> list[str]:
    """The kinds, oldest first."""
    return [n.kind for n in reversed((await house.store.notices.page(AgentId(actor.id), None, 100))[0])]


async def test_who_is_given_something_and_who_is_answered_reads_of_it(house: House) -> None:
    mia, id = await asked(house)
    assert await told(house, mia) == ["assigned"]
    await house.reply(mia, id)
    assert await told(house, mia) == ["assigned"], "nobody is told of his own doing"
    await house.write("thanks", key="t", references=("<q@x>",))
    await house.write("I am away", key="auto", references=("<q@x>",), automatic="auto-replied")
    assert await told(house, mia) == ["assigned", "reply"]


async def test_whoever_is_mentioned_is_told_and_nobody_else(house: House) -> None:
    mia, id = await asked(house)
    tom, sue = await house.hire("tom", online=False), await house.hire("sue", online=False)
    await house.do(mia, c.Note(id, "n1", "Tom, can you look?", mentions=(AgentId("tom"), AgentId("mia"))))
    assert (await told(house, mia), await told(house, tom), await told(house, sue)) == (["assigned"], ["mention"], [])


async def test_an_answer_that_failed_is_told_to_its_author_once(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(raises(Rejected("no such mailbox")))
    reply = await house.sent(await house.reply(mia, id))
    assert (await state(house, reply))[0] is FAILED
    assert await told(house, mia) == ["assigned", "send_failed"]


async def test_a_server_that_dies_takes_no_notice_along() -> None:
    store = stored_in(MemoryStore())
    async with House(store).running() as house:
        mia, _ = await asked(house)
        house.kill()
    async with House(store).running() as again:
        await again.write("still there?", key="again", references=("<q@x>",))
        assert sorted(await told(again, mia)) == ["assigned", "reply"]


def a_colleague(n: int) -> Actor:
    return Actor(AgentId(f"colleague-{n}"), Role.SUPERVISOR)


async def test_who_follows_hears_of_the_customer_once_until_he_follows_no_more(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, id = await asked(house)
        tom, sue = [await house.hire(name, online=False) for name in ("tom", "sue")]
        for one in (tom, tom, mia):
            await house.do(one, c.Follow(id, True))
        assert (await house.conversation(id)).followers == ("tom", "mia"), "twice is once"
        before = (await house.conversation(id)).version
        await house.do(tom, c.Follow(id, True))
        assert (await house.conversation(id)).version == before, "what is so already is no change"
        await house.reply(mia, id)
        await house.write("thanks", key="t", references=("<q@x>",))
        assert [await told(house, one) for one in (mia, tom, sue)] == [["assigned", "reply"], ["followed"], []]
        await house.do(tom, c.Follow(id, False))
        await house.write("by the way", key="u", references=("<q@x>",))
        assert (await told(house, tom), (await house.conversation(id)).followers) == (["followed"], ("mia",))
        changed = [change.event for change in house.heard if change.event.type is EventType.FOLLOWERS_CHANGED]
        assert [event.actor.id for event in changed] == ["tom", "mia", "tom"]


async def test_no_more_than_fifty_follow_a_conversation_nor_who_may_not_read_it_nor_a_bot(house: House) -> None:
    mia, id = await asked(house)
    for n in range(MAX_FOLLOWERS):
        await house.do(a_colleague(n), c.Follow(id, True))
    with pytest.raises(Invalid, match="at most 50"):
        await house.do(a_colleague(MAX_FOLLOWERS), c.Follow(id, True))
    await house.do(a_colleague(0), c.Follow(id, False))
    await house.do(a_colleague(MAX_FOLLOWERS), c.Follow(id, True))
    with pytest.raises(NotFound):
        await house.do(Actor(AgentId("robot"), Role.BOT), c.Follow(id, True))
    with pytest.raises(Invalid, match="a bot is told"):
        await house.do(Actor(mia.id, Role.BOT), c.Follow(id, True))


async def test_a_server_that_dies_forgets_nobody_who_follows() -> None:
    store = stored_in(MemoryStore())
    async with House(store).running() as house:
        _, id = await asked(house)
        await house.do(a_colleague(1), c.Follow(id, True))
        house.kill()
    async with House(store).running() as again:
        await again.write("still there?", key="again", references=("<q@x>",))
        assert await told(again, a_colleague(1)) == ["followed"]
