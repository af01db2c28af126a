"""The frames of the supervisors' board; ``protocol`` has all the others."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from inbox.core.ids import Instant


class SubscribeBoard(Struct, tag="board", tag_field="t", forbid_unknown_fields=True):
    """Follow the supervisors' board. It needs no snapshot over HTTP: its first frame is whole."""

    sub: Annotated[str, Meta(max_length=64)]


class QueueState(Struct):
    """A queue of the board; ``id`` is ``all`` for everything together, else ``queue:`` or ``team:`` with whose it is (``team:`` alone:
    nobody's). ``longest_since``: since when the first in line waits. ``offered`` are those of ``waiting`` whom somebody is asked to
    take; ``served`` are with an agent; ``soon`` and ``late`` are near a deadline or past it. ``on_duty``: who serves it, is online
    and on duty: may hold some, within his working hours. ``arrivals`` and ``answers`` are of today, None where they are not counted;
    ``usual_``: by this time of this weekday."""

    id: str
    queue: str
    team: str
    waiting: int
    longest_since: Instant | None
    offered: int
    served: int
    soon: int
    late: int
    on_duty: int
    arrivals: int | None = None
    answers: int | None = None
    usual_arrivals: int | None = None
    usual_answers: int | None = None


class Held(Struct):
    """A conversation that an agent holds; ``sla`` is '', soon or late, ``weight`` what it takes of his capacity: nothing while it waits
    for the customer, unless it is on a chat-like channel."""

    id: str
    number: int
    sla: str
    weight: int


class BoardAgent(Struct):
    """An agent of the board. ``since``: when this state began, None where nobody saw it begin. ``held``: what he holds, most urgent and
    then newest first, at most thirty of all ``holds``; ``offered``: what he is asked to take, which counts in his ``load``, too.
    ``answers`` and ``done`` (resolved) are of today, None where they are not counted. ``off_duty``: it is outside his working hours,
    which begin again at ``duty_from``; None: not that anybody knows."""

    id: str
    state: str
    since: Instant | None
    load: int
    capacity: int
    holds: int
    held: tuple[Held, ...]
    answers: int | None = None
    done: int | None = None
    break_reason: str = ""
    offered: tuple[Held, ...] = ()
    off_duty: bool = False
    duty_from: Instant | None = None


class Board(Struct, tag="board", tag_field="t"):
    """Queues and agents as they stand now: all of them if it is ``whole``, else those that changed. ``gone`` are queues and agents, by
    their ids, that are not on the board any more."""

    sub: str
    whole: bool
    queues: tuple[QueueState, ...]
    agents: tuple[BoardAgent, ...]
    gone: tuple[str, ...] = ()
