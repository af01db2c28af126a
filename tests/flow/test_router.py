"""Who gets what waits: the least loaded who has room, never more than he can hold, as soon as anybody can take it."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from inbox.core import commands as c
from inbox.core.agent import Availability, Role
from inbox.core.conversation import Category, Priority
from inbox.core.ids import AgentId, ConversationId, TeamId
from inbox.core.message import Address, Message
from inbox.core.permissions import Actor
from inbox.flow.floor import LiveFloor
from inbox.flow.router import PAGE
from inbox.testing.builders import a_team
from inbox.testing.clock import ManualClock
from inbox.testing.memory_store import MemoryStore
from tests.flow.house import CHAT, TEAM, House, World, a_line, a_mail, stored_in
from tests.store.conftest import Store, in_memory

SALES = TeamId("sales")
AT_ONCE = 40
"""More wait for each other's connections to the database."""


async def many(house: House, count: int, first: int = 0) -> list[ConversationId]:
    """So many people write, each about a matter of his own."""
    people = range(first, first + count)
    mails = [a_mail(f"q{n}", key=f"q{n}", sender=Address("email", f"p{n}@example.org")) for n in people]
    written: list[Message] = []
    for some in (mails[start : start + AT_ONCE] for start in range(0, count, AT_ONCE)):
        written += await asyncio.gather(*(house.write(m.text, key=m.key, sender=m.sender) for m in some))
    return [m.conversation for m in written]


async def held(house: House, ids: list[ConversationId]) -> dict[str | None, int]:
    """How many each agent holds."""
    found = (await house.store.queries.conversations(ids)).values()
    return {a: sum(x.assignee == a for x in found) for a in {x.assignee for x in found}}


async def assigned(house: House, message: Message | ConversationId) -> str | None:
    id = message if isinstance(message, str) else message.conversation
    await house.rest()
    return (await house.conversation(id)).assignee


async def test_a_new_conversation_goes_to_the_least_loaded_at_once_and_says_why(house: House) -> None:
    await house.hire("busy", capacity=10)
    await house.hire("idle", capacity=10)
    sue = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    for id in await many(house, 3):
        await house.do(sue, c.Assign(id, AgentId("busy")))
    question = await house.write("new", key="new", subject="new")
    assert await assigned(house, question) == "idle"
    conversation = await house.conversation(question.conversation)
    assert conversation.assign_reason is not None
    assert (conversation.assign_reason.code, conversation.assign_reason.ids) == ("least_loaded", ("idle",))
    assert conversation.queued_at is None


@pytest.mark.parametrize("processes", [1, 2])
async def test_capacity_is_never_exceeded_whatever_comes_at_once(any_store: Store, processes: int) -> None:
    clock, world = ManualClock(), World()
    async with House(any_store, clock, world).running() as one, House(any_store, clock, world, "two").running() as two:
        houses = (one, two)[:processes]
        for name, capacity in (("mia", 5), ("ben", 3), ("zoe", 7)):
            await one.hire(name, capacity=capacity)
        batches = await asyncio.gather(*(many(house, 20, 100 * n) for n, house in enumerate(houses)))
        ids = [id for batch in batches for id in batch]
        await one.until(lambda: _all_full(one))
        for house in houses:
            await house.rest()
        assert await held(one, ids) == {"mia": 5, "ben": 3, "zoe": 7, None: 20 * processes - 15}
        assert [(await one.agent(a)).load for a in ("mia", "ben", "zoe")] == [5, 3, 7]


async def _all_full(house: House) -> bool:
    return all(a.load == a.capacity for a in await house.store.queries.agents())


async def test_work_is_shared_evenly(house: House) -> None:
    for name in ("mia", "ben", "zoe"):
        await house.hire(name, capacity=20)
    ids = await many(house, 30)
    await house.rest()
    assert await held(house, ids) == {"mia": 10, "ben": 10, "zoe": 10}


