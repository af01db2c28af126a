"""Putting conversations together and taking them apart again: what the one that stays takes over, and what it gives back.

Nothing is copied and no message is rewritten by a merge: the one that stays names what it absorbed, and what was merged keeps its
messages and its own state, as if it were alone. That is why undoing it is as small as doing it, and holds after further messages.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import suppress

from msgspec import UNSET, Struct
from msgspec.structs import replace

from inbox.core import bulk, lifecycle, sla, triage
from inbox.core.conversation import PRIORITY_RANK, Category, Conversation, LastMessage, Participant, SlaClock
from inbox.core.errors import Conflict, Invalid
from inbox.core.events import EventType
from inbox.core.ids import AgentId, ConversationId, Instant, MessageId
from inbox.core.lifecycle import Changed, Happened
from inbox.core.message import Kind, Message, Reason

MAX_ABSORBED = 50
MAX_MOVED = 200
Person = tuple[str, str]
"""The kind and value of an address."""
MERGE, SPLIT, MOVE = "merge", "split", "move"


class Repair(Struct, frozen=True, omit_defaults=True):
    """What somebody put right about conversations, with what undoes it. ``kind``: merge, split or move.

    ``conversation`` went ``into`` the other, or its ``messages`` did; ``homes`` are where each of them was written. ``before`` and
    ``after`` are the other one around it.
    """

    id: str
    kind: str
    conversation: ConversationId
    into: ConversationId
    by: AgentId
    at: Instant
    same_person: bool = False
    messages: tuple[MessageId, ...] = ()
    homes: tuple[ConversationId, ...] = ()
    before: Conversation | None = None
    after: Conversation | None = None
    undone_at: Instant | None = None
    undone_by: AgentId | None = None
    version: int = 1


def joined(into: Conversation, other: Conversation, now: Instant, because: Reason, *, same_person: bool) -> Changed:
    """``into`` with all that ``other`` is. It keeps its holder, team, subject and status, and gets the other's holder where it has none;
    it is open if either was, as urgent as the more urgent one, and of each promise the one that is due first goes on.

    Whoever took part in the other one waits to be accepted unless both are the ``same_person``'s: he is not answered by accident.
    Raises ``Invalid``.
    """
    _may_join(into, other)
    newest = max((c.last for c in (into, other) if c.last is not None), key=lambda last: (last.at, last.id), default=None)
    replies = max((c.last_reply for c in (into, other) if c.last_reply is not None), key=lambda last: (last.at, last.id), default=None)
    heard_later = (other.heard_at or 0) > (into.heard_at or 0) and same_person
    waits = [c.waiting_since for c in (into, other) if c.waiting_since is not None]
    fresh_tags = triage.tags(into.tags, other.tags, ())[: triage.MAX_TAGS]
    together = replace(
        into,
        absorbed=(*into.absorbed, other.id, *other.absorbed),
        messages=into.messages + other.messages,
        inbound=into.inbound + other.inbound,
        last=newest,
        hidden_at=max(into.hidden_at, other.hidden_at),
        last_reply=replies,
        heard_at=other.heard_at if heard_later else into.heard_at,
        reply_channel=other.reply_channel if heard_later else into.reply_channel,
        waiting_since=min(waits, default=None) if other.category is Category.OPEN else into.waiting_since,
        tags=fresh_tags,
        participants=_with(into.participants, other.participants, same_person=same_person),
        channels=tuple(dict.fromkeys((*(into.channels or (into.channel,)), *(other.channels or (other.channel,))))),
        updated_at=max(into.updated_at, other.updated_at),
        scheduled=(*into.scheduled, *other.scheduled),
        mentions=triage.with_mentions(other.mentions, into.mentions),
        followers=tuple(dict.fromkeys((*into.followers, *other.followers)))[: triage.MAX_FOLLOWERS],
        sla=_stricter(into.sla, other.sla),
    )
    changed = Changed(together, (Happened(EventType.CONVERSATION_MERGED, because),))
    if PRIORITY_RANK[other.priority] > PRIORITY_RANK[into.priority]:
        changed = changed.then(lambda c: lifecycle.set_priority(c, other.priority))
    if into.assignee is None and into.bot is None and other.assignee is not None and into.team in (None, other.team):
        changed = changed.then(lambda c: lifecycle.assign(c, other.assignee, UNSET, because, now))
    if other.category is Category.OPEN and into.category is not Category.OPEN:
        changed = changed.then(lambda c: lifecycle.set_category(c, Category.OPEN, now))
        changed = Changed(replace(changed.conversation, waiting_since=min(waits, default=None)), changed.happened)
    return changed.then(lambda c: _clocked(c, now))


def split_off(other: Conversation, into: Conversation, repair: Repair) -> Conversation:
    """What was split off, as it comes back to where it was taken from: unless a customer has written there since, what it began with
    by the split alone goes with the split, as are its status, promises, priority and who was given it."""
    if repair.after is None or other.inbound > repair.after.inbound:
        return other
    plain = replace(other, category=into.category, waiting_since=into.waiting_since, priority=into.priority)
    return replace(plain, assignee=None, sla=())


def _may_join(into: Conversation, other: Conversation) -> None:
    if into.id == other.id:
        raise Invalid("into", "is the same conversation")
    if (into.category is Category.SPAM) != (other.category is Category.SPAM):
        raise Invalid("into", "only one of them is marked as spam")
    if len(into.absorbed) + len(other.absorbed) >= MAX_ABSORBED:
        raise Invalid("into", f"at most {MAX_ABSORBED} conversations can be merged into one")


def absorbed(other: Conversation, into: ConversationId, because: Reason) -> Changed:
    """What was merged: it is in no list, queue or timer any more, and otherwise as it was."""
    return Changed(replace(other, merged_into=into), (Happened(EventType.CONVERSATION_MERGED, because),))


def still_follow(other: Conversation, into: Conversation, repair: Repair) -> tuple[AgentId, ...]:
    """Who follows what was merged when it stands alone again: not who has stopped following the one it was merged ``into``."""
    stopped = set(() if repair.after is None else repair.after.followers) - set(into.followers)
    return tuple(one for one in other.followers if one not in stopped)


def released(other: Conversation, now: Instant, because: Reason) -> Changed:
    """It stands alone again."""
    alone = Changed(replace(other, merged_into=None), (Happened(EventType.CONVERSATION_UNMERGED, because),))
    return alone.then(lambda c: _clocked(c, now))


def parted(
    c: Conversation, other: Conversation, repair: Repair, last: LastMessage | None, wrote: Set[Person], now: Instant, because: Reason
) -> Changed:
    """The one that stayed without what it had taken over; ``last`` is its newest message then, and ``wrote`` are the authors of what
    stays. What somebody changed since stays, too."""
    before, after = repair.before or c, repair.after or c
    gone = {other.id, *other.absorbed}
    alone = replace(
        without_those(c, repair, wrote),
        absorbed=tuple(id for id in c.absorbed if id not in gone),
        messages=c.messages - other.messages,
        inbound=c.inbound - other.inbound,
        last=last,
        last_reply=before.last_reply if c.last_reply == after.last_reply else c.last_reply,
        heard_at=before.heard_at if c.heard_at == after.heard_at else c.heard_at,
        reply_channel=before.reply_channel if c.reply_channel == after.reply_channel else c.reply_channel,
        scheduled=tuple(id for id in c.scheduled if id not in other.scheduled),
        mentions=tuple(mention for mention in c.mentions if mention not in other.mentions),
        followers=tuple(one for one in c.followers if one in before.followers or one not in other.followers),
        waiting_since=before.waiting_since if c.waiting_since == after.waiting_since else c.waiting_since,
        channels=tuple(ch for ch in c.channels if ch not in set(after.channels) - set(before.channels)),
        sla=_restored(c.sla, before.sla, after.sla, now),
    )
    changed = Changed(alone, (Happened(EventType.CONVERSATION_UNMERGED, because),))
    with suppress(Conflict):  # somebody has decided otherwise since
        changed = changed.then(lambda x: bulk.undo(x, bulk.standing(before), bulk.standing(after), now))
    return changed.then(lambda x: _clocked(x, now))


def without_those(c: Conversation, repair: Repair, wrote: Set[Person]) -> Conversation:
    """The conversation without the participants that came with the repair, but for those who have written there since."""
    if repair.before is None or repair.after is None:
        return c
    own = {(p.kind, p.value) for p in repair.before.participants}
    came = {(p.kind, p.value) for p in repair.after.participants} - own - wrote
    return replace(c, participants=tuple(p for p in c.participants if (p.kind, p.value) not in came))


def wrote_apart(c: Conversation, message: Message, now: Instant) -> Conversation:
    """What was merged, after a customer wrote what belongs to it: as it would be if it stood alone."""
    return replace(lifecycle.customer_wrote(replace(c, merged_into=None), message, now).conversation, merged_into=c.merged_into)


def without(c: Conversation, messages: Sequence[Message], last: LastMessage | None) -> Conversation:
    """A conversation whose messages went elsewhere; neither its status nor its promises follow from that."""
    inbound = sum(m.kind is Kind.CUSTOMER for m in messages)
    gone = {m.id for m in messages}
    mentions = tuple(mention for mention in c.mentions if mention.message not in gone)
    return replace(c, messages=c.messages - len(messages), inbound=c.inbound - inbound, last=last, mentions=mentions)


def taking(c: Conversation, messages: Sequence[Message], now: Instant) -> Conversation:
    """A conversation that got messages from elsewhere, and their authors."""
    for message in messages:
        c = triage.with_message(c, message, c.updated_at)
        c = triage.with_participant(c, message) if message.kind is Kind.CUSTOMER else c
    return replace(c, updated_at=max(c.updated_at, now))


def _with(present: tuple[Participant, ...], others: tuple[Participant, ...], *, same_person: bool) -> tuple[Participant, ...]:
    known = {(p.kind, p.value) for p in present}
    new = [replace(p, accepted=p.accepted and same_person) for p in others if (p.kind, p.value) not in known]
    if len(present) + len(new) > triage.MAX_PARTICIPANTS:
        raise Invalid("into", "too many people would take part")
    return (*present, *new)


def _clocked(c: Conversation, now: Instant) -> Changed:
    step = sla.on_category(c.sla, c.category, now, held=c.bot is not None)
    happened = tuple(Happened(news.type, news.reason) for news in step.news)
    return Changed(replace(c, sla=step.clocks, sort_due=sla.sort_due(step.clocks)), happened)


def _stricter(mine: sla.Clocks, theirs: sla.Clocks) -> sla.Clocks:
    others = {clock.metric: clock for clock in theirs}
    own = {clock.metric for clock in mine}
    return tuple(_first_due(clock, others.get(clock.metric)) for clock in mine) + tuple(x for x in theirs if x.metric not in own)


def _first_due(mine: SlaClock, theirs: SlaClock | None) -> SlaClock:
    if theirs is None or not sla.is_owed(theirs) or (sla.is_owed(mine) and _due(mine) <= _due(theirs)):
        return mine
    return replace(theirs, epoch=max(mine.epoch, theirs.epoch) + 1)


def _due(clock: SlaClock) -> Instant:
    return clock.due_at if clock.due_at is not None else clock.since + max(0, clock.target - clock.used)


def _restored(now_runs: sla.Clocks, before: sla.Clocks, after: sla.Clocks, now: Instant) -> sla.Clocks:
    """Clocks that were taken over give way to the own ones, which an answer given meanwhile has kept too."""
    own, taken = {x.metric: x for x in before}, {x.metric: x for x in after}
    out: list[SlaClock] = []
    for clock in now_runs:
        was, then = own.get(clock.metric), taken.get(clock.metric)
        if then is None or was is None or then.armed_at == was.armed_at or clock.armed_at != then.armed_at:
            if was is not None or then is None:
                out.append(clock)
            continue
        back = replace(was, epoch=max(was.epoch, clock.epoch) + 1)
        if clock.met_at is not None and then.met_at is None:
            back = sla.on_reply((back,), max(clock.met_at, back.since), clock.met_by).clocks[0]
        out.append(back)
    return tuple(out)
