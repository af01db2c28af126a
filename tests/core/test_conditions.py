"""Conditions mean what an admin reads in them, fail at a place that can be named, and are refused when they say nothing clear."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.core.conditions import ALWAYS, MAX_DEPTH, OPS, Condition, Facts, Field, Op, check, evaluate, facts_of, holds, parts_of, values_of
from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.customer import Customer
from inbox.core.errors import Invalid
from inbox.core.ids import ChannelId, ConversationId, CustomerId, TeamId

FACTS = Facts(
    channel="support",
    channel_kind="email",
    team="sales",
    tags=("VIP", "refund"),
    priority=Priority.HIGH,
    category=Category.WAITING,
    status="asked back",
    language="fr-CA",
    subject="Où est ma commande?",
    company="ACME Ltd",
    attributes={"Plan": "Gold", "empty": "", "orders": "12", "renewal": "2026-11-22"},
    segments=frozenset({"big"}),
    open=frozenset({"office"}),
)


def a(field: str, op: str, *value: str, name: str = "") -> Condition:
    return Condition(field=field, op=op, value=value[0] if len(value) == 1 else value, name=name)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (ALWAYS, True),
        (a("channel", "is", "support"), True),
        (a("channel", "is", "Support"), False),
        (a("channel", "is", "sales", "support"), True),
        (a("channel_kind", "is_not", "email"), False),
        (a("team", "present"), True),
        (a("queue", "empty"), True),
        (a("queue", "is", "first"), False),
        (a("queue", "is_not", "first"), True),
        (a("tag", "has", "vip"), True),
        (a("tag", "has_all", "vip", "refund"), True),
        (a("tag", "has_all", "vip", "angry"), False),
        (a("tag", "lacks", "angry"), True),
        (a("tag", "empty"), False),
        (a("priority", "at_least", "high"), True),
        (a("priority", "at_least", "urgent"), False),
        (a("priority", "at_most", "normal"), False),
        (a("priority", "is", "high", "urgent"), True),
        (a("category", "is", "waiting"), True),
        (a("status", "is", "Asked Back"), True),
        (a("language", "is", "fr"), True),
        (a("language", "is", "fr_ca"), True),
        (a("language", "is", "f"), False),
        (a("language", "is", "fr-FR"), False),
        (a("subject", "contains", "ou commande"), True),
        (a("subject", "contains", "commande", "retard"), False),
        (a("subject", "contains_any", "retard", "COMMANDE"), True),
        (a("attribute", "is", "gold", name="plan"), True),
        (a("attribute", "empty", name="empty"), True),
        (a("attribute", "present", name="missing"), False),
        (a("attribute", "at_least", "9", name="orders"), True),
        (a("attribute", "at_most", "9.99", name="orders"), False),
        (a("attribute", "at_most", "12", name="ORDERS"), True),
        (a("attribute", "at_least", "2026-01-01", name="renewal"), True),
        (a("attribute", "at_most", "2026-11-21", name="renewal"), False),
        (a("attribute", "at_least", "9", name="renewal"), False),
        (a("attribute", "at_most", "9", name="plan"), False),
        (a("attribute", "at_least", "0", name="missing"), False),
        (a("company", "is", "acme ltd"), True),
        (a("company", "is_not", "Acme Ltd", "Other"), False),
        (a("segment", "has", "big"), True),
        (a("time", "inside", "office"), True),
        (a("time", "outside", "night"), True),
    ],
)
def test_what_a_test_means(condition: Condition, expected: bool) -> None:
    assert holds(check(condition), FACTS) is expected


def test_groups_say_where_they_fail() -> None:
    mail, angry, vip = a("channel_kind", "is", "email"), a("tag", "has", "angry"), a("tag", "has", "vip")
    assert evaluate(Condition(all=(mail, Condition(none=(angry,)))), FACTS).holds
    both = evaluate(Condition(all=(mail, angry)), FACTS)
    assert (both.failed, both.path) == (angry, ("all", "1"))
    neither = Condition(any=(angry, a("team", "empty")))
    assert evaluate(neither, FACTS).failed == neither
    assert holds(Condition(any=(angry, vip)), FACTS)
    not_vip = evaluate(Condition(all=(Condition(none=(angry, vip)),)), FACTS)
    assert (not_vip.failed, not_vip.path) == (vip, ("all", "0", "none", "1"))


@pytest.mark.parametrize(
    ("json", "where"),
    [
        ('{"all":[],"any":[]}', "conditions"),
        ('{"all":[]}', "conditions.all"),
        ('{"all":[{}]}', "conditions.all.0"),
        ('{"op":"is"}', "conditions"),
        ('{"all":[{"field":"colour","op":"is","value":"red"}]}', "conditions.all.0.field"),
        ('{"field":"channel","op":"has","value":"a"}', "conditions.op"),
        ('{"field":"channel","op":"is"}', "conditions.value"),
        ('{"field":"channel","op":"is","value":["a"," "]}', "conditions.value"),
        ('{"field":"team","op":"empty","value":"a"}', "conditions.value"),
        ('{"field":"attribute","op":"is","value":"a"}', "conditions.name"),
        ('{"field":"channel","op":"is","value":"a","name":"b"}', "conditions.name"),
        ('{"field":"priority","op":"is","value":["high","top"]}', "conditions.value"),
        ('{"field":"priority","op":"at_least","value":["high","low"]}', "conditions.value"),
        ('{"field":"priority","op":"at_least","value":"top"}', "conditions.value"),
        ('{"field":"attribute","op":"at_least","value":"many","name":"orders"}', "conditions.value"),
        ('{"field":"attribute","op":"at_most","value":["1","2"],"name":"orders"}', "conditions.value"),
        ('{"field":"subject","op":"contains","value":"!?"}', "conditions.value"),
        ('{"field":"channel","op":"is","value":"' + "x" * 201 + '"}', "conditions.value"),
        ('{"any":[' * (MAX_DEPTH + 1) + '{"field":"team","op":"empty"}' + "]}" * (MAX_DEPTH + 1), "conditions" + ".any.0" * MAX_DEPTH),
        ('{"any":[' + ",".join(['{"field":"team","op":"empty"}'] * 101) + "]}", "conditions"),
    ],
)
def test_what_is_not_clear_is_refused_with_its_place(json: str, where: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(msgspec.json.decode(json, type=Condition))
    assert refused.value.field == where


def test_its_json_is_what_the_documentation_shows() -> None:
    json = b'{"all":[{"field":"channel_kind","op":"is","value":"email"},{"none":[{"field":"tag","op":"has","value":["vip"]}]}]}'
    condition = check(msgspec.json.decode(json, type=Condition))
    assert msgspec.json.encode(condition) == json
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"al":[]}', type=Condition)


def test_what_it_depends_on() -> None:
    inside = Condition(any=(a("time", "inside", "office", "night"), Condition(none=(a("team", "is", "a"),))))
    assert values_of(inside, Field.TIME) == {"office", "night"}
    assert [test.field for test in parts_of(inside)] == ["time", "team"]


def test_a_conversation_and_its_customer_become_facts() -> None:
    person = Customer(CustomerId("p"), language="de", attributes={"plan": "free"})
    c = Conversation(ConversationId("c"), 1, 1, ChannelId("shop"), person.id, 0, 0, team=TeamId("t"), tags=("a",), subject="Hi")
    assert facts_of(c, "chat", person, queue="q", open=frozenset({"o"})) == Facts(
        "shop", "chat", "t", "q", ("a",), language="de", subject="Hi", attributes={"plan": "free"}, open=frozenset({"o"})
    )
    assert facts_of(c, "chat").language == ""


_values: dict[Field, list[str]] = {Field.PRIORITY: list(Priority), Field.CATEGORY: list(Category)}


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> Condition:
    if depth and draw(st.booleans()):
        members = tuple(draw(st.lists(conditions(depth - 1), min_size=1, max_size=3)))
        return msgspec.structs.replace(ALWAYS, **{draw(st.sampled_from(["all", "any", "none"])): members})
    field = draw(st.sampled_from(list(Field)))
    op = draw(st.sampled_from(sorted(OPS[field])))
    value = (
        ""
        if op in (Op.EMPTY, Op.PRESENT)
        else draw(
            st.sampled_from(_values.get(field, ["7", "2026-11-22"] if op in (Op.AT_LEAST, Op.AT_MOST) else ["support", "gold", "fr"]))
        )
    )
    return Condition(field=field, op=op, value=value, name="plan" if field is Field.ATTRIBUTE else "")


@given(conditions())
def test_none_of_one_is_its_opposite_and_failing_names_something_inside(condition: Condition) -> None:
    check(condition)
    verdict = evaluate(condition, FACTS)
    assert holds(Condition(none=(condition,)), FACTS) is not verdict.holds
    if not verdict.holds:
        inside = condition
        for group, place in zip(verdict.path[::2], verdict.path[1::2], strict=True):
            inside = getattr(inside, group)[int(place)]
        assert inside == verdict.failed


@given(conditions())
def test_it_survives_json(condition: Condition) -> None:
    assert msgspec.json.decode(msgspec.json.encode(condition), type=Condition) == condition


def test_a_value_is_one_line() -> None:
    with pytest.raises(Invalid) as refused:
        check(a("tag", "has", "two\nlines"))
    assert refused.value.field.endswith("value")