async def test_a_chat_weighs_more_than_a_mail(house: House) -> None:
    await house.hire("mia", capacity=3)
    lines = [a_line("hi", key=f"l{n}", sender=Address("visitor", f"v{n}")) for n in range(2)]
    chats = [await house.write(x.text, key=x.key, sender=x.sender, channel=CHAT) for x in lines]
    mail = await house.write("question")
    assert [await assigned(house, m) for m in (*chats, mail)] == ["mia", None, "mia"]
    assert (await house.agent("mia")).load == 3
    assert (await weights(house))[AgentId("mia")] == {chats[0].conversation: 2, mail.conversation: 1}


async def test_what_waits_is_given_out_when_somebody_comes_most_urgent_first(house: House) -> None:
    sue = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    ids = []
    for n in range(3):
        house.clock.set(house.clock.now() + 1_000)
        ids += await many(house, 1, n)
    await house.do(sue, c.SetPriority(ids[2], Priority.URGENT))
    await house.rest()
    assert await held(house, ids) == {None: 3}
    await house.hire("mia", capacity=2)
    assert [await assigned(house, id) for id in ids] == ["mia", None, "mia"]


@pytest.mark.parametrize("how", ["resolve", "answer", "assign", "snooze", "capacity"])
async def test_what_waits_is_given_out_when_somebody_has_room_again(house: House, how: str) -> None:
    mia = await house.hire("mia", capacity=1)
    await house.hire("ben", capacity=1, online=False)
    first, second = await many(house, 2)
    await house.rest()
    mine, waits = (first, second) if await assigned(house, first) else (second, first)
    assert await assigned(house, waits) is None
    match how:
        case "resolve":
            await house.do(mia, c.SetStatus(mine, Category.RESOLVED))
        case "answer":
            await house.reply(mia, mine)
        case "assign":
            await house.do(mia, c.Assign(mine, AgentId("ben")))
        case "snooze":
            await house.do(mia, c.SetStatus(mine, Category.SNOOZED, until=house.clock.now() + 1_000_000))
        case _:
            await house.conversations.change_agent(mia, "mia", {"capacity": 2})
    assert await assigned(house, waits) == "mia"


async def test_who_came_back_and_a_new_conversation_at_the_same_time_leave_nothing_waiting(house: House) -> None:
    (old,) = await many(house, 1)
    await house.rest()
    await house.hire("mia", online=False)
    house.world.online.add(AgentId("mia"))  # he came, and before anybody is told, somebody writes
    (new,) = await many(house, 1, 1)
    assert [await assigned(house, id) for id in (old, new)] == ["mia", "mia"]


async def test_only_the_team_gets_its_conversations(house: House) -> None:
    sue = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    (id,) = await many(house, 1)
    await _team(house, sue, id, SALES)
    await house.hire("mia", teams=(TEAM,))
    assert await assigned(house, id) is None
    await house.hire("ben", teams=(SALES,))
    assert await assigned(house, id) == "ben"


async def _team(house: House, actor: Actor, id: ConversationId, team: TeamId) -> None:
    await house.store.directory.save_team(a_team(team))
    await house.do(actor, c.Assign(id, team=team))


async def test_a_long_queue_of_a_team_that_is_not_there_hides_nobody_behind_it(house: House) -> None:
    sue = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    ids = await many(house, PAGE + 5)
    for id in ids:
        await _team(house, sue, id, SALES)
    house.clock.set(house.clock.now() + 1_000)
    (behind,) = await many(house, 1, 1_000)
    await house.hire("mia", teams=(TEAM,), capacity=5)
    assert await assigned(house, behind) == "mia"


@pytest.mark.parametrize("who", ["bot", "inactive", "away"])
async def test_who_takes_no_work_gets_none(house: House, who: str) -> None:
    changes: dict[str, dict[str, Any]] = {"bot": {"role": Role.BOT}, "inactive": {"active": False}, "away": {}}
    await house.hire("x", online=who != "away", **changes[who])
    (id,) = await many(house, 1)
    assert await assigned(house, id) is None


async def test_who_has_just_become_busy_gets_nothing_although_he_was_there_a_moment_ago(house: House) -> None:
    await house.hire("mia")
    sue = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    await house.conversations.change_agent(sue, AgentId("mia"), {"availability": Availability.BUSY})
    assert AgentId("mia") in house.world.online  # nobody has been told yet
    assert await assigned(house, await house.write("hello")) is None


