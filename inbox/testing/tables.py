"""The dictionaries behind ``MemoryStore``."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from msgspec import Struct

from inbox.core.agent import Team
from inbox.core.errors import Unavailable
from inbox.core.events import Event
from inbox.core.ids import AgentId, ConversationId, Instant
from inbox.records import CHANNELS, NOUNS, TEAMS, ChannelRecord, Draft, LedgerRow, Noun

S = TypeVar("S", bound=Struct)


class Tables:
    """What is stored. ``away``: nothing can be reached."""

    def __init__(self) -> None:
        self.away = False
        self.nouns: dict[str, dict[str, Any]] = {noun.name: {} for noun in NOUNS}
        self.events: dict[tuple[int, int], Event] = {}
        self.deliveries: dict[str, LedgerRow] = {}
        self.teams: dict[str, Team] = self.nouns[TEAMS.name]
        self.channels: dict[str, ChannelRecord] = self.nouns[CHANNELS.name]
        self.tags: set[str] = set()
        self.drafts: dict[tuple[AgentId, ConversationId, str], Draft] = {}
        self.writers: dict[int, tuple[str, int, Instant]] = {}
        self.next_number = 1001
        self.changed = asyncio.Event()

    def of(self, noun: Noun[S]) -> dict[str, S]:
        """The values of a noun by id. Raises ``Unavailable`` while the store is away."""
        self.reach()
        return self.nouns[noun.name]

    def reach(self) -> None:
        """Raises ``Unavailable`` while the store is away."""
        if self.away:
            raise Unavailable("the store is away")

    def announce(self) -> None:
        """Wake whoever waits for entries."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()
