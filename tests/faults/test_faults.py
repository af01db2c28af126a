"""Rounds of kill -9 in the test run, after the checker has proved on eight planted faults that it can see."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from inbox.store.embedded import EmbeddedMongo
from tests.faults import troubles
from tests.faults.__main__ import any_round
from tests.faults.floor import FloorRound, is_seen
from tests.faults.rounds import SETTLE_S, Round

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROUNDS = 20
FIRST_SEED = 4200

PLANTED = {
    "acknowledge_before_insert": (None, ("lost:",)),
    "random_id": (None, ("doubled:", "lost:")),
    "event_outside_transaction": (("plant.between", 12), ("followed client", "never settled", "woke 0")),
    "timer_before_commit": (("plant.between", 1), ("woke 0",)),
    "resend_unknown": (("outbox.sent", 2), ("sent 2 times",)),
    "skipped_replay": (None, ("followed client",)),
}
TROUBLES = {"skipped_replay": troubles.client_away}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mongo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedMongo]:
    """A database of the rounds' own that is started again when it is killed."""
    own = EmbeddedMongo(tmp_path_factory.mktemp("faults"), cache_gb=0.25)
    async with own, asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(own.keep_running())
        yield own
        keeping.cancel()


@pytest.mark.parametrize("plant", sorted(PLANTED))
@pytest.mark.asyncio(loop_scope="module")
async def test_a_planted_fault_is_seen(plant: str, mongo: EmbeddedMongo, tmp_path: Path) -> None:
    """Whatever is broken on purpose turns the checker red, for the right reason; a death may miss its moment, so there are tries."""
    failpoint, signs = PLANTED[plant]
    for attempt in range(8):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        one = Round(attempt, mongo.uri, folder, failpoint=failpoint, plant=plant, trouble=TROUBLES.get(plant), settle=6)
        wrong = await one.run()
        if any(line.startswith(signs) for line in wrong):
            return
    pytest.fail(f"{plant} was not seen; the last round said {wrong[:5]}")


@pytest.mark.asyncio(loop_scope="module")
async def test_writes_acknowledged_from_memory_are_seen(mongo: EmbeddedMongo, tmp_path: Path) -> None:
    """Write concern 1 loses what was acknowledged when mongod is killed; a lazy journal makes it lose more than a lucky round hides."""
    async with AsyncMongoClient[dict[str, object]](mongo.uri) as client:
        await client.admin.command({"setParameter": 1, "journalCommitInterval": 500})
    for attempt in range(8):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        trouble = troubles.kill_database(mongo, random.Random(attempt))
        one = Round(attempt, mongo.uri, folder, plant="write_concern_one", trouble=trouble, settle=4)
        wrong = await one.run()
        if wrong:
            return
    pytest.fail("a database killed under write concern 1 lost nothing in four rounds")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("plant", ["", "lost_fence"])
async def test_a_worker_past_its_lease_changes_nothing(plant: str, mongo: EmbeddedMongo, tmp_path: Path) -> None:
    """Two servers: one is paused while it sends, the other takes over; without the fence the first would send again."""
    wrong: list[str] = []
    for attempt in range(8 if plant else 1):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        one = Round(1, mongo.uri, folder, plant=plant, trouble=troubles.pause_past_lease(), two=True, settle=10 if plant else SETTLE_S)
        wrong = await one.run()
        if any(line.startswith("sent 2 times") for line in wrong):
            break  # on a busy machine the other server may be late to take over, once
    assert any(line.startswith("sent 2 times") for line in wrong) if plant else not wrong, wrong[:5]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_deadline_that_goes_off_twice_is_seen(mongo: EmbeddedMongo, tmp_path: Path) -> None:
    """The others of ``floor.PLANTED`` by hand: ``python -m tests.faults.floor --planted``."""
    attempt, wrong = await is_seen("fired_and_forgotten", mongo.uri, tmp_path)
    assert attempt, wrong[:5]


@pytest.mark.parametrize("kind", ["claim", "fire"])
@pytest.mark.asyncio(loop_scope="module")
async def test_work_is_given_out_once_and_deadlines_fire_once(kind: str, mongo: EmbeddedMongo, tmp_path: Path) -> None:
    """One of three servers dies in the middle; pauses and clocks that are set: ``python -m tests.faults.floor``."""
    assert not await FloorRound(FIRST_SEED, kind, mongo.uri, tmp_path).run()


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + ROUNDS))
@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_is_lost_and_nothing_doubled(seed: int, mongo: EmbeddedMongo, tmp_path: Path) -> None:
    """The same seed makes the same round."""
    kind, one = any_round(seed, mongo, tmp_path)
    wrong = await one.run()
    assert not wrong, f"{kind}, seed {seed}: {wrong[:10]}"
