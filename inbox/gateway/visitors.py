"""Everybody who has a chat open on this server: who is connected, what their sessions need, and which change goes to whom."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from inbox.connector import Deliver
from inbox.core.agent import Agent
from inbox.core.errors import NotFound, TooMany
from inbox.core.ids import ChannelId, ConversationId, Instant, MessageId
from inbox.core.message import Author, Message
from inbox.core.transcript import Transcript
from inbox.core.visitor import Visitor, VisitorId
from inbox.core.widget import WidgetSettings
from inbox.gateway.visitor_limits import Rate
from inbox.gateway.visitor_protocol import Online, Reconnect, ServerFrame, encode
from inbox.gateway.visitor_rows import Mine, concerned
from inbox.gateway.visitor_tokens import Tickets

SOCKETS_PER_VISITOR = 3
SOCKETS_PER_IP = 50
SOCKETS = 10_000
QUEUED_FRAMES = 256
QUEUED_BYTES = 2 * 1024 * 1024

RESUME = 4008
"""Closed because the client reads too slowly; it comes back and asks for what it missed."""
ELSEWHERE = 4009
"""Closed because newer tabs took the places; it comes back when somebody looks at it."""
RESTARTING = 1012
TRY_LATER = 1013
POLICY = 1008


@dataclass(frozen=True)
class VisitorChannel:
    """A web chat as the gateway needs it; ``address_kind`` is its connector's capability of that name."""

    id: ChannelId
    settings: WidgetSettings
    address_kind: str


class VisitorStore(Protocol):
    """Visitors, stored for good. All raise ``Unavailable`` when the database does not answer."""

    async def by_secret(self, channel: ChannelId, secret: str) -> Visitor | None:
        """The visitor whose token hashes to ``secret``."""

    async def by_subject(self, channel: ChannelId, subject: str) -> Visitor | None:
        """The visitor bound to this user of the host site."""

    async def create(self, visitor: Visitor) -> Visitor:
        """Store; when its (channel, subject) is taken already, nothing is stored and that visitor is returned."""

    async def bind(self, visitor: VisitorId, subject: str) -> Visitor | None:
        """He is that user from now on. None when he is bound already, or the user has another visitor."""

    async def count_from(self, channel: ChannelId, ip: str, since: Instant, limit: int) -> list[Instant]:
        """When visitors without a subject were created from ``ip`` after ``since``, oldest first, at most ``limit``."""


@dataclass(frozen=True)
class Held:
    """A visitor's thread: its newest messages, oldest first, and his proved addresses on other channels."""

    messages: Sequence[Message] = ()
    mine: Mine = frozenset()


class VisitorFeed(Protocol):
    """What the gateway needs to know of conversations, and what it tells them."""

    async def thread(self, channel: ChannelId, visitor: VisitorId, limit: int) -> Held:
        """What this visitor may see of his open conversation."""

    def account_of(self, author: Author) -> Agent | None:
        """An agent's or bot's account, None when unknown."""

    def online(self, channel: ChannelId, visitor: VisitorId | None = None) -> Online:
        """Whether somebody is there to answer him soon; None: whoever has not written yet."""

    def visitor_typing(self, channel: ChannelId, visitor: VisitorId, on: bool) -> None:
        """Fleeting: he types, or has stopped."""

    def visitor_here(self, channel: ChannelId, visitor: VisitorId, page: str | None) -> None:
        """Fleeting: he has the open chat before his eyes on this page ('' for one of no listed site); None: not any more."""


@dataclass(frozen=True)
class Episode:
    """One conversation of a visitor, with what he may see of it, oldest first, or only the newest of that."""

    id: ConversationId
    messages: Sequence[Message]
    resolved: bool = False
    current: bool = False


