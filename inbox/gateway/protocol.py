"""The socket's frames, both ways, and how bytes become frames. Pure; the screen's types are generated from these structs.

A frame carries a state, not a change: ``put`` a row at a version, or ``gone`` an id as of a version. Whoever holds the same
or a newer version ignores it, so that a page fetched over HTTP and the frames of its subscription may arrive in any order.
``c`` is [writer, n]: before this frame everything was sent that the writer's entries up to n mean for this client. A client
keeps the highest n per writer and resumes from there. One entry can make several frames, so theirs is the entry before it;
a ``beat`` is answered with the exact position. Frames of a replay do not move the position: the ``beaten`` that ends it does.
Frames under a ``sub`` that come before its ``subscribed`` belong to an earlier subscription of that name.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from inbox.core.errors import Malformed
from inbox.core.filters import Filter
from inbox.core.ids import Instant
from inbox.core.views import LONGEST_ID
from inbox.flow.rows import ConversationRow, EventRow, MessageRow, NoticeRow
from inbox.gateway.board_frames import Board, SubscribeBoard

VERSION = 1
HEARTBEAT_MS = 30_000
MAX_INBOUND_BYTES = 16_384


class CloseCode(IntEnum):
    """Why the server ended a connection (RFC 6455, 7.4). After ``UNAUTHENTICATED`` log in again; after the others come back."""

    RESTART = 1012
    TRY_LATER = 1013
    MALFORMED = 4400
    UNAUTHENTICATED = 4401
    RESUME = 4008
    """The client reads too slowly: come back and resume."""
    IDENTIFY_TIMEOUT = 4408
    TOO_MANY = 4429
    """Too many frames, or too many connections of this agent: wait a minute."""


Id = Annotated[str, Meta(max_length=64)]
ViewId = Annotated[str, Meta(max_length=LONGEST_ID)]
Position = tuple[int, int]
Cursor = dict[str, int]


class Identify(Struct, tag="identify", tag_field="t", forbid_unknown_fields=True):
    """First frame. The cookie names the session; ``csrf`` proves that our own page opened the socket. With ``cursor``: resume."""

    csrf: Annotated[str, Meta(max_length=200)]
    cursor: Cursor | None = None
    subs: tuple[SubscribeView | SubscribeConversation | SubscribeCounts | SubscribeBoard, ...] = ()


class SubscribeView(Struct, tag="view", tag_field="t", forbid_unknown_fields=True):
    """Follow a list and who looks at its conversations. ``view`` is a view's id; ``filter`` narrows it."""

    sub: Id
    view: ViewId
    filter: Filter = ""


class SubscribeConversation(Struct, tag="thread", tag_field="t", forbid_unknown_fields=True):
    """Follow one conversation: its head, messages, events, and who is looking or typing."""

    sub: Id
    conversation: Id


class SubscribeCounts(Struct, tag="counts", tag_field="t", forbid_unknown_fields=True):
    """Follow the counters of views; recomputed at most once a second while somebody looks."""

    sub: Id
    views: Annotated[tuple[ViewId, ...], Meta(max_length=30)]


class Unsubscribe(Struct, tag="unsubscribe", tag_field="t", forbid_unknown_fields=True):
    """Stop following."""

    sub: Id


class Beat(Struct, tag="beat", tag_field="t", forbid_unknown_fields=True):
    """Every ``hello.heartbeat`` milliseconds; ``active`` tells that a human touched the page since the last one."""

    active: bool = True


class Viewing(Struct, tag="viewing", tag_field="t", forbid_unknown_fields=True):
    """Which conversation this tab shows, None for none; repeated at least every 20 s."""

    conversation: Id | None = None


class Typing(Struct, tag="typing", tag_field="t", forbid_unknown_fields=True):
    """The agent types; repeated at most every 3 s, void after 10 s. ``mode`` is reply or note."""

    conversation: Id
    mode: Id = "reply"
    on: bool = True


class Marks(Struct, tag="marks", tag_field="t", forbid_unknown_fields=True):
    """Asks for the own read marks and drafts of rows that came into a list over the socket, or after a break; answered by ``marked``."""

    conversations: Annotated[tuple[Id, ...], Meta(max_length=100)]


ClientFrame = (
    Identify | SubscribeView | SubscribeConversation | SubscribeCounts | SubscribeBoard | Unsubscribe | Beat | Viewing | Typing | Marks
)


class Hello(Struct, tag="hello", tag_field="t"):
    """First frame of the server."""

    version: int
    heartbeat: int


class Ready(Struct, tag="ready", tag_field="t"):
    """Identified. ``now`` is the server's time; ``resumed`` False after a resume was refused: fetch everything anew."""

    agent: str
    cursor: Cursor
    now: Instant
    resumed: bool


class Subscribed(Struct, tag="subscribed", tag_field="t"):
    """From here on ``sub`` gets frames; fetch the snapshot over HTTP after this frame."""

    sub: str


class Put(Struct, tag="put", tag_field="t"):
    """``row`` belongs to ``sub`` and looks like this now. ``event`` is the kind of journal entry that caused it."""

    sub: str
    row: ConversationRow
    c: Position
    event: str = ""


class Gone(Struct, tag="gone", tag_field="t"):
    """The conversation ``id`` no longer belongs to ``sub``, as of ``version``."""

    sub: str
    id: str
    version: int
    c: Position


