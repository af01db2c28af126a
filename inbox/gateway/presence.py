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
IN_SIGHT_MS = 45_000
"""Two beats of a tab that a human touches, and a little."""
LEASE_MS = 45_000
RENEW_MS = 15_000
READ_MS = 5_000
TICK_MS = 1_000
COALESCE_MS = 250

ONLINE, AWAY, OFFLINE, BREAK = "online", "away", "offline", Availability.BREAK.value

log = structlog.get_logger(__name__)


class Presence:
    """This server's agents from its own sockets, other servers' from the board.

    Online: connected, active within ten minutes in some tab, and nothing else set by hand. On a break: connected, and set so. Busy:
    active, and set so. Away: connected otherwise.
    """

    def __init__(
        self,
        board: PresenceBoard,
        server: str,
        queries: Queries,
        roster: Roster,
        clock: Clock,
        available: Callable[[], None],
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        """``server`` names this process; ``available`` is called when an agent comes who was not online before,
        ``moved`` when anybody's state is another."""
        self._board = board
        self._server = server
        self._queries = queries
        self._roster = roster
        self._clock = clock
        self._tell_available = available
        self._tell_moved = moved
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
        self._since: dict[AgentId, Instant] = {}
        self._hearers: list[Callable[[frozenset[AgentId]], None]] = []
        self._wake = asyncio.Event()

    # What others ask

    def state(self, agent: AgentId) -> str:
        """``online``, ``busy``, ``break``, ``away`` or ``offline``, as of now."""
        account = self._accounts.get(agent)
        return OFFLINE if account is None else self.state_of(account)

    def state_of(self, account: Agent) -> str:
        """The same by his account, for whoever has just read it or changed it."""
        active = self._active(account.id)
        if not account.active or active is None:
            return OFFLINE
        if account.availability is Availability.BREAK:
            return BREAK
        return account.availability.value if active else AWAY

    def available(self) -> frozenset[AgentId]:
        """Who takes new conversations now."""
        return frozenset(agent for agent in self._here() if self.state(agent) == ONLINE)

    def there(self) -> frozenset[AgentId]:
        """Who is connected to any server, or was until a moment ago."""
        return frozenset(agent for agent in self._here() if self._active(agent) is not None)

    def in_sight(self, agent: AgentId) -> bool:
        """Whether he has a window before his eyes, as far as one can tell: of tabs at other servers only that he is active there."""
        here = self._tabs[agent] > 0 and self._clock.now() - self._active_at.get(agent, 0) < IN_SIGHT_MS
        return here or self._elsewhere.get(agent, False)

    def all(self) -> tuple[AgentState, ...]:
        """Every agent as others see him."""
        return tuple(self._as_seen(account) for account in self._people())

    def since(self, agent: AgentId) -> Instant | None:
        """When his state became what it is; None if it was so before anybody looked. What was set by hand is known for longer."""
        account = self._accounts.get(agent)
        by_hand = account.availability_at if account is not None and self.state(agent) == account.availability.value != ONLINE else 0
        return by_hand or self._since.get(agent)

    def listen(self, hearer: Callable[[frozenset[AgentId]], None]) -> None:
        """Call ``hearer`` with those whose state or load changed, or who are new or gone."""
        self._hearers.append(hearer)

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

    def load_changed(self) -> None:
        """A conversation came into somebody's hands, left them, or takes more or less of him than before."""
        self.accounts_changed()

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
        """Tell everybody whose state or load is another than shown last, and the router who came or takes nothing any more."""
        now = self._clock.now()
        for agent in [agent for agent, until in self._leaving.items() if until <= now]:
            del self._leaving[agent]
            self._active_at.pop(agent, None)
        states = {one.id: one for one in self.all()}
        changed = [one for id, one in states.items() if self._shown.get(AgentId(id)) != one]
        came = any((one.state == ONLINE) != (self._state_shown(one.id) == ONLINE) for one in changed)
        moved = any(one.state != self._state_shown(one.id) for one in changed)
        touched = frozenset(self._shown.keys() - states.keys()) | {AgentId(one.id) for one in changed}
        self._since |= {AgentId(one.id): now for one in changed if one.id in self._shown and self._state_shown(one.id) != one.state}
        self._shown = {AgentId(id): one for id, one in states.items()}
        if touched:
            for hearer in self._hearers:
                hearer(touched)
        if changed:
            self._roster.tell_all(PresenceFrame(tuple(changed)))
        if came:
            self._tell_available()
        if moved:
            self._tell_moved()

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
        state = self.state(account.id)
        return AgentState(account.id, state, account.load, account.capacity, account.break_reason if state == BREAK else "")

    def _state_shown(self, agent: str) -> str:
        shown = self._shown.get(AgentId(agent))
        return shown.state if shown is not None else OFFLINE
