"""A long message that is delivered in parts is shown as one, in whatever order they come and whichever of them never does."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from inbox.connector import InboundMessage
from inbox.core.conversation import Conversation
from inbox.core.ids import delivery_id, digest, message_id
from inbox.core.items import Part
from inbox.core.message import Message
from inbox.core.parts import OVER, WAIT
from inbox.records import PARTED
from tests.flow.house import CHAT, MINUTE, VISITOR, House, a_line, load
from tests.flow.test_ingest import everything
from tests.store.conftest import Store, in_memory

TEXTS = ("Where is my ", "order of last Monday, ", "please?")
WHOLE = "".join(TEXTS)


def a_part(number: int, *, name: str = "a", of: str = "7") -> InboundMessage:
    """One of three."""
    return a_line(TEXTS[number - 1], key=f"{name}{number}", external_id=f"{name}{number}", part=Part(of, number, 3))


async def come(house: House, *numbers: int, name: str = "a") -> None:
    """These parts are delivered one after the other."""
    for number in numbers:
        await house.deliver(a_part(number, name=name), channel=CHAT)
        await house.rest()


async def shown(house: House) -> list[Message]:
    """All messages there are, oldest first."""
    found: list[Conversation] = await everything(house)
    return [m for c in found for m in reversed(await house.store.queries.timeline(c.id, None, 100))]


async def is_settled(house: House, *keys: str) -> bool:
    """Whether the deliveries of these parts are dealt with."""
    events = [await house.store.ledger.get(delivery_id(CHAT, key)) for key in keys]
    return all(row is not None and row.state == "done" for row in events)


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))), ids=str)
async def test_parts_in_any_order_are_one_message(house: House, order: tuple[int, ...]) -> None:
    await come(house, *order)
    (message,) = await shown(house)
    assert message.text == WHOLE
    assert message.edited_at is None
    assert (await house.conversation(message.conversation)).inbound == 1
    gathered = digest("parts", CHAT, VISITOR.kind, VISITOR.value, "7", "3")
    assert not await load(house.store.journal, PARTED, gathered), "nothing is left of the parts"


async def test_two_servers_get_every_part_many_times_and_shuffled(any_store: Store) -> None:
    async with House(any_store).running() as one, House(any_store, name="two").running() as two:
        pile = [(house, number, name, copy) for house in (one, two) for number in (1, 2, 3) for name in "ab" for copy in range(4)]
        random.Random(3).shuffle(pile)
        parts = [(h, a_part(n, name=name, of=name), f"{name}{n}{copy}") for h, n, name, copy in pile]
        await asyncio.gather(*(h.deliver(part, channel=CHAT, key=key) for h, part, key in parts))
        keys = [key for _, _, key in parts]
        for house in (one, two) * 10:  # a copy that met an unfinished message is looked at again after a while
            await house.pass_time(15_000)
            if await is_settled(one, *keys):
                break
        assert await is_settled(one, *keys), "every delivery is dealt with"
        assert [m.text for m in await shown(one)] == [WHOLE, WHOLE]


async def test_a_part_that_does_not_come_is_waited_for_and_then_left_out(house: House) -> None:
    await come(house, 3, 1)
    assert await shown(house) == []
    await house.pass_time(WAIT + 15_000)
    (message,) = await shown(house)
    assert message.text == f"{TEXTS[0]}[…]{TEXTS[2]}"

    await come(house, 2)
    (message,) = await shown(house)
    assert (message.text, [w.text for w in message.earlier]) == (WHOLE, [f"{TEXTS[0]}[…]{TEXTS[2]}"])
    last = (await house.conversation(message.conversation)).last
    assert last is not None
    assert last.preview == WHOLE


async def test_what_a_killed_process_had_gathered_is_not_forgotten(any_store: Store) -> None:
    async with House(any_store).running() as one:
        await come(one, 2)
        one.kill()
    async with House(any_store, one.clock, one.world, "two").running() as two:
        await come(two, 3)
        assert await shown(two) == []
        two.kill()
    async with House(any_store, one.clock, one.world, "three").running() as three:
        await three.pass_time(WAIT + 15_000)
        (message,) = await shown(three)
        assert message.text == f"[…]{TEXTS[1]}{TEXTS[2]}"


async def test_a_reference_that_comes_again_is_another_message() -> None:
    async with House(in_memory()).running() as house:
        await come(house, 1, 2, 3)
        await come(house, 1, 2, 3, name="b")
        await come(house, 2, 3, name="a")
        assert [m.text for m in await shown(house)] == [WHOLE, WHOLE]

        await come(house, 1, name="c")
        await house.pass_time(WAIT + 15_000)
        await come(house, 1, 2, 3, name="d")
        assert [m.text for m in await shown(house)][2:] == [f"{TEXTS[0]}[…]", WHOLE], "what was shown without parts takes none of another"

        await come(house, 1, name="e")
        await house.pass_time(WAIT + 15_000)
        await house.pass_time(OVER)
        await come(house, 2, 3, name="f")
        await house.pass_time(WAIT + 15_000)
        assert (await shown(house))[-1].text == f"[…]{TEXTS[1]}{TEXTS[2]}", "nor of one a day later"


async def test_a_part_whose_place_is_taken_waits_until_the_other_message_is_shown(house: House) -> None:
    await come(house, 1)
    await come(house, 1, 2, 3, name="b")
    assert [m.text for m in await shown(house)] == [f"{TEXTS[0]}{TEXTS[1]}{TEXTS[2]}"], "parts that fit are taken for its own"
    await house.pass_time(2 * MINUTE)
    assert [m.text for m in await shown(house)] == [WHOLE, f"{TEXTS[0]}[…]"], "and nothing is lost"


async def test_its_id_is_that_of_the_part_that_came_first(house: House) -> None:
    await come(house, 2, 1, 3)
    (message,) = await shown(house)
    assert message.id == message_id(CHAT, "a2")
    assert message.sender == VISITOR
