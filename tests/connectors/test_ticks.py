"""What providers report about answers, to two servers at once, many times and shuffled, gives each answer the tick it ends with."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from inbox.connector import Connector, OutboundMessage, RawDelivery, Receipt, Sent
from inbox.core import delivery
from inbox.core.errors import Unsupported
from inbox.core.ids import ChannelId, digest, message_id
from inbox.core.message import DeliveryState
from inbox.testing.clock import ManualClock
from tests.connectors import recorded
from tests.connectors.housed import NOW, OURS
from tests.connectors.test_two_servers import Server, deliveries
from tests.flow.conftest import mongo_store as mongo_store
from tests.store.conftest import Store


def reports(kind: type[Connector]) -> list[tuple[RawDelivery, list[Receipt]]]:
    """What was recorded of answers by the ids that providers gave them; mail's are signed, and tried where a bounce is made."""
    found = []
    for case in recorded.cases(kind):
        raw = replace(case.raw(), channel=ChannelId(OURS))
        try:
            receipts = [item for item in kind.parse(raw) if isinstance(item, Receipt) and item.provider_id and not item.token]
        except Unsupported:
            continue
        if receipts:
            found.append((raw, receipts))
    return found


KINDS = [kind for kind in recorded.channels() if reports(kind) and deliveries(kind) and kind.name not in ("email", "webchat")]


@pytest.fixture
async def servers(mongo_store: Store, request: pytest.FixtureRequest) -> AsyncIterator[tuple[Server, Server, list[str]]]:
    """Two servers whose connector's answers get the ids of the reports; and these."""
    ids = sorted({receipt.provider_id for _, receipts in reports(request.param) for receipt in receipts})
    given = iter(ids)

    async def send(self: Connector, message: OutboundMessage) -> Sent:
        id = next(given)
        return Sent(id, id)

    kind, clock = type("Sending", (request.param,), {"send": send}), ManualClock(NOW)
    one, two = (Server(kind, mongo_store, clock, name) for name in ("one", "two"))
    async with one.running(), two.running():
        yield one, two, ids


@pytest.mark.parametrize("servers", KINDS, ids=lambda kind: kind.name, indirect=True)
async def test_each_answer_ends_with_its_tick_whatever_the_order(servers: tuple[Server, Server, list[str]]) -> None:
    one, two, ids = servers
    kind, dice = one.kind, random.Random(one.kind.name)
    known = reports(kind)
    raw, [item, *_] = next((raw, items) for raw, items in deliveries(kind) if items[0].text and not items[0].references)
    await one.intake.accept(raw)
    asked = await one.message(message_id(OURS, item.key))
    mia = await one.hire("mia")
    answers = {}
    for id in ids:
        answer = await one.sent(await one.reply(mia, asked.conversation, f"about {id}"))
        assert answer.delivery is not None
        answers[answer.delivery.provider_id] = answer
    assert sorted(answers) == ids
    wanted: dict[str, DeliveryState] = {}
    for id, answer in answers.items():
        stands = answer.delivery
        assert stands is not None
        for receipt in [r for _, receipts in known for r in receipts if r.provider_id == id]:
            stands = delivery.merge(stands, receipt.state, receipt.recipient, receipt.error)
        wanted[id] = stands.state
    pile = [raw for raw, _ in known for _ in range(dice.randint(1, 10))]
    dice.shuffle(pile)
    for first in range(0, len(pile), 8):
        batch = [replace(raw, key=digest(str(dice.random()))) for raw in pile[first : first + 8]]
        await asyncio.gather(*((one, two)[n % 2].intake.accept(raw) for n, raw in enumerate(batch)))

    async def ticks() -> dict[str, DeliveryState]:
        for server in (one, two):
            await server.rest()
        stored = await one.store.queries.messages([answer.id for answer in answers.values()])
        return {m.delivery.provider_id: m.delivery.state for m in stored.values() if m.delivery is not None}

    async def as_wanted() -> bool:
        return await ticks() == wanted

    await one.until(as_wanted, f"the ticks {wanted}")
