"""What a customer takes over from another one who is the same person, and what he gives back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.customer import MAX_ABSORBED, Customer
from inbox.core.errors import Invalid
from inbox.core.ids import AgentId, CustomerId
from inbox.core.persons import Choice, CustomerMerge, joined, parted, rebased

ANNA = Customer(CustomerId("anna"), "Anna", 5, attributes={"Plan": "gold", "city": "Bonn"}, notes="Calls back.", surveyed_at=9)
VISITOR = Customer(CustomerId("v"), "anna s", 3, attributes={"plan": "silver", "shoe": "38"}, language="de", notes="Likes red.")
NOTHING = Choice()


def merge(into: Customer, other: Customer, choice: Choice = NOTHING, id: str = "m1") -> CustomerMerge:
    after = joined(into, other, id, choice)
    return CustomerMerge(id, other.id, into.id, AgentId("mia"), 20, other, into, after)


def test_the_own_stays_what_is_missing_comes_and_notes_stand_below_each_other() -> None:
    after = joined(ANNA, VISITOR, "m1", NOTHING)
    assert (after.name, after.language, after.created_at, after.surveyed_at) == ("Anna", "de", 3, 9)
    assert after.attributes == {"Plan": "gold", "city": "Bonn", "shoe": "38"}, "case makes no difference"
    assert after.notes == "Calls back.\n\nLikes red."
    assert (after.absorbed, after.merges, after.whole) == (("v",), ("m1",), ("anna", "v"))


def test_what_is_chosen_of_the_other_is_taken_over_under_the_own_key() -> None:
    after = joined(ANNA, VISITOR, "m1", Choice(("name", "company"), ("PLAN", "city")))
    assert (after.name, after.company) == ("anna s", "")
    assert after.attributes == {"Plan": "silver", "city": "Bonn", "shoe": "38"}


def test_the_same_notes_are_not_said_twice() -> None:
    assert joined(ANNA, replace(VISITOR, notes=ANNA.notes), "m1", NOTHING).notes == ANNA.notes


@pytest.mark.parametrize(
    ("into", "other", "field"),
    [
        (ANNA, ANNA, "into"),
        (replace(ANNA, absorbed=tuple(map(CustomerId, map(str, range(MAX_ABSORBED))))), VISITOR, "into"),
        (replace(ANNA, attributes={str(n): "x" for n in range(99)}), VISITOR, "attributes"),
        (replace(ANNA, notes="x" * 9_995), VISITOR, "notes"),
    ],
)
def test_what_cannot_be_merged_says_why(into: Customer, other: Customer, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        joined(into, other, "m1", NOTHING)
    assert refused.value.field == field


def test_undone_each_is_as_before_and_what_somebody_changed_since_stays() -> None:
    done = merge(ANNA, VISITOR, Choice(("name",), ("plan",)))
    assert parted(done.after, done, VISITOR) == ANNA
    changed = replace(done.after, company="ACME", attributes=done.after.attributes | {"city": "Ulm"}, notes=done.after.notes + " Urgent.")
    back = parted(changed, done, VISITOR)
    assert (back.name, back.company, back.attributes) == ("Anna", "ACME", {"Plan": "gold", "city": "Ulm"})
    assert back.notes == "Calls back. Urgent."
    removed = replace(done.after, attributes={})
    assert parted(removed, done, VISITOR).attributes == {}


def test_what_the_other_said_of_himself_since_goes_with_him() -> None:
    done = merge(ANNA, VISITOR)
    now = replace(done.after, attributes=done.after.attributes | {"size": "L"}, surveyed_at=50)
    theirs = replace(VISITOR, attributes=VISITOR.attributes | {"size": "L"}, surveyed_at=50)
    assert parted(now, done, theirs) == ANNA


@pytest.mark.parametrize(
    ("before", "other", "edited", "left"),
    [
        ("", "Likes red.", "Likes red.\n\nLater.", "Later."),
        ("", "Likes red.", "All new.", "All new."),
        ("Own.", "", "Own. More.", "Own. More."),
    ],
)
def test_notes_lose_what_came_where_it_still_stands(before: str, other: str, edited: str, left: str) -> None:
    done = merge(replace(ANNA, notes=before), replace(VISITOR, notes=other))
    assert parted(replace(done.after, notes=edited), done, VISITOR).notes == left


_TEXTS = st.sampled_from(["", "a", "b", "c"])


@st.composite
def customers(draw: st.DrawFn, id: str) -> Customer:
    keys = st.sampled_from(["plan", "city", "size"])
    attributes = draw(st.dictionaries(keys, st.sampled_from("xyz"), max_size=3))
    return Customer(CustomerId(id), draw(_TEXTS), draw(st.integers(1, 9)), company=draw(_TEXTS), notes=draw(_TEXTS), attributes=attributes)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    return Choice(draw(st.sampled_from([(), ("name",), ("company", "name")])), draw(st.sampled_from([(), ("plan",), ("city", "plan")])))


@given(customers("a"), customers("b"), customers("c"), choices(), choices())
def test_two_merges_undone_in_either_order_leave_what_was_there(a: Customer, b: Customer, c: Customer, one: Choice, two: Choice) -> None:
    first = merge(a, b, one)
    second = merge(first.after, c, two, "m2")
    last_first = parted(parted(second.after, second, c), first, b)
    (kept,) = rebased([second], first, b)
    first_first = parted(parted(second.after, first, b), kept, c)
    assert last_first == a
    assert first_first == a
