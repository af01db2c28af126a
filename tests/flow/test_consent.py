"""Who has sent STOP is written to no more, by nobody, until he sends START."""

from __future__ import annotations

import pytest

from inbox.core import commands as c
from inbox.core.conversation import Category
from inbox.core.errors import Invalid, TryLater
from inbox.core.message import DeliveryState
from inbox.flow.consent import STOPPED
from inbox.records import IDENTITIES
from inbox.testing.recording_connector import raises
from tests.flow.house import CHAT, MINUTE, VISITOR, House, load
from tests.store.conftest import Store


async def says(house: House, word: str, key: str, at: int | None = None) -> str:
    """The customer sends STOP or START; the conversation it lands in."""
    consent, automatic = ("out", "opt-out") if word == "STOP" else ("in", "opt-in")
    message = await house.write(word, key=key, channel=CHAT, consent=consent, automatic=automatic, at=at)
    return message.conversation


async def test_after_stop_nothing_is_queued_and_after_start_it_goes_out(any_store: Store) -> None:
    async with House(any_store).running() as house:
        mia = await house.hire("mia")
        first = await house.write("hello", key="1", channel=CHAT)
        assert await says(house, "STOP", "2") == first.conversation
        stopped = await house.conversation(first.conversation)
        assert [p.stopped for p in stopped.participants] == [True]
        with pytest.raises(Invalid, match="asked for no more messages"):
            await house.reply(mia, first.conversation)
        to = (c.Addressee(VISITOR.kind, VISITOR.value),)
        with pytest.raises(Invalid, match="START"):
            await house.do(mia, c.StartConversation("s", CHAT, to, "Are you there?"))
        await house.pass_time(10)
        await says(house, "START", "3")
        assert [p.stopped for p in (await house.conversation(first.conversation)).participants] == [False]
        reply = await house.sent(await house.reply(mia, first.conversation))
        assert reply.delivery is not None
        assert reply.delivery.state is DeliveryState.SENT
        assert [m.text for m in house.world.chat.accepted] == ["On its way."]


async def test_an_answer_that_waits_when_the_word_comes_is_not_sent(house: House) -> None:
    mia = await house.hire("mia")
    first = await house.write("hello", key="1", channel=CHAT)
    house.world.chat.will(raises(TryLater("busy", 30_000)))
    reply = await house.sent(await house.reply(mia, first.conversation))
    assert reply.delivery is not None
    assert reply.delivery.state is DeliveryState.PENDING
    await says(house, "STOP", "2")
    await house.pass_time(2 * MINUTE)
    failed = await house.message(reply.id)
    assert failed.delivery is not None
    assert (failed.delivery.state, failed.delivery.error) == (DeliveryState.FAILED, STOPPED)
    assert (await house.conversation(first.conversation)).category is Category.OPEN
    assert house.world.chat.accepted == []


@pytest.mark.parametrize(("order", "stands"), [(("STOP", "START"), "in"), (("START", "STOP"), "in")])
async def test_the_later_word_counts_in_whatever_order_they_come(house: House, order: tuple[str, ...], stands: str) -> None:
    now = house.clock.now()
    at = {"STOP": now - 2 * MINUTE, "START": now - MINUTE}
    await house.write("hello", key="0", channel=CHAT)
    for word in order:
        conversation = await says(house, word, word, at[word])
    (identity,) = (await load(house.store.journal, IDENTITIES, *await _identities(house))).values()
    assert (identity.consent, identity.consent_at) == (stands, at["START"])
    assert [p.stopped for p in (await house.conversation(conversation)).participants] == [False]  # type: ignore[arg-type]  # an id


async def _identities(house: House) -> list[str]:
    found = await house.store.queries.find_customers("", None, 10)
    return [i.id for customer in found[0] for i in await house.store.queries.identities_of(customer.id)]


async def test_a_bot_is_not_asked_and_a_mail_of_his_is_answered_as_ever(house: House) -> None:
    mia = await house.hire("mia")
    await says(house, "STOP", "1")
    mail = await house.write("And by mail?")
    assert (await house.sent(await house.reply(mia, mail.conversation))).delivery is not None
    assert len(house.world.mail.accepted) == 1
    assert house.world.turns == []
