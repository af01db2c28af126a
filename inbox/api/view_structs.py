"""Bodies about saved views."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from inbox.api.structs import Count, Id, Input, Name
from inbox.core import filters
from inbox.core.errors import Invalid
from inbox.core.filters import Filter, SavedView, Share
from inbox.core.ids import TeamId
from inbox.core.permissions import Actor
from inbox.core.views import Sort


class SaveView(Input, frozen=True):
    """A view as it shall be. ``filter`` as typed over a list, such as ``is:open tag:vip``; ``team`` goes with the share of that name."""

    name: Name
    version: Count = 0
    filter: Filter = ""
    sort: Sort = Sort.ACTIVITY
    share: Share = Share.PRIVATE
    team: Id | None = None
    icon: Annotated[str, Meta(max_length=30, pattern=r"^[A-Za-z]*(?![\s\S])")] = ""


class SavedViewRow(Struct, frozen=True):
    """A saved view as it stands; ``owner`` is who made it."""

    id: str
    name: str
    version: int
    owner: str
    filter: str
    sort: Sort
    share: Share
    team: str | None
    icon: str


def show(saved: SavedView) -> SavedViewRow:
    """As it is shown."""
    return SavedViewRow(**{name: getattr(saved, name) for name in SavedViewRow.__struct_fields__})


def view(body: SaveView, id: str, actor: Actor, before: SavedView | None) -> SavedView:
    """The view to be stored; it stays its first author's. Raises ``Invalid``."""
    if (body.share is Share.TEAM) != (body.team is not None):
        raise Invalid("team", "goes with the share team")
    saved = SavedView(
        id=id,
        name=body.name,
        version=body.version,
        owner=before.owner if before is not None else actor.id,
        filter=body.filter,
        sort=body.sort,
        share=body.share,
        team=None if body.team is None else TeamId(body.team),
        icon=body.icon,
    )
    filters.view_of(saved)
    return saved


def stands(layer: Any, actor: Actor, before: Any, after: Any) -> None:
    """Asked in the commit."""
    filters.require_save(actor, before, after)
