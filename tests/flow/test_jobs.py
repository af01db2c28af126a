"""Changes to many conversations: each once with the way back, told as they go, stopped, undone, and taken up again after a crash."""

from __future__ import annotations

import asyncio

import pytest

from inbox.core import commands as c
from inbox.core.agent import Role
from inbox.core.bulk import Change, Job
from inbox.core.conversation import Category, Priority
from inbox.core.errors import Conflict, Invalid, KeyReused, NotFound
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId, QueueId, TeamId
from inbox.core.permissions import Actor
from inbox.core.views import BUILTIN, of_queue
from inbox.flow import jobs
from inbox.records import ReadState
from inbox.testing.builders import a_team
from inbox.testing.clock import ManualClock
from tests.eventually import PATIENCE_S
from tests.flow.house import House, World, assigned
from tests.flow.test_queues import queue
from tests.flow.test_router import many
from tests.store.conftest import Store


async def finished(house: House, actor: Actor, id: str) -> Job:
    """The job once it is through."""

    async def through() -> Job | None:
        await house.clock.advance(10)
        job = await house.jobs.get(actor, id)
        return job if job.state != "running" else None

    found: Job = await house.until(through, f"job {id}")
    await house.rest()
    return found


async def categories(house: House, ids: list[ConversationId]) -> set[str]:
    return {x.category.value for x in (await house.store.queries.conversations(ids)).values()}


async def boss(house: House) -> Actor:
    return await house.hire("boss", role=Role.ADMIN, online=False)


async def test_many_are_changed_with_one_cause_and_told(house: House) -> None:
    actor, ids = await boss(house), await many(house, 40)
    await house.do(actor, c.SetStatus(ids[0], Category.RESOLVED))
    job = await finished(house, actor, (await house.jobs.start(actor, Change(status=Category.RESOLVED), ids)).id)
    assert (job.state, job.done, job.skipped, job.total) == ("done", 39, {"same": 1}, 40)
    assert await categories(house, ids) == {"resolved"}
    caused = [x.event for x in house.heard if x.event.cause == f"job:{job.id}"]
    assert sorted(e.conversation or "" for e in caused if e.type is EventType.STATUS_CHANGED) == sorted(ids[1:])
    told = [x.event.data for x in house.heard if x.event.type is EventType.JOB_CHANGED]
    assert told[0] == {"job": job.id, "state": "running", "done": 0, "skipped": 0, "total": 40}
    assert told[-1] == {"job": job.id, "state": "done", "done": 39, "skipped": 1, "total": 40}


async def test_a_whole_view_is_taken_as_the_asker_sees_it(house: House) -> None:
    actor, ids = await boss(house), await many(house, 30)
    await house.store.directory.save_team(a_team("sales"))
    for id in ids[:5]:
        await house.do(actor, c.Assign(id, team=TeamId("sales")))
    mia = await house.hire("mia", teams=("support",), online=False)
    job = await finished(house, mia, (await house.jobs.start(mia, Change(priority=Priority.HIGH), BUILTIN["unassigned"])).id)
    assert (job.total, job.done) == (25, 25)
    found = await house.store.queries.conversations(ids)
    assert sum(x.priority is Priority.HIGH for x in found.values()) == 25


async def test_the_gate_is_asked_for_each(house: House) -> None:
    actor, ids = await boss(house), await many(house, 4)
    await house.store.directory.save_team(a_team("sales"))
    await house.do(actor, c.Assign(ids[0], team=TeamId("sales")))
    mia = await house.hire("mia", online=False)
    job = await finished(house, mia, (await house.jobs.start(mia, Change(add_tags=("vip",)), [*ids, ConversationId("nothing")])).id)
    assert (job.done, job.skipped) == (3, {"not_found": 2})
    assert (await house.conversation(ids[0])).tags == ()


async def test_whoever_is_switched_off_changes_nothing_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WINDOW", 2)
    admin, ids = await boss(house), await many(house, 12)
    mia = await house.hire("mia", online=False)
    job = await house.jobs.start(mia, Change(add_tags=("vip",)), ids)
    await house.staff.edit_agent(admin, AgentId("mia"), (await house.agent("mia")).version, {"active": False}, [admin.id])
    through = await finished(house, mia, job.id)
    assert through.skipped.get("not_found", 0) > 0, "an account that is off sees nothing"
    tagged = [x for x in (await house.store.queries.conversations(ids)).values() if x.tags]
    assert len(tagged) == through.done


