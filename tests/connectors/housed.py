"""A house with a mailbox, a chat and one channel of the connector under test."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from inbox.connector import Connector, RawDelivery, Tools
from inbox.core.ids import ChannelId, digest, message_id
from inbox.core.message import Message
from inbox.flow import channels as running
from inbox.flow.channels import Channels
from inbox.provider import NO_HTTP, Http
from inbox.records import ChannelRecord
from inbox.testing.clock import ManualClock
from tests.flow.house import POLICY, House
from tests.store.conftest import in_memory

OURS = ChannelId("ours")
NOW = 1_795_255_200_000


class HousedConnector(House):
    """One process of the service; the connector's channel is ``OURS``."""

    def __init__(self, kind: type[Connector], settings: Mapping[str, Any], http: Http = NO_HTTP, now: int = NOW) -> None:
        self._kind, self._settings, self._http = kind, dict(settings), http
        super().__init__(in_memory(), ManualClock(now))

    def _channels(self, bot: bool, deadline_s: float) -> Channels:
        record = ChannelRecord(OURS, self._kind.name, "Ours", settings=self._settings)
        built = running.build([record], {self._kind.name: self._kind}, lambda value, channel, name: value, self._tools, POLICY)
        return Channels({**super()._channels(bot, deadline_s).running, **built})

    def _tools(self, channel: ChannelId) -> Tools:
        link = "https://inbox.example.test/media"
        return replace(super()._tools(channel), http=self._http, link=lambda file, name: f"{link}/{file}/{name}")

    async def comes_in(self, body: bytes, **changes: Any) -> None:
        """One delivery by webhook arrives and is acknowledged."""
        connector = self.channels.find(OURS)
        assert connector is not None
        raw = RawDelivery(OURS, digest("hook", body), body, self.clock.now(), changes.get("headers", {}), dict(connector.context()))
        await self.intake.accept(raw)

    async def placed(self, key: str) -> Message:
        """The message with this key once it is placed."""
        return await self.message(message_id(OURS, key))


def as_it_may_come(events: Sequence[Any], times: int, seed: int) -> list[list[Any]]:
    """The events so many times each, shuffled, in batches of one to four."""
    dice = random.Random(seed)
    rest = list(events) * times
    dice.shuffle(rest)
    batches = []
    while rest:
        size = dice.randint(1, 4)
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


def encoded(tree: Any) -> bytes:
    """As providers write JSON."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
