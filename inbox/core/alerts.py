"""Alerts: thresholds on a queue or a team's own work that supervisors want to be told of, once when they are crossed and once when that
is over."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from inbox.core.board import Tally
from inbox.core.errors import Invalid
from inbox.core.ids import Instant
from inbox.core.queues import Millis

MOST = 100


class Measure(StrEnum):
    """What is measured: how many wait, how long the first of them has (milliseconds), how many are late, that nobody is on duty."""

    WAITING = "waiting"
    LONGEST_WAIT = "longest_wait"
    LATE = "late"
    NOBODY = "nobody"


class Alert(Struct, frozen=True):
    """One threshold: more than ``above`` in a ``queue``, or in what waits for a ``team`` in no queue (both '': in all together), for at
    least ``for_ms``. ``nobody`` needs no number. Beside supervisors, ``mails`` (addresses) and ``webhooks`` (their ids) are told."""

    id: str
    name: str
    measure: Measure
    version: int = 1
    queue: str = ""
    above: Annotated[int, Meta(ge=0, le=30 * 24 * 60 * 60 * 1000)] = 0
    for_ms: Millis = 0
    enabled: bool = True
    mails: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    team: str = ""


class AlertState(Struct, frozen=True, omit_defaults=True):
    """How an alert stands, under its id: over the threshold since ``since``, told of at ``raised_at``, and the ``value`` then."""

    id: str
    since: Instant | None = None
    raised_at: Instant | None = None
    value: int = 0
    version: int = 1


class Reading(Struct, frozen=True):
    """What a measure shows now: whether it is over the threshold, its value, and when time alone will carry it over."""

    over: bool
    value: int
    crosses_at: Instant | None = None


def checked(alert: Alert) -> Alert:
    """The alert, if it makes sense. Raises ``Invalid``."""
    if alert.measure is Measure.NOBODY and alert.above:
        raise Invalid("above", "that nobody is on duty needs no number")
    if alert.queue and alert.team:
        raise Invalid("team", "watch a queue or what waits for a team, not both")
    return alert


def read(alert: Alert, tally: Tally, on_duty: int | None, now: Instant) -> Reading:
    """What its measure shows. ``on_duty`` None: nobody has to be there now, or nobody can tell yet."""
    match alert.measure:
        case Measure.WAITING:
            return Reading(tally.waiting > alert.above, tally.waiting)
        case Measure.LATE:
            return Reading(tally.late > alert.above, tally.late)
        case Measure.NOBODY:
            return Reading(on_duty == 0, 0)
        case _:
            if tally.longest_since is None:
                return Reading(False, 0)
            waited = now - tally.longest_since
            over = waited > alert.above
            return Reading(over, waited, None if over else tally.longest_since + alert.above + 1)


def follow(alert: Alert, before: AlertState, reading: Reading, now: Instant) -> tuple[AlertState, Instant | None]:
    """How it stands after a reading, the same value when nothing is news, and when to look again although nothing happens."""
    if not reading.over:
        calm = before if before.since is None else AlertState(before.id, version=before.version)
        return calm, reading.crosses_at
    since = now if before.since is None else before.since
    if before.raised_at is not None:
        return before, None
    if now - since >= alert.for_ms:
        return replace(before, since=since, raised_at=now, value=reading.value), None
    return replace(before, since=since), since + alert.for_ms
