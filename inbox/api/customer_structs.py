"""Bodies and answers about persons."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from inbox.api.blocking_structs import BlockRow
from inbox.api.structs import NO_NUL, ONE_LINE, Count, Id, Input, Key, Line, Short
from inbox.core.customer import Identity
from inbox.core.ids import Instant
from inbox.core.message import Address
from inbox.core.persons import Fact
from inbox.flow.rows import PersonRow


class CustomerMergeRow(Struct, frozen=True):
    """That ``customer``, then called ``name``, was merged into the one that stays. ``undone_at`` None: it still is."""

    id: str
    customer: str
    name: str
    by: str
    at: Instant
    undone_at: Instant | None


class CustomerRow(Struct, frozen=True):
    """A person with his addresses, and which of them are blocked. ``segments``: the ids of those he is in. ``absorbed``: the
    ids of those who were merged into him, which lead to him; ``merges``: how that came about."""

    id: str
    name: str
    version: int
    company: str
    language: str
    notes: str
    attributes: dict[str, str]
    identities: tuple[Identity, ...]
    blocks: tuple[BlockRow, ...]
    created_at: Instant
    segments: tuple[str, ...]
    absorbed: tuple[str, ...]
    merges: tuple[CustomerMergeRow, ...]


class CandidateRow(Struct, frozen=True):
    """Who may be the same person, with some of his addresses. ``why``: ``address`` (one of them reads like one of the other's),
    ``name`` (he is called so, too), or '' for one that was looked for."""

    id: str
    name: str
    company: str
    addresses: tuple[Address, ...]
    why: Literal["address", "name", ""]


class MergeCustomers(Input, frozen=True):
    """``into``: the one that stays. ``version`` and ``into_version`` are what was seen of both; a newer one answers 409. ``take`` and
    ``take_attributes`` (keys) are what of the one that goes is taken over although the one that stays has its own."""

    into: Id
    version: Count
    into_version: Count
    take: Annotated[tuple[Fact, ...], Meta(max_length=3)] = ()
    take_attributes: Annotated[tuple[Key, ...], Meta(max_length=100)] = ()


class CustomersMerged(Struct, frozen=True):
    """What was done or undone, and the one that stays."""

    merge: CustomerMergeRow
    customer: CustomerRow


class CustomerPage(Struct, frozen=True):
    """Persons found by name or address."""

    rows: tuple[PersonRow, ...]
    next: str | None


class EditCustomer(Input, frozen=True):
    """Only what is given changes; ``version`` is what was seen, a newer one answers 409. A null attribute is removed."""

    version: Count
    name: Short | UnsetType = UNSET
    company: Short | UnsetType = UNSET
    language: Annotated[str, Meta(max_length=35, pattern=ONE_LINE)] | UnsetType = UNSET
    notes: Annotated[str, Meta(max_length=10_000, pattern=NO_NUL)] | UnsetType = UNSET
    attributes: Annotated[dict[Key, Line | None], Meta(max_length=100)] = field(default_factory=dict)


class NewAddress(Input, frozen=True):
    """A mail address or a phone number with its country."""

    kind: Literal["email", "phone"]
    value: Annotated[str, Meta(min_length=1, max_length=1000, pattern=ONE_LINE)]


class CreateCustomer(Input, frozen=True):
    """A person who need not have written. His addresses stay unverified; one that is somebody else's answers 409."""

    name: Short = ""
    company: Short = ""
    language: Annotated[str, Meta(max_length=35, pattern=ONE_LINE)] = ""
    notes: Annotated[str, Meta(max_length=10_000, pattern=NO_NUL)] = ""
    attributes: Annotated[dict[Key, Line], Meta(max_length=100)] = field(default_factory=dict)
    addresses: Annotated[tuple[NewAddress, ...], Meta(max_length=20)] = ()


class AddIdentity(Input, frozen=True):
    """An address somebody typed in; it stays unverified."""

    kind: Literal["email", "phone"]
    value: Annotated[str, Meta(min_length=1, max_length=1000, pattern=ONE_LINE)]
