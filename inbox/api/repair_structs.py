"""Bodies and answers about merging, splitting and moving."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from inbox.api.structs import Id, Input, Ref
from inbox.core.ids import Instant
from inbox.core.merging import MAX_MOVED
from inbox.flow.rows import ConversationRow

Messages = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MAX_MOVED)]


class MergeInto(Input, frozen=True):
    """``into``: id or number of the one that stays. ``same_person``: both customers are one, as far as these conversations go: who took
    part in either is answered. Otherwise the others wait to be accepted."""

    into: Id
    same_person: bool = False


class MoveMessages(Input, frozen=True):
    """``to``: id or number of where they go; '' begins a conversation with them."""

    messages: Messages
    to: Ref = ""


class RepairRow(Struct, frozen=True):
    """What was done: ``number`` went, or gave messages, to ``into_number``. ``messages`` would go back by an undo, and ``since`` came in
    since and would stay (100: or more). ``undone_at`` None: it stands."""

    id: str
    kind: Literal["merge", "split", "move"]
    conversation: str
    number: int
    into: str
    into_number: int
    by: str
    at: Instant
    messages: int
    since: int
    undone_at: Instant | None
    undone_by: str | None


class Repaired(Struct, frozen=True):
    """The repair, and the conversation to go on in."""

    repair: RepairRow
    conversation: ConversationRow
