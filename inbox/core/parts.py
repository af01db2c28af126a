"""A message that its provider hands over in parts: which are there, what it says, and when it is shown without those that are missing."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.ids import DeliveryId, Instant, MessageId

WAIT = 30_000
"""For how long a message is not shown because a part is missing, in milliseconds."""

OVER = 24 * 60 * 60 * 1000
"""After so long a part belongs to another message: references of parts are small numbers that come again."""


class Piece(Struct, frozen=True, omit_defaults=True):
    """One part that came. ``key`` is the provider's id of it; ``number`` counts from 1; ``delivery`` brought it."""

    number: int
    key: str
    text: str
    delivery: DeliveryId


class Parted(Struct, frozen=True, omit_defaults=True):
    """What is there of a message of ``total`` parts, in their order. ``key`` is that of the part that came first, ``since`` when it came.

    ``message``: it is shown already, without what was missing then.
    """

    id: str
    key: str
    total: int
    since: Instant
    pieces: tuple[Piece, ...]
    message: MessageId | None = None
    version: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return len(self.pieces) == self.total

    @property
    def text(self) -> str:
        """All of it; where parts are missing stands ``[…]``."""
        there = {piece.number: piece.text for piece in self.pieces}
        words = [there.get(number, "[…]") for number in range(1, self.total + 1)]
        return "".join(word for n, word in enumerate(words) if word != "[…]" or not n or words[n - 1] != word)

    def is_due(self, now: Instant) -> bool:
        """Whether it is to be shown now."""
        return self.is_whole or self.message is not None or now - self.since >= WAIT


def added(known: Parted | None, came: Parted, now: Instant) -> Parted | None:
    """What is there with the first part of ``came``: ``came`` itself where it begins another message.

    None: its place is taken by a part of a message that is not shown yet, so that it has to wait until that is.
    """
    (piece,) = came.pieces
    if known is None:
        return came
    there = next((one for one in known.pieces if one.number == piece.number), None)
    if there is not None and there.key == piece.key:
        return known
    if known.message is not None and (there is not None or now - known.since > OVER):
        return came
    if there is not None:
        return None
    return replace(known, pieces=tuple(sorted((*known.pieces, piece), key=lambda one: one.number)))
