"""Customers of channels that send no names get theirs once, and it never takes the place of one that somebody gave them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inbox.core import commands as c
from inbox.core.customer import Customer
from inbox.core.errors import Rejected, TryLater
from inbox.core.ids import ConversationId
from inbox.core.message import Address
from inbox.flow.naming import Naming
from tests.flow.house import CHAT, House

LENA = Address("visitor", "v9")


@asynccontextmanager
async def naming(house: House) -> AsyncIterator[Naming]:
    made = Naming(house.committer, house.store.queries, house.channels.find)
    house.feed.listen(made.heard)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.run())
        yield made
        running.cancel()


async def customer(house: House, conversation: ConversationId) -> Customer:
    id = (await house.conversation(conversation)).customer
    return (await house.store.queries.customers([id]))[id]


async def test_who_writes_without_a_name_is_asked_for_once(house: House) -> None:
    house.world.chat.names["v9"] = " Lena\nVogt "
    async with naming(house):
        line = await house.write("hello", key="1", channel=CHAT, sender=LENA)
        await house.rest()
        known = await customer(house, line.conversation)
        assert known.name == "Lena Vogt"
        assert await house.directory.customer_names([known.id]) == {known.id: "Lena Vogt"}, "lists and threads show it"
        await house.write("and more", key="2", channel=CHAT, sender=LENA)
        await house.rest()
    assert house.world.chat.asked_names == ["v9"]


async def test_a_name_that_somebody_gave_him_stays(house: House) -> None:
    mia = await house.hire("mia")
    house.world.chat.names["v9"] = TryLater("busy")
    async with naming(house):
        line = await house.write("hello", key="1", channel=CHAT, sender=LENA)
        await house.rest()
        known = await customer(house, line.conversation)
        await house.do(mia, c.EditCustomer(known.id, known.version, name="Dr. Vogt"))
        house.world.chat.names["v9"] = "Lena"
        await house.write("and more", key="2", channel=CHAT, sender=LENA)
        await house.rest()
        assert (await customer(house, line.conversation)).name == "Dr. Vogt"
    assert house.world.chat.asked_names == ["v9", "v9"], "what failed for now was asked again"


async def test_who_the_provider_does_not_tell_of_is_not_asked_for_again(house: House) -> None:
    house.world.chat.names["v9"] = Rejected("no consent")
    async with naming(house):
        for key in ("1", "2"):
            line = await house.write("hello", key=key, channel=CHAT, sender=LENA)
            await house.rest()
        assert (await customer(house, line.conversation)).name == ""
    assert house.world.chat.asked_names == ["v9"]


async def test_who_brings_his_name_is_not_asked_for(house: House) -> None:
    async with naming(house):
        await house.write("hello", key="1", channel=CHAT, sender=Address("visitor", "v9", "Lena"))
        await house.write("hello", key="m")
        await house.rest()
    assert house.world.chat.asked_names == []
