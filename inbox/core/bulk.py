"""One change to many conversations: what is asked, how far it is, and how each conversation stood before, so that it can be undone."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from inbox.core import commands as c
from inbox.core import lifecycle, queueing
from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.errors import Conflict
from inbox.core.ids import AgentId, ConversationId, Instant, QueueId, TeamId
from inbox.core.lifecycle import Changed
from inbox.core.message import Reason
from inbox.core.tags import Retag
from inbox.core.undoing import CHANGED

MOST = 50_000
"""Conversations one job may touch."""
PART = 1_000
"""Conversations named by one stored part."""

UNDONE = Reason("undone")
"""Why something is with somebody again."""
RUNNING, DONE, CANCELLED = "running", "done", "cancelled"


class Change(Struct, frozen=True, omit_defaults=True):
    """What shall hold of every conversation; what is not given stays. ``until`` goes with snoozed; ``read`` moves the asker's own marks.
    ``follow``: whether the asker does.
    ``retag``: it is about the removed tag itself, and only about conversations that have it."""

    assignee: AgentId | UnsetType | None = UNSET
    team: TeamId | UnsetType | None = UNSET
    status: Category | UnsetType = UNSET
    until: Instant | None = None
    priority: Priority | UnsetType = UNSET
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    read: bool | UnsetType = UNSET
    queue: QueueId | UnsetType | None = UNSET
    follow: bool | UnsetType = UNSET
    retag: Retag | None = None


class Job(Struct, frozen=True):
    """A change under way. ``at`` conversations were dealt with: ``done`` of them changed, ``skipped`` counts the others by code.

    Codes: the gate's and the rules' errors, ``same`` where it was so already, ``changed_since`` where an undo came too late.
    ``held_by`` names the server that works on it, until ``held_until``. ``undo_of`` is the job it undoes, ``undone_by`` the other way.
    """

    id: str
    agent: AgentId
    change: Change
    total: int
    created_at: Instant
    state: str
    version: int = 1
    at: int = 0
    done: int = 0
    skipped: dict[str, int] = {}
    undo_of: str = ""
    undone_by: str = ""
    held_by: str = ""
    held_until: Instant = 0


class JobPart(Struct, frozen=True, omit_defaults=True):
    """Some of the conversations of a job, in its order."""

    id: str
    conversations: tuple[ConversationId, ...]
    at: Instant
    version: int = 1


class Standing(Struct, frozen=True, omit_defaults=True):
    """The part of a conversation that a change in bulk can touch; ``read`` is the asker's own mark, ``queue`` is told where the change is
    about queues."""

    category: Category
    status: str
    snoozed_until: Instant | None = None
    snooze_epoch: int = 0
    resolved_at: Instant | None = None
    waiting_since: Instant | None = None
    queued_at: Instant | None = None
    assignee: AgentId | None = None
    team: TeamId | None = None
    bot: AgentId | None = None
    assign_reason: Reason | None = None
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    followers: tuple[AgentId, ...] = ()
    read: int = 0
    queue: QueueId | UnsetType | None = UNSET


class JobItem(Struct, frozen=True, omit_defaults=True):
    """What became of one conversation: '' for changed, else why not; and how it stood before and after."""

    id: str
    at: Instant
    skipped: str = ""
    before: Standing | None = None
    after: Standing | None = None
    version: int = 1


def standing(conversation: Conversation, read: int = 0, change: Change | None = None) -> Standing:
    """How a conversation stands, as far as it matters for this change."""
    names = Standing.__struct_fields__[:-2]
    queue = UNSET if change is None or isinstance(change.queue, UnsetType) else conversation.queue
    return Standing(**{name: getattr(conversation, name) for name in names}, read=read, queue=queue)


def commands(change: Change, id: ConversationId) -> Iterator[c.InConversation]:
    """The commands that make the change in one conversation; giving it away comes last."""
    if change.add_tags or change.remove_tags:
        yield c.SetTags(id, change.add_tags, change.remove_tags)
    if not isinstance(change.follow, UnsetType):
        yield c.Follow(id, change.follow)
    if not isinstance(change.priority, UnsetType):
        yield c.SetPriority(id, change.priority)
    if not isinstance(change.status, UnsetType):
        yield c.SetStatus(id, change.status, until=change.until)
    if not isinstance(change.queue, UnsetType):
        yield c.MoveToQueue(id, change.queue)
    if not isinstance(change.assignee, UnsetType) or not isinstance(change.team, UnsetType):
        yield c.Assign(id, change.assignee, change.team)


def mark(read: bool, inbound: int, mark: int) -> int:
    """Where the own mark of a conversation with ``inbound`` messages of the customer goes: to the end, or before the last one."""
    return inbound if read else min(mark, max(0, inbound - 1))


def undo(now_stands: Conversation, before: Standing, after: Standing, now: Instant, since: Instant | None = None) -> Changed:
    """Bring back what the change took. Raises ``Conflict`` where somebody changed the same things since. With the instant of the change
    (``since``), what was given back comes back although routing has given it on.
    """
    if not _untouched(now_stands, before, after, since):
        raise Conflict(CHANGED)
    changed = Changed(now_stands)
    added = tuple(tag for tag in after.tags if tag not in before.tags)
    removed = tuple(tag for tag in before.tags if tag not in after.tags)
    if added or removed:
        changed = changed.then(lambda x: lifecycle.set_tags(x, removed, added))
    if before.followers != after.followers:
        changed = changed.then(lambda x: _followed_as(x, before, after))
    if before.priority is not after.priority:
        changed = changed.then(lambda x: lifecycle.set_priority(x, before.priority))
    if _hands(before) != _hands(after):
        changed = changed.then(lambda x: _handed_back(x, before, now))
    if _state(before) != _state(after):
        changed = changed.then(lambda x: _back(x, before, now))
    if before.bot is not None and changed.conversation.assignee is None and changed.conversation.category is Category.OPEN:
        bot = before.bot
        changed = changed.then(lambda x: lifecycle.bot_enters(x, bot, now))
    return Changed(_since(changed.conversation, before), changed.happened)


def _state(s: Standing | Conversation) -> tuple[object, ...]:
    return s.category, s.status, s.snoozed_until, s.snooze_epoch, s.resolved_at


def _hands(s: Standing | Conversation) -> tuple[object, ...]:
    return s.assignee, s.team, s.bot


def _untouched(c: Conversation, before: Standing, after: Standing, since: Instant | None) -> bool:
    """Whether everything the change touched still is as it left it."""
    hands = _hands(after) if since is not None and _given_on(c, after, since) else _hands(c)
    parts: list[tuple[object, object, object]] = [(_state(before), _state(after), _state(c)), (_hands(before), _hands(after), hands)]
    parts.append((before.priority, after.priority, c.priority))
    if not isinstance(after.queue, UnsetType) and before.queue != after.queue and (c.queue != after.queue or c.queued_at is None):
        return False
    if any(was != left and left != stands for was, left, stands in parts):
        return False
    tags = set(c.tags)
    return set(after.tags) - set(before.tags) <= tags and not tags & (set(before.tags) - set(after.tags))


def _given_on(c: Conversation, left: Standing, since: Instant) -> bool:
    """Whether nobody held it when the change was made, and routing has given it to somebody since who has done nothing about it yet."""
    answered = c.last_reply is not None and c.last_reply.at >= since
    nobody = left.assignee is None and left.bot is None
    return nobody and queueing.given_by_itself(c) and not answered and (c.team, c.bot, c.category) == (left.team, None, left.category)


def _followed_as(c: Conversation, before: Standing, after: Standing) -> Changed:
    """Who came with the change goes, and who went comes back; the others have decided for themselves."""
    came = tuple(one for one in after.followers if one not in before.followers)
    went = tuple(one for one in before.followers if one not in after.followers)
    return lifecycle.set_followers(c, went, came)


def _handed_back(c: Conversation, before: Standing, now: Instant) -> Changed:
    """Why it goes back is the undo; why its agent had it in the first place is so again."""
    changed = lifecycle.assign(c, before.assignee, before.team, UNDONE, now)
    return Changed(replace(changed.conversation, assign_reason=before.assign_reason), changed.happened)


def _back(c: Conversation, before: Standing, now: Instant) -> Changed:
    """The earlier category, by the ways there are: out of spam through open, and to open when the snooze would be over."""
    over = before.category is Category.SNOOZED and (before.snoozed_until or 0) <= now
    target = Category.OPEN if over else before.category
    until = before.snoozed_until if target is Category.SNOOZED else None
    name = "" if over else before.status
    changed = Changed(c)
    if c.category is Category.SPAM and target is not Category.SPAM:
        changed = changed.then(lambda x: lifecycle.set_category(x, Category.OPEN, now))
    return changed.then(lambda x: lifecycle.set_category(x, target, now, until, name))


def _since(c: Conversation, before: Standing) -> Conversation:
    """Nobody waits anew because a change was undone."""
    if c.category is not Category.OPEN:
        return c
    waiting = before.waiting_since if c.waiting_since is None else c.waiting_since
    queued = before.queued_at if c.queued_at is not None and before.queued_at is not None else c.queued_at
    return replace(c, waiting_since=waiting, queued_at=queued)
