"""Merging, splitting and moving: each one commit with what undoes it, however many messages the conversations have."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from inbox.core import lifecycle, merging, tokens, triage
from inbox.core.conversation import Conversation, LastMessage
from inbox.core.errors import Conflict, Invalid, NotFound
from inbox.core.events import EventType, facets
from inbox.core.ids import ConversationId, MessageId
from inbox.core.lifecycle import Changed, Happened
from inbox.core.merging import MERGE, MOVE, SPLIT, Repair
from inbox.core.message import Author, Kind, Message, Reason
from inbox.core.permissions import Action, Actor, require
from inbox.flow import homes, placing, writing
from inbox.flow.committer import Committer, Rank
from inbox.flow.homes import Seen
from inbox.flow.idempotency import repeated
from inbox.flow.working import Layer
from inbox.ports import Queries
from inbox.records import CONVERSATIONS, MESSAGES, REPAIRS, THREAD_KEYS, ThreadKey

TRIES = 4
SINCE = 100
"""How many messages that came since are counted before an undo."""


class Moving(Conflict):
    """The conversation changed while it was looked through."""


class Undo(Struct, frozen=True):
    """What undoing would mean: how many messages go back, and how many that came since stay where they are."""

    repair: Repair
    back: int
    since: int


@dataclass(frozen=True, kw_only=True)
class _Unit:
    actor: Actor
    key: str = ""
    rank: Rank = Rank.COMMAND
    size: int = 60_000

    @property
    def group(self) -> str:
        """One person's repairs keep their order."""
        return self.actor.id

    def _known(self, layer: Layer, *body: str) -> tuple[str, Repair | None]:
        """The repair's id, and the repair if this very call was made before."""
        id = layer.derive("repair", self.actor.id, self.key, *body)
        layer.need((REPAIRS, (id,)))
        return id, layer.get(REPAIRS, id) if repeated(layer, self.actor.id, self.key, *body) else None

    def _open(self, layer: Layer, id: ConversationId) -> Conversation:
        found = layer.conversation(id)
        if found is None:
            raise NotFound
        require(self.actor, Action.MERGE, facets(found))
        return found


@dataclass(frozen=True, kw_only=True)
class Merge(_Unit):
    """Merge a conversation into another one."""

    other: ConversationId
    into: ConversationId
    same_person: bool
    split: Repair | None = None
    """The split that it undoes."""

    def decide(self, layer: Layer) -> Repair:
        """Raises the errors of the gate and ``Invalid``."""
        other, into = self._open(layer, self.other), self._open(layer, self.into)
        id, known = self._known(layer, MERGE, self.other, self.into, *(() if self.key else (str(other.version), str(into.version))))
        if known is not None:
            return known
        same = self.same_person or layer.person(other.customer) == layer.person(into.customer)
        author = writing.author_of(self.actor)
        numbers = {"number": other.number, "messages": other.messages}
        back, of = (other, ()) if self.split is None else (merging.split_off(other, into, self.split), (self.split.id,))
        changed = merging.joined(into, back, layer.now, Reason("merged_from", (other.id, id, *of), numbers), same_person=same)
        after = layer.change(into, changed, author)
        because = Reason("merged_into", (into.id, id), {"number": into.number})
        layer.change(other, merging.absorbed(other, into.id, because), author)
        repair = Repair(id, MERGE, other.id, into.id, self.actor.id, layer.now, same, before=into, after=after)
        return layer.insert(REPAIRS, repair)


