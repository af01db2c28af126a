"""Which conversation a message joins: proof joins anybody, headers only participants, a subject nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.conversation import Category
from inbox.core.ids import ConversationId
from inbox.core.message import Reason
from inbox.core.threads import DAY, MAX_RELATED, Candidate, Evidence, Join, Reopen, Start, ThreadPolicy, decide
from tests.core import strategies as some
from tests.core.strategies import NOW

MAIL, CHAT = ThreadPolicy(), ThreadPolicy(conversational=True)
SIGNED = (Evidence.TOKEN, Evidence.SIGNED_ID)
HEADERS = (Evidence.PROVIDER_THREAD, Evidence.IN_REPLY_TO, Evidence.REFERENCE)

ages = st.sampled_from([0, 1, 30 * DAY - 1, 30 * DAY, 30 * DAY + 1]).map(lambda age: NOW - age)
candidates = st.builds(
    Candidate,
    conversation=some.conversation_ids,
    evidence=st.sampled_from(Evidence),
    category=st.sampled_from(Category),
    participant=st.booleans(),
    updated_at=ages,
    order=st.integers(0, 2),
    resolved_at=some.maybe(ages),
)
lists = st.lists(candidates, max_size=6)
policies = st.builds(
    ThreadPolicy, conversational=st.booleans(), reopen_within=st.sampled_from([0, 30 * DAY]), late=st.sampled_from(["new", "reopen"])
)


def test_whoever_writes_in_a_thread_the_provider_vouches_for_takes_part_in_it() -> None:
    group = one(Evidence.PROVIDER_THREAD, participant=False, vouched=True)
    reason = Reason("provider_thread", ids=(ConversationId("c1"),))
    assert decide([group], False, CHAT, NOW) == Join(ConversationId("c1"), reason, new_participant=False)
    again = resolved(Evidence.PROVIDER_THREAD, DAY, participant=False, vouched=True)
    assert decide([again], False, CHAT, NOW) == Reopen(ConversationId("c1"), reason, new_participant=False)
    forged = one(Evidence.PROVIDER_THREAD, participant=False)
    assert isinstance(decide([forged], False, CHAT, NOW), Start)


def one(evidence: Evidence, id: str = "c1", **more: object) -> Candidate:
    known: dict[str, object] = {"category": Category.OPEN, "participant": True, "updated_at": NOW} | more
    return Candidate(conversation=ConversationId(id), evidence=evidence, **known)  # type: ignore[arg-type]  # builder's keywords


def resolved(evidence: Evidence, age: int, id: str = "c1", **more: object) -> Candidate:
    return one(evidence, id, category=Category.RESOLVED, resolved_at=NOW - age, **more)


@given(lists, st.booleans(), policies)
def test_the_order_in_which_candidates_are_found_decides_nothing(found: list[Candidate], automatic: bool, policy: ThreadPolicy) -> None:
    decision = decide(found, automatic, policy, NOW)
    assert decide(reversed(found), automatic, policy, NOW) == decision
    assert decide([*found, *found], automatic, policy, NOW) == decision


@given(lists, st.booleans(), policies)
def test_only_a_candidate_is_joined_and_only_what_was_resolved_reopens(
    found: list[Candidate], automatic: bool, policy: ThreadPolicy
) -> None:
    decision = decide(found, automatic, policy, NOW)
    match decision:
        case Start():
            assert set(decision.related) <= {c.conversation for c in found}
        case Join():
            assert any(c.conversation == decision.conversation and (c.category is not Category.RESOLVED or automatic) for c in found)
        case Reopen():
            assert not automatic
            assert any(c.conversation == decision.conversation and c.category is Category.RESOLVED for c in found)


@given(lists, st.booleans(), policies)
def test_a_stranger_joins_nothing_without_proof(found: list[Candidate], automatic: bool, policy: ThreadPolicy) -> None:
    strange = [replace(c, participant=False) for c in found if c.evidence not in SIGNED]
    assert isinstance(decide(strange, automatic, policy, NOW), Start)


@given(lists, policies)
def test_an_automatic_message_that_may_join_never_starts_or_reopens(found: list[Candidate], policy: ThreadPolicy) -> None:
    believed = [replace(c, participant=True) for c in found if c.evidence is not Evidence.OPEN_IDENTITY]
    assert isinstance(decide(believed, True, policy, NOW), Join if believed else Start)


@given(lists, policies)
def test_deciding_again_after_joining_gives_the_same_conversation(found: list[Candidate], policy: ThreadPolicy) -> None:
    decision = decide(found, False, policy, NOW)
    if not isinstance(decision, Start):
        after = [
            replace(c, participant=True, category=Category.OPEN, resolved_at=None) if c.conversation == decision.conversation else c
            for c in found
        ]
        again = decide([c for c in after if c.conversation == decision.conversation], False, policy, NOW)
        assert isinstance(again, Join)
        assert again.conversation == decision.conversation


@pytest.mark.parametrize("evidence", list(Evidence))
def test_a_participant_joins_by_any_evidence_and_the_reason_names_it(evidence: Evidence) -> None:
    assert decide([one(evidence)], False, CHAT, NOW) == Join(ConversationId("c1"), Reason(evidence.value, ids=("c1",)))


@pytest.mark.parametrize("evidence", SIGNED)
def test_proof_joins_a_stranger_and_marks_him_new(evidence: Evidence) -> None:
    stranger = one(evidence, participant=False)
    assert decide([stranger], False, MAIL, NOW) == Join(ConversationId("c1"), Reason(evidence.value, ids=("c1",)), new_participant=True)
    late = decide([resolved(evidence, 1, participant=False)], False, MAIL, NOW)
    assert late == Reopen(ConversationId("c1"), Reason(evidence.value, ids=("c1",)), new_participant=True)


@pytest.mark.parametrize("evidence", HEADERS)
def test_a_strangers_header_starts_a_related_conversation(evidence: Evidence) -> None:
    decision = decide([one(evidence, participant=False)], False, CHAT, NOW)
    assert decision == Start(Reason("stranger_reference", ids=("c1",)), related=(ConversationId("c1"),))


def test_nothing_found_starts_anew() -> None:
    assert decide([], False, CHAT, NOW) == Start(Reason("no_reference"))


def test_an_open_identity_counts_only_on_chat_like_channels() -> None:
    assert decide([one(Evidence.OPEN_IDENTITY)], False, MAIL, NOW) == Start(Reason("no_reference"))


def test_evidence_counts_in_this_order() -> None:
    found = [one(evidence, f"c{n}") for n, evidence in enumerate(Evidence)]
    for n in range(len(found)):
        decision = decide(found[n:], False, CHAT, NOW)
        assert isinstance(decision, Join)
        assert decision.conversation == f"c{n}"
    assert [e.value for e in Evidence] == ["token", "signed_id", "provider_thread", "in_reply_to", "reference", "open_identity"]


def test_the_newest_reference_counts_then_the_latest_activity_then_the_id() -> None:
    def joined(*found: Candidate) -> str:
        decision = decide(found, False, MAIL, NOW)
        assert isinstance(decision, Join)
        return decision.conversation

    reference = Evidence.REFERENCE
    assert joined(one(reference, "c1", order=1, updated_at=NOW + 5), one(reference, "c2", order=0)) == "c2"
    assert joined(one(reference, "c1", updated_at=NOW - 5), one(reference, "c2")) == "c2"
    assert joined(one(reference, "c2"), one(reference, "c1")) == "c1"


def test_a_stranger_beside_a_participant_of_the_same_conversation_is_no_stranger() -> None:
    token = one(Evidence.TOKEN, participant=False)
    assert decide([token, replace(token, participant=True)], False, MAIL, NOW) == Join(ConversationId("c1"), Reason("token", ids=("c1",)))


def test_an_answer_within_thirty_days_reopens_and_a_later_one_starts_anew() -> None:
    at_the_limit = resolved(Evidence.IN_REPLY_TO, 30 * DAY)
    assert isinstance(decide([at_the_limit], False, MAIL, NOW), Reopen)
    decision = decide([at_the_limit], False, MAIL, NOW + 1)
    assert decision == Start(Reason("too_late", ids=("c1",), numbers={"resolved_for": 30 * DAY + 1}), related=(ConversationId("c1"),))
    assert DAY == 86_400_000


def test_late_answers_reopen_if_the_policy_says_so() -> None:
    policy = ThreadPolicy(late="reopen")
    assert isinstance(decide([resolved(Evidence.TOKEN, 900 * DAY)], False, policy, NOW), Reopen)


def test_an_automatic_message_joins_what_is_resolved_however_long_ago() -> None:
    assert isinstance(decide([resolved(Evidence.TOKEN, 900 * DAY)], True, MAIL, NOW), Join)


def test_without_the_instant_of_resolution_the_last_activity_counts() -> None:
    unknown = one(Evidence.TOKEN, category=Category.RESOLVED, updated_at=NOW - 31 * DAY)
    assert isinstance(decide([unknown], False, MAIL, NOW), Start)
    assert isinstance(decide([replace(unknown, updated_at=NOW - 1)], False, MAIL, NOW), Reopen)
    assert isinstance(decide([replace(unknown, resolved_at=NOW)], False, MAIL, NOW), Reopen)


@pytest.mark.parametrize("category", [Category.WAITING, Category.SNOOZED, Category.SPAM])
def test_what_is_not_resolved_is_joined_as_it_stands(category: Category) -> None:
    assert isinstance(decide([one(Evidence.TOKEN, category=category, updated_at=0)], False, MAIL, NOW), Join)


def test_the_next_best_counts_when_the_best_is_too_late() -> None:
    old, current = resolved(Evidence.PROVIDER_THREAD, 31 * DAY), one(Evidence.OPEN_IDENTITY, "c2")
    decision = decide([old, current], False, CHAT, NOW)
    assert decision == Join(ConversationId("c2"), Reason("open_identity", ids=("c2",)))


def test_being_late_is_the_reason_even_if_a_strangers_header_is_there_too() -> None:
    decision = decide([one(Evidence.REFERENCE, "c2", participant=False), resolved(Evidence.TOKEN, 31 * DAY)], False, MAIL, NOW)
    assert isinstance(decision, Start)
    assert (decision.reason.code, decision.related) == ("too_late", ("c1", "c2"))


def test_related_conversations_are_few_and_different() -> None:
    many = [one(Evidence.REFERENCE, f"c{n // 2:02}", participant=False) for n in range(60)]
    decision = decide(many, False, MAIL, NOW)
    assert isinstance(decision, Start)
    assert decision.related == tuple(f"c{n:02}" for n in range(MAX_RELATED))
