"""How far a folder was read, and which mails are fetched together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, structs
from msgspec.structs import replace

OVERLAP: Final = 50
"""UIDs below the last one that are looked at again: a server may show a lower UID late."""

AT_ONCE: Final = 50
AT_ONCE_BYTES: Final = 2 << 20
LARGE: Final = AT_ONCE_BYTES // 2
MOST_ASIDE: Final = 200


class Position(Struct, frozen=True):
    """How far a folder was read. ``recent``: the UIDs within the overlap that are done; ``aside``: mails that the server could
    not hand over and that are tried again; ``backlog``: the last UID that was there when the folder was first read."""

    uidvalidity: int = 0
    last_uid: int = 0
    recent: tuple[int, ...] = ()
    aside: tuple[int, ...] = ()
    backlog: int = 0

    def first_seen(self, uids: Sequence[int]) -> Position:
        """The position of a folder that holds these mails; if nothing of it was read yet, they are its backlog."""
        return self if self.last_uid or self.backlog else replace(self, backlog=max(uids, default=0))

    def after(self, done: Sequence[int], aside: Sequence[int] = ()) -> Position:
        """The position once the mails ``done`` are stored or gone, those in ``aside`` of them not for good."""
        last = max((self.last_uid, *done))
        recent = {uid for uid in (*self.recent, *done) if uid > last - OVERLAP}
        waiting = (set(self.aside) - set(done)) | set(aside)
        return replace(self, last_uid=last, recent=tuple(sorted(recent)), aside=tuple(sorted(waiting))[-MOST_ASIDE:])

    @property
    def low(self) -> int:
        """The first UID worth asking about."""
        return max(1, self.last_uid - OVERLAP + 1)


def position(stored: dict[str, Any], validity: int) -> Position:
    """The stored position, or the beginning when the folder's UIDs mean something else by now."""
    found = msgspec.convert(stored, Position)
    return found if found.uidvalidity == validity else Position(validity)


def stored(at: Position) -> dict[str, Any]:
    """The position as it is kept."""
    return {**structs.asdict(at), "recent": list(at.recent), "aside": list(at.aside)}


def groups(sizes: dict[int, int], suspects: Counter[int]) -> Iterator[list[int]]:
    """UIDs in ascending order in groups that are fetched together; what is large or broke a connection stands alone."""
    group: list[int] = []
    total = 0
    for uid in sorted(sizes):
        alone = suspects[uid] > 0 or sizes[uid] > LARGE
        if group and (alone or len(group) >= AT_ONCE or total + sizes[uid] > AT_ONCE_BYTES):
            yield group
            group, total = [], 0
        group.append(uid)
        total += sizes[uid]
        if alone:
            yield group
            group, total = [], 0
    if group:
        yield group
