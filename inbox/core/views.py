"""Views: which conversations a list shows and in which order, as conditions on stored fields only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from inbox.core.conversation import FAR_FUTURE, PRIORITY_RANK, Category, Conversation, Priority
from inbox.core.events import Facets
from inbox.core.ids import AgentId, ChannelId, CustomerId, QueueId, TeamId

ME = "me"
NOBODY = "none"
ANYBODY = "any"
SOMEBODY = "some"
LATE = "late"
SOON = "soon"
PRESSING = "pressing"
"""Late or soon: an alarm has gone off and somebody still has to act."""


class Sort(StrEnum):
    """The orders a list can have; each ends with the id and so is total."""

    ACTIVITY = "activity"
    WAITING = "waiting"
    DUE = "due"
    PRIORITY = "priority"


class View(Struct, frozen=True, omit_defaults=True):
    """All conditions must hold; an absent one always does.

    ``assignee`` is ``ME`` (what is offered to me, too), ``NOBODY``, ``SOMEBODY``, ``ANYBODY`` or an agent's id; ``team`` and ``queue``
    can be ``NOBODY``, which is none. ``tags`` must all be there. ``bot`` and ``queued``
    ask whether a bot serves the conversation and whether it waits for an agent; None: either. ``sla``: ``LATE``, ``SOON`` or both
    (``PRESSING``). ``mentioned``: the reader must have been named in a note; ``followed``: he must follow it. ``scheduled``:
    an answer waits there for its time.
    ``absorbed`` are those who were merged into the customer.
    """

    id: str
    categories: tuple[Category, ...]
    assignee: str = ANYBODY
    team: TeamId | None = None
    tags: tuple[str, ...] = ()
    channel: ChannelId | None = None
    customer: CustomerId | None = None
    absorbed: tuple[CustomerId, ...] = ()
    priority: Priority | None = None
    bot: bool | None = None
    queued: bool | None = None
    queue: QueueId | None = None
    sla: str = ""
    mentioned: bool = False
    followed: bool = False
    scheduled: bool = False
    sort: Sort = Sort.ACTIVITY


ACTIVE = (Category.OPEN, Category.WAITING)
UNFINISHED = (*ACTIVE, Category.SNOOZED)
BUT_SPAM = (*UNFINISHED, Category.RESOLVED)

BUILTIN: Mapping[str, View] = {
    view.id: view
    for view in (
        View("mine", ACTIVE, assignee=ME),
        View("mentions", UNFINISHED, mentioned=True),
        View("followed", UNFINISHED, followed=True),
        View("unassigned", ACTIVE, assignee=NOBODY, bot=False),
        View("all", ACTIVE),
        View("queue", ACTIVE, queued=True, sort=Sort.WAITING),
        View("bots", ACTIVE, bot=True),
        View("pressing", ACTIVE, sla=PRESSING, sort=Sort.DUE),
        View("waiting-longest", (Category.OPEN,), sort=Sort.WAITING),
        View("due", ACTIVE, sort=Sort.DUE),
        View("urgent", ACTIVE, sort=Sort.PRIORITY),
        View("scheduled", BUT_SPAM, scheduled=True),
        View("snoozed", (Category.SNOOZED,)),
        View("resolved", (Category.RESOLVED,)),
        View("spam", (Category.SPAM,)),
    )
}


OF_QUEUE = "queue:"
"""Before a queue's id: the view of what waits in it."""
OF_TEAM = "team:"
OF_CHANNEL = "channel:"
"""Before the id of a team or a channel: the view of what is active there."""
LONGEST_ID = 64 + len(OF_CHANNEL)
"""Of a view: those of queues, teams and channels hold their ids."""


def of_queue(queue: QueueId) -> View:
    """What waits in one queue, whose customer waits longest first."""
    return View(f"{OF_QUEUE}{queue}", ACTIVE, queued=True, queue=queue, sort=Sort.WAITING)


def of_team(team: TeamId) -> View:
    """What is active in one team."""
    return View(f"{OF_TEAM}{team}", ACTIVE, team=team)


def of_channel(channel: ChannelId) -> View:
    """What is active in one channel."""
    return View(f"{OF_CHANNEL}{channel}", ACTIVE, channel=channel)


def assignee_of(view: View, me: AgentId) -> AgentId | None:
    """The agent the view asks for as seen by ``me``; None for ``NOBODY``, ``SOMEBODY`` and ``ANYBODY``."""
    if view.assignee in (NOBODY, SOMEBODY, ANYBODY):
        return None
    return me if view.assignee == ME else AgentId(view.assignee)


def matches(view: View, facets: Facets, me: AgentId) -> bool:
    """Whether a conversation with these facets is in the view as ``me`` opens it. A merged one is in none."""
    return not facets.merged and facets.category in view.categories and _held_by(view, facets, me) and _has(view, facets)


def _held_by(view: View, facets: Facets, me: AgentId) -> bool:
    if view.bot is not None and view.bot != (facets.bot is not None):
        return False
    if view.queued is not None and view.queued != facets.queued:
        return False
    if not _named_in(view, facets, me) or (view.scheduled and not facets.scheduled):
        return False
    if view.assignee == ME:
        return me in (facets.assignee, facets.offered)
    if view.assignee == SOMEBODY:
        return facets.assignee is not None
    return view.assignee == ANYBODY or facets.assignee == assignee_of(view, me)


def _named_in(view: View, facets: Facets, me: AgentId) -> bool:
    return (not view.mentioned or me in facets.mentioned) and (not view.followed or me in facets.followers)


def _is(wanted: str | None, found: str | None) -> bool:
    return wanted is None or wanted == (NOBODY if found is None else found)


def _has(view: View, facets: Facets) -> bool:
    return (
        _is(view.team, facets.team)
        and view.channel in (None, facets.channel)
        and (view.customer in (None, facets.customer) or facets.customer in view.absorbed)
        and view.priority in (None, facets.priority)
        and _is(view.queue, facets.queue)
        and (view.sla in ("", facets.sla) or (view.sla == PRESSING and facets.sla != ""))
        and set(view.tags) <= set(facets.tags)
    )


SortKey = tuple[int | str, ...]


def _never_if_none(instant: int | None) -> int:
    return FAR_FUTURE if instant is None else instant


def turn(c: Conversation) -> int:
    """Its place among conversations of its priority: who waits longest first, then the others, newest activity first."""
    return c.waiting_since if c.waiting_since is not None else 2 * FAR_FUTURE - c.updated_at


_KEYS: Mapping[Sort, Callable[[Conversation], SortKey]] = {
    Sort.ACTIVITY: lambda c: (-c.updated_at, c.id),
    Sort.WAITING: lambda c: (_never_if_none(c.waiting_since), c.id),
    Sort.DUE: lambda c: (_never_if_none(c.sort_due), c.id),
    Sort.PRIORITY: lambda c: (-PRIORITY_RANK[c.priority], turn(c), c.id),
}


def sort_key(view: View, conversation: Conversation) -> SortKey:
    """Ascending keys are the order on the screen: newest activity, longest waiting, earliest due, or most urgent first (see ``turn``)."""
    return _KEYS[view.sort](conversation)
