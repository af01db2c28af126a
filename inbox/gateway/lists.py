"""Who follows which view. View and gate are asked once for everybody who shares view, teams and the subscription's name."""

from __future__ import annotations

from collections.abc import Iterable

from inbox.core.ids import AgentId
from inbox.core.permissions import Scope
from inbox.core.views import View
from inbox.gateway.moment import Moment, Verdict, common, personal
from inbox.gateway.roster import Follower

NOBODY_SPECIAL = AgentId("")
"""Stands for any agent whom a conversation does not name."""

_Key = tuple[View, Scope, bool, str]


class _Group:
    __slots__ = ("_common", "_personal", "_sub", "_view", "key", "members")

    def __init__(self, view: View, scope: Scope, with_own: bool, sub: str) -> None:
        self._view = view
        self._common = scope
        self._personal = with_own
        self._sub = sub
        self.key: _Key = (view, scope, with_own, sub)
        self.members: dict[AgentId, list[Follower]] = {}

    def show(self, moment: Moment) -> None:
        shared = moment.verdict(self._view, self._common, NOBODY_SPECIAL)
        special = moment.special & self.members.keys()
        for agent in special:
            scope = personal(self._common, agent) if self._personal else self._common
            self._send(moment, moment.verdict(self._view, scope, agent), [self.members[agent]])
        others = self.members.values() if not special else [held for agent, held in self.members.items() if agent not in special]
        self._send(moment, shared, others)

    def _send(self, moment: Moment, verdict: Verdict, members: Iterable[list[Follower]]) -> None:
        if verdict is not Verdict.NOTHING:
            frame = moment.frame(self._sub, verdict)
            for followers in members:
                for follower in followers:
                    follower.send(frame)


class Lists:
    """The followers of views."""

    def __init__(self) -> None:
        self._groups: dict[_Key, _Group] = {}
        self._places: dict[tuple[Follower, str], _Key] = {}

    def join(self, follower: Follower, sub: str, view: View) -> None:
        """Send ``follower`` what changes in ``view``, seen with its present scope."""
        scope = follower.scope
        key = view, common(scope), scope.agent is not None, sub
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(*key)
        group.members.setdefault(follower.agent, []).append(follower)
        self._places[follower, sub] = group.key

    def leave(self, follower: Follower, sub: str) -> None:
        """No more; harmless when it does not follow."""
        key = self._places.pop((follower, sub), None)
        if key is None:
            return
        group = self._groups[key]
        group.members[follower.agent].remove(follower)
        if not group.members[follower.agent]:
            del group.members[follower.agent]
        if not group.members:
            del self._groups[key]

    @property
    def followers(self) -> frozenset[Follower]:
        """Whoever follows at least one view."""
        return frozenset(follower for follower, _ in self._places)

    def show(self, moment: Moment) -> None:
        """Send everybody concerned what the change means for his list."""
        for group in self._groups.values():
            group.show(moment)
