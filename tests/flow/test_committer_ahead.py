"""While one batch is stored the next is decided on top of it; what was decided so counts only if the one before got stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from inbox.core import commands as c
from inbox.core.errors import Conflict, TooLarge, Unavailable
from inbox.core.ids import AgentId
from inbox.flow.committer import MAX_UNITS
from inbox.flow.working import Layer
from inbox.records import THREAD_KEYS
from inbox.testing.clock import settle
from tests.flow.house import CHAT, a_line, load
from tests.flow.test_committer import Note, a_house, causes, submit


async def test_what_waits_is_loaded_while_the_batch_before_it_is_stored() -> None:
    house, journal = a_house()
    async with house.running(without=("indexer",)):
        await submit(house, [Note("warm")])
        full = [Note(f"n{n}") for n in range(MAX_UNITS)]
        async with asyncio.TaskGroup() as tasks:
            journal.hangs.clear()
            waiting = tasks.create_task(submit(house, [*full, *(Note(f"m{n}", reads=("warm",)) for n in range(9)), Note("n0")]))
            await settle()
            journal.loads = 0
            journal.hangs.set()
        assert waiting.result()[MAX_UNITS:] == [*(f"m{n}" for n in range(9)), "n0"]
        assert journal.loads == 0
        assert (await load(journal, THREAD_KEYS, "n0"))["n0"].version == 2


@dataclass(frozen=True)
class Look(Note):
    """A unit that tells whether a key is stored."""

    def decide(self, layer: Layer) -> str:
        """What is seen."""
        layer.need((THREAD_KEYS, ("n0",)))
        return "nothing" if layer.get(THREAD_KEYS, "n0") is None else "stored"


@pytest.mark.parametrize(("error", "seen"), [(Unavailable("away"), "nothing"), (Conflict("others"), "stored"), (None, "stored")])
async def test_what_was_loaded_on_top_of_a_batch_that_failed_is_forgotten(error: Exception | None, seen: str) -> None:
    house, journal = a_house()
    async with house.running(without=("indexer",)):
        await submit(house, [Note("warm")])
        journal.commits.append(error)
        found = await submit(house, [*(Note(f"n{n}") for n in range(MAX_UNITS)), Look("look")])
        assert found[-1] == seen


@pytest.mark.parametrize("error", [Conflict("others"), TooLarge("too much"), LookupError("a bug")])
async def test_what_was_decided_on_top_of_a_batch_that_failed_is_stored_once_and_in_order(error: Exception) -> None:
    house, journal = a_house()
    async with house.running(without=("indexer",)):
        await submit(house, [Note("warm")])
        journal.commits.append(error)
        names = [f"n{i:03}" for i in range(3 * MAX_UNITS)]
        assert await submit(house, [Note(n, group=f"g{i % 5}") for i, n in enumerate(names)]) == names
    assert await causes(house.store) == ["warm", *names]
    assert {v.version for v in (await load(journal, THREAD_KEYS, *names)).values()} == {1}


@dataclass(frozen=True)
class LoadOf(Note):
    """A unit that tells an agent's load."""

    def decide(self, layer: Layer) -> str:
        """The load."""
        agent = layer.agent(AgentId("mia"))
        return "nobody" if agent is None else str(agent.load)


async def test_who_asks_for_an_agent_sees_what_the_batch_before_gave_him() -> None:
    house, journal = a_house()
    async with house.running(without=("indexer", "router")):
        mia = await house.hire("mia")
        await house.deliver(a_line("hello"), channel=CHAT)
        await house.rest()
        (conversation,) = await house.store.queries.waiting(10)
        async with asyncio.TaskGroup() as tasks:
            journal.hangs.clear()
            first = tasks.create_task(submit(house, [Note("first")]))
            await settle()
            assigned = tasks.create_task(house.do(mia, c.Assign(conversation.id, mia.id)))
            told = tasks.create_task(submit(house, [*(Note(f"n{n}") for n in range(MAX_UNITS)), LoadOf("load"), Note("load")]))
            await settle()
            journal.hangs.set()
            journal.hangs.clear()  # what gives the agent his load is being stored while the next batch is decided
            await settle()
            journal.hangs.set()
        assert first.result() == ["first"]
        after = assigned.result().conversation
        assert after is not None
        assert after.assignee == mia.id
        assert told.result()[-2:] == [str((await house.agent("mia")).load), "load"] == ["2", "load"]
