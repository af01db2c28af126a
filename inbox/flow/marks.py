"""Read marks of conversations that others were merged into: one mark for each, so that taking them apart leaves every mark right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from inbox.core.conversation import Conversation
from inbox.core.ids import AgentId
from inbox.core.message import Message
from inbox.ports import Own, Queries
from inbox.records import ReadState


async def marks(own: Own, agent: AgentId, conversations: Sequence[Conversation]) -> dict[str, int]:
    """How many of the customer's messages lie up to the agent's mark; without one the conversation is missing."""
    reads = await own.reads(agent, [home for c in conversations for home in c.whole])
    return {
        c.id: sum(reads[home].inbound for home in c.whole if home in reads) for c in conversations if not reads.keys().isdisjoint(c.whole)
    }


async def mark_up_to(own: Own, queries: Queries, agent: AgentId, c: Conversation, message: Message | None) -> int:
    """Move the mark to a message, None: before all of them; how many of the customer's messages lie up to it."""
    total = 0
    for home in c.whole:
        inbound = 0 if message is None else await queries.inbound_up_to(home, message.arrived_at, message.id)
        state = ReadState(agent, home, inbound) if message is None else ReadState(agent, home, inbound, message.id, message.arrived_at)
        await own.mark(state)
        total += inbound
    return total


async def mark_so_many(own: Own, queries: Queries, agent: AgentId, c: Conversation, inbound: int) -> None:
    """Move the mark behind so many of the customer's messages."""
    stored = await queries.conversations(c.whole) if c.absorbed else {c.id: c}
    holds = Counter({id: one.inbound for id, one in stored.items()})
    for one in stored.values():
        if one.merged_into is not None:
            holds[one.merged_into] -= one.inbound
    for home in reversed(c.whole):
        share = min(inbound, max(0, holds[home])) if c.absorbed else inbound
        await own.mark(ReadState(agent, home, share))
        inbound -= share
