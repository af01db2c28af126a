"""Nobody knows whether it was sent: it is looked up, repeated once where that does no harm, and then left to a human."""

import pytest

from inbox.core import commands as c
from inbox.core.errors import NeedsLogin, Rejected, TryLater
from inbox.testing.clock import ManualClock
from inbox.testing.recording_connector import HANGS, LOSES_ANSWER, LOSES_MESSAGE, TAKES_AND_HANGS, Does, raises
from tests.flow.house import ANNA, BOB, CHAT, MINUTE, House, World
from tests.flow.sending import HOUR, LEASE, SENT, UNKNOWN, asked, at_last, results, said, state
from tests.store.conftest import Store, in_memory


@pytest.mark.parametrize(("lost", "asks"), [(LOSES_ANSWER, 1), (LOSES_MESSAGE, 2)], ids=["answer", "message"])
async def test_an_uncertain_one_is_looked_up_and_sent_again_only_if_it_was_not_accepted(house: House, lost: Does, asks: int) -> None:
    mia, id = await asked(house)
    house.world.mail.will(lost)
    reply = await house.sent(await house.reply(mia, id))
    assert await state(house, reply) == (UNKNOWN, "connection_lost")
    await house.pass_time(MINUTE)
    assert (await state(house, reply))[0] is SENT
    assert (len(house.world.mail.asked), len(house.world.mail.looked_up), len(house.world.mail.accepted)) == (asks, 1, 1)


TROUBLES = pytest.mark.parametrize("trouble", [LOSES_ANSWER, LOSES_MESSAGE, raises(LookupError("a bug"))], ids=["answer", "message", "bug"])


@TROUBLES
async def test_where_the_provider_cannot_tell_a_human_decides(house: House, trouble: Does) -> None:
    mia = await house.hire("mia")
    id = (await house.write("hi", channel=CHAT)).conversation
    house.world.chat.can_look_up = False
    house.world.chat.will(trouble)
    reply = await house.sent(await house.reply(mia, id))
    await house.pass_time(3 * HOUR)
    assert await state(house, reply) == (UNKNOWN, "uncertain")
    assert len(house.world.chat.asked) == 1
    await house.do(mia, c.Retry(id, reply.id))
    await house.pass_time(10)
    assert (await state(house, reply))[0] is SENT
    assert len(house.world.chat.asked) == 2


@TROUBLES
async def test_where_receivers_recognise_a_repetition_it_is_sent_once_more(house: House, trouble: Does) -> None:
    mia, id = await asked(house)
    house.world.mail.can_look_up = False
    house.world.mail.will(trouble, LOSES_ANSWER)
    reply = await house.sent(await house.reply(mia, id))
    await house.pass_time(14 * MINUTE)
    assert await state(house, reply) == (UNKNOWN, "uncertain_repeated")
    assert len(house.world.mail.asked) == 1
    await house.pass_time(2 * MINUTE)
    assert len(house.world.mail.asked) == 2
    assert len({m.message_token for m in house.world.mail.asked}) == 1
    await house.pass_time(3 * HOUR)
    assert await state(house, reply) == (UNKNOWN, "uncertain"), "now a human decides"
    assert len(house.world.mail.asked) == 2


async def test_a_repetition_goes_only_to_those_who_did_not_get_it(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.can_look_up = False
    house.world.mail.will(Does(later={BOB.value: "452 busy"}), LOSES_ANSWER)
    reply = await house.sent(await house.reply(mia, id, to=tuple(c.Addressee("email", a.value) for a in (ANNA, BOB))))
    await house.pass_time(HOUR)
    assert await results(house, reply) == [SENT, (SENT, ""), (SENT, "")]
    assert [m.envelope for m in house.world.mail.asked] == [(), (BOB.value,), (BOB.value,)]


async def test_a_crash_during_the_repetition_leads_to_no_further_one(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    world.mail.can_look_up = False
    world.mail.will(LOSES_ANSWER, HANGS)
    async with House(any_store, clock, world).running() as dying:
        mia, id = await asked(dying)
        reply = await dying.reply(mia, id)
        await clock.advance(10)
        await at_last(dying, reply, UNKNOWN)

        async def repeated() -> bool:
            await dying.pass_time(LEASE // 4)  # never past the lease of who is at work
            return len(world.mail.asked) == 2

        await dying.until(repeated)
        dying.kill()
    async with House(any_store, clock, world, "two").running() as next_one:
        for _ in range(20):
            await next_one.pass_time(LEASE)

        async def left_to_a_human() -> bool:
            return await state(next_one, reply) == (UNKNOWN, "uncertain")

        await next_one.until(left_to_a_human)
    assert len(world.mail.asked) == 2


@pytest.mark.parametrize(
    "trouble", [TryLater("busy"), NeedsLogin("535"), Rejected("no"), LookupError("a bug"), TimeoutError()], ids=lambda e: type(e).__name__
)
async def test_trouble_with_looking_up_never_leads_to_sending_again(house: House, trouble: Exception) -> None:
    mia, id = await asked(house)
    house.world.mail.answers_look_up = trouble
    house.world.mail.will(LOSES_ANSWER)
    reply = await house.sent(await house.reply(mia, id))
    await house.pass_time(HOUR)
    assert (await state(house, reply))[0] is UNKNOWN
    assert len(house.world.mail.asked) == 1
    assert 3 <= len(house.world.mail.looked_up) <= 12, "asked again, and ever more seldom"
    house.world.mail.answers_look_up = None
    await house.pass_time(2 * HOUR)
    assert (await state(house, reply))[0] is SENT
    assert len(house.world.mail.accepted) == 1


async def test_who_says_nothing_in_time_is_uncertain() -> None:
    async with House(in_memory(), deadline_s=0.02).running() as house:
        mia, id = await asked(house)
        house.world.mail.will(TAKES_AND_HANGS)
        reply = await house.reply(mia, id)
        await house.clock.advance(10)
        await at_last(house, reply, UNKNOWN)
        await house.pass_time(MINUTE)
        assert (await state(house, reply))[0] is SENT
        assert len(house.world.mail.accepted) == 1


@pytest.mark.parametrize(("crash", "asks"), [(TAKES_AND_HANGS, 1), (HANGS, 2)], ids=["after", "before"])
async def test_a_crash_between_claim_and_report_loses_and_doubles_nothing(any_store: Store, crash: Does, asks: int) -> None:
    clock, world = ManualClock(), World()
    world.mail.will(crash)
    async with House(any_store, clock, world).running() as dying:
        mia, id = await asked(dying)
        reply = await dying.reply(mia, id)
        await clock.advance(10)
        await dying.until(lambda: world.mail.asked)
        dying.kill()
    async with House(any_store, clock, world, "two").running() as next_one:
        await next_one.pass_time(LEASE // 2)
        assert len(world.mail.asked) == 1, "the dead process may still be sending"
        for _ in range(8):
            await next_one.pass_time(LEASE // 4)
        await at_last(next_one, reply, SENT)
        assert (len(world.mail.asked), said(world.mail), len(world.mail.looked_up)) == (asks, ["On its way."], 1)
