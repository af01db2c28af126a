"""How units decide on a working set: each as often as it asks for values that are not there yet, in the order of its group."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Generic, Protocol, TypeVar

import structlog

from inbox.core.errors import InboxError
from inbox.flow.working import Key, Layer, NotLoaded, WorkingSet

MAX_ROUNDS = 40
REHEARSALS = 3

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")
log = structlog.get_logger(__name__)


class Rank(IntEnum):
    """Who goes first."""

    COMMAND = 0
    INGEST = 1
    BULK = 2


class Unit(Protocol[R_co]):
    """Something to be decided and committed. ``group``: units of equal group keep their order. ``size`` in bytes."""

    @property
    def rank(self) -> Rank:
        """Who goes first."""

    @property
    def group(self) -> str:
        """What must stay in order."""

    @property
    def size(self) -> int:
        """Roughly how many bytes it will write."""

    def decide(self, layer: Layer) -> R_co:
        """Read and write the layer; may run several times; raises ``InboxError`` to change nothing."""


@dataclass
class Waiting(Generic[R]):
    """A unit in the queue. ``asked`` counts its attempts that ended in asking for values, ``numbers`` are kept over all attempts."""

    unit: Unit[R]
    done: asyncio.Future[R]
    value: R | None = None
    error: InboxError | None = None
    decided: bool = False
    asked: int = 0
    rehearsed: int = 0
    numbers: list[int] = field(default_factory=list)
    numbered: int = 0

    def reset(self) -> None:
        """Forget what an earlier attempt decided."""
        self.decided, self.error, self.asked, self.rehearsed, self.numbered = False, None, 0, 0, 0


def turn(waiting: Waiting[Any], ws: WorkingSet, blocked: set[str]) -> frozenset[Key]:
    """One try of a unit; the result is what it asks for.

    A unit behind another one of its group that waits for values only rehearses, so that its values come with the same load.
    """
    group = waiting.unit.group
    if group in blocked:
        waiting.rehearsed += 1
        return rehearse(waiting, ws) if waiting.rehearsed <= REHEARSALS else frozenset()
    missing = _try(waiting, ws)
    if missing is None:
        return frozenset()
    waiting.asked += 1
    if waiting.asked > MAX_ROUNDS:
        waiting.decided, waiting.error = True, InboxError("this asks for ever more values")
        return frozenset()
    blocked.add(group)
    return missing


def _try(waiting: Waiting[Any], ws: WorkingSet) -> frozenset[Key] | None:
    """None when the unit has decided, else what it asks for."""
    layer = Layer(ws, waiting.numbers)
    try:
        waiting.value = waiting.unit.decide(layer)
    except NotLoaded as missing:
        return missing.keys
    except InboxError as refused:
        waiting.error = refused
    except Exception as bug:
        log.exception("unit_failed", unit=type(waiting.unit).__name__)
        waiting.error = InboxError(f"internal error: {type(bug).__name__}")
    else:
        layer.merge()
        waiting.numbered = layer.numbered
    waiting.decided = True
    return None


def rehearse(waiting: Waiting[Any], ws: WorkingSet) -> frozenset[Key]:
    """What the unit asks for; whatever else comes of it is not its last word."""
    with suppress(Exception):
        try:
            waiting.unit.decide(Layer(ws, waiting.numbers))
        except NotLoaded as missing:
            return missing.keys
    return frozenset()
