"""Bodies and answers about opening hours and service-level policies, for admins."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from inbox.api.segment_structs import require_known
from inbox.api.structs import Count, Input, Name
from inbox.core import business_hours, policies
from inbox.core.business_hours import Calendar, Holiday, Interval, Special
from inbox.core.conditions import ALWAYS, Condition
from inbox.core.conversation import Category
from inbox.core.errors import Invalid, Prevented
from inbox.core.ids import Instant
from inbox.core.permissions import Actor
from inbox.core.policies import Action, ByPriority, Policy, Share, Targets
from inbox.flow import holidays, recounting
from inbox.records import CALENDARS, POLICIES, QUEUES, TEAMS

Hours = Annotated[tuple[Interval, ...], Meta(max_length=24)]
Week = Annotated[tuple[Hours, ...], Meta(min_length=7, max_length=7)]
Code = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]*(?![\s\S])")]
Zone = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+(?![\s\S])")]
Actions = Annotated[tuple[Action, ...], Meta(max_length=10)]


class SaveCalendar(Input, frozen=True):
    """Opening hours as they shall be; the fields are as in a calendar itself. The holidays follow from the country."""

    name: Name
    zone: Zone
    week: Week
    version: Count = 0
    country: Code = ""
    subdivision: Code = ""
    specials: Annotated[tuple[Special, ...], Meta(max_length=200)] = ()
    reports: bool = False


class CalendarPreview(Struct, frozen=True):
    """Where opening hours stand now, and which holidays they have."""

    open: bool
    opens_at: Instant | None
    closes_at: Instant | None
    holidays: tuple[Holiday, ...]


class HolidayCountry(Struct, frozen=True):
    """A country whose holidays are known, and its parts that have their own."""

    code: str
    subdivisions: tuple[str, ...]


class SavePolicy(Input, frozen=True):
    """A policy as it shall be; the fields are as in a policy itself."""

    name: Name
    version: Count = 0
    order: Annotated[int, Meta(ge=0, le=10_000)] = 0
    enabled: bool = True
    conditions: Condition = ALWAYS
    targets: Targets = Targets()
    by_priority: ByPriority = ByPriority()
    calendar: Code = ""
    warn_shares: Annotated[tuple[Share, ...], Meta(max_length=5)] = (80,)
    pauses: Annotated[tuple[Category, ...], Meta(max_length=2)] = (Category.WAITING, Category.SNOOZED)
    on_warning: Actions = ()
    on_breach: Actions = ()


class PreviewPolicy(SavePolicy, frozen=True):
    """A policy as it would be saved; ``id`` is the one it changes, '' a new one."""

    id: Code = ""


class PolicyPreview(Struct, frozen=True):
    """Of the first ``seen`` open conversations (``more``: there are others) how many would be ``late`` at once that are not, and how many
    more would be due ``sooner``."""

    seen: int
    late: int
    sooner: int
    more: bool


class RecountRow(Struct, frozen=True):
    """How far open conversations were brought under the last change of a policy or calendar."""

    running: bool
    seen: int
    total: int
    changed: int
    begun_at: Instant | None
    done_at: Instant | None


def calendar(body: SaveCalendar, id: str, actor: Actor, before: Calendar | None) -> Calendar:
    """The calendar without its holidays. Raises ``Invalid``."""
    made = Calendar(
        id=id,
        name=body.name,
        zone=body.zone,
        week=body.week,
        version=body.version,
        country=body.country,
        subdivision=body.subdivision,
        specials=body.specials,
        reports=body.reports,
    )
    business_hours.check(made)
    return made


async def with_holidays(parts: Any, made: Calendar) -> Calendar:
    """The calendar with its country's days of the years around now."""
    return await holidays.resolved(made, parts.clock.now())


def policy(body: SavePolicy, id: str, actor: Actor, before: Policy | None) -> Policy:
    """The policy. Raises ``Invalid``."""
    made = Policy(
        id=id,
        version=body.version,
        name=body.name,
        order=body.order,
        enabled=body.enabled,
        conditions=body.conditions,
        targets=body.targets,
        by_priority=body.by_priority,
        calendar=body.calendar,
        warn_shares=tuple(sorted(set(body.warn_shares))),
        pauses=body.pauses,
        on_warning=body.on_warning,
        on_breach=body.on_breach,
    )
    policies.check(made)
    return made


def calendar_stands(layer: Any, actor: Actor, before: Calendar | None, after: Calendar | None) -> None:
    """Admins change opening hours; open conversations follow."""
    recounting.asked_for(layer, actor)


def policy_stands(layer: Any, actor: Actor, before: Policy | None, after: Policy | None) -> None:
    """Admins change policies whose calendar, teams and queues are there; open conversations follow."""
    recounting.asked_for(layer, actor)
    if after is None:
        return
    require_known(layer, after.conditions)
    actions = (*after.on_warning, *after.on_breach)
    teams = tuple(action.value for action in actions if action.kind == "team")
    queues = tuple(action.value for action in actions if action.kind == "queue")
    calendars = (after.calendar,) if after.calendar else ()
    layer.need((CALENDARS, calendars), (TEAMS, teams), (QUEUES, queues))
    if calendars and layer.get(CALENDARS, after.calendar) is None:
        raise Invalid("calendar", "there are no such opening hours")
    for team in teams:
        if layer.get(TEAMS, team) is None:
            raise Invalid("on_breach", f"there is no team {team!r}")
    if any(layer.get(QUEUES, queue) is None for queue in queues):
        raise Invalid("on_breach", "there is no such queue")


async def unneeded(parts: Any, actor: Actor, before: Calendar | None, after: Calendar | None) -> None:
    """Opening hours that something goes by stay. Raises ``Conflict``."""
    if after is not None or before is None:
        return
    by_hours = [agent.name for agent in (await parts.directory.agents()).values() if agent.calendar == before.id]
    if by_hours:
        raise Prevented("in_use", f"{by_hours[0]!r} works by these hours; change that first.", by_hours[0])
    for noun in (POLICIES, QUEUES):
        needing = [other.name for other in (await parts.directory.entries(noun)).values() if other.calendar == before.id]
        if needing:
            raise Prevented("in_use", f"{needing[0]!r} goes by these hours; change that first.", needing[0])
