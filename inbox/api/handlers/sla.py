"""Opening hours before they are saved, the countries whose holidays are known, and how far a changed promise has come."""

from __future__ import annotations

import asyncio

from inbox.api import sla_structs as st
from inbox.api.parts import Signed
from inbox.core.business_hours import is_open, next_close, next_open
from inbox.core.permissions import Action, require
from inbox.flow import foreseeing, holidays, recounts
from inbox.records import RECOUNTS, Recount


async def preview_calendar(asked: Signed[st.SaveCalendar]) -> st.CalendarPreview:
    """Where these hours would stand now; nothing is stored."""
    require(asked.actor, Action.MANAGE_SLA)
    now = asked.parts.clock.now()
    made = await holidays.resolved(st.calendar(asked.body, "", asked.actor, None), now)
    return st.CalendarPreview(is_open(made, now), next_open(made, now), next_close(made, now), made.holidays)


async def preview_policy(asked: Signed[st.PreviewPolicy]) -> st.PolicyPreview:
    """What saving this policy would mean for the conversations that are open; nothing is stored."""
    require(asked.actor, Action.MANAGE_SLA)
    parts = asked.parts
    made = st.policy(asked.body, asked.body.id, asked.actor, None)
    found = await foreseeing.of_policy(parts.queries, parts.directory, parts.channels.facts(), made, parts.clock.now())
    return st.PolicyPreview(found.seen, found.late, found.sooner, found.more)


async def list_holiday_countries(asked: Signed[None]) -> tuple[st.HolidayCountry, ...]:
    """By code."""
    require(asked.actor, Action.MANAGE_SLA)
    known = await asyncio.to_thread(holidays.countries)
    return tuple(st.HolidayCountry(code, parts) for code, parts in known.items())


async def get_recount(asked: Signed[None]) -> st.RecountRow:
    """The last walk, or one that is still to be begun by the first change."""
    require(asked.actor, Action.MANAGE_SLA)
    walks = await asked.parts.queries.entries(RECOUNTS)
    walk = next((walk for walk in walks if walk.id == recounts.ID), Recount(recounts.ID))
    return st.RecountRow(walk.is_running, walk.seen, max(walk.seen, walk.total), walk.changed, walk.begun_at, walk.done_at)
