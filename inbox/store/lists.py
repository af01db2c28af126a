"""How a view is read: which index is walked for which readers, and what is left to check on the way.

A conversation carries the tokens of its readers once per list it is in (see ``documents``), each list with an index per
order. A page is therefore a merge of a few index ranges that already have the list's order, one range per reader token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from inbox.core.conversation import Category
from inbox.core.ids import AgentId, CustomerId
from inbox.core.permissions import Scope
from inbox.core.views import ACTIVE, ANYBODY, BUT_SPAM, LATE, ME, NOBODY, PRESSING, SOON, UNFINISHED, Sort, View, assignee_of
from inbox.store.documents import (
    EVERYONE,
    agent_list,
    agent_token,
    bot_list,
    channel_list,
    customer_list,
    follow_list,
    free_list,
    mention_list,
    offer_list,
    open_list,
    queue_list,
    scheduled_list,
    sla_list,
    tag_list,
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


def beyond_bars(scope: Scope) -> dict[str, Any]:
    """What is left to check for a scope: of channels it is barred from, only what the agent holds himself.

    Looked at on the way, as no token tells it: a bar comes down at once, whatever is stored.
    """
    if scope.all or not scope.barred:
        return {}
    foreign = {"k_who": {"$ne": agent_token(scope.agent)}} if scope.agent is not None else {}
    return {"$nor": [{"channel": {"$in": list(scope.barred)}, **foreign}]}


def reading(view: View, scope: Scope, me: AgentId) -> Reading | None:
    """How to read a view; None when nothing can be in it."""
    tokens = _tokens(view, scope)
    if not tokens or not view.categories:
        return None
    asked = _conditions(view, me)
    if view.team is not None and tokens == [team_token(None if view.team == NOBODY else view.team)]:
        del asked["team"]  # what the token says
    where = {**asked, **beyond_bars(scope)}
    active = set(view.categories) <= set(ACTIVE)
    special = _scheduled(view, tokens, where) or (_own_list(view, scope, me, tokens, where) if active else None)
    if special is not None:
        return special
    few, sure = _few(view, me, active)
    if few:
        return Reading({"k_lists": {"$in": few}, **_seen(tokens), **_drop(where, *sure)}, "list_activity", SORT_FIELDS[view.sort])
    if whose := _whose(view):
        return _walk(view, {"k_lists": {"$in": [customer_list(id) for id in whose]}, "k_who": {"$in": tokens}}, where, "list_activity")
    if active and view.channel is not None and view.sort is Sort.ACTIVITY:
        listed = {"k_lists": {"$in": [channel_list(view.channel, t) for t in tokens]}}
        return _walk(view, listed, _drop(_without(where, view), "channel"), "list_activity")
    if active and view.sort in _LIVE:
        return _walk(view, {"k_live": {"$in": tokens}}, _without(where, view), _LIVE[view.sort])
    return _walk(view, {"k_who": {"$in": tokens}}, where, "who_activity")


def _seen(tokens: list[str]) -> dict[str, Any]:
    return {} if tokens == [EVERYONE] else {"k_who": {"$in": tokens}}


def _scheduled(view: View, tokens: list[str], where: dict[str, Any]) -> Reading | None:
    """Where answers wait for their time, which are few; spam is not among them."""
    if not view.scheduled or Category.SPAM in view.categories:
        return None
    sure = ("category",) if set(view.categories) >= set(BUT_SPAM) else ()
    listed = {"k_lists": {"$in": [scheduled_list(token) for token in tokens]}}
    return _walk(view, listed, _drop(where, "scheduled.0", *sure), "list_activity")


def _whose(view: View) -> list[CustomerId]:
    """The ids under which conversations are the customer's."""
    return [] if view.customer is None else [CustomerId(str(id)) for id in (view.customer, *view.absorbed)]


def _few(view: View, me: AgentId, active: bool) -> tuple[list[str], tuple[str, ...]]:
    """The lists of what is usually little among all: where somebody is mentioned, what he follows or holds, what is late or will be, else
    what has a tag. And the conditions that need not be looked at again then."""
    if (view.mentioned or view.followed) and set(view.categories) <= set(UNFINISHED):
        sure = ("category",) if set(view.categories) == set(UNFINISHED) else ()
        return ([mention_list(me)], ("mentions.agent", *sure)) if view.mentioned else ([follow_list(me)], ("followers", *sure))
    holder = assignee_of(view, me)
    if holder is not None and active:
        return _hands(view, holder), ("$and",)
    if view.sla and active:
        return [sla_list(state) for state in _states(view)], ()
    return list(dict.fromkeys(tag_list(category, view.tags[0]) for category in view.categories)) if view.tags else [], ()


