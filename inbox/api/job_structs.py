"""Bodies and answers about changes to many conversations."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from inbox.api.structs import Id, Input, Tags
from inbox.core.conversation import Category, Priority
from inbox.core.filters import Filter
from inbox.core.ids import Instant
from inbox.core.tags import Retag
from inbox.core.views import LONGEST_ID

MOST_NAMED = 5_000


class BulkChange(Input, frozen=True):
    """What shall hold of every conversation; what is not given stays. ``until`` goes with snoozed. ``read`` moves the own marks,
    ``queue`` what waits (null: where its conditions lead). ``follow``: whether one hears when their customers write."""

    assignee: Id | UnsetType | None = UNSET
    team: Id | UnsetType | None = UNSET
    status: Category | UnsetType = UNSET
    until: Instant | None = None
    priority: Priority | UnsetType = UNSET
    add_tags: Tags = ()
    remove_tags: Tags = ()
    read: bool | UnsetType = UNSET
    queue: Id | UnsetType | None = UNSET
    follow: bool | UnsetType = UNSET


class ChangeRow(BulkChange, frozen=True):
    """A change as it was asked for. ``retag``: it is about a tag itself, which has another name now or is gone."""

    retag: Retag | None = None


class StartJob(Input, frozen=True):
    """Either ``conversations`` by id, or all of ``view`` as it is now, narrowed by ``filter``."""

    change: BulkChange
    conversations: Annotated[tuple[Id, ...], Meta(max_length=MOST_NAMED)] = ()
    view: Annotated[str, Meta(max_length=LONGEST_ID, pattern=r"^[A-Za-z0-9_:-]*(?![\s\S])")] = ""
    filter: Filter = ""


class JobRow(Struct, frozen=True):
    """A change in bulk. ``state``: running, done or cancelled. ``skipped`` counts what was left as it is, by code: ``same`` (it was so
    already), ``changed_since`` (an undo that came too late), ``not_found``, ``denied``, ``invalid``.

    ``undo_of``: the job this one undoes; ``undone_by``: the one that undoes this.
    """

    id: str
    state: str
    total: int
    done: int
    skipped: dict[str, int]
    change: ChangeRow
    created_at: Instant
    undo_of: str
    undone_by: str
