"""The catalog's lists as the API offers them: one entry here gives a list its calls, checks, documents and types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from inbox.api import (
    alert_structs,
    attribute_structs,
    kinds,
    queue_structs,
    reply_structs,
    role_structs,
    segment_structs,
    sla_structs,
    staff_structs,
    survey_structs,
    tag_structs,
    view_structs,
    webhook_structs,
)
from inbox.api.call import Call
from inbox.api.queue_structs import SaveQueue
from inbox.api.view_structs import SavedViewRow, SaveView
from inbox.core import filters, saved_replies
from inbox.core.attributes import attribute_id
from inbox.core.order import tried
from inbox.core.permissions import Action, Actor, require, supervises
from inbox.flow.catalog import Rule
from inbox.records import (
    ALERTS,
    ATTRIBUTES,
    BREAK_REASONS,
    CALENDARS,
    POLICIES,
    QUEUES,
    ROLES,
    SAVED_REPLIES,
    SEGMENTS,
    SURVEYS,
    TAGS,
    VIEWS,
    WEBHOOKS,
    Noun,
)


def managed_by(action: Action) -> Rule:
    """The rule that whoever may do this changes every entry, and nobody else any."""

    def rule(layer: Any, actor: Actor, before: Any, after: Any) -> None:
        require(actor, action)

    return rule


def everybody(actor: Actor, entry: Any) -> bool:
    """Entries that whoever is logged in sees."""
    return True


async def nothing(parts: Any, actor: Actor, before: Any, after: Any) -> None:
    """No question beside the rule's."""


async def complete(parts: Any, entry: Any) -> Any:
    """Nothing is missing."""
    return entry


def none(actor: Actor) -> tuple[Any, ...]:
    """Nothing is there that nobody made."""
    return ()


@dataclass(frozen=True)
class Shelf:
    """One list. ``one`` and ``many`` are its words in names of calls (``queue``, ``queues``), ``path`` its address.

    ``body`` is what a client gives, always whole; it has ``version``, 0 for a new entry. ``entry(body, id, actor, before)`` makes
    the stored value and raises ``Invalid``; ``complete(parts, entry)`` adds what it takes the outside for. ``answer`` is what is
    shown, ``show(entry)`` makes it; by default the value itself. ``rule`` is asked in the commit, ``ask(parts, actor, before, after)``
    ahead of it, for what is no state of the journal; after None: it shall go. ``order`` sorts the list, in front of which stand the
    ``fixed`` ones, as they are shown. ``distinct``: no two of one name. What is not ``removable`` here ends in a way of its own.
    ``id_of(body)``: the id, where it follows from what is given.
    """

    noun: Noun[Any]
    one: str
    many: str
    path: str
    body: type[Any]
    entry: Callable[[Any, str, Actor, Any], Any]
    rule: Rule
    answer: type[Any] | None = None
    show: Callable[[Any], Any] = lambda entry: entry
    sees: Callable[[Actor, Any], bool] = everybody
    ask: Callable[[Any, Actor, Any, Any], Awaitable[None]] = nothing
    order: Callable[[Any], Any] = lambda entry: (entry.name.casefold(), entry.id)
    complete: Callable[[Any, Any], Awaitable[Any]] = complete
    fixed: Callable[[Actor], tuple[Any, ...]] = none
    distinct: bool = True
    removable: bool = True
    id_of: Callable[[Any], str] | None = None

    def calls(self) -> Sequence[Call]:
        """List, make, change, remove."""
        row: Any = self.answer or self.noun.type
        label = self.one.replace("_", " ").replace("sla", "SLA")
        calls = (
            Call("GET", self.path, f"list_{self.many}", f"Every {label}", None, tuple[row, ...]),
            Call("POST", self.path, f"create_{self.one}", f"A new {label}", self.body, row, creates=True),
            Call("PUT", f"{self.path}/{{id}}", f"edit_{self.one}", f"Change: the {label} as it shall be", self.body, row),
            Call("DELETE", f"{self.path}/{{id}}", f"delete_{self.one}", f"Remove the {label}"),
        )
        return calls if self.removable else calls[:-1]


