"""Conditions that admins write: which conversations a queue, a service level, a saved view or a rule is for.

A condition is a group (``all``, ``any``, ``none`` of further ones) or a test ``{field, op, value}``. The empty one always holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from inbox.core.attributes import size_of
from inbox.core.conversation import PRIORITY_RANK, Category, Conversation, Priority
from inbox.core.customer import Customer
from inbox.core.errors import Invalid
from inbox.core.words import normalised, words

MAX_DEPTH = 4
MAX_TESTS = 100
MAX_VALUES = 200
MAX_VALUE = 200


_ONE_LINE = r"^[^\u0000-\u001f\u007f\u0085\u2028\u2029]*(?![\s\S])"
Line = Annotated[str, Meta(max_length=1_000, pattern=_ONE_LINE)]
Text = Annotated[str, Meta(max_length=1_000)]
"""Checked by ``check``: msgspec 0.22 frees memory twice for a field that is a text with a pattern or else several values."""


class Field(StrEnum):
    """What can be tested. ``CATEGORY`` is a status's fixed meaning, ``STATUS`` its name; ``TIME`` asks whether a calendar is open."""

    CHANNEL = "channel"
    CHANNEL_KIND = "channel_kind"
    TEAM = "team"
    QUEUE = "queue"
    TAG = "tag"
    PRIORITY = "priority"
    CATEGORY = "category"
    STATUS = "status"
    LANGUAGE = "language"
    COMPANY = "company"
    SUBJECT = "subject"
    ATTRIBUTE = "attribute"
    SEGMENT = "segment"
    TIME = "time"


class Op(StrEnum):
    """How it is compared. ``HAS`` and ``HAS_ALL`` look into several values, ``CONTAINS`` for words, ``INSIDE`` for a calendar's hours;
    ``AT_LEAST`` and ``AT_MOST`` compare priorities, and attributes that are both numbers or both dates."""

    IS = "is"
    IS_NOT = "is_not"
    EMPTY = "empty"
    PRESENT = "present"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    HAS = "has"
    HAS_ALL = "has_all"
    LACKS = "lacks"
    CONTAINS = "contains"
    CONTAINS_ANY = "contains_any"
    INSIDE = "inside"
    OUTSIDE = "outside"


_ONE = frozenset({Op.IS, Op.IS_NOT})
_MAYBE = _ONE | {Op.EMPTY, Op.PRESENT}
_SEVERAL = frozenset({Op.HAS, Op.HAS_ALL, Op.LACKS, Op.EMPTY, Op.PRESENT})

OPS: Mapping[Field, frozenset[Op]] = {
    Field.CHANNEL: _ONE,
    Field.CHANNEL_KIND: _ONE,
    Field.TEAM: _MAYBE,
    Field.QUEUE: _MAYBE,
    Field.TAG: _SEVERAL,
    Field.PRIORITY: _ONE | {Op.AT_LEAST, Op.AT_MOST},
    Field.CATEGORY: _ONE,
    Field.STATUS: _ONE,
    Field.LANGUAGE: _MAYBE,
    Field.COMPANY: _MAYBE,
    Field.SUBJECT: frozenset({Op.CONTAINS, Op.CONTAINS_ANY, Op.EMPTY, Op.PRESENT}),
    Field.ATTRIBUTE: _MAYBE | {Op.AT_LEAST, Op.AT_MOST},
    Field.SEGMENT: _SEVERAL,
    Field.TIME: frozenset({Op.INSIDE, Op.OUTSIDE}),
}
"""Which comparisons a field allows."""

_OF_THE_CUSTOMER = frozenset({Field.LANGUAGE, Field.COMPANY, Field.ATTRIBUTE, Field.SEGMENT})

_WITHOUT_VALUE = frozenset({Op.EMPTY, Op.PRESENT})
_CLOSED: Mapping[Field, frozenset[str]] = {
    Field.PRIORITY: frozenset(Priority),
    Field.CATEGORY: frozenset(Category),
}


