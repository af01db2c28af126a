"""Who a sender is: profiles are never joined by an address that nobody proved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.customer import Identity, identity_id
from inbox.core.ids import CustomerId
from inbox.core.matching import STATED, Ambiguous, Fact, Known, New, match
from inbox.core.message import Reason
from tests.core import strategies as some

KIM, LOU = CustomerId("kim"), CustomerId("lou")
MAIL = Fact("email", "kim@x.org")
VISITOR = Fact("visitor", "v1", scope="chat", proved=True)


def identity(fact: Fact, customer: CustomerId = KIM, *, verified: bool = False, how: str = "seen") -> Identity:
    return Identity(identity_id(fact.kind, fact.scope, fact.value), fact.kind, fact.value, customer, fact.scope, verified=verified, how=how)


facts = st.builds(
    Fact,
    kind=st.sampled_from(["email", "visitor"]),
    value=st.sampled_from(["a", "b"]),
    scope=st.sampled_from(["", "chat"]),
    proved=st.booleans(),
)
stored = st.lists(
    st.builds(identity, facts, some.customer_ids, verified=st.booleans(), how=st.sampled_from(["seen", "stated", "signed", "entered"])),
    max_size=5,
    unique_by=lambda i: i.id,
)
senders = st.lists(facts, max_size=3)


@given(senders, stored)
def test_candidates_and_further_facts_come_in_any_order(sender: list[Fact], known: list[Identity]) -> None:
    decision = match(sender, known)
    assert match(sender, reversed(known)) == decision
    assert match([*sender[:1], *reversed(sender[1:])], known) == decision


@given(senders, stored, facts)
def test_a_person_who_shares_no_address_changes_nothing(sender: list[Fact], known: list[Identity], other: Fact) -> None:
    stranger = identity(replace(other, value="unrelated"), LOU, verified=True)
    assert match(sender, [*known, stranger]) == match(sender, known)


@given(senders, stored)
def test_nobody_is_known_by_an_unproved_address_but_the_one_he_writes_from(sender: list[Fact], known: list[Identity]) -> None:
    decision = match(sender, known)
    own = {i.customer for i in known if sender and i.id == identity(sender[0]).id and i.how != STATED}
    proved = {i.customer for i in known if i.verified and any(f.proved and i.id == identity(f).id for f in sender)}
    match decision:
        case Known():
            assert own | proved == {decision.customer}
            assert decision.proved == bool(proved)
        case Ambiguous():
            assert len(own | proved) > 1
            assert set(decision.customers) == own | proved
        case New():
            assert not own | proved
            assert set(decision.similar) == {i.customer for i in known if any(i.id == identity(f).id for f in sender)}


def test_the_address_he_writes_from_is_its_owners() -> None:
    assert match([MAIL], [identity(MAIL)]) == Known(KIM, Reason("same_address", ids=("kim",)), proved=False)


@pytest.mark.parametrize(("proved", "verified", "believed"), [(True, True, True), (True, False, False), (False, True, False)])
def test_it_is_proved_only_if_message_and_profile_prove_it(proved: bool, verified: bool, believed: bool) -> None:
    decision = match([replace(MAIL, proved=proved)], [identity(MAIL, verified=verified)])
    code = "proved_address" if believed else "same_address"
    assert decision == Known(KIM, Reason(code, ids=("kim",)), proved=believed)


def test_an_address_somebody_else_stated_goes_over_to_the_one_who_writes_from_it() -> None:
    claimed = identity(MAIL, LOU, how=STATED)
    assert match([MAIL], [claimed]) == New(Reason("stated_elsewhere", ids=("lou",)), similar=(LOU,), takes=(claimed.id,))


def test_an_address_an_agent_entered_is_the_customers() -> None:
    decision = match([MAIL], [identity(MAIL, how="entered")])
    assert isinstance(decision, Known)


def test_a_visitor_who_types_an_address_is_not_taken_for_its_owner() -> None:
    decision = match([VISITOR, MAIL], [identity(MAIL, verified=True)])
    assert decision == New(Reason("unproved_address", ids=("kim",)), similar=(KIM,))


def test_a_signed_address_finds_its_verified_owner() -> None:
    signed = replace(MAIL, proved=True)
    assert match([VISITOR, signed], [identity(MAIL, verified=True)]) == Known(KIM, Reason("proved_address", ids=("kim",)), proved=True)
    assert isinstance(match([VISITOR, signed], [identity(MAIL)]), New)


def test_two_profiles_are_left_to_an_agent_the_sending_one_first() -> None:
    decision = match([VISITOR, replace(MAIL, proved=True)], [identity(VISITOR, LOU), identity(MAIL, verified=True)])
    assert decision == Ambiguous((LOU, KIM), Reason("several_customers", ids=("lou", "kim")))


def test_the_same_value_elsewhere_is_another_address() -> None:
    assert match([VISITOR], [identity(replace(VISITOR, scope="other"))]) == New(Reason("first_contact"))
    assert match([MAIL], [identity(replace(MAIL, kind="phone"))]) == New(Reason("first_contact"))


def test_without_facts_nobody_is_known() -> None:
    assert match([], [identity(MAIL, verified=True)]) == New(Reason("first_contact"))


def test_several_who_claim_it_are_offered_in_a_fixed_order() -> None:
    phone = Fact("phone", "+491")
    decision = match([VISITOR, MAIL, phone], [identity(phone, LOU, how=STATED), identity(MAIL, KIM)])
    assert decision == New(Reason("unproved_address", ids=("kim", "lou")), similar=(KIM, LOU))
