"""Ledger, files, read marks, drafts and what is configured, over dictionaries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from inbox.connector import RawDelivery
from inbox.core.agent import Agent, Team
from inbox.core.errors import Conflict, NotFound
from inbox.core.ids import AgentId, ChannelId, ConversationId, DeliveryId, Instant
from inbox.core.message import Message
from inbox.records import AGENTS, MESSAGES, SAVED_REPLIES, ChannelRecord, Draft, LedgerRow, ReadState, StoredFile
from inbox.testing.tables import Tables


class MemoryLedger:
    """``ports.Ledger``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def record(self, rows: Sequence[tuple[DeliveryId, RawDelivery]]) -> list[bool]:
        """False where the delivery was there before."""
        await asyncio.sleep(0)
        self._tables.reach()
        new: list[bool] = []
        for id, raw in rows:
            new.append(id not in self._tables.deliveries)
            self._tables.deliveries.setdefault(id, LedgerRow(id, raw, "received"))
        return new

    async def get(self, id: DeliveryId) -> LedgerRow | None:
        """One delivery."""
        self._tables.reach()
        return self._tables.deliveries.get(id)

    async def unsettled(self, before: Instant, limit: int, after: LedgerRow | None = None) -> list[LedgerRow]:
        """Deliveries recorded before ``before`` and not settled, oldest first, those behind ``after``."""
        self._tables.reach()
        unsettled = [row for row in self._tables.deliveries.values() if row.state == "received" and row.raw.arrived_at < before]
        return sorted((row for row in unsettled if after is None or _age(row) > _age(after)), key=_age)[:limit]

    async def note_failure(self, id: DeliveryId, error: str) -> int:
        """Count one failed attempt; the number of attempts so far. Raises ``NotFound``."""
        self._tables.reach()
        row = self._tables.deliveries.get(id)
        if row is None:
            raise NotFound
        self._tables.deliveries[id] = replace(row, attempts=row.attempts + 1, error=error)
        return row.attempts + 1


def _age(row: LedgerRow) -> tuple[Instant, str]:
    return row.raw.arrived_at, row.id


