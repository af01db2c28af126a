"""How long agents are in which state: one spell each at a time, and what of it falls on which day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Final

from msgspec import Struct

from inbox.core.ids import AgentId, Instant

LONGEST_MS: Final = 366 * 24 * 60 * 60 * 1000
"""What lies further back of one spell is left out: nobody is asked about it, and a day is a sum each."""
STATE: Final = "state_"
"""How the totals of reports are named that hold milliseconds in a state."""


class Spell(Struct, frozen=True, omit_defaults=True):
    """That an agent is in a state (``online``, ``busy``, ``break``, ``away``, ``offline``) since an instant; ``reason`` of a break."""

    id: AgentId
    state: str
    since: Instant
    reason: str = ""
    version: int = 1


def name_of(state: str, reason: str) -> str:
    """What a state is counted under: ``break:REASON`` for breaks that have one."""
    return f"{state}:{reason}" if reason else state


def counted_from(since: Instant, until: Instant) -> Instant:
    """Where what is counted of a spell begins."""
    return max(since, until - LONGEST_MS)


def by_day(since: Instant, until: Instant, zone: tzinfo) -> Iterator[tuple[str, int]]:
    """The days (``2026-11-22``) on which a spell falls, each with its milliseconds."""
    at = counted_from(since, until)
    while at < until:
        local = datetime.fromtimestamp(at / 1000, zone)
        midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), zone)
        end = min(until, max(at + 1, round(midnight.timestamp() * 1000)))
        yield local.strftime("%Y-%m-%d"), end - at
        at = end


def within(spell: Spell, now: Instant, span: tuple[Instant, Instant]) -> int:
    """How much of a spell that goes on lies between two instants, in milliseconds."""
    return max(0, min(now, span[1]) - max(spell.since, span[0]))