class PutMessage(Struct, tag="message", tag_field="t"):
    """A message of the followed conversation looks like this now."""

    sub: str
    row: MessageRow
    c: Position


class PutEvent(Struct, tag="event", tag_field="t"):
    """A quiet line of the followed conversation."""

    sub: str
    row: EventRow
    c: Position


class Counts(Struct, tag="counted", tag_field="t"):
    """Counters by view; 1000 means 999+."""

    sub: str
    counts: dict[str, int]


class Read(Struct, tag="read", tag_field="t"):
    """Own read mark: unread is the row's ``inbound`` minus this ``inbound``."""

    conversation: str
    inbound: int


class Marked(Struct, tag="marked", tag_field="t"):
    """The own read marks of the conversations that were asked for, 0 where there is none, and of their drafts the revisions by mode."""

    reads: dict[str, int]
    drafts: dict[str, dict[str, int]]


class DraftChanged(Struct, tag="draft", tag_field="t"):
    """Own draft was saved or deleted in another tab; ``revision`` 0 means deleted."""

    conversation: str
    mode: str
    revision: int


class Watcher(Struct):
    """Somebody at the conversation now. ``typing`` is '' or reply or note; ``kind`` agent or customer.

    ``page``: of a customer, the address where he has the chat open, '' while that is not known.
    """

    kind: str
    id: str
    typing: str = ""
    page: str = ""


class Watchers(Struct, tag="watchers", tag_field="t"):
    """Everybody at the conversation now; replaces the earlier list. Never stored."""

    conversation: str
    watchers: tuple[Watcher, ...]


class Viewers(Struct, tag="viewers", tag_field="t"):
    """Agents who look at conversations now, for the rows of followed lists; nobody any more where there are none. Never stored."""

    conversations: dict[str, tuple[str, ...]]


class AgentState(Struct):
    """A colleague as others see him: state is online, busy, break (with its reason, '' for none), away or offline."""

    id: str
    state: str
    load: int
    capacity: int
    break_reason: str = ""


class Presence(Struct, tag="presence", tag_field="t"):
    """Colleagues whose state changed."""

    agents: tuple[AgentState, ...]


class Notice(Struct, tag="notice", tag_field="t"):
    """Something for this agent personally; it stands in his list of notices."""

    row: NoticeRow
    c: Position


class JobChanged(Struct, tag="job", tag_field="t"):
    """An own change in bulk is so far; ``state`` is running, done or cancelled. What was skipped, and why, is told over HTTP."""

    id: str
    state: str
    done: int
    skipped: int
    total: int


class Reload(Struct, tag="reload", tag_field="t"):
    """Shared settings, own jobs, what was read of the own notices or places in a queue changed (agents, teams, channels, customers,
    catalog, templates, jobs, notices, places): fetch ``what`` again. ``id`` is whose, of the catalog which of its lists, of notices the
    conversation that came into sight or left it (many hear of that at once), of places the queue."""

    what: str
    id: str = ""


class Resync(Struct, tag="resync", tag_field="t"):
    """The gap is too large or access changed: fetch everything of this subscription (or all) anew."""

    sub: str | None = None


class BeatAck(Struct, tag="beaten", tag_field="t"):
    """Everything up to ``cursor`` that concerns this client has been sent."""

    cursor: Cursor
    now: Instant


class Reconnect(Struct, tag="reconnect", tag_field="t"):
    """The server drains: come back after so many milliseconds."""

    after: int


class Problem(Struct, tag="error", tag_field="t"):
    """A frame was refused; the connection stays unless ``fatal``. With ``sub``: that subscription does not exist (any more)."""

    code: str
    message: str
    sub: str = ""
    fatal: bool = False


ServerFrame = (
    Hello
    | Ready
    | Subscribed
    | Put
    | Gone
    | PutMessage
    | PutEvent
    | Counts
    | Read
    | Marked
    | DraftChanged
    | Watchers
    | Viewers
    | Presence
    | Board
    | Notice
    | JobChanged
    | Reload
    | Resync
    | BeatAck
    | Reconnect
    | Problem
)


class _PutRaw(Struct, tag="put", tag_field="t"):
    sub: str
    row: Raw
    c: Position
    event: str


class _MessageRaw(Struct, tag="message", tag_field="t"):
    sub: str
    row: Raw
    c: Position


_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()


def decode(data: str | bytes) -> ClientFrame:
    """One frame of a client; raises ``Malformed`` for anything else."""
    if len(data) > MAX_INBOUND_BYTES:
        raise Malformed("frame too large")
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
        raise Malformed(str(bad)[:200]) from None


def encode(frame: ServerFrame) -> bytes:
    """The bytes of one frame."""
    return _encoder.encode(frame)


def encode_row(row: ConversationRow | MessageRow) -> Raw:
    """A row's bytes, to go into the frames of many receivers."""
    return Raw(_encoder.encode(row))


def encode_put(sub: str, row: Raw, c: Position, event: str = "") -> bytes:
    """The bytes of a ``Put`` whose row is serialised already."""
    return _encoder.encode(_PutRaw(sub, row, c, event))


def encode_message(sub: str, row: Raw, c: Position) -> bytes:
    """The bytes of a ``PutMessage`` whose row is serialised already."""
    return _encoder.encode(_MessageRaw(sub, row, c))
