"""The people and bots who answer, and the teams they form."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from inbox.core.ids import AgentId, Instant, TeamId


class Role(StrEnum):
    """The built-in roles; ``core/permissions.py`` has the table."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    BOT = "bot"


class Availability(StrEnum):
    """Set by hand: what he takes while he is connected. Only ``ONLINE`` gets new conversations by itself. ``BUSY`` and ``BREAK``
    keep what they have, as ``AWAY`` does, and say why nothing is added: he works on what he holds, or rests."""

    ONLINE = "online"
    AWAY = "away"
    BUSY = "busy"
    BREAK = "break"


class BreakReason(Struct, frozen=True):
    """What agents can say that their break is for, such as lunch or a training."""

    id: str
    name: str
    version: int = 1


class Agent(Struct, frozen=True, omit_defaults=True):
    """One account. ``load`` is the weight of the open conversations he holds, changed only with the assignment it counts, as are
    ``held``, how many per kind of channel, ``last_assigned_at`` and ``freed_at``, when he last had one less.

    ``capacity`` bounds the load, ``limits`` how many of a kind. ``skills`` have levels 1 to 5. ``calendar``: his working hours.
    ``keys``: shortcuts of the screen that he changed, '' for off. ``language``: the screen's, as a BCP 47 tag; '' for the browser's.
    ``screen``: his other choices about the screen, by name, as it writes them; none: those of the browser.
    ``break_reason`` is an entry of the catalog, '' for none; ``availability_at`` when what he takes was set last. ``custom_role``: the
    id of a role of the workspace's own that counts in place of ``role``, which is ``AGENT`` then. ``face``: the id of his picture, ''
    for none.
    """

    id: AgentId
    email: str
    name: str
    role: Role
    teams: tuple[TeamId, ...] = ()
    capacity: int = 10
    load: int = 0
    availability: Availability = Availability.ONLINE
    active: bool = True
    demo: bool = False
    version: int = 1
    signature: str = ""
    created_at: Instant = 0
    last_assigned_at: Instant = 0
    freed_at: Instant = 0
    skills: dict[str, int] = {}
    limits: dict[str, int] = {}
    held: dict[str, int] = {}
    calendar: str = ""
    keys: dict[str, str] = {}
    language: str = ""
    screen: dict[str, str] = {}
    break_reason: str = ""
    availability_at: Instant = 0
    custom_role: str = ""
    face: str = ""


class Team(Struct, frozen=True, omit_defaults=True):
    """A group that serves channels together."""

    id: TeamId
    name: str
    version: int = 1
