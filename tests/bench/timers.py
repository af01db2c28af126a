"""A million armed timers: how fast they are armed beside bare inserts, and how late snoozes end at 200 due a second among them."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Sequence
from time import perf_counter

from inbox.app.steps import build_base
from inbox.app.stores import Stores
from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conversation import Category
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ChannelId, ConversationId, digest
from inbox.core.permissions import Actor
from inbox.flow.committer import Committer
from inbox.flow.conversations import Conversations
from inbox.flow.feed import Change
from inbox.flow.timers import Timers
from inbox.flow.working import ChannelFacts, timers_of
from inbox.records import CONVERSATIONS, TIMERS, Batch, Put, Timer
from inbox.testing.builders import a_conversation
from tests.bench.baseline import percentiles, report, say, spread
from tests.bench.world import World, fresh

ARMED = 1_000_000
AT_ONCE = 500
MEASURED = 40
"""Batches of either kind that are compared, interleaved."""
EACH_SECOND, SECONDS = 200, 15
FIRST_IN_MS = 10_000
PATIENCE_S = 60.0
DAY_MS = 24 * 60 * 60 * 1000


async def timers(world: World) -> None:
    """First they are armed, then some that are due soon go off among them."""
    async with world.stores(fresh()) as stores:
        await _arm(stores)
        late, ended = await _fire(stores)
        p50, p99 = percentiles([ms / 1000 for ms in late])
        report(f"lateness at {EACH_SECOND} due a second", f"p50 {p50:.0f} ms, p99 {p99:.0f} ms", "p99 < 250 ms")
        twice = sum(times != 1 for times in ended.values())
        say(f"of {EACH_SECOND * SECONDS:,} went off {len(ended):,}, {twice} of them twice")


async def _arm(stores: Stores) -> None:
    """As the committer does it; the bare inserts are the same documents in transactions of the same size."""
    ours: list[float] = []
    plain: list[float] = []
    far = stores.clock.now() + DAY_MS
    for start in range(0, ARMED, AT_ONCE):
        batch = [_timer(n, far) for n in range(start, start + AT_ONCE)]
        began = perf_counter()
        await stores.journal.commit(Batch(puts=[Put(TIMERS, timer, None) for timer in batch]))
        ours.append(AT_ONCE / (perf_counter() - began))
        if start // AT_ONCE < MEASURED:
            docs = [{"_id": t.id, "conversation": t.conversation, "kind": t.kind, "epoch": t.epoch, "due_at": t.due_at} for t in batch]
            began = perf_counter()
            async with stores.db.client.start_session() as session, await session.start_transaction():
                await stores.db["bench_bare"].insert_many(docs, session=session)
            plain.append(AT_ONCE / (perf_counter() - began))
    shares = [mine / theirs for mine, theirs in zip(ours, plain, strict=False)]
    report(f"{ARMED:,} timers armed", f"{spread(shares)} of bare inserts, {len(ours) / sum(1 / one for one in ours):,.0f}/s", "")


def _timer(n: int, far: int) -> Timer:
    id = digest("armed", str(n))
    return Timer(id, ConversationId(id[:32]), "sla:resolution:breach", 1, far + n, armed_by=1)


async def _fire(stores: Stores) -> tuple[list[int], Counter[str]]:
    """By how many milliseconds each was late, and how often each went off."""
    base = build_base(stores)
    facts = {ChannelId("mail"): ChannelFacts(ChannelId("mail"), "email", "")}
    derive = lambda *parts: digest("bench", *parts)  # noqa: E731  a name for a closure of one expression
    committer = Committer(stores.journal, base.feed, stores.clock, derive, lambda: facts, base.server)
    commands = Conversations(committer, stores.queries, stores.files, (b"k" * 32,))
    late: list[int] = []
    ended: Counter[str] = Counter()
    through = asyncio.Event()

    def hear(changes: Sequence[Change]) -> None:
        happened = (x.event for x in changes if x.event.type is EventType.STATUS_CHANGED and x.event.actor.kind != "agent")
        ended.update(str(event.conversation) for event in happened)
        if len(ended) == EACH_SECOND * SECONDS:
            through.set()

    firing = Timers(committer, stores.queries, stores.clock, {}, late.append)
    for hearer in (firing.heard, hear):
        base.feed.listen(hearer)
    await base.feed.start()
    await stores.journal.commit(Batch(puts=[Put(CONVERSATIONS, a_conversation("first", number=1, channel="mail"), None)]))
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(committer.run())]
        await commands.execute(Actor(AgentId("mia"), Role.ADMIN), c.SetStatus(ConversationId("first"), Category.RESOLVED))
        await _snooze(stores, committer.writer)  # it has its number now, so they are its own
        gc.collect()
        running.append(tasks.create_task(firing.run()))
        async with asyncio.timeout(FIRST_IN_MS / 1000 + SECONDS + PATIENCE_S):
            await through.wait()
        for one in running:
            one.cancel()
    return late, ended


async def _snooze(stores: Stores, writer: int) -> None:
    """Conversations whose snooze ends evenly spread over the seconds."""
    first = stores.clock.now() + FIRST_IN_MS
    for start in range(0, EACH_SECOND * SECONDS, AT_ONCE):
        puts = []
        for n in range(start, start + AT_ONCE):
            at = first + n * 1000 // EACH_SECOND
            one = a_conversation(f"s{n}", number=n + 2, channel="mail", category=Category.SNOOZED, snoozed_until=at, snooze_epoch=1)
            puts += [Put(CONVERSATIONS, one, None), *(Put(TIMERS, timer, None) for timer in timers_of(one, writer))]
        await stores.journal.commit(Batch(puts=puts))
