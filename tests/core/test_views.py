"""Views: the right conversations in the right order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.events import Facets
from inbox.core.ids import AgentId, ChannelId, CustomerId, QueueId, TeamId
from inbox.core.views import ANYBODY, BUILTIN, ME, NOBODY, SOMEBODY, Sort, View, assignee_of, matches, sort_key
from tests.core import strategies as some

ANN = AgentId("ann")
OPEN = Facets(Category.OPEN, ChannelId("mail"), CustomerId("kim"))
EVERY = View("every", tuple(Category))


@given(some.facets, st.sampled_from(sorted(BUILTIN)))
def test_a_merged_conversation_is_in_no_view(facets: Facets, name: str) -> None:
    assert not matches(BUILTIN[name], replace(facets, merged=True), ANN)


@given(some.facets)
def test_every_other_conversation_is_in_exactly_one_of_the_views_by_state(facets: Facets) -> None:
    there = [name for name in ("all", "snoozed", "resolved", "spam") if matches(BUILTIN[name], replace(facets, merged=False), ANN)]
    assert len(there) == 1


@given(some.facets)
def test_mine_unassigned_and_bots_are_what_they_say(facets: Facets) -> None:
    active = not facets.merged and facets.category in (Category.OPEN, Category.WAITING)
    assert matches(BUILTIN["mine"], facets, ANN) == (active and ANN in (facets.assignee, facets.offered))
    assert matches(BUILTIN["unassigned"], facets, ANN) == (active and facets.assignee is None and facets.bot is None)
    assert matches(BUILTIN["bots"], facets, ANN) == (active and facets.bot is not None)
    unfinished = active or (not facets.merged and facets.category is Category.SNOOZED)
    assert matches(BUILTIN["mentions"], facets, ANN) == (unfinished and ANN in facets.mentioned)
    assert matches(BUILTIN["followed"], facets, ANN) == (unfinished and ANN in facets.followers)
    spam = facets.category is Category.SPAM
    assert matches(BUILTIN["scheduled"], facets, ANN) == (facets.scheduled and not spam and not facets.merged)
    assert matches(BUILTIN["queue"], facets, ANN) == (active and facets.queued)


@pytest.mark.parametrize(
    ("view", "there", "not_there"),
    [
        (View("v", tuple(Category), team=TeamId("red")), replace(OPEN, team=TeamId("red")), OPEN),
        (View("v", tuple(Category), channel=ChannelId("chat")), replace(OPEN, channel=ChannelId("chat")), OPEN),
        (View("v", tuple(Category), customer=CustomerId("lou")), replace(OPEN, customer=CustomerId("lou")), OPEN),
        (
            View("v", tuple(Category), customer=CustomerId("lou"), absorbed=(CustomerId("l"),)),
            replace(OPEN, customer=CustomerId("l")),
            OPEN,
        ),
        (View("v", tuple(Category), priority=Priority.URGENT), replace(OPEN, priority=Priority.URGENT), OPEN),
        (View("v", tuple(Category), tags=("a", "b")), replace(OPEN, tags=("b", "c", "a")), replace(OPEN, tags=("a",))),
        (View("v", tuple(Category), assignee="bea"), replace(OPEN, assignee=AgentId("bea")), replace(OPEN, assignee=ANN)),
        (View("v", tuple(Category), assignee=ME), replace(OPEN, assignee=ANN), OPEN),
        (View("v", tuple(Category), assignee=ME), replace(OPEN, offered=ANN), replace(OPEN, offered=AgentId("bea"))),
        (View("v", tuple(Category), mentioned=True), replace(OPEN, mentioned=(ANN,)), replace(OPEN, mentioned=(AgentId("bea"),))),
        (View("v", tuple(Category), assignee=SOMEBODY), replace(OPEN, assignee=AgentId("bea")), OPEN),
        (View("v", tuple(Category), team=TeamId(NOBODY)), OPEN, replace(OPEN, team=TeamId("red"))),
        (View("v", tuple(Category), queue=QueueId(NOBODY)), OPEN, replace(OPEN, queue=QueueId("q"))),
        (View("v", tuple(Category), assignee=NOBODY), OPEN, replace(OPEN, assignee=ANN)),
        (View("v", tuple(Category), queued=False), OPEN, replace(OPEN, queued=True)),
        (View("v", (Category.SPAM,)), replace(OPEN, category=Category.SPAM), OPEN),
    ],
)
def test_each_condition_counts(view: View, there: Facets, not_there: Facets) -> None:
    assert matches(view, there, ANN)
    assert not matches(view, not_there, ANN)


@given(some.facets)
def test_a_view_without_conditions_holds_all_that_is_not_merged(facets: Facets) -> None:
    assert matches(EVERY, facets, ANN) != facets.merged


def test_the_assignee_a_view_asks_for() -> None:
    assert [assignee_of(replace(EVERY, assignee=who), ANN) for who in (ANYBODY, NOBODY, ME, "bea")] == [None, None, ANN, "bea"]


conversations = st.builds(
    lambda id, updated, waiting, due, priority: replace(
        some.seed(id=id), updated_at=updated, waiting_since=waiting, sort_due=due, priority=priority
    ),
    some.conversation_ids,
    some.instants,
    some.maybe(some.instants),
    some.maybe(some.instants),
    st.sampled_from(Priority),
)


@given(st.lists(conversations, unique_by=lambda c: c.id), st.sampled_from(Sort))
def test_the_order_is_total(found: list[Conversation], sort: Sort) -> None:
    view = replace(EVERY, sort=sort)
    keys = [sort_key(view, c) for c in found]
    assert len(set(keys)) == len(found)
    assert sorted(found, key=lambda c: sort_key(view, c)) == sorted(reversed(found), key=lambda c: sort_key(view, c))


def order(sort: Sort, *found: Conversation) -> list[str]:
    return [c.id for c in sorted(found, key=lambda c: sort_key(replace(EVERY, sort=sort), c))]


def test_newest_activity_first() -> None:
    old, new, same = (replace(some.seed(id=id), updated_at=at) for id, at in (("b", 1), ("c", 2), ("a", 1)))
    assert order(Sort.ACTIVITY, old, new, same) == ["c", "a", "b"]


def test_longest_waiting_first_and_who_does_not_wait_last() -> None:
    none, late, early = (replace(some.seed(id=id), waiting_since=at) for id, at in (("a", None), ("b", 9), ("c", 0)))
    assert order(Sort.WAITING, none, late, early) == ["c", "b", "a"]


def test_earliest_deadline_first_and_none_last() -> None:
    none, late, early = (replace(some.seed(id=id), sort_due=at) for id, at in (("a", None), ("b", 9), ("c", 0)))
    assert order(Sort.DUE, none, late, early) == ["c", "b", "a"]


def test_most_urgent_first_then_longest_waiting() -> None:
    low, urgent, earlier, idle, newer = (
        replace(some.seed(id=id), priority=priority, waiting_since=at, updated_at=changed)
        for id, priority, at, changed in (
            ("a", Priority.LOW, 0, 0),
            ("b", Priority.URGENT, 2, 5),
            ("c", Priority.URGENT, 1, 6),
            ("d", Priority.URGENT, None, 7),
            ("e", Priority.URGENT, None, 8),
        )
    )
    assert order(Sort.PRIORITY, low, urgent, earlier, idle, newer) == ["c", "b", "e", "d", "a"]


def test_builtin_orders() -> None:
    sorts = {name: view.sort for name, view in BUILTIN.items() if view.sort is not Sort.ACTIVITY}
    assert sorts == {"queue": Sort.WAITING, "waiting-longest": Sort.WAITING, "pressing": Sort.DUE, "due": Sort.DUE, "urgent": Sort.PRIORITY}
