"""One change as it is shown: who saw its conversation before, who sees it now, and its frames, each serialised once."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum

from msgspec import Raw
from msgspec.structs import replace

from inbox.core.events import EventType, Facets, facets, named
from inbox.core.ids import AgentId
from inbox.core.message import Message
from inbox.core.permissions import Scope, hears, sees
from inbox.core.views import View, matches
from inbox.flow.feed import Change
from inbox.flow.rows import QUIET, conversation_row, event_row, message_row
from inbox.gateway.protocol import Gone, Position, PutEvent, Resync, encode, encode_message, encode_put, encode_row

NOWHERE: Position = (0, 0)
"""The position of a frame that no journal entry is behind."""

RESHAPES_THREAD = frozenset(
    {EventType.PARTICIPANT_SPLIT, EventType.MESSAGES_MOVED, EventType.CONVERSATION_MERGED, EventType.CONVERSATION_UNMERGED}
)
"""Entries after which messages left a thread without an entry each: its followers fetch it anew."""


class Verdict(Enum):
    """What a change means for one subscription."""

    PUT = "put"
    GONE = "gone"
    NOTHING = "nothing"


class Latest:
    """The newest version and facets of conversations that changed lately, for changes of several writers that cross."""

    def __init__(self, keep: int = 4096) -> None:
        self._keep = keep
        self._known: OrderedDict[str, tuple[int, Facets]] = OrderedDict()

    def get(self, conversation: str) -> tuple[int, Facets] | None:
        """The newest that was noted."""
        return self._known.get(conversation)

    def note(self, conversation: str, version: int, facets: Facets) -> None:
        """Remember this version, which is not older than what is known."""
        self._known[conversation] = (version, facets)
        self._known.move_to_end(conversation)
        if len(self._known) > self._keep:
            self._known.popitem(last=False)


class Moment:
    """A change on its way to many receivers.

    ``past`` are the facets its entry names; ``now`` the newest known, which may be later than the entry, None for unknown;
    ``fresh`` tells that the change brings the row of ``now`` with it and nobody was sent that version yet.
    """

    __slots__ = ("_author", "_customer", "_frames", "_lines", "_row", "at", "change", "fresh", "id", "now", "past", "special", "version")

    def __init__(
        self,
        change: Change,
        latest: Latest,
        at: Position,
        names: tuple[str, str] = ("", ""),
        replayed: tuple[Facets, ...] | None = None,
    ) -> None:
        """``names`` are the customer's and the message's author's. ``replayed``: for one client that comes back; everything
        the conversation was meanwhile, beyond the one entry."""
        event, conversation = change.event, change.conversation
        self.change = change
        self.id: str = event.conversation or ""
        self.at = at
        self.past = tuple(f for f in (event.before, event.after) if f is not None) if replayed is None else replayed
        self.now, self.version, self.fresh = event.after, event.version, False
        known = latest.get(self.id)
        if conversation is not None:
            self.now, self.version = facets(conversation), conversation.version
            sent_to_all = known is not None and (known[0] > self.version if replayed is not None else known[0] >= self.version)
            self.fresh = not sent_to_all
        if known is not None and known[0] > self.version:
            self.version, self.now = known
        elif conversation is not None and replayed is None and self.now is not None:
            latest.note(self.id, self.version, self.now)
        self.special = _special((*self.past, self.now) if self.now else self.past)
        self._customer, self._author = names
        self._row: Raw | None = None
        self._frames: dict[tuple[str, Verdict], bytes] = {}
        self._lines: dict[tuple[str, bool], list[bytes]] = {}

    def verdict(self, view: View, scope: Scope, me: AgentId) -> Verdict:
        """What the change means for a list of ``view`` that ``me`` follows with ``scope``."""
        if self.now is not None and sees(scope, self.now) and matches(view, self.now, me):
            return Verdict.PUT if self.fresh else Verdict.NOTHING
        if any(sees(scope, facets) and matches(view, facets, me) for facets in self.past):
            return Verdict.GONE
        return Verdict.NOTHING

    def frame(self, sub: str, verdict: Verdict) -> bytes:
        """The ``put`` or ``gone`` frame for everybody whose subscription has this name."""
        key = (sub, verdict)
        if key not in self._frames:
            self._frames[key] = self._put(sub) if verdict is Verdict.PUT else self.gone(sub)
        return self._frames[key]

    def gone(self, sub: str) -> bytes:
        """The conversation does not belong to ``sub`` any more."""
        return encode(Gone(sub, self.id, self.version, self.at))

    def thread_frames(self, sub: str, agent: AgentId, *, supervising: bool) -> list[bytes]:
        """The frames for everybody who follows the conversation under this name and may see it; its message as ``agent`` does."""
        message = self.change.message
        key = sub, message is None or hears(message, agent, supervising=supervising)
        if key not in self._lines:
            head = [self.frame(sub, Verdict.PUT)] if self.fresh else []
            self._lines[key] = head + self._thread(sub, message if key[1] else None)
        return self._lines[key]

    def _thread(self, sub: str, message: Message | None) -> list[bytes]:
        event = self.change.event
        frames = []
        if message is not None and self._holds(message):
            frames.append(encode_message(sub, encode_row(message_row(message, self._author)), self.at))
        if event.conversation == self.id and event.type in QUIET:
            frames.append(encode(PutEvent(sub, event_row(event), self.at)))
        if event.type in RESHAPES_THREAD:
            frames.append(encode(Resync(sub)))
        return frames

    def _holds(self, message: Message) -> bool:
        """Whether it stands in this thread; what was merged into it has its own messages."""
        whole = self.change.conversation
        return message.conversation == self.id or (whole is not None and whole.id == self.id and message.conversation in whole.whole)

    def _put(self, sub: str) -> bytes:
        if self._row is None:
            conversation = self.change.conversation
            assert conversation is not None, "a fresh moment has its conversation"
            self._row = encode_row(conversation_row(conversation, self._customer))
        return encode_put(sub, self._row, self.at, self.change.event.type)


def _special(all_facets: tuple[Facets, ...]) -> frozenset[AgentId]:
    """Agents who are named in the facets: only they can see another outcome than colleagues with the same teams."""
    return frozenset(id for facets in all_facets for id in named(facets))


def common(scope: Scope) -> Scope:
    """The part of a scope that colleagues with the same teams share."""
    return replace(scope, agent=None)


def personal(scope: Scope, agent: AgentId) -> Scope:
    """The whole of a scope again, as ``agent`` has it."""
    return replace(scope, agent=agent)
