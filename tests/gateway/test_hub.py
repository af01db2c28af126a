"""Who is sent what when something changes: the gate before and after, once per group, and slow readers alone suffer."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from inbox.core.agent import Role
from inbox.core.conversation import Category, Mention, Offer, Waiting
from inbox.core.events import EventType
from inbox.core.ids import AgentId, MessageId
from inbox.core.message import Author
from inbox.core.permissions import Action, Sight
from inbox.gateway import protocol as p
from inbox.gateway.board_frames import SubscribeBoard
from inbox.gateway.outbox import MAX_FRAMES
from inbox.testing.builders import a_note, a_reply
from inbox.testing.clock import settle
from tests.gateway.live_tab import Tab
from tests.gateway.live_world import ELSEWHERE, World

ALL = p.SubscribeView("list", "all")
THREAD = p.SubscribeConversation("open", "c1")


async def connected(world: World, agent: str, *subs: p.SubscribeView | p.SubscribeConversation | p.SubscribeCounts | SubscribeBoard) -> Tab:
    tab = await Tab(world, agent, *subs).connect()
    await tab.calm()
    tab.heard.clear()
    return tab


def kinds(frames: list[p.ServerFrame]) -> list[str]:
    """What is of interest here: presence comes when it comes, and notices have a test of their own."""
    return [type(one).__name__ for one in frames if not isinstance(one, p.Presence) and getattr(one, "what", "") != "notices"]


async def test_a_conversation_that_leaves_a_team_is_gone_there_and_put_where_it_goes(world: World) -> None:
    await world.conversation("c1", team="red")
    mia, max_, sue = [await connected(world, agent, ALL) for agent in ("mia", "max", "sue")]
    await world.change("c1", team="blue")
    assert [(f.id, f.version) for f in await mia.read() if isinstance(f, p.Gone)] == [("c1", 2)]
    assert kinds(await max_.read()) == kinds(await sue.read()) == ["Put"]


async def test_what_an_agent_never_saw_he_does_not_hear_of(world: World) -> None:
    mia = await connected(world, "mia", ALL, p.SubscribeCounts("n", ("all",)))
    await world.conversation("c1", team="blue")
    await world.change("c1", category=Category.RESOLVED)
    await world.message("c1", "m1")
    await world.clock.advance(2_000)
    assert kinds(await mia.read()) == []


async def test_an_assignee_sees_a_foreign_teams_conversation_only_while_he_holds_it(world: World) -> None:
    await world.conversation("c1", team="blue")
    mia = await connected(world, "mia", ALL, p.SubscribeView("mine", "mine"))
    await world.change("c1", assignee="mia", event=EventType.ASSIGNED)
    assert kinds(await mia.read()) == ["Put", "Put", "Notice"]
    await world.change("c1", assignee="mo", event=EventType.ASSIGNED)
    assert kinds(await mia.read()) == ["Gone", "Gone"]


async def test_what_is_offered_to_somebody_is_in_his_list_and_number_as_long_as_it_is(world: World) -> None:
    await world.conversation("c1", team="blue")
    mia = await connected(world, "mia", p.SubscribeView("mine", "mine"), p.SubscribeCounts("n", ("mine",)))
    await world.change("c1", waiting=Waiting(0, offer=Offer(AgentId("mia"), 10)))
    await world.clock.advance(2_000)
    assert kinds(await mia.read()) == ["Put", "Counts"]
    assert mia.counts == {"mine": 1}
    await world.change("c1", waiting=None)
    await world.clock.advance(2_000)
    assert kinds(await mia.read()) == ["Gone", "Counts"]
    assert mia.counts == {"mine": 0}


async def test_who_keeps_sight_as_the_assignee_is_not_told_with_his_team_that_it_is_gone(world: World) -> None:
    await world.conversation("c1", team="blue")
    max_, mo = await connected(world, "max", ALL), await connected(world, "mo", ALL)
    await world.change("c1", team="red", assignee="max")
    assert kinds(await max_.read()) == ["Put"]
    assert kinds(await mo.read()) == ["Gone"]


async def test_a_thread_out_of_sight_is_gone_and_stays_silent(world: World) -> None:
    await world.conversation("c1", team="red")
    mia = await connected(world, "mia", THREAD)
    await world.change("c1", team="blue")
    await world.message("c1", "m1", text="not for red eyes")
    assert kinds(await mia.read()) == ["Gone"]
    await mia.send(p.Typing("c1"))
    await mia.send(THREAD)
    assert [f.code for f in await mia.read() if isinstance(f, p.Problem)] == ["not_found"]
    assert world.typed == []


async def test_absent_and_forbidden_conversations_look_the_same(world: World) -> None:
    await world.conversation("c1", team="blue")
    mia = await connected(world, "mia")
    await mia.send(THREAD)
    await mia.send(p.SubscribeConversation("open", "never-was"))
    forbidden, absent = [f for f in await mia.read() if isinstance(f, p.Problem)]
    assert forbidden == absent


async def test_a_change_of_teams_counts_before_any_later_change_is_shown(world: World) -> None:
    await world.conversation("c1", team="red")
    mia = await connected(world, "mia", ALL, THREAD, p.SubscribeCounts("n", ("all",)))
    await world.account("mia", teams=("blue",), writer=ELSEWHERE)
    await world.message("c1", "m1", writer=ELSEWHERE, text="after the move")
    await world.catch_up()
    assert kinds(await mia.read())[:2] == ["Gone", "Resync"]
    assert not mia.of(p.Put)
    assert not mia.of(p.PutMessage)
    await world.clock.advance(2_000)
    await mia.read()
    assert mia.counts == {"all": 0}


async def test_a_promotion_opens_other_teams(world: World) -> None:
    mia = await connected(world, "mia", ALL)
    await world.account("mia", role=Role.SUPERVISOR)
    await world.conversation("c1", team="blue")
    await mia.calm()
    assert list(mia.rows("list")) == ["c1"]


async def test_a_change_of_the_own_role_counts_before_any_later_change_is_shown(world: World) -> None:
    await world.conversation("c1", team="red")
    await world.role("helpers", Action.REPLY, sight=Sight.TEAMS)
    await world.account("mia", custom_role="helpers")
    mia = await connected(world, "mia", ALL, THREAD)
    assert list(mia.rows("list")) == ["c1"]
    await world.role("helpers", Action.REPLY, sight=Sight.OWN, writer=ELSEWHERE)
    await world.message("c1", "m1", writer=ELSEWHERE, text="not for her any more")
    await world.catch_up()
    await mia.calm()
    assert list(mia.rows("list")) == []
    assert not [m for m in mia.of(p.PutMessage) if m.row.id == "m1"]


async def test_a_board_ends_with_the_permission_though_everything_is_still_seen(world: World) -> None:
    await world.role("watchers", Action.SUPERVISE, sight=Sight.ALL)
    await world.account("mia", custom_role="watchers")
    mia = await connected(world, "mia", SubscribeBoard("board"))
    assert not mia.of(p.Problem)
    await world.role("watchers", sight=Sight.ALL)
    await mia.calm()
    assert [f.code for f in mia.of(p.Problem)] == ["denied"]


async def test_a_switched_off_account_is_cut_off_at_once(world: World) -> None:
    await world.conversation("c1")
    mia = await connected(world, "mia", ALL, THREAD)
    await world.account("mia", active=False, writer=ELSEWHERE)
    await world.message("c1", "m1", writer=ELSEWHERE)
    await world.catch_up()
    assert mia.session is not None
    assert mia.session.outbox.code == p.CloseCode.UNAUTHENTICATED
    assert [f.code for f in await mia.read() if isinstance(f, p.Problem)] == ["unauthenticated"]
    assert not mia.of(p.Put)
    assert not mia.of(p.PutMessage)


@pytest.mark.parametrize("which", ["login", "agent"])
async def test_a_login_that_ends_ends_its_sockets_and_no_others(world: World, which: str) -> None:
    mia, max_ = await connected(world, "mia", ALL), await connected(world, "max", ALL)
    assert mia.session is not None
    assert max_.session is not None
    if which == "login":
        world.live.sessions_ended([mia.session.login])
    else:
        world.live.agent_ended(AgentId("mia"))
    await world.conversation("c1")
    assert mia.session.outbox.code == p.CloseCode.UNAUTHENTICATED
    assert kinds(await mia.read()) == ["Problem"]
    assert kinds(await max_.read()) == ["Put"]


async def test_a_frame_is_serialised_once_for_everybody_with_the_same_teams(world: World) -> None:
    tabs = [await connected(world, agent, ALL) for agent in ("max", "mo", "mo", "sue")]
    await world.conversation("c1", team="blue")
    for tab in tabs:
        await tab.flush()
    assert len({id(tab.wire[-1]) for tab in tabs}) == 1


async def test_changes_of_two_processes_that_cross_end_at_the_newest(world: World) -> None:
    """Ours took it away from red, the other's then resolved it; the other's is heard first."""
    await world.conversation("c1", team="red")
    mia, max_ = await connected(world, "mia", ALL), await connected(world, "max", ALL)
    await world.change("c1", team="blue", tell=False)
    await world.change("c1", category=Category.RESOLVED, writer=ELSEWHERE)
    await world.tell(ELSEWHERE)
    await world.tell()
    assert [(f.id, f.version) for f in await mia.read() if isinstance(f, p.Gone)] == [("c1", 3)]
    await max_.calm()
    assert max_.of(p.Put) == []


async def test_who_does_not_read_is_closed_to_resume_and_holds_up_nobody(world: World) -> None:
    await world.conversation("c1")
    slow, quick = await connected(world, "mia", ALL), await connected(world, "sue", ALL)
    for number in range(MAX_FRAMES + 1):
        await world.change("c1", subject=f"{number}")
        if number % 100 == 0:
            await quick.read()
    assert slow.session is not None
    assert slow.session.outbox.code == p.CloseCode.RESUME
    assert len(slow.session.outbox) == 0
    await quick.calm()
    assert quick.rows("list")["c1"].version == MAX_FRAMES + 2
    slow.cut()
    await slow.connect()
    await slow.calm()
    assert slow.of(p.Ready)[0].resumed
    assert slow.rows("list") == quick.rows("list")


async def test_a_burst_larger_than_an_outbox_reaches_who_reads(world: World) -> None:
    """What another process did comes in one read of the journal; the sockets' writers take their turns in between."""
    mia = await connected(world, "mia", ALL)
    for number in range(4 * MAX_FRAMES):
        await world.conversation(f"c{number}", writer=ELSEWHERE)
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(_write(mia))
        await world.feed.catch_up()
        await settle(500)
        writing.cancel()
    await mia.calm()
    assert mia.session is not None
    assert mia.session.outbox.code is None
    assert len(mia.rows("list")) == 4 * MAX_FRAMES


