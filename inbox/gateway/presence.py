"""Who is there: as long as a tab is connected to any server, and a little longer, so that a reload moves nobody's work."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable

import structlog

from inbox.core.agent import Agent, Availability, Role
from inbox.core.errors import TryLater
from inbox.core.ids import AgentId, Instant
from inbox.gateway.protocol import AgentState
from inbox.gateway.protocol import Presence as PresenceFrame
from inbox.gateway.roster import Roster
from inbox.ports import Clock, PresenceBoard, Queries

GRACE_MS = 20_000
AWAY_AFTER_MS = 10 * 60_000
LEASE_MS = 45_000
RENEW_MS = 15_000
READ_MS = 5_000
TICK_MS = 1_000
COALESCE_MS = 250

ONLINE, AWAY, OFFLINE = "online", "away", "offline"

log = structlog.get_logger(__name__)


class Presence:
    """This server's agents from its own sockets, other servers' from the board.

    Online: connected, active within ten minutes in some tab, and not away by hand. Away: connected otherwise.
    """

    def __init__(
        self, board: PresenceBoard, server: str, queries: Queries, roster: Roster, clock: Clock, available: Callable[[], None]
    ) -> None:
        """``server`` names this process; ``available`` is called when an agent comes who was not online before."""
        self._board = board
        self._server = server
        self._queries = queries
        self._roster = roster
        self._clock = clock
        self._tell_available = available
        self._tabs: Counter[AgentId] = Counter()
        self._active_at: dict[AgentId, Instant] = {}
        self._leaving: dict[AgentId, Instant] = {}
        self._elsewhere: dict[AgentId, bool] = {}
        self._accounts: dict[AgentId, Agent] = {}
        self._outdated = True
        self._to_write: set[AgentId] = set()
        self._renew_at: Instant = 0
        self._read_at: Instant = 0
        self._shown: dict[AgentId, AgentState] = {}
        self._wake = asyncio.Event()

    # What others ask

    def state(self, agent: AgentId) -> str:
        """``online``, ``away`` or ``offline``, as of now."""
        account = self._accounts.get(agent)
        active = self._active(agent)
        if account is None or not account.active or active is None:
            return OFFLINE
        return ONLINE if active and account.availability is Availability.ONLINE else AWAY

    def available(self) -> frozenset[AgentId]:
        """Who takes new conversations now."""
        return frozenset(agent for agent in self._here() if self.state(agent) == ONLINE)

    def all(self) -> tuple[AgentState, ...]:
        """Every agent as others see him."""
        return tuple(self._as_seen(account) for account in self._people())

    # What sessions tell

    def connected(self, agent: AgentId) -> None:
        """One more tab of his is connected."""
        self._tabs[agent] += 1
        self._leaving.pop(agent, None)
        self._active_at[agent] = self._clock.now()
        self._write_soon(agent)

    def disconnected(self, agent: AgentId, at_once: bool = False) -> None:
        """One tab less; with the last one the grace begins, or ends ``at_once`` when he logged out."""
        self._tabs[agent] -= 1
        if self._tabs[agent] <= 0:
            del self._tabs[agent]
            self._leaving[agent] = self._clock.now() + (0 if at_once else GRACE_MS)
            self._write_soon(agent)

    def beat(self, agent: AgentId, active: bool) -> None:
        """A tab of his was heard of; ``active``: a human touched it since the last time."""
        if active:
            was = self._active(agent)
            self._active_at[agent] = self._clock.now()
            if not was:
                self._write_soon(agent)

    # What the hub tells

    def accounts_changed(self) -> None:
        """Accounts are read again soon."""
        self._outdated = True
        self._wake.set()

    def load_changed(self, *agents: AgentId | None) -> None:
        """A conversation moved between these agents, or changed under one; a change of hands changes loads."""
        if len(set(agents)) > 1:
            self._outdated = True
            self._wake.set()

    # Loops

    async def run(self) -> None:
        """Keep leases, read the board and show what changed, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.refresh()
            except TryLater as away:
                log.warning("presence_not_shared", error=away.code)
            self.show()
            await self._clock.sleep_until(self._clock.now() + COALESCE_MS)

    async def tick(self) -> None:
        """Look again every second, because people leave and tire without telling, until cancelled."""
        while True:
            self._wake.set()
            await self._clock.sleep_until(self._clock.now() + TICK_MS)

    async def refresh(self) -> None:
        """Bring accounts, the own leases and the other servers' agents up to date, as far as it is due. Raises ``TryLater``."""
        now = self._clock.now()
        if self._outdated:
            self._outdated = False
            try:
                self._accounts = {agent.id: agent for agent in await self._queries.agents()}
            except TryLater:
                self._outdated = True
                raise
        await self._write(now)
        if self._read_at <= now:
            self._elsewhere = await self._board.online(now, besides=self._server)
            self._read_at = now + READ_MS

    def show(self) -> None:
        """Tell everybody whose state or load is another than shown last, and the router who came."""
        now = self._clock.now()
        for agent in [agent for agent, until in self._leaving.items() if until <= now]:
            del self._leaving[agent]
            self._active_at.pop(agent, None)
        states = {one.id: one for one in self.all()}
        changed = [one for id, one in states.items() if self._shown.get(AgentId(id)) != one]
        came = any(one.state == ONLINE and self._state_shown(one.id) != ONLINE for one in changed)
        self._shown = {AgentId(id): one for id, one in states.items()}
        if changed:
            self._roster.tell_all(PresenceFrame(tuple(changed)))
        if came:
            self._tell_available()

    async def withdraw(self) -> None:
        """The server stops: leave every lease no longer than the grace."""
        now = self._clock.now()
        await self._board.beat(self._server, {agent: bool(self._active(agent)) for agent in self._own()}, now + GRACE_MS)

    def _write_soon(self, agent: AgentId) -> None:
        self._to_write.add(agent)
        self._wake.set()

    async def _write(self, now: Instant) -> None:
        if self._renew_at <= now:
            self._to_write |= self._tabs.keys()
            self._renew_at = now + RENEW_MS
        leases: dict[Instant, dict[AgentId, bool]] = {}
        for agent in self._to_write:
            until = now + LEASE_MS if agent in self._tabs else self._leaving.get(agent, now)
            leases.setdefault(until, {})[agent] = bool(self._active(agent))
        for until, agents in leases.items():
            await self._board.beat(self._server, agents, until)
            self._to_write -= agents.keys()

    def _own(self) -> Iterable[AgentId]:
        return self._tabs.keys() | self._leaving.keys()

    def _here(self) -> Iterable[AgentId]:
        return self._own() | self._elsewhere.keys()

    def _active(self, agent: AgentId) -> bool | None:
        """Whether he is active on any server; None when he is on none."""
        now = self._clock.now()
        own = agent in self._tabs or self._leaving.get(agent, 0) > now
        if not own:
            return self._elsewhere.get(agent)
        return self._elsewhere.get(agent, False) or now - self._active_at.get(agent, 0) < AWAY_AFTER_MS

    def _people(self) -> Iterable[Agent]:
        return [account for account in self._accounts.values() if account.active and account.role is not Role.BOT]

    def _as_seen(self, account: Agent) -> AgentState:
        return AgentState(account.id, self.state(account.id), account.load, account.capacity)

    def _state_shown(self, agent: str) -> str:
        shown = self._shown.get(AgentId(agent))
        return shown.state if shown is not None else OFFLINE
