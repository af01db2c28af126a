"""Bodies and answers about what an agent was told personally."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from inbox.api.structs import Id, Input
from inbox.core.ids import Instant
from inbox.flow.rows import NoticeRow

MOST_UNREAD = 100
"""Unread ones are counted up to here."""


class NoticePage(Struct, frozen=True):
    """Newest first; ``next`` continues. ``unread``: how many he has not seen, counted up to 100, here and on the other pages."""

    notices: tuple[NoticeRow, ...]
    next: str | None
    unread: int


class NoticesRead(Input, frozen=True):
    """What was seen: ``ids``, or all up to the instant ``until``, of one ``conversation`` where that is given."""

    ids: Annotated[tuple[Annotated[str, Meta(max_length=120)], ...], Meta(max_length=100)] = ()
    conversation: Id | None = None
    until: Annotated[Instant, Meta(ge=0, le=253_402_300_799_999)] | None = None


class Unread(Struct, frozen=True):
    """How many are left that were not seen, counted up to 100."""

    unread: int