async def test_many_changes_of_one_conversation_become_one_frame_when_they_come_at_once(world: World) -> None:
    await world.conversation("c1")
    mia = await connected(world, "mia", ALL)
    for number in range(100):
        await world.change("c1", subject=f"{number}", writer=ELSEWHERE)
    await world.catch_up()
    assert kinds(await mia.read()) == ["Put"]
    await mia.send(p.Beat())
    await mia.calm()
    assert mia.cursor == {"1": 1, "2": 100}


async def _write(tab: Tab) -> None:
    """As the task of a socket does."""
    while tab.session is not None and (frames := await tab.session.outbox.take()):
        tab.wire.extend(frames)


async def test_a_split_makes_followers_of_the_thread_fetch_it_anew(world: World) -> None:
    await world.conversation("c1")
    await world.message("c1", "m1")
    mia = await connected(world, "mia", THREAD)
    await world.change("c1", event=EventType.PARTICIPANT_SPLIT)
    assert [f.sub for f in await mia.read() if isinstance(f, p.Resync)] == ["open"]


async def test_notices_go_to_whom_they_concern_and_never_for_ones_own_doing(world: World) -> None:
    before = await world.conversation("c1", assignee="mia", team="red")
    mia, max_, sue = [await connected(world, agent) for agent in ("mia", "max", "sue")]
    await world.message("c1", "m1")
    await world.message("c1", "m2", automatic="auto-replied")
    note = a_note("n1", mentions=("mia", "max", "sue"), author=Author("agent", "sue"))
    await world.commit(replace(before, version=4), EventType.NOTE_WRITTEN, note, actor=note.author)
    own = a_reply("r1", mentions=("mia",))
    await world.commit(replace(before, version=5), EventType.MESSAGE_QUEUED, own, actor=own.author)
    await world.commit(replace(before, version=6), EventType.SLA_WARNED)
    await world.commit(replace(before, version=7), EventType.SLA_BREACHED)
    told = [[f.row.kind for f in await tab.read() if isinstance(f, p.Notice)] for tab in (mia, max_, sue)]
    assert told == [["reply", "mention", "sla_warning", "sla_breach"], [], []]


