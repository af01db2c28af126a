"""What a client missed: the journal after its cursor, folded to how things stand now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, ConversationId
from inbox.core.permissions import sees
from inbox.core.views import View
from inbox.flow.feed import Change
from inbox.flow.rows import QUIET
from inbox.gateway.hub import Hub
from inbox.gateway.moment import RESHAPES_THREAD, Moment, Verdict
from inbox.gateway.notices import is_about_access, shared
from inbox.gateway.protocol import Position, Reload, Resync, encode
from inbox.gateway.roster import Follower
from inbox.ports import Journal, Queries

MOST = 5_000
CHUNK = 100
MOST_RELOADS = 50


@dataclass
class Missed:
    """Journal entries by what they are about; ``account`` tells that the client's own account changed."""

    conversations: dict[str, list[Event]] = field(default_factory=dict)
    reloads: set[tuple[str, str]] = field(default_factory=set)
    account: bool = False


@dataclass(frozen=True)
class Wanted:
    """What to replay, for whom: views and conversations by the name of their subscription."""

    follower: Follower
    views: Mapping[str, View]
    threads: Mapping[str, str]
    cursor: Mapping[int, int]

    def at(self, event: Event) -> Position:
        """Where the client stood in the writer of ``event``: what is replayed does not move it."""
        return event.o, self.cursor.get(event.o, 0)


class Replay:
    """Reads the journal for clients that come back."""

    def __init__(self, journal: Journal, queries: Queries, hub: Hub) -> None:
        self._journal = journal
        self._queries = queries
        self._hub = hub

    async def missed(self, cursor: Mapping[int, int], agent: AgentId) -> Missed | None:
        """Everything after ``cursor``; None when that is too much, was forgotten, or the cursor is from another journal."""
        heads = await self._journal.heads()
        if any(n > heads.get(o, 0) for o, n in cursor.items()):
            return None
        if sum(head - cursor.get(o, 0) for o, head in heads.items()) > MOST:
            return None
        events = await self._journal.events_after(cursor, MOST + 1)
        if len(events) > MOST or _has_holes(events, cursor):
            return None
        missed = Missed()
        for event in events:
            _fold(missed, event, agent)
        return missed

    async def frames(self, missed: Missed, wanted: Wanted) -> AsyncIterator[bytes]:
        """The frames that bring the client's subscriptions up to date. The gate is asked as each frame is made."""
        for what, id in _reloads(missed):
            yield encode(Reload(what, id))
        ids = list(missed.conversations)
        for start in range(0, len(ids), CHUNK):
            async for frame in self._chunk(ids[start : start + CHUNK], missed, wanted):
                yield frame

    async def _chunk(self, ids: Sequence[str], missed: Missed, wanted: Wanted) -> AsyncIterator[bytes]:
        conversations = await self._queries.conversations([ConversationId(id) for id in ids])
        changes = [Change(missed.conversations[id][-1], conversations.get(id)) for id in ids]
        names = await self._hub.names(changes)
        for change, named in zip(changes, names, strict=True):
            events = missed.conversations[change.event.conversation or ""]
            past = tuple(dict.fromkeys(f for event in events for f in (event.before, event.after) if f is not None))
            moment = Moment(change, self._hub.latest, wanted.at(change.event), named, past)
            for frame in self._lists(moment, wanted):
                yield frame
            for sub in [sub for sub, followed in wanted.threads.items() if followed == moment.id]:
                async for frame in self._thread(sub, moment, events, wanted):
                    yield frame

    def _lists(self, moment: Moment, wanted: Wanted) -> list[bytes]:
        scope, me = wanted.follower.scope, wanted.follower.agent
        verdicts = [(sub, moment.verdict(view, scope, me)) for sub, view in wanted.views.items()]
        return [moment.frame(sub, verdict) for sub, verdict in verdicts if verdict is not Verdict.NOTHING]

    async def _thread(self, sub: str, head: Moment, events: Sequence[Event], wanted: Wanted) -> AsyncIterator[bytes]:
        """Head, messages and quiet lines of a followed conversation, each only while its follower may see it."""
        if head.fresh and self._visible(head, wanted):
            yield head.frame(sub, Verdict.PUT)
        if any(event.type in RESHAPES_THREAD for event in events):
            yield encode(Resync(sub))
        async for change, named in self._told(events):
            if self._visible(head, wanted):
                moment, who = Moment(change, self._hub.latest, wanted.at(change.event), named, ()), wanted.follower
                for frame in moment.thread_frames(sub, who.agent, supervising=who.supervising):
                    yield frame

    async def _told(self, events: Sequence[Event]) -> AsyncIterator[tuple[Change, tuple[str, str]]]:
        """Every message the events name once, as it stands now, and every event that is a line of its own."""
        by_message = {event.message: event for event in events if event.message is not None}
        ids = list(by_message)
        for start in range(0, len(ids), CHUNK):
            messages = await self._queries.messages(ids[start : start + CHUNK])
            told = [Change(by_message[message.id], None, message) for message in messages.values()]
            for change, named in zip(told, await self._hub.names(told), strict=True):
                yield change, named
        for event in events:
            if event.type in QUIET:
                yield Change(event), ("", "")

    def _visible(self, head: Moment, wanted: Wanted) -> bool:
        newest = self._hub.latest.get(head.id)
        now = newest[1] if newest is not None and newest[0] > head.version else head.now
        return now is not None and sees(wanted.follower.scope, now)


def _has_holes(events: Sequence[Event], cursor: Mapping[int, int]) -> bool:
    """Entries are numbered densely per writer: one that is missing was removed for its age."""
    place = dict(cursor)
    for event in events:
        if event.n != place.get(event.o, 0) + 1:
            return True
        place[event.o] = event.n
    return False


def _fold(missed: Missed, event: Event, agent: AgentId) -> None:
    if event.conversation is not None:
        missed.conversations.setdefault(event.conversation, []).append(event)
    if event.type is EventType.CUSTOMER_CHANGED:
        missed.reloads.add(("customers", event.customer or ""))
    if (settings := shared(event)) is not None:
        missed.reloads.add(settings)
    if event.type is EventType.CHANNEL_CHANGED:
        missed.reloads.add(("channels", str(event.data.get("channel") or "")))
    if event.type is EventType.JOB_CHANGED and event.agent == agent:
        missed.reloads.add(("jobs", ""))
    if event.type is EventType.AGENT_CHANGED:
        missed.reloads.add(("agents", event.agent or ""))
        missed.account |= event.agent == agent
    missed.account |= is_about_access(event)


def _reloads(missed: Missed) -> list[tuple[str, str]]:
    if len(missed.reloads) <= MOST_RELOADS:
        return sorted(missed.reloads)
    return sorted({(what, "") for what, _ in missed.reloads})
