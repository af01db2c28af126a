"""Names and facts that nearly every step needs and that seldom change: accounts, teams, the catalog, customers' names."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from inbox.core.agent import Agent, Team
from inbox.core.customer import MAX_ABSORBED, Customer
from inbox.core.events import EventType
from inbox.core.ids import ChannelId, CustomerId, TeamId
from inbox.core.message import Address, Author, Message
from inbox.core.permissions import Actor
from inbox.core.roles import actor_of
from inbox.flow.feed import Change
from inbox.ports import Queries
from inbox.records import ROLES, Noun

S = TypeVar("S", bound=Struct)

KEPT_NAMES = 20_000
Called = tuple[int, str, CustomerId | None]
"""A customer's version, name, and whom he was merged into."""
NOBODY: Called = (0, "", None)


class Directory:
    """A cache in front of the queries, kept true by the feed."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._agents: dict[str, Agent] = {}
        self._teams: dict[str, Team] = {}
        self._customers: OrderedDict[str, Called] = OrderedDict()
        self._entries: dict[str, dict[str, Any]] = {}
        self._readers: dict[ChannelId, frozenset[TeamId]] | None = None
        self._channels: frozenset[ChannelId] = frozenset()
        self._stale = True
        self._reading = asyncio.Lock()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        for change in changes:
            if change.event.type in (EventType.AGENT_CHANGED, EventType.TEAM_CHANGED):
                self._stale = True
            if change.event.type is EventType.CATALOG_CHANGED:
                self._entries.pop(str(change.event.data.get("noun")), None)
            if change.event.type is EventType.CHANNEL_CHANGED:
                self._readers = None
            if change.event.type is EventType.CUSTOMER_CHANGED and change.customer is not None:
                self._learn(change.customer)
            elif change.event.type is EventType.CUSTOMER_CHANGED and change.event.customer:
                self._customers.pop(change.event.customer, None)

    async def refresh(self) -> None:
        """Read accounts and teams if something about them changed; who asks meanwhile waits, and never gets the old ones."""
        async with self._reading:
            while self._stale:
                self._stale = False
                try:
                    self._agents = {a.id: a for a in await self._queries.agents()}
                    self._teams = {t.id: t for t in await self._queries.teams()}
                except BaseException:
                    self._stale = True
                    raise

    async def agents(self) -> dict[str, Agent]:
        """All accounts by id; loads may be a little old."""
        await self.refresh()
        return self._agents

    async def actor(self, agent: str) -> Actor | None:
        """The account as the gate sees it now; None where there is none."""
        account = (await self.agents()).get(agent)
        return None if account is None else await self.actor_of(account)

    async def actor_of(self, account: Agent) -> Actor:
        """An account as the gate sees it now."""
        return actor_of(account, await self.entries(ROLES), await self.readers())

    async def readers(self) -> Mapping[ChannelId, frozenset[TeamId]]:
        """The channels that name the teams who read them; who asks while they are read again waits, and never gets the old ones."""
        async with self._reading:
            while (known := self._readers) is None:
                marker: dict[ChannelId, frozenset[TeamId]] = {}
                self._readers = marker
                try:
                    channels = await self._queries.channels()
                except BaseException:
                    self._readers = None
                    raise
                if self._readers is marker:  # else one changed while they were read
                    self._channels = frozenset(c.id for c in channels)
                    self._readers = {c.id: frozenset(c.readers) for c in channels if c.readers}
            return known

    async def channels(self) -> frozenset[ChannelId]:
        """All channels there are or were."""
        await self.readers()
        return self._channels

    def name_of(self, agent: str) -> str:
        """An account's name as last read, '' when it was not read yet."""
        known = self._agents.get(agent)
        return known.name if known is not None else ""

    async def teams(self) -> dict[str, Team]:
        """All teams by id."""
        await self.refresh()
        return self._teams

    async def entries(self, noun: Noun[S]) -> Mapping[str, S]:
        """A list of the catalog by id; who asks while it is read again waits, and never gets the old one."""
        async with self._reading:
            while (known := self._entries.get(noun.name)) is None:
                marker: dict[str, Any] = {}
                self._entries[noun.name] = marker
                try:
                    found = {noun.id_of(entry): entry for entry in await self._queries.entries(noun)}
                except BaseException:
                    self._entries.pop(noun.name, None)
                    raise
                if self._entries.get(noun.name) is marker:  # else it changed while it was read
                    self._entries[noun.name] = found
            return known

    async def customer_names(self, ids: Iterable[CustomerId]) -> dict[str, str]:
        """Names by id; empty for somebody unknown or nameless. Who was merged has the name of the one that stayed."""
        wanted, tried = set(ids), set[CustomerId]()
        while missing := {end for id in wanted if (end := self._end(id)) not in self._customers} - tried:
            tried |= missing
            for customer in (await self._queries.customers(list(missing))).values():
                self._learn(customer)
        return {id: self._customers.get(self._end(id), NOBODY)[1] for id in wanted}

    def _end(self, id: CustomerId) -> CustomerId:
        """Whom the merges that are known lead to."""
        for _ in range(MAX_ABSORBED):
            into = self._customers.get(id, NOBODY)[2]
            if into is None:
                break
            id = into
        return id

    async def whole(self, id: CustomerId) -> tuple[CustomerId, ...]:
        """All ids under which conversations are this customer's, following merges."""
        person = await self._queries.customer(id)
        return (id,) if person is None else person.whole

    def _learn(self, customer: Customer) -> None:
        """Reads and changes of several processes may cross: the newest version counts."""
        if customer.id not in self._customers or self._customers[customer.id][0] < customer.version:
            self._customers[customer.id] = (customer.version, customer.name, customer.merged_into)
            if len(self._customers) > KEPT_NAMES:
                self._customers.popitem(last=False)

    async def author_name(self, author: Author, message: Message | None = None) -> str:
        """What to call whoever wrote."""
        if author.kind == "customer":
            names = await self.customer_names([CustomerId(author.id)])
            sender = message.sender if message else None
            return names[author.id] or (_readable(sender) if sender else "")
        agent = (await self.agents()).get(author.id)
        return agent.name if agent else ""


def _readable(sender: Address) -> str:
    """What he calls himself, else an address that tells a human something; an id of some provider does not."""
    return sender.name or (sender.value if "@" in sender.value or sender.value.startswith("+") else "")
