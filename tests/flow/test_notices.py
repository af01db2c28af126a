"""What agents are told personally is stored with the entry that tells it: nothing that happened goes untold, and nothing twice."""

from __future__ import annotations

from inbox.core import commands as c
from inbox.core.errors import Rejected
from inbox.core.ids import AgentId
from inbox.core.permissions import Actor
from inbox.testing.memory_store import MemoryStore
from inbox.testing.recording_connector import raises
from tests.flow.house import House, stored_in
from tests.flow.sending import FAILED, asked, state


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
