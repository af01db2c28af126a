"""What providers hand over to two servers at once, many times, shuffled and a week late, becomes one message each."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator

import msgspec
import pytest
from msgspec.structs import replace

from inbox.connector import Connector, Deletion, Edit, InboundMessage, Item, RawDelivery
from inbox.core.errors import Unsupported
from inbox.core.ids import ChannelId, digest, message_id
from inbox.flow import channels as running
from inbox.flow.channels import Channels
from inbox.records import ChannelRecord
from inbox.testing.clock import ManualClock
from tests.connectors import recorded
from tests.connectors.housed import NOW, OURS
from tests.flow.conftest import mongo_store as mongo_store
from tests.flow.house import POLICY, House
from tests.store.conftest import Store

MOST = int(os.environ.get("INBOX_DELIVERIES", "50"))
"""Recorded deliveries of a connector that are tried; mail has so many that a run takes some of them."""

WEEK = 7 * 24 * 60 * 60 * 1000


class Server(House):
    """One of two servers on one database; the connector's channel is ``OURS``."""

    kind: type[Connector]

    def __init__(self, kind: type[Connector], store: Store, clock: ManualClock, name: str) -> None:
        self.kind = kind
        super().__init__(store, clock, name=name)

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        settings = msgspec.to_builtins(recorded.built(self.kind).settings)
        record = ChannelRecord(OURS, self.kind.name, "Ours", settings=settings)
        built = running.build([record], {self.kind.name: self.kind}, lambda value, channel, name: value, self._tools, POLICY)
        return Channels({**super()._channels(bot, deadline_s).running, **built})


@pytest.fixture
async def servers(mongo_store: Store, request: pytest.FixtureRequest) -> AsyncIterator[tuple[Server, Server]]:
    clock = ManualClock(NOW + WEEK)
    one, two = (Server(request.param, mongo_store, clock, name) for name in ("one", "two"))
    async with one.running(), two.running():
        yield one, two


def messages(kind: type[Connector], raw: RawDelivery) -> list[InboundMessage]:
    """What somebody wrote."""
    return [item for item in kind.parse(raw) if isinstance(item, InboundMessage)]


def deliveries(kind: type[Connector]) -> list[tuple[RawDelivery, list[InboundMessage]]]:
    """What was recorded and holds messages that nobody changes afterwards."""
    found = []
    for case in recorded.cases(kind):
        raw = replace(case.raw(), channel=ChannelId(OURS))
        try:
            items = kind.parse(raw)
        except Unsupported:
            continue
        if any(_is_whole(item) for item in items) and not any(isinstance(item, Edit | Deletion) for item in items):
            found.append((raw, [item for item in items if isinstance(item, InboundMessage)]))
    return found


def _is_whole(item: Item) -> bool:
    """A message, and no part of one: those are tried in ``tests/flow/test_joining.py``."""
    return isinstance(item, InboundMessage) and item.part is None


KINDS = [kind for kind in recorded.channels() if deliveries(kind)]


def anew(raw: RawDelivery, kind: type[Connector], dice: random.Random) -> RawDelivery:
    """As it comes once more: where the provider numbers its messages, only these tell that it is the same."""
    again = replace(raw, key=digest(str(dice.random())))
    return again if [item.key for item in messages(kind, again)] == [item.key for item in messages(kind, raw)] else raw


@pytest.mark.parametrize("servers", KINDS, ids=lambda kind: kind.name, indirect=True)
async def test_two_servers_store_each_message_once(servers: tuple[Server, Server]) -> None:
    kind, dice = servers[0].kind, random.Random(servers[0].kind.name)
    known = deliveries(kind)
    known = dice.sample(known, min(MOST, len(known)))
    pile = [raw for raw, _ in known for _ in range(dice.randint(1, 10))]
    dice.shuffle(pile)
    for first in range(0, len(pile), 8):
        batch = [anew(raw, kind, dice) for raw in pile[first : first + 8]]
        await asyncio.gather(*(servers[n % 2].intake.accept(raw) for n, raw in enumerate(batch)))
    wanted = {message_id(OURS, item.key): item for _, items in known for item in items}
    store = servers[0].store

    async def all_stored() -> bool:
        for server in servers:
            await server.rest()
        return len(await store.queries.messages(list(wanted))) == len(wanted)

    await servers[0].until(all_stored, "every message")
    stored = await store.queries.messages(list(wanted))
    threads = {c: list(reversed(await store.queries.timeline(c, None, 1_000))) for c in {m.conversation for m in stored.values()}}
    everything = [m for thread in threads.values() for m in thread if m.channel == OURS and m.sender is not None]
    assert sorted(m.id for m in everything) == sorted(wanted), "one each, and nothing besides"
    for conversation, thread in threads.items():
        found = await store.queries.conversation(conversation)
        assert found is not None
        assert found.inbound == sum(m.sender is not None for m in thread), "counted once each"
