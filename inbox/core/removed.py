"""What was removed keeps its name for whatever still tells of it by its id: threads, proofs, reports, the board."""

from __future__ import annotations

from msgspec import Struct

from inbox.core.ids import Instant


class Removed(Struct, frozen=True):
    """The name that the entry ``entry`` of the list ``kind`` had last; ``id`` is both, see ``removed_id``. It may be there again.
    ``removed_at`` None: since when it is gone was not written down."""

    id: str
    kind: str
    entry: str
    name: str
    removed_at: Instant | None = None
    version: int = 1


def removed_id(kind: str, entry: str) -> str:
    """Under which the name of an entry of a list is kept."""
    return f"{kind}:{entry}"


def marked(name: str) -> str:
    """The name for a spreadsheet, which is in English."""
    return f"{name} (removed)"