async def test_cancelled_it_stops_and_the_rest_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WINDOW", 1)
    actor, ids = await boss(house), await many(house, 60)
    job = await house.jobs.start(actor, Change(status=Category.RESOLVED), ids)
    assert (await house.jobs.cancel(actor, job.id)).state == "cancelled"
    await house.rest()
    stopped = await house.jobs.get(actor, job.id)
    closed = [x for x in (await house.store.queries.conversations(ids)).values() if x.category is Category.RESOLVED]
    assert stopped.done == len(closed) < 60
    await finished(house, actor, (await house.jobs.undo(actor, job.id)).id)
    assert await categories(house, ids) == {"open"}


async def test_undone_all_stands_as_before_but_what_others_changed(house: House) -> None:
    actor, ids = await boss(house), await many(house, 20)
    await house.hire("mia", online=False)
    await house.do(actor, c.SetTags(ids[3], add=("vip",)))
    waited = {x.id: (x.waiting_since, x.queued_at) for x in (await house.store.queries.conversations(ids)).values()}
    change = Change(assignee=AgentId("mia"), status=Category.WAITING, add_tags=("vip", "bulk"), read=True)
    job = await finished(house, actor, (await house.jobs.start(actor, change, ids)).id)
    assert job.done == 20
    await house.do(actor, c.SetStatus(ids[0], Category.RESOLVED))
    undo = await house.jobs.undo(actor, job.id)
    assert (await house.jobs.undo(actor, job.id)).id == undo.id, "asked for twice it is undone once"
    through = await finished(house, actor, undo.id)
    assert (through.done, through.skipped) == (19, {"changed_since": 1})
    found = await house.store.queries.conversations(ids)
    assert (found[ids[0]].category, found[ids[0]].assignee) == (Category.RESOLVED, "mia")
    assert {(found[id].category, found[id].assignee) for id in ids[1:]} == {(Category.OPEN, None)}
    assert {id: (found[id].waiting_since, found[id].queued_at) for id in ids[1:]} == {id: waited[id] for id in ids[1:]}
    assert found[ids[3]].tags == ("vip",)
    assert found[ids[4]].tags == ()
    assert (await house.agent("mia")).load == 0
    assert (await house.jobs.get(actor, job.id)).undone_by == undo.id
    with pytest.raises(Conflict):
        await house.jobs.undo(actor, undo.id)


async def test_own_marks_go_to_the_end_and_back(house: House) -> None:
    actor, ids = await boss(house), await many(house, 3)
    await house.store.own.mark(ReadState(actor.id, ids[0], 1))
    job = await finished(house, actor, (await house.jobs.start(actor, Change(read=True), ids)).id)
    assert (job.done, job.skipped) == (2, {"same": 1})
    assert {m.inbound for m in (await house.store.own.reads(actor.id, ids)).values()} == {1}
    assert sorted(house.moved) == sorted((actor.id, id, 1) for id in ids[1:])
    await finished(house, actor, (await house.jobs.undo(actor, job.id)).id)
    assert {id: m.inbound for id, m in (await house.store.own.reads(actor.id, ids)).items()} == {ids[0]: 1, ids[1]: 0, ids[2]: 0}


async def test_a_call_that_is_repeated_begins_one_job(house: House) -> None:
    actor, ids = await boss(house), await many(house, 2)
    first = await house.jobs.start(actor, Change(priority=Priority.LOW), ids, "key")
    again = await house.jobs.start(actor, Change(priority=Priority.LOW), ids, "key")
    assert first.id == again.id
    with pytest.raises(KeyReused):
        await house.jobs.start(actor, Change(priority=Priority.HIGH), ids, "key")
    assert len(await house.jobs.of(actor)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (Change(), "change"),
        (Change(status=Category.SNOOZED), "until"),
        (Change(status=Category.SNOOZED, until=1), "until"),
        (Change(priority=Priority.LOW, until=10**15), "until"),
        (Change(assignee=AgentId("nobody")), "assignee"),
        (Change(team=TeamId("nowhere")), "team"),
    ],
)
async def test_what_can_never_work_is_refused_at_once(house: House, change: Change, field: str) -> None:
    actor = await boss(house)
    with pytest.raises(Invalid) as refused:
        await house.jobs.start(actor, change, [ConversationId("c")])
    assert refused.value.field == field


async def test_nobody_watches_stops_or_undoes_anothers(house: House) -> None:
    actor, ids = await boss(house), await many(house, 2)
    mia = await house.hire("mia", online=False)
    job = await finished(house, actor, (await house.jobs.start(actor, Change(priority=Priority.LOW), ids)).id)
    for ask in (house.jobs.get, house.jobs.cancel, house.jobs.undo):
        with pytest.raises(NotFound):
            await ask(mia, job.id)


