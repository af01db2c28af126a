"""Two customers who turn out to be one person: what the one that stays takes over, and what it gives back.

Neither an address nor a conversation is rewritten: the one that stays names whom it absorbed, and who was merged keeps what is his, as if
he were alone. That is why one commit is enough for any number of conversations, and for its undo, whatever came since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.attributes import attribute_id
from inbox.core.customer import MAX_ABSORBED, MAX_ATTRIBUTES, Customer
from inbox.core.errors import Invalid
from inbox.core.ids import AgentId, CustomerId, Instant

MAX_NOTES = 10_000
Fact = Literal["name", "company", "language"]
FACTS: tuple[Fact, ...] = ("name", "company", "language")
_OWN = (*FACTS, "created_at", "surveyed_at")


class CustomerMerge(Struct, frozen=True, omit_defaults=True):
    """That somebody said that two customers are one person, with what undoes it: ``customer`` went ``into`` the other. ``other`` is the
    one that went as it was; ``before`` and ``after`` are the one that stays around it."""

    id: str
    customer: CustomerId
    into: CustomerId
    by: AgentId
    at: Instant
    other: Customer
    before: Customer
    after: Customer
    undone_at: Instant | None = None
    undone_by: AgentId | None = None
    version: int = 1


class Choice(Struct, frozen=True):
    """What of the one that goes is taken over where both say something: facts, and attributes by their keys."""

    facts: tuple[Fact, ...] = ()
    attributes: tuple[str, ...] = ()


def joined(into: Customer, other: Customer, merge: str, choice: Choice) -> Customer:
    """``into`` with all that ``other`` is. Its own facts and attributes stay but where they are empty or the choice is another; notes stand
    below each other. Raises ``Invalid``."""
    if into.id == other.id:
        raise Invalid("into", "is the same customer")
    if len(into.absorbed) + len(other.absorbed) >= MAX_ABSORBED:
        raise Invalid("into", f"at most {MAX_ABSORBED} customers can be merged into one")
    taken = {fact: getattr(other, fact) for fact in FACTS if getattr(other, fact) and (fact in choice.facts or not getattr(into, fact))}
    attributes = _attributes(into.attributes, other.attributes, choice)
    notes = "\n\n".join(dict.fromkeys(filter(None, (into.notes, other.notes))))
    if len(attributes) > MAX_ATTRIBUTES:
        raise Invalid("attributes", f"together they have more than {MAX_ATTRIBUTES}")
    if len(notes) > MAX_NOTES:
        raise Invalid("notes", f"together they are longer than {MAX_NOTES} characters")
    return replace(
        into,
        **taken,
        attributes=attributes,
        notes=notes,
        created_at=min(into.created_at, other.created_at),
        surveyed_at=max(into.surveyed_at, other.surveyed_at),
        absorbed=(*into.absorbed, other.id, *other.absorbed),
        merges=(*into.merges, merge),
    )


def _attributes(own: dict[str, str], others: dict[str, str], choice: Choice) -> dict[str, str]:
    """Under the keys that the one that stays has, as case makes no difference."""
    keys = {attribute_id(key): key for key in own}
    chosen = {attribute_id(key) for key in choice.attributes}
    added = {keys.get(id, key): value for key, value in others.items() if (id := attribute_id(key)) not in keys or id in chosen}
    return {**own, **added}


def parted(now: Customer, merge: CustomerMerge, other: Customer) -> Customer:
    """The one that stays without ``other``, who stands alone again. What somebody changed since stays."""
    gone = set(other.whole)
    return replace(
        own(now, merge, other),
        absorbed=tuple(id for id in now.absorbed if id not in gone),
        merges=tuple(id for id in now.merges if id != merge.id),
    )


def own(now: Customer, merge: CustomerMerge, other: Customer) -> Customer:
    """A state of the one that stays without what came by a merge and by what ``other`` said of himself since."""
    facts = {name: _back(*(getattr(one, name) for one in (now, merge.before, merge.after, merge.other, other))) for name in _OWN}
    names = dict.fromkeys((*merge.before.attributes, *now.attributes))
    states = (now, merge.before, merge.after, merge.other, other)
    values = {name: _back(*(one.attributes.get(name) for one in states)) for name in names}
    attributes = {name: value for name, value in values.items() if value is not None}
    return replace(now, **facts, attributes=attributes, notes=_notes(now.notes, merge.before.notes, merge.after.notes))


def _back(now: Any, before: Any, after: Any, theirs: Any, theirs_now: Any) -> Any:
    """What it was before, if nobody but the one that goes has changed it since."""
    return before if now == after or (now == theirs_now and theirs_now != theirs) else now


def _notes(now: str, before: str, after: str) -> str:
    """Without what the merge added, if it still stands there as it was."""
    if now == after:
        return before
    added = after.removeprefix(before) if before else after + "\n\n"
    return now.replace(added, "", 1) if added.strip() else now


def rebased(later: Sequence[CustomerMerge], merge: CustomerMerge, other: Customer) -> list[CustomerMerge]:
    """The merges that came later, as if this one had never been: undoing them brings back nothing of it."""
    return [replace(one, before=own(one.before, merge, other), after=own(one.after, merge, other)) for one in later]