async def test_a_mention_reaches_the_list_and_the_counter_of_whom_it_names_alone(world: World) -> None:
    before = await world.conversation("c1", team="red")
    asked = (p.SubscribeView("list", "mentions"), p.SubscribeCounts("n", ("mentions",)))
    mia, max_ = await connected(world, "mia", *asked), await connected(world, "max", *asked)
    note = a_note("n1", mentions=("mia",), author=Author("agent", "sue"))
    named = replace(before, version=before.version + 1, mentions=(Mention(AgentId("mia"), note.id),))
    await world.commit(named, EventType.NOTE_WRITTEN, note, actor=note.author)
    await world.clock.advance(2_000)
    for tab, count in ((mia, 1), (max_, 0)):
        put = [f for f in await tab.read() if isinstance(f, p.Put) and f.sub == "list"]
        assert (len(put), tab.counts) == (count, {"mentions": count})
    await world.commit(replace(named, version=named.version + 1, category=Category.RESOLVED), EventType.STATUS_CHANGED)
    await world.clock.advance(2_000)
    assert [f.sub for f in await mia.read() if isinstance(f, p.Gone)] == ["list"]
    assert mia.counts == {"mentions": 0}


async def test_who_follows_a_conversation_has_it_in_his_list_and_counter_alone(world: World) -> None:
    before = await world.conversation("c1", team="red")
    asked = (p.SubscribeView("list", "followed"), p.SubscribeCounts("n", ("followed",)))
    mia, max_ = await connected(world, "mia", *asked), await connected(world, "max", *asked)
    by = Author("agent", "mia")
    followed = replace(before, version=before.version + 1, followers=(AgentId("mia"),))
    await world.commit(followed, EventType.FOLLOWERS_CHANGED, actor=by)
    await world.clock.advance(2_000)
    for tab, count in ((mia, 1), (max_, 0)):
        put = [f for f in await tab.read() if isinstance(f, p.Put) and f.sub == "list"]
        assert (len(put), tab.counts) == (count, {"followed": count})
    await world.commit(replace(followed, version=followed.version + 1, followers=()), EventType.FOLLOWERS_CHANGED, actor=by)
    await world.clock.advance(2_000)
    assert [f.sub for f in await mia.read() if isinstance(f, p.Gone)] == ["list"]
    assert mia.counts == {"followed": 0}