@dataclass(frozen=True, kw_only=True)
class Move(_Unit):
    """Move messages to another conversation, or with ``to`` None into one of their own."""

    conversation: ConversationId
    messages: tuple[MessageId, ...]
    to: ConversationId | None
    seen: Seen
    signing: bytes

    def decide(self, layer: Layer) -> Repair:
        """Raises the errors of the gate, ``Invalid``, and ``Moving`` when what was seen is not so any more."""
        source = self._open(layer, self.conversation)
        target = self._open(layer, self.to) if self.to else None
        kind = MOVE if self.to else SPLIT
        id, known = self._known(
            layer, kind, self.conversation, self.to or "", *self.messages, *(() if self.key else (str(source.version),))
        )
        if known is not None:
            return known
        messages = _these(layer, source, self.messages)
        _check(source, target, messages, self.seen)
        author = writing.author_of(self.actor)
        written = tuple(m.conversation for m in messages)
        left = homes.take_out(layer, source, messages, self.seen)
        was = target
        if target is None:
            target = self._begin(layer, source, messages, id, author)
        else:
            moved = [layer.put(MESSAGES, replace(m, conversation=target.id)) for m in messages]
            because = Reason("moved_from", (source.id, id), {"number": source.number, "messages": len(moved)})
            taken = merging.taking(target, moved, layer.now)
            target = layer.change(target, Changed(taken, (Happened(EventType.MESSAGES_MOVED, because),)), author)
        code = "moved_to" if self.to else "split_to"
        because = Reason(code, (target.id, id), {"number": target.number, "messages": len(messages)})
        related = left.related if self.to or target.id in left.related else (*left.related, target.id)
        stays = Changed(replace(left, related=related), (Happened(EventType.MESSAGES_MOVED, because),))
        layer.change(source, stays, author)
        homes.lead(layer, messages, source, dict.fromkeys(self.messages, target.id), self.seen)
        moved_ids = tuple(m.id for m in messages)
        repair = Repair(id, kind, source.id, target.id, self.actor.id, layer.now, False, moved_ids, written, was, target)
        return layer.insert(REPAIRS, repair)

    def _begin(self, layer: Layer, source: Conversation, messages: Sequence[Message], repair: str, author: Author) -> Conversation:
        """The new conversation takes the messages one by one, so that each of them is announced."""
        first = next(m for m in messages if m.kind is Kind.CUSTOMER)
        facts = writing.channel_of(layer, first.channel or source.channel)
        id = ConversationId(layer.derive("split", repair))
        senders = {(m.sender.kind, m.sender.value) for m in messages if m.sender is not None}
        seed = Conversation(
            id=id,
            number=layer.number(),
            version=0,
            channel=facts.id,
            customer=first.customer or source.customer,
            created_at=layer.now,
            updated_at=layer.now,
            subject=first.subject or source.subject,
            team=source.team,
            participants=tuple(p for p in source.participants if (p.kind, p.value) in senders),
            related=(source.id,),
        )
        reason = Reason("split_from", (source.id, repair), {"number": source.number})
        head, *rest = [layer.put(MESSAGES, replace(m, conversation=id)) for m in (first, *(m for m in messages if m is not first))]
        c = layer.change(None, lifecycle.started(seed, replace(head, reason=reason), layer.now, facts.policy), author, head)
        layer.insert(THREAD_KEYS, ThreadKey(placing.token_key(tokens.reply_token(self.signing, id)), "token", id, at=layer.now))
        for message in rest:
            step = lifecycle.customer_wrote(c, message, layer.now) if message.kind is Kind.CUSTOMER else _added(c, message, reason)
            c = layer.change(c, step, author, message)
        return c


