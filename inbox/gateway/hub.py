"""Takes every committed change, in order, and hands each connection the frames it means for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec
import structlog

from inbox.core.agent import Agent
from inbox.core.errors import TryLater
from inbox.core.events import Event, EventType, Facets
from inbox.core.ids import AgentId, ChannelId, TeamId
from inbox.core.notifications import made
from inbox.core.permissions import Actor, sees
from inbox.core.roles import CustomRole, actor_of
from inbox.flow.directory import Directory
from inbox.flow.feed import Change, Feed
from inbox.flow.rows import notice_row
from inbox.gateway.counts import Counts
from inbox.gateway.lists import Lists
from inbox.gateway.moment import Latest, Moment
from inbox.gateway.notices import is_about_access, is_about_roles, shared
from inbox.gateway.presence import Presence
from inbox.gateway.protocol import JobChanged, Notice, Reload, encode
from inbox.gateway.roster import Roster
from inbox.gateway.threads import Threads
from inbox.records import ROLES

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
        self._roles: Mapping[str, CustomRole] = {}
        self._readers: Mapping[ChannelId, frozenset[TeamId]] = {}
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
                if any(change.event.type is EventType.AGENT_CHANGED or is_about_access(change.event) for change in batch):
                    self._accounts, self._roles = await self._directory.agents(), await self._directory.entries(ROLES)
                    self._readers = await self._directory.readers()
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
            self._in_or_out_of_sight(event)
            if _load(event.before) != _load(event.after):
                self._presence.load_changed()
            self._tell(change, moment, names[0])
        if event.type is EventType.CUSTOMER_CHANGED and not _is_new(change):
            self._roster.tell_all(Reload("customers", event.customer or ""))
        self._tell_shared(event)
        if event.type is EventType.JOB_CHANGED:
            self._roster.tell(AgentId(event.agent or ""), job_frame(event))
        if event.type is EventType.AGENT_CHANGED:
            self._account_changed(AgentId(event.agent or ""))
        if is_about_roles(event):
            self._access_changed(str(event.data.get("entry")))
        if event.type is EventType.CHANNEL_CHANGED:
            self._access_changed()

    def _tell_shared(self, event: Event) -> None:
        if (settings := shared(event)) is not None:
            self._roster.tell_all(Reload(*settings))
        if event.type is EventType.ALERT_CHANGED:
            for one in made(event, None):
                self._roster.tell(one.agent, Reload("notices"))

    def _tell(self, change: Change, moment: Moment, customer: str) -> None:
        """What the committer stored with the entry, shown at once."""
        if moment.now is None or change.conversation is None:
            return
        for one in made(change.event, change.message):
            self._roster.tell(one.agent, Notice(notice_row(one, change.conversation, customer), moment.at), moment.now)

    def _in_or_out_of_sight(self, event: Event) -> None:
        """Notices about a conversation stand in the lists of those who may see it."""
        before, after = event.before, event.after
        if before is None or after is None or _where(before) == _where(after):
            return
        joined = before.merged != after.merged  # what they are about is another conversation now
        over = None if before.offered == after.offered else before.offered  # the notice of an offer goes with it
        frame = encode(Reload("notices", event.conversation or ""))
        for follower in self._roster:
            seen = sees(follower.scope, before), sees(follower.scope, after)
            if seen[0] != seen[1] or (joined and seen[0]) or follower.agent == over:
                follower.send(frame)

    def _account_changed(self, agent: AgentId) -> None:
        """Before any later change is shown, the agent's connections know what he may still see."""
        self._roster.account_changed(agent, self._actor(agent))
        self._presence.accounts_changed()
        self._roster.tell_all(Reload("agents", agent))

    def _access_changed(self, role: str | None = None) -> None:
        """The same for everybody who has this role, or without one for everybody."""
        for agent in self._roster.agents():
            account = self._accounts.get(agent)
            if account is not None and role in (None, account.custom_role):
                self._roster.account_changed(agent, self._actor(agent))

    def _actor(self, agent: AgentId) -> Actor | None:
        account = self._accounts.get(agent)
        return None if account is None else actor_of(account, self._roles, self._readers)


def job_frame(event: Event) -> JobChanged:
    """How far a change in bulk is, for its owner."""
    return msgspec.convert({**event.data, "id": event.data["job"], "t": "job"}, JobChanged)


def _where(facets: Facets) -> tuple[object, ...]:
    """All that decides who may see it, and under which number."""
    return facets.team, facets.assignee, facets.bot, facets.offered, facets.merged


def _load(facets: Facets | None) -> tuple[object, ...]:
    """All that decides whose capacity a conversation takes."""
    return () if facets is None else (facets.assignee, facets.offered, facets.category, facets.merged)


def _is_new(change: Change) -> bool:
    """Nobody shows a customer who has just been made, except in rows that bring his name."""
    return change.customer is not None and change.customer.version == 1