class MemoryFiles:
    """``ports.Files``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._stored: dict[str, tuple[StoredFile, bytes]] = {}

    @property
    def all(self) -> tuple[StoredFile, ...]:
        """What is known of every file."""
        return tuple(file for file, _ in self._stored.values())

    async def store(self, file: StoredFile, content: AsyncIterator[bytes] | bytes) -> StoredFile:
        """An id that is stored already stays as it is; the size is counted."""
        self._tables.reach()
        body = content if isinstance(content, bytes) else b"".join([piece async for piece in content])
        return self._stored.setdefault(file.id, (replace(file, size=len(body)), body))[0]

    async def find(self, id: str) -> StoredFile | None:
        """What is known of a file."""
        self._tables.reach()
        return self._stored[id][0] if id in self._stored else None

    async def open(self, id: str, start: int = 0) -> AsyncIterator[bytes]:
        """Its bytes from ``start`` on; ``NotFound``."""
        self._tables.reach()
        if id not in self._stored:
            raise NotFound
        body = self._stored[id][1]
        for at in range(start, len(body), 65_536):
            yield body[at : at + 65_536]

    async def adopt(self, ids: Sequence[str], owner: str, conversation: ConversationId) -> None:
        """A message names these files now; those that a message named before keep that one as their owner."""
        self._tables.reach()
        for id in ids:
            if id in self._stored and not self._stored[id][0].owner.startswith(("message:", "reply:")):
                file, body = self._stored[id]
                self._stored[id] = (replace(file, owner=owner, conversation=conversation), body)

    async def keep(self, ids: Sequence[str], owner: str) -> None:
        """A saved reply is about to name these uploads."""
        self._tables.reach()
        for id in ids:
            if id in self._stored and not self._stored[id][0].owner.startswith(("message:", "reply:")):
                file, body = self._stored[id]
                self._stored[id] = (replace(file, owner=owner), body)

    async def copy(self, id: str, copy: StoredFile) -> StoredFile:
        """The same bytes under another id. Raises ``NotFound``."""
        self._tables.reach()
        if id not in self._stored:
            raise NotFound
        file, body = self._stored[id]
        return self._stored.setdefault(copy.id, (replace(copy, name=file.name, type=file.type, size=file.size), body))[0]

    async def sweep(self, before: Instant) -> int:
        """Remove uploads that no message, draft or saved reply named since ``before``; how many. What a message names is adopted."""
        named: dict[str, Message] = {a.file: m for m in self._tables.of(MESSAGES).values() for a in m.attachments}
        drafted = {id for draft in self._tables.drafts.values() for id in draft.files}
        drafted |= {file.file for reply in self._tables.of(SAVED_REPLIES).values() for file in reply.files}
        removed = 0
        for id, (file, _) in list(self._stored.items()):
            if id in named:
                await self.adopt([id], f"message:{named[id].id}", named[id].conversation)
            elif file.at < before and id not in drafted:
                del self._stored[id]
                removed += 1
        return removed


class MemoryOwn:
    """``ports.Own``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._marks: dict[tuple[AgentId, ConversationId], ReadState] = {}
        self._drafts = tables.drafts

    async def reads(self, agent: AgentId, conversations: Sequence[ConversationId]) -> dict[str, ReadState]:
        """Marks by conversation."""
        self._tables.reach()
        return {c: self._marks[agent, c] for c in conversations if (agent, c) in self._marks}

    async def mark(self, state: ReadState) -> None:
        """Set the mark."""
        self._tables.reach()
        self._marks[state.agent, state.conversation] = state

    async def drafts(self, agent: AgentId, conversations: Sequence[ConversationId]) -> list[Draft]:
        """Drafts in these conversations."""
        self._tables.reach()
        return [d for key, d in sorted(self._drafts.items()) if d.agent == agent and d.conversation in conversations]

    async def save_draft(self, draft: Draft, base: int) -> Draft:
        """Store it as revision ``base`` + 1; ``Conflict`` when another revision than ``base`` is there, or none and ``base`` is not 0."""
        self._tables.reach()
        key = (draft.agent, draft.conversation, draft.mode)
        if (self._drafts[key].revision if key in self._drafts else 0) != base:
            raise Conflict("there is a newer draft")
        self._drafts[key] = replace(draft, revision=base + 1)
        return self._drafts[key]

    async def delete_draft(self, agent: AgentId, conversation: ConversationId, mode: str) -> None:
        """Drop it."""
        self._tables.reach()
        self._drafts.pop((agent, conversation, mode), None)


class MemoryDirectory:
    """What is configured."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def save_agent(self, agent: Agent) -> None:
        """Store an account; its load stays as it is. Raises ``Conflict`` when another account has the mail address."""
        agents = self._tables.of(AGENTS)
        if any(a.id != agent.id and a.email.strip().casefold() == agent.email.strip().casefold() for a in agents.values()):
            raise Conflict("something with this key exists")
        stored = agents.get(agent.id)
        counted = stored or Agent(agent.id, "", "", agent.role)
        agents[agent.id] = replace(
            agent, load=counted.load, last_assigned_at=counted.last_assigned_at, freed_at=counted.freed_at, held=counted.held
        )

    async def save_team(self, team: Team) -> None:
        """Store a team."""
        self._tables.reach()
        self._tables.teams[team.id] = team

    async def save_channel(self, channel: ChannelRecord, expect: int | None = None) -> None:
        """Store a channel. With ``expect`` only over that version, else ``Conflict``; without it, over whatever is there."""
        self._tables.reach()
        stored = self._tables.channels.get(channel.id)
        if expect is not None and (stored is None or stored.version != expect):
            raise Conflict
        self._tables.channels[channel.id] = channel

    async def remove_channel(self, id: ChannelId) -> None:
        """Remove a channel; its conversations stay."""
        self._tables.reach()
        self._tables.channels.pop(id, None)

    async def has_agents(self) -> bool:
        """Whether there is any account; a fresh database has none."""
        return bool(self._tables.of(AGENTS))


class MemoryCursor:
    """``connector.Cursor``."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, Any]] = {}

    async def load(self, name: str) -> dict[str, Any]:
        """The stored value, or an empty dict."""
        return dict(self.values.get(name, {}))

    async def save(self, name: str, value: Mapping[str, Any]) -> None:
        """Replace it."""
        self.values[name] = dict(value)
