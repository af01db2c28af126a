"""Answers about reports, for supervisors and admins. Durations are milliseconds."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from inbox.core.facts import FactKind
from inbox.core.ids import Instant
from inbox.core.reports import By, Figures
from inbox.flow.rows import ConversationRow


class Report(Struct, frozen=True):
    """Figures by row, all of them together, and the same for as many days just before. ``lag``: how old the newest of it may be.

    ``zone`` is the time zone of the days; ``opening_hours`` the name of the business hours in which ``open_spreads`` are counted.
    """

    first: date
    last: date
    by: By
    zone: str
    opening_hours: str
    rows: tuple[Figures, ...]
    total: Figures
    before: Figures
    lag: int


class FactRow(Struct, frozen=True):
    """One happening behind a figure. ``conversation`` None: it is gone. ``comment`` is what a customer said beside his score;
    ``message`` the one that was received or sent. Of a promise ``metric`` is what was promised ('' in older ones), and of one missed
    ``value`` by how long, around the clock, from the instant it was due: until now while it is ``owed`` still, else until it was kept.
    Of a state ``at`` is when it began, ``until`` when it was over (None: it is not), ``value`` how much of it lies in the days.
    """

    id: str
    kind: FactKind
    at: Instant
    conversation: ConversationRow | None
    agent: str
    queue: str
    value: int | None
    open: int | None
    policy: str
    comment: str = ""
    message: str | None = None
    metric: str = ""
    owed: bool = False
    until: Instant | None = None


class FactPage(Struct, frozen=True):
    """Newest first. ``next`` goes into ``after`` for the following page; None at the end."""

    rows: tuple[FactRow, ...]
    next: str | None
