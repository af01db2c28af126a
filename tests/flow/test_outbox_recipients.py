"""Each recipient of an answer gets it once, and stands in the thread as he really does."""

from inbox.core import commands as c
from inbox.core.conversation import Category
from inbox.testing.clock import ManualClock
from inbox.testing.recording_connector import TAKES_AND_HANGS, Does
from tests.flow.house import ANNA, BOB, MINUTE, House, World
from tests.flow.sending import FAILED, HOUR, LEASE, PENDING, SENT, asked, at_last, results, state
from tests.store.conftest import Store


async def test_a_retry_goes_only_to_those_who_did_not_get_it(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(Does(refused={BOB.value: "mailbox full"}))
    to = tuple(c.Addressee("email", a.value) for a in (ANNA, BOB))
    reply = await house.sent(await house.reply(mia, id, to=to))
    assert (await state(house, reply))[0] is SENT
    await house.do(mia, c.Retry(id, reply.id))
    await house.pass_time(10)
    assert [m.envelope for m in house.world.mail.asked] == [(), (BOB.value,)]
    stored = (await house.message(reply.id)).delivery
    assert stored is not None
    assert [(r.address, r.state) for r in stored.recipients] == [(ANNA.value, SENT), (BOB.value, SENT)]


async def test_one_refused_for_now_is_tried_again_alone_and_nobody_gets_it_twice(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(Does(later={BOB.value: "452 busy"}), Does(later={BOB.value: "451 still busy"}))
    to = tuple(c.Addressee("email", a.value) for a in (ANNA, BOB))
    reply = await house.sent(await house.reply(mia, id, to=to))
    assert await results(house, reply) == [PENDING, (SENT, ""), (PENDING, "452 busy")]
    assert (await house.message(reply.id)).external_id, "an answer of the one who has it finds home"
    await house.pass_time(29_000)
    assert len(house.world.mail.asked) == 1
    await house.pass_time(1_000)
    assert await results(house, reply) == [PENDING, (SENT, ""), (PENDING, "451 still busy")]
    await house.pass_time(MINUTE)
    assert await results(house, reply) == [SENT, (SENT, ""), (SENT, "")]
    assert [m.envelope for m in house.world.mail.asked] == [(), (BOB.value,), (BOB.value,)]
    assert len({m.message_token for m in house.world.mail.asked}) == 1
    await house.pass_time(HOUR)
    assert len(house.world.mail.asked) == 3


async def test_one_refused_for_now_fails_alone_after_two_days(house: House) -> None:
    mia, id = await asked(house)
    house.world.mail.will(*[Does(later={BOB.value: "452 busy"})] * 200)
    to = tuple(c.Addressee("email", a.value) for a in (ANNA, BOB))
    reply = await house.sent(await house.reply(mia, id, to=to))
    for _ in range(100):
        await house.pass_time(HOUR // 2)
    assert await results(house, reply) == [SENT, (SENT, ""), (FAILED, "452 busy")]
    assert all(m.envelope == (BOB.value,) for m in house.world.mail.asked[1:])
    assert (await house.conversation(id)).category is Category.WAITING, "the customer has his answer"


async def test_a_crash_while_one_waits_leaves_the_others_alone(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    world.mail.will(Does(later={BOB.value: "452 busy"}), TAKES_AND_HANGS)
    to = tuple(c.Addressee("email", a.value) for a in (ANNA, BOB))
    async with House(any_store, clock, world).running() as dying:
        mia, id = await asked(dying)
        reply = await dying.reply(mia, id, to=to)
        await clock.advance(10)

        async def one_waits() -> bool:
            return (await state(dying, reply))[1] == "452 busy"

        await dying.until(one_waits)
        await clock.advance(30_000)
        await dying.until(lambda: len(world.mail.asked) == 2)
        dying.kill()
    async with House(any_store, clock, world, "two").running() as next_one:
        for _ in range(12):
            await next_one.pass_time(LEASE // 4)
        await at_last(next_one, reply, SENT)
        assert await results(next_one, reply) == [SENT, (SENT, ""), (SENT, "")]
    assert [m.envelope for m in world.mail.asked] == [(), (BOB.value,)]
