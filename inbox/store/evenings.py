"""Which days something lasted over, so that an index finds all that lasted over one of them, however long ago it began.

The days are cut into the fewest blocks of 1, 2, 4, 8 ... days that begin at a multiple of their length. A day is in one block of each
length, so what lasted over it has one of some sixteen blocks, and has it once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from inbox.core.ids import Instant

DAY_MS: Final = 24 * 60 * 60 * 1000
LENGTHS: Final = 16
"""Blocks of up to 32,768 days: all of them since 1970."""
LASTING: Final = -1
"""The only block of what is not over yet."""


def blocks(began: Instant, over: Instant) -> list[int]:
    """The blocks of all days (UTC) that what lasted from one instant to the other touched."""
    return list(_blocks(began // DAY_MS, over // DAY_MS))


def around(at: Instant) -> list[int]:
    """Every block of what may have lasted over an instant."""
    day = at // DAY_MS
    return [LASTING, *(_block(length, day >> length) for length in range(LENGTHS))]


def _blocks(first: int, last: int) -> Iterator[int]:
    length = 0
    while first <= last:
        if first & 1:
            yield _block(length, first)
            first += 1
        if first <= last and not last & 1:
            yield _block(length, last)
            last -= 1
        first, last, length = first >> 1, last >> 1, length + 1


def _block(length: int, number: int) -> int:
    return (length << 32) | number
