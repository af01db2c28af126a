"""The gate: who sees what, and that nothing is allowed by accident."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.agent import Agent, Role
from inbox.core.conversation import Category
from inbox.core.errors import Denied, NotFound
from inbox.core.events import Facets
from inbox.core.ids import AgentId, ChannelId, CustomerId, TeamId
from inbox.core.permissions import (
    IN_CONVERSATION,
    REACHES,
    Action,
    Actor,
    Allowed,
    DeniedBecause,
    Reach,
    Scope,
    barred,
    may,
    require,
    require_channel,
    scope,
    sees,
)
from inbox.core.roles import actor_of
from tests.core import strategies as some

ANN = Actor(AgentId("ann"), Role.AGENT, (TeamId("blue"),))
BOT = Actor(AgentId("bot"), Role.BOT, (TeamId("blue"),))
BOSS = Actor(AgentId("sue"), Role.SUPERVISOR)
ADMIN = Actor(AgentId("adi"), Role.ADMIN)
LOOSE = Facets(Category.OPEN, ChannelId("mail"), CustomerId("kim"))
BLUE = replace(LOOSE, team=TeamId("blue"))
RED = replace(LOOSE, team=TeamId("red"))

actions = st.sampled_from(Action)


def because(decision: Allowed | DeniedBecause) -> str:
    return decision.reason.code if isinstance(decision, DeniedBecause) else ""


@given(some.actors, some.facets)
def test_to_read_is_to_see(actor: Actor, facets: Facets) -> None:
    assert isinstance(may(actor, Action.READ, facets), Allowed) == sees(scope(actor), facets)


@given(some.actors, actions, some.facets)
def test_nothing_may_be_done_to_what_is_not_seen(actor: Actor, action: Action, facets: Facets) -> None:
    if not sees(scope(actor), facets):
        assert isinstance(may(actor, action, facets), DeniedBecause)


@given(some.actors, actions, some.maybe(some.facets))
def test_each_role_may_all_that_the_one_below_may(actor: Actor, action: Action, facets: Facets | None) -> None:
    ranks = (Role.AGENT, Role.SUPERVISOR, Role.ADMIN)
    allowed = [isinstance(may(replace(actor, role=role, custom=None), action, facets), Allowed) for role in ranks]
    assert allowed == sorted(allowed)


@given(some.actors, actions, some.maybe(some.facets))
def test_who_is_inactive_may_nothing_and_sees_nothing(actor: Actor, action: Action, facets: Facets | None) -> None:
    gone = replace(actor, active=False)
    assert because(may(gone, action, facets)) == "inactive"
    assert scope(gone) == Scope()
    assert facets is None or not sees(scope(gone), facets)


@given(some.facets)
def test_an_agent_sees_his_teams_the_teamless_and_what_is_his(facets: Facets) -> None:
    expected = facets.team in (None, TeamId("blue")) or "ann" in (facets.assignee, facets.bot)
    assert sees(scope(ANN), facets) == expected


def test_what_is_assigned_to_an_agent_is_his_whatever_its_team() -> None:
    assert not sees(scope(ANN), RED)
    assert sees(scope(ANN), replace(RED, assignee=AgentId("ann")))
    assert sees(scope(ANN), BLUE)
    assert sees(scope(ANN), LOOSE)


@given(some.facets)
def test_a_bot_sees_only_what_is_given_to_it(facets: Facets) -> None:
    assert sees(scope(BOT), facets) == (facets.assignee == "bot" or facets.bot == "bot")


@given(some.facets)
def test_supervisors_and_admins_see_everything(facets: Facets) -> None:
    assert sees(scope(BOSS), facets)
    assert sees(scope(ADMIN), facets)


@given(some.actors, some.facets, st.sets(some.channel_ids))
def test_a_bar_takes_away_what_is_not_the_agents_own_and_nothing_else(actor: Actor, facets: Facets, shut: set[ChannelId]) -> None:
    free, held = replace(actor, barred=()), replace(actor, barred=tuple(sorted(shut)))
    own = actor.id in (facets.assignee, facets.bot, facets.offered) or scope(actor).all
    assert sees(scope(held), facets) == (sees(scope(free), facets) and (own or facets.channel not in shut))


def test_a_channel_that_names_teams_is_shut_to_everybody_else() -> None:
    mail, chat = ChannelId("mail"), ChannelId("chat")
    named = {mail: (TeamId("blue"), TeamId("red")), chat: (TeamId("green"),)}
    assert barred((), named) == (chat, mail)
    assert barred((TeamId("red"),), named) == (chat,)
    assert barred((TeamId("green"), TeamId("blue")), named) == ()
    assert barred((), {}) == ()


def test_nobody_begins_a_conversation_where_he_reads_none() -> None:
    shut = (ChannelId("mail"),)
    with pytest.raises(Denied):
        require_channel(replace(ANN, barred=shut), ChannelId("mail"))
    require_channel(replace(ANN, barred=shut), ChannelId("chat"))
    require_channel(replace(ADMIN, barred=shut), ChannelId("mail"))


def test_an_empty_scope_does_not_match_the_unassigned() -> None:
    assert not sees(Scope(), LOOSE)
    assert not sees(Scope(), BLUE)


@pytest.mark.parametrize("action", sorted(IN_CONVERSATION))
def test_what_is_done_in_a_conversation_needs_one(action: Action) -> None:
    assert because(may(ADMIN, action)) == "no_conversation"


@pytest.mark.parametrize("action", list(Action))
def test_a_bot_acts_only_inside_a_conversation(action: Action) -> None:
    assert because(may(BOT, action)) in ("no_conversation", "role")


@pytest.mark.parametrize("action", list(Action))
def test_a_role_that_is_not_in_the_table_may_nothing(action: Action) -> None:
    stranger = replace(ADMIN, role=cast(Role, "root"))
    assert because(may(stranger, action, LOOSE)) == "role"
    assert not sees(scope(stranger), LOOSE)


WORKSPACE = {
    Action.REPROCESS,
    Action.MANAGE_CHANNELS,
    Action.MANAGE_AGENTS,
    Action.MANAGE_TEAMS,
    Action.MANAGE_QUEUES,
    Action.MANAGE_SLA,
    Action.MANAGE_SURVEYS,
    Action.MANAGE_TAGS,
    Action.MANAGE_ATTRIBUTES,
    Action.MANAGE_SECURITY,
}
WATCHING = {Action.SUPERVISE, Action.AUDIT_READ, Action.MANAGE_REPLIES}
BOTS = {
    Action.READ,
    Action.REPLY,
    Action.NOTE,
    Action.TAG,
    Action.HAND_OVER,
    Action.SET_STATUS,
    Action.CUSTOMER_READ,
    Action.CUSTOMER_EDIT,
}


@pytest.mark.parametrize("action", list(Action))
def test_the_roles_differ_exactly_here(action: Action) -> None:
    """The table once more, from the other side: what each role may not."""
    given = replace(BLUE, bot=AgentId("bot"))
    allowed = {actor.role: isinstance(may(actor, action, given), Allowed) for actor in (BOT, ANN, BOSS, ADMIN)}
    assert allowed == {
        Role.BOT: action in BOTS,
        Role.AGENT: action not in WORKSPACE | WATCHING,
        Role.SUPERVISOR: action not in WORKSPACE,
        Role.ADMIN: True,
    }


def test_an_agent_may_search_and_start_without_a_conversation() -> None:
    for action in (Action.SEARCH, Action.START_CONVERSATION, Action.CUSTOMER_READ, Action.CUSTOMER_EDIT):
        assert isinstance(may(ANN, action), Allowed)


def test_a_denial_says_why_and_what_was_asked() -> None:
    assert because(may(ANN, Action.REPLY, RED)) == "not_visible"
    decision = may(ANN, Action.SUPERVISE)
    assert isinstance(decision, DeniedBecause)
    assert (decision.reason.code, decision.reason.ids) == ("role", ("supervise",))


def test_require_hides_what_is_not_seen_and_denies_what_is() -> None:
    with pytest.raises(NotFound):
        require(ANN, Action.REPLY, RED)
    with pytest.raises(Denied) as denied:
        require(ANN, Action.MANAGE_AGENTS)
    assert denied.value.reason == "role"
    require(ANN, Action.REPLY, BLUE)
    require(ANN, Action.SEARCH)


def test_an_account_is_an_actor() -> None:
    agent = Agent(AgentId("ann"), "ann@x.org", "Ann", Role.AGENT, teams=(TeamId("blue"),), active=False)
    assert actor_of(agent, {}, {}) == replace(ANN, active=False)


@pytest.mark.parametrize("reach", list(Reach))
@pytest.mark.parametrize("action", list(Action))
def test_a_token_never_adds_to_what_its_account_may(action: Action, reach: Reach) -> None:
    for actor in (BOT, ANN, BOSS, ADMIN):
        whole, within = may(actor, action, BLUE), may(replace(actor, reach=reach), action, BLUE)
        if not isinstance(whole, Allowed):
            assert not isinstance(within, Allowed)
        elif action not in REACHES[reach]:
            assert because(within) == "reach"
        else:
            assert within == whole


def test_reaches_grow() -> None:
    assert REACHES[Reach.READ] < REACHES[Reach.WRITE] < REACHES[Reach.ADMIN]
    assert not {action for action in REACHES[Reach.WRITE] if action.value.startswith("manage_")}
