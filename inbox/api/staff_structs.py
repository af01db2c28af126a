"""Bodies and answers about accounts and teams, for admins."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from inbox.api.structs import Count, Id, Input, Name, Ref
from inbox.core.agent import BreakReason
from inbox.core.ids import Instant
from inbox.core.permissions import Actor
from inbox.core.queues import Skill
from inbox.core.undoing import LeftAgent

Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s\u0000-\u001f\u007f]+@[^@\s\u0000-\u001f\u007f]+(?![\s\S])")]
Teams = Annotated[tuple[Id, ...], Meta(max_length=50)]
Skills = Annotated[dict[Skill, Annotated[int, Meta(ge=1, le=5)]], Meta(max_length=50)]
Limits = Annotated[
    dict[Annotated[str, Meta(max_length=40, pattern=r"^[a-z][a-z0-9_]*(?![\s\S])")], Annotated[int, Meta(ge=0, le=1000)]],
    Meta(max_length=20),
]
Calendar = Ref
RoleId = Ref
"""A built-in role (``agent``, ``supervisor``, ``admin``) or one of the workspace's own."""
Capacity = Annotated[int, Meta(ge=0, le=1000)]
TeamId = Annotated[str, Meta(max_length=64, pattern=r"^$|^[a-z0-9][a-z0-9_-]*(?![\s\S])")]


class AccountRow(Struct, frozen=True):
    """An account as admins see it. ``capacity`` 0: takes nothing by itself. ``skills`` have levels 1 to 5; ``limits`` say how many
    conversations of a kind of channel at most, such as ``{"email": 8}``. ``calendar`` is the id of his working hours, '' for always:
    outside them nothing new is given to him. ``role`` is a built-in one or the id of the workspace's own.
    Switched off it cannot log in and holds nothing open. ``invited``: nobody has got in yet, by password, passkey or sign-in; switched off,
    the invitation was withdrawn. ``link_until``: when the link to set a password expires, 0 where none works."""

    id: str
    email: str
    name: str
    role: str
    teams: tuple[str, ...]
    capacity: int
    skills: dict[str, int]
    limits: dict[str, int]
    calendar: str
    active: bool
    version: int
    created_at: Instant
    invited: bool = False
    link_until: Instant = 0


class CreateAccount(Input, frozen=True):
    """Somebody who shall answer here. An address whose invitation was withdrawn is invited again, by the same account."""

    email: Email
    name: Name
    role: RoleId = "agent"
    teams: Teams = ()
    capacity: Capacity = 10


class EditAccount(Input, frozen=True):
    """Only what is given changes; ``version`` is what was seen, a newer one answers 409. ``active`` false switches the account off:
    its logins end, and what it holds open goes back to the queue."""

    version: Count
    email: Email | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    role: RoleId | UnsetType = UNSET
    teams: Teams | UnsetType = UNSET
    capacity: Capacity | UnsetType = UNSET
    skills: Skills | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    calendar: Calendar | UnsetType = UNSET
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


class SetAvailability(Input, frozen=True):
    """What somebody takes while he is connected: only online gets new conversations. ``break_reason`` goes with ``break``.
    ``left``: it undoes an act that set this; what was set since stays, and is a conflict."""

    availability: Literal["online", "away", "busy", "break"]
    break_reason: Ref = ""
    left: LeftAgent | None = None


class SetFace(Input, frozen=True):
    """A JPEG of at most 64 KB, as wide as high, at most 512 by 512 pixels, in base64."""

    picture: bytes


class SaveBreakReason(Input, frozen=True):
    """A reason for breaks as it shall be. ``version`` is the one that was seen, 0 for a new one."""

    name: Name
    version: Count = 0


def break_reason(body: SaveBreakReason, id: str, actor: Actor, before: BreakReason | None) -> BreakReason:
    """The reason to be stored."""
    return BreakReason(id, body.name.strip(), body.version)
