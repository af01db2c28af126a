"""A bot at a Bot API server on loopback, with the real HTTP client between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from connectors.telegram import TelegramConnector
from connectors.telegram.settings import TelegramSettings
from inbox.app.outside import Outside
from inbox.connector import Health, OutboundFile, OutboundMessage, Tools
from inbox.core.ids import ChannelId, MessageId
from inbox.core.message import Address
from inbox.testing.memory_records import MemoryCursor
from tests.peers.telegram_bot_api import BotApiServer, bot_api

TOKEN = "123456789:AAF-not-a-real-token_0123456789abcdef"
CHANNEL = ChannelId("telegram-shop")
NOW = 1_795_255_400_000
HOOKS = "https://inbox.example.test/hooks/"


@dataclass
class Bot:
    """One bot and what is around it."""

    server: BotApiServer
    outside: Outside
    cursor: MemoryCursor = field(default_factory=MemoryCursor)
    reports: list[Health] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    now: int = NOW
    hooks: str = HOOKS

    def connector(self, **settings: Any) -> TelegramConnector:
        """The connector, as it would be after a restart, too."""
        own = msgspec.convert({"token": TOKEN, "base_url": self.server.url} | settings, TelegramSettings)

        async def open_file(id: str) -> AsyncIterator[bytes]:
            for start in range(0, len(self.stored[id]), 50_000):
                yield self.stored[id][start : start + 50_000]

        return TelegramConnector(
            CHANNEL, own, Tools(lambda: self.now, open_file, self.cursor, self.reports.append, self.outside, hooks=self.hooks)
        )

    def file(self, name: str, type: str, content: bytes) -> OutboundFile:
        """A stored file to send."""
        self.stored[name] = content
        return OutboundFile(name, name, type, len(content))


def a_reply(text: str = "On its way.", to: str = "4711", **fields: Any) -> OutboundMessage:
    """An answer of an agent."""
    addresses = tuple(Address("telegram", value) for value in to.split())
    return OutboundMessage(MessageId("m1"), CHANNEL, "Ada", text, NOW, **({"to": addresses} | fields))


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    """A bot whose every call was one that the provider's library would make, too."""
    outside = Outside()
    async with bot_api(TOKEN) as server:
        yield Bot(server, outside)
        await outside.close()
    assert server.violations == []
