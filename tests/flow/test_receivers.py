"""Connections that break are opened again, ever less often, each for itself, and an admin hears what he can do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from inbox.connector import Capabilities, Connector, Deliver, Health, Item, OutboundMessage, RawDelivery, Sent, Tools
from inbox.core.errors import NeedsLogin, TryLater, Unsupported
from inbox.core.ids import ChannelId
from inbox.flow.receivers import LONGEST_WAIT_S, Receivers
from inbox.testing.builders import a_delivery
from inbox.testing.clock import settle
from inbox.testing.memory_records import MemoryCursor
from tests.store.conftest import in_memory

ONE, TWO = ChannelId("one"), ChannelId("two")


class Pulling(Connector):
    """A connection of its own that ends as scripted, and then stays."""

    name = "pulling"
    capabilities = Capabilities("email")

    def __init__(self, channel: ChannelId, *ends: Exception | None) -> None:
        super().__init__(channel, None, Tools(lambda: 0, in_memory().files.open, MemoryCursor(), lambda health: None))
        self.ends = list(ends)
        self.opened = 0

    async def receive(self, deliver: Deliver) -> None:
        """One delivery per connection."""
        self.opened += 1
        await deliver(a_delivery(f"{self.channel}-{self.opened}"))
        if not self.ends:
            await asyncio.Event().wait()
        end = self.ends.pop(0)
        if end is not None:
            raise end

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Not asked here."""
        raise Unsupported

    async def send(self, message: OutboundMessage) -> Sent:
        """Not asked here."""
        raise Unsupported


class Desk:
    """What receivers report to, and how long they wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.delivered: list[str] = []
        self.health: dict[ChannelId, Health] = {}

    async def accept(self, raw: RawDelivery) -> None:
        """Stored."""
        self.delivered.append(raw.key)

    async def pause(self, seconds: float) -> None:
        """At once."""
        self.waits.append(seconds)
        await asyncio.sleep(0)

    async def run(self, *connectors: Pulling) -> None:
        """Until nothing moves any more."""
        receivers = Receivers({x.channel: x for x in connectors}, self.accept, self.health.__setitem__, lambda: 0.0, self.pause)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(receivers.run())
            await settle(200)
            running.cancel()


@pytest.mark.parametrize("end", [TryLater("gone"), LookupError("a bug"), None, ExceptionGroup("two", [NeedsLogin("no")])], ids=repr)
async def test_whatever_ends_a_connection_it_is_opened_again(end: Exception | None) -> None:
    desk, connector = Desk(), Pulling(ONE, *[end] * 4)
    await desk.run(connector)
    assert connector.opened == 5
    assert desk.waits == [1, 2, 4, 8]


async def test_waits_have_an_end() -> None:
    desk = Desk()
    await desk.run(Pulling(ONE, *[TryLater("gone")] * 12))
    assert max(desk.waits) == LONGEST_WAIT_S


async def test_one_that_fails_takes_no_other_along() -> None:
    desk, bad, good = Desk(), Pulling(ONE, *[LookupError("a bug")] * 3), Pulling(TWO)
    await desk.run(bad, good)
    assert (bad.opened, good.opened) == (4, 1)
    assert desk.delivered.count("two-1") == 1


async def test_a_channel_without_a_connection_is_left_in_peace() -> None:
    desk, connector = Desk(), Pulling(ONE, Unsupported("nothing to receive"), TryLater("never reached"))
    await desk.run(connector)
    assert (connector.opened, desk.waits, desk.health) == (1, [], {})


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        (NeedsLogin("535 bad password"), "Login was refused: 535 bad password"),
        (ExceptionGroup("in tasks", [ExceptionGroup("deeper", [NeedsLogin("535")])]), "Login was refused: 535"),
        (LookupError("with a customer's address in it"), "Receiving failed (LookupError)."),
    ],
    ids=["login", "group", "bug"],
)
async def test_an_admin_hears_what_is_wrong(end: Exception, problem: str) -> None:
    desk = Desk()
    await desk.run(Pulling(ONE, end))
    assert desk.health[ONE].problem == problem
    assert desk.health[ONE].remedy