def _hands(view: View, holder: AgentId) -> list[str]:
    """What he holds; as he sees it himself, what is offered to him, too."""
    return [agent_list(holder), offer_list(holder)] if view.assignee == ME else [agent_list(holder)]


def _states(view: View) -> tuple[str, ...]:
    return (LATE, SOON) if view.sla == PRESSING else (view.sla,)


def _tokens(view: View, scope: Scope) -> list[str]:
    """A view of one team needs only that team's token, if the reader sees the team."""
    if view.team == NOBODY:
        return [team_token(None)] if scope.all or scope.teamless else reader_tokens(scope)
    if view.team is not None and (scope.all or view.team in scope.teams):
        return [team_token(view.team)]
    return reader_tokens(scope)


def _conditions(view: View, me: AgentId) -> dict[str, Any]:
    """What the view asks of stored fields; every value is compared, none is taken as an operator."""
    where: dict[str, Any] = {"category": {"$in": [c.value for c in view.categories]}, **_held(view, me), **_named_in(view, me)}
    for name, wanted in (
        ("team", view.team),
        ("channel", view.channel),
        ("priority", view.priority),
        ("queue", view.queue),
    ):
        if wanted is not None:
            where[name] = {"$eq": None if wanted == NOBODY and name in ("team", "queue") else str(wanted)}
    if whose := _whose(view):
        where["customer"] = {"$in": whose}
    if view.sla:
        where["k_sla"] = {"$in": list(_states(view))}
    if view.tags:
        where["tags"] = {"$all": list(view.tags)}
    for name, present in (("bot", view.bot), ("queued_at", view.queued)):
        if present is not None:
            where[name] = {"$ne": None} if present else {"$eq": None}
    return where


def _named_in(view: View, me: AgentId) -> dict[str, Any]:
    mentioned = {"mentions.agent": {"$eq": me}} if view.mentioned else {}
    scheduled = {"scheduled.0": {"$exists": True}} if view.scheduled else {}
    return mentioned | scheduled | ({"followers": {"$eq": me}} if view.followed else {})


def _held(view: View, me: AgentId) -> dict[str, Any]:
    match view.assignee:
        case "any":
            return {}
        case "some":
            return {"assignee": {"$ne": None}}
        case "me":
            return {"$and": [{"$or": [{"assignee": {"$eq": me}}, {"waiting.offer.agent": {"$eq": me}}]}]}
        case _:
            return {"assignee": {"$eq": assignee_of(view, me)}}


def _own_list(view: View, scope: Scope, me: AgentId, tokens: list[str], where: dict[str, Any]) -> Reading | None:
    """The list kept for just these conditions, which need not be checked again then."""
    rest = _without(where, view)
    match view:
        case View(assignee=assignee, sla=sla, sort=Sort.DUE) if sla == PRESSING and assignee == ANYBODY:
            return _walk(view, {"k_pressing": {"$in": tokens}}, _drop(rest, "k_sla"), "pressing_due")
        case View(queued=True, sort=Sort.WAITING):
            return _walk(view, {"k_waiting": {"$in": [queue_list(t) for t in tokens]}}, _drop(rest, "queued_at"), "list_waiting")
        case View(categories=(Category.OPEN,), sort=Sort.WAITING):
            return _walk(view, {"k_waiting": {"$in": [open_list(t) for t in tokens]}}, _drop(rest, "category"), "list_waiting")
        case View(assignee=assignee, bot=False, sort=Sort.ACTIVITY) if assignee == NOBODY:
            return _walk(view, {"k_lists": {"$in": [free_list(t) for t in tokens]}}, _drop(rest, "bot", "assignee"), "list_activity")
        case View(bot=True, sort=Sort.ACTIVITY):
            return _walk(view, {"k_lists": {"$in": [bot_list(t) for t in tokens]}}, _drop(rest, "bot"), "list_activity")
        case View(sort=Sort.ACTIVITY) if (holder := assignee_of(view, me)) is not None:
            all_of_his = view.team is None and (scope.all or scope.agent == holder)
            seen = {} if all_of_his else {"k_who": {"$in": tokens}}
            own = ("assignee", "$and", "$nor") if scope.agent == holder else ("assignee", "$and")
            return _walk(view, {"k_lists": {"$in": _hands(view, holder)}, **seen}, _drop(rest, *own), "list_activity")
    return None


def _without(where: dict[str, Any], view: View) -> dict[str, Any]:
    """Lists of active conversations need no check of the category if the view wants all of those."""
    return _drop(where, "category") if set(view.categories) >= set(ACTIVE) else where


def _drop(where: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: condition for name, condition in where.items() if name not in names}


def _walk(view: View, listed: dict[str, Any], where: dict[str, Any], index: str) -> Reading:
    return Reading({**listed, **where}, index, SORT_FIELDS[view.sort])