SHELVES: tuple[Shelf, ...] = (
    Shelf(
        QUEUES,
        "queue",
        "queues",
        "/queues",
        SaveQueue,
        queue_structs.queue,
        queue_structs.stands,
        ask=queue_structs.unneeded,
        order=tried,
    ),
    Shelf(
        CALENDARS,
        "calendar",
        "calendars",
        "/calendars",
        sla_structs.SaveCalendar,
        sla_structs.calendar,
        sla_structs.calendar_stands,
        ask=sla_structs.unneeded,
        complete=sla_structs.with_holidays,
    ),
    Shelf(
        POLICIES,
        "sla_policy",
        "sla_policies",
        "/sla/policies",
        sla_structs.SavePolicy,
        sla_structs.policy,
        sla_structs.policy_stands,
        ask=kinds.there_are,
        order=tried,
    ),
    Shelf(
        VIEWS,
        "view",
        "views",
        "/views",
        SaveView,
        view_structs.view,
        view_structs.stands,
        answer=SavedViewRow,
        distinct=False,
        show=view_structs.show,
        sees=filters.sees,
    ),
    Shelf(
        SAVED_REPLIES,
        "saved_reply",
        "saved_replies",
        "/saved-replies",
        reply_structs.SaveReply,
        reply_structs.saved_reply,
        reply_structs.stands,
        answer=reply_structs.ReplyRow,
        distinct=False,
        show=reply_structs.row,
        sees=saved_replies.sees,
        ask=reply_structs.room,
        complete=reply_structs.with_files,
        order=lambda entry: (entry.folder.casefold(), entry.name.casefold(), entry.id),
    ),
    Shelf(
        SURVEYS,
        "survey",
        "surveys",
        "/surveys",
        survey_structs.SaveSurvey,
        survey_structs.survey,
        survey_structs.stands,
        ask=kinds.there_are,
        order=tried,
    ),
    Shelf(
        TAGS,
        "tag",
        "tags",
        "/tags",
        tag_structs.SaveTag,
        tag_structs.tag,
        managed_by(Action.MANAGE_TAGS),
        ask=tag_structs.room,
        removable=False,
    ),
    Shelf(
        ATTRIBUTES,
        "attribute",
        "attributes",
        "/attributes",
        attribute_structs.SaveAttribute,
        attribute_structs.attribute,
        managed_by(Action.MANAGE_ATTRIBUTES),
        ask=attribute_structs.room,
        id_of=lambda body: attribute_id(body.key.strip()),
        order=lambda entry: (entry.order, entry.name.casefold(), entry.id),
    ),
    Shelf(
        SEGMENTS,
        "segment",
        "segments",
        "/segments",
        segment_structs.SaveSegment,
        segment_structs.segment,
        segment_structs.stands,
        ask=segment_structs.unneeded,
    ),
    Shelf(
        ALERTS,
        "alert",
        "alerts",
        "/alerts",
        alert_structs.SaveAlert,
        alert_structs.alert,
        alert_structs.stands,
        sees=lambda actor, entry: supervises(actor),
    ),
    Shelf(
        WEBHOOKS,
        "webhook",
        "webhooks",
        "/webhooks",
        webhook_structs.SaveWebhook,
        webhook_structs.webhook,
        managed_by(Action.MANAGE_CHANNELS),
        answer=webhook_structs.WebhookRow,
        show=webhook_structs.row,
        sees=webhook_structs.sees,
        complete=webhook_structs.sealed,
    ),
    Shelf(
        BREAK_REASONS,
        "break_reason",
        "break_reasons",
        "/break-reasons",
        staff_structs.SaveBreakReason,
        staff_structs.break_reason,
        managed_by(Action.MANAGE_AGENTS),
    ),
    Shelf(
        ROLES,
        "role",
        "roles",
        "/roles",
        role_structs.SaveRole,
        role_structs.role,
        role_structs.stands,
        answer=role_structs.RoleRow,
        show=role_structs.show,
        sees=role_structs.sees,
        ask=role_structs.unused,
        fixed=role_structs.builtin,
    ),
)
