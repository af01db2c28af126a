"""Filters as they are typed, and who may save and see views."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core import filters
from inbox.core.agent import Role
from inbox.core.conversation import Category, ClockState, Priority, SlaClock
from inbox.core.errors import Denied, Invalid
from inbox.core.events import facets, urgency
from inbox.core.filters import SavedView, Share, narrow, view_of
from inbox.core.ids import TeamId
from inbox.core.permissions import Actor
from inbox.core.views import ACTIVE, BUILTIN, ME, NOBODY, SOMEBODY, Sort, View, matches
from inbox.testing.builders import a_conversation
from tests.core.strategies import ANN, BEA, NOW

ALL = BUILTIN["all"]
RED = TeamId("red")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", {}),
        ("is:open is:waiting", {"categories": (Category.OPEN, Category.WAITING)}),
        ("is:snoozed", {"categories": (Category.SNOOZED,)}),
        ("IS:Closed team:red", {"categories": (Category.RESOLVED,), "team": "red"}),
        ("is:mine", {"assignee": ME}),
        ("is:unassigned", {"assignee": NOBODY, "bot": False}),
        ("is:queued is:bot", {"queued": True, "bot": True}),
        ("is:assigned queue:none team:none", {"assignee": SOMEBODY, "queue": "none", "team": "none"}),
        ("is:late", {"sla": "late"}),
        ("is:open sort:due SORT:Waiting", {"categories": (Category.OPEN,), "sort": Sort.WAITING}),
        ("is:closed tag:vip sort:due", {"categories": (Category.RESOLVED,), "tags": ("vip",), "sort": Sort.DUE}),
        ("is:soon", {"sla": "soon"}),
        ("is:pressing", {"sla": "pressing"}),
        ("is:mentioned", {"mentioned": True}),
        ("is:followed", {"followed": True}),
        ("is:scheduled", {"scheduled": True}),
        ("assignee:me", {"assignee": ME}),
        ('tag:vip tag:"two words" tag:vip', {"tags": ("vip", "two words")}),
        (
            "channel:mail priority:High customer:c1 queue:q1",
            {"channel": "mail", "priority": Priority.HIGH, "customer": "c1", "queue": "q1"},
        ),
    ],
)
def test_what_is_typed_narrows_the_view(typed: str, wanted: dict[str, object]) -> None:
    assert narrow(ALL, typed) == replace(ALL, **wanted)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hello", "is no filter"),
        ("colour:red", "is no filter"),
        ("is:gone", "is: takes open"),
        ("priority:huge", "priority: takes low"),
        ("tag:", "needs a value"),
        ('tag:""', "needs a value"),
        ("tag:" + "x" * 65, "needs a value"),
        (" ".join(f"tag:{n}" for n in range(11)), "at most 10 tags"),
        ("x" * 501, "at most 500"),
        ("is:closed channel:mail", "search finds the others"),
        ("is:closed is:mentioned", "search finds the others"),
        ("is:closed is:followed", "search finds the others"),
        ("is:closed assignee:me", "search finds the others"),
        ("is:open is:spam is:late", "search finds the others"),
        ("is:closed team:red sort:due", "sorted by activity"),
        ("is:spam is:scheduled", "search finds the others"),
        ("is:closed is:scheduled is:spam channel:mail", "search finds the others"),
        ("sort:size", "sort: takes activity"),
    ],
)
def test_what_is_no_filter_is_said(typed: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        narrow(ALL, typed)
    assert refused.value.field == "filter"


def test_the_order_of_a_view_of_open_ones_is_not_that_of_closed_ones() -> None:
    with pytest.raises(Invalid, match="sorted by activity"):
        narrow(BUILTIN["due"], "is:closed")
    assert narrow(BUILTIN["due"], "is:closed sort:activity").sort is Sort.ACTIVITY


def test_closed_ones_may_be_narrowed_where_an_index_answers() -> None:
    for typed in ("is:closed tag:vip channel:mail", "is:closed customer:c1 is:mine", "is:closed team:red"):
        assert Category.RESOLVED in narrow(ALL, typed).categories


def test_the_filter_goes_before_the_view_and_tags_add_up() -> None:
    view = View("v", ACTIVE, assignee=ME, tags=("vip",), sort=Sort.DUE)
    assert narrow(view, f"assignee:{BEA} tag:new") == replace(view, assignee=BEA, tags=("vip", "new"))


@given(st.text(max_size=600))
def test_whatever_is_typed_is_taken_or_refused(typed: str) -> None:
    with suppress(Invalid):
        assert isinstance(narrow(ALL, typed), View)


@pytest.mark.parametrize(
    ("category", "clocks", "wanted"),
    [
        (Category.OPEN, (), ""),
        (Category.OPEN, (SlaClock("first", ClockState.RUNNING, 10),), ""),
        (Category.OPEN, (SlaClock("first", ClockState.RUNNING, 10, warned_at=NOW),), "soon"),
        (Category.WAITING, (SlaClock("first", ClockState.PAUSED, 10, warned_at=NOW),), ""),
        (Category.WAITING, (SlaClock("first", ClockState.BREACHED, 10, warned_at=NOW, breached_at=NOW),), "late"),
        (Category.OPEN, (SlaClock("first", ClockState.BREACHED, 10, breached_at=NOW, met_at=NOW),), ""),
        (Category.RESOLVED, (SlaClock("first", ClockState.BREACHED, 10, breached_at=NOW),), ""),
    ],
)
def test_late_and_soon_follow_from_the_clocks(category: Category, clocks: tuple[SlaClock, ...], wanted: str) -> None:
    conversation = a_conversation(category=category, sla=clocks)
    assert urgency(conversation) == wanted
    for state in ("late", "soon"):
        view = View("v", tuple(Category), sla=state)
        assert matches(view, facets(conversation), ANN) == (wanted == state)


def saved(**fields: object) -> SavedView:
    return replace(SavedView("v1", "Mine", ANN, "tag:vip", Sort.WAITING), **fields)


def test_a_saved_view_is_its_filter_in_its_order() -> None:
    assert view_of(saved()) == View("v1", ACTIVE, tags=("vip",), sort=Sort.WAITING)


AGENT = Actor(ANN, Role.AGENT, (RED,))
OTHER = Actor(BEA, Role.AGENT, (RED,))
STRANGER = Actor(BEA, Role.AGENT)
BOSS = Actor(BEA, Role.SUPERVISOR)


def test_who_sees_it() -> None:
    assert [filters.sees(who, saved()) for who in (AGENT, OTHER, BOSS)] == [True, False, False]
    team = saved(share=Share.TEAM, team=RED)
    assert [filters.sees(who, team) for who in (AGENT, OTHER, STRANGER, BOSS)] == [True, True, False, True]
    assert filters.sees(STRANGER, saved(share=Share.ALL))


def test_who_saves_it() -> None:
    team, everybody = saved(share=Share.TEAM, team=RED), saved(share=Share.ALL)
    for before, after in ((None, saved()), (saved(), team), (team, None)):
        filters.require_save(AGENT, before, after)
    for before, after in ((None, everybody), (saved(), everybody), (everybody, None), (None, saved(share=Share.TEAM, team=TeamId("blue")))):
        with pytest.raises(Denied):
            filters.require_save(AGENT, before, after)
        filters.require_save(BOSS, before, after)
    for stranger in (OTHER, STRANGER):
        with pytest.raises(Denied):
            filters.require_save(stranger, team, None)
