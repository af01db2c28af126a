"""What the conversation that stays takes over, what it refuses, and what it gives back."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from inbox.core import merging
from inbox.core.conversation import Category, ClockState, Conversation, Participant, Priority, SlaClock
from inbox.core.errors import Invalid
from inbox.core.events import EventType, facets
from inbox.core.ids import AgentId, ConversationId
from inbox.core.merging import MERGE, Repair
from inbox.core.message import Reason
from inbox.core.triage import MAX_FOLLOWERS, MAX_MENTIONS
from inbox.testing.builders import a_conversation, a_message, a_note

NOW = 1_000_000
WHY = Reason("merged_from")


def clock(due: int, state: ClockState = ClockState.RUNNING) -> SlaClock:
    return SlaClock("first_response", state, 1000, epoch=1, armed_at=due - 1000, since=due - 1000, due_at=due)


def taken(into: Conversation, other: Conversation, *, same: bool = False) -> tuple[Conversation, Repair]:
    after = merging.joined(into, other, NOW, WHY, same_person=same).conversation
    return after, Repair("r", MERGE, other.id, into.id, AgentId("mia"), NOW, same, before=into, after=after)


def test_who_took_part_in_the_other_one_is_answered_only_as_the_same_person() -> None:
    into = a_conversation("c1", participants=(Participant("email", "anna@x"),))
    other = a_conversation("c2", participants=(Participant("email", "bob@x"),))
    assert [p.accepted for p in taken(into, other)[0].participants] == [True, False]
    assert [p.accepted for p in taken(into, other, same=True)[0].participants] == [True, True]


def test_who_was_mentioned_goes_with_the_notes() -> None:
    ann, bea = (AgentId(name) for name in ("ann", "bea"))
    first, second = a_note("n1", mentions=(ann,)), a_note("n2", mentions=(bea, ann))
    into = merging.taking(a_conversation("c1"), [first], NOW)
    other = merging.taking(a_conversation("c2"), [second], NOW)
    after, repair = taken(into, other)
    assert set(facets(after).mentioned) == {ann, bea}
    assert merging.parted(after, other, repair, None, set(), NOW, WHY).conversation.mentions == into.mentions
    assert facets(merging.without(after, [second], None)).mentioned == (ann,)


def test_who_follows_either_follows_both_and_goes_back_to_his_own() -> None:
    ann, bea, cem = (AgentId(name) for name in ("ann", "bea", "cem"))
    into, other = a_conversation("c1", followers=(ann,)), a_conversation("c2", followers=(bea, ann, cem))
    after, repair = taken(into, other)
    assert after.followers == facets(after).followers == (ann, bea, cem)
    since = replace(after, followers=(bea, cem, AgentId("dan")))  # Ann has stopped, Dan has begun
    assert merging.parted(since, other, repair, None, set(), NOW, WHY).conversation.followers == ("dan",)
    assert merging.still_follow(other, since, repair) == (bea, cem)


def test_a_merge_keeps_to_the_number_who_can_follow() -> None:
    here, there = ([AgentId(f"{side}{n}") for n in range(MAX_FOLLOWERS - 1)] for side in "ab")
    after, _ = taken(a_conversation("c1", followers=tuple(here)), a_conversation("c2", followers=tuple(there)))
    assert after.followers == (*here, "b0")


def test_the_newest_mentions_are_kept() -> None:
    notes = [a_note(f"n{n}", mentions=(AgentId(f"a{n}"),)) for n in range(MAX_MENTIONS + 2)]
    mentioned = facets(merging.taking(a_conversation("c1"), notes, NOW)).mentioned
    assert (len(mentioned), mentioned[0], mentioned[-1]) == (MAX_MENTIONS, "a2", f"a{MAX_MENTIONS + 1}")


def test_the_clock_that_is_due_first_goes_on_under_an_epoch_of_its_own() -> None:
    into, other = a_conversation("c1", sla=(clock(NOW + 900),)), a_conversation("c2", sla=(clock(NOW + 100),))
    after, repair = taken(into, other)
    assert [(x.due_at, x.epoch) for x in after.sla] == [(NOW + 100, 2)]
    assert after.sort_due == NOW + 100
    back = merging.parted(after, other, repair, into.last, frozenset(), NOW + 50, WHY).conversation
    assert [(x.due_at, x.state) for x in back.sla] == [(NOW + 900, ClockState.RUNNING)]
    unowed = replace(other, sla=(clock(NOW + 100, ClockState.MET),))
    assert taken(into, unowed)[0].sla == into.sla


def test_an_answer_after_the_merge_has_kept_the_own_promise_too() -> None:
    into, other = a_conversation("c1", sla=(clock(NOW + 900),)), a_conversation("c2", sla=(clock(NOW + 100),))
    after, repair = taken(into, other)
    answered = replace(after, sla=tuple(replace(x, state=ClockState.MET, met_at=NOW + 20) for x in after.sla))
    back = merging.parted(answered, other, repair, into.last, frozenset(), NOW + 50, WHY).conversation
    assert [(x.state, x.met_at) for x in back.sla] == [(ClockState.MET, NOW + 20)]


def test_it_is_open_if_either_was_and_as_urgent_as_the_more_urgent_one() -> None:
    into = a_conversation("c1", category=Category.RESOLVED, status="resolved", resolved_at=1)
    other = a_conversation("c2", priority=Priority.URGENT, waiting_since=77)
    changed = merging.joined(into, other, NOW, WHY, same_person=False)
    assert (changed.conversation.category, changed.conversation.priority, changed.conversation.waiting_since) == ("open", "urgent", 77)
    assert changed.types[0] is EventType.CONVERSATION_MERGED


@pytest.mark.parametrize(
    ("into", "other"),
    [
        (a_conversation("c1"), a_conversation("c1")),
        (a_conversation("c1"), a_conversation("c2", category=Category.SPAM)),
        (a_conversation("c1", absorbed=tuple(ConversationId(f"x{n}") for n in range(50))), a_conversation("c2")),
        (
            a_conversation("c1", participants=tuple(Participant("email", f"{n}@x") for n in range(150))),
            a_conversation("c2", participants=tuple(Participant("email", f"{n}@y") for n in range(51))),
        ),
    ],
    ids=["itself", "spam", "too many", "too many people"],
)
def test_what_cannot_be_merged_says_so(into: Conversation, other: Conversation) -> None:
    with pytest.raises(Invalid):
        merging.joined(into, other, NOW, WHY, same_person=False)


def test_who_has_written_there_since_stays_when_the_rest_goes() -> None:
    into = a_conversation("c1", participants=(Participant("email", "anna@x"),))
    other = a_conversation("c2", participants=(Participant("email", "bob@x"), Participant("email", "cara@x")))
    after, repair = taken(into, other)
    left = merging.without_those(after, repair, frozenset({("email", "cara@x")}))
    assert [p.value for p in left.participants] == ["anna@x", "cara@x"]


def test_what_is_merged_goes_on_as_if_it_stood_alone() -> None:
    other = merging.absorbed(a_conversation("c2", messages=1, inbound=1), ConversationId("c1"), WHY).conversation
    wrote = merging.wrote_apart(other, a_message("m2", conversation=other.id, text="again"), NOW)
    assert (wrote.merged_into, wrote.messages, wrote.inbound) == ("c1", 2, 2)
    alone = merging.released(wrote, NOW, WHY)
    assert (alone.conversation.merged_into, alone.types) == (None, (EventType.CONVERSATION_UNMERGED,))