class Past(Protocol):
    """What a visitor may do with what was said before. Nothing is his that he took no part in, whatever id he names."""

    def mails(self) -> bool:
        """Whether a channel is there that can write to him."""

    async def earlier(self, channel: ChannelId, visitor: VisitorId) -> Sequence[Episode]:
        """His conversations, newest first, each with its newest message."""

    async def one(self, channel: ChannelId, visitor: VisitorId, conversation: str, limit: int) -> Episode | None:
        """One of them, '' for the one he is in; None: it is not his."""

    async def take_up(self, channel: ChannelId, visitor: VisitorId, conversation: str) -> bool:
        """From now on he writes in it; False: it is not his."""

    async def mail(self, channel: ChannelId, visitor: VisitorId, conversation: str, to: str, transcript: Transcript) -> Instant:
        """Durable when it returns: 0 when it is on its way, the milliseconds to wait, or less than 0 for an address nothing is sent to."""


class NoPast:
    """Where nothing is remembered."""

    def mails(self) -> bool:
        """See ``Past``."""
        return False

    async def earlier(self, channel: ChannelId, visitor: VisitorId) -> Sequence[Episode]:
        """See ``Past``."""
        return ()

    async def one(self, channel: ChannelId, visitor: VisitorId, conversation: str, limit: int) -> Episode | None:
        """See ``Past``."""
        return None

    async def take_up(self, channel: ChannelId, visitor: VisitorId, conversation: str) -> bool:
        """See ``Past``."""
        return False

    async def mail(self, channel: ChannelId, visitor: VisitorId, conversation: str, to: str, transcript: Transcript) -> Instant:
        """See ``Past``."""
        return -1


class Session(Protocol):
    """One open tab, as the registry needs it."""

    @property
    def out(self) -> Outgoing:
        """Its frames on their way out."""

    @property
    def front(self) -> str | None:
        """The page on which its visitor has the open chat before his eyes; None while he has not."""

    def changed(self, message: Message) -> None:
        """A message from or to its visitor may have changed."""

    def agent_typing(self, name: str, on: bool) -> None:
        """Somebody types an answer, or has stopped."""


