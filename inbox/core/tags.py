"""Tags that people sort conversations by: what is known of each, and what becomes of rules when one gets another name."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.conditions import Condition, Field, parts_of
from inbox.core.ids import digest
from inbox.core.triage import folded

Colour = Literal["", "grey", "blue", "red", "teal", "green", "purple", "amber"]
WORKSPACE = "workspace"
"""The id of the one entry of rules there is."""


class Tag(Struct, frozen=True):
    """A tag as everybody may choose it. ``id`` follows from the name: two that differ in case only are one."""

    id: str
    name: str
    version: int = 1
    colour: Colour = ""
    description: str = ""


class Tagging(Struct, frozen=True, omit_defaults=True):
    """The workspace's rules. ``closed``: only those who look after tags make new ones."""

    id: str
    name: str = "tagging"
    version: int = 1
    closed: bool = False


class Retag(Struct, frozen=True, omit_defaults=True):
    """That a change in bulk is about a tag itself: ``tag`` as it was before, and ``into`` what it became, None for removed.
    ``fresh``: nothing was called ``into`` before."""

    tag: Tag
    into: str | None = None
    fresh: bool = False


def tag_id(name: str) -> str:
    """The id of the tag of this name."""
    return digest("tag", folded(name))


def asks_for(condition: Condition, name: str) -> bool:
    """Whether a condition asks for this tag."""
    return any(_is_tag(test) and folded(name) in map(folded, _values(test)) for test in parts_of(condition))


def renamed(condition: Condition, old: str, new: str) -> Condition:
    """The condition with another name for a tag."""
    if condition.field:
        if not asks_for(condition, old):
            return condition
        values = tuple(dict.fromkeys(new if folded(value) == folded(old) else value for value in _values(condition)))
        return replace(condition, value=values[0] if isinstance(condition.value, str) else values)
    groups = {name: members for name in ("all", "any", "none") if (members := getattr(condition, name)) is not None}
    return replace(condition, **{name: tuple(renamed(member, old, new) for member in members) for name, members in groups.items()})


_TAG_TERM = re.compile(r'\btag:(?:"([^"]*)"|(\S*))', re.IGNORECASE)


def filter_asks_for(text: str, name: str) -> bool:
    """Whether a filter as typed asks for this tag."""
    return any(folded(_typed(match)) == folded(name) for match in _TAG_TERM.finditer(text))


def filter_renamed(text: str, old: str, new: str) -> str:
    """The filter with another name for a tag."""
    return _TAG_TERM.sub(lambda match: f'tag:"{new}"' if folded(_typed(match)) == folded(old) else match[0], text)


def _typed(match: re.Match[str]) -> str:
    return match[2] if match[1] is None else match[1]


def _is_tag(test: Condition) -> bool:
    return test.field == Field.TAG


def _values(test: Condition) -> tuple[str, ...]:
    return (test.value,) if isinstance(test.value, str) else test.value