async def test_a_dead_servers_job_goes_on_and_nothing_is_done_twice(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WINDOW", 3)
    clock, world = ManualClock(), World()
    async with House(any_store, clock, world).running() as one:
        actor, ids = await boss(one), await many(one, 50)
        job = await one.jobs.start(actor, Change(add_tags=("vip",), priority=Priority.HIGH), ids)
        await one.until(lambda: _some(one, job, ids), "some are done")
        one.kill()
    async with House(any_store, clock, world, "two").running() as two:
        await two.rest()
        await clock.advance(20_000)
        through = await finished(two, actor, job.id)
        assert (through.done, through.skipped) == (50, {})
        events = [e for id in ids for e in await two.store.queries.events_between(id, 0, 10**15, 100)]
        tagged = [e.conversation or "" for e in events if e.type is EventType.TAGS_CHANGED]
        assert sorted(tagged) == sorted(ids), "each exactly once"


async def _some(house: House, job: Job, ids: list[ConversationId]) -> bool:
    found = await house.store.queries.conversations(ids)
    return any(x.tags for x in found.values())


async def test_commands_go_before_a_job_in_bulk(house: House) -> None:
    actor, ids = await boss(house), await many(house, 60)
    job = await house.jobs.start(actor, Change(status=Category.RESOLVED), ids)
    await asyncio.wait_for(house.do(actor, c.SetSubject(ids[-1], "First of all")), PATIENCE_S)
    assert (await house.jobs.get(actor, job.id)).state == "running"
    await finished(house, actor, job.id)
    assert (await house.conversation(ids[-1])).subject == "First of all"


async def test_a_queue_is_emptied_into_another_and_undone_but_for_what_was_taken_meanwhile(house: House) -> None:
    await queue(house, "first", agents=(AgentId("ben"),))
    second = await queue(house, "second", order=1, agents=(AgentId("ben"),))
    actor, ids = await boss(house), await many(house, 10)
    since = {id: (await house.conversation(id)).queued_at for id in ids}
    job = await finished(house, actor, (await house.jobs.start(actor, Change(queue=second.id), of_queue(QueueId("first")))).id)
    assert (job.total, job.done) == (10, 10)
    assert {(await house.conversation(id)).queue for id in ids} == {"second"}
    await house.do(actor, c.Assign(ids[0], actor.id))
    undone = await finished(house, actor, (await house.jobs.undo(actor, job.id)).id)
    assert (undone.done, undone.skipped) == (9, {"changed_since": 1})
    back = [await house.conversation(id) for id in ids[1:]]
    assert {x.queue for x in back} == {"first"}
    assert {x.id: x.queued_at for x in back} == {id: since[id] for id in ids[1:]}, "nobody waits anew"
    moves = [x.event.reason for x in house.heard if x.event.type is EventType.QUEUE_CHANGED and x.event.conversation == ids[1]]
    told = [(why.code, why.ids) for why in moves if why is not None and why.ids[:1] == (actor.id,)]
    assert told == [("moved", (actor.id, "first", "second")), ("undone", (actor.id, "second", "first"))]


async def test_all_that_somebody_held_comes_back_though_routing_gave_it_on_meanwhile(house: House) -> None:
    mia = await house.hire("mia", capacity=20)
    actor, ids = await boss(house), await many(house, 5)
    for id in ids:
        assert await assigned(house, id) == "mia"
    await house.hire("ben", capacity=20)
    job = await finished(house, actor, (await house.jobs.start(actor, Change(assignee=None), ids)).id)
    for id in ids:
        assert await assigned(house, id) == "ben", "routing has given it on"
    await house.do(actor, c.Assign(ids[0], actor.id))
    undone = await finished(house, actor, (await house.jobs.undo(actor, job.id)).id)
    assert (undone.done, undone.skipped) == (4, {"changed_since": 1})
    assert [await assigned(house, id) for id in ids] == [actor.id, *["mia"] * 4]
    assert ((await house.agent(mia.id)).load, (await house.agent("ben")).load) == (4, 0)


async def test_a_selection_is_followed_by_who_asks_and_given_up_again(house: House) -> None:
    actor, ids = await boss(house), await many(house, 3)
    mia = await house.hire("mia", online=False)
    await house.do(mia, c.Follow(ids[0], True))
    job = await finished(house, mia, (await house.jobs.start(mia, Change(follow=True), ids)).id)
    assert (job.done, job.skipped) == (2, {"same": 1})
    await house.do(actor, c.Follow(ids[1], True))
    await finished(house, mia, (await house.jobs.undo(mia, job.id)).id)
    found = await house.store.queries.conversations(ids)
    assert [found[id].followers for id in ids] == [("mia",), (actor.id,), ()]