@dataclass(frozen=True, kw_only=True)
class Undone(_Unit):
    """Undo a repair."""

    repair: str
    seen: Seen

    def decide(self, layer: Layer) -> Repair:
        """The repair as undone; a second time the same. Raises the errors of the gate, ``Conflict`` where a later one stands before it."""
        layer.need((REPAIRS, (self.repair,)))
        found = layer.get(REPAIRS, self.repair)
        if found is None:
            raise NotFound
        layer.need((CONVERSATIONS, (found.conversation, found.into)))
        ends = [c for id in (found.conversation, found.into) if (c := layer.get(CONVERSATIONS, id)) is not None]
        for c in ends:
            require(self.actor, Action.MERGE, facets(c))
        if found.undone_at is not None:
            return found
        if len(ends) < 2:
            raise NotFound
        {MERGE: self._unmerge, MOVE: self._back, SPLIT: self._rejoin}[found.kind](layer, found, *ends)
        return layer.put(REPAIRS, replace(found, undone_at=layer.now, undone_by=self.actor.id))

    def _unmerge(self, layer: Layer, repair: Repair, other: Conversation, into: Conversation) -> None:
        into = _standing(layer, into)
        if other.merged_into != into.id:
            raise Conflict("It is not merged any more.")
        if into.version != self.seen.version:
            raise Moving("The conversation has changed; load it again.")
        author = writing.author_of(self.actor)
        because = Reason("unmerged_from", (other.id, repair.id), {"number": other.number, "messages": other.messages})
        last = self.seen.newest.get(into.id)
        layer.change(into, merging.parted(into, other, repair, last, self.seen.senders, layer.now, because), author)
        because = Reason("unmerged", (into.id, repair.id), {"number": into.number})
        waits = tuple(id for id in other.scheduled if id in into.scheduled)
        alone = replace(layer.counted(other), scheduled=waits, followers=merging.still_follow(other, into, repair))
        layer.change(other, merging.released(alone, layer.now, because), author)

    def _back(self, layer: Layer, repair: Repair, source: Conversation, target: Conversation) -> None:
        """The messages that still are where they were moved go back to where they were written."""
        source, target = _standing(layer, source), _standing(layer, target)
        if target.version != self.seen.version:
            raise Moving("The conversation has changed; load it again.")
        layer.need((MESSAGES, repair.messages))
        written = dict(zip(repair.messages, repair.homes, strict=True))
        messages = [m for id in repair.messages if (m := layer.get(MESSAGES, id)) is not None and m.conversation == repair.into]
        author = writing.author_of(self.actor)
        numbers = {"number": source.number, "messages": len(messages)}
        left = merging.without_those(homes.take_out(layer, target, messages, self.seen), repair, self.seen.senders)
        because = Reason("moved_back", (source.id, repair.id), numbers)
        layer.change(target, Changed(left, (Happened(EventType.MESSAGES_MOVED, because),)), author)
        moved = [layer.put(MESSAGES, replace(m, conversation=written[m.id])) for m in messages]
        for message in moved:
            homes.count_in(layer, message, source.id)
        because = Reason("moved_back", (target.id, repair.id), numbers | {"number": target.number})
        taken = merging.taking(source, moved, source.updated_at)
        layer.change(source, Changed(taken, (Happened(EventType.MESSAGES_MOVED, because),)), author)
        if messages:
            homes.lead(layer, messages, target, written, self.seen)

    def _rejoin(self, layer: Layer, repair: Repair, source: Conversation, split: Conversation) -> None:
        """What was split off is merged back, with all that came since."""
        Merge(actor=self.actor, other=split.id, into=source.id, same_person=True, split=repair).decide(layer)


def _standing(layer: Layer, c: Conversation) -> Conversation:
    if c.merged_into is not None:
        raise Conflict(f"#{c.number} was merged itself since; undo that first.")
    return layer.counted(c)


def _these(layer: Layer, source: Conversation, ids: Sequence[MessageId]) -> list[Message]:
    layer.need((MESSAGES, ids))
    found = [m for id in ids if (m := layer.get(MESSAGES, id)) is not None and m.conversation in source.whole]
    if len(found) != len(set(ids)):
        raise NotFound
    return sorted(found, key=lambda m: (m.arrived_at, m.id))


def _check(source: Conversation, target: Conversation | None, messages: Sequence[Message], seen: Seen) -> None:
    if source.version != seen.version:
        raise Moving("The conversation has changed; load it again.")
    if target is not None and target.id == source.id:
        raise Invalid("to", "is the same conversation")
    if len(messages) >= source.messages:
        raise Invalid("messages", "nothing would be left; merge it instead")
    if target is None and not any(m.kind is Kind.CUSTOMER for m in messages):
        raise Invalid("messages", "choose at least one message of the customer")


def _added(c: Conversation, message: Message, because: Reason) -> Changed:
    return Changed(triage.with_message(c, message, c.updated_at), (Happened(EventType.MESSAGES_MOVED, because),))


