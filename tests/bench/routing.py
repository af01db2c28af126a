"""From the command that relieves an agent to his next conversation, committed and told, with 10,000 waiting and 200 agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

from inbox.app.steps import build_base
from inbox.core import commands as c
from inbox.core.agent import Agent, Role
from inbox.core.conversation import Category, Conversation, LastMessage
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, MessageId, digest
from inbox.core.message import Kind
from inbox.core.permissions import Actor
from inbox.flow.committer import Committer
from inbox.flow.conversations import Conversations
from inbox.flow.desks import Desks
from inbox.flow.feed import Change
from inbox.flow.router import Router
from inbox.flow.rows import conversation_row
from inbox.flow.working import ChannelFacts
from inbox.gateway.protocol import encode_row
from inbox.records import AGENTS, CONVERSATIONS, Batch, Put
from tests.bench.baseline import percentiles, report
from tests.bench.world import World, fresh

WAITING = 10_000
PEOPLE = 200
RELIEVED = 400
AT_ONCE = 500
PATIENCE_S = 30


async def routing(world: World) -> None:
    """One agent after the other resolves what he holds and gets the next; each holds one at a time, so only he is free."""
    async with world.stores(fresh()) as stores:
        base = build_base(stores)
        people = [AgentId(f"agent{n:03}") for n in range(PEOPLE)]
        await stores.journal.commit(Batch(puts=[Put(AGENTS, Agent(a, f"{a}@x", a, Role.AGENT, capacity=1), None) for a in people]))
        await _wait(stores.journal.commit, WAITING + PEOPLE, stores.clock.now())
        facts = {ChannelId("mail"): ChannelFacts(ChannelId("mail"), "email", "")}
        desks = Desks(base.directory)
        derive = lambda *parts: digest("bench", *parts)  # noqa: E731  a name for a closure of one expression
        committer = Committer(stores.journal, base.feed, stores.clock, derive, lambda: facts, base.server, desk=desks.at)
        there = frozenset(people)
        router = Router(committer, stores.queries, lambda: there, base.came, stores.clock, lambda: facts, desks)
        given: Given = asyncio.Queue()

        def hear(changes: Sequence[Change]) -> None:
            for change in changes:
                if change.event.type is EventType.ASSIGNED and change.conversation is not None and change.event.agent is not None:
                    encode_row(conversation_row(change.conversation, ""))
                    given.put_nowait((change.event.agent, change.conversation.id, perf_counter()))

        base.feed.listen(router.heard)
        base.feed.listen(hear)
        await base.feed.start()
        commands = Conversations(committer, stores.queries, stores.files, (b"k" * 32,))
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(committer.run()), tasks.create_task(router.run())]
            seen = await _relieve(commands, people, given)
            for one in running:
                one.cancel()
        p50, p99 = percentiles(seen)
        report(f"freed to next, {WAITING:,} waiting, {PEOPLE} agents", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", "p99 < 250 ms")


Given = asyncio.Queue[tuple[str, ConversationId, float]]


async def _relieve(commands: Conversations, people: Sequence[AgentId], given: Given) -> list[float]:
    """Seconds from a resolving command to the same agent's next assignment."""
    held = {agent: id for agent, id, _ in [await asyncio.wait_for(given.get(), PATIENCE_S) for _ in people]}
    seen = []
    for n in range(RELIEVED):
        me = people[n * 7 % PEOPLE]
        began = perf_counter()
        await commands.execute(Actor(me, Role.ADMIN), c.SetStatus(held[me], Category.RESOLVED))
        agent, held[me], at = await asyncio.wait_for(given.get(), PATIENCE_S)
        assert agent == me, "nobody else is free"
        seen.append(at - began)
    return seen


async def _wait(commit: Callable[[Batch], Awaitable[None]], count: int, now: int) -> None:
    """So many conversations wait, as after a night."""
    for start in range(0, count, AT_ONCE):
        puts = [Put(CONVERSATIONS, _waiting(n, now), None) for n in range(start, min(count, start + AT_ONCE))]
        await commit(Batch(puts=puts))


def _waiting(n: int, now: int) -> Conversation:
    at = now - 1_000 * (WAITING * 2 - n)
    last = LastMessage(MessageId(f"m{n}"), at, Kind.CUSTOMER, f"p{n}", "Where is my order?")
    return Conversation(
        id=ConversationId(digest("waits", str(n))),
        number=n + 1,
        version=1,
        channel=ChannelId("mail"),
        customer=CustomerId(f"p{n}"),
        created_at=at,
        updated_at=at,
        queued_at=at,
        waiting_since=at,
        last=last,
        messages=1,
        inbound=1,
    )
