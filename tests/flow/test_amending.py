"""What agents change about messages that are out: stored as wanted first, carried out by the provider, shown when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from inbox.connector import Amendment
from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.errors import Conflict, Denied, InboxError, Invalid, NeedsLogin, NotFound, Rejected, TryLater, Unknown
from inbox.core.message import AmendKind, Message
from inbox.core.permissions import Actor
from inbox.flow.amending import LEASE_MS, Amendments, ClaimAmending
from inbox.flow.errands import LOOK_EVERY_MS
from tests.flow.house import CHAT, MINUTE, VISITOR, House
from tests.store.conftest import Store

EDIT, DELETE, REACT = AmendKind.EDIT, AmendKind.DELETE, AmendKind.REACT


@asynccontextmanager
async def amending(house: House) -> AsyncIterator[None]:
    """The step at work."""
    traffic, hold = house.traffic, house.channels.hold
    made = Amendments(
        house.committer, house.store.queries, lambda id: None if id in house.gone else house.channels.active(id), traffic, hold, house.clock
    )
    house.feed.listen(made.heard)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.run())
        yield
        running.cancel()


async def answered(house: House, text: str = "On its way.") -> tuple[Actor, Message, Message]:
    """Mia, what a visitor wrote, and her answer, which is out."""
    mia = await house.hire("mia")
    question = await house.write("Where is it?", key="q", channel=CHAT, external_id="q")
    return mia, question, await house.sent(await house.reply(mia, question.conversation, text))


async def want(house: House, actor: Actor, message: Message, kind: AmendKind, text: str = "") -> Message:
    """Ask for it; the message once nothing more happens at this instant."""
    await house.do(actor, c.Amend(message.conversation, message.id, kind, text))
    await house.rest()
    return await house.message(message.id)


async def test_an_answer_is_reworded_where_the_customer_reads_it(any_store: Store) -> None:
    async with House(any_store).running() as house, amending(house):
        mia, _, reply = await answered(house)
        await want(house, mia, reply, EDIT, "On its way **since today**.")
        await house.until(lambda: _says(house, reply, "On its way **since today**."))
        after = await house.message(reply.id)
        assert reply.delivery is not None
        assert house.world.chat.amendments == [Amendment(EDIT, VISITOR.value, reply.delivery.provider_ids, "On its way **since today**.")]
        assert (after.text, [w.text for w in after.earlier], after.amending) == ("On its way **since today**.", ["On its way."], None)
        last = (await house.conversation(reply.conversation)).last
        assert last is not None
        assert last.preview.startswith("On its way since")


async def test_an_answer_is_taken_back_and_a_reaction_given_and_taken_back(house: House) -> None:
    async with amending(house):
        mia, question, reply = await answered(house)
        shown = await want(house, mia, question, REACT, "👍")
        assert [(r.author.id, r.emoji) for r in shown.reactions] == [("mia", "👍")]
        await house.pass_time(1_000)
        assert [r.emoji for r in (await want(house, mia, question, REACT, "")).reactions] == [""]
        gone = await want(house, mia, reply, DELETE)
        assert (gone.text, gone.deleted_at is not None) == ("", True)
        assert [(a.kind, a.text) for a in house.world.chat.amendments] == [(REACT, "👍"), (REACT, ""), (DELETE, "")]


@pytest.mark.parametrize(
    "trouble", [TryLater("busy"), Unknown("no answer"), NeedsLogin("token"), TimeoutError()], ids=lambda e: type(e).__name__
)
async def test_what_fails_for_now_is_done_later(house: House, trouble: Exception) -> None:
    async with amending(house):
        mia, _, reply = await answered(house)
        house.world.chat.answers_amend.append(trouble)
        waits = await want(house, mia, reply, EDIT, "New words")
        assert waits.text == "On its way.", "the screen shows what the customer sees"
        assert waits.amending is not None
        assert waits.amending.error
        with pytest.raises(Conflict):
            await want(house, mia, reply, DELETE)
        for _ in range(3):
            await house.pass_time(MINUTE)
        assert (await house.message(reply.id)).text == "New words"


async def test_a_connector_that_breaks_has_failed_for_now(house: House) -> None:
    async with amending(house):
        mia, _, reply = await answered(house)
        house.world.chat.answers_amend.append(KeyError("a bug"))
        waits = await want(house, mia, reply, EDIT, "New words")
        assert waits.amending is not None
        assert waits.amending.error == "connector_failed", "it is counted, so that it ends"
        for _ in range(3):
            await house.pass_time(MINUTE)
        assert (await house.message(reply.id)).text == "New words"


async def test_what_the_provider_refuses_stays_as_it_is_and_says_why(house: House) -> None:
    async with amending(house):
        mia, _, reply = await answered(house)
        house.world.chat.answers_amend.append(Rejected("Too old to be changed."))
        after = await want(house, mia, reply, EDIT, "New words")
        assert after.amending is not None
        assert (after.text, after.amending.due_at, after.amending.error) == ("On its way.", None, "Too old to be changed.")
        assert (await want(house, mia, reply, EDIT, "Other words")).text == "Other words", "and another try is free"


async def test_a_paused_channel_changes_nothing_until_it_goes_on(house: House) -> None:
    async with amending(house):
        mia, _, reply = await answered(house)
        house.gone.add(CHAT)
        waits = await want(house, mia, reply, EDIT, "New words")
        assert waits.amending is not None
        assert waits.amending.error == "channel_paused"
        house.gone.clear()
        for _ in range(6):
            await house.pass_time(MINUTE)
        assert (await house.message(reply.id)).text == "New words"


async def test_what_a_killed_process_had_begun_is_done_by_another(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia, _, reply = await answered(house)
        await house.do(mia, c.Amend(reply.conversation, reply.id, EDIT, "New words"))
        held = await house.committer.submit(ClaimAmending(reply.id, reply.conversation))
        assert held is not None
        house.kill()
    async with House(any_store, house.clock, house.world, "two").running() as two, amending(two):
        await two.rest()
        assert (await two.message(reply.id)).text == "On its way.", "the first one may still be at it"
        for _ in range(2 + LEASE_MS // LOOK_EVERY_MS):
            await two.pass_time(LOOK_EVERY_MS)
        await two.until(lambda: _says(two, reply, "New words"))


async def _says(house: House, message: Message, text: str) -> bool:
    return (await house.message(message.id)).text == text


async def test_who_may_and_what_cannot_be(house: House) -> None:
    async with amending(house):
        mia, question, reply = await answered(house)
        bob, eva = await house.hire("bob"), await house.hire("eva", role=Role.SUPERVISOR)
        mail = await house.write("By mail", key="m")

        async def refused(actor: Actor, message: Message, kind: AmendKind, text: str, error: type[InboxError]) -> None:
            with pytest.raises(error):
                await house.do(actor, c.Amend(message.conversation, message.id, kind, text))

        await refused(bob, reply, EDIT, "Mine", Denied)
        await refused(bob, reply, DELETE, "", Denied)
        await refused(eva, reply, EDIT, "Mine", Denied)
        await refused(mia, question, EDIT, "Her words", Invalid)
        await refused(mia, reply, REACT, "👍", Invalid)
        await refused(mia, reply, EDIT, reply.text, Invalid)
        await refused(mia, reply, EDIT, "x" * 4_001, Invalid)
        await refused(mia, mail, REACT, "👍", Invalid)
        with pytest.raises(NotFound):
            await house.do(mia, c.Amend(mail.conversation, reply.id, EDIT, "elsewhere"))
        assert house.world.chat.amendments == []
        assert (await want(house, eva, reply, DELETE)).deleted_at is not None
        await refused(mia, reply, EDIT, "gone", Invalid)
