"""The audit record: read in pages, filtered, and taken along as a table."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from aiohttp import web

from inbox.admission import AuditEntry, AuditFilter
from inbox.api import security_structs as sec
from inbox.api.audit import note
from inbox.api.bodies import limit_of
from inbox.api.parts import ApiParts, Handler, Signed
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.core.permissions import Action, require
from inbox.core.spreadsheet import harmless

AT_ONCE = 1000
COLUMNS = ("time", "who", "who_id", "action", "what", "what_id", "address", "details")
_POSITION = re.compile(r"([0-9]{1,15})-([0-9a-zA-Z_]{1,64})")


async def list_audit(asked: Signed[None]) -> sec.AuditPage:
    """For supervisors and admins."""
    require(asked.actor, Action.AUDIT_READ)
    limit = limit_of(asked.query)
    found = await asked.parts.accounts.audited(_before(asked.query), limit + 1, _which(asked.query))
    shown = found[:limit]
    more = f"{shown[-1].at}-{shown[-1].id}" if len(found) > limit else None
    return sec.AuditPage(await _rows(asked.parts, shown), more)


async def list_audit_actions(asked: Signed[None]) -> tuple[str, ...]:
    """What one may filter by."""
    require(asked.actor, Action.AUDIT_READ)
    return tuple(await asked.parts.accounts.audited_actions())


async def export_audit(asked: Signed[None]) -> web.StreamResponse:
    """Streamed, however long it is; the export itself is written down first, so it is its own first line."""
    require(asked.actor, Action.AUDIT_READ)
    which = _which(asked.query)
    await note(asked, "audit_exported", which=" ".join(f"{name}={value}" for name, value in sorted(asked.query.items())))
    response = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="audit.csv"'})
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(asked.http)
    await response.write(_table([COLUMNS]))
    before: tuple[Instant, str] | None = None
    while page := await asked.parts.accounts.audited(before, AT_ONCE, which):
        await response.write(_table([_line(row) for row in await _rows(asked.parts, page)]))
        before = (page[-1].at, page[-1].id)
    await response.write_eof()
    return response


def _which(query: Mapping[str, str]) -> AuditFilter:
    return AuditFilter(query.get("actor", ""), query.get("action", ""), _instant(query, "since"), _instant(query, "until"))


def _instant(query: Mapping[str, str], name: str) -> Instant:
    text = query.get(name)
    if text is None:
        return 0
    if not re.fullmatch("[0-9]{1,15}", text):
        raise Invalid(name, "must be milliseconds since 1970")
    return int(text)


def _before(query: Mapping[str, str]) -> tuple[Instant, str] | None:
    if not query.get("after"):
        return None
    at = _POSITION.fullmatch(query["after"])
    if at is None:
        raise Invalid("after", "is not a position")
    return int(at[1]), at[2]


async def _rows(parts: ApiParts, found: Sequence[AuditEntry]) -> tuple[sec.AuditRow, ...]:
    agents = await parts.directory.agents()

    def name(id: str) -> str:
        return agents[id].name if id in agents else ""

    return tuple(sec.AuditRow(e.id, e.at, e.actor, name(e.actor), e.action, e.target, name(e.target), e.address, e.data) for e in found)


def _line(row: sec.AuditRow) -> tuple[str, ...]:
    time = datetime.fromtimestamp(row.at / 1000, UTC).isoformat(timespec="milliseconds")
    details = json.dumps(row.data, ensure_ascii=False) if row.data else ""
    return (time, row.actor_name, row.actor, row.action, row.target_name, row.target, row.address, details)


def _table(lines: Sequence[Sequence[str]]) -> bytes:
    """RFC 4180. What a spreadsheet would take for a formula is made a text."""
    text = io.StringIO()
    csv.writer(text).writerows([[harmless(cell) for cell in line] for line in lines])
    return text.getvalue().encode("utf-8", "replace")


HANDLERS: Mapping[str, Handler] = {handler.__name__: handler for handler in (list_audit, list_audit_actions, export_audit)}