async def test_where_an_answer_waits_for_its_time_is_in_the_list_and_counter_of_all_who_see_it(world: World) -> None:
    before = await world.conversation("c1", team="red")
    asked = (p.SubscribeView("list", "scheduled"), p.SubscribeCounts("n", ("scheduled",)))
    mia = await connected(world, "mia", *asked)
    planned = replace(before, version=before.version + 1, scheduled=(MessageId("m1"),))
    await world.commit(planned, EventType.MESSAGE_QUEUED, actor=Author("agent", "max"))
    await world.clock.advance(2_000)
    put = [f for f in await mia.read() if isinstance(f, p.Put) and f.sub == "list"]
    assert (len(put), mia.counts) == (1, {"scheduled": 1})
    await world.commit(replace(planned, version=planned.version + 1, scheduled=()), EventType.DELIVERY_CHANGED, actor=Author("system"))
    await world.clock.advance(2_000)
    assert [f.sub for f in await mia.read() if isinstance(f, p.Gone)] == ["list"]
    assert mia.counts == {"scheduled": 0}


async def test_nobody_is_told_of_what_he_follows_and_may_not_read(world: World) -> None:
    await world.conversation("c1", team="blue", followers=("mia", "sue"))
    mia, sue = [await connected(world, agent) for agent in ("mia", "sue")]
    await world.message("c1", "m1")
    assert [[f.row.kind for f in await tab.read() if isinstance(f, p.Notice)] for tab in (mia, sue)] == [[], ["followed"]]


