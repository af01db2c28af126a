"""Who gets a conversation: somebody with room in the right team, the least loaded, and always for a stated reason."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.conversation import Want
from inbox.core.ids import AgentId, ConversationId, TeamId
from inbox.core.message import Reason
from inbox.core.queues import Strategy
from inbox.core.routing import Assign, Available, Needs, Wait, can_take, route
from tests.core import strategies as some

ANN, BEA, CEM = (Available(AgentId(id), load=0, capacity=10) for id in ("ann", "bea", "cem"))
CHAT = Needs(ConversationId("c1"))

agents = st.lists(
    st.builds(
        Available,
        agent=st.sampled_from([AgentId(f"a{n}") for n in range(6)]),
        load=st.integers(-1, 6),
        capacity=st.integers(0, 5),
        teams=st.lists(some.team_ids, max_size=2, unique=True).map(tuple),
        last_assigned_at=st.integers(0, 2),
    ),
    max_size=6,
    unique_by=lambda a: a.agent,
)
needs = st.builds(
    Needs,
    conversation=some.conversation_ids,
    team=some.maybe(some.team_ids),
    weight=st.integers(0, 3),
    preferred=some.maybe(st.sampled_from([AgentId(f"a{n}") for n in range(6)])),
    readers=st.just(()) | st.lists(some.team_ids, max_size=2, unique=True).map(tuple),
)


def able(needs: Needs, agent: Available) -> bool:
    reads = not needs.readers or bool(set(needs.readers) & set(agent.teams))
    return reads and agent.capacity > 0 and agent.load + needs.weight <= agent.capacity and needs.team in (None, *agent.teams)


@given(needs, agents)
def test_only_an_able_agent_gets_it_and_it_waits_only_if_there_is_none(needs: Needs, agents: list[Available]) -> None:
    decision = route(needs, agents)
    candidates = [a for a in agents if able(needs, a)]
    if isinstance(decision, Wait):
        assert candidates == []
        return
    chosen = next(a for a in candidates if a.agent == decision.agent)
    if decision.reason.code == "preferred":
        assert chosen.agent == needs.preferred
    else:
        assert needs.preferred not in [a.agent for a in candidates]
        assert all(Fraction(chosen.load, chosen.capacity) <= Fraction(a.load, a.capacity) for a in candidates)


@given(needs, agents)
def test_the_order_of_agents_decides_nothing(needs: Needs, agents: list[Available]) -> None:
    assert route(needs, reversed(agents)) == route(needs, agents)


@given(needs, agents)
def test_more_capacity_never_makes_it_wait(needs: Needs, agents: list[Available]) -> None:
    if isinstance(route(needs, agents), Assign):
        assert isinstance(route(needs, [replace(a, capacity=a.capacity + 1) for a in agents]), Assign)


def test_the_smallest_share_of_capacity_wins_not_the_smallest_load() -> None:
    decision = route(CHAT, [replace(ANN, load=1, capacity=2), replace(BEA, load=4)])
    assert decision == Assign(BEA.agent, Reason("least_loaded", ids=("bea",), numbers={"load": 4, "capacity": 10, "agents": 2}))


def test_shares_are_compared_exactly() -> None:
    third = replace(ANN, load=333_333_333_333_333_333, capacity=10**18)
    decision = route(CHAT, [replace(BEA, load=1, capacity=3), third])
    assert isinstance(decision, Assign)
    assert decision.agent == "ann"


def test_equals_are_taken_in_turn_then_by_id() -> None:
    decision = route(CHAT, [replace(ANN, last_assigned_at=5), replace(BEA, last_assigned_at=4), replace(CEM, last_assigned_at=4)])
    assert isinstance(decision, Assign)
    assert decision.agent == "bea"


def test_the_agent_who_knows_the_customer_comes_first_if_he_has_room() -> None:
    knows = replace(CHAT, preferred=BEA.agent)
    busy = replace(BEA, load=9)
    assert route(knows, [ANN, busy]) == Assign(
        BEA.agent, Reason("preferred", ids=("bea",), numbers={"load": 9, "capacity": 10, "agents": 2})
    )
    full = route(knows, [ANN, replace(BEA, load=10)])
    assert isinstance(full, Assign)
    assert (full.agent, full.reason.code, full.reason.numbers["agents"]) == ("ann", "least_loaded", 1)


def test_capacity_is_never_exceeded_and_used_up_to_the_last_place() -> None:
    heavy = replace(CHAT, weight=3)
    assert isinstance(route(heavy, [replace(ANN, load=7)]), Assign)
    assert route(heavy, [replace(ANN, load=8), replace(BEA, load=9)]) == Wait(Reason("all_at_capacity", numbers={"agents": 2, "weight": 3}))


@pytest.mark.parametrize("weight", [0, 1])
def test_who_has_no_capacity_gets_nothing(weight: int) -> None:
    assert isinstance(route(replace(CHAT, weight=weight), [replace(ANN, capacity=0, load=-5)]), Wait)


def test_a_team_gets_its_own() -> None:
    red = replace(CHAT, team=TeamId("red"))
    decision = route(red, [ANN, replace(BEA, teams=(TeamId("blue"), TeamId("red")), load=9)])
    assert isinstance(decision, Assign)
    assert (decision.agent, decision.reason.numbers["agents"]) == ("bea", 1)
    assert route(red, [ANN]) == Wait(Reason("nobody_online", ids=("red",)))


def test_nobody_is_there() -> None:
    assert route(CHAT, []) == Wait(Reason("nobody_online"))


def test_a_conversation_weighs_one_unless_said_otherwise() -> None:
    assert isinstance(route(CHAT, [replace(ANN, load=9)]), Assign)
    assert isinstance(route(CHAT, [replace(ANN, load=10)]), Wait)


@given(needs, agents)
def test_who_gave_it_back_gets_it_again_only_when_nobody_else_can_take_it(needs: Needs, agents: list[Available]) -> None:
    before = route(needs, agents)
    if isinstance(before, Wait):
        return
    after = route(replace(needs, given_back_by=before.agent), agents)
    others = [a for a in agents if able(needs, a) and a.agent != before.agent]
    assert isinstance(after, Assign)
    assert after.agent == before.agent if not others else after.agent in [a.agent for a in others]


def serving(id: str, **fields: object) -> Available:
    return Available(AgentId(id), **({"load": 0, "capacity": 4} | fields))  # type: ignore[arg-type]  # fields by name


FRENCH = replace(CHAT, skills=(Want("french", 2),))


def test_skills_are_needed_at_their_level() -> None:
    low, high = serving("low", skills={"french": 1}), serving("high", skills={"french": 3}, load=3)
    decision = route(FRENCH, [low, high])
    assert decision == Assign(
        AgentId("high"), Reason("least_loaded", ("high",), {"load": 3, "capacity": 4, "agents": 1, "skill:french": 3})
    )
    assert route(FRENCH, [low]) == Wait(Reason("nobody_skilled", ("french",), {"agents": 1, "skill:french": 2}))
    assert can_take(FRENCH, high)
    assert not can_take(FRENCH, low)


def test_who_let_it_pass_is_not_asked() -> None:
    passed = replace(CHAT, declined=(ANN.agent,))
    assert route(passed, [ANN, BEA]).reason.ids == ("bea",)
    assert route(passed, [ANN]) == Wait(Reason("all_declined", numbers={"agents": 1}))
    full = replace(BEA, load=BEA.capacity)
    assert route(passed, [ANN, full]) == Wait(Reason("declined_or_full", numbers={"agents": 1, "declined": 1}))
    assert not can_take(passed, ANN)


def test_a_queue_names_who_serves_it() -> None:
    team = TeamId("t")
    served = replace(CHAT, team=TeamId("other"), teams=(team,), agents=(ANN.agent,))
    assert route(served, [BEA]).reason.code == "nobody_online"
    assert isinstance(route(served, [ANN]), Assign)
    assert isinstance(route(served, [replace(BEA, teams=(team,))]), Assign)
    assert not can_take(served, BEA)


def test_no_more_of_a_kind_than_allowed() -> None:
    chat, mail = replace(CHAT, kind="chat"), replace(CHAT, kind="mail")
    busy = serving("busy", limits={"chat": 2}, held={"chat": 2})
    assert route(chat, [busy]).reason.code == "all_at_capacity"
    assert isinstance(route(mail, [busy]), Assign)


def test_it_is_kept_for_who_knows_the_customer_while_he_is_there() -> None:
    kept = replace(CHAT, preferred=ANN.agent, kept=True, spoke_at=77)
    full = replace(ANN, load=10)
    assert route(kept, [full, BEA]) == Wait(Reason("kept_for", ("ann",)))
    assert route(kept, [BEA]).reason.ids == ("bea",)
    assert route(replace(kept, kept=False), [full, BEA]).reason.ids == ("bea",)
    assert route(kept, [ANN, BEA]).reason == Reason("preferred", ("ann",), {"load": 0, "capacity": 10, "agents": 2, "spoke_at": 77})


def test_strategies() -> None:
    idle = serving("idle", last_assigned_at=50, freed_at=90)
    long_idle = serving("long", last_assigned_at=60, freed_at=70)
    busy = serving("busy", load=1, last_assigned_at=10, freed_at=5)
    agents = [idle, long_idle, busy]
    by = {strategy: route(replace(CHAT, strategy=strategy), agents) for strategy in Strategy}
    assert {strategy: decision.reason.ids for strategy, decision in by.items()} == {
        Strategy.LEAST_LOADED: ("idle",),
        Strategy.ROUND_ROBIN: ("busy",),
        Strategy.LONGEST_IDLE: ("long",),
        Strategy.MANUAL: ("idle",),
    }
    assert all(decision.reason.code == strategy for strategy, decision in by.items())


def test_what_is_not_given_out_says_why() -> None:
    assert route(replace(CHAT, held="paused"), [ANN]) == Wait(Reason("paused"))
