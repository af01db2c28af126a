"""Customers who write by a provider that sends no names with messages: each is asked for once, after his message is stored."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from inbox.connector import Connector
from inbox.core.customer import identity_id
from inbox.core.errors import InboxError, Rejected, Unsupported
from inbox.core.events import EventType
from inbox.core.ids import ChannelId, CustomerId
from inbox.core.message import Address, Kind, Message
from inbox.core.triage import one_line
from inbox.flow import placing
from inbox.flow.committer import Committer, Rank
from inbox.flow.feed import Change
from inbox.flow.working import Layer
from inbox.ports import Queries
from inbox.records import IDENTITIES

MOST = 1_000
"""Who is behind these is asked for when he writes again."""

MAX_NAME = 200
PATIENCE_S = 20.0
_WRITTEN = frozenset({EventType.CONVERSATION_STARTED, EventType.MESSAGE_RECEIVED})

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Nameless:
    """Somebody who wrote without his name."""

    channel: ChannelId
    sender: Address
    identity: str
    customer: CustomerId


@dataclass(frozen=True)
class TakeName:
    """What the provider calls an address; '' when it tells no name, which is remembered as well. A name somebody gave him stays."""

    identity: str
    name: str
    rank: Rank = Rank.BULK
    size: int = 400

    @property
    def group(self) -> str:
        """One address's answers keep their order."""
        return self.identity

    def decide(self, layer: Layer) -> bool:
        """Whether the person has a name by it."""
        layer.need((IDENTITIES, (self.identity,)))
        identity = layer.get(IDENTITIES, self.identity)
        if identity is None or identity.asked_at:
            return False
        layer.put(IDENTITIES, replace(identity, name=self.name or identity.name, asked_at=layer.now))
        return placing.named(layer, identity.customer, self.name)


class Naming:
    """Asks one after the other. What fails for now is asked again when he writes again; nothing waits for it."""

    def __init__(self, committer: Committer, queries: Queries, find: Callable[[ChannelId], Connector | None]) -> None:
        self._committer = committer
        self._queries = queries
        self._find = find
        self._waiting: deque[Nameless] = deque(maxlen=MOST)
        self._wake = asyncio.Event()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed: each message is looked at by the process that stored it."""
        for change in changes:
            message = change.message
            if change.event.type in _WRITTEN and change.event.o == self._committer.writer and message is not None:
                self._look(message)

    def _look(self, message: Message) -> None:
        sender, channel = message.sender, message.channel
        if message.kind is not Kind.CUSTOMER or sender is None or channel is None or sender.name:
            return
        connector = self._find(channel)
        if connector is None or not connector.capabilities.profiles:
            return
        scope = channel if connector.capabilities.scoped else ""
        who = Nameless(channel, sender, identity_id(sender.kind, scope, sender.value), CustomerId(message.author.id))
        if who not in self._waiting:
            self._waiting.append(who)
            self._wake.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            while self._waiting:
                await self._name(self._waiting[0])
                self._waiting.popleft()
            self._wake.clear()
            await self._wake.wait()

    async def _name(self, who: Nameless) -> None:
        try:
            known = await self._queries.identities_of(who.customer)
            connector = self._find(who.channel)
            if connector is None or any(one.id == who.identity and one.asked_at for one in known):
                return
            await self._committer.submit(TakeName(who.identity, await _told(connector, who.sender.value)))
        except (InboxError, TimeoutError) as later:
            log.info("name_not_told", channel=who.channel, error=getattr(later, "code", "timeout"))
        except Exception:
            log.exception("name_failed", channel=who.channel)


async def _told(connector: Connector, address: str) -> str:
    """His name as one line; '' where the provider will never tell."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return one_line(await connector.profile(address))[:MAX_NAME]
    except (Rejected, Unsupported):
        return ""