async def test_counters_follow_changes_at_most_once_a_second(world: World) -> None:
    counts = p.SubscribeCounts("n", ("all", "unassigned", "mine"))
    mia, sue = await connected(world, "mia", counts), await connected(world, "sue", counts)
    assert mia.counts == {"all": 0, "unassigned": 0, "mine": 0}
    await world.clock.advance(2_000)
    for number in range(5):
        await world.conversation(f"c{number}", team="red" if number < 4 else "blue")
    assert len([f for f in await mia.read() if isinstance(f, p.Counts)]) == 1
    await world.clock.advance(1_000)
    await mia.read()
    await sue.read()
    assert mia.counts == {"all": 4, "unassigned": 4, "mine": 0}
    assert sue.counts == {"all": 5, "unassigned": 5, "mine": 0}
    await world.change("c4", assignee="mia")
    await world.clock.advance(1_000)
    await mia.read()
    assert mia.counts == {"all": 5, "unassigned": 4, "mine": 1}


async def test_own_read_marks_and_drafts_reach_only_ones_own_tabs(world: World) -> None:
    one, two, other = [await connected(world, agent) for agent in ("mia", "mia", "max")]
    conversation = await world.conversation("c1")
    world.live.read_moved(AgentId("mia"), conversation.id, 3)
    world.live.draft_changed(AgentId("mia"), conversation.id, "reply", 7)
    await settle()
    assert kinds(await one.read()) == kinds(await two.read()) == ["Read", "DraftChanged"]
    assert kinds(await other.read()) == []


async def test_a_new_name_is_told_and_a_newcomer_is_not(world: World) -> None:
    await world.conversation("c1")
    mia = await connected(world, "mia", ALL)
    await world.customer("anna", name="Ann")
    assert [(f.what, f.id) for f in await mia.read() if isinstance(f, p.Reload)] == [("customers", "anna")]
    await world.change("c1")
    await mia.calm()
    assert mia.rows("list")["c1"].customer.name == "Ann"


async def test_who_gains_or_loses_sight_of_a_conversation_is_told_to_look_at_his_notices_again(world: World) -> None:
    await world.conversation("c1", team="red")
    mia, max_, sue = [await connected(world, agent) for agent in ("mia", "max", "sue")]
    await world.change("c1", team="blue")
    told = [[(f.what, f.id) for f in await tab.read() if isinstance(f, p.Reload)] for tab in (mia, max_, sue)]
    assert told == [[("notices", "c1")], [("notices", "c1")], []]


async def test_who_was_offered_a_conversation_of_his_team_looks_again_at_his_notices_when_that_is_over(world: World) -> None:
    await world.conversation("c1", team="red")
    await world.change("c1", waiting=Waiting(0, offer=Offer(AgentId("mia"), 10)))
    mia, max_ = await connected(world, "mia"), await connected(world, "max")
    await world.change("c1", waiting=None)
    told = [[f.what for f in await tab.read() if isinstance(f, p.Reload)] for tab in (mia, max_)]
    assert told == [["notices"], []]
