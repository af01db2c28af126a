"""Who is in a segment: asked of what is known of a customer, and of nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inbox.core.conditions import ALWAYS, OPS, Condition, Field, Op, facts_of, holds
from inbox.core.conversation import Conversation
from inbox.core.customer import Customer
from inbox.core.errors import Invalid
from inbox.core.ids import ChannelId, ConversationId, CustomerId
from inbox.core.segments import FIELDS, Segment, among, check, fits

GOLD = Condition(field="attribute", op="is", value="gold", name="plan")
OFTEN = Condition(field="attribute", op="at_least", value="10", name="orders")
FRENCH = Condition(field="language", op="is", value="fr")
ACME = Condition(field="company", op="is", value="Acme")
MATTER = Conversation(ConversationId("c"), 1, 1, ChannelId("shop"), CustomerId("x"), 0, 0)
ANNA = Customer(CustomerId("anna"), "Anna", company="ACME", language="fr-CA", attributes={"Plan": "Gold", "orders": "9"})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (GOLD, True),
        (OFTEN, False),
        (FRENCH, True),
        (ACME, True),
        (Condition(all=(GOLD, OFTEN)), False),
        (Condition(any=(GOLD, OFTEN)), True),
        (Condition(none=(OFTEN,)), True),
        (Condition(all=(ACME, Condition(none=(FRENCH,)))), False),
    ],
)
def test_who_is_in_it(condition: Condition, expected: bool) -> None:
    assert fits(check(condition), ANNA) is expected


def test_somebody_is_in_every_segment_that_fits_and_nobody_known_is_in_none() -> None:
    segments = [
        Segment("gold", "Gold", conditions=GOLD),
        Segment("often", "Often", conditions=OFTEN),
        Segment("acme", "Acme", conditions=ACME),
    ]
    assert among(ANNA, segments) == {"gold", "acme"}
    assert among(None, segments) == frozenset()


@pytest.mark.parametrize("field", sorted(set(Field) - FIELDS))
def test_it_asks_for_nothing_that_is_not_the_customers_own(field: Field) -> None:
    """A segment cannot name segments either."""
    op = Op.IS if Op.IS in OPS[field] else min(OPS[field])
    value = {"priority": "high", "category": "open"}.get(field, "" if op in (Op.EMPTY, Op.PRESENT) else "x")
    with pytest.raises(Invalid):
        check(Condition(all=(GOLD, Condition(field=field, op=op, value=value))))


def test_it_says_who_is_in_it() -> None:
    with pytest.raises(Invalid):
        check(ALWAYS)


_TESTS = st.one_of(
    st.builds(
        lambda op, value, name: Condition(field="attribute", op=op, value=value, name=name),
        st.sampled_from(["is", "is_not"]),
        st.sampled_from(["gold", "7"]),
        st.sampled_from(["plan", "n"]),
    ),
    st.builds(lambda op: Condition(field="language", op=op, value="fr"), st.sampled_from(["is", "is_not"])),
    st.builds(lambda op: Condition(field="company", op=op), st.sampled_from(["empty", "present"])),
)
_RULES = st.recursive(
    _TESTS,
    lambda inner: st.builds(
        lambda group, members: replace(ALWAYS, **{group: tuple(members)}),
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
).filter(lambda rule: _depth(rule) <= 4)


def _depth(rule: Condition) -> int:
    members = [*(rule.all or ()), *(rule.any or ()), *(rule.none or ())]
    return 1 + max(map(_depth, members)) if members else 0


@given(
    _RULES,
    st.dictionaries(st.sampled_from(["plan", "n"]), st.sampled_from(["gold", "7", ""])),
    st.sampled_from(["", "fr", "de"]),
    st.sampled_from(["", "Acme"]),
)
def test_a_conversation_is_asked_the_same_by_the_segment_as_by_its_rules(
    rule: Condition, attributes: dict[str, str], language: str, company: str
) -> None:
    """Naming the segment means what writing down its rules would."""
    customer = Customer(CustomerId("x"), attributes=attributes, language=language, company=company)
    facts = facts_of(MATTER, "email", customer, segments=among(customer, [Segment("it", "It", conditions=check(rule))]))
    assert holds(Condition(field="segment", op="has", value="it"), facts) is holds(rule, facts)
    assert holds(Condition(field="segment", op="lacks", value="it"), facts) is not holds(rule, facts)
