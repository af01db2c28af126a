"""Takes every committed change, in order, and hands each connection the frames it means for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

import structlog

from inbox.core.agent import Agent
from inbox.core.errors import TryLater
from inbox.core.events import EventType, Facets
from inbox.core.ids import AgentId
from inbox.flow.directory import Directory
from inbox.flow.feed import Change, Feed
from inbox.gateway.counts import Counts
from inbox.gateway.lists import Lists
from inbox.gateway.moment import Latest, Moment
from inbox.gateway.notices import notices
from inbox.gateway.presence import Presence
from inbox.gateway.protocol import Notice, Reload
from inbox.gateway.roster import Roster
from inbox.gateway.threads import Threads

BATCH = 16
"""Changes between two turns of the sockets' writers; well under what an outbox holds."""
AGAIN_AFTER_S = 0.5

log = structlog.get_logger(__name__)


class Hub:
    """The fan-out. Everything up to ``position`` has been handed out."""

    def __init__(self, feed: Feed, directory: Directory, roster: Roster, counts: Counts, presence: Presence) -> None:
        self._feed = feed
        self._directory = directory
        self._roster = roster
        self._counts = counts
        self._presence = presence
        self._waiting: deque[Change] = deque()
        self._wake = asyncio.Event()
        self._position: dict[int, int] = {}
        self._accounts: Mapping[str, Agent] = {}
        self.lists = Lists()
        self.threads = Threads()
        self.latest = Latest()

    @property
    def position(self) -> Mapping[int, int]:
        """The highest entry per writer whose frames are with the connections."""
        return self._position

    def start(self) -> None:
        """Begin where the feed is now; to be called after the directory listens to it."""
        self._position = dict(self._feed.position)
        self._feed.listen(self._heard)

    def _heard(self, changes: Sequence[Change]) -> None:
        self._waiting.extend(changes)
        self._wake.set()

    async def run(self) -> None:
        """Hand out until cancelled; started again after an error it goes on with the changes that were not handed out."""
        while True:
            while self._waiting:
                batch = list(islice(self._waiting, BATCH))
                await self._hand_out(batch)
                for _ in batch:
                    self._waiting.popleft()
                await asyncio.sleep(0)  # the writers of the sockets take their turn
            self._wake.clear()
            await self._wake.wait()

    async def _hand_out(self, batch: Sequence[Change]) -> None:
        names = await self._prepare(batch)
        for change, named in zip(batch, names, strict=True):
            try:
                self._show(change, named)
            except Exception:
                log.exception("change_not_shown", type=change.event.type, o=change.event.o, n=change.event.n)
            self._position[change.event.o] = max(change.event.n, self._position.get(change.event.o, 0))

    async def _prepare(self, batch: Sequence[Change]) -> list[tuple[str, str]]:
        """Read what showing needs, however long the database is away: nothing is shown without it."""
        while True:
            try:
                if any(change.event.type is EventType.AGENT_CHANGED for change in batch):
                    self._accounts = await self._directory.agents()
                return await self.names(batch)
            except TryLater as away:
                log.warning("change_waits", error=away.code)
                await asyncio.sleep(AGAIN_AFTER_S)

    async def names(self, changes: Sequence[Change]) -> list[tuple[str, str]]:
        """Of each change the names of its customer and of its message's author."""
        customers = await self._directory.customer_names({c.conversation.customer for c in changes if c.conversation is not None})
        return [
            (
                customers.get(c.conversation.customer, "") if c.conversation is not None else "",
                await self._directory.author_name(c.message.author, c.message) if c.message is not None else "",
            )
            for c in changes
        ]

    def _show(self, change: Change, names: tuple[str, str]) -> None:
        event = change.event
        if event.conversation is not None:
            moment = Moment(change, self.latest, (event.o, event.n - 1), names)
            self.lists.show(moment)
            self.threads.show(moment)
            self._counts.changed(event.before, event.after)
            self._presence.load_changed(_holder(event.before), _holder(event.after))
            self._tell(change, moment)
        if event.type is EventType.CUSTOMER_CHANGED and not _is_new(change):
            self._roster.tell_all(Reload("customers", event.customer or ""))
        if event.type is EventType.TEAM_CHANGED:
            self._roster.tell_all(Reload("teams", str(event.data.get("team") or "")))
        if event.type is EventType.AGENT_CHANGED:
            self._account_changed(AgentId(event.agent or ""))

    def _tell(self, change: Change, moment: Moment) -> None:
        if moment.now is None or change.conversation is None:
            return
        for agent, kind in notices(change, moment.now):
            self._roster.tell(agent, Notice(kind, moment.id, change.conversation.number, moment.at), moment.now)

    def _account_changed(self, agent: AgentId) -> None:
        """Before any later change is shown, the agent's connections know what he may still see."""
        self._roster.account_changed(agent, self._accounts.get(agent))
        self._presence.accounts_changed()
        self._roster.tell_all(Reload("agents", agent))


def _holder(facets: Facets | None) -> AgentId | None:
    return facets.assignee if facets is not None else None


def _is_new(change: Change) -> bool:
    """Nobody shows a customer who has just been made, except in rows that bring his name."""
    return change.customer is not None and change.customer.version == 1