async def test_what_is_given_back_goes_to_somebody_else_if_there_is_anybody(house: House) -> None:
    mia = await house.hire("mia")
    (id,) = await many(house, 1)
    assert await assigned(house, id) == "mia"
    house.goes("mia")
    await house.hire("ben", capacity=20)
    others = await many(house, 8, 10)
    await house.rest()
    assert await held(house, others) == {"ben": 8}
    house.comes("mia")
    await house.do(mia, c.Assign(id, None))
    assert await assigned(house, id) == "ben", "although mia has nothing to do"
    house.goes("ben")
    ben = await house.hire("ben", online=False, capacity=20)
    await house.do(ben, c.Assign(id, None))
    assert await assigned(house, id) == "mia"
    await house.do(mia, c.Assign(id, None))
    assert await assigned(house, id) == "mia", "nobody else is there"


async def test_nobody_takes_what_a_bot_serves() -> None:
    async with House(in_memory(), bot=True).running() as with_bot:
        with_bot.world.bot_awake.clear()
        await with_bot.hire("mia")
        chat = await with_bot.write("hi", channel=CHAT)
        assert await assigned(with_bot, chat) is None


async def test_who_waits_is_told_why(house: House) -> None:
    (id,) = await many(house, 1)
    waiting = await house.conversation(id)
    agents = await house.store.queries.agents()
    assert (reason := house.router.why(waiting, agents)) is not None
    assert reason.code == "nobody_online"
    await house.hire("boss", capacity=0)
    assert (reason := house.router.why(waiting, await house.store.queries.agents())) is not None
    assert reason.code == "nobody_online", "who may hold nothing is nobody it could wait for"
    await house.hire("full", limits={"email": 0})
    assert (reason := house.router.why(waiting, await house.store.queries.agents())) is not None
    assert reason.code == "all_at_capacity"
    await house.hire("mia")
    await house.rest()
    assert house.router.why(await house.conversation(id), await house.store.queries.agents()) is None


async def test_routing_goes_on_when_the_database_was_away() -> None:
    memory = MemoryStore()
    async with House(stored_in(memory)).running() as here:
        ids = await many(here, 3)
        await here.hire("mia", online=False)
        memory.away = True
        here.comes("mia")
        await here.rest()
        memory.away = False
        await here.until(lambda: _held_by(here, ids, "mia"))


async def _held_by(house: House, ids: list[ConversationId], agent: str) -> bool:
    return await held(house, ids) == {agent: len(ids)}


async def test_after_any_storm_load_is_what_is_held(any_store: Store) -> None:
    clock, world, dice = ManualClock(), World(), random.Random(11)
    async with House(any_store, clock, world).running() as one, House(any_store, clock, world, "two").running() as two:
        actors = [await one.hire(name, capacity=6) for name in ("mia", "ben", "zoe")]
        ids = await many(one, 15)

        async def act(n: int) -> None:
            actor, id, house = dice.choice(actors), dice.choice(ids), (one, two)[n % 2]
            commands = [
                c.Assign(id, dice.choice(actors).id),
                c.Assign(id, None),
                c.SetStatus(id, dice.choice([Category.RESOLVED, Category.OPEN, Category.WAITING])),
                c.Reply(id, f"r{n}", "hello", anyway=True),
            ]
            await house.do(actor, dice.choice(commands))

        await asyncio.gather(*(act(n) for n in range(60)))
        for house in (one, two):
            await house.rest()
        await one.until(lambda: _load_is_what_is_held(one, ids))


async def _load_is_what_is_held(house: House, ids: list[ConversationId]) -> bool:
    found = (await house.store.queries.conversations(ids)).values()
    agents, shown = await house.store.queries.agents(), await weights(house)
    return all(
        a.load == sum(x.assignee == a.id and x.category is Category.OPEN for x in found) == sum(shown.get(a.id, {}).values())
        for a in agents
    )


async def weights(house: House) -> dict[AgentId, dict[ConversationId, int]]:
    """What takes how much of whose load, as supervisors are shown it."""
    live = LiveFloor(house.store.queries, house.channels.facts)
    await live.open()
    return {id: {one.id: one.weight for one in live.floor.held(id)} for id in live.floor.holders()}
