"""A sending that takes long stays with its worker, and ends when it cannot be kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.email import EmailConnector
from connectors.email.settings import EmailSettings, SmtpSettings
from inbox.connector import Tools
from inbox.core.message import DeliveryState, Message
from inbox.flow.composing import Composer
from inbox.flow.outbox import Outbox
from inbox.records import StoredFile
from inbox.testing.clock import ManualClock
from inbox.testing.memory_records import MemoryCursor
from inbox.testing.memory_store import MemoryStore
from inbox.testing.recording_connector import TAKES_AND_HANGS
from tests.connectors.email.receiving import running
from tests.flow.house import KEY, MAIL, MINUTE, House, World, stored_in
from tests.flow.sending import LEASE, SENT, asked, at_last, said, state
from tests.peers.scripted_smtp import PIECE, scripted_smtp
from tests.store.conftest import Store


async def keeps(house: House, message: Message) -> None:
    """Returns once the lease has been renewed as far as is due."""

    async def renewed() -> bool:
        stored = (await house.message(message.id)).delivery
        return stored is not None and stored.lease_until is not None and stored.lease_until - house.clock.now() > LEASE * 2 // 3

    await house.until(renewed, "a lease that was renewed")


async def test_a_sending_of_half_an_hour_is_nobody_elses(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    world.mail.will(TAKES_AND_HANGS)
    async with House(any_store, clock, world).running() as one, House(any_store, clock, world, "two").running() as two:
        world.mail.patience = 60.0
        mia, id = await asked(one)
        reply = await one.reply(mia, id)
        await clock.advance(10)
        await one.until(lambda: world.mail.asked)
        for _ in range(60):
            await keeps(one, reply)
            await clock.advance(LEASE // 4)
        assert (await state(two, reply))[0] is DeliveryState.SENDING
        world.mail.release()
        await at_last(one, reply, SENT)
        await two.pass_time(30 * MINUTE)
        assert (len(world.mail.asked), said(world.mail), world.mail.looked_up) == (1, ["On its way."], [])


async def test_what_cannot_be_kept_is_broken_off_before_somebody_else_may_act() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory), deadline_s=60.0).running() as house:
        mia, id = await asked(house)
        house.world.mail.will(TAKES_AND_HANGS)
        reply = await house.begun(await house.reply(mia, id))
        memory.away = True
        await house.pass_time(LEASE - 1_000)
        assert house.world.mail.hanging == 1
        await house.pass_time(2_000)
        assert house.world.mail.hanging == 0
        memory.away = False
        await house.pass_time(MINUTE)
        assert (await state(house, reply))[0] is SENT
        assert (len(house.world.mail.asked), len(house.world.mail.looked_up)) == (1, 1), "what became of it was looked up"


@asynccontextmanager
async def mailing(house: House, port: int) -> AsyncIterator[None]:
    """The house's outbox with the real connector for mail."""
    settings = EmailSettings("support@example.test", smtp=SmtpSettings("127.0.0.1", security="plain", port=port))
    tools = Tools(house.clock.now, house.store.files.open, MemoryCursor(), lambda health: None)
    connector = EmailConnector(MAIL, settings, tools)
    composer = Composer(house.store.queries, house.directory, (KEY,))
    outbox = Outbox(house.committer, house.store.queries, house.clock, lambda channel: connector, composer, lambda: 0.0, house.traffic)
    house.feed.listen(outbox.heard)
    async with house.running(without=("outbox",)), running(outbox.run()):
        yield


async def test_a_large_file_over_a_slow_line_arrives_once() -> None:
    """For each piece that the mail server reads, seconds pass on the clock of two services, each of which could send it."""
    memory, clock, world = MemoryStore(), ManualClock(), World()
    one, two = House(stored_in(memory), clock, world), House(stored_in(memory), clock, world, "two")
    began = 0

    async def slow_line(read: int) -> None:
        nonlocal began
        began = began or clock.now()
        await clock.advance(10_000)

    async with scripted_smtp({"EHLO": "250 scripted.test"}, slow_line) as line, mailing(one, line.port), mailing(two, line.port):
        mia, id = await asked(one)
        size = 100 * PIECE
        await one.store.files.store(StoredFile("f" * 32, "film.mp4", "video/mp4", size, f"agent:{mia.id}", clock.now()), b"x" * size)
        reply = await one.reply(mia, id, files=("f" * 32,))
        await clock.advance(10)
        await at_last(one, reply, SENT)
        assert clock.now() - began > 15 * MINUTE
        await two.pass_time(60 * MINUTE)
    assert [len(data) > size for data in line.data] == [True]
