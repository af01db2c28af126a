"""Views by id, as somebody may use them: the built-in ones and those that people saved, narrowed by a filter."""

from __future__ import annotations

from contextlib import suppress

from msgspec.structs import replace

from inbox.core import filters, views
from inbox.core.errors import Invalid
from inbox.core.filters import SavedView
from inbox.core.ids import AgentId, ChannelId, QueueId, TeamId
from inbox.core.permissions import Actor
from inbox.core.views import BUILTIN, Sort, View, of_channel, of_queue, of_team
from inbox.flow.directory import Directory
from inbox.records import QUEUES, VIEWS


class Views:
    """Reads the directory, which is kept true by the feed."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def find(self, actor: Actor, id: str, filter: str = "") -> View | None:
        """The view; None where there is none for this actor. Raises ``Invalid`` for the filter."""
        view = BUILTIN.get(id) or await self._of_place(id)
        if view is None:
            saved = (await self._directory.entries(VIEWS)).get(id)
            view = _view(saved) if saved is not None and filters.sees(actor, saved) else None
        found = filters.narrow(view, filter) if view is not None and filter else view
        if found is None or found.customer is None:
            return found
        return replace(found, absorbed=await self._directory.whole(found.customer))

    async def _of_place(self, id: str) -> View | None:
        """That of a queue, team or channel which is there."""
        kind, _, place = id.partition(":")
        match f"{kind}:":
            case views.OF_QUEUE if place in await self._directory.entries(QUEUES):
                return of_queue(QueueId(place))
            case views.OF_TEAM if place in await self._directory.teams():
                return of_team(TeamId(place))
            case views.OF_CHANNEL if place in await self._directory.channels():
                return of_channel(ChannelId(place))
        return None

    async def find_for(self, agent: AgentId, id: str, filter: str = "") -> View | None:
        """The same by the account's id."""
        actor = await self._directory.actor(agent)
        return None if actor is None else await self.find(actor, id, filter)

    async def of(self, actor: Actor) -> list[View]:
        """All views of an actor, the built-in ones first."""
        saved = [_view(one) for one in (await self._directory.entries(VIEWS)).values() if filters.sees(actor, one)]
        return [*BUILTIN.values(), *(view for view in saved if view is not None)]


def _view(saved: SavedView) -> View | None:
    """By activity where this version does not take its order. None for a filter that it does not take: its owner sees the view, empty,
    and why, when he edits it."""
    for one in (saved, replace(saved, sort=Sort.ACTIVITY)):
        with suppress(Invalid):
            return filters.view_of(one)
    return None
