"""What a change in bulk asks of each conversation, and how it is taken back without taking back anybody else's work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core import bulk, lifecycle
from inbox.core import commands as c
from inbox.core.bulk import Change
from inbox.core.conversation import Category, Conversation, LastMessage, Priority
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, ConversationId, MessageId, TeamId
from inbox.core.lifecycle import Changed
from inbox.core.message import Kind, Reason
from inbox.testing.builders import a_conversation
from tests.core.strategies import ANN, BEA, BOT, HOUR, NOW

ID = ConversationId("c1")


def changed(before: Conversation, change: Change) -> Conversation:
    """The conversation after the commands of a change."""
    after = before
    for command in bulk.commands(change, before.id):
        match command:
            case c.SetTags(add=add, remove=remove):
                after = lifecycle.set_tags(after, add, remove).conversation
            case c.Follow(follow=follow):
                after = lifecycle.set_followers(after, *((ANN,), ()) if follow else ((), (ANN,))).conversation
            case c.SetPriority(priority=priority):
                after = lifecycle.set_priority(after, priority).conversation
            case c.SetStatus(category=category, until=until):
                after = lifecycle.set_category(after, category, NOW, until).conversation
            case c.Assign(agent=agent, team=team):
                after = lifecycle.assign(after, agent, team, Reason("by_hand"), NOW).conversation
    return after


def undone(now_stands: Conversation, before: Conversation, after: Conversation, at: int = NOW + 1) -> Conversation:
    return bulk.undo(now_stands, bulk.standing(before), bulk.standing(after), at, since=NOW).conversation


def test_a_change_becomes_the_commands_of_one_by_one() -> None:
    change = Change(BEA, TeamId("red"), Category.SNOOZED, NOW + HOUR, Priority.HIGH, ("vip",), ("old",))
    assert list(bulk.commands(change, ID)) == [
        c.SetTags(ID, ("vip",), ("old",)),
        c.SetPriority(ID, Priority.HIGH),
        c.SetStatus(ID, Category.SNOOZED, until=NOW + HOUR),
        c.Assign(ID, BEA, TeamId("red")),
    ]
    assert list(bulk.commands(Change(read=True), ID)) == []


@pytest.mark.parametrize(("stood", "follow"), [((BEA,), True), ((ANN, BEA), False)])
def test_what_undoes_a_follow_leaves_the_others_alone(stood: tuple[AgentId, ...], follow: bool) -> None:
    before = a_conversation("c1", followers=stood)
    after = changed(before, Change(follow=follow))
    assert (ANN in after.followers) is follow
    since = replace(after, followers=tuple(one for one in after.followers if one != BEA))
    assert set(undone(since, before, after).followers) == set(stood) - {BEA}


@pytest.mark.parametrize(("read", "inbound", "mark", "wanted"), [(True, 3, 1, 3), (False, 3, 3, 2), (False, 3, 1, 1), (False, 0, 0, 0)])
def test_marks_go_to_the_end_or_before_the_last(read: bool, inbound: int, mark: int, wanted: int) -> None:
    assert bulk.mark(read, inbound, mark) == wanted


starts = st.builds(
    lambda category, holder, team, tags, priority, waits: a_conversation(
        category=category,
        status=category.value,
        assignee=holder,
        team=team,
        tags=tags,
        priority=priority,
        waiting_since=NOW - HOUR if waits and category in (Category.OPEN, Category.SNOOZED) else None,
        queued_at=NOW - HOUR if category is Category.OPEN and holder is None else None,
        snoozed_until=NOW + HOUR if category is Category.SNOOZED else None,
        snooze_epoch=1 if category is Category.SNOOZED else 0,
        resolved_at=NOW - 5 if category is Category.RESOLVED else None,
    ),
    st.sampled_from([Category.OPEN, Category.WAITING, Category.SNOOZED, Category.RESOLVED]),
    st.none() | st.just(ANN),
    st.none() | st.just(TeamId("blue")),
    st.lists(st.sampled_from(["vip", "refund"]), unique=True).map(tuple),
    st.sampled_from(Priority),
    st.booleans(),
)
changes = st.builds(
    Change,
    assignee=st.sampled_from([None, ANN, BEA]),
    team=st.sampled_from([None, TeamId("red")]),
    status=st.sampled_from([Category.OPEN, Category.WAITING, Category.RESOLVED, Category.SPAM]),
    priority=st.sampled_from(Priority),
    add_tags=st.just(("new",)),
    remove_tags=st.just(("vip",)),
)


@given(start=starts, change=changes)
def test_undone_at_once_it_stands_as_before(start: Conversation, change: Change) -> None:
    after = changed(start, change)
    back = undone(after, start, after)
    assert (back.category, back.status, back.assignee, back.team, back.priority) == (
        start.category,
        start.status,
        start.assignee,
        start.team,
        start.priority,
    )
    assert set(back.tags) == set(start.tags)
    assert (back.waiting_since, back.queued_at, back.snoozed_until) == (
        start.waiting_since if start.category is not Category.SNOOZED else back.waiting_since,
        start.queued_at,
        start.snoozed_until,
    )


def test_what_comes_back_says_that_it_was_undone_and_stands_as_it_did() -> None:
    start = a_conversation(assignee=ANN, assign_reason=GIVEN_ON)
    after = changed(start, Change(assignee=BEA))
    back = bulk.undo(after, bulk.standing(start), bulk.standing(after), NOW)
    assert (back.reason, back.conversation.assign_reason) == (Reason("undone"), GIVEN_ON)


@pytest.mark.parametrize(
    "since",
    [
        lambda x: lifecycle.set_category(x, Category.OPEN, NOW),
        lambda x: lifecycle.assign(x, AgentId("cem"), None, None, NOW),
        lambda x: lifecycle.set_priority(x, Priority.LOW),
        lambda x: lifecycle.set_tags(x, (), ("new",)),
        lambda x: lifecycle.set_tags(x, ("gone",), ()),
    ],
)
def test_what_somebody_changed_since_stays(since: object) -> None:
    start = a_conversation(assignee=ANN, tags=("gone",))
    after = changed(start, Change(BEA, None, Category.RESOLVED, None, Priority.URGENT, ("new",), ("gone",)))
    later = since(after).conversation  # type: ignore[operator]  # each case is a step of the lifecycle
    with pytest.raises(Conflict):
        undone(later, start, after)


GIVEN_ON = Reason("least_loaded", ("bea",), {"load": 1})
ANSWER = LastMessage(MessageId("m1"), NOW, Kind.REPLY, "bea", "Hello")


@pytest.mark.parametrize(
    ("since", "taken_back"),
    [
        (lambda x: lifecycle.assign(x, BEA, None, GIVEN_ON, NOW), True),
        (lambda x: lifecycle.assign(x, BEA, None, replace(GIVEN_ON, numbers={"accepted": 1}), NOW), False),
        (lambda x: lifecycle.assign(x, BEA, None, Reason("by_hand", ("bea", "ann")), NOW), False),
        (lambda x: lifecycle.assign(x, BEA, TeamId("red"), GIVEN_ON, NOW), False),
        (lambda x: lifecycle.assign(x, BEA, None, GIVEN_ON, NOW).then(lambda y: lifecycle.set_category(y, Category.RESOLVED, NOW)), False),
        (lambda x: lifecycle.assign(x, BEA, None, GIVEN_ON, NOW).then(lambda y: Changed(replace(y, last_reply=ANSWER))), False),
    ],
)
def test_what_routing_gave_on_comes_back_unless_somebody_took_it_up(since: Callable[[Conversation], Changed], taken_back: bool) -> None:
    start = a_conversation(assignee=ANN)
    given_back = changed(start, Change(assignee=None))
    later = since(given_back).conversation
    if taken_back:
        assert undone(later, start, given_back).assignee == ANN
    else:
        with pytest.raises(Conflict):
            undone(later, start, given_back)


def test_what_the_change_did_not_touch_may_have_changed() -> None:
    start = a_conversation(assignee=ANN)
    after = changed(start, Change(add_tags=("new",)))
    later = lifecycle.assign(after, BEA, None, None, NOW).conversation
    back = undone(later, start, after)
    assert (back.tags, back.assignee) == ((), BEA)


def test_a_snooze_that_would_be_over_opens() -> None:
    start = a_conversation(category=Category.SNOOZED, status="snoozed", snoozed_until=NOW + HOUR, snooze_epoch=1)
    after = changed(start, Change(status=Category.RESOLVED))
    assert undone(after, start, after, NOW + 2 * HOUR).category is Category.OPEN


def test_a_bot_gets_back_what_it_served_while_it_is_open() -> None:
    start = a_conversation(bot=BOT)
    after = changed(start, Change(assignee=BEA))
    assert after.bot is None
    assert undone(after, start, after).bot == BOT
    closed = replace(start, category=Category.RESOLVED, status="resolved")
    taken = changed(closed, Change(assignee=BEA))
    assert undone(taken, closed, taken).bot is None


def test_a_custom_status_comes_back_under_its_name() -> None:
    start = a_conversation(category=Category.WAITING, status="at the workshop")
    after = changed(start, Change(status=Category.RESOLVED))
    assert undone(after, start, after).status == "at the workshop"
