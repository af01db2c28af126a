"""The people and bots who answer, and the teams they form."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from inbox.core.ids import AgentId, Instant, TeamId


class Role(StrEnum):
    """What an account may do at most; ``core/permissions.py`` has the table."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    BOT = "bot"


class Availability(StrEnum):
    """Set by hand: whether he takes new conversations while he is connected."""

    ONLINE = "online"
    AWAY = "away"


class Agent(Struct, frozen=True, omit_defaults=True):
    """One account. ``load`` is the weight of the open conversations he holds, changed only with the assignment it counts."""

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


class Team(Struct, frozen=True, omit_defaults=True):
    """A group that serves channels together."""

    id: TeamId
    name: str
    version: int = 1
