"""Tags in conditions and filters: found however they are written, and given another name."""

from __future__ import annotations

import pytest

from inbox.core.conditions import Condition
from inbox.core.tags import asks_for, filter_asks_for, filter_renamed, renamed, tag_id

VIP = Condition(field="tag", op="has", value="VIP")
SEVERAL = Condition(field="tag", op="has", value=("vip", "gold", "Gold"))
SUBJECT = Condition(field="subject", op="contains", value="vip")


def test_case_makes_no_other_tag() -> None:
    assert tag_id("Große") == tag_id("GROSSE") != tag_id("Gro")


def test_a_tag_is_found_at_any_depth_and_only_as_a_tag() -> None:
    deep = Condition(all=(SUBJECT, Condition(none=(Condition(any=(VIP,)),))))
    assert asks_for(deep, "vip")
    assert not asks_for(SUBJECT, "vip")
    assert renamed(deep, "vip", "Gold") == Condition(
        all=(SUBJECT, Condition(none=(Condition(any=(Condition(field="tag", op="has", value="Gold"),)),)))
    )


def test_among_several_it_is_there_once() -> None:
    assert renamed(SEVERAL, "gold", "vip") == Condition(field="tag", op="has", value=("vip",))
    assert renamed(SEVERAL, "silver", "vip") == SEVERAL
    assert renamed(Condition(), "a", "b") == Condition()


@pytest.mark.parametrize(
    ("typed", "found", "after"),
    [
        ("is:open tag:vip", True, 'is:open tag:"Very gold"'),
        ('TAG:"VIP" team:a', True, 'tag:"Very gold" team:a'),
        ("tag:vipp", False, "tag:vipp"),
        ("assignee:vip", False, "assignee:vip"),
        ("", False, ""),
    ],
)
def test_filters_as_they_are_typed(typed: str, found: bool, after: str) -> None:
    assert filter_asks_for(typed, "vip") is found
    assert filter_renamed(typed, "vip", "Very gold") == after
