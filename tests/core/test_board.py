"""The floor: whatever is heard, in whatever order, it counts what a fresh look at the newest states would count."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from inbox.core.board import Floor, Name, Tally, standing
from inbox.core.conversation import Category, ClockState, Conversation, Offer, SlaClock, Waiting
from inbox.core.ids import AgentId, QueueId, TeamId
from inbox.testing.builders import a_conversation

LATE = SlaClock("first", ClockState.BREACHED, 1, breached_at=1)
SOON = SlaClock("first", ClockState.RUNNING, 1, warned_at=1)
OFFERED = Waiting(0, offer=Offer(AgentId("mia"), 9))

states = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(("c1", "c2", "c3")),
            "version": st.integers(1, 6),
            "category": st.sampled_from(Category),
            "queue": st.sampled_from((None, "q")),
            "team": st.sampled_from((None, "red")),
            "assignee": st.sampled_from((None, "mia", "max")),
            "queued_at": st.sampled_from((None, 5, 7)),
            "waiting": st.sampled_from((None, OFFERED)),
            "sla": st.sampled_from(((), (LATE,), (SOON,))),
            "merged_into": st.sampled_from((None, None, "c9")),
        }
    ),
    max_size=12,
    unique_by=lambda one: (one["id"], one["version"]),
)


def made(fields: dict[str, Any]) -> Conversation:
    return a_conversation(fields["id"], **{name: value for name, value in fields.items() if name != "id"})


def hear(floor: Floor, c: Conversation) -> None:
    floor.heard(c.id, c.version, standing(c))


def seen(floor: Floor) -> Any:
    held = {agent: [(one.id, one.sla) for one in sorted(floor.held(agent), key=lambda one: one.id)] for agent in floor.holders()}
    return dict(floor.tallies()), held


@given(states)
def test_counts_the_newest_of_each_and_nothing_else(given: list[dict[str, Any]]) -> None:
    heard, fresh = Floor(), Floor()
    for fields in given:
        hear(heard, made(fields))
        hear(heard, made(fields))  # twice is once
    for id in {fields["id"] for fields in given}:
        hear(fresh, made(max((f for f in given if f["id"] == id), key=lambda f: f["version"])))
    assert seen(heard) == seen(fresh)


def test_tells_a_queue_as_a_supervisor_reads_it() -> None:
    floor = Floor()
    for id, fields in (
        ("c1", {"queued_at": 9, "waiting": OFFERED}),
        ("c2", {"queued_at": 5, "sla": (LATE,)}),
        ("c3", {"assignee": AgentId("mia"), "sla": (SOON,)}),
        ("c4", {"category": Category.RESOLVED, "assignee": AgentId("mia")}),
    ):
        hear(floor, a_conversation(id, queue=QueueId("q"), version=1, **fields))
    assert floor.tallies() == {Name(QueueId("q")): Tally(2, 5, 1, 1, 1, 1)}
    assert floor.tally(Name(QueueId("q"))).longest_since == 5
    assert {one.id: one.offered is not None for one in floor.held(AgentId("mia"))} == {"c1": True, "c3": False}
    assert floor.tally(Name(QueueId("r"))) == Tally()


def test_without_a_queue_it_is_its_team_s() -> None:
    found = standing(a_conversation("c1", team=TeamId("red")))
    assert found is not None
    assert found.name == Name(None, TeamId("red"))


def test_knows_old_news_of_what_left_lately_and_forgets_what_left_long_ago() -> None:
    floor = Floor(remember=1)
    for id in ("c1", "c2"):
        hear(floor, a_conversation(id, version=2, category=Category.RESOLVED))
    hear(floor, a_conversation("c2", version=1, queued_at=1))
    assert floor.tallies() == {}
    hear(floor, a_conversation("c1", version=1, queued_at=1))
    assert [tally.waiting for tally in floor.tallies().values()] == [1]
