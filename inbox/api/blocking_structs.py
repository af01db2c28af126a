"""Bodies and answers about blocked senders."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from inbox.api.structs import ONE_LINE, Id, Input, Short
from inbox.core.ids import Instant
from inbox.flow.rows import ConversationRow

Value = Annotated[str, Meta(min_length=1, max_length=1000, pattern=ONE_LINE)]


class BlockRow(Struct, frozen=True):
    """A blocked sender. With ``domain`` the value is ``@`` and a mail domain, and everybody below it is meant. ``stopped`` counts the
    messages that were kept away, the last of them at ``last_at``."""

    id: str
    kind: str
    value: str
    domain: bool
    name: str
    why: str
    by: str
    by_name: str
    at: Instant
    stopped: int
    last_at: Instant | None


class BlockPage(Struct, frozen=True):
    """Who is blocked, newest first. ``next`` goes into ``after`` for the following page; None at the end."""

    rows: tuple[BlockRow, ...]
    next: str | None


class BlockParticipant(Input, frozen=True):
    """Block a participant of a conversation by his address, or with ``domain`` everybody of his mail domain. ``spam`` marks the
    conversation as spam in the same step."""

    kind: Id
    value: Value
    domain: bool = False
    why: Short = ""
    spam: bool = True


class BlockSender(Input, frozen=True):
    """Block an address, or with ``domain`` a whole mail domain, of which ``value`` is the name or any address."""

    kind: Literal["email", "phone"]
    value: Value
    domain: bool = False
    why: Short = ""


class Blocked(Struct, frozen=True):
    """What came of it: the entry, and the conversation as it is now."""

    block: BlockRow
    conversation: ConversationRow
