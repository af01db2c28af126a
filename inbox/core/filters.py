"""Filters as agents type them over a list, and the views they save: ``is:open assignee:me tag:vip channel:mail``.

Only what lists can be read by is taken: words are for the search. What a filter says goes before what the view under it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from inbox.core.conversation import Category, Priority
from inbox.core.errors import Denied, Invalid
from inbox.core.ids import AgentId, ChannelId, CustomerId, QueueId, TeamId
from inbox.core.permissions import Action, Actor, Allowed, may
from inbox.core.views import ACTIVE, BUT_SPAM, LATE, ME, NOBODY, PRESSING, SOMEBODY, SOON, UNFINISHED, Sort, View

MAX_FILTER = 500
Filter = Annotated[str, Meta(max_length=MAX_FILTER, pattern=r"^[^\u0000-\u001f\u007f\u0085\u2028\u2029]*(?![\s\S])")]
MAX_VALUE = 64
MAX_TAGS = 10


class Share(StrEnum):
    """Who sees a saved view."""

    PRIVATE = "private"
    TEAM = "team"
    ALL = "all"


class SavedView(Struct, frozen=True, omit_defaults=True):
    """A filter with a name and an order. ``team`` goes with the share of that name; ``icon`` is one of the screen's, or ''."""

    id: str
    name: str
    owner: AgentId
    filter: str
    sort: Sort = Sort.ACTIVITY
    share: Share = Share.PRIVATE
    team: TeamId | None = None
    icon: str = ""
    version: int = 1


def view_of(saved: SavedView) -> View:
    """The view it stands for. Raises ``Invalid``."""
    return narrow(View(saved.id, ACTIVE, sort=saved.sort), saved.filter)


def sees(actor: Actor, saved: SavedView) -> bool:
    """Whether it is in this actor's navigation, or at least his to look after."""
    if saved.owner == actor.id or saved.share is Share.ALL:
        return True
    return saved.share is Share.TEAM and (saved.team in actor.teams or _supervises(actor))


def require_save(actor: Actor, before: SavedView | None, after: SavedView | None) -> None:
    """Own views are one's own; those of a team are shared by its members, those of all by supervisors. Raises ``Denied``."""
    for view in (before, after):
        if view is None or _supervises(actor):
            continue
        if view.owner != actor.id or view.share is Share.ALL or (view.share is Share.TEAM and view.team not in actor.teams):
            raise Denied("role")


def _supervises(actor: Actor) -> bool:
    return isinstance(may(actor, Action.SUPERVISE), Allowed)


_TERM = re.compile(r'([a-z]{2,10}):(?:"([^"]*)"|(\S*))|\S+', re.IGNORECASE)
_CATEGORIES: Mapping[str, Category] = {**{c.value: c for c in Category}, "closed": Category.RESOLVED}
_STATES: Mapping[str, Mapping[str, Any]] = {
    "mine": {"assignee": ME},
    "unassigned": {"assignee": NOBODY, "bot": False},
    "assigned": {"assignee": SOMEBODY},
    "queued": {"queued": True},
    "bot": {"bot": True},
    LATE: {"sla": LATE},
    SOON: {"sla": SOON},
    PRESSING: {"sla": PRESSING},
    "mentioned": {"mentioned": True},
    "followed": {"followed": True},
    "scheduled": {"scheduled": True},
}
_FIELDS: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "assignee": lambda value: {"assignee": value},
    "team": lambda value: {"team": TeamId(value)},
    "channel": lambda value: {"channel": ChannelId(value)},
    "customer": lambda value: {"customer": CustomerId(value)},
    "queue": lambda value: {"queue": QueueId(value)},
}
CONDITIONS = ("is", "tag", *_FIELDS, "priority")
OPERATORS = (*CONDITIONS, "sort")
STATES = (*_CATEGORIES, *_STATES)


def narrow(view: View, text: str) -> View:
    """The view with what the filter asks for. Raises ``Invalid`` with what is wrong and what could stand there."""
    if len(text) > MAX_FILTER:
        raise Invalid("filter", f"at most {MAX_FILTER} characters")
    narrowed = _bounded(asked(view, _terms(text), "filter"))
    if narrowed.sort is not Sort.ACTIVITY and not set(narrowed.categories) <= set(UNFINISHED) and not _is_listed(narrowed):
        raise Invalid("filter", "closed conversations are sorted by activity, except those of a tag or customer")
    return narrowed


def asked(view: View, terms: Iterable[tuple[str, str]], where: str) -> View:
    """The view with what operators and their values ask for. Raises ``Invalid`` about ``where`` they stand."""
    fields: dict[str, Any] = {}
    categories: list[Category] = []
    tags = list(view.tags)
    for operator, value in terms:
        if operator == "tag":
            tags.append(value)
        elif operator == "is" and value.lower() in _CATEGORIES:
            categories.append(_CATEGORIES[value.lower()])
        elif operator == "is":
            fields |= _state(value.lower(), where)
        elif operator == "priority":
            fields["priority"] = _one_of(Priority, operator, value, where)
        elif operator == "sort":
            fields["sort"] = _one_of(Sort, operator, value, where)
        else:
            fields |= _FIELDS[operator](value)
    if len(tags) > MAX_TAGS:
        raise Invalid(where, f"at most {MAX_TAGS} tags")
    narrowed = replace(view, tags=tuple(dict.fromkeys(tags)), **fields)
    return replace(narrowed, categories=tuple(dict.fromkeys(categories))) if categories else narrowed


def _terms(text: str) -> Iterable[tuple[str, str]]:
    for match in _TERM.finditer(text):
        operator = (match[1] or "").lower()
        value = match[3] if match[2] is None else match[2]
        if operator not in OPERATORS:
            raise Invalid("filter", f"{match[0][:40]!r} is no filter: use {', '.join(f'{name}:' for name in OPERATORS)}")
        if not value or len(value) > MAX_VALUE:
            raise Invalid("filter", f"{operator}: needs a value of at most {MAX_VALUE} characters")
        yield operator, value


def _state(value: str, where: str) -> Mapping[str, Any]:
    if value not in _STATES:
        raise Invalid(where, f"is: takes {', '.join(STATES)}")
    return _STATES[value]


def _one_of(kind: type[StrEnum], operator: str, value: str, where: str) -> StrEnum:
    try:
        return kind(value.lower())
    except ValueError:
        raise Invalid(where, f"{operator}: takes {', '.join(kind)}") from None


def _bounded(view: View) -> View:
    """What is closed is never looked through: a list of it needs a condition that an index answers. Raises ``Invalid``."""
    asked = (view.channel, view.priority, view.queue, view.queued, view.bot)
    own = view.assignee != "any" or view.mentioned or view.followed
    unindexed = any(condition is not None for condition in asked) or own or view.sla or view.scheduled
    history = not set(view.categories) <= set(UNFINISHED)
    if history and unindexed and not _is_listed(view):
        raise Invalid("filter", "closed conversations are listed by team, tag or customer; search finds the others")
    return view


def _is_listed(view: View) -> bool:
    """Whether a list of its own leads to it, however old it is."""
    waits = view.scheduled and set(view.categories) <= set(BUT_SPAM)
    return bool(view.tags) or waits or view.customer is not None
