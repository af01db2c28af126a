"""The undo of one act: only where things still stand as the act left them."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from inbox.core import queueing
from inbox.core.agent import Agent, Availability
from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, Instant, QueueId, TeamId

_ONE_LINE = r"^[^\u0000-\u001f\u007f\u0085\u2028\u2029]*(?![\s\S])"
_ID = Meta(min_length=1, max_length=64, pattern=_ONE_LINE)
CHANGED = "Somebody changed it since."


class Left(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How an act left a conversation, in the fields it was about. What it left to nobody may have been given on by routing since."""

    category: Category | UnsetType = UNSET
    snoozed_until: Instant | UnsetType | None = UNSET
    assignee: Annotated[AgentId, _ID] | UnsetType | None = UNSET
    team: Annotated[TeamId, _ID] | UnsetType | None = UNSET
    bot: Annotated[AgentId, _ID] | UnsetType | None = UNSET
    queue: Annotated[QueueId, _ID] | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    subject: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET


class LeftAgent(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an act has set an account to."""

    availability: Availability
    break_reason: Annotated[str, Meta(max_length=64, pattern=_ONE_LINE)] = ""


def require_left(c: Conversation, left: Left) -> None:
    """Raises ``Conflict`` where somebody changed the same since."""
    for name in Left.__struct_fields__:
        told = getattr(left, name)
        if isinstance(told, UnsetType) or getattr(c, name) == told or (name == "assignee" and _given_on(c, left)):
            continue
        raise Conflict(CHANGED)


def require_left_agent(agent: Agent, left: LeftAgent) -> None:
    """Raises ``Conflict`` where he, or somebody else, has set something since. Who only closed his windows has set nothing."""
    if (agent.availability, agent.break_reason) != (left.availability, left.break_reason):
        raise Conflict(CHANGED)


def _given_on(c: Conversation, left: Left) -> bool:
    """Whether routing has given to somebody what was left to nobody; what he took himself, or has answered since, is his."""
    reply, since = c.last_reply, c.assigned_at or 0
    answered = reply is not None and reply.author == c.assignee and reply.at >= since
    return left.assignee is None and queueing.given_by_itself(c) and not answered
