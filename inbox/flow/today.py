"""Today's figures of every queue and agent, read from the sums of reports: the same definitions, the same numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from inbox.core.ids import AgentId, QueueId
from inbox.core.reports import Asked, By, Period, added
from inbox.core.sums import Sum
from inbox.core.today import WEEKS, Day, day
from inbox.flow.folding import Measure
from inbox.ports import Clock, Facts


@dataclass(frozen=True)
class Figures:
    """By queue and by agent, and of everything together."""

    total: Day
    queues: dict[QueueId, Day]
    agents: dict[AgentId, Day]


class Today:
    """Reads on demand; what earlier weeks were like is read once a day for each queue."""

    def __init__(self, facts: Facts, measure: Callable[[], Awaitable[Measure]], clock: Clock) -> None:
        self._facts = facts
        self._measure = measure
        self._clock = clock
        self._weeks: dict[QueueId | None, tuple[date, list[Sum]]] = {}

    async def read(self, queues: Iterable[QueueId]) -> Figures:
        """How it stands now, as far as the sums have come. Raises ``TryLater``."""
        now = self._clock.now()
        local = datetime.fromtimestamp(now / 1000, ZoneInfo((await self._measure()).zone))
        today = Period(local.date(), local.date())
        by_queue, by_agent = await asyncio.gather(self._facts.sums(Asked(today, By.QUEUE)), self._facts.sums(Asked(today, By.AGENT)))
        hour, passed = local.weekday() * 24 + local.hour, (local.minute * 60 + local.second) / 3600

        async def of(queue: QueueId | None, found: Sum) -> Day:
            return day(found, await self._earlier(queue, local.date()), hour, passed)

        return Figures(
            await of(None, added(list(by_queue.values()))),
            {queue: await of(queue, by_queue.get(queue, Sum())) for queue in queues},
            {AgentId(agent): day(found, (), hour, passed) for agent, found in by_agent.items() if agent},
        )

    async def _earlier(self, queue: QueueId | None, today: date) -> list[Sum]:
        known = self._weeks.get(queue)
        if known is None or known[0] != today:
            days = [today - timedelta(weeks=n) for n in range(1, WEEKS + 1)]
            sums = [await self._facts.sums(Asked(Period(day, day), By.HOUR, queue=queue or "")) for day in days]
            known = self._weeks[queue] = today, [added(list(found.values())) for found in sums]
        return known[1]
