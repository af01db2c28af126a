"""The journal over dictionaries."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.agent import Agent
from inbox.core.errors import Conflict, Fenced, Unavailable
from inbox.core.events import Event
from inbox.core.ids import Instant
from inbox.records import AGENTS, CONVERSATIONS, Batch, LoadChange, Loaded, Noun, Put, Slot, Wanted
from inbox.testing.tables import Tables

S = TypeVar("S", bound=Struct)

WRITERS = 64
LEASE_MS = 15_000


class MemoryJournal:
    """``ports.Journal``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def load(self, wanted: Wanted) -> Loaded:
        """The stored values by noun and id."""
        await asyncio.sleep(0)
        return {noun: {id: table[id] for id in ids if id in table} for noun, ids in wanted.items() for table in (self._tables.of(noun),)}

    async def commit(self, batch: Batch) -> None:
        """All or nothing: everything is checked before anything is stored, and nobody else runs in between."""
        await asyncio.sleep(0)
        self._tables.reach()
        if any((e.o, e.n) in self._tables.events for e in batch.events):
            raise Fenced
        loads = self._checked_loads(batch.loads)
        for put in batch.puts:
            self._check(put)
        self._check_unique(batch.puts)
        self._store(batch, loads)
        if batch.events:
            self._tables.announce()

    def _checked_loads(self, changes: list[LoadChange]) -> dict[str, Agent]:
        """The agents as they would be."""
        after: dict[str, Agent] = {}
        for change in changes:
            agent = after.get(change.agent) or self._tables.of(AGENTS).get(change.agent)
            if agent is None:
                raise Conflict("agents: there is no such agent")
            if change.at_most is not None and agent.load + change.delta > change.at_most:
                raise Conflict("agents: too much load")
            if change.kind_at_most is not None and agent.held.get(change.kind, 0) >= change.kind_at_most:
                raise Conflict("agents: too many of a kind")
            after[change.agent] = _counted(agent, change)
        return after

    def _check(self, put: Put) -> None:
        stored = self._tables.of(put.noun).get(put.value.id)
        found = None if stored is None else getattr(stored, "version", put.expect)
        if found != put.expect:
            raise Conflict(f"{put.noun.name}: expected version {put.expect}, found {found}")

    def _check_unique(self, puts: list[Put]) -> None:
        numbers = Counter(c.number for c in self._after(CONVERSATIONS, puts))
        emails = Counter(a.email.strip().casefold() for a in self._after(AGENTS, puts))
        if any(times > 1 for times in (*numbers.values(), *emails.values())):
            raise Conflict("something with this key exists")

    def _after(self, noun: Noun[S], puts: list[Put]) -> Iterable[S]:
        """The noun's values as they would be; none when nothing of it changes."""
        changed: dict[str, S] = {put.value.id: put.value for put in puts if put.noun is noun}
        return {**self._tables.of(noun), **changed}.values() if changed else ()

    def _store(self, batch: Batch, loads: Mapping[str, Agent]) -> None:
        agents = self._tables.of(AGENTS)
        for put in batch.puts:
            kept = agents.get(put.value.id) if put.noun is AGENTS else None
            value: Any = put.value if kept is None else _keeping(put.value, kept)
            self._tables.of(put.noun)[put.value.id] = value
            if put.noun is CONVERSATIONS:
                self._tables.tags.update(value.tags)
        for removal in batch.removals:
            self._tables.of(removal.noun).pop(removal.id, None)
        for id, counted in loads.items():
            agents[id] = _keeping(agents[id], counted)
        for settled in batch.settled:
            if settled.id in self._tables.deliveries:
                row = self._tables.deliveries[settled.id]
                self._tables.deliveries[settled.id] = replace(row, state=settled.state, error=settled.error)
        for event in batch.events:
            self._tables.events[event.o, event.n] = event

    async def lease_writer(self, owner: str, now: Instant) -> Slot:
        """The lowest writer number that nobody holds."""
        self._tables.reach()
        for o in range(1, WRITERS + 1):
            _, fence, until = self._tables.writers.get(o, ("", 0, 0))
            if until <= now:
                self._tables.writers[o] = (owner, fence + 1, now + LEASE_MS)
                return Slot(o, await self.highest(o), fence + 1)
        raise Unavailable("all writer numbers are taken")

    async def renew_writer(self, slot: Slot, now: Instant) -> None:
        """Keep the number; ``Fenced`` when another process holds it."""
        self._tables.reach()
        owner, fence, until = self._tables.writers.get(slot.o, ("", 0, 0))
        if fence != slot.fence:
            raise Fenced
        self._tables.writers[slot.o] = (owner, fence, max(until, now + LEASE_MS))

    async def release_writer(self, slot: Slot) -> None:
        """Give the number back."""
        self._tables.reach()
        owner, fence, _ = self._tables.writers.get(slot.o, ("", 0, 0))
        if fence == slot.fence:
            self._tables.writers[slot.o] = (owner, fence, 0)

    async def highest(self, o: int) -> int:
        """The number of the writer's last entry, 0 for none."""
        self._tables.reach()
        return max((n for writer, n in self._tables.events if writer == o), default=0)

    async def lease_numbers(self, count: int) -> range:
        """Conversation numbers nobody else gets."""
        self._tables.reach()
        first = self._tables.next_number
        self._tables.next_number += count
        return range(first, first + count)

    async def return_numbers(self, numbers: range) -> None:
        """Give back the end of a lease; harmless when somebody has leased after it."""
        if self._tables.next_number == numbers.stop:
            self._tables.next_number = numbers.start

    async def heads(self) -> dict[int, int]:
        """The highest entry of every writer."""
        self._tables.reach()
        return {o: max(n for writer, n in self._tables.events if writer == o) for o in {writer for writer, _ in self._tables.events}}

    async def events_after(self, cursor: Mapping[int, int], limit: int) -> list[Event]:
        """Entries after the cursor, in order per writer."""
        self._tables.reach()
        unread = sorted(key for key in self._tables.events if key[1] > cursor.get(key[0], 0))
        return [self._tables.events[key] for key in unread[:limit]]

    async def changes(self) -> AsyncIterator[Mapping[int, int]]:
        """Yields an empty mapping at the start, and then the heads when entries were written since the last time."""
        heads: dict[int, int] = {}
        while True:
            changed = self._tables.changed
            self._tables.reach()
            yield heads
            await changed.wait()
            heads = await self.heads()


def _counted(agent: Agent, change: LoadChange) -> Agent:
    held = dict(agent.held)
    if change.kind:
        held[change.kind] = max(0, held.get(change.kind, 0) + (1 if change.delta > 0 else -1))
    return replace(
        agent,
        load=agent.load + change.delta,
        last_assigned_at=max(agent.last_assigned_at, change.assigned_at or 0),
        freed_at=max(agent.freed_at, change.freed_at or 0),
        held=held,
    )


def _keeping(value: Agent, kept: Agent) -> Agent:
    """An account with another's counters."""
    return replace(value, load=kept.load, last_assigned_at=kept.last_assigned_at, freed_at=kept.freed_at, held=kept.held)
