"""Roles of a workspace's own: what they give, and that nobody gives more than he has."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.agent import Agent, Role
from inbox.core.errors import Denied, Invalid
from inbox.core.events import Facets
from inbox.core.ids import AgentId
from inbox.core.permissions import (
    NOTHING,
    ROLES,
    Action,
    Actor,
    Allowed,
    DeniedBecause,
    Grant,
    Scope,
    Sight,
    granted,
    may,
    scope,
    sees,
)
from inbox.core.roles import BUILTIN, CustomRole, actor_of, check, grant_of, require_within, role_of, with_role, within
from tests.core import strategies as some

MIA = Agent(AgentId("mia"), "mia@x.org", "Mia", Role.AGENT)
roles = st.builds(
    CustomRole,
    st.just("r"),
    st.just("Role"),
    permissions=st.lists(st.sampled_from(Action), unique=True).map(tuple),
    sight=st.sampled_from(Sight),
)


@given(roles, st.sampled_from(Action), some.facets)
def test_a_role_gives_exactly_its_permissions_on_what_it_sees(role: CustomRole, action: Action, facets: Facets) -> None:
    actor = actor_of(replace(MIA, custom_role="r"), {"r": role}, {})
    decision = may(actor, action, facets)
    has = action in role.permissions or action is Action.READ
    assert isinstance(decision, Allowed) == (has and sees(scope(actor), facets))
    if not has:
        assert isinstance(decision, DeniedBecause)
        assert decision.reason.code == "role"


@given(st.sampled_from(BUILTIN), roles)
def test_the_own_role_counts_and_not_the_built_in_one(role: Role, own: CustomRole) -> None:
    """Not even if an account had both by some mistake."""
    actor = actor_of(replace(MIA, role=role, custom_role="r"), {"r": own}, {})
    assert granted(actor) == grant_of(own)


def test_a_role_that_is_gone_gives_nothing() -> None:
    actor = actor_of(replace(MIA, role=Role.ADMIN, custom_role="gone"), {}, {})
    assert granted(actor) == NOTHING
    assert scope(actor) == Scope()
    assert not any(isinstance(may(actor, action), Allowed) for action in Action)


@pytest.mark.parametrize("role", BUILTIN)
def test_a_role_is_given_and_named_by_its_id(role: Role) -> None:
    own = with_role(replace(MIA, role=Role.ADMIN), "nights")
    assert (own.role, own.custom_role, role_of(own)) == (Role.AGENT, "nights", "nights")
    back = with_role(own, role.value)
    assert (back.role, back.custom_role, role_of(back)) == (role, "", role.value)


def test_the_built_in_roles_grow() -> None:
    """Hence an account of each can be looked after by the next."""
    for less, more in pairwise(BUILTIN):
        assert within(Actor(AgentId("x"), more), ROLES[less])
        assert not within(Actor(AgentId("x"), less), ROLES[more])


@given(some.actors, st.builds(Grant, st.frozensets(st.sampled_from(Action)), st.sampled_from(Sight)), st.sampled_from(Action), some.facets)
def test_who_may_give_it_loses_nothing_by_having_it_himself(actor: Actor, grant: Grant, action: Action, facets: Facets) -> None:
    """Whatever a grant allows, whoever may give it is allowed too."""
    given_away = replace(actor, role=Role.AGENT, custom=grant)
    if within(actor, grant) and isinstance(may(given_away, action, facets), Allowed) and actor.role is not Role.BOT:
        assert isinstance(may(actor, action, facets), Allowed)


def test_one_grant_too_many_is_refused() -> None:
    sue = Actor(AgentId("sue"), Role.SUPERVISOR)
    require_within(sue, ROLES[Role.AGENT], ROLES[Role.SUPERVISOR])
    with pytest.raises(Denied, match="more_than_own"):
        require_within(sue, ROLES[Role.AGENT], ROLES[Role.ADMIN])
    small = Actor(AgentId("x"), Role.AGENT, custom=Grant(ROLES[Role.ADMIN].actions, Sight.TEAMS))
    with pytest.raises(Denied, match="more_than_own"):
        require_within(small, ROLES[Role.SUPERVISOR])


@pytest.mark.parametrize("action", [Action.SUPERVISE, Action.AUDIT_READ, Action.MANAGE_AGENTS])
def test_who_looks_at_everybodys_work_sees_everything(action: Action) -> None:
    check(CustomRole("r", "Role", permissions=(action,), sight=Sight.ALL))
    for sight in (Sight.OWN, Sight.TEAMS):
        with pytest.raises(Invalid, match=action.value):
            check(CustomRole("r", "Role", permissions=(Action.REPLY, action), sight=sight))
    check(CustomRole("r", "Role", permissions=(Action.REPLY,), sight=Sight.OWN))
