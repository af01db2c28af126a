"""Segments of customers: named rules about what is known of a customer. Nobody is entered in one: who is in it is asked anew each time."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from inbox.core import conditions
from inbox.core.conditions import ALWAYS, Condition, Facts, Field, parts_of
from inbox.core.customer import Customer
from inbox.core.errors import Invalid

MOST = 200
FIELDS = frozenset({Field.LANGUAGE, Field.COMPANY, Field.ATTRIBUTE})
"""What a segment can ask: what stands with the customer himself. Hence not whether he is in another segment."""


class Segment(Struct, frozen=True):
    """A segment; whoever its conditions hold for is in it."""

    id: str
    name: str
    version: int = 1
    conditions: Condition = ALWAYS


def check(condition: Condition) -> Condition:
    """The conditions, if they can make a segment. Raises ``Invalid``, also for those that hold for everybody."""
    tests = list(parts_of(conditions.check(condition)))
    if not tests:
        raise Invalid("conditions", "say who is in it")
    strange = next((test.field for test in tests if test.field not in FIELDS), None)
    if strange is not None:
        raise Invalid("conditions", f"a segment asks for {', '.join(sorted(FIELDS))} of a customer, not for {strange}")
    return condition


def fits(condition: Condition, customer: Customer) -> bool:
    """Whether checked conditions hold for a customer."""
    known = Facts(language=customer.language, company=customer.company, attributes=customer.attributes)
    return conditions.holds(condition, known)


def among(customer: Customer | None, segments: Iterable[Segment]) -> frozenset[str]:
    """The ids of those a customer is in; somebody of whom nothing is known is in none."""
    return frozenset() if customer is None else frozenset(one.id for one in segments if fits(one.conditions, customer))