class Condition(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One group or one test; ``check`` says whether it is well formed. ``{}`` always holds.

    ``value`` is one text or several, of which one has to fit; ``name`` is the attribute's. As JSON:
    ``{"all": [{"field": "channel_kind", "op": "is", "value": "email"}, {"none": [{"field": "tag", "op": "has", "value": "vip"}]}]}``.
    """

    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    none: tuple[Condition, ...] | None = None
    field: Line = ""
    op: Line = ""
    value: Text | tuple[Line, ...] = ""
    name: Line = ""


ALWAYS = Condition()


class Facts(Struct, frozen=True, omit_defaults=True):
    """What is tested. ``open``: the calendars that are open at the instant in question; ``attributes`` are the customer's."""

    channel: str = ""
    channel_kind: str = ""
    team: str = ""
    queue: str = ""
    tags: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    category: Category = Category.OPEN
    status: str = "open"
    language: str = ""
    company: str = ""
    subject: str = ""
    attributes: Mapping[str, str] = {}
    segments: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()


class Verdict(Struct, frozen=True, omit_defaults=True):
    """Whether it holds; if not, the test or group it failed at and the way there, such as ``("all", "1", "none", "0")``.

    For ``any`` that is the group, as none of its members held; for ``none`` the member that did.
    """

    holds: bool
    failed: Condition | None = None
    path: tuple[str, ...] = ()


HOLDS = Verdict(True)


def facts_of(
    c: Conversation,
    kind: str,
    customer: Customer | None = None,
    *,
    queue: str = "",
    open: frozenset[str] = frozenset(),
    segments: frozenset[str] = frozenset(),
) -> Facts:
    """What can be tested of a conversation; ``kind`` is that of its channel, ``open`` the calendars open now."""
    return Facts(
        channel=c.channel,
        channel_kind=kind,
        team=c.team or "",
        queue=queue,
        tags=c.tags,
        priority=c.priority,
        category=c.category,
        status=c.status,
        language=customer.language if customer is not None else "",
        company=customer.company if customer is not None else "",
        subject=c.subject,
        attributes=customer.attributes if customer is not None else {},
        segments=segments,
        open=open,
    )


def evaluate(condition: Condition, facts: Facts) -> Verdict:
    """Whether a checked condition holds, and where it fails."""
    return _evaluate(condition, facts, ())


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether a checked condition holds."""
    return evaluate(condition, facts).holds


def check(condition: Condition, where: str = "conditions") -> Condition:
    """The condition, if it is well formed. Raises ``Invalid`` with the path to what is not and what to do about it."""
    tests = list(_checked(condition, where, MAX_DEPTH))
    if len(tests) > MAX_TESTS:
        raise Invalid(where, f"at most {MAX_TESTS} tests")
    return condition


def parts_of(condition: Condition) -> Iterator[Condition]:
    """All tests in it, in order."""
    if condition.field:
        yield condition
    for _, members in _groups(condition):
        for member in members:
            yield from parts_of(member)


def asks_of_the_customer(condition: Condition) -> bool:
    """Whether it looks at what is known of the customer."""
    return any(test.field in _OF_THE_CUSTOMER for test in parts_of(condition))


def values_of(condition: Condition, field: Field) -> frozenset[str]:
    """The values it compares a field with, such as the calendars or attributes it depends on."""
    return frozenset(value for test in parts_of(condition) if test.field == field for value in _values(test))


def _groups(condition: Condition) -> list[tuple[str, tuple[Condition, ...]]]:
    named = (("all", condition.all), ("any", condition.any), ("none", condition.none))
    return [(name, members) for name, members in named if members is not None]


def _values(test: Condition) -> tuple[str, ...]:
    return (test.value,) if isinstance(test.value, str) else test.value


def _checked(condition: Condition, where: str, depth: int) -> Iterator[Condition]:
    groups = _groups(condition)
    if len(groups) + bool(condition.field) > 1:
        raise Invalid(where, "say one of: all, any, none, field")
    if condition.field:
        yield _checked_test(condition, where)
        return
    if condition.op or condition.value or condition.name:
        raise Invalid(where, "a test needs a field")
    for name, members in groups:
        if depth == 0:
            raise Invalid(where, f"groups may be nested {MAX_DEPTH} deep")
        yield from _checked_group(members, f"{where}.{name}", depth - 1)


def _checked_group(members: tuple[Condition, ...], where: str, depth: int) -> Iterator[Condition]:
    if not members:
        raise Invalid(where, "a group needs a condition")
    for place, member in enumerate(members):
        if member == ALWAYS:
            raise Invalid(f"{where}.{place}", "inside a group a condition must say something")
        yield from _checked(member, f"{where}.{place}", depth)


def _checked_test(test: Condition, where: str) -> Condition:
    if test.field not in OPS:
        raise Invalid(f"{where}.field", f"must be one of: {', '.join(Field)}")
    field = Field(test.field)
    if test.op not in OPS[field]:
        raise Invalid(f"{where}.op", f"for {field} it must be one of: {', '.join(sorted(OPS[field]))}")
    if (field is Field.ATTRIBUTE) != bool(test.name):
        raise Invalid(f"{where}.name", "an attribute needs its name" if field is Field.ATTRIBUTE else "only attributes have a name")
    _check_values(field, Op(test.op), _values(test), f"{where}.value")
    return test


def _check_lines(values: tuple[str, ...], where: str) -> None:
    if not values or not all(value.strip() for value in values):
        raise Invalid(where, "is missing")
    if len(values) > MAX_VALUES or any(len(value) > MAX_VALUE for value in values):
        raise Invalid(where, f"at most {MAX_VALUES} values of {MAX_VALUE} characters")
    if not all(re.search(_ONE_LINE, value) for value in values):
        raise Invalid(where, "each is one line, without control characters")


def _check_values(field: Field, op: Op, values: tuple[str, ...], where: str) -> None:
    if op in _WITHOUT_VALUE:
        if any(values):
            raise Invalid(where, f"{op} takes no value")
        return
    _check_lines(values, where)
    unknown = [value for value in values if value not in _CLOSED.get(field, values)]
    if unknown:
        raise Invalid(where, f"{unknown[0]!r} is none of: {', '.join(sorted(_CLOSED[field]))}")
    if op in (Op.AT_LEAST, Op.AT_MOST) and (len(values) != 1 or _size(field, values[0]) is None):
        raise Invalid(where, f"{op} takes one value" if field is Field.PRIORITY else f"{op} takes a number or a date such as 2026-11-22")
    if field is Field.SUBJECT and not all(words(value) for value in values):
        raise Invalid(where, "holds no word")


def _evaluate(condition: Condition, facts: Facts, path: tuple[str, ...]) -> Verdict:
    if condition.field:
        return HOLDS if _test(condition, facts) else Verdict(False, condition, path)
    for name, members in _groups(condition):
        verdicts = [_evaluate(member, facts, (*path, name, str(place))) for place, member in enumerate(members)]
        failed = _failed(name, condition, members, verdicts, path)
        if failed is not None:
            return failed
    return HOLDS


def _failed(name: str, group: Condition, members: tuple[Condition, ...], verdicts: list[Verdict], path: tuple[str, ...]) -> Verdict | None:
    match name:
        case "all":
            return next((verdict for verdict in verdicts if not verdict.holds), None)
        case "any":
            return None if any(verdict.holds for verdict in verdicts) else Verdict(False, group, path)
        case _:
            held = next((place for place, verdict in enumerate(verdicts) if verdict.holds), None)
            return None if held is None else Verdict(False, members[held], (*path, name, str(held)))


def _test(test: Condition, facts: Facts) -> bool:
    field, values = Field(test.field), _values(test)
    return _COMPARE[Op(test.op)](field, _found(field, test.name, facts), values)


def _found(field: Field, name: str, facts: Facts) -> tuple[str, ...]:
    """What the conversation has of a field; none, one or several values."""
    if field is Field.ATTRIBUTE:
        return tuple(value for key, value in facts.attributes.items() if normalised(key) == normalised(name) and value)
    value = _READ[field](facts)
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(value)


_READ: Mapping[Field, Callable[[Facts], str | Iterable[str]]] = {
    Field.CHANNEL: lambda f: f.channel,
    Field.CHANNEL_KIND: lambda f: f.channel_kind,
    Field.TEAM: lambda f: f.team,
    Field.QUEUE: lambda f: f.queue,
    Field.TAG: lambda f: f.tags,
    Field.PRIORITY: lambda f: f.priority,
    Field.CATEGORY: lambda f: f.category,
    Field.STATUS: lambda f: f.status,
    Field.LANGUAGE: lambda f: f.language,
    Field.COMPANY: lambda f: f.company,
    Field.SUBJECT: lambda f: f.subject,
    Field.SEGMENT: lambda f: f.segments,
    Field.TIME: lambda f: f.open,
}

_EXACT = frozenset({Field.CHANNEL, Field.CHANNEL_KIND, Field.TEAM, Field.QUEUE, Field.SEGMENT, Field.TIME})
"""Ids are compared as they are; what people type without regard to case and accents."""


def _one(field: Field, text: str) -> str:
    if field in _EXACT:
        return text
    typed = normalised(text.strip())
    return typed.replace("_", "-") if field is Field.LANGUAGE else typed


def _fits(field: Field, found: str, wanted: str) -> bool:
    """Whether two values are one; a language without a region stands for all its regions (RFC 4647, basic filtering)."""
    found, wanted = _one(field, found), _one(field, wanted)
    return found == wanted or (field is Field.LANGUAGE and found.startswith(f"{wanted}-"))


def _some(field: Field, found: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return any(_fits(field, f, w) for f in found for w in wanted)


def _every(field: Field, found: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return all(_some(field, found, (w,)) for w in wanted)


def _contains(found: tuple[str, ...], wanted: Iterable[str]) -> list[bool]:
    """For each text whether all its words are there."""
    there = words(" ".join(found))
    return [words(text) <= there for text in wanted]


def _size(field: Field, text: str) -> tuple[str, Decimal] | None:
    return ("priority", Decimal(PRIORITY_RANK[Priority(text)])) if field is Field.PRIORITY else size_of(text.strip())


def _reaches(field: Field, more: str, less: str) -> bool:
    """Whether one is at least the other; what cannot be compared is not."""
    one, other = _size(field, more), _size(field, less)
    return one is not None and other is not None and one[0] == other[0] and one[1] >= other[1]


_COMPARE: Mapping[Op, Callable[[Field, tuple[str, ...], tuple[str, ...]], bool]] = {
    Op.IS: _some,
    Op.IS_NOT: lambda field, found, wanted: not _some(field, found, wanted),
    Op.EMPTY: lambda _, found, __: not found,
    Op.PRESENT: lambda _, found, __: bool(found),
    Op.AT_LEAST: lambda field, found, wanted: any(_reaches(field, f, wanted[0]) for f in found),
    Op.AT_MOST: lambda field, found, wanted: any(_reaches(field, wanted[0], f) for f in found),
    Op.HAS: _some,
    Op.HAS_ALL: _every,
    Op.LACKS: lambda field, found, wanted: not _some(field, found, wanted),
    Op.CONTAINS: lambda _, found, wanted: all(_contains(found, wanted)),
    Op.CONTAINS_ANY: lambda _, found, wanted: any(_contains(found, wanted)),
    Op.INSIDE: _some,
    Op.OUTSIDE: lambda field, found, wanted: not _some(field, found, wanted),
}
