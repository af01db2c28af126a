"""Segments of customers at work: queues, promises and surveys that name one follow what is known of the customer, at once."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.conditions import Condition
from inbox.core.conversation import Category
from inbox.core.ids import ConversationId, CustomerId, QueueId
from inbox.core.permissions import Actor
from inbox.core.persons import Choice
from inbox.core.policies import Policy, Targets
from inbox.core.queues import Queue
from inbox.core.rating import SurveyKind, Words
from inbox.core.segments import Segment
from inbox.core.surveys import Survey
from inbox.flow.persons import MergeCustomers
from inbox.flow.recounting import asked_for
from inbox.records import POLICIES, QUEUES, RECOUNTS, SEGMENTS, SURVEYS, Noun
from inbox.testing.clock import ManualClock
from tests.flow.house import ANNA, BOB, CHAT, MINUTE, VISITOR, House, World
from tests.store.conftest import Store

IN_GOLD = Condition(field="segment", op="has", value="gold")
OTHER = replace(VISITOR, value="another-visitor")
GOLD = Segment("gold", "Gold customers", conditions=Condition(field="attribute", op="is", value="gold", name="plan"))
PROMISE = Policy("vips", name="Gold", conditions=IN_GOLD, targets=Targets(10 * MINUTE))


def rule(layer: Any, actor: Actor, before: Any, after: Any) -> None:
    asked_for(layer, actor)


async def boss(house: House) -> Actor:
    return await house.hire("boss", role=Role.ADMIN, online=False)


async def save(house: House, actor: Actor, noun: Noun[Any], entry: Any, expect: int = 0) -> None:
    await house.catalog.save(actor, noun, entry, expect, rule)
    await house.rest()


async def set_up(house: House) -> Actor:
    actor = await boss(house)
    await save(house, actor, SEGMENTS, GOLD)
    await save(house, actor, QUEUES, Queue(QueueId("gold"), "Gold", conditions=IN_GOLD))
    await save(house, actor, POLICIES, PROMISE)
    return actor


async def edit(house: House, actor: Actor, id: ConversationId, **attributes: str | None) -> None:
    customer = (await house.conversation(id)).customer
    [known] = (await house.store.queries.customers([customer])).values()
    await house.do(actor, c.EditCustomer(customer, known.version, attributes=attributes))


async def under(house: House, id: ConversationId) -> tuple[str | None, str]:
    """Its queue, and the policy that promises the first response."""
    found = await house.conversation(id)
    return found.queue, next(clock.policy for clock in found.sla if clock.metric == "first_response")


async def becomes(house: House, id: ConversationId, queue: str | None, policy: str) -> None:
    async def so() -> bool:
        return await under(house, id) == (queue, policy) and not any(
            walk.is_running for walk in await house.store.queries.entries(RECOUNTS)
        )

    await house.until(so, f"in {queue}, under {policy}")


async def test_a_changed_attribute_and_a_changed_segment_move_what_waits_and_what_is_promised(any_store: Store) -> None:
    house = House(any_store)
    async with house.running():
        actor = await set_up(house)
        first = (await house.write("one", key="one")).conversation
        second = (await house.write("two", key="two", sender=BOB)).conversation
        assert await under(house, first) == (None, "gold"), "the default of the channel"
        await edit(house, actor, first, plan="Gold")
        await becomes(house, first, "gold", "vips")
        assert await under(house, second) == (None, "gold"), "it is somebody else's"
        await edit(house, actor, first, plan=None)
        await becomes(house, first, None, "gold")
        wider = Segment("gold", "Whoever has no plan", conditions=Condition(field="attribute", op="empty", name="plan"))
        await save(house, actor, SEGMENTS, wider, 1)
        for id in (first, second):
            await becomes(house, id, "gold", "vips")
        assert [walk.id for walk in await any_store.queries.entries(RECOUNTS)] == ["sla"], "a walk over one customer leaves nothing behind"


async def test_a_new_conversation_of_somebody_in_it_enters_at_once(house: House) -> None:
    actor = await set_up(house)
    first = (await house.write("one", key="one")).conversation
    await edit(house, actor, first, plan="gold")
    await becomes(house, first, "gold", "vips")
    await house.do(actor, c.SetStatus(first, Category.RESOLVED))
    again = (await house.write("two", key="two", subject="Another matter")).conversation
    assert again != first
    assert await under(house, again) == ("gold", "vips")


async def test_what_a_visitor_tells_of_himself_counts_at_once(house: House) -> None:
    await set_up(house)
    told = (await house.write("I pay", key="1", channel=CHAT, attributes={"plan": "gold"})).conversation
    assert (await house.conversation(told)).queue == "gold", "before it waits anywhere"
    waits = (await house.write("Hello", key="2", channel=CHAT, sender=OTHER)).conversation
    assert (await house.conversation(waits)).queue is None
    await house.write("I pay, too", key="3", channel=CHAT, sender=OTHER, attributes={"plan": "gold"})
    await house.until(lambda: in_gold(house, waits), "in the queue")


async def in_gold(house: House, id: ConversationId) -> bool:
    return (await house.conversation(id)).queue == "gold"


async def test_a_change_that_a_dead_server_left_is_taken_up_by_another(any_store: Store) -> None:
    clock, world = ManualClock(), World()
    one = House(any_store, clock, world, "one")
    async with one.running(without=["recounting"]):
        actor = await set_up(one)
        id = (await one.write("hello")).conversation
        await edit(one, actor, id, plan="gold")
        assert (await under(one, id))[1] == "gold", "nobody looked again yet"
        one.kill()
    two = House(any_store, clock, world, "two")
    async with two.running():
        await becomes(two, id, "gold", "vips")


async def test_nothing_is_looked_at_again_where_nothing_asks_about_customers(house: House) -> None:
    actor = await boss(house)
    await save(house, actor, SEGMENTS, GOLD)
    id = (await house.write("hello")).conversation
    await edit(house, actor, id, plan="gold")
    assert [walk.id for walk in await house.store.queries.entries(RECOUNTS)] == ["sla"]


async def test_a_survey_asks_those_who_are_in_it_when_their_matter_is_closed(house: House) -> None:
    actor = await set_up(house)
    words = Words("How was it?", ("bad", "poor", "fair", "good", "great"), "Why?", "Send", "Thanks.", "Closed.")
    await save(house, actor, SURVEYS, Survey("s", "Gold", SurveyKind.CSAT, words, 0, conditions=IN_GOLD, wait_ms=MINUTE))
    await house.until(lambda: "s" in house.promises.current().surveys, "the survey")
    asked = {}
    for plan, sender in (("gold", ANNA), ("free", BOB)):
        id = (await house.write(plan, key=plan, sender=sender)).conversation
        await edit(house, actor, id, plan=plan)
        await house.sent(await house.reply(actor, id, "Here you are.", then=Category.RESOLVED))
        asked[plan] = (await house.conversation(id)).asking
    assert asked["gold"] is not None
    assert asked["free"] is None


async def test_what_waits_follows_its_customer_into_another_one_and_back(any_store: Store) -> None:
    async with House(any_store).running() as house:
        actor = await set_up(house)
        gold, plain = await house.write("one", key="one"), await house.write("two", key="two", sender=BOB)
        await edit(house, actor, gold.conversation, plan="gold")
        await becomes(house, plain.conversation, None, "gold")
        stays, goes = CustomerId(gold.author.id), CustomerId(plain.author.id)
        people = await house.store.queries.customers([goes, stays])
        seen = people[goes].version, people[stays].version
        done = await house.people.merge(MergeCustomers(actor=actor, customer=goes, into=stays, versions=seen, choice=Choice()))
        await becomes(house, plain.conversation, "gold", PROMISE.id)
        await house.people.part(actor, done.id)
        await becomes(house, plain.conversation, None, "gold")


async def test_a_server_that_does_not_walk_hears_of_a_changed_segment_too(house: House) -> None:
    """Which server walks is chance; what begins on another must not go by the old rules."""
    actor = await set_up(house)
    wider = replace(GOLD, conditions=Condition(field="attribute", op="empty", name="plan"))
    async with House(house.store, house.clock, house.world, "two").running(without=["recounting"]) as two:
        await two.until(lambda: two.promises.current().segments == (replace(GOLD, version=1),), "the first rules")
        await save(house, actor, SEGMENTS, wider, 1)
        await two.until(lambda: [one.conditions for one in two.promises.current().segments] == [wider.conditions], "the new rules")
