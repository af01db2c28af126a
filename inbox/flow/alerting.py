"""Watches the thresholds of alerts: at every change of the floor or of who is there, and at the instants at which time alone decides.

How each stands is stored, so a crossing is told once whoever sees it and whichever server dies; the commit decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from inbox.core.agent import Agent, Role
from inbox.core.alerts import Alert, AlertState, Reading, follow, read
from inbox.core.board import Name, Tally
from inbox.core.dispatching import of_alert
from inbox.core.errors import TryLater
from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, Instant, QueueId, TeamId
from inbox.core.notifications import to_tell
from inbox.core.permissions import supervises
from inbox.core.queues import serves
from inbox.flow.committer import Committer, Rank
from inbox.flow.desks import Desks
from inbox.flow.directory import Directory
from inbox.flow.dispatching import add
from inbox.flow.feed import Change
from inbox.flow.floor import LiveFloor
from inbox.flow.giving import on_duty
from inbox.flow.placing import SYSTEM
from inbox.flow.timers import either
from inbox.flow.working import Layer
from inbox.ports import Clock, Queries
from inbox.records import ALERT_STATES, ALERTS

EVERY_MS = 500
LATEST_MS = 10 * 60_000
SETTLED_MS = 60_000
"""For so long after the start nobody can tell who is there: everybody connects anew."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Judge:
    """Take over what an alert's measure shows; ``alert`` None: there is no such alert any more. ``tell`` gets a notice when it is raised;
    ``where`` is the name of its queue or team."""

    id: str
    alert: Alert | None
    reading: Reading
    tell: tuple[AgentId, ...] = ()
    where: str = ""
    rank: Rank = Rank.INGEST
    size: int = 300

    @property
    def group(self) -> str:
        """One alert's readings keep their order."""
        return self.id

    def decide(self, layer: Layer) -> Instant | None:
        """When to look again; raised and ended each make one entry."""
        layer.need((ALERT_STATES, (self.id,)))
        before = layer.get(ALERT_STATES, self.id) or AlertState(self.id)
        if self.alert is None:
            after, look_at = AlertState(self.id, version=before.version), None
        else:
            after, look_at = follow(self.alert, before, self.reading, layer.now)
        if after == before:
            return look_at
        if after.since is None:
            layer.remove(ALERT_STATES, self.id)
        else:
            layer.put(ALERT_STATES, after)
        raised, ended = after.raised_at is not None, before.raised_at is not None and after.raised_at is None
        state = "raised" if raised else "ended" if ended else "over" if after.since is not None else "under"
        data: dict[str, int | str | None] = {"alert": self.id, "state": state, "value": self.reading.value}
        layer.event(Event(EventType.ALERT_CHANGED, layer.now, SYSTEM, data=data | (to_tell(self.tell) if raised else {})))
        if self.alert is not None and (raised or ended):
            for dispatch in of_alert(self.alert, after if raised else before, self.where, raised=raised, now=layer.now):
                add(layer, dispatch)
        return look_at


class Alerting:
    """The loop that looks; the floor is opened only when there are alerts."""

    def __init__(
        self,
        committer: Committer,
        queries: Queries,
        directory: Directory,
        desks: Desks,
        floor: LiveFloor,
        online: Callable[[], frozenset[AgentId]],
        clock: Clock,
    ) -> None:
        """``online`` take new work now, on any server."""
        self._committer = committer
        self._queries = queries
        self._directory = directory
        self._desks = desks
        self._floor = floor
        self._online = online
        self._clock = clock
        self._states: dict[str, AlertState] | None = None
        self._tells_from: Instant = 0
        self._wake = asyncio.Event()
        floor.listen(lambda touched: self._wake.set())

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed, behind the directory's."""
        for change in changes:
            if change.event.type is EventType.ALERT_CHANGED:
                self._states = None
            elif change.event.type in (EventType.CATALOG_CHANGED, EventType.AGENT_CHANGED):
                self._wake.set()

    def came_or_went(self, agents: frozenset[AgentId]) -> None:
        """Somebody's state is another."""
        self._wake.set()

    async def run(self) -> None:
        """Look until cancelled."""
        self._tells_from = self._clock.now() + SETTLED_MS
        while True:
            self._wake.clear()
            now = self._clock.now()
            try:
                look_at = await self._look()
            except TryLater as away:
                log.warning("alerts_wait", error=away.code)
                look_at = now
            await self._clock.sleep_until(now + EVERY_MS)
            await either(self._wake, self._clock, min(look_at or now + LATEST_MS, now + LATEST_MS))

    async def _look(self) -> Instant | None:
        """Judge every alert once; when the first of them is to be looked at again."""
        alerts = {id: alert for id, alert in (await self._directory.entries(ALERTS)).items() if alert.enabled}
        if self._states is None:
            self._states = {state.id: state for state in await self._queries.entries(ALERT_STATES)}
        states = self._states
        if alerts:
            await self._floor.open()
            await self._desks.refresh()
        accounts = (await self._directory.agents()) if alerts else {}
        now = self._clock.now()
        units: list[Judge] = [Judge(id, None, Reading(False, 0)) for id in states if id not in alerts]
        looks: list[Instant | None] = []
        for alert in alerts.values():
            reading = read(alert, self._tally(alert), self._on_duty(alert, accounts, now), now)
            before = states.get(alert.id, AlertState(alert.id))
            after, look_at = follow(alert, before, reading, now)
            looks.append(look_at)
            if after != before:
                units.append(Judge(alert.id, alert, reading, await self._supervisors(accounts), await self._name_of(alert)))
        if any(alert.measure == "nobody" for alert in alerts.values()) and now < self._tells_from:
            looks.append(self._tells_from)
        if units:
            looks += await asyncio.gather(*(self._committer.submit(unit) for unit in units))
            self._states = None
        return min((at for at in looks if at is not None), default=None)

    async def _supervisors(self, accounts: Mapping[str, Agent]) -> tuple[AgentId, ...]:
        people = [one for one in accounts.values() if one.active and one.role is not Role.BOT]
        return tuple([one.id for one in people if supervises(await self._directory.actor_of(one))])

    async def _name_of(self, alert: Alert) -> str:
        if alert.team:
            team = (await self._directory.teams()).get(alert.team)
            return team.name if team is not None else alert.team
        queue = self._desks.at(0).queue(QueueId(alert.queue)) if alert.queue else None
        return queue.name if queue is not None else alert.queue

    def _tally(self, alert: Alert) -> Tally:
        if alert.queue or alert.team:
            return self._floor.floor.tally(Name(QueueId(alert.queue)) if alert.queue else Name(None, TeamId(alert.team)))
        found = list(self._floor.floor.tallies().values())
        since = [one.longest_since for one in found if one.longest_since is not None]
        waiting, late = sum(one.waiting for one in found), sum(one.late for one in found)
        return Tally(waiting=waiting, late=late, longest_since=min(since, default=None))

    def _on_duty(self, alert: Alert, accounts: Mapping[str, Agent], now: Instant) -> int | None:
        """None while nobody can tell, or the queue is closed or gone."""
        if now < self._tells_from:
            return None
        desk = self._desks.at(now)
        online = [a for id in self._online() if (a := accounts.get(id)) is not None and on_duty(a, desk)]
        if alert.team:
            return sum(alert.team in agent.teams for agent in online)
        if not alert.queue:
            return len(online)
        queue = desk.queue(QueueId(alert.queue))
        if queue is None or not desk.open(queue).open:
            return None
        return sum(serves(queue, agent.id, agent.teams) for agent in online)
