"""Names and facts that nearly every step needs and that seldom change: accounts, teams, channels, customers' names."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from inbox.core.agent import Agent, Team
from inbox.core.customer import Customer
from inbox.core.events import EventType
from inbox.core.ids import CustomerId
from inbox.core.message import Address, Author, Message
from inbox.flow.feed import Change
from inbox.ports import Queries

KEPT_NAMES = 20_000


class Directory:
    """A cache in front of the queries, kept true by the feed."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._agents: dict[str, Agent] = {}
        self._teams: dict[str, Team] = {}
        self._names: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._stale = True
        self._reading = asyncio.Lock()

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed."""
        for change in changes:
            if change.event.type in (EventType.AGENT_CHANGED, EventType.TEAM_CHANGED):
                self._stale = True
            if change.event.type is EventType.CUSTOMER_CHANGED and change.customer is not None:
                self._learn(change.customer)
            elif change.event.type is EventType.CUSTOMER_CHANGED and change.event.customer:
                self._names.pop(change.event.customer, None)

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

    def name_of(self, agent: str) -> str:
        """An account's name as last read, '' when it was not read yet."""
        known = self._agents.get(agent)
        return known.name if known is not None else ""

    async def teams(self) -> dict[str, Team]:
        """All teams by id."""
        await self.refresh()
        return self._teams

    async def customer_names(self, ids: Iterable[CustomerId]) -> dict[str, str]:
        """Names by id; empty for somebody unknown or nameless."""
        wanted = set(ids)
        missing = [id for id in wanted if id not in self._names]
        if missing:
            for customer in (await self._queries.customers(missing)).values():
                self._learn(customer)
        return {id: self._names[id][1] if id in self._names else "" for id in wanted}

    def _learn(self, customer: Customer) -> None:
        """Reads and changes of several processes may cross: the newest version counts."""
        if self._names.get(customer.id, (0, ""))[0] < customer.version:
            self._names[customer.id] = (customer.version, customer.name)
            if len(self._names) > KEPT_NAMES:
                self._names.popitem(last=False)

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
