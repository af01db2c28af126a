"""Reports over any days: figures, the happenings behind each of them, and both for a spreadsheet. For supervisors and admins."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from aiohttp import web
from msgspec.structs import replace

from inbox.api import report_structs as rs
from inbox.api import show
from inbox.api.bodies import limit_of
from inbox.api.parts import ApiParts, Signed
from inbox.core import reports, spells, spreadsheet
from inbox.core.agent import Role
from inbox.core.errors import Invalid
from inbox.core.facts import Dims, Fact, FactKind
from inbox.core.ids import Instant
from inbox.core.permissions import Action, require
from inbox.core.removed import marked
from inbox.core.reports import OVER_TIME, Asked, Behind, By, Figures, Period, added, figures_of
from inbox.core.sums import Sum
from inbox.flow import removing
from inbox.flow.folding import Measure
from inbox.flow.rows import ConversationRow
from inbox.records import BREAK_REASONS, POLICIES, QUEUES, SPELLS, TEAMS

E = TypeVar("E", bound=StrEnum)
_SCORES = (FactKind.CSAT, FactKind.NPS)


async def get_report(asked: Signed[None]) -> rs.Report:
    """Raises ``Denied``, and ``Invalid`` for a report that has no meaning."""
    require(asked.actor, Action.SUPERVISE)
    measure = await asked.parts.measure()
    return await _report(asked.parts, _asked(asked.query), measure)


async def _report(parts: ApiParts, wanted: Asked, measure: Measure) -> rs.Report:
    sums = await parts.facts.sums(wanted)
    if wanted.by is By.STATE:
        sums = await _with_going_on(parts, wanted, measure, sums)
    rows = await _rows(parts, wanted, measure, sums)
    before = await parts.facts.sums(_over(wanted, wanted.period.before))
    return rs.Report(
        first=wanted.period.first,
        last=wanted.period.last,
        by=wanted.by,
        zone=measure.zone,
        opening_hours=measure.opening_hours,
        rows=rows,
        total=figures_of("", added(list(sums.values()))),
        before=figures_of("", added(list(before.values()))),
        lag=parts.reports_lag(),
    )


async def _with_going_on(parts: ApiParts, wanted: Asked, measure: Measure, sums: Mapping[str, Sum]) -> dict[str, Sum]:
    """The times of agents with what they are in now, which the journal tells only once it is over."""
    now, span = parts.clock.now(), _span(wanted, measure)
    out = dict(sums)
    for spell in await parts.queries.entries(SPELLS):
        if wanted.agent in ("", spell.id) and (lasted := spells.within(spell, now, span)):
            name = spells.STATE + spells.name_of(spell.state, spell.reason)
            out[spell.id] = added([out.get(spell.id, Sum()), Sum(totals={name: lasted})])
    people = {a.id for a in (await parts.directory.agents()).values() if a.role is not Role.BOT}
    return {id: one for id, one in out.items() if id in people}


def _span(wanted: Asked, measure: Measure) -> tuple[Instant, Instant]:
    return measure.start_of(wanted.period.first), measure.start_of(wanted.period.last + timedelta(days=1))


async def _rows(parts: ApiParts, wanted: Asked, measure: Measure, sums: Mapping[str, Sum]) -> tuple[Figures, ...]:
    if wanted.by is By.HOUR:
        hours = reports.by_hour(added(list(sums.values())))
        return tuple(figures_of(str(hour), hours.get(str(hour), Sum())) for hour in range(168))
    if wanted.by in OVER_TIME:
        ordered = [(key, sums.get(key, Sum())) for key in reports.keys_of(wanted)]
        today, _ = measure.ruler.day(parts.clock.now())
        current = reports.group_of(wanted, today, Dims())
        return tuple(reports.grown(ordered, None if wanted.labelled else await parts.facts.backlog(wanted), current))
    return tuple(figures_of(key, sums[key]) for key in sorted(sums))


def _over(wanted: Asked, period: Period) -> Asked:
    """The same conditions in one row over other days; policies and tags all together have none."""
    by = wanted.by if wanted.by in (By.TAG, By.POLICY, By.STATE) else By.ALL
    return Asked(period, by, wanted.channel, wanted.team, wanted.queue, wanted.agent, wanted.tag)


async def list_facts(asked: Signed[None]) -> rs.FactPage:
    """The happenings that a figure counts. Supervisors see every conversation, so the gate has no more to say of each."""
    require(asked.actor, Action.SUPERVISE)
    wanted = _asked(asked.query)
    kind = _one_of(FactKind, "kind", asked.query.get("kind", ""))
    measure = await asked.parts.measure()
    policy, none, state = (asked.query.get(name, "") for name in ("policy", "none", "state"))
    behind = Behind(wanted, kind, _span(wanted, measure), _hour(asked.query), policy, none, state)
    reports.check_list(behind)
    found, after = await asked.parts.facts.facts(behind, asked.query.get("after"), limit_of(asked.query))
    if kind is FactKind.STATE:
        going_on = () if asked.query.get("after") else await _going_on(asked.parts, behind)
        return rs.FactPage((*going_on, *(_state_row(fact, behind) for fact in found)), after)
    return rs.FactPage(await _shown(asked.parts, found), after)


async def _going_on(parts: ApiParts, behind: Behind) -> tuple[rs.FactRow, ...]:
    """What the agent is in now, if that is the state and some of it lies in the span: before all that is over."""
    now, (first, end) = parts.clock.now(), behind.span
    return tuple(
        rs.FactRow(f"now-{one.id}", FactKind.STATE, one.since, None, one.id, "", lasted, None, "", metric=behind.state)
        for one in await parts.queries.entries(SPELLS)
        if one.id == behind.asked.agent
        and spells.name_of(one.state, one.reason) == behind.state
        and (lasted := spells.within(one, now, (first, end)))
    )


def _state_row(f: Fact, behind: Behind) -> rs.FactRow:
    until, (first, end) = f.until, behind.span
    lasted = min(until or end, end) - max(f.at, first)
    return rs.FactRow(f.id, f.kind, f.at, None, f.dims.agent, "", lasted, None, "", metric=f.metric, until=until)


async def _shown(parts: ApiParts, facts: Sequence[Fact]) -> tuple[rs.FactRow, ...]:
    ids = list(dict.fromkeys(fact.conversation for fact in facts))
    there = await parts.queries.conversations(ids)
    rows = {row.id: row for row in await show.conversations(parts, list(there.values()))}
    asked = await parts.queries.messages([fact.message for fact in facts if fact.message is not None and fact.kind in _SCORES])
    said = {id: message.survey.comment for id, message in asked.items() if message.survey is not None}
    now = parts.clock.now()
    return tuple(
        _row(_by_now(fact, now), rows.get(fact.conversation), "" if fact.message is None else said.get(fact.message, "")) for fact in facts
    )


def _by_now(f: Fact, now: Instant) -> Fact:
    """Of what is late and still owed, how late it is now."""
    return replace(f, value=(f.value or 0) + max(0, now - f.at)) if f.owed else f


def _row(f: Fact, conversation: ConversationRow | None, comment: str) -> rs.FactRow:
    message = None if f.kind in _SCORES else f.message
    of = f.dims
    promise = (f.metric, f.owed)
    return rs.FactRow(f.id, f.kind, f.at, conversation, of.agent, of.queue, f.value, f.open, f.policy, comment, message, *promise)


async def get_report_csv(asked: Signed[None]) -> web.StreamResponse:
    """The report as comma-separated values with a head line, durations in seconds. What could be a formula is quoted."""
    require(asked.actor, Action.SUPERVISE)
    parts, wanted = asked.parts, _asked(asked.query)
    report = await _report(parts, wanted, await parts.measure())
    reasons = await removing.names(parts.directory, BREAK_REASONS)
    out = io.StringIO()
    writer = csv.writer(out)
    for line in spreadsheet.table(wanted, report.rows, await _names(parts, wanted.by), reasons):
        writer.writerow([spreadsheet.harmless(cell) if isinstance(cell, str) else cell for cell in line])
    name = f"inbox-{wanted.by.value}-{report.first}-{report.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=out.getvalue(), content_type="text/csv", charset="utf-8", headers=headers)


async def _names(parts: ApiParts, by: By) -> Mapping[str, str]:
    """What rows are called by their keys; '' is what has none of its kind."""
    match by:
        case By.AGENT | By.STATE:
            return {id: agent.name for id, agent in (await parts.directory.agents()).items()} | {"": "Nobody"}
        case By.TEAM:
            return await removing.names(parts.directory, TEAMS) | {"": "No team"}
        case By.CHANNEL:
            gone: dict[str, str] = {id: marked(removed.record.name) for id, removed in parts.channels.removed.items()}
            stopped = {id: broken.record.name for id, broken in parts.channels.broken.items()}
            return gone | stopped | {id: running.record.name for id, running in parts.channels.running.items()}
        case By.QUEUE:
            return await removing.names(parts.directory, QUEUES) | {"": "No queue"}
        case By.POLICY:
            of_the_file = {"default": "Promise of the settings file"}
            return of_the_file | await removing.names(parts.directory, POLICIES)
    return {}


def _asked(query: Mapping[str, str]) -> Asked:
    """What is asked, checked. Raises ``Invalid`` with the parameter's name."""
    wanted = Asked(
        Period(_day(query, "first"), _day(query, "last")),
        _one_of(By, "by", query.get("by", By.ALL.value)),
        *(query.get(name, "") for name in ("channel", "team", "queue", "agent", "tag")),
    )
    reports.check(wanted)
    return wanted


def _day(query: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(query.get(name, ""))
    except ValueError:
        raise Invalid(name, "give a day such as 2026-11-22") from None


def _hour(query: Mapping[str, str]) -> int | None:
    given = query.get("hour", "")
    try:
        return int(given) if given else None
    except ValueError:
        raise Invalid("hour", "give a number") from None


def _one_of(kind: type[E], name: str, given: str) -> E:
    try:
        return kind(given)
    except ValueError:
        raise Invalid(name, f"must be one of {', '.join(kind)}") from None