class Merging:
    """The door for repairs: reads what stays behind, then has it committed; should something come in between, it is read again."""

    def __init__(self, committer: Committer, queries: Queries, signing: tuple[bytes, ...]) -> None:
        self._committer = committer
        self._queries = queries
        self._signing = signing

    async def merge(self, actor: Actor, other: ConversationId, into: ConversationId, *, same_person: bool = False, key: str = "") -> Repair:
        """Merge ``other`` into ``into``; durable when it returns."""
        return await self._committer.submit(Merge(actor=actor, key=key, other=other, into=into, same_person=same_person))

    async def move(
        self, actor: Actor, conversation: ConversationId, messages: Sequence[MessageId], to: ConversationId | None, key: str = ""
    ) -> Repair:
        """Move messages to another conversation, or with None into a new one."""
        ids = tuple(dict.fromkeys(messages))
        if not ids or len(ids) > merging.MAX_MOVED:
            raise Invalid("messages", f"between 1 and {merging.MAX_MOVED}")

        async def unit() -> Any:
            seen = await self._seen(conversation, frozenset(ids))
            return Move(
                actor=actor,
                key=key,
                conversation=conversation,
                messages=ids,
                to=to,
                seen=seen,
                signing=self._signing[0],
            )

        return await self._tried(unit)

    async def undo(self, actor: Actor, id: str) -> Repair:
        """Undo a repair; done a second time, nothing happens. Raises ``Conflict`` where a later one stands before it."""

        async def unit() -> Any:
            repair = await self._find(id)
            gone = (await self._whole(repair.conversation)) if repair.kind == MERGE else frozenset()
            without = frozenset() if repair.kind == MERGE else frozenset(repair.messages)
            return Undone(actor=actor, repair=id, seen=await self._seen(repair.into, without, gone))

        return await self._tried(unit)

    async def look(self, actor: Actor, id: str) -> Undo:
        """A repair, and what undoing it would mean. Raises ``NotFound``."""
        repair = await self._find(id)
        stored = await self._queries.conversations([repair.conversation, repair.into])
        for c in stored.values():
            require(actor, Action.READ, facets(c))
        came = await self._queries.timeline(repair.into, None, SINCE, home=True)
        since = sum(m.arrived_at > repair.at and m.id not in repair.messages for m in came)
        back = stored[repair.conversation].messages if repair.kind == MERGE else len(repair.messages)
        return Undo(repair, back, since)

    async def _find(self, id: str) -> Repair:
        found = await self._queries.repair(id)
        if found is None:
            raise NotFound
        return found

    async def _whole(self, id: ConversationId) -> frozenset[ConversationId]:
        found = (await self._queries.conversations([id])).get(id)
        return frozenset(found.whole) if found is not None else frozenset()

    async def _tried(self, unit: Any) -> Repair:
        for _ in range(TRIES - 1):
            with suppress(Moving):
                return await self._submit(await unit())
        return await self._submit(await unit())

    async def _submit(self, unit: Any) -> Repair:
        done: Repair = await self._committer.submit(unit)
        return done

    async def _seen(self, id: ConversationId, without: frozenset[MessageId], gone: frozenset[ConversationId] = frozenset()) -> Seen:
        """Which message is the newest of each of its homes, and of all together, when these messages and homes are gone."""
        found = await self._queries.conversation(id)
        if found is None:
            raise NotFound
        newest: dict[ConversationId, LastMessage | None] = {}
        for home in found.whole:
            newest[home] = await homes.newest(self._queries, home, without) if home not in gone else None
        known = [last for last in newest.values() if last is not None]
        newest[found.id] = max(known, key=lambda last: (last.at, last.id), default=None)
        wrote = await self._queries.timeline(found.id, None, SINCE, home=True)
        senders = frozenset((m.sender.kind, m.sender.value) for m in wrote if m.sender is not None and m.id not in without)
        return Seen(found.version, newest, senders)
