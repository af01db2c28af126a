"""Bodies and answers about accounts and teams, for admins."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from inbox.api.structs import Count, Id, Input, Name
from inbox.core.ids import Instant

Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s\u0000-\u001f\u007f]+@[^@\s\u0000-\u001f\u007f]+(?![\s\S])")]
Role = Literal["admin", "supervisor", "agent"]
Teams = Annotated[tuple[Id, ...], Meta(max_length=50)]
Capacity = Annotated[int, Meta(ge=0, le=1000)]
TeamId = Annotated[str, Meta(max_length=64, pattern=r"^$|^[a-z0-9][a-z0-9_-]*(?![\s\S])")]


class AccountRow(Struct, frozen=True):
    """An account as admins see it. ``capacity`` 0: takes nothing by itself. Switched off it cannot log in and holds nothing open."""

    id: str
    email: str
    name: str
    role: str
    teams: tuple[str, ...]
    capacity: int
    active: bool
    version: int
    created_at: Instant


class CreateAccount(Input, frozen=True):
    """Somebody who shall answer here."""

    email: Email
    name: Name
    role: Role = "agent"
    teams: Teams = ()
    capacity: Capacity = 10


class EditAccount(Input, frozen=True):
    """Only what is given changes; ``version`` is what was seen, a newer one answers 409. ``active`` false switches the account off:
    its logins end, and what it holds open goes back to the queue."""

    version: Count
    email: Email | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    teams: Teams | UnsetType = UNSET
    capacity: Capacity | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class Invitation(Struct, frozen=True):
    """A link by which the account's owner sets a password, once, until ``expires_at``; '' when there is a password already.
    ``mailed`` tells whether it also went out to the account's address."""

    account: AccountRow
    link: str
    expires_at: Instant
    mailed: bool


class CreateTeam(Input, frozen=True):
    """A team. ``slug`` becomes its id, which the settings file names it by and which never changes; '' makes one from the name."""

    name: Name
    slug: TeamId = ""


class RenameTeam(Input, frozen=True):
    """Another name."""

    name: Name
