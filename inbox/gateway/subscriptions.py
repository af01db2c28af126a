"""What one connection follows: views, conversations and counters, each under a name the client gave it."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.core.errors import Invalid
from inbox.core.events import facets
from inbox.core.ids import ConversationId
from inbox.core.views import View
from inbox.flow.directory import Directory
from inbox.flow.views import Views
from inbox.gateway.board import Boards
from inbox.gateway.board_frames import SubscribeBoard
from inbox.gateway.counts import Counts
from inbox.gateway.hub import Hub
from inbox.gateway.presence import Presence
from inbox.gateway.protocol import (
    Problem,
    ServerFrame,
    SubscribeConversation,
    SubscribeCounts,
    Subscribed,
    SubscribeView,
    Typing,
    Viewing,
    encode,
)
from inbox.gateway.replay import Replay
from inbox.gateway.roster import Follower, Roster
from inbox.gateway.viewers import Viewers
from inbox.gateway.watchers import Watchers
from inbox.ports import Clock, Own, Queries

MOST = 32

Subscription = SubscribeView | SubscribeConversation | SubscribeCounts | SubscribeBoard


@dataclass(frozen=True)
class Services:
    """What connections work with; one for all of them."""

    hub: Hub
    roster: Roster
    counts: Counts
    presence: Presence
    watchers: Watchers
    viewers: Viewers
    replay: Replay
    directory: Directory
    queries: Queries
    own: Own
    clock: Clock
    views: Views
    boards: Boards


class Subscriptions:
    """Joins and leaves for ``follower``; its answers go out through ``follower.send``."""

    __slots__ = ("_follower", "_services", "_subs", "_views")

    def __init__(self, services: Services, follower: Follower) -> None:
        self._services = services
        self._follower = follower
        self._subs: dict[str, Subscription] = {}
        self._views: dict[str, tuple[View, ...]] = {}
        """What a subscription to a view or to counters stands for."""

    @property
    def views(self) -> dict[str, View]:
        """The followed views by name of the subscription."""
        return {sub: self._views[sub][0] for sub, s in self._subs.items() if isinstance(s, SubscribeView)}

    @property
    def threads(self) -> dict[str, str]:
        """The followed conversations by name of the subscription."""
        return {sub: s.conversation for sub, s in self._subs.items() if isinstance(s, SubscribeConversation)}

    async def start(self, subscription: Subscription) -> None:
        """Follow, in the place of what had the name before; answered by Subscribed, or Problem where there is nothing to see.

        Raises ``TryLater``.
        """
        sub = subscription.sub
        self.stop(sub)
        problem = await self._join(subscription) if len(self._subs) < MOST else Problem("too_many", f"at most {MOST} subscriptions")
        if problem is not None:
            problem.sub = sub
            return self._emit(problem)
        self._subs[sub] = subscription
        self._emit(Subscribed(sub))
        return self._show_at_once(subscription)

    def stop(self, sub: str) -> None:
        """Follow no longer; harmless for a name that is not in use."""
        subscription = self._subs.pop(sub, None)
        self._views.pop(sub, None)
        match subscription:
            case SubscribeView():
                self._services.hub.lists.leave(self._follower, sub)
            case SubscribeConversation(conversation=conversation):
                self._services.hub.threads.leave(self._follower, sub, conversation)
                self._left(conversation)
            case SubscribeCounts():
                self._services.counts.unfollow(self._follower, sub)
            case SubscribeBoard():
                self._services.boards.leave(self._follower, sub)
            case None:
                return

    def stop_all(self) -> None:
        """Follow nothing."""
        for sub in tuple(self._subs):
            self.stop(sub)
        self._services.watchers.left(self._follower)

    def ended(self, sub: str) -> None:
        """A conversation is out of the follower's sight, and it was dropped there already."""
        subscription = self._subs.pop(sub, None)
        if isinstance(subscription, SubscribeConversation):
            self._left(subscription.conversation)

    def rescoped(self) -> None:
        """The follower's scope is another now: everything is followed anew with it, as far as it may still be seen."""
        for sub, view in self.views.items():
            self._services.hub.lists.leave(self._follower, sub)
            self._services.hub.lists.join(self._follower, sub, view)
        for sub, conversation in self.threads.items():
            self._services.hub.threads.recheck(self._follower, sub, conversation)
        for subscription in tuple(self._subs.values()):
            if isinstance(subscription, SubscribeCounts):
                self._count(subscription)

    def stop_boards(self) -> None:
        """The follower supervises no longer."""
        for subscription in tuple(self._subs.values()):
            if isinstance(subscription, SubscribeBoard):
                self.stop(subscription.sub)
                self._emit(Problem("denied", "The board is for supervisors.", subscription.sub))

    def watch(self, frame: Viewing | Typing) -> None:
        """Show others where the agent is; only at a conversation that is followed, and so may be seen."""
        if frame.conversation is not None and frame.conversation not in self.threads.values():
            return
        if isinstance(frame, Viewing):
            self._services.watchers.look(self._follower, frame.conversation)
        else:
            self._services.watchers.type(self._follower, frame.conversation, "note" if frame.mode == "note" else "reply", frame.on)

    async def _join(self, subscription: Subscription) -> Problem | None:
        match subscription:
            case SubscribeView(sub=sub, view=view, filter=filter):
                return await self._join_view(sub, view, filter)
            case SubscribeConversation(sub=sub, conversation=conversation):
                if not await self._join_thread(sub, ConversationId(conversation)):
                    return Problem("not_found", "There is no such conversation, or you may not see it.")
            case SubscribeCounts(sub=sub, views=views):
                found = [await self._services.views.find_for(self._follower.agent, view) for view in dict.fromkeys(views)]
                known = tuple(view for view in found if view is not None)
                if len(known) < len(found):
                    return Problem("not_found", "There is no such view.")
                self._views[sub] = known
            case SubscribeBoard():
                return await self._open_board()
        return None

    async def _open_board(self) -> Problem | None:
        if self._follower.supervising:
            await self._services.boards.open()
        # Asked again: he may have lost his role meanwhile, and only what is followed is stopped then.
        return None if self._follower.supervising else Problem("denied", "The board is for supervisors.")

    async def _join_view(self, sub: str, id: str, filter: str) -> Problem | None:
        try:
            view = await self._services.views.find_for(self._follower.agent, id, filter)
        except Invalid as wrong:
            return Problem("invalid", str(wrong))
        if view is None:
            return Problem("not_found", "There is no such view.")
        self._views[sub] = (view,)
        self._services.hub.lists.join(self._follower, sub, view)
        return None

    async def _join_thread(self, sub: str, id: ConversationId) -> bool:
        """Follow a conversation if the gate lets the agent see it as it stands now."""
        found = (await self._services.queries.conversations([id])).get(id)
        if found is None:
            return False
        stands = (found.version, facets(found))
        newest = self._services.hub.latest.get(id)  # what was shown while it was read
        version, now = newest if newest is not None and newest[0] > found.version else stands
        return self._services.hub.threads.join(self._follower, sub, id, version, now)

    def _show_at_once(self, subscription: Subscription) -> None:
        """What no snapshot holds."""
        match subscription:
            case SubscribeCounts():
                self._count(subscription)
            case SubscribeConversation(conversation=conversation):
                self._emit(self._services.watchers.now(conversation))
            case SubscribeView():
                self._services.viewers.welcome(self._follower)
            case SubscribeBoard(sub=sub):
                self._services.boards.join(self._follower, sub)

    def _count(self, subscription: SubscribeCounts) -> None:
        self._services.counts.follow(self._follower, subscription.sub, self._views[subscription.sub])

    def _left(self, conversation: str) -> None:
        if conversation not in self.threads.values():
            self._services.watchers.left(self._follower, conversation)

    def _emit(self, frame: ServerFrame) -> None:
        self._follower.send(encode(frame))
