"""Somebody who begins a conversation hears that it has come in: once, by the outbox, and no machine ever does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from connectors.email.compose import compose
from connectors.email.mime import parse_mail
from connectors.email.settings import EmailSettings
from inbox.connector import InboundMessage, RawDelivery
from inbox.core.acknowledgement import ACKNOWLEDGES, Acknowledgement
from inbox.core.agent import Role
from inbox.core.business_hours import Calendar, Interval
from inbox.core.conversation import Category
from inbox.core.errors import TryLater
from inbox.core.ids import ConversationId
from inbox.core.message import Address, DeliveryState, Message
from inbox.flow.catalog import Catalog
from inbox.records import CALENDARS
from inbox.testing.clock import START
from inbox.testing.recording_connector import raises
from tests.flow.house import ANNA, CHAT, MAIL, MINUTE, House, World, a_mail
from tests.store.conftest import Store, in_memory

DAY = 24 * 60 * MINUTE
SAID = Acknowledgement("Dear {{name}}, we look into it ({{number}}).")


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with House(in_memory(), world=World(acknowledgement=SAID)).running() as house:
        yield house


async def told(house: House, conversation: ConversationId) -> list[Message]:
    """The acknowledgements in a thread."""
    await house.pass_time(10)
    return [m for m in await house.store.queries.timeline(conversation, None, 100) if m.automatic == ACKNOWLEDGES]


async def test_the_beginning_is_acknowledged_and_nothing_after_it(house: House) -> None:
    first = await house.write("Where is it?", key="a")
    (said,) = await told(house, first.conversation)
    assert (said.text, said.to, said.author.kind) == ("Dear Anna Schmidt, we look into it (#1001).", (ANNA,), "system")
    assert said.delivery is not None
    assert said.delivery.state is DeliveryState.SENT
    assert said.arrived_at > first.arrived_at
    (out,) = house.world.mail.accepted
    assert out.automatic
    assert out.quoted is None
    assert out.signature == out.author == ""
    assert out.references == ("<a@x>",)
    await house.write("Hello?", key="b", references=("<a@x>",))
    assert len(await told(house, first.conversation)) == 1
    assert house.world.mail.accepted == [out]


async def test_who_waits_for_an_agent_still_waits(house: House) -> None:
    silent = House(in_memory())
    async with silent.running():
        quiet = await silent.conversation((await silent.write(key="a")).conversation)
    loud = await house.conversation((await house.write(key="a")).conversation)
    assert (loud.category, loud.waiting_since is not None, loud.queued_at is not None) == (Category.OPEN, True, True)
    assert (loud.last, loud.last_reply, loud.sla) == (quiet.last, None, quiet.sla)


async def test_the_answer_to_it_comes_home(house: House) -> None:
    first = await house.write(key="a")
    (said,) = await told(house, first.conversation)
    back = await house.write("Thanks", key="b", references=(said.external_id,))
    assert back.conversation == first.conversation


@pytest.mark.parametrize("why", ["auto-reply", "out-of-office", "auto-generated", "bounce", "complaint", "list"])
async def test_machines_are_not_told(house: House, why: str) -> None:
    written = await house.write(key="a", automatic=why)
    assert await told(house, written.conversation) == []


async def test_addresses_of_nobody_and_old_mail_are_not_told(house: House) -> None:
    nobody = await house.write(key="a", sender=Address("email", "no-reply@shop.example"))
    old = await house.write(key="b", sender=Address("email", "old@example.org"), received_at=house.clock.now() - 9 * DAY, backlog=True)
    assert await told(house, nobody.conversation) == await told(house, old.conversation) == []


async def test_one_sender_is_told_once_a_day(house: House) -> None:
    counts = []
    for n, later in enumerate((0, 1, DAY // 2, DAY // 2)):
        await house.pass_time(later)
        written = await house.write(f"{n}", key=f"k{n}", subject=f"{n}")
        counts.append(len(await told(house, written.conversation)))
    assert counts == [1, 0, 0, 1]
    other = await house.write("me too", key="o", sender=Address("email", "other@example.org"))
    assert len(await told(house, other.conversation)) == 1


async def test_a_chat_is_acknowledged_too(house: House) -> None:
    line = await house.write("Hello?", key="c", channel=CHAT)
    (said,) = await told(house, line.conversation)
    assert said.channel == CHAT
    assert [m.text for m in house.world.chat.accepted] == ["Dear, we look into it (#1001)."]


async def test_a_bot_that_answers_is_acknowledgement_enough() -> None:
    async with House(in_memory(), bot=True, world=World(acknowledgement=SAID)).running() as house:
        line = await house.write("Hello?", key="c", channel=CHAT)
        assert await told(house, line.conversation) == []


async def test_outside_the_opening_hours_it_is_said_in_other_words() -> None:
    said = Acknowledgement("We look into it.", "We are closed.", "office")
    async with House(in_memory(), world=World(acknowledgement=said)).running() as house:
        day = (Interval(9 * 60, 17 * 60),)
        office = Calendar("office", "Office", "UTC", (day,) * 7)
        admin = await house.hire("ada", role=Role.ADMIN)
        await Catalog(house.committer).save(admin, CALENDARS, office, 0, lambda *_: None)
        words = []
        for n, hour in enumerate((8, 10, 18)):  # the clock starts at 8:00
            await house.pass_time(START + (hour - 8) * 60 * MINUTE - house.clock.now())
            written = await house.write(key=f"k{n}", sender=Address("email", f"c{n}@example.org"))
            words += [m.text for m in await told(house, written.conversation)]
        assert words == ["We are closed.", "We look into it.", "We are closed."]


async def test_repeated_and_shuffled_deliveries_cause_one(any_store: Store) -> None:
    async with House(any_store, world=World(acknowledgement=SAID)).running() as house:
        mails = [a_mail("one", key="a"), a_mail("two", key="b", references=("<a@x>",))]
        for _ in range(3):
            for mail in (*mails, *reversed(mails)):
                await house.deliver(mail)
        first = await house.message((await house.write("one", key="a")).id)
        assert len(await told(house, first.conversation)) == 1


async def test_it_is_recorded_before_it_is_tried_and_outlives_the_process() -> None:
    store = in_memory()
    first = House(store, world=World(acknowledgement=SAID))
    first.world.mail.will(raises(TryLater("away", away=True)))
    async with first.running(without=("outbox",)):
        written = await first.write(key="a")
    assert first.world.mail.asked == []
    second = House(store, first.clock, first.world, "two")
    async with second.running():
        for _ in range(3):
            await second.pass_time(MINUTE)
        (said,) = await told(second, written.conversation)
        assert said.delivery is not None
        assert said.delivery.state is DeliveryState.SENT
    assert len(first.world.mail.accepted) == 1


OURS, THEIRS = "help@ours.example", "help@theirs.example"


class Office:
    """A house with a mailbox, and the other one it writes to."""

    def __init__(self, house: House, address: str) -> None:
        self.house = house
        self.settings = EmailSettings(address=address)
        self.carried = 0

    async def carry_to(self, other: Office, *, plain: bool) -> int:
        """Deliver what was sent since the last time; ``plain``: every sign that it belongs to a thread or a machine is lost on the way."""
        await self.house.pass_time(10)
        waiting = self.house.world.mail.accepted[self.carried :]
        self.carried += len(waiting)
        for out in waiting:
            body = compose(out, self.settings, {}).data
            head, _, text = body.partition(b"\r\n\r\n")
            lost = (b"auto-submitted", b"x-auto", b"in-reply-to", b"references", b"reply-to", b"x-inbox", b"message-id") if plain else ()
            kept = [line for line in head.replace(b"\r\n ", b" ").split(b"\r\n") if not line.lower().startswith(lost or (b"\0",))]
            raw = RawDelivery(MAIL, "k", b"\r\n".join(kept) + b"\r\n\r\n" + text, self.house.clock.now())
            items = [item for item in parse_mail(raw) if isinstance(item, InboundMessage)]
            await other.house.deliver(*(replace(item, key=f"{out.id}") for item in items))
            await other.house.rest()
        return len(waiting)


@pytest.mark.parametrize("plain", [False, True])
async def test_two_services_that_write_to_each_other_acknowledge_at_most_once_each(*, plain: bool) -> None:
    one, two = House(in_memory(), world=World(acknowledgement=SAID)), House(in_memory(), world=World(acknowledgement=SAID))
    async with one.running(), two.running():
        ours, theirs = Office(one, OURS), Office(two, THEIRS)
        mia = await one.hire("mia")
        question = await one.write(key="q", sender=Address("email", THEIRS), automatic="auto-generated")
        await one.reply(mia, question.conversation, "Are you there?")
        for _ in range(6):
            moved = await ours.carry_to(theirs, plain=plain) + await theirs.carry_to(ours, plain=plain)
        assert moved == 0, "they have come to rest"
        for house in (one, two):
            said = [m for m in house.world.mail.accepted if m.automatic]
            assert len(said) <= 1
        assert len([m for m in two.world.mail.accepted if m.automatic]) == 1
