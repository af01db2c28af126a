"""The supervisors' board: how every queue and agent stands, pushed to whoever follows it, in one frame for all changes of a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import structlog

from inbox.core.agent import Agent
from inbox.core.board import Name, Standing, Tally, Touched
from inbox.core.conversation import FAR_FUTURE
from inbox.core.errors import TryLater
from inbox.core.events import EventType
from inbox.core.ids import AgentId, Instant, QueueId, TeamId
from inbox.core.queueing import Desk
from inbox.core.queues import Queue, serves
from inbox.core.today import Day
from inbox.core.views import LATE, SOON
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.feed import Change
from inbox.flow.floor import LiveFloor
from inbox.flow.giving import on_duty
from inbox.flow.timers import either
from inbox.flow.today import Figures, Today
from inbox.gateway.board_frames import Board, BoardAgent, Held, QueueState
from inbox.gateway.presence import ONLINE, Presence
from inbox.gateway.protocol import AgentState, encode
from inbox.gateway.roster import Follower
from inbox.ports import Clock

EVERY_MS = 250
COUNTED_EVERY_MS = 3_000
"""The sums of reports follow the journal within two seconds."""
TICK_MS = 5 * 60_000
"""What is usual by this time of the day changes by time alone."""
MOST_HELD = 30
ALL = "all"
_URGENT = {LATE: 0, SOON: 1}

log = structlog.get_logger(__name__)


class Boards:
    """One board, whoever looks at it: supervisors see every conversation. Nothing is done while nobody follows."""

    def __init__(self, floor: LiveFloor, today: Today | None, presence: Presence, directory: Directory, clock: Clock) -> None:
        self._floor = floor
        self._today = today
        self._presence = presence
        self._directory = directory
        self._desks = Desks(directory)
        self._clock = clock
        self._followers: set[tuple[Follower, str]] = set()
        self._queues: dict[str, QueueState] = {}
        self._agents: dict[str, BoardAgent] = {}
        self._names: dict[str, Name] = {}
        self._settings: Mapping[QueueId, Queue] = {}
        self._duty: dict[str, int] = {}
        self._resting: dict[AgentId, Instant | None] = {}
        self._duty_until: Instant = FAR_FUTURE
        self._shift = asyncio.Event()
        self._figures: Figures | None = None
        self._touched = Touched()
        self._everything = True
        self._stale = True
        self._wake = asyncio.Event()
        self._counted = asyncio.Event()
        floor.listen(self._moved)
        presence.listen(self._came_or_went)

    # What others tell

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed, behind the directory's and the floor's."""
        self._desks.heard(changes)
        if not self._followers:
            return
        self._counted.set()
        about = (EventType.CATALOG_CHANGED, EventType.AGENT_CHANGED, EventType.TEAM_CHANGED)
        if any(change.event.type in about for change in changes):
            self._stale = True
            self._wake.set()

    def _moved(self, touched: Touched) -> None:
        if self._followers:
            self._touched.queues |= touched.queues
            self._touched.agents |= touched.agents
            self._wake.set()

    def _came_or_went(self, agents: frozenset[AgentId]) -> None:
        if self._followers:
            self._touched.agents |= agents
            if any(self._state(agent) != self._presence.state(agent) for agent in agents):
                self._stale = True
            self._wake.set()

    # Followers

    async def open(self) -> None:
        """Before somebody joins: everything he is to see is at hand. Raises ``TryLater``."""
        await self._floor.open()
        self._stale |= not self._followers
        await self._refresh()

    def join(self, follower: Follower, sub: str) -> None:
        """Send the whole board now, and what changes from here on."""
        if not self._followers:
            self._figures, self._everything = None, True
            self._counted.set()
            self._update()
        self._followers.add((follower, sub))
        follower.send(encode(Board(sub, True, tuple(self._queues.values()), tuple(self._agents.values()))))

    def leave(self, follower: Follower, sub: str) -> None:
        """No more; harmless when it does not follow."""
        self._followers.discard((follower, sub))

    # Loops

    async def run(self) -> None:
        """Send what changed, at most one frame each quarter of a second, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = self._clock.now()
            try:
                await self._refresh()
                self._show()
            except TryLater as away:
                log.warning("board_waits", error=away.code)
                self._wake.set()
            await self._clock.sleep_until(began + EVERY_MS)

    async def count(self) -> None:
        """Read the day's figures after something happened, until cancelled."""
        while True:
            await self._counted.wait()
            self._counted.clear()
            await self._read_figures()
            await self._clock.sleep_until(self._clock.now() + COUNTED_EVERY_MS)

    async def tick(self) -> None:
        """Time alone changes what is usual, and who works now, until cancelled."""
        usual = self._clock.now() + TICK_MS
        while True:
            await either(self._shift, self._clock, min(usual, self._duty_until))
            self._shift.clear()
            now = self._clock.now()
            if now >= usual:
                usual = now + TICK_MS
                self._counted.set()
            if now >= self._duty_until:
                self._duty_until, self._stale = FAR_FUTURE, True
                self._wake.set()

    async def _read_figures(self) -> None:
        if self._today is None or not self._followers:
            return
        try:
            figures = await self._today.read(self._settings)
        except TryLater as away:
            log.warning("board_not_counted", error=away.code)
            self._counted.set()
            return
        if figures != self._figures:
            self._figures, self._everything = figures, True
            self._wake.set()

    # How it stands

    async def _refresh(self) -> None:
        """Read what changed of settings and accounts; nothing comes between its last read and what follows."""
        while self._stale:
            self._stale = False
            try:
                await self._desks.refresh()
                accounts = await self._directory.agents()
            except BaseException:
                self._stale = True
                raise
            desk = self._desks.at(self._clock.now())
            self._settings = desk.queues
            self._count_duty(accounts.values(), desk)
            self._everything = True

    def _show(self) -> None:
        """Tell the followers what is another than they were shown."""
        queues, agents = dict(self._queues), dict(self._agents)
        self._update()
        changed = tuple(one for id, one in self._queues.items() if queues.get(id) != one)
        moved = tuple(one for id, one in self._agents.items() if agents.get(id) != one)
        gone = tuple(sorted((queues.keys() - self._queues.keys()) | (agents.keys() - self._agents.keys())))
        if not (changed or moved or gone):
            return
        frames: dict[str, bytes] = {}
        for follower, sub in self._followers:
            if sub not in frames:
                frames[sub] = encode(Board(sub, False, changed, moved, gone))
            follower.send(frames[sub])

    def _update(self) -> None:
        """Bring the rows up to date, as far as something touched them."""
        touched, self._touched = self._touched, Touched()
        everything, self._everything = self._everything, False
        tallies = self._floor.floor.tallies()
        configured = {Name(id) for id in self._settings}
        names = configured | tallies.keys()
        if everything or names != set(self._names.values()):
            self._names = {_id(name): name for name in names}
        ids = self._names if everything else [_id(name) for name in touched.queues if _id(name) in self._names]
        rows = {id: self._queue(id, tallies.get(self._names[id], Tally())) for id in ids}
        rows[ALL] = self._total(tallies.values())
        self._queues = {id: row for id, row in (self._queues | rows).items() if id in self._names or id == ALL}
        self._update_agents(touched.agents, everything)

    def _update_agents(self, touched: Iterable[AgentId], everything: bool) -> None:
        people = {one.id: one for one in self._presence.all()}
        for id in people if everything else [id for id in touched if id in people]:
            self._agents[id] = self._agent(people[id])
        self._agents = {id: row for id, row in self._agents.items() if id in people}

    def _queue(self, id: str, tally: Tally) -> QueueState:
        name = self._names[id]
        day = self._figures.queues.get(name.queue) if self._figures is not None and name.queue is not None else None
        return _row(id, name, tally, self._duty.get(id, 0), day)

    def _total(self, tallies: Iterable[Tally]) -> QueueState:
        found = list(tallies)
        since = [one.longest_since for one in found if one.longest_since is not None]
        parts = ("waiting", "offered", "served", "soon", "late")
        sums = {part: sum(getattr(one, part) for one in found) for part in parts}
        total = Tally(longest_since=min(since, default=None), **sums)
        return _row(ALL, Name(), total, self._duty.get(ALL, 0), self._figures.total if self._figures is not None else None)

    def _agent(self, seen: AgentState) -> BoardAgent:
        id = AgentId(seen.id)
        his = sorted(self._floor.floor.held(id), key=lambda one: (_URGENT.get(one.sla, len(_URGENT)), -one.number))
        held, offered = [one for one in his if one.offered is None], [one for one in his if one.offered is not None]
        day = self._figures.agents.get(id, Day()) if self._figures is not None else None
        return BoardAgent(
            id,
            seen.state,
            self._presence.since(id),
            seen.load,
            seen.capacity,
            len(held),
            tuple(map(_held, held[:MOST_HELD])),
            None if day is None else day.answers,
            None if day is None else day.done,
            seen.break_reason,
            tuple(map(_held, offered[:MOST_HELD])),
            id in self._resting,
            self._resting.get(id),
        )

    def _count_duty(self, accounts: Iterable[Agent], desk: Desk) -> None:
        """How many who serve each queue are online and on duty, and who is outside his working hours; who serves nothing in particular
        serves all."""
        people = tuple(accounts)
        shifts = {a.id: desk.hours(a.calendar) for a in people if a.calendar}
        self._resting = {id: hours.changes_at for id, hours in shifts.items() if not hours.open}
        self._duty_until = min((at for hours in shifts.values() if (at := hours.changes_at) is not None), default=FAR_FUTURE)
        self._shift.set()
        online = [a for a in people if self._presence.state(a.id) == ONLINE and on_duty(a, desk)]
        duty = {ALL: len(online), "team:": len(online)}
        for team in {team for a in online for team in a.teams}:
            duty[f"team:{team}"] = sum(team in a.teams for a in online)
        for id, queue in self._settings.items():
            duty[f"queue:{id}"] = sum(serves(queue, a.id, a.teams) for a in online)
        self._duty = duty

    def _state(self, agent: AgentId) -> str:
        shown = self._agents.get(agent)
        return shown.state if shown is not None else ""


def _held(one: Standing) -> Held:
    return Held(one.id, one.number, one.sla, one.weight)


def _id(name: Name) -> str:
    return f"queue:{name.queue}" if name.queue is not None else f"team:{name.team or ''}"


def _row(id: str, name: Name, tally: Tally, on_duty: int, day: Day | None) -> QueueState:
    row = QueueState(
        id,
        name.queue or "",
        name.team or TeamId(""),
        tally.waiting,
        tally.longest_since,
        tally.offered,
        tally.served,
        tally.soon,
        tally.late,
        on_duty,
    )
    if day is not None:
        row.arrivals, row.answers = day.arrivals, day.answers
        row.usual_arrivals, row.usual_answers = day.usual_arrivals, day.usual_answers
    return row
