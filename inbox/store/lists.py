"""How a view is read: which index is walked for which readers, and what is left to check on the way.

A conversation carries the tokens of its readers once per list it is in (see ``documents``), each list with an index per
order. A page is therefore a merge of a few index ranges that already have the list's order, one range per reader token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from inbox.core.conversation import Category
from inbox.core.ids import AgentId
from inbox.core.permissions import Scope
from inbox.core.views import ACTIVE, ANYBODY, NOBODY, Sort, View, assignee_of
from inbox.store.documents import (
    EVERYONE,
    agent_list,
    agent_token,
    bot_list,
    customer_list,
    free_list,
    open_list,
    queue_list,
    team_token,
)
from inbox.store.keyset import position_of_number

SORT_FIELDS: Final[Mapping[Sort, str]] = {
    Sort.ACTIVITY: "k_act",
    Sort.WAITING: "k_wait",
    Sort.DUE: "k_due",
    Sort.PRIORITY: "k_rank",
}
_LIVE: Final[Mapping[Sort, str]] = {Sort.DUE: "live_due", Sort.PRIORITY: "live_priority"}


@dataclass(frozen=True)
class Reading:
    """A filter, the index to walk, and the field of the order; ``_id`` breaks ties."""

    filter: Mapping[str, Any]
    index: str
    order: str

    def after(self, token: str | None) -> dict[str, Any]:
        """The filter for what comes behind a position. Raises ``Invalid``."""
        if token is None:
            return dict(self.filter)
        key, id = position_of_number(token)
        behind = {self.order: {"$gte": key}, "$or": [{self.order: {"$gt": key}}, {"_id": {"$gt": id}}]}
        return {**self.filter, **behind}


def reader_tokens(scope: Scope) -> list[str]:
    """The tokens of a scope: a conversation is seen if it carries one of them."""
    if scope.all:
        return [EVERYONE]
    held = [agent_token(scope.agent)] if scope.agent is not None else []
    return held + [team_token(team) for team in scope.teams] + ([team_token(None)] if scope.teamless else [])


def reading(view: View, scope: Scope, me: AgentId) -> Reading | None:
    """How to read a view; None when nothing can be in it."""
    tokens = _tokens(view, scope)
    if not tokens or not view.categories:
        return None
    where = _conditions(view, me)
    active = set(view.categories) <= set(ACTIVE)
    special = _own_list(view, scope, me, tokens, where) if active else None
    if special is not None:
        return special
    if view.customer is not None:
        return _walk(view, {"k_lists": {"$eq": customer_list(view.customer)}, "k_who": {"$in": tokens}}, where, "list_activity")
    if active and view.sort in _LIVE:
        return _walk(view, {"k_live": {"$in": tokens}}, _without(where, view), _LIVE[view.sort])
    return _walk(view, {"k_who": {"$in": tokens}}, where, "who_activity")


def _tokens(view: View, scope: Scope) -> list[str]:
    """A view of one team needs only that team's token, if the reader sees the team."""
    if view.team is not None and (scope.all or view.team in scope.teams):
        return [team_token(view.team)]
    return reader_tokens(scope)


def _conditions(view: View, me: AgentId) -> dict[str, Any]:
    """What the view asks of stored fields; every value is compared, none is taken as an operator."""
    where: dict[str, Any] = {"category": {"$in": [c.value for c in view.categories]}}
    if view.assignee != ANYBODY:
        where["assignee"] = {"$eq": assignee_of(view, me)}
    for name, wanted in (("team", view.team), ("channel", view.channel), ("customer", view.customer), ("priority", view.priority)):
        if wanted is not None:
            where[name] = {"$eq": str(wanted)}
    if view.tags:
        where["tags"] = {"$all": list(view.tags)}
    for name, present in (("bot", view.bot), ("queued_at", view.queued)):
        if present is not None:
            where[name] = {"$ne": None} if present else {"$eq": None}
    return where


def _own_list(view: View, scope: Scope, me: AgentId, tokens: list[str], where: dict[str, Any]) -> Reading | None:
    """The list kept for just these conditions, which need not be checked again then."""
    rest = _without(where, view)
    match view:
        case View(queued=True, sort=Sort.WAITING):
            return _walk(view, {"k_waiting": {"$in": [queue_list(t) for t in tokens]}}, _drop(rest, "queued_at"), "list_waiting")
        case View(categories=(Category.OPEN,), sort=Sort.WAITING):
            return _walk(view, {"k_waiting": {"$in": [open_list(t) for t in tokens]}}, _drop(rest, "category"), "list_waiting")
        case View(assignee=assignee, bot=False, sort=Sort.ACTIVITY) if assignee == NOBODY:
            return _walk(view, {"k_lists": {"$in": [free_list(t) for t in tokens]}}, _drop(rest, "bot", "assignee"), "list_activity")
        case View(bot=True, sort=Sort.ACTIVITY):
            return _walk(view, {"k_lists": {"$in": [bot_list(t) for t in tokens]}}, _drop(rest, "bot"), "list_activity")
        case View(sort=Sort.ACTIVITY) if (holder := assignee_of(view, me)) is not None:
            seen = {} if scope.all or scope.agent == holder else {"k_who": {"$in": tokens}}
            return _walk(view, {"k_lists": {"$eq": agent_list(holder)}, **seen}, _drop(rest, "assignee"), "list_activity")
    return None


def _without(where: dict[str, Any], view: View) -> dict[str, Any]:
    """Lists of active conversations need no check of the category if the view wants all of those."""
    return _drop(where, "category") if set(view.categories) >= set(ACTIVE) else where


def _drop(where: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: condition for name, condition in where.items() if name not in names}


def _walk(view: View, listed: dict[str, Any], where: dict[str, Any], index: str) -> Reading:
    return Reading({**listed, **where}, index, SORT_FIELDS[view.sort])
