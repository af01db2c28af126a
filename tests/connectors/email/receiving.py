"""What a receiver hands over and what it is given: a small ledger, cursors in memory, a health light."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from connectors.email import EmailConnector
from connectors.email.settings import EmailSettings
from inbox.connector import Health, InboundMessage, RawDelivery, Tools
from inbox.core.errors import Unavailable
from inbox.core.ids import ChannelId


class Ledger:
    """Keeps deliveries by their key, as the real one does; refuses while it is ``away``."""

    def __init__(self) -> None:
        self.stored: dict[str, RawDelivery] = {}
        self.calls: list[str] = []
        self.away = False

    async def __call__(self, raw: RawDelivery) -> None:
        if self.away:
            raise Unavailable("the database is away")
        self.calls.append(raw.key)
        self.stored.setdefault(raw.key, raw)

    def messages(self) -> list[InboundMessage]:
        """What the connector makes of everything stored."""
        return [item for raw in self.stored.values() for item in EmailConnector.parse(raw) if isinstance(item, InboundMessage)]

    def subjects(self) -> list[str]:
        """Their subjects, sorted."""
        return sorted(message.subject for message in self.messages())


class Cursors:
    """Positions in memory; ``saved`` has every value in order."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, Any]] = {}
        self.saved: list[dict[str, Any]] = []

    async def load(self, name: str) -> dict[str, Any]:
        return dict(self.values.get(name, {}))

    async def save(self, name: str, value: Mapping[str, Any]) -> None:
        self.values[name] = dict(value)
        self.saved.append(dict(value))


class Outside:
    """Everything around a connector under test."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.cursors = Cursors()
        self.reports: list[Health] = []
        self.files: dict[str, bytes] = {}
        self.now = 1_795_255_200_000

    @property
    def tools(self) -> Tools:
        """As the service hands them in."""
        return Tools(now=lambda: self.now, open_file=self._open, cursor=self.cursors, report=self.reports.append)

    async def _open(self, file: str) -> AsyncIterator[bytes]:
        yield self.files[file]

    @property
    def health(self) -> Health:
        """The last report."""
        return self.reports[-1] if self.reports else Health(True)

    def connector(self, settings: EmailSettings) -> EmailConnector:
        """A channel called support."""
        return EmailConnector(ChannelId("support"), settings, self.tools)


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """``work`` goes on beside the test and is cancelled at its end; if it fails, so does the test."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(work)
        try:
            yield task
        finally:
            task.cancel()
