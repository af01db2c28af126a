"""Conversations wait in the queue whose conditions they meet, for those who serve it, and time moves them on."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.business_hours import Calendar, Interval
from inbox.core.conditions import Condition
from inbox.core.conversation import Conversation
from inbox.core.errors import Conflict, Invalid, Unavailable
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId, QueueId, TeamId
from inbox.core.message import Address, Reason
from inbox.core.permissions import Actor
from inbox.core.queues import Queue, Strategy, Wanted
from inbox.flow.catalog import Catalog
from inbox.flow.giving import Answer
from inbox.records import CALENDARS, QUEUES
from inbox.testing.memory_queries import MemoryQueries
from inbox.testing.memory_store import MemoryStore
from tests.flow.house import CHAT, House, World, stored_in
from tests.flow.test_notices import told
from tests.flow.test_router import assigned, many
from tests.store.conftest import Store

MINUTE = 60_000
BY_MAIL = Condition(field="channel_kind", op="is", value="email")


def anybody(layer: Any, actor: Actor, before: Any, after: Any) -> None:
    """No rule."""


async def queue(house: House, id: str, **fields: Any) -> Queue:
    """A queue, made or changed, as everybody sees it."""
    known = (await house.directory.entries(QUEUES)).get(id)
    made = Queue(QueueId(id), id, **fields)
    boss = Actor(AgentId("boss"), Role.ADMIN)
    stored = await Catalog(house.committer).save(boss, QUEUES, made, 0 if known is None else known.version, anybody)
    await house.rest()
    return stored


async def in_queue(house: House, id: ConversationId) -> str | None:
    await house.rest()
    return (await house.conversation(id)).queue


async def test_a_conversation_enters_by_its_conditions_and_only_who_serves_the_queue_gets_it(house: House) -> None:
    await queue(house, "mails", conditions=BY_MAIL, agents=(AgentId("mia"),))
    await queue(house, "rest", order=1, agents=(AgentId("ben"),))
    await house.hire("ben")
    mail, chat = await house.write("by mail"), await house.write("by chat", channel=CHAT)
    assert (await in_queue(house, mail.conversation), await in_queue(house, chat.conversation)) == ("mails", "rest")
    assert (await assigned(house, mail), await assigned(house, chat)) == (None, "ben")
    await house.hire("mia")
    assert await assigned(house, mail) == "mia"
    assert (await house.conversation(mail.conversation)).queue == "mails", "it is known from where it was given out"


async def test_what_waits_moves_when_queues_are_made_changed_and_removed(house: House) -> None:
    (id,) = await many(house, 1)
    assert await in_queue(house, id) is None
    made = await queue(house, "mails", conditions=BY_MAIL, agents=(AgentId("mia"),))
    assert await in_queue(house, id) == "mails"
    await house.hire("ben")
    assert await assigned(house, id) is None
    await Catalog(house.committer).delete(Actor(AgentId("boss"), Role.ADMIN), QUEUES, made.id, made.version, anybody)
    assert await assigned(house, id) == "ben"


async def test_a_tag_moves_it_to_another_queue(house: House) -> None:
    sue = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    await queue(house, "vip", conditions=Condition(field="tag", op="has", value="vip"))
    (id,) = await many(house, 1)
    await house.do(sue, c.SetTags(id, ("vip",)))
    assert await in_queue(house, id) == "vip"


async def test_skills_are_wanted_until_somebody_has_waited_long(house: House) -> None:
    await queue(house, "french", skills=(Wanted("french", 2, MINUTE),))
    await house.hire("mia", skills={"french": 1})
    (id,) = await many(house, 1)
    assert await assigned(house, id) is None
    await house.pass_time(MINUTE)
    assert await assigned(house, id) == "mia"
    reason = (await house.conversation(id)).assign_reason
    assert reason is not None
    assert reason.numbers["skill:french"] == 1


async def test_it_overflows_after_its_time_and_at_once_where_nobody_is(house: House) -> None:
    await queue(house, "second", order=1, agents=(AgentId("ben"),))
    slow = {"overflow": QueueId("second"), "agents": (AgentId("mia"),)}
    await queue(house, "first", overflow_ms=MINUTE, **slow)
    await house.hire("ben")
    (id,) = await many(house, 1)
    assert await assigned(house, id) is None
    await house.pass_time(MINUTE)
    assert await assigned(house, id) == "ben"
    await queue(house, "first", overflow_empty=True, **slow)
    (other,) = await many(house, 1, 1)
    assert await assigned(house, other) == "ben"
    await house.hire("mia", capacity=0)
    (third,) = await many(house, 1, 2)
    assert await assigned(house, third) == "ben", "who may hold nothing is not on duty"
    told = [x.event.reason.code for x in house.heard if x.event.type is EventType.QUEUE_CHANGED and x.event.reason]
    moved = [code for code in told if code not in ("nobody_online", "time")]
    assert moved == ["conditions", "overflow", *2 * ("conditions", "nobody_there")]


async def test_an_offer_is_accepted_let_pass_or_runs_out_and_is_never_two_peoples(house: House) -> None:
    await queue(house, "chats", offer_ms=30_000)
    await house.hire("mia", capacity=3)
    chat = await house.write("hi", channel=CHAT)
    await house.rest()
    offered = await house.conversation(chat.conversation)
    assert offered.waiting is not None
    assert offered.waiting.offer is not None
    assert (offered.waiting.offer.agent, offered.assignee, (await house.agent("mia")).load) == ("mia", None, 2)
    await house.hire("ben", capacity=3)
    await house.committer.submit(Answer(chat.conversation, AgentId("mia"), "decline"))
    await _is_offered(house, chat.conversation, "ben")
    assert (await house.agent("mia")).load == 0
    await house.pass_time(30_000)
    assert await _offered(house, chat.conversation) is None, "both let it pass"
    assert (await house.agent("ben")).load == 0
    await house.pass_time(30_000)
    await _is_offered(house, chat.conversation, "mia")
    await house.committer.submit(Answer(chat.conversation, AgentId("mia"), "accept"))
    assert await assigned(house, chat) == "mia"
    assert (await house.agent("mia")).load == 2


async def _offered(house: House, id: ConversationId) -> str | None:
    await house.rest()
    waiting = (await house.conversation(id)).waiting
    return waiting.offer.agent if waiting is not None and waiting.offer is not None else None


async def _is_offered(house: House, id: ConversationId, agent: str) -> None:
    async def offered() -> bool:
        return await _offered(house, id) == agent

    await house.until(offered, f"{agent} is asked")


async def test_offers_that_nobody_takes_leave_no_notice_and_count_up(any_store: Store) -> None:
    async with House(any_store).running() as house:
        await queue(house, "chats", offer_ms=30_000)
        mia, ben = await house.hire("mia"), await house.hire("ben", online=False)
        chat = await house.write("hi", channel=CHAT)
        for passed in (0, 1, 2):
            await _is_offered(house, chat.conversation, "mia")
            assert await told(house, mia) == ["offer"], f"the one that stands, after {passed} that ran out"
            await house.pass_time(30_000)
            assert (await _offered(house, chat.conversation), await told(house, mia)) == (None, [])
            await house.pass_time(60_000)
        counted = [x.event.reason.numbers["passed"] for x in house.heard if x.event.type is EventType.OFFER_ENDED and x.event.reason]
        assert counted == [1, 2, 3]
        await _is_offered(house, chat.conversation, "mia")
        await house.do(ben, c.Assign(chat.conversation, agent=AgentId("ben")))
        assert await told(house, mia) == [], "a colleague took it: that is not offered any more"


async def test_an_offer_and_what_time_does_survive_the_process(any_store: Store) -> None:
    world = World()
    async with House(any_store, world=world).running() as before:
        await queue(before, "chats", offer_ms=30_000)
        await before.hire("mia", capacity=3)
        chat = await before.write("hi", channel=CHAT)
        await _is_offered(before, chat.conversation, "mia")
    async with House(any_store, before.clock, world, "two").running() as after:
        await after.hire("ben", capacity=3)
        await after.pass_time(45_000)
        await _is_offered(after, chat.conversation, "ben")


async def test_it_is_kept_for_who_knows_the_customer(house: House) -> None:
    mia = await house.hire("mia", capacity=1)
    first = await house.write("first", key="k1", subject="one")
    await house.rest()
    await house.reply(mia, first.conversation)
    await queue(house, "mails", sticky_ms=MINUTE)
    await house.hire("ben")
    other = await house.write("other", key="k2", subject="two", sender=(await house.message(first.id)).sender)
    assert await assigned(house, other) == "mia"
    reason = (await house.conversation(other.conversation)).assign_reason
    assert reason is not None
    assert (reason.code, "spoke_at" in reason.numbers) == ("preferred", True)
    third = await house.write("third", key="k3", subject="three", sender=(await house.message(first.id)).sender)
    assert await assigned(house, third) is None, "mia has no room, and is waited for"
    await house.pass_time(MINUTE)
    assert await assigned(house, third) == "ben"


async def test_what_is_fetched_is_the_next_one_and_only_within_capacity(house: House) -> None:
    await queue(house, "manual", strategy=Strategy.MANUAL)
    await house.hire("mia", capacity=1)
    ids = []
    for n in range(2):
        house.clock.set(house.clock.now() + 1_000)
        ids += await many(house, 1, n)
    await house.rest()
    assert await assigned(house, ids[0]) is None
    assert await house.router.fetch(AgentId("mia")) == ids[0]
    assert await assigned(house, ids[0]) == "mia"
    assert await house.router.fetch(AgentId("mia")) is None


async def test_positions_follow_the_order(house: House) -> None:
    ids = []
    for n in range(3):
        house.clock.set(house.clock.now() + 1_000)
        ids += await many(house, 1, n)
    await house.rest()
    assert [house.router.line.position(id) for id in ids] == [1, 2, 3]
    await house.hire("mia", capacity=1)
    await house.rest()
    assert [house.router.line.position(id) for id in ids] == [None, 1, 2]


async def test_who_asks_for_the_next_one_gets_what_is_offered_to_him_and_what_he_let_pass(house: House) -> None:
    await queue(house, "chats", offer_ms=30_000)
    mia = await house.hire("mia", capacity=4)
    first = await house.write("hi", channel=CHAT)
    await _is_offered(house, first.conversation, "mia")
    assert await house.router.fetch(mia.id) == first.conversation
    assert await assigned(house, first.conversation) == "mia"
    second = await house.write("hello", channel=CHAT, sender=Address("visitor", "v-2"))
    await _is_offered(house, second.conversation, "mia")
    await house.committer.submit(Answer(second.conversation, AgentId("mia"), "decline"))
    await house.rest()
    assert await house.router.fetch(mia.id) == second.conversation
    assert (await house.agent("mia")).load == 4


async def test_a_skill_is_the_same_however_it_is_written(house: House) -> None:
    await queue(house, "french", skills=(Wanted("French", 2),))
    await house.hire("mia", skills={"FRENCH": 3})
    (id,) = await many(house, 1)
    assert await assigned(house, id) == "mia"


@pytest.mark.parametrize("how", ["paused", "limit"])
async def test_what_keeps_a_queue_from_giving_out(house: House, how: str) -> None:
    if how == "paused":
        await queue(house, "q", paused=True)
    await house.hire("mia", limits={"email": 0} if how == "limit" else {})
    (id,) = await many(house, 1)
    assert await assigned(house, id) is None
    why = house.router.why(await house.conversation(id), await house.store.queries.agents())
    assert why is not None
    assert why.code == ("paused" if how == "paused" else "all_at_capacity")


async def test_a_team_of_a_queue_serves_conversations_of_other_teams(house: House) -> None:
    await queue(house, "q", teams=(TeamId("night"),))
    await house.hire("mia", teams=(TeamId("night"),))
    (id,) = await many(house, 1)
    assert await assigned(house, id) == "mia"


async def test_a_closed_queue_gives_out_nothing_until_it_opens(house: House) -> None:
    minute = house.clock.now() // MINUTE % (24 * 60)
    day = (Interval(minute + 30, minute + 90),)
    office = Calendar("office", "Office", "UTC", (day,) * 7)
    await Catalog(house.committer).save(Actor(AgentId("boss"), Role.ADMIN), CALENDARS, office, 0, anybody)
    await queue(house, "q", calendar="office")
    await house.hire("mia")
    (id,) = await many(house, 1)
    assert await assigned(house, id) is None
    why = house.router.why(await house.conversation(id), await house.store.queries.agents())
    assert why is not None
    assert why.code == "closed"
    await house.pass_time(31 * MINUTE)
    assert await assigned(house, id) == "mia"


async def test_a_condition_on_hours_decides_when_it_queues(house: House) -> None:
    never = Calendar("never", "Never", "UTC", ((),) * 7)
    await Catalog(house.committer).save(Actor(AgentId("boss"), Role.ADMIN), CALENDARS, never, 0, anybody)
    await queue(house, "day", conditions=Condition(field="time", op="inside", value="never"))
    await queue(house, "night", order=1, conditions=Condition(field="time", op="outside", value="never"))
    (id,) = await many(house, 1)
    assert await in_queue(house, id) == "night"


async def test_each_decision_that_gives_it_to_nobody_is_stored_once_with_its_reason(house: House) -> None:
    await queue(house, "first", agents=(AgentId("mia"), AgentId("ben")))
    (id,) = await many(house, 1)

    async def why() -> Reason | None:
        await house.rest()
        return (await house.conversation(id)).why_waiting

    assert await why() == Reason("nobody_online"), "nobody is there"
    await house.hire("mia", limits={"email": 0})
    assert await why() == Reason("all_at_capacity"), "she has no room"
    told = [x.event.reason for x in house.heard if x.event.type is EventType.QUEUE_CHANGED and x.event.conversation == id]
    await house.pass_time(MINUTE)
    again = [x.event.reason for x in house.heard if x.event.type is EventType.QUEUE_CHANGED and x.event.conversation == id]
    assert again == told, "nothing is written while the reason stays"
    await house.hire("ben")
    assert await why() is None, "he has it"
    assert await assigned(house, id) == "ben"


async def test_what_waits_is_moved_by_hand_and_stays_there_at_the_place_of_its_waiting(house: House) -> None:
    await queue(house, "first", agents=(AgentId("ben"),))
    await queue(house, "second", order=1, agents=(AgentId("mia"),))
    (id,) = await many(house, 1)
    waits_since = (await house.conversation(id)).queued_at
    boss = await house.hire("sue", role=Role.SUPERVISOR, online=False)
    await house.do(boss, c.MoveToQueue(id, QueueId("second")))
    await house.do(boss, c.SetTags(id, ("new",)))
    after = await house.conversation(id)
    assert (after.queue, after.queued_at) == ("second", waits_since), "its conditions do not take it back"
    reason = next(x.event.reason for x in house.heard if x.event.reason is not None and x.event.reason.code == "moved")
    assert reason.ids == ("sue", "first", "second")
    with pytest.raises(Invalid):
        await house.do(boss, c.MoveToQueue(id, QueueId("none")))
    await house.do(boss, c.MoveToQueue(id, None))
    assert (await house.conversation(id)).queue == "first", "where its conditions lead"
    await house.do(boss, c.MoveToQueue(id, QueueId("second")))
    await house.hire("mia")
    assert await assigned(house, id) == "mia"
    with pytest.raises(Conflict):
        await house.do(boss, c.MoveToQueue(id, QueueId("first")))


class Failing(MemoryQueries):
    """The database goes away in the middle of a reading of what waits."""

    away = False

    async def waiting(self, limit: int, after: Conversation | None = None) -> list[Conversation]:
        if self.away:
            self.away = False
            raise Unavailable("gone in the middle")
        return await super().waiting(limit, after)


async def test_a_queue_that_changes_while_the_database_is_away_gives_out_what_waits() -> None:
    memory = MemoryStore()
    memory.queries = failing = Failing(memory.tables)
    async with House(stored_in(memory)).running() as here:
        ids = await many(here, 3)
        await here.rest()
        failing.away = True
        await queue(here, "all")
        await here.until(lambda: not failing.away, "read in vain")
        await here.hire("mia")

        async def given() -> bool:
            return [await assigned(here, id) for id in ids] == ["mia"] * 3

        await here.until(given, "given out")