class Outgoing:
    """Frames on their way to one client, bounded: who reads too slowly is closed and comes back for what he missed."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self.code: int | None = None

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._frames)

    def put(self, frame: ServerFrame) -> None:
        """Never waits; after ``close`` it does nothing."""
        if self.code is not None:
            return
        data = encode(frame)
        if self._frames and (len(self._frames) >= QUEUED_FRAMES or self._bytes + len(data) > QUEUED_BYTES):
            self._frames.clear()
            self.close(RESUME)
            return
        self._frames.append(data)
        self._bytes += len(data)
        self._wake.set()

    def close(self, code: int) -> None:
        """What is queued still goes out; then the socket is closed with ``code`` (RFC 6455, 7.4)."""
        if self.code is None:
            self.code = code
        self._wake.set()

    async def next(self) -> bytes | None:
        """The next frame; None when it is time to close with ``code``."""
        while not self._frames:
            if self.code is not None:
                return None
            self._wake.clear()
            await self._wake.wait()
        data = self._frames.popleft()
        self._bytes -= len(data)
        return data


async def _nobody_asked(message: MessageId, text: str) -> None:
    raise NotFound


@dataclass(frozen=True)
class Services:
    """What sessions work with. ``new_id`` gives 128 random bits as hex, ``new_token`` 256 as text; ``now`` is database time.

    ``rated_at``: the address at which the survey that a message asked is answered; ``comment`` stores what is said beside its score.
    """

    store: VisitorStore
    feed: VisitorFeed
    deliver: Deliver
    tickets: Tickets
    now: Callable[[], Instant]
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    rated_at: Callable[[MessageId], str] = lambda message: ""
    past: Past = field(default_factory=NoPast)
    comment: Callable[[MessageId, str], Awaitable[object]] = _nobody_asked


class Visitors:
    """The open tabs of this server. Other servers have their own; each reads the journal for itself."""

    def __init__(self) -> None:
        self._tabs: dict[tuple[ChannelId, VisitorId], list[Session]] = {}
        self._open: dict[ChannelId, set[Session]] = {}
        self._per_ip: Counter[str] = Counter()
        self._seats = 0
        self.lines = Rate(30, per=60_000)
        self.uploads = Rate(20, per=10 * 60_000)
        self.looks = Rate(30, per=60_000)
        self.transcripts = Rate(6, per=60 * 60_000)
        self.transcripts_from = Rate(30, per=60 * 60_000)

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return self._seats

    @contextmanager
    def seat(self, ip: str) -> Iterator[None]:
        """A place for one socket from this address; raises ``TooMany`` when it, or the server, has none left."""
        if self._per_ip[ip] >= SOCKETS_PER_IP or self._seats >= SOCKETS:
            raise TooMany(60_000)
        self._per_ip[ip] += 1
        self._seats += 1
        try:
            yield
        finally:
            self._seats -= 1
            self._per_ip[ip] -= 1
            if not self._per_ip[ip]:
                del self._per_ip[ip]

    def arrive(self, channel: ChannelId, session: Session) -> None:
        """A tab opened its socket."""
        self._open.setdefault(channel, set()).add(session)

    def depart(self, channel: ChannelId, session: Session) -> None:
        """Its socket is gone."""
        self._open.get(channel, set()).discard(session)

    def join(self, channel: ChannelId, visitor: VisitorId, session: Session) -> None:
        """From now on the tab gets this visitor's messages; the oldest of too many tabs is closed."""
        tabs = self._tabs.setdefault((channel, visitor), [])
        tabs.append(session)
        if len(tabs) > SOCKETS_PER_VISITOR:
            tabs.pop(0).out.close(ELSEWHERE)

    def leave(self, channel: ChannelId, visitor: VisitorId, session: Session) -> None:
        """No more."""
        tabs = self._tabs.get((channel, visitor), [])
        if session in tabs:
            tabs.remove(session)
        if not tabs:
            self._tabs.pop((channel, visitor), None)

    def tabs(self, channel: ChannelId, visitor: str) -> tuple[Session, ...]:
        """The visitor's open tabs on this server."""
        return tuple(self._tabs.get((channel, VisitorId(visitor)), ()))

    def front(self, channel: ChannelId, visitor: VisitorId) -> str | None:
        """The page on which he has the open chat before his eyes, that of his newest tab of several; None: on none."""
        fronts = (tab.front for tab in reversed(self.tabs(channel, visitor)))
        return next((page for page in fronts if page is not None), None)

    def here(self) -> tuple[tuple[ChannelId, VisitorId], ...]:
        """The visitors who have a tab open on this server."""
        return tuple(self._tabs)

    def changed(self, message: Message, address_kind: str) -> None:
        """A message is new or has changed; ``address_kind`` is its channel's."""
        if message.channel is None:
            return
        for visitor in concerned(message, address_kind):
            for session in self.tabs(message.channel, visitor):
                session.changed(message)

    def agent_typing(self, channel: ChannelId, visitor: str, name: str, on: bool) -> None:
        """Somebody types an answer to this visitor, or has stopped."""
        for session in self.tabs(channel, visitor):
            session.agent_typing(name, on)

    def online_changed(self, channel: ChannelId, online: Online) -> None:
        """Tell the tabs of nobody yet: a visitor may be told otherwise, by where he waits."""
        known = {tab for (where, _), tabs in self._tabs.items() if where == channel for tab in tabs}
        for session in self._open.get(channel, set()) - known:
            session.out.put(online)

    def drain(self, waits: Iterable[int], channel: ChannelId | None = None) -> None:
        """Send everybody away, or everybody of one channel; each client comes back after the next of ``waits`` (milliseconds, drawn at
        random by the caller)."""
        groups = self._open.values() if channel is None else [self._open.get(channel, ())]
        for session, after in zip([s for group in groups for s in group], waits, strict=False):
            session.out.put(Reconnect(after))
            session.out.close(RESTARTING)
