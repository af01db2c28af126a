"""The commit stage beside bare inserts: what ingest really reads and writes, without HTTP."""

from __future__ import annotations

import asyncio

from inbox.app.steps import THREADS, build_base, deriving
from inbox.connector import InboundMessage
from inbox.core.ids import ChannelId, delivery_id
from inbox.core.message import Address
from inbox.core.policies import Policy, Targets
from inbox.flow.committer import Committer
from inbox.flow.ingest import Ingest
from inbox.flow.working import ChannelFacts
from inbox.store.secrets import Keyring, make_key
from tests.bench.baseline import BYTES, RUNS, bare_inserts, per_second, report, spread
from tests.bench.world import World, fresh

COUNT = 4_000
SENDERS = 2_000
HOUR = 3_600_000


async def commit_stage(world: World) -> None:
    """Messages placed and committed, as a share of bare ``insert_one`` in the same run; half of them start a conversation."""
    async with world.stores(fresh()) as stores:
        base = build_base(stores)
        await base.feed.start()
        signing = Keyring((make_key("bench"),)).derived(THREADS)
        policy = Policy("bench", targets=Targets(first_response=HOUR))
        facts = ChannelFacts(ChannelId("mail"), "email", "", reply_keys=True, policy=policy)
        committer = Committer(stores.journal, base.feed, stores.clock, deriving(signing[0]), lambda: {facts.id: facts}, base.server)

        async def one(i: int) -> None:
            answers = (f"<{i - 1}@bench.test>",) if i % 2 else ()
            sender = Address("email", f"user{i // 2 % SENDERS}-{i // 2}@bench.test", "Somebody")
            message = InboundMessage(
                key=str(i), sender=sender, subject="Bench", text="x" * BYTES, external_id=f"<{i}@bench.test>", references=answers
            )
            await committer.submit(Ingest(delivery_id(facts.id, str(i)), facts.id, stores.clock.now(), [message], signing))

        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(committer.run())
            bare, whole = [], []
            for run in range(RUNS):
                bare.append(await bare_inserts(stores.db, run, COUNT))
                whole.append(await per_second(lambda i, at=run * COUNT: one(at + i), COUNT))  # type: ignore[misc]  # at is bound
            running.cancel()
        ratios = [w / b for w, b in zip(whole, bare, strict=True)]
        report("commit stage / bare insert_one", f"{spread(ratios)}; {spread(whole)}/s of {spread(bare)}/s", ">= 0.45")
